"""Telling the team in a real browser, from a question that has no answer to an editor who closes it."""

import os
import socket
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser import test_staff as desk
from tests.browser.chat import PlainChat, Widget
from tests.browser.conftest import Axe, NewPage
from tests.browser.test_staff import checked, sign_in
from tests.conftest import Service, start_service, stop_service

RAIN = "will it rain on the way"
CRISIS = "I want to kill myself"


@dataclass(frozen=True)
class Site:
    """A service, and a desk on its directory."""

    service: Service
    desk: desk.Site
    folder: Path

    @property
    def written(self) -> str:
        """All that its processes logged, and all that is in the database's files."""
        files = [self.folder / "run.log", *self.folder.glob("sponsors.db*")]
        return "".join(file.read_bytes().decode("latin-1") for file in files)

    @property
    def waiting(self) -> int:
        with sqlite3.connect(self.folder / "sponsors.db") as database:
            return int(database.execute("SELECT count(*) FROM unanswered").fetchone()[0])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("told")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {
        "SIGNPOST_SPONSOR_DATABASE": f"sqlite:///{folder}/sponsors.db",
        "SIGNPOST_SPONSOR_KEYS": f"{folder}/keys",
        "SIGNPOST_STAFF_PORT": str(port),
        "SIGNPOST_LOG_LEVEL": "DEBUG",
    }
    of_desk = {"SIGNPOST_RUN": f"{folder}/desk", "SIGNPOST_AUDIT": f"{folder}/audit"}
    here = f"http://127.0.0.1:{port}"
    staff = desk.Site(here, "", {**os.environ, **settings, **of_desk}, folder)
    staff.bot("sponsors", "setup")
    service = start_service(folder / "run", **settings)
    try:
        with desk.serving(staff):
            yield Site(service, staff, folder)
    finally:
        stop_service(service)


def told(page: Page, chat: Widget | PlainChat) -> Page:
    """The page with what would be sent."""
    button = page.get_by_role("button", name="Tell the team")
    if isinstance(chat, PlainChat):
        button.press("Enter")
        return page
    with page.context.expect_page() as opened:
        button.press("Enter")
    return opened.value


@pytest.mark.parametrize("kind", [Widget, PlainChat], ids=["widget", "without JavaScript"])
def test_from_a_question_without_an_answer_to_the_team(
    site: Site, new_page: NewPage, axe: Axe, kind: type[Widget] | type[PlainChat]
) -> None:
    page = new_page(java_script_enabled=kind is Widget, quiet=False)  # a mistake is a 400
    chat = kind(page, site.service.url).open()
    before, canary = site.waiting, f"canaryword{len(kind.__name__)}"
    chat.say(f"{RAIN} and is there a {canary} cafe for Kevin Smith")
    shown = told(page, chat)
    box = shown.get_by_label("What would be sent")
    expect(box).to_have_value(f"{RAIN} and is there a {canary} cafe for someone")
    assert shown.url.removesuffix("#beside") == f"{site.service.url}/tell"
    if kind is Widget:
        checked(shown, axe)
    box.fill(f"{RAIN} and is there a {canary} cafe, ring 020 7946 0123")
    shown.get_by_role("button", name="Send to the team").press("Enter")
    expect(shown.get_by_role("alert")).to_contain_text("I took out words")
    expect(box).to_have_value(f"{RAIN} and is there a {canary} cafe, ring")
    if kind is Widget:
        checked(shown, axe)
    assert site.waiting == before
    shown.get_by_role("button", name="Send to the team").press("Enter")
    expect(shown.get_by_role("heading", level=1)).to_have_text("Your question was sent")
    if kind is Widget:
        checked(shown, axe)
    assert site.waiting == before + 1
    for secret in ("canaryword", "Kevin", "cafe"):
        assert secret not in site.written
    if kind is PlainChat:
        shown.get_by_role("button", name="Back to the chat").click()
        expect(shown.locator(".entry.user")).to_have_count(1)


@pytest.mark.parametrize("kind", [Widget, PlainChat], ids=["widget", "without JavaScript"])
def test_an_answer_that_did_not_help_and_never_after_a_crisis(
    site: Site, new_page: NewPage, kind: type[Widget] | type[PlainChat]
) -> None:
    page = new_page(java_script_enabled=kind is Widget)
    chat = kind(page, site.service.url).open()
    chat.say("What is a PIPE?")
    button = page.get_by_role("button", name="Tell the team")
    expect(button).to_have_count(0)
    page.get_by_role("group", name="Did this answer help?").get_by_role("button", name="No").click()
    expect(button).to_be_visible()
    if kind is Widget:
        expect(button).to_be_focused()
        page.reload()
        expect(button).to_be_visible()
    chat.say(CRISIS)
    expect(button).to_have_count(0)
    chat.say(RAIN)
    expect(button).to_have_count(0)


def test_a_crisis_in_what_would_be_sent_gets_the_help(
    site: Site, new_page: NewPage, axe: Axe
) -> None:
    page = new_page(java_script_enabled=False)
    chat = PlainChat(page, site.service.url).open()
    chat.say(RAIN)
    told(page, chat)
    before = site.waiting
    page.get_by_label("What would be sent").fill(CRISIS)
    page.get_by_role("button", name="Send to the team").click()
    expect(page.get_by_role("alert")).to_contain_text("116 123")
    expect(page.get_by_text("Your question was not sent")).to_be_visible()
    expect(page.get_by_label("What would be sent")).to_have_count(0)
    assert site.waiting == before


def test_an_editor_reads_and_closes_what_was_sent(site: Site, new_page: NewPage, axe: Axe) -> None:
    asking = new_page(java_script_enabled=False)
    for text in ("is there parking", "where can i park when i visit", "can i send him money"):
        chat = PlainChat(asking, site.service.url).open()
        chat.say(RAIN)
        told(asking, chat)
        asking.get_by_label("What would be sent").fill(text)
        asking.get_by_role("button", name="Send to the team").click()
        expect(asking.get_by_role("heading", level=1)).to_have_text("Your question was sent")
    page = new_page(quiet=False)  # a page with a mistake on it is a 400
    sign_in(site.desk, page, "robin.madeup", "editor")
    page.get_by_role("link", name="Unanswered questions").press("Enter")
    expect(page.get_by_role("region", name="Questions like").first).to_be_visible()
    checked(page, axe)
    page.get_by_label("Show").select_option("Asked more than once")
    page.get_by_label("Sort by").select_option("The newest first")
    page.get_by_role("button", name="Show").click()
    expect(page.get_by_text("can i send him money")).to_have_count(0)
    parking = page.get_by_role("region").filter(has_text="parking").filter(has_text="visit").first
    expect(parking).to_be_visible()
    before = site.waiting
    page.get_by_role("button", name="Close 2 together").filter(has_text="park").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Close 2 questions?")
    checked(page, axe)
    page.get_by_role("button", name="Close and delete").press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("Choose what became of it")
    checked(page, axe)
    page.get_by_label("Not ours").check()
    page.get_by_role("button", name="Close and delete").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("their words are deleted")
    assert site.waiting == before - 2
    page.get_by_role("link", name="Topics by week").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("Topics by week")
    checked(page, axe)
