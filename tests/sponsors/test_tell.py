"""Telling the team what had no answer, as people meet it over HTTP: what is offered and when, that what
is sent is what was seen, and what is never kept.
"""

import html
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from bot import switches
from bot.gateway.app import SPONSORS, UNANSWERED
from bot.gateway.http import log
from bot.settings import ROOT
from bot.sponsors.store import Directory
from bot.sponsors.unanswered import Counted, Kind, week_of
from bot.sponsors.unanswered_store import UnansweredStore
from bot.switches import Switches
from bot.widget.strings import load_strings
from tests.gateway.conftest import Gateway, Start
from tests.gateway.fakes import CONCERN, CRISIS, NOT_HELD

WORDS = load_strings(ROOT / "bot" / "content").tell
HELP = "116 123"


@dataclass
class Page:
    status: int
    text: str

    @property
    def box(self) -> str | None:
        """What would be sent; None where nothing can be."""
        found = re.search(r"<textarea[^>]*>(.*?)</textarea>", self.text, re.DOTALL)
        return found.group(1) if found else None


@dataclass
class Site:
    gateway: Gateway
    store: UnansweredStore

    @property
    def unanswered(self) -> Any:
        return self.gateway.client.server.app[UNANSWERED]  # type: ignore[attr-defined]

    async def tell(
        self,
        conversation: str,
        text: str,
        *,
        send: bool = True,
        headers: Mapping[str, str] | None = None,
        more: tuple[str, ...] = (),
    ) -> Page:
        form = {"conversation": conversation, "text": text, **dict.fromkeys(more, "1")}
        if send:
            form["do"] = "send"
        async with self.gateway.client.post("/tell", data=form, headers=headers) as response:
            return Page(response.status, html.unescape(await response.text()))

    async def asked(self, text: str = NOT_HELD) -> str:
        """A conversation in which something was asked."""
        return str((await self.gateway.say(text))["conversation"])

    async def kept(self) -> list[str]:
        return [question.text for question in await self.store.waiting(date.min)]


@pytest.fixture
async def site(url: str, key_file: Path, directory: Directory, start: Start) -> Site:
    return await open_site(url, key_file, directory, start)


async def open_site(
    url: str, key_file: Path, directory: Directory, start: Start, **more: Any
) -> Site:
    gateway = await start(sponsor_database=url, sponsor_keys=key_file, **more)
    await gateway.client.server.app[SPONSORS].loaded.wait()  # type: ignore[attr-defined]
    return Site(gateway, UnansweredStore(directory))


@pytest.mark.parametrize(
    ("said", "offered"),
    [
        ([NOT_HELD], "now"),
        (["tell me about it"], "if_unhelpful"),
        ([CRISIS], ""),
        ([CRISIS, NOT_HELD], ""),
        ([f"{NOT_HELD}, {CONCERN}"], ""),
        ([NOT_HELD, "tell me about it", NOT_HELD], "now"),
    ],
)
async def test_when_it_is_offered(site: Site, said: list[str], offered: str) -> None:
    conversation = None
    for text in said:
        answer = await site.gateway.say(text, conversation)
        conversation = answer["conversation"]
    assert answer["tell"] == offered


@pytest.mark.parametrize("how", ["no directory", "sponsors off", "help-only on"])
async def test_it_is_not_offered_where_nobody_can_be_told(
    how: str, url: str, key_file: Path, directory: Directory, run: Path, start: Start
) -> None:
    if how == "no directory":
        site = Site(await start(), UnansweredStore(directory))
    else:
        switches.write(run, Switches().with_(*switches.parse(how.split())))
        site = await open_site(url, key_file, directory, start)
    answer = await site.gateway.say(NOT_HELD)
    assert answer["tell"] == ""
    page = await site.tell(answer["conversation"], NOT_HELD)
    assert page.box is None
    assert await site.kept() == []


async def test_what_is_sent_is_what_was_seen(site: Site) -> None:
    conversation = await site.asked()
    seen = await site.tell(conversation, "is there a creche for Kevin Smith A1234BC", send=False)
    assert seen.status == 200
    assert seen.box == "is there a creche for someone"
    assert await site.kept() == []
    changed = await site.tell(conversation, f"{seen.box} at Belmarsh, ring 020 7946 0123")
    assert (changed.status, changed.box) == (400, "is there a creche for someone at Belmarsh, ring")
    assert WORDS.changed in changed.text
    assert await site.kept() == []
    sent = await site.tell(conversation, str(changed.box))
    assert (sent.status, sent.box) == (200, None)
    assert WORDS.sent in sent.text
    assert await site.kept() == [changed.box]


async def test_pressed_twice_it_is_kept_once(site: Site) -> None:
    conversation = await site.asked()
    for _ in range(2):
        assert (await site.tell(conversation, NOT_HELD)).status == 200
    assert await site.kept() == [NOT_HELD]


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("", 400, WORDS.empty),
        ("  \n ", 400, WORDS.empty),
        ("rain " * 101, 400, WORDS.too_long),
        ("rain " * 100, 200, WORDS.sent),
        ("  two\n\nlines ", 200, WORDS.sent),
    ],
)
async def test_what_can_be_sent(site: Site, text: str, status: int, said: str) -> None:
    page = await site.tell(await site.asked(), text)
    assert page.status == status
    assert said in page.text
    assert await site.kept() == ([" ".join(text.split())] if status == 200 else [])


@pytest.mark.parametrize("send", [True, False])
@pytest.mark.parametrize("text", [CRISIS, f"will it rain? {CRISIS}", CONCERN, CRISIS + "!" * 600])
async def test_words_that_need_help_get_it_and_are_never_kept(
    site: Site, text: str, send: bool
) -> None:
    conversation = await site.asked()
    page = await site.tell(conversation, text, send=send)
    assert page.status == 200
    assert WORDS.help_first in page.text
    assert page.text.count('role="alert"') == 1
    assert page.box is None
    assert text not in page.text
    assert await site.kept() == []


async def test_after_a_crisis_in_the_box_the_chat_keeps_the_help_in_view(site: Site) -> None:
    conversation = await site.asked()
    await site.tell(conversation, CRISIS)
    answer = await site.gateway.say(NOT_HELD, conversation)
    assert (answer["pinned_help"], answer["tell"]) == (True, "")
    assert (await site.tell(conversation, NOT_HELD)).status == 410
    assert await site.kept() == []


@pytest.mark.parametrize("body", [b"\xff\xfe{", f"do=send&text={CRISIS}&x=1&y=2".encode()])
async def test_words_in_no_form_of_ours_are_screened_too(site: Site, body: bytes) -> None:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    async with site.gateway.client.post("/tell", data=body, headers=headers) as response:
        text = html.unescape(await response.text())
    assert (WORDS.help_first in text) is (b"kill" in body)
    assert HELP in text
    assert await site.kept() == []


@pytest.mark.parametrize(
    ("conversation", "more"),
    [("", ()), ("unknown", ()), (None, ("helped",))],
    ids=["none", "forgotten", "the help is pinned"],
)
async def test_without_a_conversation_that_had_no_crisis_nothing_is_kept(
    site: Site, conversation: str | None, more: tuple[str, ...]
) -> None:
    known = await site.asked()
    page = await site.tell(known if conversation is None else conversation, NOT_HELD, more=more)
    assert (page.status, page.box) == (410, None)
    assert WORDS.closed in page.text
    assert await site.kept() == []


@pytest.mark.parametrize(
    ("site_of", "send", "status", "kept"),
    [
        ("cross-site", False, 200, []),
        ("cross-site", True, 200, []),
        ("same-origin", True, 200, [NOT_HELD]),
    ],
)
async def test_another_sites_form_sends_nothing(
    site: Site, site_of: str, send: bool, status: int, kept: list[str]
) -> None:
    headers = {"Sec-Fetch-Site": site_of}
    page = await site.tell(await site.asked(), NOT_HELD, send=send, headers=headers)
    assert page.status == status
    assert page.box == (None if kept else NOT_HELD)
    assert await site.kept() == kept


async def test_it_is_limited_as_messages_are(
    url: str, key_file: Path, directory: Directory, start: Start
) -> None:
    site = await open_site(url, key_file, directory, start, address_limit="3/minute")
    conversation = await site.asked()
    found = [(await site.tell(conversation, f"rain {n}")).status for n in range(4)]
    assert found == [200, 200, 429, 429]
    assert len(await site.kept()) == 2
    assert WORDS.help_first in (await site.tell(conversation, CRISIS)).text


async def test_with_the_directory_down_it_says_so_and_everything_else_goes_on(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*_: object) -> None:
        raise OSError("down on purpose")

    conversation = await site.asked()
    monkeypatch.setattr(UnansweredStore, "keep", down)
    page = await site.tell(conversation, NOT_HELD)
    assert (page.status, page.box) == (503, NOT_HELD)
    assert WORDS.unavailable in page.text
    assert (await site.gateway.say("tell me about it", conversation))["feedback"]


async def test_no_word_of_it_is_logged(
    site: Site, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    log.configure("DEBUG")
    try:
        with caplog.at_level(logging.DEBUG):
            conversation = await site.asked(f"{NOT_HELD} canaryword")
            await site.tell(conversation, "canaryword for Kevin Smith", send=False)
            await site.tell(conversation, "canaryword for Kevin Smith")
            await site.tell(conversation, "canaryword for someone")
            await site.unanswered.save()
    finally:
        structlog.reset_defaults()
    assert await site.kept() == ["canaryword for someone"]
    written = "".join(capfd.readouterr()) + caplog.text
    assert "turn" in written
    for secret in ("canaryword", "Kevin", conversation):
        assert secret not in written


async def test_topics_are_counted_by_week_whoever_tells(site: Site) -> None:
    week = week_of(date.today())
    answer = await site.gateway.say(NOT_HELD)
    again = await site.gateway.say("tell me about it", answer["conversation"])
    for helpful in (True, False):
        judged = {"conversation": again["conversation"], "helpful": helpful}
        judged["answer"] = again["feedback"] if not helpful else answer["feedback"]
        async with site.gateway.client.post("/api/feedback", json=judged) as response:
            assert response.status == 204
    await site.gateway.say(CRISIS)
    await site.unanswered.save()
    await site.unanswered.save()
    counted = {
        Counted(week, "about_lpp", Kind.NOT_HELD): 1,
        Counted(week, "about_lpp", Kind.UNHELPFUL): 1,
    }
    assert await site.store.counts() == counted


async def test_counts_that_could_not_be_put_away_are_not_lost(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def down(*_: object) -> None:
        raise OSError("down on purpose")

    with monkeypatch.context() as broken:
        broken.setattr(UnansweredStore, "add", down)
        await site.gateway.say(NOT_HELD)
        await site.unanswered.save()
    assert await site.store.counts() == {}
    await site.unanswered.save()
    assert sum((await site.store.counts()).values()) == 1


async def test_old_questions_go_by_themselves_each_day(site: Site) -> None:
    today = date.today()
    for days in (30, 31):
        await site.store.keep("one", f"rain {days}", today - timedelta(days=days))
    site.unanswered._tidied = today - timedelta(days=1)
    await site.unanswered._tidy()
    assert await site.kept() == ["rain 30"]


async def chat(site: Site, **form: str) -> Page:
    async with site.gateway.client.post("/chat", data=form) as response:
        return Page(response.status, html.unescape(await response.text()))


def offered(page: Page) -> str | None:
    """The question that the page's button would show."""
    form = re.search(r'<form id="tell".*?name="text" value="([^"]*)"', page.text, re.DOTALL)
    return form.group(1) if form and 'form="tell"' in page.text else None


async def test_the_plain_page_offers_it_too(site: Site) -> None:
    page = await chat(site, conversation="", text=f"{NOT_HELD} for Kevin Smith")
    assert offered(page) == f"{NOT_HELD} for someone"
    found = re.search(r'name="conversation" value="([^"]+)"', page.text)
    assert found
    conversation = found.group(1)
    page = await chat(site, conversation=conversation, text="tell me about it")
    assert offered(page) is None
    answer = re.search(r'name="answer" value="([^"]+)"', page.text)
    assert answer
    judged = {"conversation": conversation, "text": "", "answer": answer.group(1)}
    page = await chat(site, **judged, helpful="no")
    assert offered(page) == "tell me about it"
    page = await chat(site, conversation=conversation, text="", do="back")
    assert offered(page) == "tell me about it"
    page = await chat(site, conversation=conversation, text=CRISIS)
    assert offered(page) is None


async def test_an_answer_that_helped_leaves_nothing_to_tell(site: Site) -> None:
    page = await chat(site, conversation="", text="tell me about it")
    fields = dict(re.findall(r'name="(conversation|answer)" value="([^"]+)"', page.text))
    assert offered(await chat(site, **fields, text="", helpful="yes")) is None


async def test_there_is_no_page_without_a_question(site: Site) -> None:
    async with site.gateway.client.get("/tell", allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (303, "/chat")
