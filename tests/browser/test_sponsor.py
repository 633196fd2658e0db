"""Find my sponsor in a real browser against the real service: from the first CSV file to a crisis
answer that names the right sponsor.
"""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.chat import PlainChat, Widget
from tests.browser.conftest import Axe, NewPage
from tests.browser.test_accessibility import double_text, violations
from tests.conftest import ROOT, Service, start_service, stop_service
from tests.sponsors.examples import ROSTER

CRISIS = "I want to kill myself"


@dataclass(frozen=True)
class Site:
    """A service with a directory, and a code for LPP-0001, whose sponsor is Sam Example. `log` is
    all that its processes wrote.
    """

    service: Service
    code: str
    folder: Path

    @property
    def url(self) -> str:
        return self.service.url

    @property
    def log(self) -> str:
        return (self.folder / "run.log").read_text(errors="replace")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    settings = {
        "SIGNPOST_SPONSOR_DATABASE": f"sqlite:///{folder}/sponsors.db",
        "SIGNPOST_SPONSOR_KEYS": f"{folder}/keys",
        "SIGNPOST_LOG_LEVEL": "DEBUG",
    }
    (folder / "roster.csv").write_text(ROSTER, encoding="utf-8")

    def sponsors(*command: str) -> str:
        run = [sys.executable, "-m", "bot", "sponsors", *command]
        return subprocess.run(
            run,
            cwd=ROOT,
            env={**os.environ, **settings},
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    sponsors("setup")
    service = start_service(folder / "run", **settings)
    sponsors("import", str(folder / "roster.csv"), "--yes")  # with the service already running
    code = sponsors("issue", "LPP-0001").split("\n\n")[1]
    yield Site(service, code, folder)
    stop_service(service)


def put_in(page: Page, reference: str, code: str) -> None:
    page.get_by_label("Your reference").fill(reference)
    page.get_by_label("Your code").fill(code)
    page.get_by_role("button", name="Show my sponsor").click()


@pytest.mark.parametrize("kind", [Widget, PlainChat], ids=["widget", "without JavaScript"])
def test_from_a_code_to_the_right_sponsor_in_a_crisis(
    site: Site, new_page: NewPage, kind: type[Widget] | type[PlainChat]
) -> None:
    page = new_page(java_script_enabled=kind is Widget)
    chat = kind(page, site.url).open()
    chat.say("What is a PIPE?")
    page.get_by_role("button", name="Find my sponsor").first.click()
    expect(page).to_have_url(f"{site.url}/sponsor")
    put_in(page, "lpp 0001", site.code.lower().replace("-", " "))
    expect(page.locator("#sponsor")).to_contain_text("Your sponsor is Sam Example (psychologist).")
    assert page.url == f"{site.url}/sponsor"
    (cookie,) = page.context.cookies()
    assert (cookie["httpOnly"], cookie["sameSite"]) == (True, "Lax")
    if kind is Widget:
        page.goto(f"{site.url}/")  # the same tab: the chat is as it was
        chat.say(CRISIS)
    else:
        page.get_by_role("button", name="Back to the chat").click()
        chat.say(CRISIS)
    answer = chat.answer()
    order = [
        answer.index(part)
        for part in ("Your assigned sponsor", "Your sponsor is Sam Example", "020 7946 0101", "999")
    ]
    assert order == sorted(order)
    assert "Jo Madeup" not in answer


@pytest.mark.parametrize("kind", [Widget, PlainChat], ids=["widget", "without JavaScript"])
def test_who_has_shown_no_code_is_offered_to_find_theirs(
    site: Site, new_page: NewPage, kind: type[Widget] | type[PlainChat]
) -> None:
    chat = kind(new_page(java_script_enabled=kind is Widget), site.url).open()
    chat.say(CRISIS)
    assert "“Find my sponsor” can show you" in chat.answer()
    assert "Sam Example" not in chat.answer()


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_quick_exit_ends_the_session(site: Site, new_page: NewPage, script: bool) -> None:
    page = new_page(java_script_enabled=script, quiet=False)
    page.route("https://www.bbc.co.uk/**", lambda route: route.fulfill(body="Weather"))
    page.goto(f"{site.url}/sponsor")
    put_in(page, "LPP-0001", site.code)
    expect(page.locator("#sponsor")).to_be_visible()
    page.locator("a.leave").click()
    expect(page.get_by_text("Weather")).to_be_visible()
    page.goto(f"{site.url}/sponsor")
    expect(page.get_by_label("Your code")).to_be_visible()
    expect(page.locator("#sponsor")).to_have_count(0)


def test_a_code_that_is_typed_into_the_chat_is_masked_and_kept_nowhere(
    site: Site, new_page: NewPage
) -> None:
    page = new_page()
    chat = Widget(page, site.url).open()
    chat.say(f"my code is {site.code}")
    assert "I did not keep it" in chat.answer()
    expect(page.locator("signpost-chat .entry.user")).to_contain_text("my code is [code]")
    assert site.code not in page.evaluate("JSON.stringify(sessionStorage)")


def test_in_another_site_it_opens_by_itself_and_shows_the_sponsor_there(
    site: Site, new_page: NewPage
) -> None:
    """A link of another site: the browser brings our cookie along to a page that is opened, and to
    nothing else.
    """
    page = new_page(quiet=False)
    page.goto(f"{site.url}/sponsor")
    put_in(page, "LPP-0001", site.code)
    expect(page.locator("#sponsor")).to_be_visible()
    other = site.url.replace("127.0.0.1", "localhost")
    page.route(
        f"{other}/trust",
        lambda route: route.fulfill(
            content_type="text/html", body=f'<a href="{site.url}/sponsor">Find my sponsor</a>'
        ),
    )
    page.goto(f"{other}/trust")
    page.get_by_role("link", name="Find my sponsor").click()
    expect(page.locator("#sponsor")).to_contain_text("Sam Example")


def test_another_site_cannot_sign_anybody_in(site: Site, new_page: NewPage) -> None:
    page = new_page(quiet=False)
    other = site.url.replace("127.0.0.1", "localhost")
    form = f"""<form method="post" action="{site.url}/sponsor"><input name="reference" value="LPP-0001"><input name="code" value="{site.code}">
      <button>Win</button></form>"""
    page.route(f"{other}/evil", lambda route: route.fulfill(content_type="text/html", body=form))
    page.goto(f"{other}/evil")
    page.get_by_role("button", name="Win").click()
    expect(page.locator("#sponsor")).to_have_count(0)
    assert page.context.cookies() == []


def test_the_page_is_accessible_in_each_of_its_states(
    site: Site, new_page: NewPage, axe: Axe
) -> None:
    page = new_page(quiet=False)
    page.goto(f"{site.url}/sponsor")
    found = violations(page, axe)
    put_in(page, "LPP-0001", "nonsense 123")
    expect(page.get_by_role("alert")).to_be_visible()
    found += violations(page, axe)
    put_in(page, "LPP-0001", site.code)
    expect(page.locator("#sponsor")).to_be_visible()
    found += violations(page, axe)
    assert found == []
    double_text(page, "100%")
    page.set_viewport_size({"width": 320, "height": 700})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_nothing_of_all_this_is_in_a_log_a_file_or_a_database(site: Site) -> None:
    """The last of this file: everything above has been said and shown, at the log's most talkative
    level.
    """
    assert '"outcome": "crisis"' in site.log
    secrets = (
        "Sam Example",
        "Madeup",
        "7946 010",
        "7946010",
        "LPP0001",
        "LPP-0001",
        "lpp 0001",
        site.code,
        site.code.replace("-", ""),
        site.code.replace("-", " ").lower(),
    )
    written = {
        file: file.read_bytes().decode("latin-1")
        for file in site.folder.rglob("*")
        if file.is_file() and file.name != "roster.csv"
    }
    assert {"run.log", "sponsors.db"} <= {file.name for file in written}
    assert [
        (file.name, secret)
        for file, text in written.items()
        for secret in secrets
        if secret in text
    ] == []
