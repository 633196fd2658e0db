"""Our widget beside two that others made, in the same browser, talking to the same service: `python
-m tests.browser.compare`.

Sizes are what a browser loads before anybody can type, as gzip. Violations are axe-core's in the
open chat with one answer in it. "Works under a strict policy": it answers on a page whose
Content-Security-Policy has Trusted Types and takes no inline style.
"""

import gzip
import tempfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Browser, Error, Page
from rich.console import Console
from rich.table import Table

from tests.browser.chat import Widget
from tests.browser.chromium import chromium
from tests.browser.host import CLIENTS, Host
from tests.browser.packages import RUN_AXE, packages
from tests.browser.stand_in import in_thread
from tests.conftest import start_service, stop_service

QUESTION = "Can families visit at Belmarsh?"
SETTLE = 2_000  # ms for the slowest of them to show an answer and finish its movements


def ours(page: Page, host: Host) -> None:
    Widget(page, host.url).open().say(QUESTION)


def rasa_webchat(page: Page, host: Host) -> None:
    page.goto(f"{host.url}/rasa-webchat")
    page.locator(".rw-launcher").click()
    page.locator(".rw-new-message").fill(QUESTION)
    page.locator(".rw-send").click()
    page.locator(".rw-response").filter(has_text="Belmarsh").first.wait_for()


def deep_chat(page: Page, host: Host) -> None:
    page.goto(f"{host.url}/deep-chat")
    page.locator("deep-chat #text-input").fill(QUESTION)
    page.locator("deep-chat #text-input").press("Enter")
    page.locator("deep-chat .ai-message-text").filter(has_text="Belmarsh").first.wait_for()


def row(
    browser: Browser, host: Host, axe: str, name: str, size: int, talk: Callable[[Page, Host], None]
) -> tuple[str, ...]:
    page = browser.new_page(reduced_motion="reduce")
    talk(page, host)
    page.wait_for_timeout(SETTLE)
    page.evaluate(axe)
    found = page.evaluate(RUN_AXE)
    log = page.get_by_role("log").count()
    page.close()
    impacts = ", ".join(f"{v['id']} ({v['impact']})" for v in found) or "none"
    return (
        name,
        f"{size / 1024:.1f}",
        str(len(found)),
        impacts,
        "yes" if log else "no",
        "yes" if works_strictly(browser, host, talk) else "no",
    )


def works_strictly(browser: Browser, host: Host, talk: Callable[[Page, Host], None]) -> bool:
    page = browser.new_page()
    page.set_default_timeout(5_000)
    host.strict = True
    try:
        talk(page, host)
        return True
    except Error:
        return False
    finally:
        host.strict = False
        page.close()


def main() -> None:
    modules = packages()
    axe = (modules / "axe-core" / "axe.min.js").read_text(encoding="utf-8")
    host = Host(modules)
    with tempfile.TemporaryDirectory() as folder, in_thread(host.application()) as host.url:
        service = start_service(
            Path(folder) / "run",
            SIGNPOST_ORIGINS=host.url,
            SIGNPOST_REST_CHANNEL="1",
            SIGNPOST_SOCKETIO_CHANNEL="1",
        )
        host.service = service.url
        host.tag = f'<script type="module" src="{service.url}/widget.js" crossorigin></script>'
        table = Table("", "KB", "axe", "which", "role=log", "works under a strict policy")
        try:
            with chromium() as browser:
                mine = browser.new_page().goto(f"{service.url}/widget.js")
                assert mine
                sizes = [
                    len(gzip.compress(body))
                    for body in (
                        mine.body(),
                        *((modules / file).read_bytes() for file in CLIENTS.values()),
                    )
                ]
                names = ("signpost-chat", "rasa-webchat 1.0.1", "deep-chat 2.4.2")
                for name, size, talk in zip(
                    names, sizes, (ours, rasa_webchat, deep_chat), strict=True
                ):
                    table.add_row(*row(browser, host, axe, name, size, talk))
        finally:
            stop_service(service)
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
