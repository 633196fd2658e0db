"""The same as in `test_in_view`, in the engine of every iPhone: what is in view, in each state, on
each screen. And that the pages run there at all.
"""

from collections.abc import Callable, Iterator

import pytest
from selenium.webdriver import WebKitGTK

from tests.browser.chat import Chat
from tests.browser.stand_in import StandIn, in_thread, serving
from tests.browser.test_in_view import ANSWERED, FIRST_LINE, IN_VIEW, PLAIN, STATES
from tests.browser.webkit import Phone, frames, webkit

SCREENS = [(360, 640), (320, 256), (360, 300), (640, 300), (412, 915), (1280, 800)]
NewPhone = Callable[..., Phone]


@pytest.fixture(scope="module")
def driver() -> Iterator[WebKitGTK]:
    with webkit() as opened:
        yield opened


@pytest.fixture
def new_phone(driver: WebKitGTK) -> Iterator[tuple[StandIn, NewPhone]]:
    """A stand-in service, and what opens a page of it on a phone."""
    with in_thread(frames()) as site, serving(StandIn(framed_by=(site,))) as stand_in:
        yield (
            stand_in,
            lambda path, *size: Phone(driver, site, f"{stand_in.url}{path}", *size),
        )


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: f"{screen[0]}x{screen[1]}")
def test_widget(
    new_phone: tuple[StandIn, NewPhone],
    screen: tuple[int, int],
    state: Callable[[Chat, StandIn], None],
) -> None:
    stand_in, opened = new_phone
    phone = opened("/", *screen)
    state(phone, stand_in)
    assert phone.evaluate(IN_VIEW, "widget") != []
    if state in ANSWERED:
        assert phone.evaluate(FIRST_LINE)


@pytest.mark.parametrize("path", PLAIN)
@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: f"{screen[0]}x{screen[1]}")
def test_plain_page(
    new_phone: tuple[StandIn, NewPhone], screen: tuple[int, int], path: str
) -> None:
    phone = new_phone[1](f"{path}#latest", *screen)
    assert PLAIN[path] in phone.evaluate(IN_VIEW, "page")
