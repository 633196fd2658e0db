"""What is in view, in each state, on each screen: a number to call without scrolling, the start of
the newest answer, and whatever has the focus (WCAG 2.4.11). Bounding boxes in the real browser.
"""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, ViewportSize

from bot.reading.screening import Label, Screening, Who
from bot.safety import replies
from bot.safety.help import load_help
from tests.browser.chat import Chat, Widget
from tests.browser.conftest import NewPage
from tests.browser.stand_in import CONTENT, StandIn, message, reply

VIEWPORTS = [(360, 640, 1), (320, 256, 1), (360, 300, 1), (640, 300, 1), (412, 915, 1)]
VIEWPORTS += [(1280, 800, 1), (412, 915, 2), (1280, 800, 2)]
HELP = load_help(CONTENT)
CRISIS = replies.crisis_reply(HELP, Screening(Label.CRISIS, Who.SELF, "ideation", "test")).text
LONG = "made-up words about a long and bad night that went on and on " * 8
HELPED = reply(
    message(CRISIS, "crisis", buttons=("They're not answering", "I can't call")), crisis=True
)
LONG_ANSWER = "\n\n".join(f"Paragraph {n} of a made-up answer." for n in range(30))


def short_crisis(chat: Chat, stand_in: StandIn) -> None:
    stand_in.replies = [HELPED]
    chat.open().say("made-up crisis words")


def long_message(chat: Chat, stand_in: StandIn) -> None:
    stand_in.replies = [HELPED]
    chat.open().say(LONG)


def follow_up(chat: Chat, stand_in: StandIn) -> None:
    stand_in.replies = [HELPED, {**reply(message(LONG_ANSWER)), "pinned_help": True}]
    chat.open().say("made-up crisis words")
    chat.say("What is a PIPE?")


def opened_help(chat: Chat, stand_in: StandIn) -> None:
    chat.open_help()


def error(chat: Chat, stand_in: StandIn) -> None:
    stand_in.replies = [503]
    chat.open().say(LONG)


def long_question(chat: Chat, stand_in: StandIn) -> None:
    stand_in.replies = [reply(message(LONG_ANSWER))]
    chat.open().say(LONG)


HELPING = [short_crisis, long_message, follow_up, opened_help, error]
ANSWERED = [short_crisis, long_message, follow_up, error, long_question]
STATES = [*HELPING, long_question]

# A number counts where all of its box is in the window, inside every part that scrolls or cuts, and nothing lies over it.
IN_VIEW = """(root) => {
  const seen = (node) => {
    const range = document.createRange();
    range.selectNodeContents(node);
    const box = range.getClientRects()[0];
    if (!box || box.top < 0 || box.left < 0 || box.bottom > innerHeight || box.right > innerWidth) return false;
    let at = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    if (at?.shadowRoot) at = at.shadowRoot.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    return node === at || node.contains(at);
  };
  const top = root === 'widget' ? document.querySelector('signpost-chat').shadowRoot : document;
  return [...top.querySelectorAll('a[href^="tel:"]')].filter((node) => node.checkVisibility() && seen(node)).map((node) => node.textContent);
}"""
FIRST_LINE = """() => {
  const root = document.querySelector('signpost-chat').shadowRoot, entries = [...root.querySelectorAll('.entry')];
  const mine = entries.findLastIndex((node) => node.matches('.user'));
  const range = document.createRange();
  range.selectNodeContents(entries[mine + 1].querySelector('p'));
  const line = range.getClientRects()[0], main = root.querySelector('.body').getBoundingClientRect();
  return line.top >= main.top - 1 && line.bottom <= Math.min(main.bottom, innerHeight) + 1;
}"""
COVERED = """() => {
  let node = document.activeElement;
  while (node?.shadowRoot?.activeElement) node = node.shadowRoot.activeElement;
  if (!node || node === document.body || node.localName === 'signpost-chat') return null;
  const box = node.getClientRects()[0];
  if (box.height > innerHeight) return null; // a whole conversation, which scrolls by keyboard
  const points = [[.5, .5], [.1, .5], [.9, .5], [.5, .1], [.5, .9]].map(([x, y]) => [box.left + box.width * x, box.top + box.height * y]);
  const clear = points.some(([x, y]) => {
    let at = document.elementFromPoint(x, y);
    if (at?.shadowRoot) at = at.shadowRoot.elementFromPoint(x, y);
    return at === node || node.contains(at);
  });
  return clear ? '' : `${node.localName} ${node.textContent.trim().slice(0, 30)} ${JSON.stringify(box)}`;
}"""

# WCAG 1.4.12, set as a reader's own style sheet would be.
SPACED = """() => {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: .12em !important; word-spacing: .16em !important }
    p { margin-bottom: 2em !important }`);
  const root = document.querySelector('signpost-chat').shadowRoot;
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, sheet];
}"""


def name(case: tuple[int, int, int]) -> str:
    return f"{case[0]}x{case[1]}" + (" large text" if case[2] > 1 else "")


def page_of(new_page: NewPage, case: tuple[int, int, int], **options: bool) -> Page:
    return new_page(quiet=False, viewport=ViewportSize(width=case[0], height=case[1]), **options)


def larger_text(page: Page, case: tuple[int, int, int]) -> None:
    """As a reader sets it in the browser, before the page is there."""
    size = f"{case[2] * 100}%"
    page.add_init_script(
        "document.addEventListener('DOMContentLoaded', () => {"
        f" document.documentElement.style.fontSize = '{size}'; }})"
    )


def covered_by_tab(page: Page, presses: int) -> list[str]:
    found = []
    for _ in range(presses):
        page.keyboard.press("Tab")
        if said := page.evaluate(COVERED):
            found.append(said)
    return found


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("case", VIEWPORTS, ids=name)
def test_widget(
    stand_in: StandIn,
    new_page: NewPage,
    case: tuple[int, int, int],
    state: Callable[[Chat, StandIn], None],
) -> None:
    page = page_of(new_page, case)
    larger_text(page, case)
    chat = Widget(page, stand_in.url)
    state(chat, stand_in)
    if state in HELPING:
        assert page.evaluate(IN_VIEW, "widget") != []
    if state in ANSWERED:
        assert page.evaluate(FIRST_LINE)
    assert covered_by_tab(page, 25) == []


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("case", VIEWPORTS[:4], ids=name)
def test_widget_with_text_spacing(
    stand_in: StandIn,
    new_page: NewPage,
    case: tuple[int, int, int],
    state: Callable[[Chat, StandIn], None],
) -> None:
    page = page_of(new_page, case)
    chat = Widget(page, stand_in.url)
    page.evaluate(SPACED)
    state(chat, stand_in)
    if state in HELPING:
        assert page.evaluate(IN_VIEW, "widget") != []
    if state in ANSWERED:
        assert page.evaluate(FIRST_LINE)


@pytest.mark.parametrize("case", VIEWPORTS, ids=name)
def test_what_has_the_focus_is_not_under_the_closed_chat(
    stand_in: StandIn, new_page: NewPage, case: tuple[int, int, int]
) -> None:
    page = page_of(new_page, case)
    larger_text(page, case)
    page.goto(stand_in.url)
    link = page.get_by_role("link", name="Use the chat as a plain page")
    link.evaluate("(node) => node.scrollIntoView({ block: 'end' })")
    link.focus()
    assert page.evaluate(COVERED) == ""
    assert covered_by_tab(page, 8) == []


LINES = "(node) => node.offsetHeight / parseFloat(getComputedStyle(node).lineHeight)"


def test_before_help_ones_own_words_are_shortened(stand_in: StandIn, new_page: NewPage) -> None:
    page = page_of(new_page, VIEWPORTS[0])
    long_message(Widget(page, stand_in.url), stand_in)
    # Who it is, two lines of the words, and the padding.
    assert page.locator("signpost-chat .entry.user").evaluate(LINES) < 5
    page.goto(f"{stand_in.url}/chat/long")
    assert page.locator(".entry.user").last.evaluate(LINES) < 5


PLAIN = {
    "/error": "116 123",
    "/chat/crisis": "116 123",
    "/chat/long": "116 123",
    "/chat/followed": "116 123",
    "/chat/failed": "116 123",
    "/sponsor-page": "116 123",
    "/sponsor-card": "116 123",
    "/summary": "116 123",
}


@pytest.mark.parametrize("path", PLAIN)
@pytest.mark.parametrize("case", VIEWPORTS, ids=name)
def test_plain_page(
    stand_in: StandIn, new_page: NewPage, case: tuple[int, int, int], path: str
) -> None:
    page = page_of(new_page, case)
    larger_text(page, case)
    page.goto(f"{stand_in.url}{path}#latest")
    assert PLAIN[path] in page.evaluate(IN_VIEW, "page")
    assert covered_by_tab(page, 25) == []


@pytest.mark.parametrize("case", VIEWPORTS, ids=name)
def test_plain_page_with_the_help_open(
    stand_in: StandIn, new_page: NewPage, case: tuple[int, int, int]
) -> None:
    page = page_of(new_page, case)
    larger_text(page, case)
    page.goto(f"{stand_in.url}/chat")
    page.locator("details.help summary").first.click()
    assert page.evaluate(IN_VIEW, "page") != []
