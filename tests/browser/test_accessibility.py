"""axe-core, in every state of the widget and on every page, in each way in which people set up
their browser.
"""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.chat import Widget
from tests.browser.conftest import Axe, NewPage
from tests.browser.stand_in import ANSWER, CRISIS, SOURCE, TABLE, StandIn, message, reply

WIDE, SMALL = ViewportSize(width=1200, height=800), ViewportSize(width=320, height=568)
SETTINGS: dict[str, tuple[ViewportSize, dict[str, Any]]] = {
    "plain": (WIDE, {}),
    "320 px": (SMALL, {}),
    "dark": (WIDE, {"color_scheme": "dark"}),
    "forced colours": (WIDE, {"forced_colors": "active"}),
    "motion": (WIDE, {"reduced_motion": "no-preference"}),
    "200 % text": (WIDE, {}),
}
USUAL = {"color_scheme": "light", "forced_colors": "none", "reduced_motion": "reduce"}


def double_text(page: Page, size: str = "200%") -> None:
    page.evaluate("(size) => { document.documentElement.style.fontSize = size; }", size)


def violations(page: Page, axe: Axe) -> list[str]:
    """Of the page as it is, in each setting."""
    found = []
    for name, (size, media) in SETTINGS.items():
        page.set_viewport_size(size)
        page.emulate_media(**{**USUAL, **media})
        double_text(page, "200%" if name == "200 % text" else "100%")
        found += [f"{name}: {line}" for line in axe(page)]
    return found


def closed(chat: Widget, stand_in: StandIn) -> None:
    pass


def opened(chat: Widget, stand_in: StandIn) -> None:
    chat.open().say("made-up question")


def help_shown(chat: Widget, stand_in: StandIn) -> None:
    chat.page.get_by_role("button", name="I need help now").click()


def crisis(chat: Widget, stand_in: StandIn) -> None:
    stand_in.replies = [reply(message(CRISIS, "crisis", buttons=("I can't call",)), crisis=True)]
    chat.open().say("made-up words")


def failed(chat: Widget, stand_in: StandIn) -> None:
    stand_in.replies = [503]
    chat.open().say("made-up question")


def source_open(chat: Widget, stand_in: StandIn) -> None:
    stand_in.replies = [reply(message(ANSWER, source=SOURCE, buttons=("How many places?",)))]
    chat.open().say("made-up question")
    chat.answers.last.get_by_text("Where this is from").click()


def table(chat: Widget, stand_in: StandIn) -> None:
    stand_in.replies = [
        reply(
            message(ANSWER, source=SOURCE, table=TABLE, buttons=("Start again",)),
            summary="A summary to print",
        )
    ]
    chat.open().say("made-up case")


def not_held(chat: Widget, stand_in: StandIn) -> None:
    stand_in.replies = [reply(message(ANSWER, buttons=("Something else",)), tell="now")]
    chat.open().say("made-up question")
    expect(chat.page.get_by_role("button", name="Tell the team")).to_be_visible()


def slow(chat: Widget, stand_in: StandIn) -> None:
    chat.open()
    stand_in.delay = 60
    chat.box.fill("made-up question")
    chat.box.press("Enter")
    chat.page.locator("signpost-chat .said", has_text="longer").wait_for(timeout=10_000)


@pytest.mark.parametrize(
    "state", [closed, opened, help_shown, crisis, failed, source_open, table, not_held, slow]
)
def test_widget_has_no_violations(
    stand_in: StandIn, new_page: NewPage, axe: Axe, state: Callable[[Widget, StandIn], None]
) -> None:
    chat = Widget(new_page(quiet=False), stand_in.url)
    state(chat, stand_in)
    assert violations(chat.page, axe) == []


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/chat",
        "/chat/answered",
        "/chat/crisis",
        "/chat/long",
        "/chat/failed",
        "/help-now",
        "/error",
        "/sponsor-page",
        "/sponsor-card",
        "/summary",
        "/chat/not-held",
        "/tell-shown",
        "/tell-wrong",
        "/tell-sent",
        "/tell-help",
    ],
)
def test_pages_have_no_violations(
    stand_in: StandIn, new_page: NewPage, axe: Axe, path: str
) -> None:
    page = new_page()
    page.goto(stand_in.url + path)
    assert violations(page, axe) == []


def test_text_at_200_per_cent_loses_nothing(stand_in: StandIn, new_page: NewPage, axe: Axe) -> None:
    chat = Widget(new_page(viewport={"width": 1280, "height": 900}), stand_in.url).open()
    chat.say("made-up question")
    double_text(chat.page)
    assert axe(chat.page) == []
    cut = """() => [...document.querySelector('signpost-chat').shadowRoot.querySelectorAll('button, summary, p, h2, label')]
      .filter((node) => node.checkVisibility() && !node.matches('.hidden') && node.clientWidth && node.scrollWidth > node.clientWidth + 1)
      .map((node) => node.textContent)"""
    assert chat.page.evaluate(cut) == []
