"""Two people, one screen: the real gateway as a kiosk, with a directory of sponsors, in a real
browser. What the first one saw, the second must not find.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Error, Page, expect

from bot.gateway.app import create_app
from bot.settings import Settings
from bot.sponsors.administration import Administration
from bot.sponsors.hashing import CodeHasher
from bot.sponsors.keys import add_key, read_keys
from bot.sponsors.store import Directory
from tests.browser.conftest import NewPage
from tests.browser.stand_in import in_thread
from tests.gateway.fakes import PhraseScreen
from tests.sponsors.test_directory import roster

T = TypeVar("T")
SECRETS = ("Sam Example", "020 7946 0101")


@dataclass(frozen=True)
class Kiosk:
    url: str
    code: str


async def _directory(folder: Path) -> str:
    """Makes one in `folder`. Returns a code for LPP-0001."""
    add_key(folder / "keys")
    directory = Directory(f"sqlite:///{folder}/sponsors.db", read_keys(folder / "keys"))
    await directory.upgrade()
    administration, hasher = Administration(directory), CodeHasher()
    await administration.load(roster())
    code = (await administration.issue(hasher, "LPP0001")).code
    hasher.close()
    await directory.close()
    return code


def _elsewhere(coroutine: Coroutine[Any, Any, T]) -> T:
    """Runs it in a thread: Playwright's own event loop has this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


@contextmanager
def kiosk(folder: Path, seconds: int) -> Iterator[Kiosk]:
    """Serves one without a dialogue worker: what it cannot answer gets help."""
    code = _elsewhere(_directory(folder))
    settings = Settings(
        run=folder / "run",
        audit=folder / "audit",
        kiosk_seconds=seconds,
        exit_url="https://exit.example/",
        sponsor_database=f"sqlite:///{folder}/sponsors.db",
        sponsor_keys=folder / "keys",
    )
    with in_thread(_elsewhere(create_app(settings, PhraseScreen))) as url:
        yield Kiosk(url, code)


def show_sponsor(page: Page, at: Kiosk) -> None:
    page.goto(f"{at.url}/sponsor")
    page.get_by_label("Your reference").fill("LPP-0001")
    page.get_by_label("Your code").fill(at.code)
    page.get_by_role("button", name="Show my sponsor").click()
    expect(page.locator("#sponsor")).to_contain_text(SECRETS[0])


def by_itself(page: Page, at: Kiosk) -> None:
    page.wait_for_url("**/chat", timeout=20_000)


def by_the_way_out(page: Page, at: Kiosk) -> None:
    page.locator("a.leave").click()
    expect(page.locator("#sponsor")).to_have_count(0)


def by_being_done(page: Page, at: Kiosk) -> None:
    page.get_by_role("button", name="I am done").click()


def by_back_and_clear(page: Page, at: Kiosk) -> None:
    page.get_by_role("button", name="Back to the chat").click()
    page.get_by_role("button", name="Clear").click()


def by_home_and_the_way_out(page: Page, at: Kiosk) -> None:
    page.goto(at.url)
    page.locator("signpost-chat .leave:visible").first.click()
    expect(page.locator("#sponsor")).to_have_count(0)


def by_walking_away(page: Page, at: Kiosk) -> None:
    page.goto(f"{at.url}/help-now")


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
@pytest.mark.parametrize(
    "ends",
    [
        by_itself,
        by_the_way_out,
        by_being_done,
        by_back_and_clear,
        by_home_and_the_way_out,
        by_walking_away,
    ],
)
def test_the_second_person_finds_nothing_of_the_first(
    tmp_path: Path, new_page: NewPage, ends: Callable[[Page, Kiosk], None], script: bool
) -> None:
    with kiosk(tmp_path, seconds=4 if ends is by_itself else 60) as at:
        page = new_page(java_script_enabled=script, quiet=False)
        page.goto(f"{at.url}/chat")
        show_sponsor(page, at)
        expect(page.get_by_text("the screen clears itself after")).to_be_visible()
        ends(page, at)
        seen = page.content()
        page.goto(f"{at.url}/chat")
        page.get_by_role("button", name="Find my sponsor", exact=True).click()
        expect(page.get_by_label("Your code")).to_be_visible()
        seen += page.content()
        for _ in range(3):
            try:
                page.go_back()
            except Error as asks:  # the browser asks before it sends a form again
                if "ERR_CACHE_MISS" not in str(asks):
                    raise
                page.wait_for_timeout(500)
                break
            seen += page.content()
        page.goto(f"{at.url}/sponsor")
        seen += page.content()
        assert [secret for secret in SECRETS if secret in seen] == []
        assert page.context.cookies() == []


def show_summary(page: Page, at: Kiosk) -> None:
    """By a form: only a case has the button, and there is no worker here that reads one."""
    form = '<form method="post" action="/summary"><input name="text" value="a case"><button>'
    page.route(
        f"{at.url}/made-up", lambda route: route.fulfill(content_type="text/html", body=form)
    )
    page.goto(f"{at.url}/made-up")
    page.get_by_role("button").click()


@pytest.mark.parametrize("path", ["/help-now", "/sponsor", "/summary"])
def test_without_javascript_a_kiosk_warns_who_reads_and_a_press_goes_on(
    tmp_path: Path, new_page: NewPage, path: str
) -> None:
    with kiosk(tmp_path, seconds=12) as at:
        page = new_page(java_script_enabled=False)
        if path == "/summary":
            show_summary(page, at)
        else:
            page.goto(f"{at.url}{path}")
        on = page.get_by_role("button", name="Go on")
        expect(on).to_be_in_viewport(ratio=1, timeout=11_000)
        on.click()
        expect(on).to_be_hidden()
        page.wait_for_timeout(7_000)  # past the end of the first wait
        assert page.url.partition("?")[0] == f"{at.url}{path}"


def test_without_javascript_a_kiosk_warns_who_types_and_a_press_goes_on(
    tmp_path: Path, new_page: NewPage
) -> None:
    with kiosk(tmp_path, seconds=12) as at:
        page = new_page(java_script_enabled=False, quiet=False)
        page.goto(f"{at.url}/chat")
        page.get_by_label("Your question").fill("half a question")
        on = page.get_by_role("button", name="Go on")
        expect(on).to_be_hidden()
        expect(on).to_be_in_viewport(ratio=1, timeout=11_000)
        on.click()
        expect(page.get_by_label("Your question")).to_have_value("half a question")
        page.wait_for_timeout(7_000)  # past the end of the first wait
        expect(page.get_by_label("Your question")).to_have_value("half a question")


@pytest.mark.parametrize("script", [True, False], ids=["with JavaScript", "without"])
@pytest.mark.parametrize("path", ["/", "/help-now", "/chat", "/nothing"])
def test_every_way_out_ends_the_session_elsewhere_than_on_a_kiosk_too(
    tmp_path: Path, new_page: NewPage, path: str, script: bool
) -> None:
    with kiosk(tmp_path, seconds=0) as at:
        page = new_page(java_script_enabled=script, quiet=False)
        page.route("https://exit.example/", lambda route: route.fulfill(body="Weather"))
        page.goto(f"{at.url}{path}")  # kept by the browser, where it may be
        show_sponsor(page, at)
        page.goto(f"{at.url}{path}")
        page.locator(".leave:visible").first.click()
        expect(page.get_by_text("Weather")).to_be_visible()
        page.goto(f"{at.url}/sponsor")
        expect(page.get_by_label("Your code")).to_be_visible()
        assert SECRETS[0] not in page.content()
