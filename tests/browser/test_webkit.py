"""The same as in `test_in_view`, in the engine of every iPhone: what is in view, in each state, on
each screen. And that the pages run there at all.
"""

from collections.abc import Callable, Iterator

import pytest
from selenium.webdriver import WebKitGTK

from tests.browser.chat import Chat
from tests.browser.stand_in import StandIn, in_thread, serving
from tests.browser.test_in_view import (
    ANSWERED,
    COVERED,
    FIRST_LINE,
    HELPING,
    IN_VIEW,
    PLAIN,
    STATES,
    VIEWPORTS,
    name,
)
from tests.browser.test_widget import HOSTILE, STYLED
from tests.browser.webkit import Phone, frames, webkit

NewPhone = Callable[..., Phone]

# The driver's Tab key skips links, as Safari's does unless it is told otherwise. What has the focus is scrolled to a moment later.
COVERED_IN_TURN = f"""async (root) => {{
  const top = root === 'widget' ? document.querySelector('signpost-chat').shadowRoot : document, found = [];
  for (const node of [...top.querySelectorAll('a[href], button, summary, textarea')].filter((node) => node.checkVisibility())) {{
    let covered;
    node.focus();
    for (let tries = 0; tries < 20 && (tries === 0 || covered); tries += 1) {{
      await new Promise((resolve) => setTimeout(resolve, 20));
      covered = ({COVERED})();
    }}
    found.push(covered);
  }}
  return found.filter(Boolean);
}}"""


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
@pytest.mark.parametrize("case", VIEWPORTS, ids=name)
def test_widget(
    new_phone: tuple[StandIn, NewPhone],
    case: tuple[int, int, int],
    state: Callable[[Chat, StandIn], None],
) -> None:
    stand_in, opened = new_phone
    phone = opened("/", *case)
    state(phone, stand_in)
    if state in HELPING:
        assert phone.evaluate(IN_VIEW, "widget") != []
    if state in ANSWERED:
        assert phone.evaluate(FIRST_LINE)
    assert phone.evaluate(COVERED_IN_TURN, "widget") == []


@pytest.mark.parametrize("path", PLAIN)
@pytest.mark.parametrize("case", VIEWPORTS, ids=name)
def test_plain_page(
    new_phone: tuple[StandIn, NewPhone], case: tuple[int, int, int], path: str
) -> None:
    phone = new_phone[1](f"{path}#latest", *case)
    assert PLAIN[path] in phone.evaluate(IN_VIEW, "page")
    assert phone.evaluate(COVERED_IN_TURN, "page") == []


@pytest.mark.parametrize("style", HOSTILE.values(), ids=HOSTILE)
def test_a_host_page_covers_neither_the_help_nor_the_way_out(
    new_phone: tuple[StandIn, NewPhone], style: str
) -> None:
    phone = new_phone[1]("/", 1280, 800, 1)
    phone.evaluate(STYLED, style)
    phone.open_help()
    assert phone.evaluate(IN_VIEW, "widget") != []
