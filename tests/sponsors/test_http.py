"""The look-up as everybody meets it: over HTTP, on both databases, by people who mean well and by
people who do not.
"""

import asyncio
import html
import json
import logging
import re
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import structlog
from pydantic import ValidationError
from sqlalchemy import update

from bot import switches
from bot.gateway.app import SPONSORS
from bot.gateway.http import log
from bot.settings import ROOT, Settings
from bot.sponsors import sessions, tables
from bot.sponsors.administration import Administration
from bot.sponsors.codes import new_code
from bot.sponsors.content import load_sponsor_words
from bot.sponsors.hashing import CodeHasher
from bot.sponsors.model import Absence
from bot.sponsors.store import Directory
from bot.switches import Switch, Switches
from tests.gateway.conftest import Gateway, Start
from tests.gateway.fakes import CRISIS
from tests.sponsors.examples import ROSTER
from tests.sponsors.test_directory import roster

WORDS = load_sponsor_words(ROOT / "bot" / "content")
COOKIE = "signpost_sponsor"


@dataclass
class Site:
    """A gateway with a directory. `codes` by reference: LPP0001's and LPP0003's open their
    sponsors, others are revoked or over.
    """

    gateway: Gateway
    directory: Directory
    administration: Administration
    codes: dict[str, str]

    @property
    def client(self) -> Any:
        return self.gateway.client

    async def look_up(
        self, reference: str, code: str, conversation: str = "", **headers: str
    ) -> "Page":
        form = {"conversation": conversation, "reference": reference, "code": code}
        async with self.client.post(
            "/sponsor", data=form, headers=headers, allow_redirects=False
        ) as response:
            return Page(
                response.status,
                html.unescape(await response.text()),
                dict(response.headers),
                response.cookies[COOKIE].value if COOKIE in response.cookies else "",
            )

    async def page(self, token: str) -> "Page":
        async with self.client.get("/sponsor", headers={"Cookie": f"{COOKIE}={token}"}) as response:
            return Page(
                response.status, html.unescape(await response.text()), dict(response.headers), ""
            )

    async def say(self, text: str, conversation: str, token: str = "") -> str:
        headers = {"Cookie": f"{COOKIE}={token}"} if token else {}
        async with self.client.post(
            "/api/messages", json={"conversation": conversation, "text": text}, headers=headers
        ) as response:
            return "\n\n".join(message["text"] for message in (await response.json())["messages"])


@dataclass
class Page:
    status: int
    text: str
    headers: dict[str, str]
    token: str

    @property
    def conversation(self) -> str:
        found = re.search(r'name="conversation" value="([^"]*)"', self.text)
        assert found
        return found.group(1)


@pytest.fixture
async def site(
    url: str,
    key_file: Path,
    directory: Directory,
    administration: Administration,
    hasher: CodeHasher,
    start: Start,
) -> Site:
    await administration.load(roster())
    codes = {
        reference: (await administration.issue(hasher, reference)).code
        for reference in ("LPP0001", "LPP0002", "LPP0003")
    }
    gateway = await start(sponsor_database=url, sponsor_keys=key_file)
    app = gateway.client.server.app  # type: ignore[attr-defined]
    await app[SPONSORS].loaded.wait()
    # No cookies of its own: each test says who sends which.
    gateway.client.session._cookie_jar = aiohttp.DummyCookieJar()
    return Site(gateway, directory, administration, codes)


async def test_the_right_code_shows_the_sponsor_on_the_page_and_in_a_crisis(site: Site) -> None:
    conversation = (await site.gateway.open())["conversation"]
    found = await site.look_up("lpp 0001", site.codes["LPP0001"].lower(), conversation)
    assert (found.status, found.headers["Location"], found.headers["Cache-Control"]) == (
        303,
        "/sponsor",
        "no-store",
    )
    cookie = found.headers["Set-Cookie"]
    assert [
        part
        for part in ("HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=1800")
        if part not in cookie
    ] == []
    page = await site.page(found.token)
    assert (page.status, page.headers["Cache-Control"], page.conversation) == (
        200,
        "no-store",
        conversation,
    )
    assert "Your sponsor is Sam Example (psychologist)." in page.text
    assert 'href="tel:02079460101"' in page.text
    crisis = await site.say(CRISIS, conversation, found.token)
    assert (
        crisis.index("Your assigned sponsor")
        < crisis.index("Your sponsor is Sam Example")
        < crisis.index("020 7946 0101")
        < crisis.index("116 123")
    )
    assert "on duty now" in crisis
    assert [turn for turn in site.gateway.worker.turns if "Sam" in str(turn)] == []


async def test_a_sponsor_can_be_reached_by_a_tap_and_by_the_right_one(site: Site) -> None:
    links = {"020 7946 0103": "tel:02079460103", "07700 900103": "sms:07700900103"}
    found = await site.look_up("LPP0003", site.codes["LPP0003"])
    page = await site.page(found.token)
    cookie = {"Cookie": f"{COOKIE}={found.token}"}
    async with site.client.post(
        "/api/messages",
        json={"conversation": page.conversation, "text": CRISIS},
        headers=cookie,
    ) as response:
        assert (await response.json())["links"] == links
    async with site.client.post(
        "/chat", data={"conversation": page.conversation, "text": CRISIS}, headers=cookie
    ) as response:
        plain = html.unescape(await response.text())
    for shown, link in links.items():
        assert [f'<a href="{link}">{shown}</a>' in text for text in (page.text, plain)] == [
            True,
            True,
        ]
    # Said once: what is kept for the page says where to look, and not who it is.
    async with site.client.post(
        "/chat", data={"conversation": page.conversation, "do": "back"}
    ) as response:
        kept = html.unescape(await response.text())
    assert ("Jo Madeup" in plain, "Jo Madeup" in kept, WORDS.chat.find in kept) == (
        True,
        False,
        True,
    )


async def test_a_cover_is_shown_in_the_crisis_answer(site: Site) -> None:
    await site.administration.absent("belmarsh-1", Absence(date(2026, 1, 1)))
    found = await site.look_up("LPP-0001", site.codes["LPP0001"])
    conversation = (await site.page(found.token)).conversation
    crisis = await site.say(CRISIS, conversation, found.token)
    assert "Sam Example, is away" in crisis
    assert "Alex Specimen (therapist) is covering" in crisis
    assert "020 7946 0102" in crisis
    assert "020 7946 0101" not in crisis


async def test_switched_off_nobody_is_named_and_the_other_ways_are_shown(
    site: Site, run: Path
) -> None:
    conversation = (await site.gateway.open())["conversation"]
    found = await site.look_up("LPP0001", site.codes["LPP0001"], conversation)
    assert "Sam Example" in await site.say(CRISIS, conversation, found.token)
    switches.write(run, Switches(frozenset({Switch("sponsors")})))
    for _ in range(100):
        if WORDS.page.off in (page := await site.page(found.token)).text:
            break
        await asyncio.sleep(0.05)
    assert "Sam Example" not in page.text
    assert "020 7946 0101" not in page.text
    assert WORDS.ask.unit in page.text
    assert 'name="code"' not in page.text
    tried = await site.look_up("LPP0001", site.codes["LPP0001"], conversation)
    assert (tried.status, WORDS.errors.unavailable in tried.text) == (503, True)
    crisis = await site.say(CRISIS, conversation, found.token)
    assert "116 123" in crisis
    assert "Your assigned sponsor" in crisis
    assert "Sam Example" not in crisis
    assert WORDS.chat.find not in crisis


async def test_everybody_else_is_offered_to_find_theirs(site: Site) -> None:
    conversation = (await site.gateway.open())["conversation"]
    assert WORDS.chat.find in await site.say(CRISIS, conversation)


async def test_nobody_reaches_anybody_elses_sponsor(site: Site) -> None:
    """By no parameter, no cookie, no replay, and no mixing of what belongs to two people."""
    talks = {
        reference: (await site.gateway.open())["conversation"]
        for reference in ("LPP0001", "LPP0003")
    }
    tokens = {
        reference: (await site.look_up(reference, site.codes[reference], talk)).token
        for reference, talk in talks.items()
    }
    own, other = "Sam Example", "Jo Madeup"
    assert own in await site.say(CRISIS, talks["LPP0001"], tokens["LPP0001"])
    # Each cookie shows its own sponsor only, and only in its own conversation.
    for token, talk in (
        (tokens["LPP0001"], talks["LPP0003"]),
        (tokens["LPP0003"], talks["LPP0001"]),
        ("", talks["LPP0001"]),
        ("x" * 43, talks["LPP0001"]),
    ):
        said = await site.say(CRISIS, talk, token)
        assert own not in said
        assert other not in said
    # One's own code does not go with another's reference, nor a session with another's parameters.
    for reference, code in (("LPP0003", site.codes["LPP0001"]), ("LPP0002", site.codes["LPP0001"])):
        assert (
            await site.look_up(
                reference, code, talks["LPP0003"], Cookie=f"{COOKIE}={tokens['LPP0001']}"
            )
        ).status == 403
    for query in (
        "?reference=LPP0003",
        "?person=2",
        f"?conversation={talks['LPP0003']}",
        "?token=1",
    ):
        async with site.client.get(
            f"/sponsor{query}", headers={"Cookie": f"{COOKIE}={tokens['LPP0001']}"}
        ) as response:
            text = await response.text()
        assert (own in text, other in text) == (True, False)
    async with site.client.post(
        "/sponsor",
        data={"conversation": talks["LPP0003"]},
        headers={"Cookie": f"{COOKIE}={tokens['LPP0001']}"},
    ) as response:
        text = await response.text()
    assert (own in text, other in text) == (False, False)
    # A cookie that was left behind opens nothing once its session is over.
    async with site.client.delete(f"/api/conversations/{talks['LPP0001']}") as response:
        assert response.status == 204
    assert own not in (await site.page(tokens["LPP0001"])).text
    assert other in (await site.page(tokens["LPP0003"])).text


async def test_refusals_are_the_same_whatever_is_wrong(site: Site) -> None:
    await site.administration.revoke("LPP0002")
    conversation = (await site.gateway.open())["conversation"]
    tried = {
        "unknown reference": ("LPP9999", new_code()),
        "wrong code": ("LPP0001", new_code()),
        "revoked": ("LPP0002", site.codes["LPP0002"]),
    }
    async with site.directory.writing() as connection:
        candidate = await site.directory.candidate("LPP0003", datetime.now(UTC))
        assert candidate is not None
        expires = update(tables.access_code).where(tables.access_code.c.id == candidate.code)
        await connection.execute(expires.values(expires=datetime(2026, 1, 1, tzinfo=UTC)))
    tried["expired"] = ("LPP0003", site.codes["LPP0003"])
    seen = {}
    for what, (reference, code) in tried.items():
        page = await site.look_up(reference, code, conversation)
        headers = {name: value for name, value in page.headers.items() if name != "Date"}
        seen[what] = (page.status, page.text, json.dumps(headers))
    assert len(set(seen.values())) == 1, seen
    assert seen["expired"][0] == 403
    assert WORDS.errors.refused in seen["expired"][1]


async def test_five_tries_of_a_reference_then_a_wait_and_other_references_are_free(
    site: Site,
) -> None:
    for _ in range(5):
        assert (await site.look_up("LPP0001", new_code())).status == 403
    blocked = await site.look_up("LPP0001", site.codes["LPP0001"])
    assert (blocked.status, 5 < int(blocked.headers["Retry-After"]) <= 16) == (429, True)
    assert (await site.look_up("LPP0003", site.codes["LPP0003"])).status == 303


@pytest.mark.parametrize(("networks", "statuses"), [((), {403, 429}), (("127.0.0.0/8",), {403})])
async def test_an_address_has_a_budget_fit_for_how_many_share_it(
    url: str, site: Site, key_file: Path, start: Start, networks: tuple[str], statuses: set[int]
) -> None:
    gateway = await start(
        worker=False,
        sponsor_database=url,
        sponsor_keys=key_file,
        sponsor_tries=8,
        sponsor_shared_networks=networks,
    )
    await gateway.client.server.app[SPONSORS].loaded.wait()  # type: ignore[attr-defined]
    wing = Site(gateway, site.directory, site.administration, site.codes)
    assert {
        (await wing.look_up(f"LPP{5000 + n}", new_code())).status for n in range(12)
    } == statuses


async def test_a_stranger_cannot_shut_out_the_owner_of_a_reference(
    url: str, site: Site, key_file: Path, start: Start
) -> None:
    gateway = await start(worker=False, sponsor_database=url, sponsor_keys=key_file, proxy_hops=1)
    await gateway.client.server.app[SPONSORS].loaded.wait()  # type: ignore[attr-defined]
    far = Site(gateway, site.directory, site.administration, site.codes)
    for _ in range(2):
        for number in range(5):
            await far.look_up("LPP0001", new_code(), **{"X-Forwarded-For": f"192.0.2.{number}"})
    for _ in range(5):
        await far.look_up("LPP0001", new_code(), **{"X-Forwarded-For": "192.0.2.9"})
    stranger, owner = [
        (await far.look_up("LPP0001", site.codes["LPP0001"], **{"X-Forwarded-For": address})).status
        for address in ("192.0.2.9", "198.51.100.1")
    ]
    assert (stranger, owner) == (429, 303)


async def test_a_try_that_fails_by_our_fault_costs_nothing(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(*_: object) -> None:
        raise OSError

    with monkeypatch.context() as patched:
        patched.setattr(Directory, "candidate", broken)
        for _ in range(7):
            assert (await site.look_up("LPP0001", site.codes["LPP0001"])).status == 503
    assert (await site.look_up("LPP0001", site.codes["LPP0001"])).status == 303


async def test_a_slip_of_the_finger_costs_no_try(site: Site) -> None:
    for _ in range(12):
        page = await site.look_up("LPP0001", site.codes["LPP0001"][:-1])
        assert (page.status, WORDS.errors.mistyped in page.text) == (400, True)
    assert (await site.look_up("LPP0001", site.codes["LPP0001"])).status == 303


async def test_nothing_typed_comes_back_on_the_page(site: Site) -> None:
    page = await site.look_up("LPP<script>0001", f"{site.codes['LPP0001']}<b>")
    assert "script>0001" not in page.text
    assert site.codes["LPP0001"] not in page.text


CRIES = [(CRISIS, ""), (f"{CRISIS} 40", ""), ("LPP0001", CRISIS), (CRISIS, CRISIS)]


@pytest.mark.parametrize(("reference", "code"), CRIES)
async def test_a_cry_for_help_in_the_form_is_heard(site: Site, reference: str, code: str) -> None:
    site.gateway.worker.mode = "die"
    page = await site.look_up(reference, code)
    assert (page.status, "116 123" in page.text, "You deserve help" in page.text) == (
        200,
        True,
        True,
    )


async def test_other_sites_cannot_sign_anybody_in(site: Site) -> None:
    foreign = [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
    ]
    for headers in foreign:
        page = await site.look_up("LPP0001", site.codes["LPP0001"], **headers)
        assert (page.status, page.token) == (403, "")
    assert (
        await site.look_up(
            "LPP0001", site.codes["LPP0001"], **{"Sec-Fetch-Site": "same-origin", "Origin": "null"}
        )
    ).status == 303


async def test_a_revoked_code_ends_the_session_that_it_opened(site: Site) -> None:
    found = await site.look_up("LPP0001", site.codes["LPP0001"])
    await site.administration.revoke("LPP0001")
    page = await site.page(found.token)
    assert "Sam Example" not in page.text
    assert "Sam Example" not in await site.say(CRISIS, page.conversation, found.token)


async def test_a_session_ends_by_time_by_button_and_by_quick_exit(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def shown(token: str) -> bool:
        return "Sam Example" in (await site.page(token)).text

    one = await site.look_up("LPP0001", site.codes["LPP0001"])
    assert await shown(one.token)
    async with site.client.post(
        "/sponsor",
        data={"conversation": "", "do": "end"},
        headers={"Cookie": f"{COOKIE}={one.token}"},
    ) as response:
        assert WORDS.page.ended in html.unescape(await response.text())
        assert response.cookies[COOKIE]["max-age"] == "0"
    assert not await shown(one.token)
    two = await site.look_up("LPP0001", site.codes["LPP0001"])
    async with site.client.get(
        "/leave", headers={"Cookie": f"{COOKIE}={two.token}"}, allow_redirects=False
    ) as response:
        assert (
            response.status,
            response.headers["Location"],
            response.cookies[COOKIE]["max-age"],
        ) == (303, "https://www.bbc.co.uk/weather", "0")
    assert not await shown(two.token)
    three = await site.look_up("LPP0001", site.codes["LPP0001"])
    monkeypatch.setattr(sessions, "WHOLE_SECONDS", 0.0)
    assert not await shown(three.token)


async def test_when_its_time_is_over_the_way_back_leads_to_the_conversation(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    conversation = (await site.gateway.open())["conversation"]
    await site.say(CRISIS, conversation)
    found = await site.look_up("LPP0001", site.codes["LPP0001"], conversation)
    monkeypatch.setattr(sessions, "WHOLE_SECONDS", 0.0)
    over = await site.page(found.token)
    assert ("Sam Example" in over.text, over.conversation) == (False, conversation)
    assert 'name="helped"' in over.text


async def test_the_line_with_a_number_outlives_the_conversation_over_a_look_up(site: Site) -> None:
    form = {"conversation": "gone", "helped": "1", "reference": "LPP0001"}
    async with site.client.post(
        "/sponsor", data={**form, "code": site.codes["LPP0001"]}, allow_redirects=False
    ) as response:
        token = response.cookies[COOKIE].value
    shown = await site.page(token)
    assert 'name="helped"' in shown.text
    async with site.client.post(
        "/chat", data={"conversation": shown.conversation, "do": "back"}
    ) as response:
        assert 'class="now"' in await response.text()


async def test_in_the_chat_without_javascript_it_works_with_the_cookie_too(site: Site) -> None:
    found = await site.look_up("LPP0001", site.codes["LPP0001"])
    cookie = {"Cookie": f"{COOKIE}={found.token}"}
    conversation = (await site.page(found.token)).conversation
    async with site.client.post(
        "/chat", data={"conversation": conversation, "do": "back"}, headers=cookie
    ) as response:
        assert 'href="/leave"' in await response.text()
    async with site.client.post(
        "/chat", data={"conversation": conversation, "text": CRISIS, "do": "send"}, headers=cookie
    ) as response:
        assert "Sam Example" in await response.text()
    async with site.client.post(
        "/chat",
        data={
            "conversation": conversation,
            "text": f"my code {site.codes['LPP0001']}",
            "do": "send",
        },
    ) as response:
        text = await response.text()
    assert "my code [code]" in text
    assert site.codes["LPP0001"] not in text


async def test_a_code_in_the_chat_goes_nowhere(site: Site) -> None:
    conversation = (await site.gateway.open())["conversation"]
    await site.say(f"here: {site.codes['LPP0001']}", conversation)
    await site.say("what is a PIPE?", conversation)
    assert [turn.text for turn in site.gateway.worker.turns] == ["what is a PIPE?"]


async def test_a_store_that_is_down_is_one_answer_and_never_holds_up_a_crisis(
    site: Site, url: str
) -> None:
    found = await site.look_up("LPP0001", site.codes["LPP0001"])
    conversation = (await site.page(found.token)).conversation
    async with site.directory.engine.connect() as blocker:
        if url.startswith("sqlite"):
            await blocker.exec_driver_sql("COMMIT")
            await blocker.exec_driver_sql("BEGIN EXCLUSIVE")
        else:
            await blocker.exec_driver_sql(
                "LOCK TABLE person, access_code, audit IN ACCESS EXCLUSIVE MODE"
            )
        asked = site.look_up("LPP0003", site.codes["LPP0003"]), site.look_up("LPP9999", new_code())
        waiting = [asyncio.create_task(one) for one in asked]
        await asyncio.sleep(0.05)
        started = time.monotonic()
        said = await site.say(CRISIS, conversation, found.token)
        assert time.monotonic() - started < 0.5
        assert "Sam Example" in said
        pages = await asyncio.gather(*waiting)
    assert [(page.status, WORDS.errors.unavailable in page.text) for page in pages] == [
        (503, True)
    ] * 2
    assert pages[0].text == pages[1].text


async def test_a_directory_without_tables_is_unavailable(
    start: Start, url: str, key_file: Path
) -> None:
    gateway = await start(sponsor_database=url, sponsor_keys=key_file)
    await gateway.client.server.app[SPONSORS].loaded.wait()  # type: ignore[attr-defined]
    async with gateway.client.post(
        "/sponsor", data={"reference": "LPP0001", "code": new_code()}
    ) as response:
        assert response.status == 503
    assert CRISIS not in str(await gateway.say(CRISIS))


async def test_tables_of_before_an_update_are_unavailable_and_the_log_says_what_to_run(
    start: Start, url: str, key_file: Path, site: Site
) -> None:
    await site.directory.upgrade("0001")
    gateway = await start(sponsor_database=url, sponsor_keys=key_file)
    await gateway.client.server.app[SPONSORS].loaded.wait()  # type: ignore[attr-defined]
    form = {"reference": "LPP0001", "code": site.codes["LPP0001"]}
    with structlog.testing.capture_logs() as logged:
        async with gateway.client.post("/sponsor", data=form) as response:
            assert response.status == 503
    said = {line["detail"] for line in logged if line["event"] == "sponsor look-up unavailable"}
    assert len(said) == 1  # of each look-up, and of what looks at the audit's age at the start
    assert "run `python -m bot sponsors setup`" in said.pop()
    assert "116 123" in str(await gateway.say(CRISIS))
    await site.directory.upgrade()
    async with gateway.client.post("/sponsor", data=form, allow_redirects=False) as response:
        assert response.status == 303  # without a restart


async def test_a_directory_that_cannot_be_opened_is_unavailable(
    start: Start, url: str, key_file: Path, tmp_path: Path
) -> None:
    bad = (
        url.replace("sponsors.db", "no/such/folder.db")
        if url.startswith("sqlite")
        else re.sub(r":[^:@/]+@", ":wrong@", url)
    )
    assert bad != url
    gateway = await start(sponsor_database=bad, sponsor_keys=key_file)
    await gateway.client.server.app[SPONSORS].loaded.wait()  # type: ignore[attr-defined]
    async with gateway.client.post(
        "/sponsor", data={"reference": "LPP0001", "code": new_code()}
    ) as response:
        assert (
            response.status,
            WORDS.errors.unavailable in html.unescape(await response.text()),
        ) == (503, True)
    assert "116 123" in str(await gateway.say(CRISIS))


async def test_a_flood_of_look_ups_delays_no_crisis_answer(
    url: str, site: Site, key_file: Path, start: Start
) -> None:
    gateway = await start(worker=False, sponsor_database=url, sponsor_keys=key_file, proxy_hops=1)
    await gateway.client.server.app[SPONSORS].loaded.wait()  # type: ignore[attr-defined]
    far = Site(gateway, site.directory, site.administration, site.codes)
    flood = [
        asyncio.create_task(
            far.look_up(f"LPP{5000 + n}", new_code(), **{"X-Forwarded-For": f"192.0.2.{n}"})
        )
        for n in range(60)
    ]
    await asyncio.sleep(0.1)
    slowest = 0.0
    for _ in range(5):
        started = time.monotonic()
        assert "116 123" in str(
            await gateway.say(CRISIS, None, **{"X-Forwarded-For": "198.51.100.1"})
        )
        slowest = max(slowest, time.monotonic() - started)
    statuses = {page.status for page in await asyncio.gather(*flood)}
    assert slowest < 1
    assert statuses == {403}  # a wing at once fits into the queue


async def test_nothing_of_a_person_is_logged(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure("DEBUG")
    try:
        conversation = (await site.gateway.open())["conversation"]
        found = await site.look_up("LPP0001", site.codes["LPP0001"], conversation)
        await site.look_up("LPP0001", new_code(), conversation)
        await site.look_up("LPP0001 Canarina", site.codes["LPP0001"], conversation)
        await site.page(found.token)
        await site.say(CRISIS, conversation, found.token)
        await site.say(f"code {site.codes['LPP0001']}", conversation, found.token)
        async with site.directory.writing() as connection:
            await connection.execute(update(tables.sponsor).values(sealed=b"broken"))
        assert (await site.page(found.token)).status == 503
    finally:
        logging.basicConfig(level="WARNING", force=True)
        structlog.reset_defaults()
    written = capsys.readouterr().err
    assert '"outcome": "crisis"' in written
    assert "SealError" in written
    code = site.codes["LPP0001"]
    for secret in (
        "Sam Example",
        "020 7946",
        "LPP0001",
        "LPP-0001",
        "Canarina",
        code,
        code.replace("-", ""),
        found.token,
        conversation,
        "127.0.0.1",
    ):
        assert secret not in written, secret


async def test_without_a_directory_the_page_says_who_can_be_asked(start: Start) -> None:
    gateway = await start()
    async with gateway.client.get("/sponsor") as response:
        text = html.unescape(await response.text())
    assert WORDS.page.without in text
    assert all(line in text for line in WORDS.ask.model_dump().values())
    assert 'name="code"' not in text
    async with gateway.client.post(
        "/sponsor", data={"reference": "LPP0001", "code": new_code()}
    ) as response:
        assert response.status == 503
    assert WORDS.chat.find not in str(await gateway.say(CRISIS))


BAD_SETTINGS: list[tuple[dict[str, Any], str]] = [
    ({"sponsor_database": "sqlite:////x", "host": "0.0.0.0"}, "sponsor_database"),
    ({"sponsor_database": "sqlite:////x"}, "sponsor_keys"),
]


@pytest.mark.parametrize(("values", "field"), BAD_SETTINGS)
def test_settings_that_would_send_codes_in_the_clear_or_have_no_key_are_refused(
    values: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError, match=field):
        Settings(**values)
    assert Settings(
        sponsor_database="sqlite:////x", sponsor_keys="/k", host="0.0.0.0", proxy_hops=1
    ).sponsor_database


def test_the_roster_of_these_tests_is_plainly_made_up() -> None:
    assert all(
        "Example" in name or "Madeup" in name or "Specimen" in name
        for name in re.findall(r"(?:Sam|Jo|Alex) \w+", ROSTER)
    )
