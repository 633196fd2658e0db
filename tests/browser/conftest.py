"""The browser once for all tests here, a stand-in service for each, and pages that fail a test on
any error in the console.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.chromium import chromium
from tests.browser.packages import RUN_AXE, packages
from tests.browser.stand_in import StandIn, serving

NewPage = Callable[..., Page]
Axe = Callable[[Page], list[str]]


# Not for the whole session: while Playwright is open its event loop counts as running, and the
# async tests of other folders need their own.
@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def new_page(browser: Browser) -> Iterator[NewPage]:
    """Opens a page in a context of its own (options as of `Browser.new_context`). `quiet=False`
    allows errors in the console.
    """
    contexts, errors = [], []

    def make(*, quiet: bool = True, **options: Any) -> Page:
        context = browser.new_context(
            **{"viewport": {"width": 1200, "height": 800}, "reduced_motion": "reduce", **options}
        )
        context.set_default_timeout(10_000)
        contexts.append(context)
        page = context.new_page()
        if quiet:
            page.on(
                "console",
                lambda message: (
                    errors.append(message.text) if message.type in {"error", "warning"} else None
                ),
            )
            page.on("pageerror", lambda error: errors.append(str(error)))
        return page

    yield make
    for context in contexts:
        context.close()
    assert errors == []


@pytest.fixture
def stand_in() -> Iterator[StandIn]:
    with serving(StandIn()) as served:
        yield served


@pytest.fixture(scope="session")
def npm() -> Path:
    """Where the packages of package.json are, with the checksums in package-lock.json; fetched when
    they are not there yet.
    """
    return packages()


@pytest.fixture(scope="session")
def axe_source(npm: Path) -> str:
    return (npm / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def axe(axe_source: str) -> Axe:
    """Runs axe-core with the rules of WCAG 2.2 A and AA and its best practices; returns a line for
    each violation.
    """

    def run(page: Page) -> list[str]:
        if page.evaluate("typeof axe") == "undefined":
            page.evaluate(axe_source)
        return [
            f"{v['id']} ({v['impact']}): {node['target']} {node['failureSummary']}"
            for v in page.evaluate(RUN_AXE)
            for node in v["nodes"]
        ]

    return run
