"""The pages, with JavaScript and without: what they do beside the conversation itself, which is in
test_conversations.py.
"""

from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import NewPage
from tests.browser.stand_in import SOURCE, TABLE, StandIn, serving
from tests.browser.test_widget import ENDED, TOUCHING, press_shift


def test_a_table_is_a_table(stand_in: StandIn, new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False, viewport={"width": 320, "height": 568})
    page.goto(f"{stand_in.url}/chat/answered")
    table = page.get_by_role("table", name=TABLE.caption)
    assert [header.inner_text() for header in table.get_by_role("columnheader").all()] == [
        "Harbour",
        "Lighthouse",
    ]
    assert [header.inner_text() for header in table.get_by_role("rowheader").all()] == [
        row[0] for row in TABLE.rows
    ]
    assert table.evaluate(TOUCHING) == []


def test_the_source_is_folded_and_the_verdict_is_one_press(
    stand_in: StandIn, new_page: NewPage
) -> None:
    page = new_page(java_script_enabled=False, quiet=False)  # the stand-in takes no forms
    page.goto(f"{stand_in.url}/chat/answered")
    expect(page.get_by_text(SOURCE)).to_be_hidden()
    page.get_by_text("Where this is from").click()
    expect(page.get_by_text(SOURCE)).to_be_visible()
    with page.expect_request("**/chat") as sent:
        page.get_by_role("group", name="Did this answer help?").get_by_role(
            "button", name="Yes"
        ).click()
    assert sent.value.post_data == "conversation=made-up-id&answer=f1&helpful=yes&text="


def test_paper_has_the_answers_and_nothing_to_press(stand_in: StandIn, new_page: NewPage) -> None:
    page = new_page()
    page.goto(f"{stand_in.url}/chat/answered")
    page.evaluate("window.print = () => { window.printed = true; }")
    page.get_by_text("Text size, copy or print").click()
    page.get_by_role("button", name="Print the chat").click()
    assert page.evaluate("window.printed")
    page.emulate_media(media="print")
    expect(page.get_by_role("table", name=TABLE.caption)).to_be_visible()
    assert [
        button for button in page.locator("button, .button, textarea").all() if button.is_visible()
    ] == []


def test_without_javascript_nothing_is_offered_that_needs_it(
    stand_in: StandIn, new_page: NewPage
) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"{stand_in.url}/chat/answered")
    page.get_by_text("Text size, copy or print").click()
    expect(page.get_by_label("Large text")).to_be_visible()
    for needs_it in ("[data-print]", "[data-copy]"):
        expect(page.locator(needs_it)).to_be_hidden()


def test_large_print_needs_no_javascript(stand_in: StandIn, new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"{stand_in.url}/chat/answered")
    page.get_by_text("Text size, copy or print").click()
    page.get_by_label("Large text").check()
    size = page.locator(".entry").first.evaluate(
        "(node) => parseFloat(getComputedStyle(node).fontSize)"
    )
    assert size >= 21.3  # 16 point


@pytest.mark.parametrize("media", ["screen", "print"])
def test_the_page_to_print_fits_a_narrow_screen_and_a_narrow_sheet(
    stand_in: StandIn, new_page: NewPage, media: Literal["screen", "print"]
) -> None:
    page = new_page(viewport={"width": 320, "height": 640})
    page.goto(f"{stand_in.url}/summary")
    page.emulate_media(media=media)
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    cut = page.get_by_role("group", name="Many made-up services").evaluate(
        "(node) => node.scrollWidth - node.clientWidth"
    )
    assert (cut > 0) is (media == "screen")  # on a screen it is scrolled by itself; paper cannot be


@pytest.mark.parametrize("path", ["/chat", "/chat/answered", "/sponsor-page"])
def test_no_browser_sends_what_is_typed_to_a_spelling_service(
    stand_in: StandIn, new_page: NewPage, path: str
) -> None:
    page = new_page()
    page.goto(stand_in.url + path)
    fields = page.locator("textarea, input:not([type=hidden], [type=checkbox])")
    assert fields.count() > 0
    assert all(field.get_attribute("spellcheck") == "false" for field in fields.all())


def test_the_whole_chat_can_be_copied(stand_in: StandIn, new_page: NewPage) -> None:
    page = new_page(permissions=["clipboard-read", "clipboard-write"])
    page.goto(f"{stand_in.url}/chat/answered")
    page.get_by_text("Text size, copy or print").click()
    page.get_by_role("button", name="Copy the chat").click()
    expect(page.get_by_text("Copied.")).to_be_in_viewport(ratio=1)
    assert "A question" in page.evaluate("navigator.clipboard.readText()")


def test_clear_asks_once(stand_in: StandIn, new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.goto(f"{stand_in.url}/chat/answered")
    again = page.get_by_role("button", name="Press again to clear")
    expect(again).to_be_hidden()
    page.get_by_text("Clear", exact=True).click()
    expect(again).to_be_visible()


def test_before_a_kiosk_clears_itself_it_warns_and_a_key_goes_on(new_page: NewPage) -> None:
    with serving(StandIn(kiosk_seconds=60)) as stand_in:
        page = new_page()
        page.clock.install()
        page.goto(f"{stand_in.url}/chat/answered")
        warning = page.get_by_text("This screen clears itself soon. To go on, touch it")
        page.get_by_label("Your question").fill("half a question")
        page.clock.run_for(15_000)
        expect(warning).to_be_hidden()
        page.clock.run_for(16_000)
        expect(warning).to_be_in_viewport(ratio=1)
        page.get_by_label("Your question").press("x")
        expect(warning).to_be_hidden()
        page.clock.run_for(45_000)  # past the end of the first wait
        expect(page.get_by_label("Your question")).to_have_value("half a questionx")


def test_pages_leave_by_shift_as_well(stand_in: StandIn, new_page: NewPage) -> None:
    page = new_page()
    page.goto(f"{stand_in.url}/chat/crisis")
    press_shift(page)
    page.wait_for_url("**/left")
    assert ENDED in stand_in.heard


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
def test_a_kiosk_wipes_itself(new_page: NewPage, script: bool) -> None:
    with serving(StandIn(kiosk_seconds=1)) as stand_in:
        page = new_page(java_script_enabled=script)
        page.goto(f"{stand_in.url}/chat/crisis")
        expect(page.locator(".entry.user")).to_have_count(2)
        assert [
            link
            for link in page.locator("a[href]:not([href^='/']):not([href^='#'])").all()
            if link.is_visible()
        ] == []
        page.wait_for_url("**/chat")
        expect(page.locator(".entry.user")).to_have_count(0)
        page.go_back()
        assert "A question" not in page.content()
