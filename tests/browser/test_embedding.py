"""The real service on a page of another origin: by our tag under a strict policy, and by clients
that nobody here wrote.
"""

import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect

from tests.browser.chat import PlainChat, Widget
from tests.browser.conftest import NewPage
from tests.browser.host import Host
from tests.browser.stand_in import in_thread
from tests.conftest import ROOT, start_service, stop_service

FAMILY = "My brother is on the unit at Belmarsh. Can we visit him as a family?"
CRISIS = "I can't go on, I want to kill myself tonight"


@pytest.fixture(scope="module")
def host(npm: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    """A listed site, with the tag that our command prints for it, and a service that lets Rasa's
    clients in.
    """
    host = Host(npm)
    with in_thread(host.application()) as host.url:
        service = start_service(
            tmp_path_factory.mktemp("embedded") / "run", SIGNPOST_ORIGINS=host.url, SIGNPOST_REST_CHANNEL="1", SIGNPOST_SOCKETIO_CHANNEL="1",
            SIGNPOST_EXIT_URL=f"{host.url}/left",
        )  # fmt: skip
        printed = subprocess.run(
            [sys.executable, "-m", "bot", "embed", "--url", service.url],
            cwd=ROOT,
            env=service.env,
            check=True,
            capture_output=True,
            text=True,
        )
        host.service, host.tag = service.url, printed.stdout
        yield host
        stop_service(service)


def test_one_tag_is_enough_under_a_strict_policy(host: Host, new_page: NewPage) -> None:
    page = new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    chat = Widget(page, host.url).open()
    chat.say(FAMILY)
    assert "family visits" in chat.answer().lower()
    chat.page.get_by_role("button", name="Yes").click()
    expect(chat.page.get_by_role("dialog").get_by_role("status")).to_contain_text("Thank you")
    assert [url for url in asked if not url.startswith((host.url, host.service))] == []
    assert page.context.cookies() == []


def test_leaving_another_site_ends_the_conversation_too(host: Host, new_page: NewPage) -> None:
    page = new_page(quiet=False)  # the address that it leads to is not there
    chat = Widget(page, host.url).open()
    chat.say(FAMILY)
    conversation = page.evaluate("JSON.parse(sessionStorage.getItem('signpost-chat')).conversation")
    page.get_by_role("dialog").get_by_role("button", name="Leave quickly").click()
    page.wait_for_url("**/left")
    assert is_forgotten(page, host, conversation)


def test_the_way_back_from_the_sponsors_page_leads_to_the_chat_that_it_was_opened_from(
    host: Host, new_page: NewPage
) -> None:
    page = new_page()
    chat = Widget(page, host.url).open()
    chat.say(FAMILY)
    with page.context.expect_page() as opened:
        page.get_by_role("button", name="Find my sponsor").click()
    beside = opened.value
    beside.wait_for_url(f"{host.service}/sponsor#beside")
    beside.reload()
    back = beside.get_by_role("button", name="Back to the chat")
    with suppress(Error):  # the tab may be gone before the click is answered
        back.click()
    page.wait_for_timeout(500)
    assert beside.is_closed() or beside.get_by_text("in the other tab or window").is_visible()
    assert page.context.pages[0] == page
    assert "family visits" in chat.answer().lower()


def is_forgotten(page: Page, host: Host, conversation: str) -> bool:
    """Whether a message to it starts a new one. What a browser sends while it leaves takes a
    moment.
    """
    page.wait_for_timeout(500)
    answer = page.request.post(
        f"{host.service}/api/messages",
        data={"conversation": conversation, "text": "What is a PIPE?"},
    )
    return bool(answer.json()["conversation"] != conversation)


def test_a_changed_script_is_not_run(host: Host, new_page: NewPage) -> None:
    right = host.tag
    host.tag = re.sub("sha384-...", "sha384-AAA", right)
    try:
        page = new_page(quiet=False)
        page.goto(host.url)
        expect(page.locator("signpost-chat")).to_have_count(0)
    finally:
        host.tag = right


def test_a_site_that_is_not_listed_gets_nothing(host: Host, new_page: NewPage) -> None:
    page = new_page(quiet=False)
    with page.expect_event("requestfailed") as failed:
        page.goto(host.url.replace("127.0.0.1", "localhost"))
    assert failed.value.url == f"{host.service}/widget.js"
    expect(page.locator("signpost-chat")).to_have_count(0)


def test_the_look_follows_the_host(host: Host, new_page: NewPage) -> None:
    chat = Widget(new_page(), host.url)
    chat.page.evaluate(
        """() => {
          const look = { '--signpost-colour': '#5a2a82', '--signpost-button': '#7a1f1f', '--signpost-font': 'serif', '--signpost-radius': '0px' };
          for (const [name, value] of Object.entries(look)) document.querySelector('signpost-chat').style.setProperty(name, value);
        }"""
    )
    chat.open()

    def style(selector: str, name: str) -> str:
        return str(
            chat.page.locator(f"signpost-chat {selector}").first.evaluate(
                f"(node) => getComputedStyle(node)['{name}']"
            )
        )

    assert style(".head", "backgroundColor") == "rgb(90, 42, 130)"
    assert style("form button.main", "backgroundColor") == "rgb(122, 31, 31)"
    assert (style("dialog", "fontFamily"), style("form button.main", "borderRadius")) == (
        "serif",
        "0px",
    )


def test_leaving_without_javascript_ends_the_conversation_and_back_does_not_show_it(
    host: Host, new_page: NewPage
) -> None:
    page = new_page(java_script_enabled=False, quiet=False)
    page.goto(f"{host.service}/help-now")
    chat = PlainChat(page, host.service)
    chat.say(FAMILY)
    conversation = page.locator("input[name=conversation]").first.input_value()
    page.get_by_role("link", name="Leave quickly").click()
    page.wait_for_url("**/left")
    assert is_forgotten(page, host, conversation)
    with pytest.raises(
        Error, match="ERR_CACHE_MISS"
    ):  # it is in no cache, and would have to be sent anew
        page.go_back()
    expect(page.locator("body")).not_to_contain_text("Belmarsh")


# --- Rasa's channels


def open_rasa_webchat(page: Page, host: Host) -> None:
    page.goto(f"{host.url}/rasa-webchat")
    page.locator(".rw-launcher").click()


def say_to_rasa_webchat(page: Page, text: str) -> None:
    page.locator(".rw-new-message").fill(text)
    page.locator(".rw-send").click()


def say_to_deep_chat(page: Page, text: str) -> None:
    page.locator("deep-chat #text-input").fill(text)
    page.locator("deep-chat #text-input").press("Enter")


def test_rasa_webchat_talks_to_us(host: Host, new_page: NewPage) -> None:
    page = new_page(quiet=False)
    open_rasa_webchat(page, host)
    answers = page.locator(".rw-response")
    expect(answers.filter(has_text="computer program")).to_have_count(1)
    say_to_rasa_webchat(page, FAMILY)
    expect(answers.filter(has_text="Belmarsh").first).to_be_visible()
    page.locator(".rw-reply").first.click()
    before = answers.count()
    say_to_rasa_webchat(page, "/restart")
    expect(answers.nth(before)).to_be_visible()
    say_to_rasa_webchat(page, CRISIS)
    expect(answers.filter(has_text="116 123").first).to_be_visible()


def test_deep_chat_talks_to_us(host: Host, new_page: NewPage) -> None:
    page = new_page(quiet=False)
    page.goto(f"{host.url}/deep-chat")
    answers = page.locator("deep-chat .ai-message-text")
    for text, wanted in (
        (FAMILY, "Belmarsh"),
        ("And at Swaleside?", "Swaleside"),
        (CRISIS, "116 123"),
    ):
        say_to_deep_chat(page, text)
        expect(answers.filter(has_text=wanted).last).to_be_visible()
