"""WebKit, the engine of every iPhone: Debian's WebKitGTK on a screen of its own, driven by Selenium.

Its window cannot be as small as a phone's, so a page is looked at in a frame of the phone's size.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlencode

from aiohttp import web
from selenium.webdriver import WebKitGTK, WebKitGTKOptions
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait
from selenium.webdriver.webkitgtk.service import Service

WAIT = 10
"""Seconds."""
SCREEN = "1600x1300x24"
FRAME = """<!doctype html><title>A phone</title>
<iframe id="phone" src="{src}" width="{width}" height="{height}" frameborder="0"></iframe>"""
# Of the page and of the chat in it, only what is there to be seen.
SEEN = """(selector) => [document, document.querySelector('signpost-chat')?.shadowRoot]
  .flatMap((root) => [...(root?.querySelectorAll(selector) ?? [])])
  .filter((node) => node.checkVisibility() && node.getClientRects().length)"""
NAMED = (
    f"""(name) => ({SEEN})('button, summary, a').find((node) => node.textContent.trim() === name)"""
)
LABELLED = (
    f"""(label) => ({SEEN})('label').find((node) => node.textContent.trim() === label)?.control"""
)
TEXT = """() => [document.body, document.querySelector('signpost-chat')?.shadowRoot?.querySelector('.top')]
  .map((node) => node?.innerText).join('\\n')"""
LARGER = """(size) => {
  document.documentElement.style.fontSize = size;
  document.getElementById(location.hash.slice(1))?.scrollIntoView();
}"""


@contextmanager
def webkit() -> Iterator[WebKitGTK]:
    """Raises AssertionError where there is no WebKit: a test that is skipped shows nothing."""
    driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    browsers = sorted(Path("/usr/lib").glob("*/webkit2gtk-4.*/MiniBrowser"))
    assert driver, "WebKit is needed for the browser tests: apt-get install webkit2gtk-driver"
    assert screen, "A screen is needed for WebKit: apt-get install xvfb"
    assert browsers, "webkit2gtk-driver has no MiniBrowser"
    options = WebKitGTKOptions()
    options.binary_location = str(browsers[-1])
    options.add_argument("--automation")
    with _screen(screen) as display:
        # As root, in a container, WebKit cannot make a sandbox of its own. It opens our pages alone.
        env = {
            **os.environ,
            "DISPLAY": display,
            "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1",
            "GTK_A11Y": "none",
        }
        opened = WebKitGTK(options=options, service=Service(driver, env=env))
        try:
            opened.set_window_size(1400, 1200)
            yield opened
        finally:
            opened.quit()


@contextmanager
def _screen(program: str) -> Iterator[str]:
    """A screen that nobody sees. Gives its name."""
    with subprocess.Popen(
        [program, "-displayfd", "1", "-screen", "0", SCREEN, "-nolisten", "tcp"],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as running:
        assert running.stdout
        try:
            yield f":{running.stdout.readline().strip()}"
        finally:
            running.terminate()


def frames() -> web.Application:
    """A site that shows `src` in a frame of `width` by `height` pixels."""
    app = web.Application()
    app.router.add_get("/", _frame)
    return app


async def _frame(request: web.Request) -> web.Response:
    return web.Response(text=FRAME.format_map(request.query), content_type="text/html")


class Window:
    """What a person does in the chat: as `tests.browser.chat.Widget`, and on the other pages."""

    def __init__(self, driver: WebKitGTK, url: str = "") -> None:
        self._driver, self._wait = driver, WebDriverWait(driver, WAIT)
        if url:
            self.go(url)

    def go(self, url: str) -> None:
        self._driver.get(url)

    def back(self) -> None:
        self._driver.back()

    def press(self, name: str) -> None:
        """What is in view by that name, as soon as it is."""
        self.wait_for(NAMED, name).click()

    def type(self, label: str, text: str) -> None:
        self.wait_for(LABELLED, label).send_keys(text)

    def wait_for(self, function: str, *given: Any) -> Any:
        """What a JavaScript function gives, as soon as that is something."""
        return self._wait.until(lambda _: self.evaluate(function, *given))

    def evaluate(self, function: str, *given: Any) -> Any:
        """What a JavaScript function gives, in the page in the frame."""
        return self._driver.execute_script(f"return ({function})(...arguments)", *given)

    def reads(self, text: str) -> None:
        """Waits until it is there to be read."""
        self.wait_for(f"(text) => ({TEXT})().includes(text)", text)

    def text(self) -> str:
        """All that is there to be read."""
        return str(self.evaluate(TEXT))

    def open(self) -> Self:
        self._press(".bar .main")
        self._wait.until(lambda _: self._all(".entry.bot"))
        return self

    def open_help(self) -> None:
        self._press(".bar .help")

    def say(self, text: str) -> None:
        before = len(self._all(".entry.bot"))
        self._all("#text")[0].send_keys(text)
        self._press("form .main")
        self._wait.until(lambda _: len(self._all(".entry.bot")) > before)
        self._wait.until(lambda _: not self._all(".typing")[0].is_displayed())

    def _press(self, selector: str) -> None:
        self._wait.until(lambda _: self._all(selector))[0].click()

    def _all(self, selector: str) -> list[WebElement]:
        """Within the widget's own tree, where it is there."""
        hosts = self._driver.find_elements(By.TAG_NAME, "signpost-chat")
        return hosts[0].shadow_root.find_elements(By.CSS_SELECTOR, selector) if hosts else []


class Phone(Window):
    """On a screen of so many pixels."""

    def __init__(
        self, driver: WebKitGTK, frames: str, url: str, width: int, height: int, text: int = 1
    ) -> None:
        """`text`: how many times as large as usual a reader has it."""
        super().__init__(
            driver, f"{frames}/?{urlencode({'src': url, 'width': width, 'height': height})}"
        )
        driver.switch_to.frame("phone")
        self.evaluate(LARGER, f"{text}00%")
