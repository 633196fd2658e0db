"""The pages and files as they are rendered, without a browser."""

import gzip
import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from bot.errors import ContentError
from bot.safety.help import load_help
from bot.settings import ROOT
from bot.turn import Table
from bot.widget.pages import (
    ChatPage,
    Choice,
    Entry,
    ErrorPage,
    Pages,
    SummaryPage,
    contacts,
    linked,
    paragraphs,
)
from bot.widget.strings import Strings, load_strings

CONTENT = ROOT / "bot" / "content"
WIDGET = ROOT / "bot" / "widget"
NASTY = '<script>alert("1")</script> & "quotes"'


@pytest.fixture(scope="module")
def pages() -> Pages:
    return Pages(load_strings(CONTENT), load_help(CONTENT), "https://example.org/left")


def test_the_widget_is_small(pages: Pages) -> None:
    """At most 12 KB for everything: code, style, words and help (peers have 108 to 550 KB)."""
    assert len(gzip.compress(pages.assets["/widget.js"].body)) <= 12 * 1024


def test_each_file_names_its_type_and_content(pages: Pages) -> None:
    assert {path: asset.content_type.split(";")[0] for path, asset in pages.assets.items()} == {
        "/widget.js": "text/javascript",
        "/page.js": "text/javascript",
        "/page.css": "text/css",
        "/widget.css": "text/css",
        "/icon.svg": "image/svg+xml",
    }
    assert len({asset.etag for asset in pages.assets.values()}) == len(pages.assets)
    assert all(
        re.fullmatch(r"sha384-[A-Za-z0-9+/]{64}", asset.integrity)
        for asset in pages.assets.values()
    )


def test_a_changed_exit_address_changes_the_etag(pages: Pages) -> None:
    other = Pages(load_strings(CONTENT), load_help(CONTENT), "https://example.org/elsewhere")
    assert other.assets["/widget.js"].etag != pages.assets["/widget.js"].etag


def test_the_help_comes_with_the_widget(pages: Pages) -> None:
    head = pages.assets["/widget.js"].body.decode("ascii").split(";\n", 1)[0]
    content = json.loads(head.removeprefix("const content = "))
    assert content["exit_url"] == "https://example.org/left"
    assert content["help"]["contacts"]["116 123"] == "tel:116123"
    assert "999" in " ".join(content["help"]["sections"][0]["lines"])


@pytest.mark.parametrize("page", ["home", "help_now", "chat", "error"])
def test_no_page_needs_what_the_policy_forbids(pages: Pages, page: str) -> None:
    html = {
        "home": pages.home(),
        "help_now": pages.help_now(),
        "chat": pages.chat(ChatPage()),
        "error": pages.error(ErrorPage(500, "Made up.")),
    }[page]
    assert not re.search(
        r"<style|<script(?![^>]* src=)|\son\w+=|\sstyle=|(src|href)=\"http(?!s://example.org/left)",
        html,
    )
    assert "116 123" in html or page == "home"
    assert 'href="https://example.org/left"' in html


def test_what_people_type_stays_text(pages: Pages) -> None:
    entries = (Entry("user", NASTY), Entry("bot", NASTY, "crisis", NASTY))
    html = pages.chat(ChatPage(NASTY, entries, (Choice(NASTY, NASTY),), error=NASTY, draft=NASTY))
    assert "<script>" not in html
    assert (
        html.count("&lt;script&gt;") == 11
    )  # once more than it is shown: the form that leads to the sponsor has the id too


def test_the_chat_page_shows_the_conversation(pages: Pages) -> None:
    page = ChatPage(
        "made-up-id",
        (Entry("user", "Hi"), Entry("bot", "One.\n\nTwo.", source="From a made-up page.")),
        (Choice("b1", "More"),),
    )
    html = pages.chat(page)
    for part in (
        "made-up-id",
        '<p dir="auto">One.</p>',
        '<p dir="auto">Two.</p>',
        "From a made-up page.",
        'value="b1 More"',
        'id="latest"',
    ):
        assert part in html
    assert 'class="now"' not in html
    assert 'class="now"' in pages.chat(replace(page, pinned_help=True))


def test_an_empty_chat_page_greets(pages: Pages) -> None:
    assert "Nobody reads this chat" in pages.chat(ChatPage())


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("Call 999 if a life is in danger.", {"999": "tel:999"}),
        ("A made-up line: call 01632 960 123, free.", {"01632 960 123": "tel:01632960123"}),
        ("Made-up: text 12345. Day or night.", {"12345": "sms:12345"}),
        ("For anyone under 19.", {}),
    ],
)
def test_contacts_of_a_line(line: str, found: dict[str, str]) -> None:
    assert contacts([line]) == found


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Call 999 now", [("Call ", ""), ("999", "tel:999"), (" now", "")]),
        ("Room 9991", [("Room 9991", "")]),
        ("116 123", [("116 123", "tel:116123")]),
        ("", []),
    ],
)
def test_only_our_contacts_are_linked(text: str, parts: list[tuple[str, str]]) -> None:
    assert list(linked(text, {"999": "tel:999", "116 123": "tel:116123"})) == parts


def test_paragraphs() -> None:
    assert paragraphs("One.\nStill one.\n\n\nTwo.\n") == ["One.\nStill one.", "Two."]


def test_each_word_is_used_and_each_used_word_is_there() -> None:
    sources = "".join(
        path.read_text()
        for path in [*WIDGET.glob("*.js"), *WIDGET.glob("*.py"), *WIDGET.glob("templates/*.html")]
    )
    top = set(Strings.model_fields)
    used = set(re.findall(r"\b(?:s|strings)\.(\w+)", sources))
    assert used - top == {"for_widget"}
    assert top - used == set()


@pytest.mark.parametrize(
    ("mistake", "problem"),
    [
        ("sned: Send", "send: Field required"),
        ("send: ''", "send: String should have at least 1 character"),
        ("send: [Send]", "send: Input should be a valid string"),
        ("send: Send\nsend: Twice", "send: this key is here twice"),
        ("send: 'Send", "did not find expected key"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, mistake: str, problem: str) -> None:
    words = (CONTENT / "pages.yml").read_text(encoding="utf-8").replace("send: Send", mistake)
    (tmp_path / "pages.yml").write_text(words, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        load_strings(tmp_path)
    assert problem in str(caught.value)


def test_a_mistake_is_found_with_its_line(tmp_path: Path) -> None:
    words = (CONTENT / "pages.yml").read_text(encoding="utf-8").replace("send: Send", "send: ''")
    (tmp_path / "pages.yml").write_text(words, encoding="utf-8")
    with pytest.raises(ContentError) as caught:
        load_strings(tmp_path)
    assert words.splitlines()[caught.value.line - 1] == "send: ''"


def test_a_table_has_headings_and_stays_text(pages: Pages) -> None:
    table = Table("Side by side", ("Rule", "One", "Two"), (("a man", "met", NASTY),))
    for html in (
        pages.chat(ChatPage("id", (Entry("bot", "Text.", table=table),))),
        pages.summary(SummaryPage("", (Entry("bot", "Text.", table=table),))),
    ):
        assert "<caption>Side by side</caption>" in html
        assert html.count('scope="col"') == 3
        assert '<th scope="row">a man</th><td>met</td><td>&lt;script&gt;' in html


def test_only_a_case_can_be_printed(pages: Pages) -> None:
    assert "formaction" not in pages.chat(ChatPage("id"))
    assert 'formaction="/summary" formtarget="_blank">Print it</button>' in pages.chat(
        ChatPage("id", summary="Print it")
    )
