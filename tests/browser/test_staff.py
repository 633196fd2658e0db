"""The staff desk in a real browser, as somebody meets it who is new to it: from the set-up link to a
roster with two mistakes, a sponsor who is away, and codes on paper.
"""

import base64
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Error, Page, expect

from bot.staff import totp
from tests.browser.conftest import Axe, NewPage
from tests.browser.test_accessibility import violations
from tests.conftest import ROOT
from tests.sponsors.examples import HEADINGS, ROSTER

PASSWORD = "three words apart"
TWO_MISTAKES = f"""{HEADINGS}
LPP-0004,belmarsh-3,Robin Pretend,therapist,belmarsh,call me,,,,,,,,
A1234BC,belmarsh-1,,,,,,,,,,,,
"""
RIGHT = f"""{HEADINGS}
LPP-0004,belmarsh-3,Robin Pretend,therapist,belmarsh,020 7946 0104,,,,,,,,
LPP-0001,belmarsh-3,,,,,,,,,,,,
"""


@dataclass(frozen=True)
class Site:
    """A desk that runs. `bot` runs a command of ours with its settings."""

    url: str
    confirm: str
    environment: dict[str, str]
    folder: Path

    def bot(self, *command: str) -> str:
        return subprocess.run(
            [sys.executable, "-m", "bot", *command],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    def file(self, name: str, text: str) -> str:
        (self.folder / name).write_text(text, encoding="utf-8")
        return str(self.folder / name)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with running_desk(tmp_path_factory.mktemp("desk"), lambda _: {}) as site:
        yield site


@contextmanager
def running_desk(folder: Path, more: Callable[[str], dict[str, str]]) -> Iterator[Site]:
    """A desk that runs; `more` gives settings for its address."""
    with socket.socket() as free, socket.socket() as other:
        for one in (free, other):
            one.bind(("127.0.0.1", 0))
        port, confirm = free.getsockname()[1], other.getsockname()[1]
    settings = {
        "SIGNPOST_SPONSOR_DATABASE": f"sqlite:///{folder}/sponsors.db",
        "SIGNPOST_SPONSOR_KEYS": f"{folder}/keys",
        "SIGNPOST_STAFF_PORT": str(port),
        "SIGNPOST_CONFIRM_PORT": str(confirm),
        "SIGNPOST_RUN": f"{folder}/run",
        "SIGNPOST_AUDIT": f"{folder}/audit",
    }
    here = "http://127.0.0.1"
    settings |= more(f"{here}:{port}")
    site = Site(f"{here}:{port}", f"{here}:{confirm}", {**os.environ, **settings}, folder)
    site.bot("sponsors", "setup")
    site.bot("sponsors", "import", site.file("first.csv", ROSTER), "--yes")
    with serving(site):
        yield site


@contextmanager
def serving(site: Site) -> Iterator[None]:
    """The desk of a site answers until the block ends."""
    desk = subprocess.Popen(
        [sys.executable, "-m", "bot", "staff", "serve"], cwd=ROOT, env=site.environment
    )
    try:
        _wait(site.url, desk)
        yield
    finally:
        desk.terminate()
        desk.wait(20)


def _wait(url: str, desk: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            urllib.request.urlopen(f"{url}/sign-in", timeout=5).close()
            return
        except OSError:
            assert desk.poll() is None, "the desk ended"
            assert time.monotonic() < deadline, "the desk does not answer"
            time.sleep(0.1)


def sign_in(site: Site, page: Page, name: str, role: str) -> None:
    """From the link that the command line prints to the list of what one may do."""
    page.goto(site.bot("staff", "invite", name, "--role", role))
    key = page.locator(".key").inner_text().replace(" ", "")
    secret = base64.b32decode(key)
    step = int(time.time()) // totp.STEP_SECONDS
    page.get_by_label("Code").fill(totp.code_at(secret, step))
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_role("status")).to_contain_text("Your account is ready")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_label("Code").fill(totp.code_at(secret, step + 1))
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What you can do")


def checked(page: Page, axe: Axe) -> None:
    """No violation in any setting, and nothing to scroll sideways on a small phone."""
    assert violations(page, axe) == []
    page.set_viewport_size({"width": 320, "height": 568})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    page.set_viewport_size({"width": 1200, "height": 800})


def test_a_co_ordinator_who_is_new_to_it(site: Site, new_page: NewPage, axe: Axe) -> None:
    page = new_page(quiet=False)  # a page with a mistake on it is a 400, which Chromium logs
    page.goto(f"{site.url}/sign-in")
    checked(page, axe)
    page.goto(site.bot("staff", "invite", "jo.madeup", "--role", "co-ordinator"))
    checked(page, axe)
    sign_in(site, page, "jo.madeup", "co-ordinator")
    checked(page, axe)

    # A roster with two mistakes, then the right one.
    page.get_by_role("link", name="Sponsors").click()
    checked(page, axe)
    page.get_by_role("link", name="Import a roster").click()
    checked(page, axe)
    page.get_by_label("Roster").set_input_files(site.file("wrong.csv", TWO_MISTAKES))
    page.get_by_role("button", name="See what would change").click()
    expect(page.get_by_role("alert")).to_contain_text("2 to put right")
    expect(page.get_by_role("row")).to_have_count(3)
    checked(page, axe)
    page.get_by_role("link", name="choose it again").click()
    page.get_by_label("Roster").set_input_files(site.file("right.csv", RIGHT))
    page.get_by_role("button", name="See what would change").click()
    expect(page.get_by_role("row", name="Another sponsor belmarsh-3 LPP0001")).to_be_visible()
    checked(page, axe)
    page.get_by_role("button", name="Import this roster").click()
    expect(page.get_by_role("status")).to_contain_text("has been imported")

    # Somebody is away; first with a mistake.
    page.get_by_role("link", name="belmarsh-3").click()
    checked(page, axe)
    page.get_by_role("button", name="Note as away").click()
    link = page.get_by_role("alert").get_by_role("link")
    expect(link).to_contain_text("first day away")
    checked(page, axe)
    link.click()
    expect(page.locator("#first-day")).to_be_focused()
    for label, value in (("Day", "1"), ("Month", "1"), ("Year", "2026")):
        page.get_by_role("group", name="First day away").get_by_label(label).fill(value)
    page.get_by_label("Who covers").select_option("belmarsh-2")
    page.get_by_role("button", name="Note as away").click()
    expect(page.get_by_role("status")).to_contain_text("noted as away")

    # Everybody of theirs goes to another sponsor.
    page.get_by_label("Who takes on all 2").select_option("belmarsh-2")
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Hand over 2 people?")
    checked(page, axe)
    page.get_by_role("button", name="Hand over").click()
    expect(page.get_by_role("status")).to_contain_text("handed over")

    # Codes, a page for each person, and nothing on the screen afterwards.
    page.goto(f"{site.url}/sponsors/codes")
    page.get_by_label("References").fill("LPP-0001\nLPP-0004")
    page.get_by_role("button", name="Go on").click()
    checked(page, axe)
    page.get_by_role("button", name="Make codes").click()
    expect(page.locator(".slip")).to_have_count(2)
    checked(page, axe)
    code = re.search(r"(?:\w{4}-){3}\w{4}", page.locator(".slip").first.inner_text())
    assert code
    page.get_by_role("link", name="I have printed them").click()
    with pytest.raises(Error, match="ERR_CACHE_MISS"):  # "send the form again?", and not the codes
        page.go_back()
    expect(page.locator("body")).not_to_contain_text(code.group())
    page.goto(f"{site.url}/")
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("status")).to_contain_text("signed out")


@pytest.mark.parametrize(
    ("name", "role", "paths"),
    [
        (
            "alex.specimen",
            "safety-officer",
            ("/switches", "/crisis", "/crisis/reports", "/crisis/hazards"),
        ),
        ("sam.example", "administrator", ("/accounts", "/log")),
        ("robin.pretend", "editor", ("/content",)),
    ],
)
def test_the_pages_of_the_other_roles(
    site: Site, new_page: NewPage, axe: Axe, name: str, role: str, paths: tuple[str, ...]
) -> None:
    page = new_page(quiet=False)
    sign_in(site, page, name, role)
    for path in paths:
        page.goto(
            site.url + path, timeout=60_000
        )  # the whole content is checked, on a busy machine
        checked(page, axe)
    page.goto(f"{site.url}/sponsors")
    expect(page.get_by_text("Your role does not open this page")).to_be_visible()
    checked(page, axe)


def test_it_works_without_javascript_and_by_keyboard(site: Site, new_page: NewPage) -> None:
    page = new_page(java_script_enabled=False)
    sign_in(site, page, "pat.invented", "safety-officer")
    page.get_by_role("link", name="Switches").press("Enter")
    page.get_by_label("What").select_option("service belmarsh")
    page.get_by_role("button", name="Switch off").press("Enter")
    page.get_by_role("button", name="Switch off").press("Enter")
    expect(page.get_by_role("status")).to_contain_text("The switch is set")
    expect(page.get_by_text("service belmarsh is off")).to_be_visible()
    assert site.bot("switch") == "service belmarsh off"


def test_a_sponsor_is_asked_and_answers(site: Site, new_page: NewPage, axe: Axe) -> None:
    page = new_page()
    sign_in(site, page, "kim.fictitious", "co-ordinator")
    page.goto(f"{site.url}/sponsors")
    page.get_by_label("Ask belmarsh-1").check()
    page.get_by_label("Ask swaleside-1").check()
    page.get_by_role("button", name="Ask those to confirm").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Ask 2 sponsors to confirm?")
    checked(page, axe)
    page.get_by_role("button", name="Make the links").click()
    checked(page, axe)
    first, second = page.locator(".link").all_inner_texts()
    assert first.startswith(f"{site.confirm}/confirm?link=")

    theirs = new_page(java_script_enabled=False)
    theirs.goto(first)
    theirs.get_by_role("button", name="These are right").press("Enter")
    expect(theirs.get_by_role("status")).to_contain_text("noted as right today")
    theirs = new_page(quiet=False)  # a link that is over is a 410, which Chromium logs
    theirs.goto(second)
    checked(theirs, axe)
    theirs.get_by_role("button", name="Something is wrong").click()
    expect(theirs.get_by_role("status")).to_contain_text("sees that something is wrong")
    checked(theirs, axe)
    theirs.goto(second)
    expect(theirs.get_by_role("status")).to_contain_text("This link was used before")
    checked(theirs, axe)

    page.goto(f"{site.url}/sponsors?show=wrong")
    expect(page.get_by_role("row", name="swaleside-1")).to_contain_text("something is wrong")
    checked(page, axe)


@pytest.mark.parametrize("which", ["url", "confirm"])
def test_the_desk_listens_on_this_machine_only(site: Site, which: str) -> None:
    port = int(getattr(site, which).rpartition(":")[2])
    wanted = f"0100007F:{port:04X}"  # 127.0.0.1, as the kernel writes it
    listening = [
        line.split()[1]
        for file in ("tcp", "tcp6")
        for line in Path(f"/proc/net/{file}").read_text().splitlines()[1:]
        if line.split()[3] == "0A" and line.split()[1].endswith(f":{port:04X}")
    ]
    assert listening == [wanted]
