"""Makes the pictures in docs/img from the real service: `python -m tests.browser.screenshots
[URL]`. Without a URL it starts one for the purpose.
"""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, ViewportSize

from bot.settings import ROOT
from tests.browser.chat import PlainChat, Widget
from tests.browser.chromium import chromium
from tests.conftest import start_service, stop_service

IMAGES = ROOT / "docs" / "img"
DESK = ViewportSize(width=1200, height=820)
PHONE = ViewportSize(width=320, height=640)
CASE = "Male 41, Croydon, screened in for PD, wounding s18, 3 yrs past tariff, Cat C, parole board in Sept, open likely: Belmarsh unit?"
TWO = "Belmarsh or Swaleside: he is 43, from Leeds, PD, wounding, stuck"
FAMILY = "My brother is at Belmarsh. Can we visit as a family?"
CRISIS = "I can't go on any more, I want to end my life"


def family(browser: Browser, url: str, **options: Any) -> Page:
    return said(browser, url, FAMILY, **options)


def said(browser: Browser, url: str, text: str, **options: Any) -> Page:
    chat = Widget(browser.new_page(reduced_motion="reduce", **options), url).open()
    chat.say(text)
    return chat.page


def pictures(browser: Browser, url: str) -> Iterator[tuple[str, Page]]:
    """Each picture by its name, as a page that is ready to be taken."""
    yield "widget", family(browser, url, viewport=DESK)
    yield "widget-dark", family(browser, url, viewport=DESK, color_scheme="dark")
    yield "widget-crisis", said(browser, url, CRISIS, viewport=DESK)
    yield "widget-phone", family(browser, url, viewport=PHONE, has_touch=True, is_mobile=True)
    closed = browser.new_page(viewport=PHONE, has_touch=True, is_mobile=True)
    yield "widget-phone-closed", Widget(closed, url).page
    help_shown = Widget(browser.new_page(viewport=DESK, reduced_motion="reduce"), url)
    help_shown.page.get_by_role("button", name="I need help now").click()
    help_shown.answers.first.wait_for()
    yield "widget-help", help_shown.page
    yield "case", said(browser, url, CASE, viewport=DESK)
    two = said(browser, url, TWO, viewport=DESK)
    with two.context.expect_page() as printed:
        two.get_by_role("button", name="A summary to print").click()
    yield "case-printed", printed.value
    two.locator("signpost-chat .entry.user").evaluate("(node) => node.scrollIntoView()")
    yield "case-two-services", two
    plain = PlainChat(browser.new_page(viewport=DESK, java_script_enabled=False), url)
    plain.say(FAMILY)
    yield "without-javascript", plain.page


@contextmanager
def at(url: str | None) -> Iterator[str]:
    if url:
        yield url
        return
    with tempfile.TemporaryDirectory() as folder:
        service = start_service(Path(folder) / "run")
        try:
            yield service.url
        finally:
            stop_service(service)


def main() -> None:
    IMAGES.mkdir(parents=True, exist_ok=True)
    with at(sys.argv[1] if len(sys.argv) > 1 else None) as url, chromium() as browser:
        for name, page in pictures(browser, url):
            page.wait_for_timeout(200)
            page.screenshot(path=IMAGES / f"{name}.png")
            page.close()
            print(f"docs/img/{name}.png")


if __name__ == "__main__":
    main()
