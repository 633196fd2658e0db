"""The widget in the states that matter most when something is wrong. What has to be so is listed in
bot/widget/ACCESSIBILITY.md.
"""

import json
import re

import pytest
from playwright.sync_api import Page, expect

from bot.turn import Table
from tests.browser.chat import Widget
from tests.browser.conftest import NewPage
from tests.browser.stand_in import ANSWER, CRISIS, SOURCE, TABLE, StandIn, message, reply, serving

SMALL = [
    {"width": 320, "height": 568},
    {"width": 320, "height": 256},
    {"width": 568, "height": 320},
]
ENDED = ("POST", "/api/conversations/made-up-id/end", None)
TOO_WIDE = """() => [...document.querySelector('signpost-chat').shadowRoot.querySelectorAll('*')]
  .filter((node) => node.checkVisibility() && !node.closest('.hidden, table') && node.getBoundingClientRect().right > innerWidth + 1)
  .map((node) => node.tagName + node.className)"""
STORED = "sessionStorage.getItem('signpost-chat')"


def press_shift(page: Page, times: int = 3) -> None:
    for _ in range(times):
        page.keyboard.press("Shift")


# --- help and the way out


def test_help_is_in_view_closed_and_open(stand_in: StandIn, new_page: NewPage) -> None:
    chat = Widget(new_page(), stand_in.url)
    expect(chat.page.get_by_role("button", name="I need help now")).to_be_in_viewport(ratio=1)
    expect(chat.page.get_by_role("button", name="Leave quickly")).to_be_in_viewport(ratio=1)
    chat.open()
    expect(chat.help.locator("summary").first).to_be_in_viewport(ratio=1)
    expect(
        chat.page.get_by_role("dialog").get_by_role("button", name="Leave quickly")
    ).to_be_in_viewport(ratio=1)


def test_help_works_with_the_service_dead(new_page: NewPage) -> None:
    with serving(StandIn()) as stand_in:
        chat = Widget(new_page(quiet=False), stand_in.url)
    chat.page.get_by_role("button", name="I need help now").click()
    expect(chat.help.get_by_role("link", name="116 123").first).to_be_visible()
    expect(chat.page.get_by_role("log")).to_contain_text("can’t reach the service")
    expect(chat.page.get_by_role("log")).to_contain_text("computer program")
    chat.box.fill("made up words")
    chat.page.get_by_role("button", name="Send").click()
    expect(chat.page.get_by_role("button", name="Try again")).to_be_visible()


def leave_by_button(page: Page) -> None:
    page.get_by_role("button", name="Leave quickly").last.click()


def leave_by_shift(page: Page) -> None:
    press_shift(page)


@pytest.mark.parametrize("leave", [leave_by_button, leave_by_shift])
def test_quick_exit_leaves_nothing(stand_in: StandIn, new_page: NewPage, leave: object) -> None:
    page = new_page()
    page.goto(f"{stand_in.url}/help-now")
    chat = Widget(page, stand_in.url).open()
    chat.say("a made-up secret")
    assert callable(leave)
    leave(page)
    page.wait_for_url("**/left")
    assert page.evaluate(STORED) is None
    assert ENDED in stand_in.heard
    page.go_back()
    page.wait_for_url("**/help-now")
    page.goto(stand_in.url)
    expect(page.locator("signpost-chat .entry")).to_have_count(0)


def test_quick_exit_is_quick_and_waits_for_nobody(stand_in: StandIn, new_page: NewPage) -> None:
    stand_in.delay = 5
    chat = Widget(new_page(), stand_in.url).open()
    chat.box.fill("a made-up secret")
    chat.box.press("Enter")
    press_shift(chat.page, 2)
    pressed = chat.page.evaluate("performance.timeOrigin + performance.now()")
    press_shift(chat.page, 1)
    chat.page.wait_for_url("**/left")
    assert (
        chat.page.evaluate("performance.timeOrigin") - pressed < 200
    )  # the next page's clock starts when it is asked for
    assert chat.page.evaluate(STORED) is None


@pytest.mark.parametrize(
    "keys",
    [
        ["Shift", "Shift"],
        ["Shift", "Shift", "a", "Shift"],
        ["Shift+H", "Shift+M", "Shift+P"],
        ["Shift", "Shift", "later", "Shift"],
    ],
    ids=["twice", "another key between", "capital letters", "too slow"],
)
def test_shift_in_typing_is_no_exit(stand_in: StandIn, new_page: NewPage, keys: list[str]) -> None:
    page = new_page()
    chat = Widget(page, stand_in.url).open()
    chat.box.focus()
    for key in keys:
        if key == "later":
            # The browser's own time stamps, which no fake clock moves: from here on, all is long
            # after.
            page.evaluate("Object.defineProperty(Event.prototype, 'timeStamp', { get: () => 1e9 })")
        else:
            page.keyboard.press(key)
    expect(chat.box).to_be_visible()
    assert page.url.rstrip("/") == stand_in.url


@pytest.mark.parametrize("code", ["", "Unidentified"])
def test_the_capitals_key_of_an_on_screen_keyboard_is_no_exit(
    stand_in: StandIn, new_page: NewPage, code: str
) -> None:
    chat = Widget(new_page(), stand_in.url).open()
    for _ in range(3):
        for event in ("keydown", "keyup"):
            chat.box.dispatch_event(event, {"key": "Shift", "code": code})
    chat.page.wait_for_timeout(300)
    expect(chat.box).to_be_visible()


def test_after_a_crisis_the_help_is_pinned_and_survives_a_reload(
    stand_in: StandIn, new_page: NewPage
) -> None:
    stand_in.replies = [reply(message(CRISIS, "crisis"), crisis=True), reply(message(ANSWER))]
    chat = Widget(new_page(), stand_in.url).open()
    chat.say("made-up crisis words")
    chat.say("made-up question")
    expect(chat.pinned.get_by_role("link", name="116 123")).to_be_in_viewport(ratio=1)
    chat.page.reload()
    expect(chat.pinned).to_be_in_viewport(ratio=1)


def test_what_is_said_covers_neither_the_help_nor_the_way_out(
    stand_in: StandIn, new_page: NewPage
) -> None:
    chat = Widget(new_page(viewport=SMALL[0]), stand_in.url)
    closed, opened = (
        chat.page.locator(f"signpost-chat {place} .said") for place in (".bar", "dialog")
    )
    press_shift(chat.page, 2)
    expect(closed).to_contain_text("Press Shift once more")
    expect(closed).to_be_in_viewport(ratio=1)
    chat.page.get_by_role("button", name="Leave quickly").click(trial=True)
    chat.open()
    chat.page.keyboard.press("a")
    press_shift(chat.page, 2)
    expect(opened).to_be_in_viewport(ratio=1)
    for control in (
        chat.page.get_by_role("dialog").get_by_role("button", name="Leave quickly"),
        chat.help.locator("summary").first,
    ):
        control.click(trial=True)


# --- the conversation


def test_first_message_says_what_this_is(stand_in: StandIn, new_page: NewPage) -> None:
    chat = Widget(new_page(), stand_in.url).open()
    for part in (
        "computer program",
        "Nobody reads this chat",
        "not for emergencies",
        "not kept",
        "prison numbers",
    ):
        expect(chat.answers.first).to_contain_text(part)


def test_an_answer_with_source_and_buttons(stand_in: StandIn, new_page: NewPage) -> None:
    chat = Widget(new_page(), stand_in.url).open()
    chat.say("made-up question")
    source = chat.answers.last.get_by_text(SOURCE)
    expect(source).to_be_hidden()
    chat.answers.last.get_by_text("Where this is from").click()
    expect(source).to_be_visible()
    chat.page.get_by_role("button", name="How many places?").click()
    expect(chat.answers).to_have_count(3)
    assert stand_in.heard[-1][2] == {"conversation": "made-up-id", "button": "b0"}


def test_a_failed_message_can_be_tried_again(stand_in: StandIn, new_page: NewPage) -> None:
    stand_in.replies = [503, reply(message(ANSWER))]
    chat = Widget(new_page(quiet=False), stand_in.url).open()
    chat.say("made-up question")
    expect(chat.help).to_have_attribute("open", "")
    chat.page.get_by_role("button", name="Try again").click()
    expect(chat.answers.last).to_contain_text("made-up answer")
    assert [heard[2]["text"] for heard in stand_in.heard if heard[1] == "/api/messages"] == [
        "made-up question"
    ] * 2
    expect(chat.page.locator("signpost-chat .entry.user")).to_have_count(1)
    chat.say("another question")
    expect(chat.answers).to_have_count(4)
    first, again, another = stand_in.keys
    assert first == again != another  # the service takes the first one once
    assert len(first) >= 20


def test_a_refused_message_is_given_back_with_the_reason(
    stand_in: StandIn, new_page: NewPage
) -> None:
    stand_in.replies = [(422, "That is too long for me.")]
    chat = Widget(new_page(quiet=False), stand_in.url).open()
    chat.say("made-up question")
    expect(chat.answers.last).to_contain_text("too long for me")
    expect(chat.box).to_have_value("made-up question")


def test_messages_keep_their_order_and_none_waits_to_be_typed(
    stand_in: StandIn, new_page: NewPage
) -> None:
    stand_in.delay = 0.3
    stand_in.replies = [reply(message("first answer")), reply(message("second answer"))]
    chat = Widget(new_page(), stand_in.url).open()
    for text in ("first", "second"):
        chat.box.fill(text)
        chat.box.press("Enter")
    expect(chat.answers).to_have_count(3)
    assert [heard[2]["text"] for heard in stand_in.heard if heard[2]] == ["first", "second"]
    expect(chat.answers.last).to_contain_text("second answer")


def test_restored_on_reload_from_this_tab_only(stand_in: StandIn, new_page: NewPage) -> None:
    chat = Widget(new_page(), stand_in.url).open()
    chat.say("made-up question")
    chat.page.reload()
    expect(chat.page.locator("signpost-chat .entry")).to_have_count(3)
    expect(chat.page.get_by_role("dialog")).to_be_visible()
    chat.page.get_by_role("button", name="Who is it for?").click()
    expect(chat.answers).to_have_count(3)
    assert stand_in.heard[-1][2]["conversation"] == "made-up-id"
    other = chat.page.context.new_page()
    other.goto(stand_in.url)
    expect(other.locator("signpost-chat .entry")).to_have_count(0)
    assert chat.page.evaluate("[localStorage.length, document.cookie]") == [0, ""]


def test_clear_starts_anew(stand_in: StandIn, new_page: NewPage) -> None:
    chat = Widget(new_page(), stand_in.url).open()
    chat.say("made-up question")
    chat.page.get_by_role("button", name="Clear").click()
    chat.page.get_by_role("button", name="Press again to clear").click()
    expect(chat.page.locator("signpost-chat .entry")).to_have_count(1)
    assert "made-up question" not in chat.page.evaluate(STORED)
    assert ENDED in stand_in.heard


def test_an_answer_that_comes_after_clear_is_dropped(stand_in: StandIn, new_page: NewPage) -> None:
    stand_in.delay = 0.5
    chat = Widget(new_page(), stand_in.url).open()
    chat.box.fill("made-up question")
    chat.box.press("Enter")
    chat.page.get_by_role("button", name="Clear").click()
    chat.page.get_by_role("button", name="Press again to clear").click()
    chat.page.wait_for_timeout(900)
    expect(chat.page.locator("signpost-chat .entry")).to_have_count(1)
    assert "made-up" not in json.dumps(json.loads(chat.page.evaluate(STORED))["entries"])
    assert (
        stand_in.heard.count(ENDED) == 2
    )  # at once, and again when the answer showed that it went on


def test_text_is_never_markup(stand_in: StandIn, new_page: NewPage) -> None:
    nasty = "<img src=x onerror=alert(1)><b>bold</b> call 116 123"
    stand_in.replies = [reply(message(nasty, source=nasty, buttons=(nasty,)))]
    chat = Widget(new_page(), stand_in.url).open()
    chat.say(nasty)
    expect(chat.answers.last).to_contain_text(nasty)
    assert chat.page.locator("signpost-chat .entry").locator("img, b, a").count() == 0


def test_works_where_storage_is_forbidden(stand_in: StandIn, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(
        "Object.defineProperty(window, 'sessionStorage', { get() { throw new DOMException('no', 'SecurityError'); } })"
    )
    Widget(page, stand_in.url).open().say("made-up question")


# --- keyboard, focus and screen readers


def focused(page: Page) -> str:
    return str(
        page.evaluate(
            "document.activeElement.shadowRoot?.activeElement?.id || document.activeElement.shadowRoot?.activeElement?.textContent"
        )
    )


def test_a_whole_journey_by_keyboard(stand_in: StandIn, new_page: NewPage) -> None:
    chat = Widget(new_page(), stand_in.url)
    chat.launcher.focus()
    chat.page.keyboard.press("Enter")
    assert focused(chat.page) == "text"
    chat.page.keyboard.type("made-up question")
    chat.page.keyboard.press("Enter")
    expect(chat.answers).to_have_count(2)
    assert focused(chat.page) == "text"  # an answer takes no focus
    back = []
    for _ in range(6):
        chat.page.keyboard.press("Shift+Tab")
        back.append(focused(chat.page))
    tools = ["Clear", "Text size, copy or print", "What can I ask?"]
    assert back == [*tools, "No", "Yes", "Who is it for?"]
    chat.page.keyboard.press("Enter")
    expect(chat.answers).to_have_count(3)
    assert focused(chat.page) == "text"  # the pressed button is gone, the focus is not
    for _ in range(12):
        chat.page.keyboard.press("Shift+Tab")
        if focused(chat.page) == "I need help now":
            break
    chat.page.keyboard.press("Enter")
    expect(chat.help.get_by_role("link", name="116 123").first).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(chat.page.get_by_role("dialog")).to_be_hidden()
    assert focused(chat.page) == "Ask a question"


def test_help_button_leads_the_focus_to_the_help(stand_in: StandIn, new_page: NewPage) -> None:
    chat = Widget(new_page(), stand_in.url)
    chat.page.get_by_role("button", name="I need help now").click()
    assert focused(chat.page) == "I need help now"
    chat.page.keyboard.press("Escape")
    expect(chat.page.get_by_role("dialog")).to_be_hidden()
    assert focused(chat.page) == "I need help now"  # the button that opened it


def test_turning_the_phone_leaves_the_focus_where_it_is(
    stand_in: StandIn, new_page: NewPage
) -> None:
    chat = Widget(new_page(viewport={"width": 400, "height": 700}), stand_in.url).open()
    chat.box.focus()
    chat.page.set_viewport_size({"width": 700, "height": 400})
    expect(chat.page.locator("signpost-chat dialog.low")).to_be_visible()
    assert focused(chat.page) == "text"


def test_who_cannot_reach_the_service_at_first_is_greeted_once(
    stand_in: StandIn, new_page: NewPage
) -> None:
    page = new_page(quiet=False)
    page.route("**/api/conversations", lambda route: route.abort(), times=1)
    chat = Widget(page, stand_in.url).open()
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("button", name="Which services are there?")).to_be_visible()
    expect(chat.answers.filter(has_text="computer program")).to_have_count(1)


def test_on_a_touch_screen_no_keyboard_covers_the_first_message(
    stand_in: StandIn, new_page: NewPage
) -> None:
    chat = Widget(new_page(viewport=SMALL[0], has_touch=True, is_mobile=True), stand_in.url).open()
    assert focused(chat.page) == "name"


def test_on_a_narrow_screen_the_page_behind_is_out_of_reach(
    stand_in: StandIn, new_page: NewPage
) -> None:
    chat = Widget(new_page(viewport=SMALL[0]), stand_in.url).open()
    reached = set()
    for _ in range(20):
        chat.page.keyboard.press("Tab")
        reached.add(chat.page.evaluate("document.activeElement.tagName"))
    assert reached <= {
        "SIGNPOST-CHAT",
        "BODY",
    }  # BODY: the browser's own controls, on the way round
    chat.page.set_viewport_size({"width": 1200, "height": 800})
    expect(chat.page.get_by_role("dialog")).to_be_visible()
    chat.page.keyboard.press("Escape")
    expect(chat.page.get_by_role("dialog")).to_be_hidden()


def test_each_answer_is_announced_once(stand_in: StandIn, new_page: NewPage) -> None:
    chat = Widget(new_page(), stand_in.url).open()
    chat.page.evaluate(
        """() => {
          window.added = [];
          new MutationObserver((records) => records.forEach((record) => added.push(...[...record.addedNodes].map((node) => node.textContent))))
            .observe(document.querySelector('signpost-chat').shadowRoot, { subtree: true, childList: true });
        }"""
    )
    chat.say("made-up question")
    spoken = ANSWER.split("\n")[0]
    assert sum(spoken in text for text in chat.page.evaluate("added")) == 1
    session = chat.page.context.new_cdp_session(chat.page)
    nodes = {node["nodeId"]: node for node in session.send("Accessibility.getFullAXTree")["nodes"]}
    texts = [
        node
        for node in nodes.values()
        if node["role"]["value"] == "StaticText" and spoken in node["name"]["value"]
    ]
    assert len(texts) == 1

    def ancestors(node: dict[str, object]) -> list[dict[str, object]]:
        parent = nodes.get(str(node.get("parentId", "")))
        return [parent, *ancestors(parent)] if parent else []

    log = next(
        node
        for node in ancestors(texts[0])
        if node.get("role") == {**node["role"], "value": "log"}  # type: ignore[dict-item]
    )
    live = {p["name"]: p["value"]["value"] for p in log["properties"]}  # type: ignore[attr-defined]
    assert (live["live"], live["relevant"]) == ("polite", "additions")
    mine = chat.page.locator("signpost-chat .entry.user").get_by_text("made-up question")
    assert mine.evaluate("(node) => node.closest('[aria-live]').getAttribute('aria-live')") == "off"


def test_a_long_answer_starts_at_its_top(stand_in: StandIn, new_page: NewPage) -> None:
    stand_in.replies = [
        reply(message("\n\n".join(f"Paragraph {n} of a made-up answer." for n in range(40))))
    ]
    chat = Widget(new_page(), stand_in.url).open()
    chat.say("made-up question")
    expect(chat.answers.last.get_by_text("Paragraph 0 ")).to_be_in_viewport()


def test_right_to_left_text_stands_at_the_right(stand_in: StandIn, new_page: NewPage) -> None:
    stand_in.replies = [reply(message("مرحبا، هذه إجابة"))]
    chat = Widget(new_page(), stand_in.url).open()
    chat.say("سؤال")
    assert (
        chat.answers.last.locator("p").first.evaluate("(node) => getComputedStyle(node).direction")
        == "rtl"
    )


def test_a_right_to_left_host_page_changes_nothing(stand_in: StandIn, new_page: NewPage) -> None:
    chat = Widget(new_page(viewport=SMALL[0]), stand_in.url)
    chat.page.evaluate("document.documentElement.dir = 'rtl'")
    expect(chat.page.get_by_role("button", name="I need help now")).to_be_in_viewport(ratio=1)
    chat.open().say("made-up question")
    assert chat.box.evaluate("(node) => getComputedStyle(node.form).direction") == "ltr"
    assert chat.page.evaluate(TOO_WIDE) == []


# --- sizes


@pytest.mark.parametrize("size", SMALL, ids=lambda size: f"{size['width']}x{size['height']}")
@pytest.mark.parametrize(
    "path",
    ["/", "/chat", "/chat/answered", "/chat/crisis", "/help-now", "/error", "/sponsor-card"],
)
def test_pages_reflow(
    stand_in: StandIn, new_page: NewPage, path: str, size: dict[str, int]
) -> None:
    page = new_page(viewport=size)
    page.goto(stand_in.url + path)
    assert page.evaluate("document.documentElement.scrollWidth") <= size["width"]


@pytest.mark.parametrize("size", SMALL, ids=lambda size: f"{size['width']}x{size['height']}")
def test_widget_reflows(stand_in: StandIn, new_page: NewPage, size: dict[str, int]) -> None:
    stand_in.replies = [
        reply(
            message(
                CRISIS + "x" * 200, "crisis", SOURCE, ("They're not answering", "I can't call")
            ),
            crisis=True,
        )
    ]
    chat = Widget(new_page(viewport=size), stand_in.url).open()
    chat.say("made-up words")
    chat.help.locator("summary").first.click()
    assert chat.page.evaluate(TOO_WIDE) == []
    assert chat.page.evaluate("document.documentElement.scrollWidth") <= size["width"]
    chat.box.scroll_into_view_if_needed()
    expect(chat.box).to_be_in_viewport()


# A number in the middle of a sentence is as wide as it is (WCAG 2.5.8 exempts it); everything else
# is 44 px both ways.
TARGETS = """(root) => [...(root === 'widget' ? document.querySelector('signpost-chat').shadowRoot : document)
  .querySelectorAll('button, summary, textarea, a')].filter((node) => node.checkVisibility() && !node.matches('.skip, main p > a:not(.button)'))
  .map((node) => [node, node.getBoundingClientRect()])
  .filter(([node, box]) => Math.round(box.height) < 44 || box.width < (node.matches('li a, p a') ? 24 : 44))
  .map(([node, box]) => `${node.tagName} ${node.textContent.trim().slice(0, 30)} ${box.width}x${box.height}`)"""


def test_targets_are_44_pixels(stand_in: StandIn, new_page: NewPage) -> None:
    stand_in.replies = [
        reply(message(CRISIS, "crisis", SOURCE, ("They're not answering",)), crisis=True)
    ]
    chat = Widget(new_page(viewport={"width": 320, "height": 568}), stand_in.url)
    assert chat.page.evaluate(TARGETS, "widget") == []
    chat.open().say("made-up words")
    chat.help.locator("summary").first.click()
    assert chat.page.evaluate(TARGETS, "widget") == []
    stand_in.replies = [reply(message(ANSWER, source=SOURCE, table=TABLE, buttons=("More",)))]
    chat.say("made-up question")
    chat.answers.last.get_by_text("Where this is from").click()
    assert chat.page.evaluate(TARGETS, "widget") == []


@pytest.mark.parametrize(
    "path",
    ["/chat", "/chat/answered", "/chat/crisis", "/help-now", "/sponsor-page", "/sponsor-card"],
)
def test_targets_of_pages_are_44_pixels(stand_in: StandIn, new_page: NewPage, path: str) -> None:
    page = new_page(java_script_enabled=True)
    page.goto(stand_in.url + path)
    assert page.evaluate(TARGETS, "page") == []


def test_without_javascript_the_way_out_is_a_link(stand_in: StandIn, new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    for path in ("/", "/chat", "/help-now", "/error"):
        page.goto(stand_in.url + path)
        page.get_by_role("link", name=re.compile("Leave quickly")).click()
        page.wait_for_url("**/left")


# --- what outlasts a conversation, and a way back into it


def test_a_button_of_a_conversation_that_is_gone_says_what_it_says(
    stand_in: StandIn, new_page: NewPage
) -> None:
    stand_in.replies = [
        reply(message(CRISIS, "crisis", buttons=("I can't call",)), crisis=True),
        (410, "That button no longer works."),
        reply(message("You can text instead.", "crisis"), crisis=True),
    ]
    chat = Widget(new_page(quiet=False), stand_in.url).open()
    chat.say("made-up crisis words")
    chat.press("I can't call")
    expect(chat.answers.last).to_contain_text("You can text instead")
    expect(chat.page.locator("signpost-chat .entry.user")).to_have_count(2)
    assert stand_in.heard[-1][2] == {"conversation": "made-up-id", "text": "I can't call"}


@pytest.mark.parametrize("size", [SMALL[0], {"width": 1200, "height": 800}])
def test_the_way_back_from_the_sponsors_page_leads_to_the_chat_as_it_was(
    stand_in: StandIn, new_page: NewPage, size: dict[str, int]
) -> None:
    stand_in.replies = [
        reply(message(CRISIS, "crisis", buttons=("I can't call",)), crisis=True),
    ]
    chat = Widget(new_page(viewport=size), stand_in.url).open()
    chat.say("made-up crisis words")
    chat.page.get_by_role("button", name="Find my sponsor").click()
    chat.page.wait_for_url("**/sponsor")
    expect(chat.page.locator("main > .pinned")).to_contain_text("116 123")
    chat.page.get_by_role("button", name="Back to the chat").click()
    expect(chat.page.get_by_role("dialog")).to_be_visible()
    expect(chat.answers.last).to_contain_text("Your assigned sponsor")
    expect(chat.pinned.get_by_role("link", name="116 123")).to_be_in_viewport(ratio=1)
    expect(chat.page.get_by_role("button", name="I can't call")).to_have_count(1)


def test_ones_own_sponsor_can_be_reached_by_a_tap(stand_in: StandIn, new_page: NewPage) -> None:
    text = "Phone: 020 7946 0101\nText: 07700 900101\nEmail: sam@trust.example\n• Samaritans: call 116 123"
    links = {
        "020 7946 0101": "tel:02079460101",
        "07700 900101": "sms:07700900101",
        "sam@trust.example": "mailto:sam@trust.example",
        "Samaritans": "javascript:alert(1)",
    }
    stand_in.replies = [{**reply(message(text, "crisis"), crisis=True), "links": links}]
    chat = Widget(new_page(), stand_in.url).open()
    chat.say("made-up crisis words")
    shown = [
        (link.inner_text(), link.get_attribute("href"))
        for link in chat.answers.last.get_by_role("link").all()
    ]
    assert shown == [*list(links.items())[:3], ("116 123", "tel:116123")]


# --- what can be done with an answer


@pytest.mark.parametrize("touch", [True, False])
def test_send_looks_as_before_after_a_tap(
    stand_in: StandIn, new_page: NewPage, touch: bool
) -> None:
    page = new_page(viewport=SMALL[0], has_touch=touch, is_mobile=touch)
    chat = Widget(page, stand_in.url).open()
    chat.box.fill("made-up question")
    send = page.get_by_role("button", name="Send")
    send.click()  # the pointer stays there, as it does where a finger was
    expect(chat.answers).to_have_count(2)
    line = send.evaluate("(node) => getComputedStyle(node).textDecorationLine")
    assert line == ("none" if touch else "underline")


# Cells whose words stand at their line.
TOUCHING = """(table) => [...table.querySelectorAll('th, td')].filter((cell) => {
  const { paddingTop, paddingLeft, paddingRight, paddingBottom } = getComputedStyle(cell);
  return [paddingTop, paddingLeft, paddingRight, paddingBottom].some((space) => parseFloat(space) < 4);
}).map((cell) => cell.textContent)"""


def test_a_table_is_a_table(stand_in: StandIn, new_page: NewPage) -> None:
    stand_in.replies = [reply(message(ANSWER, table=TABLE))]
    chat = Widget(new_page(viewport=SMALL[0]), stand_in.url).open()
    chat.say("made-up question")
    table = chat.answers.last.get_by_role("table", name=TABLE.caption)
    assert [header.inner_text() for header in table.get_by_role("columnheader").all()] == [
        "Harbour",
        "Lighthouse",
    ]
    assert [header.inner_text() for header in table.get_by_role("rowheader").all()] == [
        row[0] for row in TABLE.rows
    ]
    assert table.get_by_role("cell").all_inner_texts() == [
        "",
        "met",
        "met",
        "not met",
        "does not say",
    ]
    assert table.evaluate(TOUCHING) == []
    chat.page.reload()
    chat.open()
    expect(table).to_have_count(1)


def test_a_wide_table_is_scrolled_by_itself(stand_in: StandIn, new_page: NewPage) -> None:
    columns = ("", *(f"Service {n}" for n in range(8)))
    stand_in.replies = [
        reply(
            message(ANSWER, table=Table("Many made-up services", columns, (("Age", *["met"] * 8),)))
        )
    ]
    chat = Widget(new_page(viewport=SMALL[0]), stand_in.url).open()
    chat.say("made-up question")
    place = chat.answers.last.get_by_role("group", name="Many made-up services")
    place.focus()
    chat.page.keyboard.press("ArrowRight")
    chat.page.wait_for_function("(node) => node.scrollLeft > 0", arg=place.element_handle())


def test_an_answer_can_be_copied(stand_in: StandIn, new_page: NewPage) -> None:
    stand_in.replies = [reply(message(ANSWER, source=SOURCE, table=TABLE))]
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.clock.install()
    chat = Widget(page, stand_in.url).open()
    chat.say("made-up question")
    chat.answers.last.get_by_text("Copy or print").click()
    chat.answers.last.get_by_role("button", name="Copy").click()
    said = page.get_by_role("dialog").get_by_role("status")
    expect(said).to_have_text("Copied.")
    page.clock.run_for(5000)  # time to read it, or to have it read out
    expect(said).to_have_text("Copied.")
    page.clock.run_for(10_000)
    expect(said).to_be_empty()
    copied = page.evaluate("navigator.clipboard.readText()")
    assert (
        copied
        == f"{ANSWER}\n\nTwo made-up services\n\tHarbour\tLighthouse\nAge 18 or over\tmet\tmet\nFrom London\tnot met\tdoes not say\n\n{SOURCE}"
    )


def test_where_nothing_can_be_copied_it_says_so(stand_in: StandIn, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    chat = Widget(page, stand_in.url).open()
    chat.say("made-up question")
    chat.answers.last.get_by_text("Copy or print").click()
    chat.answers.last.get_by_role("button", name="Copy").click()
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("does not let me copy")


def test_a_printed_answer_keeps_its_lines_its_table_and_its_language(
    stand_in: StandIn, new_page: NewPage
) -> None:
    stand_in.replies = [reply(message("Two things:\n• one\n• two", source=SOURCE, table=TABLE))]
    page = new_page()
    page.add_init_script(
        """window.print = () => {
          const edge = getComputedStyle(document.querySelector('td')).borderTopStyle;
          top.printed = [document.documentElement.lang, document.querySelector('p').innerText, edge];
        };"""
    )
    chat = Widget(page, stand_in.url).open()
    chat.say("made-up question")
    chat.answers.last.get_by_text("Copy or print").click()
    chat.answers.last.get_by_role("button", name="Print").click()
    page.wait_for_function("window.printed")
    assert page.evaluate("window.printed") == ["en-GB", "Two things:\n• one\n• two", "solid"]


def test_one_answer_is_printed_and_nothing_else(stand_in: StandIn, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(
        "window.print = () => { top.printed = [document.title, document.body.innerText]; };"
    )
    chat = Widget(page, stand_in.url).open()
    chat.say("made-up question")
    chat.answers.last.get_by_text("Copy or print").click()
    chat.answers.last.get_by_role("button", name="Print").click()
    page.wait_for_function("window.printed")
    title, text = page.evaluate("window.printed")
    assert title == "Signpost"
    assert text.split("\n\n") == ["Signpost", *ANSWER.split("\n\n"), SOURCE]


# --- what can be done with the whole chat


def use(chat: Widget, tool: str) -> None:
    chat.page.get_by_text("Text size, copy or print").click()
    chat.page.get_by_role("button", name=tool, exact=True).click()


def test_the_whole_chat_can_be_copied(stand_in: StandIn, new_page: NewPage) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    chat = Widget(page, stand_in.url).open()
    chat.say("made-up question")
    use(chat, "Copy the chat")
    expect(page.get_by_role("dialog").get_by_role("status")).to_have_text("Copied.")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("Signpost:\nHello. I am Signpost")
    assert copied.endswith(f"You:\nmade-up question\n\nSignpost:\n{ANSWER}\n\n{SOURCE}")


def test_the_whole_chat_can_be_printed(stand_in: StandIn, new_page: NewPage) -> None:
    page = new_page()
    page.add_init_script(
        "window.print = () => { top.printed = [...document.body.children].map((node) => node.localName + ' ' + node.innerText); };"
    )
    chat = Widget(page, stand_in.url).open()
    chat.say("made-up question")
    use(chat, "Print the chat")
    page.wait_for_function("window.printed")
    printed = page.evaluate("window.printed")
    assert printed[:2] == ["h1 Signpost", "h2 Signpost"]
    wanted = [
        "h2 You",
        "p made-up question",
        "h2 Signpost",
        *(f"p {p}" for p in [*ANSWER.split("\n\n"), SOURCE]),
    ]
    assert printed[-len(wanted) :] == wanted


def test_large_print_is_kept_and_can_be_had_back(stand_in: StandIn, new_page: NewPage) -> None:
    chat = Widget(new_page(viewport=SMALL[0]), stand_in.url).open()
    chat.say("made-up question")
    size = "(node) => parseFloat(getComputedStyle(node).fontSize)"
    use(chat, "Large text")
    assert chat.answers.last.evaluate(size) >= 21.3  # 16 point, RNIB's large print
    assert chat.page.evaluate(TOO_WIDE) == []
    pressed = chat.page.get_by_role("button", name="Large text", pressed=True)
    expect(pressed).to_be_in_viewport()
    chat.page.reload()
    chat.launcher.click()
    assert chat.answers.last.evaluate(size) >= 21.3
    use(chat, "Large text")
    assert chat.answers.last.evaluate(size) == 16


def test_the_first_suggestions_can_be_had_again(stand_in: StandIn, new_page: NewPage) -> None:
    chat = Widget(new_page(), stand_in.url).open()
    chat.say("made-up question")
    assert chat.buttons == ["How many places?", "Who is it for?"]
    chat.page.get_by_role("button", name="What can I ask?").click()
    assert chat.buttons == ["Which services are there?"]
    assert focused(chat.page) == "Which services are there?"
    expect(chat.page.get_by_role("group", name="Did this answer help?")).to_be_visible()
    chat.press("Which services are there?")
    assert stand_in.heard[-1][2] == {"conversation": "made-up-id", "button": "b0"}


def test_an_answer_that_comes_while_the_chat_is_closed_is_told_of(
    stand_in: StandIn, new_page: NewPage
) -> None:
    stand_in.delay = 0.5
    page = new_page()
    chat = Widget(page, stand_in.url).open()
    chat.box.fill("made-up question")
    chat.box.press("Enter")
    page.get_by_role("button", name="Close the chat").click()
    expect(chat.launcher).to_be_in_viewport(ratio=1)
    told = page.get_by_role("button", name="There is an answer")
    expect(told).to_be_in_viewport(ratio=1)
    expect(page.get_by_role("region", name="Signpost").get_by_role("status")).to_have_text(
        "There is an answer"
    )
    page.reload()
    told.click()
    expect(chat.answers.last.get_by_text("made-up answer")).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(chat.launcher).to_be_visible()


def test_what_goes_on_below_the_fold_is_told_of(stand_in: StandIn, new_page: NewPage) -> None:
    long = "\n\n".join(f"Paragraph {n} of a made-up answer." for n in range(40))
    stand_in.replies = [reply(message(long)), reply(message("Short."))]
    chat = Widget(new_page(), stand_in.url).open()
    below = chat.page.get_by_text("More below")
    expect(below).to_be_hidden()
    chat.say("made-up question")
    expect(below).to_be_in_viewport(ratio=1)
    chat.answers.last.get_by_text("Paragraph 39").scroll_into_view_if_needed()
    expect(below).to_be_hidden()
    chat.say("made-up question")
    expect(below).to_be_hidden()


@pytest.mark.parametrize(("label", "helpful"), [("Yes", True), ("No", False)])
def test_an_answer_can_be_called_helpful_or_not_once(
    stand_in: StandIn, new_page: NewPage, label: str, helpful: bool
) -> None:
    chat = Widget(new_page(), stand_in.url).open()
    asked = chat.page.get_by_role("group", name="Did this answer help?")
    chat.say("made-up question")
    asked.get_by_role("button", name=label).click()
    expect(asked).to_be_hidden()
    assert focused(chat.page) == "text"
    assert stand_in.heard[-1] == (
        "POST",
        "/api/feedback",
        {"conversation": "made-up-id", "answer": "f1", "helpful": helpful},
    )
    expect(chat.page.get_by_role("button", name="How many places?")).to_be_visible()


def test_nobody_is_asked_whether_help_in_a_crisis_helped(
    stand_in: StandIn, new_page: NewPage
) -> None:
    stand_in.replies = [reply(message(CRISIS, "crisis"), crisis=True)]
    chat = Widget(new_page(), stand_in.url).open()
    chat.say("made-up crisis words")
    expect(chat.page.get_by_role("group", name="Did this answer help?")).to_be_hidden()


# --- a bad line


def test_offline_it_says_so_and_tries_again_by_itself(stand_in: StandIn, new_page: NewPage) -> None:
    page = new_page(quiet=False)
    chat = Widget(page, stand_in.url).open()
    page.context.set_offline(True)
    chat.say("made-up question")
    expect(chat.answers.last).to_contain_text("seem to be offline")
    expect(chat.help.get_by_role("link", name="116 123").first).to_be_visible()
    page.context.set_offline(False)
    expect(chat.answers.last).to_contain_text("made-up answer")
    assert [heard[2]["text"] for heard in stand_in.heard if heard[1] == "/api/messages"] == [
        "made-up question"
    ]


def test_all_that_was_asked_offline_is_sent_in_its_order(
    stand_in: StandIn, new_page: NewPage
) -> None:
    page = new_page(quiet=False)
    chat = Widget(page, stand_in.url).open()
    page.context.set_offline(True)
    chat.say("first question")
    chat.say("second question")
    page.context.set_offline(False)
    expect(chat.page.locator("signpost-chat .entry.bot.answer")).to_have_count(3)
    assert [heard[2]["text"] for heard in stand_in.heard if heard[1] == "/api/messages"] == [
        "first question",
        "second question",
    ]


def test_an_answer_that_was_on_its_way_when_the_page_was_left_comes(
    stand_in: StandIn, new_page: NewPage
) -> None:
    page = new_page(quiet=False)
    chat = Widget(page, stand_in.url).open()
    stand_in.delay = 60
    chat.box.fill("made-up question")
    chat.box.press("Enter")
    expect(page.locator("signpost-chat .entry.user")).to_have_count(1)
    stand_in.delay = 0
    page.reload()
    expect(chat.answers.last).to_contain_text("made-up answer")
    expect(page.locator("signpost-chat .entry.user")).to_have_count(1)


# --- the page around it


def test_a_host_that_replaces_its_body_keeps_the_chat(stand_in: StandIn, new_page: NewPage) -> None:
    page = new_page()
    page.route(
        f"{stand_in.url}/host",
        lambda route: route.fulfill(
            content_type="text/html",
            body='<body><script type="module" src="/widget.js"></script><h1>A trust</h1></body>',
        ),
    )
    chat = Widget(page, f"{stand_in.url}/host").open()
    chat.say("made-up question")
    page.evaluate(
        "document.documentElement.replaceChild(document.createElement('body'), document.body)"
    )
    expect(page.locator("signpost-chat")).to_have_count(1)
    expect(chat.answers.last).to_contain_text("made-up answer")
    chat.say("another question")


HOSTILE = {
    "a small root": "html { font-size: 62.5% }",
    "a filtered body": "body { filter: grayscale(1); transform: scale(1); height: 3000px }",
    "a banner above all": "body::after { content: ''; position: fixed; inset: 0; z-index: 2147483647; background: #fff }",
}
STYLED = "(css) => { const sheet = new CSSStyleSheet(); sheet.replaceSync(css); document.adoptedStyleSheets = [sheet]; }"


@pytest.mark.parametrize("style", HOSTILE.values(), ids=HOSTILE)
def test_a_host_pages_own_style_changes_nothing(
    stand_in: StandIn, new_page: NewPage, style: str
) -> None:
    page = new_page()
    chat = Widget(page, stand_in.url)
    page.evaluate(STYLED, style)
    help_ = page.get_by_role("button", name="I need help now")
    expect(help_).to_be_in_viewport(ratio=1)
    assert chat.launcher.evaluate("(node) => getComputedStyle(node).fontSize") == "16px"
    help_.click()
    expect(chat.pinned).to_be_in_viewport(ratio=1)
    assert page.evaluate("scrollY") == 0
    chat.help.locator("summary").first.click(trial=True)
    page.get_by_role("dialog").get_by_role("button", name="Leave quickly").click(trial=True)


def test_an_element_that_is_made_anew_has_the_answer_that_was_on_its_way(
    stand_in: StandIn, new_page: NewPage
) -> None:
    page = new_page()
    chat = Widget(page, stand_in.url).open()
    stand_in.delay = 0.5
    chat.box.fill("made-up question")
    chat.box.press("Enter")
    expect(page.locator("signpost-chat .entry.user")).to_have_count(1)
    page.evaluate(
        "document.querySelector('signpost-chat').replaceWith(document.createElement('signpost-chat'))"
    )
    expect(chat.answers.last).to_contain_text("made-up answer")
    expect(page.locator("signpost-chat .entry.user")).to_have_count(1)
    page.wait_for_timeout(700)  # the first one's answer comes too
    page.reload()
    expect(page.locator("signpost-chat .entry")).to_have_count(3)


def test_an_on_screen_keyboard_covers_neither_the_help_nor_the_box(
    stand_in: StandIn, new_page: NewPage
) -> None:
    page = new_page(viewport={"width": 375, "height": 667})
    page.add_init_script(
        """const screen = Object.assign(new EventTarget(), { height: innerHeight, offsetTop: 0, scale: 1 });
        Object.defineProperty(window, 'visualViewport', { value: screen });"""
    )
    chat = Widget(page, stand_in.url).open()
    chat.say("made-up question")
    chat.box.focus()
    page.evaluate(
        """Object.assign(visualViewport, { height: 300, offsetTop: 40 }).dispatchEvent(new Event('resize'))"""
    )

    def panel() -> tuple[float, float]:
        box = page.get_by_role("dialog").bounding_box()
        assert box
        return box["y"], box["height"]

    assert panel() == (40, 300)
    for part in (
        page.get_by_role("dialog").get_by_role("button", name="Leave quickly"),
        chat.help.locator("summary").first,
        chat.box,
    ):
        box = part.bounding_box()
        assert box
        assert (box["y"] >= 40, box["y"] + box["height"] <= 340) == (True, True)
    page.evaluate(
        "Object.assign(visualViewport, { height: 667, offsetTop: 0 }).dispatchEvent(new Event('resize'))"
    )
    assert panel() == (0, 667)


def test_a_host_page_is_printed_without_the_chat(stand_in: StandIn, new_page: NewPage) -> None:
    chat = Widget(new_page(), stand_in.url)
    chat.page.emulate_media(media="print")
    expect(chat.launcher).to_be_hidden()


def test_a_browser_without_constructed_sheets_gets_the_style_as_a_link(
    stand_in: StandIn, new_page: NewPage
) -> None:
    page = new_page()
    page.add_init_script("delete CSSStyleSheet.prototype.replaceSync; delete AbortSignal.timeout")
    chat = Widget(page, stand_in.url).open()
    chat.say("made-up question")
    expect(chat.page.get_by_role("dialog")).to_have_css("position", "fixed")


def test_words_of_an_input_method_are_not_sent_by_the_key_that_ends_them(
    stand_in: StandIn, new_page: NewPage
) -> None:
    chat = Widget(new_page(), stand_in.url).open()
    chat.box.fill("made-up")
    chat.box.dispatch_event("keydown", {"key": "Enter", "keyCode": 229})
    expect(chat.box).to_have_value("made-up")


def test_no_browser_sends_what_is_typed_to_a_spelling_service(
    stand_in: StandIn, new_page: NewPage
) -> None:
    chat = Widget(new_page(), stand_in.url).open()
    expect(chat.box).to_have_attribute("spellcheck", "false")


def test_a_long_paste_is_not_cut(stand_in: StandIn, new_page: NewPage) -> None:
    chat = Widget(new_page(), stand_in.url).open()
    chat.box.fill("x" * 510)
    expect(chat.box).to_have_value("x" * 510)
    expect(chat.page.get_by_text("10 characters too many")).to_be_visible()


def test_a_slow_answer_is_said_to_be_on_its_way(stand_in: StandIn, new_page: NewPage) -> None:
    stand_in.delay = 5
    page = new_page()
    page.clock.install()
    chat = Widget(page, stand_in.url)
    chat.launcher.click()
    expect(chat.answers).to_have_count(1)
    chat.box.fill("made-up question")
    chat.box.press("Enter")
    typing = page.locator("signpost-chat .typing")
    expect(typing).to_contain_text("looking this up")
    page.clock.run_for(3500)
    expect(typing).to_contain_text("taking longer")
    expect(page.get_by_role("dialog").get_by_role("status")).to_contain_text("taking longer")


# --- on a kiosk


def test_a_kiosk_stores_nothing_links_nowhere_and_wipes_itself(new_page: NewPage) -> None:
    with serving(StandIn(kiosk_seconds=60)) as stand_in:
        page = new_page()
        page.clock.install()
        chat = Widget(page, stand_in.url).open()
        chat.box.fill("made-up question")
        chat.box.press("Enter")
        expect(chat.answers).to_have_count(2)
        assert page.evaluate("sessionStorage.length + localStorage.length") == 0
        chat.help.locator("summary").first.click()
        assert [link for link in page.locator("signpost-chat a").all() if link.is_visible()] == []
        warning = page.get_by_role("dialog").get_by_role("status")
        page.clock.run_for(15_000)
        expect(warning).to_be_empty()
        page.clock.run_for(30_000)
        expect(warning).to_contain_text("To go on, touch it or press a key")
        chat.box.press("a")
        expect(warning).to_be_empty()
        page.clock.run_for(45_000)
        expect(chat.answers).to_have_count(2)
        page.clock.run_for(16_000)
        expect(chat.launcher).to_be_visible()
        expect(page.locator("signpost-chat .entry")).to_have_count(0)
        assert ENDED in stand_in.heard


def test_who_goes_back_to_a_kiosks_chat_that_the_browser_kept_finds_nothing(
    new_page: NewPage,
) -> None:
    with serving(StandIn(kiosk_seconds=60)) as stand_in:
        page = new_page()
        chat = Widget(page, stand_in.url).open()
        chat.say("made-up question")
        page.evaluate(
            "dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true })), null"
        )
        expect(chat.launcher).to_be_visible()
        expect(page.locator("signpost-chat .entry")).to_have_count(0)
        assert ENDED in stand_in.heard
