"""Somebody who is new to it changes a wrong sentence and withdraws a service, in a real browser, with
a real service beside the desk that answers the public with it, and with the old one after going back.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot.evaluation.service import free_port
from tests.browser.conftest import Axe, NewPage
from tests.browser.test_staff import Site, checked, serving, sign_in
from tests.conftest import ROOT, Service, start_service, stop_service

pytestmark = pytest.mark.timeout(900)
SLOW = 400_000
"""Milliseconds: on a busy machine a reload takes its time."""
VISITS = "family visits at belmarsh?"
SAID = "Yes, the Belmarsh unit (LPPU) has family visits."
NOW = "Yes, says this test, the Belmarsh unit (LPPU) has family visits."


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(
        shutil.copytree(ROOT / "bot/content", tmp_path_factory.mktemp("edited") / "content")
    )


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory, content: Path) -> Iterator[Service]:
    run = tmp_path_factory.mktemp("publishing") / "run"
    started = start_service(run, SIGNPOST_CONTENT=str(content))
    yield started
    assert stop_service(started) == 0


@pytest.fixture(scope="module")
def site(service: Service) -> Iterator[Site]:
    folder, port = service.run.parent, free_port()
    settings = {
        "SIGNPOST_SPONSOR_DATABASE": f"sqlite:///{folder}/sponsors.db",
        "SIGNPOST_SPONSOR_KEYS": f"{folder}/keys",
        "SIGNPOST_STAFF_PORT": str(port),
        "SIGNPOST_CONTENT_VERSIONS": f"{folder}/versions",
    }
    site = Site(f"http://127.0.0.1:{port}", "", {**service.env, **settings}, folder)
    site.bot("sponsors", "setup")
    with serving(site):
        yield site


def is_new(said: str) -> bool:
    """Whether an answer about visits is the changed one. Where no "Yes" is asked for, none is said."""
    assert "family visits" in said
    return "says this test" in said.lower()


def answer(service: Service, question: str) -> str:
    """What somebody of the public is told."""
    child = subprocess.run(
        [sys.executable, "-m", "bot", "ask", "--url", service.url, "-"],
        cwd=ROOT,
        env=service.env,
        input=question,
        capture_output=True,
        text=True,
        check=True,
    )
    return child.stdout


def publish(page: Page, note: str, axe: Axe | None = None) -> None:
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Publish this?")
    page.get_by_role("button", name="Publish").click()
    link = page.get_by_role("alert").get_by_role("link")
    expect(link).to_contain_text("Write a note")
    if axe:
        checked(page, axe)
    link.click()
    expect(page.get_by_label("Note")).to_be_focused()
    page.get_by_label("Note").fill(note)
    page.get_by_role("button", name="Publish").click(timeout=SLOW)
    expect(page.get_by_role("status")).to_contain_text("It is published", timeout=SLOW)


def test_an_editor_who_is_new_to_it(
    site: Site, service: Service, content: Path, new_page: NewPage, axe: Axe
) -> None:
    files = {path: path.read_bytes() for path in content.rglob("*.yml")}
    assert not is_new(answer(service, VISITS))
    page = new_page(quiet=False)
    page.set_default_timeout(SLOW)
    sign_in(site, page, "robin.pretend", "editor")

    # A wrong sentence: found, changed with a mistake first, tried, and what else it changes.
    page.get_by_role("link", name="Answers").click()
    checked(page, axe)
    page.get_by_label("About").select_option("Belmarsh")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("row").filter(has_text=SAID).get_by_role("link").click()
    checked(page, axe)
    words = page.get_by_label("Answer", exact=True)
    right = words.input_value().replace(SAID, NOW)
    words.fill(right + " And so on." * 40)
    page.get_by_role("button", name="Save in your draft").click()
    link = page.get_by_role("alert").get_by_role("link")
    expect(link).to_contain_text("at most 90", timeout=SLOW)
    checked(page, axe)
    link.click()
    expect(words).to_be_focused()
    words.fill(right)
    page.get_by_role("button", name="Save in your draft").click()
    expect(page.get_by_role("status")).to_contain_text("Your draft is saved", timeout=SLOW)
    checked(page, axe)
    page.get_by_label("Question").fill(VISITS)
    page.get_by_role("button", name="Try it").click()
    expect(page.get_by_text("The answers differ.")).to_be_visible(timeout=SLOW)
    now, then = page.locator(".beside > div").all_inner_texts()
    assert (is_new(now), is_new(then)) == (False, True)
    checked(page, axe)
    assert not is_new(answer(service, VISITS))  # nothing of it is live yet
    publish(page, "The page says so now", axe)
    checked(page, axe)
    assert is_new(answer(service, VISITS))

    # A service is withdrawn.
    page.goto(f"{site.url}/content")
    page.get_by_label("About").select_option("SOVA Support Link")
    page.get_by_role("button", name="Show").click()
    page.get_by_role("link", name="Status and names").click()
    page.get_by_label("Status").select_option("Withdrawn")
    checked(page, axe)
    page.get_by_role("button", name="Save in your draft").click()
    expect(page.get_by_role("status")).to_contain_text("Your draft is saved", timeout=SLOW)
    publish(page, "SOVA has ended")
    assert "withdrawn" in answer(service, "what is sova support link?")

    # Back to the first version, byte for byte.
    page.get_by_role("link", name="Version 1", exact=True).click()
    checked(page, axe)
    page.get_by_role("button", name="Go back to this version").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Go back to version 1?")
    checked(page, axe)
    page.get_by_label("Note").fill("All of that was a test")
    page.get_by_role("button", name="Go back to it").click()
    expect(page.get_by_role("status")).to_contain_text("It is published", timeout=SLOW)
    assert not is_new(answer(service, VISITS))
    assert "withdrawn" not in answer(service, "what is sova support link?")
    assert {path: path.read_bytes() for path in content.rglob("*.yml")} == files


def test_without_javascript_and_by_keyboard(site: Site, content: Path, new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    page.set_default_timeout(SLOW)
    sign_in(site, page, "alex.specimen", "safety-officer")
    page.goto(f"{site.url}/content?group=crisis.yml")
    page.get_by_role("link", name="Shout").press("Enter")
    words = page.get_by_label("Answer", exact=True)
    words.fill(words.input_value() + " It is free.")
    page.get_by_role("button", name="Save in your draft").press("Enter")
    page.get_by_role("button", name="Go on").press("Enter")
    page.get_by_label("Note").fill("The line is free")
    page.get_by_role("button", name="Publish").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("It is published")
    crisis = (content / "crisis.yml").read_text(encoding="utf-8")
    assert re.search('text: "Shout: text 85258. Day or night. It is free."', crisis)


def test_the_other_pages(site: Site, new_page: NewPage, axe: Axe, tmp_path: Path) -> None:
    page = new_page(quiet=False)
    page.set_default_timeout(SLOW)
    sign_in(site, page, "sam.example", "administrator")
    for path in ("/content/check", "/content/import", "/content/versions", "/content/draft"):
        page.goto(site.url + path)
        checked(page, axe)
    page.goto(f"{site.url}/content/import")
    (tmp_path / "wrong.yml").write_text("a: b\n", encoding="utf-8")
    page.get_by_label("File").set_input_files(os.fspath(tmp_path / "wrong.yml"))
    page.get_by_role("button", name="Import into your draft").click()
    expect(page.get_by_role("alert")).to_be_visible()
    checked(page, axe)


def test_what_else_would_change(site: Site, new_page: NewPage, axe: Axe) -> None:
    page = new_page(quiet=False)
    page.set_default_timeout(SLOW)
    sign_in(site, page, "pat.invented", "editor")
    page.goto(f"{site.url}/content/item?at=services/sova.yml:answers.about")
    page.get_by_label("Answer", exact=True).fill("SOVA, says this test, is here.")
    page.get_by_role("button", name="Save in your draft").click()
    page.get_by_role("button", name="Ask the test questions").click()
    expect(page.get_by_role("status")).to_contain_text("recorded test questions")
    expect(page.locator(".beside").first).to_contain_text("says this test")
    checked(page, axe)
