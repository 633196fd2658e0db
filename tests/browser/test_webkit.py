"""The same as in `test_in_view`, in the engine of every iPhone: what is in view, in each state, on
each screen. And whole journeys: to one's sponsor and back, on a kiosk, to the clipboard, on paper.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Keys, WebKitGTK

from tests.browser.chat import Chat
from tests.browser.stand_in import SOURCE, TABLE, StandIn, in_thread, message, reply, serving
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
from tests.browser.test_kiosk import SECRETS, Kiosk, kiosk
from tests.browser.test_widget import HOSTILE, STYLED
from tests.browser.webkit import Phone, Window, frames, webkit
from tests.gateway.fakes import CRISIS as CRY

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


# --- to one's sponsor and back


def show_sponsor(window: Window, at: Kiosk) -> None:
    window.press("Find my sponsor")
    window.type("Your reference", "LPP-0001")
    window.type("Your code", at.code)
    window.press("Show my sponsor")
    window.reads(SECRETS[0])


LINK = """(text) => [document, document.querySelector('signpost-chat')?.shadowRoot]
  .flatMap((root) => [...(root?.querySelectorAll('a') ?? [])]).find((node) => node.textContent === text)?.getAttribute('href')"""


def test_from_a_crisis_to_ones_sponsor_and_back(driver: WebKitGTK, tmp_path: Path) -> None:
    with kiosk(tmp_path, seconds=0) as at:
        window = Window(driver, at.url).open()
        window.say(CRY)
        show_sponsor(window, at)
        assert "116 123" in window.evaluate(IN_VIEW, "page")
        assert window.evaluate(LINK, SECRETS[1]) == "tel:02079460101"
        window.press("Back to the chat")
        window.reads(CRY)
        assert window.evaluate(IN_VIEW, "widget") != []
        window.say(CRY)
        window.reads(SECRETS[0])
        assert window.evaluate(LINK, SECRETS[1]) == "tel:02079460101"


# --- on a kiosk


def by_itself(window: Window) -> None:
    window.reads("This screen clears itself soon.")
    window.wait_for("() => location.pathname === '/chat'")


def by_being_done(window: Window) -> None:
    window.press("I am done")
    window.reads("Your sponsor is no longer shown")


def by_the_way_out(window: Window) -> None:
    window.press("Leave quickly")
    window.wait_for("() => location.pathname === '/'")


@pytest.mark.parametrize("ends", [by_itself, by_being_done, by_the_way_out])
def test_the_second_person_at_a_kiosk_finds_nothing_of_the_first(
    driver: WebKitGTK, tmp_path: Path, ends: Callable[[Window], None]
) -> None:
    with kiosk(tmp_path, seconds=4 if ends is by_itself else 60) as at:
        window = Window(driver, f"{at.url}/chat")
        show_sponsor(window, at)
        ends(window)
        seen = window.text()
        for _ in range(3):
            window.back()
            seen += window.text()
        window.go(f"{at.url}/sponsor")
        window.reads("Your code")
        assert [secret for secret in SECRETS if secret in seen + window.text()] == []


def test_a_kiosk_warns_before_it_clears_itself_and_a_key_goes_on(driver: WebKitGTK) -> None:
    with serving(StandIn(kiosk_seconds=8)) as stand_in:
        window = Window(driver, f"{stand_in.url}/chat/crisis")
        window.reads("This screen clears itself soon.")
        window.type("Your question", "x")
        assert "This screen clears itself soon." not in window.text()
        window.reads("This screen clears itself soon.")
        assert "Another one" in window.text()
        window.wait_for("() => location.pathname === '/chat'")
        window.back()
        assert "Another one" not in window.text()


# --- copied and printed

# Each print in place of a dialogue of the browser's: what is on the paper, and how it looks.
PRINTED = """() => {
  const { get } = Object.getOwnPropertyDescriptor(HTMLIFrameElement.prototype, 'contentWindow');
  Object.defineProperty(HTMLIFrameElement.prototype, 'contentWindow', { get() {
    const page = get.call(this);
    page.print = () => {
      const looks = (selector) => page.getComputedStyle(page.document.querySelector(selector));
      window.printed = [page.document.documentElement.lang, looks('td').borderTopStyle, looks('p').whiteSpace, page.document.body.textContent];
    };
    return page;
  } });
}"""
TOLD = "Two things:\n• one\n• two"


def asked(driver: WebKitGTK, stand_in: StandIn) -> Window:
    stand_in.replies = [reply(message(TOLD, source=SOURCE, table=TABLE))]
    window = Window(driver, stand_in.url).open()
    window.say("made-up question")
    return window


def test_the_whole_chat_can_be_copied(driver: WebKitGTK, stand_in: StandIn) -> None:
    window = asked(driver, stand_in)
    window.press("Text size, copy or print")
    window.press("Copy the chat")
    window.reads("Copied.")
    window.type("Your question", Keys.CONTROL + "v")
    pasted = window.wait_for(
        "() => document.querySelector('signpost-chat').shadowRoot.querySelector('textarea').value"
    )
    assert f"You:\nmade-up question\n\nSignpost:\n{TOLD}" in pasted
    assert pasted.endswith(SOURCE)


def test_one_answer_and_the_whole_chat_can_be_printed(driver: WebKitGTK, stand_in: StandIn) -> None:
    window = asked(driver, stand_in)
    window.evaluate(PRINTED)
    window.press("Where this is from · Copy or print")
    window.press("Print")
    *looks, paper = window.wait_for("() => window.printed")
    assert looks == ["en-GB", "solid", "pre-line"]
    assert (TOLD in paper, SOURCE in paper, "made-up question" in paper) == (True, True, False)
    window.evaluate("() => { window.printed = null; }")
    window.press("Text size, copy or print")
    window.press("Print the chat")
    assert "made-up question" in window.wait_for("() => window.printed")[-1]
