"""Staff sign in by their organisation's own sign-in, in a real browser and with a certified provider
that others made.
"""

import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bot.staff.provider import ASKED_SECONDS
from tests.browser.conftest import Axe, NewPage
from tests.browser.packages import HERE, packages
from tests.browser.test_staff import Site, checked, running_desk


@dataclass
class Provider:
    """A provider that can be started and stopped."""

    port: int
    back: str = ""
    process: subprocess.Popen[str] | None = None

    def start(self) -> None:
        self.process = subprocess.Popen(
            ["node", str(HERE / "id_provider.mjs"), str(self.port), self.back],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout
        assert any(line == "ready\n" for line in self.process.stdout)

    def stop(self) -> None:
        if self.process:
            self.process.terminate()
            self.process.wait(20)
            assert self.process.stdout
            self.process.stdout.close()
            self.process = None


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    packages()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        provider = Provider(free.getsockname()[1])
    yield provider
    provider.stop()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, provider: Provider) -> Iterator[Site]:
    folder: Path = tmp_path_factory.mktemp("desk")

    def settings(origin: str) -> dict[str, str]:
        provider.back = origin
        return {
            "SIGNPOST_OIDC_ISSUER": f"http://127.0.0.1:{provider.port}",
            "SIGNPOST_OIDC_CLIENT": "signpost-desk",
            "SIGNPOST_OIDC_SECRET": "a secret of ours",
            "SIGNPOST_OIDC_ROLES": "desk-editors=editor desk-admins=administrator",
        }

    with running_desk(folder, settings) as site:
        provider.start()
        yield site


def sign_in(site: Site, page: Page, name: str) -> None:
    """Through the provider's own pages: who it is, and that we may know it."""
    page.goto(f"{site.url}/sign-in")
    page.get_by_role("link", name="Sign in with your organisation").click()
    page.get_by_placeholder("Enter any login").fill(name)
    page.get_by_placeholder("and password").fill("anything")
    page.get_by_role("button", name="Sign-in").click()
    page.get_by_role("button", name="Continue").click()


@pytest.mark.parametrize("scripts", [True, False])
def test_who_has_a_role_comes_in_and_goes_out_again(
    site: Site, new_page: NewPage, axe: Axe, scripts: bool
) -> None:
    page = new_page(quiet=False, java_script_enabled=scripts)
    page.goto(f"{site.url}/sign-in")
    if scripts:
        checked(page, axe)
    sign_in(site, page, "desk-editors@trust.example")
    expect(page.get_by_role("heading", level=1)).to_have_text("What you can do")
    expect(page.get_by_role("banner")).to_contain_text("desk-editors@")
    expect(page.get_by_role("link", name="Answers")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_contain_text("signed out")
    if scripts:
        checked(page, axe)
    page.get_by_role("link", name="Sign out of your organisation").click()
    page.get_by_role("button", name="Yes, sign me out").click()
    expect(page).to_have_url(f"{site.url}/sign-in")
    page.get_by_role("link", name="Sign in with your organisation").click()
    expect(page.get_by_placeholder("Enter any login")).to_be_visible()


def test_who_has_no_role_is_told_so(site: Site, new_page: NewPage, axe: Axe) -> None:
    page = new_page(quiet=False)
    sign_in(site, page, "porters@trust.example")
    expect(page.get_by_text("you have no role at this desk")).to_be_visible()
    checked(page, axe)
    page.goto(site.url)
    expect(page).to_have_url(f"{site.url}/sign-in")
    assert "porters" not in site.bot("staff", "list")


def test_a_provider_that_is_down_is_told_of(
    site: Site, provider: Provider, new_page: NewPage, axe: Axe
) -> None:
    page = new_page(quiet=False)
    provider.stop()
    page.goto(f"{site.url}/sign-in")
    time.sleep(ASKED_SECONDS)  # it may have answered just now
    page.get_by_role("link", name="Sign in with your organisation").click()
    expect(page.get_by_text("sign-in does not answer")).to_be_visible()
    checked(page, axe)
    page.get_by_role("link", name="Sign in").click()
    expect(page.get_by_role("heading", name="Administrators with an account")).to_be_visible()
    provider.start()
