"""The real service, end to end: the same conversations in the widget and on the page without
JavaScript.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.chat import PlainChat, Widget
from tests.browser.conftest import NewPage
from tests.conftest import Service

# What is said or pressed (">"), and what has to be in the answer to it (in lower case).
CONVERSATIONS = {
    "a family": [
        (
            "My brother is on the unit at Belmarsh. Can we visit him as a family?",
            ["family visits", "belmarsh"],
        )
    ],
    "a referrer": [
        ("Who is the service at Swaleside for?", ["swaleside", "personality difficulties"]),
        ("And how many places are there?", ["30"]),
    ],
    "by buttons": [(">Which services are there?", ["aylesbury"]), (">", []), (">", [])],
    "commands": [("/restart", []), ("What is a PIPE?", ["pipe"])],
    "somebody in crisis": [
        ("I can't go on, I want to kill myself tonight", ["sponsor", "116 123", "999"]),
        (">", ["116 123"]),
        ("What is a PIPE?", []),
    ],
}


@pytest.mark.parametrize("turns", CONVERSATIONS.values(), ids=CONVERSATIONS.keys())
def test_a_conversation_is_the_same_with_and_without_javascript(
    service: Service, new_page: NewPage, turns: list[tuple[str, list[str]]]
) -> None:
    doors: tuple[Widget | PlainChat, ...] = (
        Widget(new_page(), service.url).open(),
        PlainChat(new_page(java_script_enabled=False), service.url).open(),
    )
    for text, wanted in turns:
        for chat in doors:
            if text.startswith(">"):
                chat.press(text[1:] or chat.buttons[0])
            else:
                chat.say(text)
            answer = chat.answer().lower()
            assert [part for part in wanted if part not in answer] == [], answer
        widget, plain = doors
        assert widget.said() == plain.said()
        assert widget.buttons == plain.buttons
        assert widget.pinned.is_visible() == plain.pinned.is_visible()


@pytest.mark.parametrize("kind", [Widget, PlainChat], ids=["widget", "without JavaScript"])
def test_after_a_crisis_the_help_stays(
    service: Service, new_page: NewPage, kind: type[Widget] | type[PlainChat]
) -> None:
    chat = kind(new_page(java_script_enabled=kind is Widget), service.url).open()
    chat.say("I want to kill myself")
    assert "forum" in chat.answer()
    chat.say("What is a PIPE?")
    expect(chat.pinned).to_be_visible()
    expect(chat.pinned.get_by_role("link", name="116 123")).to_have_attribute("href", "tel:116123")


def test_buttons_of_the_service_lead_on(service: Service, new_page: NewPage) -> None:
    chat = Widget(new_page(), service.url).open()
    first = chat.page.locator("signpost-chat .choices button").first
    label = first.inner_text()
    first.click()
    expect(chat.page.locator("signpost-chat .entry.user")).to_contain_text(label)
    expect(chat.answers).not_to_have_count(1)


FONT = "(node) => parseFloat(getComputedStyle(node).fontSize)"


@pytest.mark.parametrize("kind", [Widget, PlainChat], ids=["widget", "without JavaScript"])
def test_large_text_is_kept_whatever_is_pressed(
    service: Service, new_page: NewPage, kind: type[Widget] | type[PlainChat]
) -> None:
    chat = kind(new_page(java_script_enabled=kind is Widget), service.url).open()
    large = chat.page.get_by_text("Large text")
    chat.page.get_by_text("Text size, copy or print").click()
    large.click()
    for _ in range(2):  # a question to start with, and a button of the conversation
        label = chat.page.locator(".choices button").first.inner_text()
        chat.press(label)
        assert ("You", [label]) in chat.said()
        assert chat.page.locator(".entry.bot > p").last.evaluate(FONT) >= 21.3  # 16 point
    if not large.is_visible():
        chat.page.get_by_text("Text size, copy or print").click()
    large.click()
    chat.say("What is a PIPE?")
    assert chat.page.locator(".entry.bot > p").last.evaluate(FONT) < 21.3


def test_buttons_lead_on_without_javascript(service: Service, new_page: NewPage) -> None:
    chat = PlainChat(new_page(java_script_enabled=False), service.url)
    chat.say("What is the service at Belmarsh?")
    before = chat.page.locator(".log").inner_text()
    chat.page.locator(".choices button").first.click()
    expect(chat.page.locator(".log")).not_to_have_text(before)


def test_clear_forgets_on_the_service_too(service: Service, new_page: NewPage) -> None:
    chat = Widget(new_page(), service.url).open()
    chat.say("What is the service at Belmarsh?")
    chat.page.get_by_role("button", name="Clear").click()
    with chat.page.expect_response(lambda response: response.url.endswith("/end")) as ended:
        chat.page.get_by_role("button", name="Press again to clear").click()
    assert ended.value.status == 204
    expect(chat.answers).to_have_count(1)


def test_help_page_needs_no_script(service: Service, new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"{service.url}/")
    page.get_by_role("link", name="I need help now").click()
    expect(page.get_by_role("link", name="116 123").first).to_be_visible()


def test_nothing_is_fetched_from_anybody_else(service: Service, new_page: NewPage) -> None:
    page = new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    Widget(page, service.url).open().say("What is a PIPE?")
    assert [url for url in asked if not url.startswith(service.url)] == []
    assert page.context.cookies() == []


CASE = "Belmarsh or Swaleside: he is 43, from Croydon, PD, wounding, stuck"


@pytest.mark.parametrize("kind", [Widget, PlainChat])
def test_two_services_stand_side_by_side_and_are_printed_without_an_id_in_the_address(
    service: Service, new_page: NewPage, kind: type[Widget] | type[PlainChat]
) -> None:
    chat = kind(new_page(java_script_enabled=kind is Widget), service.url).open()
    chat.say(CASE)
    table = chat.page.get_by_role("table", name="What the page asks for")
    expect(table.get_by_role("columnheader")).to_have_text(["Rule", "Belmarsh", "Swaleside"])
    expect(table.get_by_role("row", name="from London")).to_contain_text("no rule")
    with chat.page.context.expect_page() as opened:
        chat.page.get_by_role("button", name="A summary to print").click()
    printed = opened.value
    expect(printed.get_by_role("row")).to_have_count(11)
    assert printed.url == f"{service.url}/summary"
    assert "Croydon" not in printed.inner_text("body")
    printed.set_viewport_size({"width": 320, "height": 640})
    assert printed.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_table_is_there_after_a_reload(service: Service, new_page: NewPage) -> None:
    chat = Widget(new_page(), service.url).open()
    chat.say(CASE)
    chat.page.reload()
    expect(chat.page.get_by_role("table", name="What the page asks for")).to_be_visible()
    expect(chat.page.get_by_role("button", name="A summary to print")).to_be_visible()
