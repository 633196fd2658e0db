"""The desk as it is met over HTTP: who gets in, who sees what, and what is written down."""

import re
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import text, update

from bot import switches
from bot.publishing.draft import mark
from bot.settings import Settings
from bot.sponsors.administration import Administration
from bot.sponsors.tables import sponsor
from bot.staff.app import Desk, create_app
from bot.staff.model import FAILURES_MAX, LOCKED, Role
from bot.staff.sessions import IDLE_SECONDS, WHOLE_SECONDS
from bot.switches import Switch
from tests.sponsors.examples import HEADINGS, ROSTER
from tests.staff.conftest import PASSWORD, Person, Staff, code_now

CO_ORDINATOR, OFFICER, ADMINISTRATOR = (
    Role.CO_ORDINATOR,
    Role.SAFETY_OFFICER,
    Role.ADMINISTRATOR,
)


async def secret_of(desk: Desk, name: str) -> bytes:
    async with desk.directory.reading() as connection:
        row = await desk.accounts._row(connection, text(f"name = '{name}'"))
    assert row is not None
    return desk.accounts._secret(row)


async def sponsor_id(desk: Desk, handle: str) -> str:
    listed = await Administration(desk.directory).sponsors()
    return next(entry.id for entry, _, _ in listed if entry.sponsor.handle == handle)


# Signing in


async def test_a_set_up_link_opens_once(desk: Desk, client: object, staff: Staff) -> None:
    token = await desk.accounts.invite("alex.specimen", CO_ORDINATOR)
    person = Person(desk, client, name="alex.specimen")  # type: ignore[arg-type]
    page = await person.get(f"/set-up?invite={token}")
    assert page.status == 200
    assert "alex.specimen" in page.text
    secret = await secret_of(desk, "alex.specimen")
    fields = {"invite": token, "password": PASSWORD}
    short = await person.post("/set-up", False, **{**fields, "password": "short"})
    assert (short.status, "There is a problem" in short.text) == (400, True)
    wrong = await person.post("/set-up", False, **fields, code="000000")
    assert wrong.status == 400
    done = await person.post("/set-up", False, **fields, code=code_now(desk, secret))
    assert done.at == "/sign-in?done=ready"
    assert (await person.get(f"/set-up?invite={token}")).status == 410
    again = await person.post("/set-up", False, **fields, code=code_now(desk, secret))
    assert again.status == 410


async def test_a_set_up_link_is_over_after_a_day(desk: Desk, client: object) -> None:
    token = await desk.accounts.invite("alex.specimen", CO_ORDINATOR)
    desk.accounts._now = lambda: datetime.now(UTC) + timedelta(hours=25)
    person = Person(desk, client)  # type: ignore[arg-type]
    assert (await person.get(f"/set-up?invite={token}")).status == 410


async def test_a_new_link_ends_what_was_there(desk: Desk, staff: Staff) -> None:
    person = await staff(CO_ORDINATOR)
    await desk.accounts.invite(person.name, CO_ORDINATOR)
    assert (await person.get("/sponsors")).at == "/sign-in"


async def test_no_session_comes_back_when_a_new_link_was_used(desk: Desk, staff: Staff) -> None:
    person = await staff(CO_ORDINATOR)
    token = await desk.accounts.invite(person.name, CO_ORDINATOR)
    secret = await secret_of(desk, person.name)
    assert await desk.accounts.set_up(token, PASSWORD, code_now(desk, secret))
    assert (await person.get("/sponsors")).at == "/sign-in"


async def test_no_refusal_comes_early(
    desk: Desk, staff: Staff, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A name that somebody has is written to, and another one is not: that takes a while."""
    person, waits = await staff(CO_ORDINATOR), list[float]()

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    desk.accounts._refused_seconds = 1_000.0
    monkeypatch.setattr("bot.staff.accounts.asyncio.sleep", sleep)
    for name in (person.name, "nobody.here"):
        assert await desk.accounts.sign_in(name, "wrong password", "") is None
    assert len(waits) == 2
    assert all(900 < seconds <= 1_000 for seconds in waits)


WRONG = {
    "password": {"password": "another password"},
    "code": {"code": "000000"},
    "name": {"name": "nobody.here"},
}


@pytest.mark.parametrize("what", WRONG)
async def test_every_refusal_is_the_same(
    desk: Desk, staff: Staff, clock: Callable[[], str], what: str
) -> None:
    person = await staff(CO_ORDINATOR)
    clock()
    secret = await secret_of(desk, person.name)
    person.cookie = ""
    good = {"password": PASSWORD, "code": code_now(desk, secret)}
    seen = await person.sign_in(**{**good, **WRONG[what]})
    assert (seen.status, seen.cookie) == (403, "")
    assert "The name, password or code is wrong" in seen.text


async def test_a_code_opens_once(desk: Desk, staff: Staff, clock: Callable[[], str]) -> None:
    person = await staff(CO_ORDINATOR)
    clock()
    code = code_now(desk, await secret_of(desk, person.name))
    assert (await person.sign_in(code=code)).status == 303
    assert (await person.sign_in(code=code)).status == 403


async def test_the_fifth_failure_locks_for_a_quarter_of_an_hour(
    desk: Desk, staff: Staff, clock: Callable[[], str]
) -> None:
    person = await staff(CO_ORDINATOR)
    secret = await secret_of(desk, person.name)
    for _ in range(FAILURES_MAX):
        assert (await person.sign_in("wrong password")).status == 403
    clock()
    assert (await person.sign_in(code=code_now(desk, secret))).status == 403
    lines = [(line.action, line.outcome) for line in await desk.accounts.logged(10)]
    assert lines[0] == ("sign in", "locked")
    desk.accounts._now = lambda: datetime.now(UTC) + LOCKED + timedelta(seconds=1)
    clock()
    assert (await person.sign_in(code=code_now(desk, secret))).status == 303


async def test_a_success_forgets_the_failures_before(
    desk: Desk, staff: Staff, clock: Callable[[], str]
) -> None:
    person = await staff(CO_ORDINATOR)
    secret = await secret_of(desk, person.name)
    for _ in range(2):
        for _ in range(FAILURES_MAX - 1):
            await person.sign_in("wrong password")
        clock()
        assert (await person.sign_in(code=code_now(desk, secret))).status == 303


@pytest.mark.parametrize("seconds", [IDLE_SECONDS + 1, WHOLE_SECONDS + 1])
async def test_a_session_ends_by_itself(desk: Desk, staff: Staff, seconds: float) -> None:
    person = await staff(CO_ORDINATOR)
    before = desk.sessions._now
    assert (await person.get("/")).status == 200
    desk.sessions._now = lambda: before() + seconds
    assert (await person.get("/")).at == "/sign-in"


async def test_signing_out_and_removal_end_it_at_once(desk: Desk, staff: Staff) -> None:
    person, other = await staff(CO_ORDINATOR), await staff(ADMINISTRATOR)
    assert (await person.post("/sign-out")).at == "/sign-in?done=out"
    assert (await person.get("/")).at == "/sign-in"
    await desk.accounts.remove(other.name)
    assert (await other.get("/")).at == "/sign-in"


async def test_the_cookie_and_the_headers_are_strict(desk: Desk, staff: Staff) -> None:
    person = await staff(CO_ORDINATOR)
    cookie = (await person.post("/sign-out")).cookie
    assert re.search(r"HttpOnly; .*SameSite=Strict", cookie)
    headers = (await person.get("/sign-in")).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


# Who sees what


NOBODY_NEEDED = {
    ("GET", "/sign-in"): 200,
    ("POST", "/sign-in"): 403,
    ("GET", "/sign-in/organisation"): 404,
    ("GET", "/sign-in/return"): 404,
    ("GET", "/set-up"): 410,
    ("POST", "/set-up"): 410,
    ("GET", "/staff.css"): 200,
    ("GET", "/icon.svg"): 200,
}
"""What it answers to whoever has no account."""
ONE = "/sponsors/{id}"
SIGNED_IN = {
    ("GET", "/"): set(Role),
    ("POST", "/sign-out"): set(Role),
    ("GET", "/sponsors"): {CO_ORDINATOR},
    ("GET", "/sponsors/import"): {CO_ORDINATOR},
    ("POST", "/sponsors/import"): {CO_ORDINATOR},
    ("POST", "/sponsors/import/confirm"): {CO_ORDINATOR},
    ("GET", "/sponsors/codes"): {CO_ORDINATOR},
    ("POST", "/sponsors/codes"): {CO_ORDINATOR},
    ("GET", "/sponsors/ask"): {CO_ORDINATOR},
    ("POST", "/sponsors/ask"): {CO_ORDINATOR},
    ("GET", ONE): {CO_ORDINATOR},
    ("POST", f"{ONE}/away"): {CO_ORDINATOR},
    ("POST", f"{ONE}/back"): {CO_ORDINATOR},
    ("POST", f"{ONE}/confirm"): {CO_ORDINATOR},
    ("POST", f"{ONE}/hand-over"): {CO_ORDINATOR},
    ("GET", "/unanswered"): {Role.EDITOR},
    ("POST", "/unanswered/close"): {Role.EDITOR},
    ("GET", "/unanswered/topics"): {Role.EDITOR},
    **{
        what: {Role.EDITOR, OFFICER, ADMINISTRATOR}
        for what in (
            ("GET", "/content"),
            ("GET", "/content/check"),
            ("GET", "/content/item"),
            ("POST", "/content/item"),
            ("GET", "/content/draft"),
            ("POST", "/content/draft"),
            ("POST", "/content/try"),
            ("POST", "/content/compare"),
            ("POST", "/content/publish"),
            ("GET", "/content/versions"),
            ("GET", "/content/versions/{number}"),
            ("POST", "/content/versions/{number}/back"),
            ("GET", "/content/export"),
            ("GET", "/content/import"),
            ("POST", "/content/import"),
        )
    },
    ("GET", "/switches"): {OFFICER},
    ("POST", "/switches"): {OFFICER},
    ("GET", "/crisis"): {OFFICER},
    ("GET", "/crisis/reports"): {OFFICER},
    ("POST", "/crisis/reports"): {OFFICER},
    ("POST", "/crisis/reports/{number}/close"): {OFFICER},
    ("GET", "/crisis/hazards"): {OFFICER},
    ("GET", "/accounts"): {ADMINISTRATOR},
    ("GET", "/log"): {ADMINISTRATOR},
}
"""Who may. Written out, so that no mistake in the desk's own tables is repeated here."""
EXAMPLES = {
    "/sponsors/ask": "/sponsors/ask?whom={id}",
    "/content/item": "/content/item?at=services/belmarsh.yml:answers.visits",
    "/content/versions/{number}": "/content/versions/1",
    "/content/versions/{number}/back": "/content/versions/1/back",
}
"""Addresses that need to be told of what."""
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def routed(client: object) -> set[tuple[str, str]]:
    """Every method and path that the application answers; HEAD goes with GET."""
    router = client.server.app.router  # type: ignore[attr-defined]
    return {
        (route.method, route.resource.canonical)
        for route in router.routes()
        if route.method != "HEAD"
    }


def test_every_address_is_in_a_table_of_who_may(client: object) -> None:
    assert routed(client) == NOBODY_NEEDED.keys() | SIGNED_IN.keys()


@pytest.mark.parametrize("role", [None, *Role])
async def test_every_method_at_every_address_for_every_role(
    desk: Desk, client: object, staff: Staff, role: Role | None
) -> None:
    id_ = await sponsor_id(desk, "belmarsh-1")
    person = await staff(role) if role else Person(desk, client)  # type: ignore[arg-type]
    before = await Administration(desk.directory).sponsors()
    live = desk.content._versions.live()
    desk.content._versions.publish(live, mark(live), "", "")  # so that there is a version 1
    for path in sorted({path for _, path in routed(client)}):
        for method in METHODS:
            whole = EXAMPLES.get(path, path).replace("{id}", id_).replace("{number}", "1")
            seen = await person._send(method, whole)
            what = (method, path, seen.status)
            asked = ("GET" if method == "HEAD" else method, path)
            if asked in NOBODY_NEEDED:
                assert seen.status == NOBODY_NEEDED[asked], what
            elif asked not in SIGNED_IN:
                assert seen.status == 405, what
            elif role is None:
                assert (seen.status, seen.at) == (303, "/sign-in"), what
            elif role in SIGNED_IN[asked] and asked[0] == "GET":
                assert seen.status == 200, what
            else:  # not theirs, or a form without its token
                assert seen.status == 403, what
                lapsed = "had lapsed" in seen.text
                assert lapsed is (role in SIGNED_IN[asked]), what
    assert await Administration(desk.directory).sponsors() == before


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:9000", 200),
        ("localhost", 200),
        ("LOCALHOST:8099", 200),
        ("rebound.example", 421),
        ("127.0.0.1.rebound.example:8099", 421),
        ("[::1", 421),
        ("desk.trust.example", 421),
    ],
)
async def test_no_other_name_leads_to_the_desk(
    desk: Desk, staff: Staff, host: str, status: int
) -> None:
    person = await staff(CO_ORDINATOR)
    headers = {"Cookie": f"signpost_staff={person.cookie}", "Host": host}
    for path in ("/sign-in", "/sponsors"):
        async with person.client.get(path, headers=headers) as response:
            assert response.status == status
            assert "belmarsh-1" not in await response.text() or status == 200


async def test_the_name_of_your_proxy_leads_to_the_desk(settings: Settings) -> None:
    behind = create_app(settings.model_copy(update={"staff_origin": "https://desk.trust.example"}))
    async with TestClient(TestServer(behind)) as opened:
        for host, status in (("desk.trust.example", 200), ("other.trust.example", 421)):
            async with opened.get("/sign-in", headers={"Host": host}) as response:
                assert response.status == status
                assert "Strict-Transport-Security" in response.headers


async def test_a_form_of_another_session_or_site_is_refused(desk: Desk, staff: Staff) -> None:
    person, other = await staff(CO_ORDINATOR), await staff(OFFICER)
    id_ = await sponsor_id(desk, "belmarsh-1")
    theirs = (await other.get("/")).csrf
    for token in ("", "x", theirs, "ü"):
        seen = await person._send("POST", f"/sponsors/{id_}/confirm", data={"csrf": token})
        assert seen.status == 403
    assert (await person.upload(ROSTER.encode(), csrf=theirs)).status == 403
    async with person.client.post(
        f"/sponsors/{id_}/confirm",
        data={"csrf": (await person.get("/")).csrf},
        headers={"Cookie": f"signpost_staff={person.cookie}", "Sec-Fetch-Site": "cross-site"},
    ) as response:
        assert response.status == 403


# The log


async def test_the_log_says_who_and_what_and_no_contact(desk: Desk, staff: Staff) -> None:
    person = await staff(CO_ORDINATOR)
    id_ = await sponsor_id(desk, "belmarsh-1")
    await person.post(f"/sponsors/{id_}/confirm")
    newest = (await desk.accounts.logged(1))[0]
    assert (newest.who, newest.action, newest.outcome, newest.about) == (
        person.name,
        "confirm",
        "done",
        id_,
    )
    administrator = await staff(ADMINISTRATOR)
    page = (await administrator.get("/log")).text
    assert person.name in page
    assert not re.search(r"Sam Example|7946|LPP-?0001|belmarsh-1", page)


# Sponsors

TWO_MISTAKES = f"""{HEADINGS}
LPP-0004,belmarsh-3,Robin Pretend,therapist,belmarsh,call me,,,,,,,,
A1234BC,belmarsh-1,,,,,,,,,,,,
LPP-0005,belmarsh-1,,,,,,,,,,,,
"""
CHANGED = f"""{HEADINGS}
LPP-0001,belmarsh-1,Sam Example,lead psychologist,belmarsh,020 7946 0101,Mon-Fri 09:00-17:00,,,sam@trust.example,,,,belmarsh-2
LPP-0002,belmarsh-2,,,,,,,,,,,,
LPP-0009,belmarsh-9,Robin Pretend,therapist,belmarsh,020 7946 0109,,,,,,,,
"""


async def test_a_roster_with_two_mistakes_is_rejected_by_row_and_reason(
    desk: Desk, staff: Staff
) -> None:
    person = await staff(CO_ORDINATOR)
    before = await Administration(desk.directory).people()
    seen = await person.upload(TWO_MISTAKES.encode())
    assert seen.status == 400
    assert "2 to put right" in seen.text
    rows = re.findall(r'<th scope="row">(\d+)</th><td>(\w+)</td><td>([^<]+)</td>', seen.text)
    assert [(row, column) for row, column, _ in rows] == [("2", "phone"), ("3", "reference")]
    assert "prison number" in rows[1][2]
    assert "Import this roster" not in seen.text
    assert (await person.post("/sponsors/import/confirm", sure="yes")).at == "/sponsors/import"
    assert await Administration(desk.directory).people() == before


async def test_a_roster_changes_nothing_until_it_is_confirmed(desk: Desk, staff: Staff) -> None:
    person, administration = await staff(CO_ORDINATOR), Administration(desk.directory)
    before = await administration.people(), await administration.sponsors()
    seen = await person.upload(CHANGED.encode())
    assert seen.status == 200
    changes = re.findall(r'<th scope="row">([^<]+)</th><td>([^<]+)</td><td>([^<]+)</td>', seen.text)
    assert changes == [
        ("Changed details", "belmarsh-1", "–"),
        ("New sponsor", "belmarsh-9", "–"),
        ("Another sponsor", "belmarsh-2", "LPP0002"),
        ("New assignment", "belmarsh-9", "LPP0009"),
    ]
    assert "swaleside-1" in seen.text.split("Not in this file")[1]
    assert (await administration.people(), await administration.sponsors()) == before
    found = re.search(r'name="sure" value="(\w+)"', seen.text)
    assert found
    assert (await person.post("/sponsors/import/confirm", sure="0" * 64)).status == 400
    assert (await administration.people(), await administration.sponsors()) == before
    done = await person.post("/sponsors/import/confirm", sure=found.group(1))
    assert done.at == "/sponsors?done=imported"
    handles = {entry.sponsor.handle for entry, _, _ in await administration.sponsors()}
    assert "belmarsh-9" in handles
    again = await person.post("/sponsors/import/confirm", sure=found.group(1))
    assert again.at == "/sponsors/import"


async def test_what_changed_meanwhile_is_shown_before_it_is_imported(
    desk: Desk, staff: Staff
) -> None:
    person, administration = await staff(CO_ORDINATOR), Administration(desk.directory)
    seen = await person.upload(CHANGED.encode())
    found = re.search(r'name="sure" value="(\w+)"', seen.text)
    assert found
    await administration.assign("LPP0002", "belmarsh-2", move=True)
    seen = await person.post("/sponsors/import/confirm", sure=found.group(1))
    assert (seen.status, "has changed since you looked" in seen.text) == (400, True)
    assert "belmarsh-9" not in {e.sponsor.handle for e, _, _ in await administration.sponsors()}


async def test_only_the_file_that_was_shown_is_imported(desk: Desk, staff: Staff) -> None:
    """Two tabs: the second file changes the same sponsor, to something else."""
    person, administration = await staff(CO_ORDINATOR), Administration(desk.directory)
    before = await administration.sponsors()
    first = re.search(r'name="sure" value="(\w+)"', (await person.upload(CHANGED.encode())).text)
    assert first
    await person.upload(CHANGED.replace("lead psychologist", "porter").encode())
    seen = await person.post("/sponsors/import/confirm", sure=first.group(1))
    assert (seen.status, "has changed since you looked" in seen.text) == (400, True)
    assert await administration.sponsors() == before


async def test_a_file_that_is_no_roster_does_not_fill_the_page(staff: Staff) -> None:
    person = await staff(CO_ORDINATOR)
    seen = await person.upload(("reference,sponsor\n" + "?,?\n" * 5_000).encode())
    assert seen.status == 400
    assert "10000 to put right" in seen.text
    assert seen.text.count('<th scope="row">') == 200
    assert "These are the first 200." in seen.text


@pytest.mark.parametrize("data", [b"", b"x" * 2_000_001])
async def test_no_file_and_one_too_large_are_said(staff: Staff, data: bytes) -> None:
    person = await staff(CO_ORDINATOR)
    seen = await person.upload(data)
    assert (seen.status, "CSV file of at most 2 MB" in seen.text) == (400, True)


FIRST = {"first-day": "1", "first-month": "12", "first-year": "2026"}
AWAY: list[tuple[dict[str, str], str]] = [
    ({}, "first day away"),
    ({**FIRST, "first-month": "13"}, "first day away"),
    ({**FIRST, "last-day": "3"}, "leave it empty"),
    ({**FIRST, "last-day": "30", "last-month": "11", "last-year": "2026"}, "before the first"),
    ({**FIRST, "cover": "belmarsh-1"}, "somebody else"),
    ({**FIRST, "cover": "nobody"}, "somebody else"),
]


@pytest.mark.parametrize(("fields", "said"), AWAY)
async def test_a_mistake_in_the_days_away_changes_nothing(
    desk: Desk, staff: Staff, fields: dict[str, str], said: str
) -> None:
    person = await staff(CO_ORDINATOR)
    id_ = await sponsor_id(desk, "belmarsh-1")
    seen = await person.post(f"/sponsors/{id_}/away", **fields)
    assert (seen.status, "There is a problem" in seen.text, said in seen.text) == (400, True, True)
    entry = (await Administration(desk.directory).sponsors())[0][0]
    assert entry.absence is None


async def test_a_sponsor_goes_away_and_comes_back(desk: Desk, staff: Staff) -> None:
    person = await staff(CO_ORDINATOR)
    id_ = await sponsor_id(desk, "belmarsh-1")
    fields = {"first-day": "1", "first-month": "1", "first-year": "2026", "cover": "swaleside-1"}
    assert (await person.post(f"/sponsors/{id_}/away", **fields)).at.endswith("?done=away")
    page = await person.get(f"/sponsors/{id_}?done=away")
    assert "away from 1 January 2026 until further notice" in page.text
    assert "noted as away" in page.text
    assert (await person.get("/sponsors?show=away")).text.count('<th scope="row">') == 1
    await person.post(f"/sponsors/{id_}/back")
    assert (await person.get("/sponsors?show=away")).text.count('<th scope="row">') == 0


async def test_handing_over_asks_and_moves_everybody(desk: Desk, staff: Staff) -> None:
    person, administration = await staff(CO_ORDINATOR), Administration(desk.directory)
    id_, to = await sponsor_id(desk, "belmarsh-1"), await sponsor_id(desk, "belmarsh-2")
    assert (await person.post(f"/sponsors/{id_}/hand-over", to="belmarsh-1")).status == 400
    asked = await person.post(f"/sponsors/{id_}/hand-over", to="belmarsh-2")
    assert "Hand over 2 people?" in asked.text
    sure = {"to": "belmarsh-2", "sure": "yes"}
    stale = await person.post(f"/sponsors/{id_}/hand-over", **sure, people="1")
    assert "Hand over 2 people?" in stale.text
    done = await person.post(f"/sponsors/{id_}/hand-over", **sure, people="2")
    assert done.at.endswith("?done=handed")
    held = [one for one in await administration.people() if one.until is None]
    assert [one.sponsor for one in held].count(to) == 2
    assert not [one for one in held if one.sponsor == id_]


async def test_who_needs_attention_is_counted(desk: Desk, staff: Staff) -> None:
    person, administration = await staff(CO_ORDINATOR), Administration(desk.directory)
    assert "not confirmed for 90 days (0)" in (await person.get("/sponsors")).text
    old = datetime.now(UTC) - timedelta(days=91)
    async with desk.directory.writing() as connection:
        await connection.execute(update(sponsor).values(confirmed=old))
    await administration.confirm("belmarsh-2")
    await administration.retire("swaleside-1")
    page = (await person.get("/sponsors?show=unconfirmed")).text
    assert re.findall(r">([a-z]+-\d)</a></th>", page) == ["belmarsh-1"]
    assert "People with nobody to contact (1)" in page
    page = (await person.get("/sponsors?show=left&service=belmarsh")).text
    assert "There is nobody here" in page


async def test_codes_are_shown_once_and_no_page_keeps_them(desk: Desk, staff: Staff) -> None:
    person = await staff(CO_ORDINATOR)
    wrong = await person.post("/sponsors/codes", references="LPP-0001\nLPP-7777")
    assert (wrong.status, "LPP-7777 is not a reference" in wrong.text) == (400, True)
    asked = await person.post("/sponsors/codes", references="LPP-0001\r\nLPP-0003\r\n")
    assert "Make 2 codes?" in asked.text
    assert not await Administration(desk.directory).has_code("LPP0001")
    sure = {"references": "LPP-0001\nLPP-0003", "sure": "yes", "csrf": asked.csrf}
    slips = await person.post("/sponsors/codes", False, **sure)
    assert (await person.post("/sponsors/codes", False, **sure)).status == 403  # "reload"
    codes = re.findall(r"\b(?:\w{4}-){3}\w{4}\b", slips.text)
    assert len(set(codes)) == 2
    assert slips.text.count('class="slip"') == 2
    assert slips.headers["Refresh"] == "900; url=/sponsors/codes"
    assert slips.headers["Cache-Control"] == "no-store"
    assert not re.search(r"LPP-?000\d", slips.text)
    candidate = await desk.directory.candidate("LPP0001", datetime.now(UTC))
    assert candidate is not None
    assert await desk.hasher.verify(codes[0].replace("-", ""), candidate.hashed)
    again = await person.post("/sponsors/codes", references="LPP-0001")
    assert "it stops: LPP0001" in again.text


# Operating


async def test_a_switch_asks_first_and_is_set_as_by_the_command(
    desk: Desk, staff: Staff, settings: Settings
) -> None:
    person = await staff(OFFICER)
    for wrong in ("", "topic crisis_policy", "service nowhere", "everything"):
        assert (await person.post("/switches", what=wrong, state="off")).status == 400
    asked = await person.post("/switches", what="service belmarsh", state="off")
    assert "Switch service belmarsh off?" in asked.text
    assert switches.read(settings.run).thrown == frozenset()
    await person.post("/switches", what="service belmarsh", state="off", sure="yes")
    assert switches.read(settings.run).thrown == {Switch("service", "belmarsh")}
    newest = (await desk.accounts.logged(1))[0]
    assert (newest.who, newest.action, newest.outcome, newest.about) == (
        person.name,
        "switch",
        "off",
        "service belmarsh",
    )
    assert "service belmarsh is off" in (await person.get("/switches")).text


async def test_a_switch_that_could_not_be_set_is_in_the_log_as_such(
    desk: Desk, staff: Staff, settings: Settings
) -> None:
    person = await staff(OFFICER)
    settings.run.write_text("a file where the folder should be", encoding="utf-8")
    seen = await person.post("/switches", what="sponsors", state="off", sure="yes")
    assert (seen.status, "Nothing was changed" in seen.text) == (500, True)
    assert [line.outcome for line in await desk.accounts.logged(2)] == ["failed", "off"]


async def test_the_content_is_checked_once_for_each_state_that_it_is_in(
    tmp_path: Path, settings: Settings, client: object, staff: Staff
) -> None:
    person = await staff(Role.EDITOR)
    pages = person.desk.operating
    folder = tmp_path / "content"
    shutil.copytree(settings.content, folder)
    pages._settings = settings.model_copy(update={"content": folder})
    assert "nonsense" not in (await person.get("/content/check")).text
    first = pages._checked
    assert (await person.get("/content/check")).status == 200
    assert pages._checked is first
    file = folder / "services" / "belmarsh.yml"
    file.write_text(file.read_text(encoding="utf-8") + "\nnonsense: true\n", encoding="utf-8")
    page = (await person.get("/content/check")).text
    assert re.search(r"<li>services/belmarsh\.yml:\d+: .*nonsense", page)
    assert str(tmp_path) not in page


async def test_crisis_counts_have_no_words(staff: Staff, settings: Settings) -> None:
    person = await staff(OFFICER)
    assert "Nothing was recorded" in (await person.get("/crisis")).text
    settings.audit.mkdir(exist_ok=True)
    line = '{"hour": "2026-11-25T10", "kind": "crisis", "category": "suicide", "who": "self", "decided_by": "rule:x", "version": "v"}\n'
    (settings.audit / "crisis-2026-11-25.jsonl").write_text(line * 3, encoding="utf-8")
    page = (await person.get("/crisis")).text
    assert '<th scope="row">2026-11-25</th><td>3 <meter' in page
    assert "<td>suicide</td><td>self</td><td>3</td>" in page


async def test_crisis_counts_by_what_they_are_about(staff: Staff, settings: Settings) -> None:
    person = await staff(OFFICER)
    settings.audit.mkdir(exist_ok=True)
    lines = [
        ("crisis", "suicide", "rule:x"),
        ("crisis", "suicide", "classifier"),
        ("crisis", "violence", "rule:x"),
        ("help", "page", ""),
        ("concern", "", "rule:y"),
    ]
    text_ = "".join(
        f'{{"hour": "2026-11-25T10", "kind": "{kind}", "category": "{category}", "who": "", '
        f'"decided_by": "{decider}", "version": "v1"}}\n'
        for kind, category, decider in lines
    )
    (settings.audit / "crisis-2026-11-25.jsonl").write_text(text_, encoding="utf-8")
    page = (await person.get("/crisis")).text
    found = re.findall(r'<th scope="row">([^<]+)</th>(?:<td>v1</td>)?<td>(\d+) <meter', page)
    assert found == [
        ("2026-11-25", "3"),
        *[("suicide", "2"), ("violence", "1")],
        ("page", "1"),
        *[("rule:x", "2"), ("classifier", "1")],
    ]


async def test_a_report_is_a_task_without_words(desk: Desk, staff: Staff) -> None:
    person = await staff(OFFICER)
    await person.post("/crisis/reports", wrong="miss", category="suicide")
    await person.post("/crisis/reports", wrong="false-alarm", category="")
    page = (await person.get("/crisis/reports?done=reported")).text
    rows = re.findall(r'<th scope="row">(\d)</th><td>[^<]+</td><td>([^<]+)</td><td>([^<]+)', page)
    assert rows == [
        ("2", person.name, "Help was shown for words that were no crisis"),
        ("1", person.name, "A crisis was not noticed"),
    ]
    assert (await person.post("/crisis/reports/1/close")).at == "/crisis/reports?done=looked_into"
    assert f"by {person.name}" in (await person.get("/crisis/reports")).text
    assert (await person.post("/crisis/reports/1/close")).status == 404
    assert (await person.post("/crisis/reports/7/close")).status == 404
    logged = [(line.action, line.outcome) for line in await desk.accounts.logged(3)]
    assert logged == [("close report", "done"), ("report", "false-alarm"), ("report", "miss")]


@pytest.mark.parametrize(
    "fields",
    [
        {"wrong": "", "category": "suicide"},
        {"wrong": "he said that he", "category": ""},
        {"wrong": "miss", "category": "he said that he"},
    ],
)
async def test_no_words_get_into_a_report(desk: Desk, staff: Staff, fields: dict[str, str]) -> None:
    person = await staff(OFFICER)
    seen = await person.post("/crisis/reports", **fields)
    assert (seen.status, "There is a problem" in seen.text) == (400, True)
    assert "There is none." in seen.text


async def test_the_hazard_log_is_shown_where_it_is(
    staff: Staff, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    person = await staff(OFFICER)
    assert "H1: Crisis language is not recognised" in (await person.get("/crisis/hazards")).text
    monkeypatch.setattr("bot.staff.pages.safety.HAZARDS", tmp_path / "none.md")
    assert "not on this machine" in (await person.get("/crisis/hazards")).text


async def test_a_directory_that_is_down_is_said(desk: Desk, staff: Staff) -> None:
    person = await staff(CO_ORDINATOR)
    async with desk.directory.writing() as connection:
        await connection.execute(text("ALTER TABLE sponsor RENAME TO gone"))
    seen = await person.get("/sponsors")
    assert (seen.status, "cannot be reached" in seen.text) == (503, True)


SORTED = [
    ("handle", ["belmarsh-1", "belmarsh-2", "swaleside-1"]),
    ("-handle", ["swaleside-1", "belmarsh-2", "belmarsh-1"]),
    ("name", ["belmarsh-2", "swaleside-1", "belmarsh-1"]),
    ("-people", ["belmarsh-1", "swaleside-1", "belmarsh-2"]),
    ("-service", ["swaleside-1", "belmarsh-1", "belmarsh-2"]),
    ("-state", ["belmarsh-2", "belmarsh-1", "swaleside-1"]),
    ("confirmed", ["swaleside-1", "belmarsh-2", "belmarsh-1"]),
    ("nonsense", ["belmarsh-1", "belmarsh-2", "swaleside-1"]),
]


async def test_tables_are_sorted_and_filtered_on_the_server(desk: Desk, staff: Staff) -> None:
    person, administration = await staff(CO_ORDINATOR), Administration(desk.directory)
    await administration.confirm("belmarsh-2")
    await administration.confirm("belmarsh-1")
    await administration.retire("belmarsh-2")
    for sort, handles in SORTED:
        page = (await person.get(f"/sponsors?sort={sort}")).text
        assert re.findall(r">([a-z]+-\d)</a></th>", page) == handles, sort
    page = (await person.get("/sponsors?show=all&service=belmarsh&sort=-people")).text
    assert (
        'aria-sort="descending"><a href="/sponsors?show=all&service=belmarsh&sort=people"' in page
    )
    assert 'name="sort" value="-people"' in page

    other = await staff(ADMINISTRATOR)
    page = (await other.get("/accounts?sort=-name")).text
    assert re.findall(r'"row">([a-z-]+)\.example', page) == ["co-ordinator", "administrator"]
    page = (await other.get("/accounts?role=administrator")).text
    assert re.findall(r'"row">([a-z-]+)\.example', page) == ["administrator"]
    page = (await other.get("/log?action=invite")).text
    assert page.count("<td>invite</td>") == page.count('<th scope="row">') == 2
    assert "<td>sign in</td>" in (await other.get("/log?action=nonsense")).text
