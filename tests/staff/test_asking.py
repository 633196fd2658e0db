"""Sponsors are asked, by a link that opens once, whether their details are right."""

import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import text, update

from bot.settings import Settings
from bot.sponsors.administration import Administration
from bot.sponsors.checks import ASKED_FOR, Checks
from bot.sponsors.masking import masked_route, masked_words
from bot.sponsors.model import Route, RouteKind
from bot.sponsors.store import Directory, DirectoryError
from bot.sponsors.tables import sponsor
from bot.staff.app import Desk, create_answering
from bot.staff.model import Role
from bot.staff.pages.answering import TRIES
from tests.sponsors.conftest import directory, key_file, keyring, url
from tests.sponsors.test_directory import roster
from tests.staff.conftest import Person, Staff
from tests.staff.test_desk import sponsor_id

__all__ = ["directory", "key_file", "keyring", "url"]

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
LINK = re.compile(r"http://127\.0\.0\.1:8098(/confirm\?link=[\w-]{43})")


@pytest.fixture
async def outside(desk: Desk, settings: Settings) -> AsyncIterator[Person]:
    """A sponsor, who reaches the page of sponsors and no desk."""
    server = TestServer(create_answering(desk, settings))
    async with TestClient(server, cookie_jar=aiohttp.DummyCookieJar()) as opened:
        yield Person(desk, opened)


async def asked(person: Person, *handles: str) -> list[str]:
    """The links that a co-ordinator gets, as paths."""
    ids = [await sponsor_id(person.desk, handle) for handle in handles]
    page = await person.post("/sponsors/ask", whom=" ".join(ids))
    assert page.status == 200
    return LINK.findall(page.text)


async def answer(outside: Person, link: str, said: str) -> int:
    token = link.partition("=")[2]
    return (await outside.post("/confirm", False, link=token, answer=said)).status


async def make_old(desk: Desk) -> None:
    async with desk.directory.writing() as connection:
        old = datetime.now(UTC) - timedelta(days=91)
        await connection.execute(update(sponsor).values(confirmed=old))


async def unconfirmed(person: Person) -> list[str]:
    page = (await person.get("/sponsors?show=unconfirmed")).text
    return re.findall(r">([a-z]+-\d)</a></th>", page)


async def test_who_says_that_all_is_right_is_confirmed_once(
    desk: Desk, staff: Staff, outside: Person
) -> None:
    person = await staff(Role.CO_ORDINATOR)
    await make_old(desk)
    (link,) = await asked(person, "belmarsh-1")
    assert "belmarsh-1" in await unconfirmed(person)
    assert await answer(outside, link, "right") == 200
    assert await unconfirmed(person) == ["belmarsh-2", "swaleside-1"]
    assert await answer(outside, link, "right") == 410
    assert (await outside.get(link)).status == 410
    line = (await desk.accounts.logged(1))[0]
    id_ = await sponsor_id(desk, "belmarsh-1")
    assert (line.who, line.action, line.outcome) == ("link of a sponsor", "answer", "right")
    assert line.about == id_


async def test_who_says_that_something_is_wrong_is_shown_until_it_is_put_right(
    desk: Desk, staff: Staff, outside: Person
) -> None:
    person = await staff(Role.CO_ORDINATOR)
    await make_old(desk)
    (link,) = await asked(person, "belmarsh-1")
    assert await answer(outside, link, "wrong") == 200
    assert "belmarsh-1" in await unconfirmed(person)
    assert await answer(outside, link, "right") == 410
    assert "something is wrong" in (await person.get("/sponsors?show=wrong")).text
    await asked(person, "belmarsh-1")
    assert "who say that something is wrong (1)" in (await person.get("/sponsors")).text
    await person.post(f"/sponsors/{await sponsor_id(desk, 'belmarsh-1')}/confirm")
    assert "who say that something is wrong (0)" in (await person.get("/sponsors")).text


async def test_looking_changes_nothing_however_often(
    desk: Desk, staff: Staff, outside: Person
) -> None:
    """Mail scanners follow links."""
    (link,) = await asked(await staff(Role.CO_ORDINATOR), "belmarsh-1")
    before = await Checks(desk.directory).all()
    for _ in range(TRIES + 5):
        assert (await outside.get(link)).status == 200
        assert (await outside._send("HEAD", link)).status == 200
    assert await Checks(desk.directory).all() == before


async def test_the_page_shows_their_own_details_with_most_hidden(
    staff: Staff, outside: Person
) -> None:
    person = await staff(Role.CO_ORDINATOR)
    first, second = await asked(person, "belmarsh-1", "swaleside-1")
    seen = await outside.get(first)
    for shown in ("S•••• E••••", "psychologist", "••••0101", "s••••@trust.example", "09:00"):
        assert shown in seen.text
    assert not re.search(r"Sam|Example<|7946|sam@|belmarsh-\d|Jo |LPP", seen.text)
    assert "••••0103" in (await outside.get(second)).text
    assert seen.headers["Referrer-Policy"] == "no-referrer"
    assert seen.headers["Cache-Control"] == "no-store"
    assert "default-src 'none'" in seen.headers["Content-Security-Policy"]
    assert 'href="/"' not in seen.text


MASKED: list[tuple[RouteKind, str, str]] = [
    ("phone", "020 7946 0101", "••••0101"),
    ("phone", "+44 20 7946 0101 ext 45", "••••0145"),
    ("text", "07700 900103", "••••0103"),
    ("phone", "0101", "••••01"),
    ("email", "sam@trust.example", "s••••@trust.example"),
    ("in_person", "Ask at the PIPE office", "A•••• a•••• t•••• P•••• o••••"),
]


@pytest.mark.parametrize(("kind", "value", "shown"), MASKED)
def test_of_a_contact_little_is_shown(kind: RouteKind, value: str, shown: str) -> None:
    assert masked_route(Route(kind, value)) == shown


def test_of_a_name_the_initials_are_shown() -> None:
    assert masked_words("Sam  de Example") == "S•••• d•••• E••••"


@pytest.mark.parametrize("given", ["", "x", "x" * 43, "ü" * 43, "x" * 44, "../" * 20])
async def test_what_is_no_link_opens_nothing(outside: Person, given: str) -> None:
    for status in (
        (await outside.get(f"/confirm?link={given}")).status,
        await answer(outside, f"={given}", "right"),
    ):
        assert status == 410


async def test_an_answer_that_there_is_not_uses_nothing_up(staff: Staff, outside: Person) -> None:
    (link,) = await asked(await staff(Role.CO_ORDINATOR), "belmarsh-1")
    for said in ("", "maybe", "RIGHT"):
        assert await answer(outside, link, said) == 410
    assert await answer(outside, link, "right") == 200


async def test_no_form_of_another_site_answers(staff: Staff, outside: Person) -> None:
    (link,) = await asked(await staff(Role.CO_ORDINATOR), "belmarsh-1")
    fields = {"link": link.partition("=")[2], "answer": "right"}
    elsewhere = {"Sec-Fetch-Site": "cross-site"}
    async with outside.client.post("/confirm", data=fields, headers=elsewhere) as response:
        assert response.status == 403
    async with outside.client.get(link, headers={"Host": "rebound.example"}) as response:
        assert response.status == 421
    assert await answer(outside, link, "right") == 200


async def test_who_guesses_has_to_wait_and_others_need_not(
    desk: Desk, settings: Settings, staff: Staff
) -> None:
    """Behind a proxy of ours, by the address that it saw."""
    (link,) = await asked(await staff(Role.CO_ORDINATOR), "belmarsh-1")
    behind = settings.model_copy(update={"confirm_origin": "https://confirm.trust.example"})
    host = {"Host": "confirm.trust.example"}
    async with TestClient(TestServer(create_answering(desk, behind))) as opened:

        async def status(path: str, address: str) -> int:
            # What stands before the proxy's own entry is the client's invention.
            headers = {**host, "X-Forwarded-For": f"203.0.113.{len(path)}, {address}"}
            async with opened.get(path, headers=headers) as response:
                assert "Strict-Transport-Security" in response.headers
                return response.status

        for number in range(TRIES):
            assert await status(f"/confirm?link={number * 'x'}", "192.0.2.1") == 410
        assert await status(link, "192.0.2.1") == 429
        assert await status(link, "192.0.2.2") == 200


async def test_nothing_of_the_desk_is_on_the_port_of_sponsors(
    outside: Person, desk: Desk, staff: Staff
) -> None:
    outside.cookie = (await staff(Role.CO_ORDINATOR)).cookie
    for path in ("/", "/sign-in", "/sponsors", "/set-up", "/log"):
        assert (await outside.get(path)).status == 404
    router: Any = outside.client.server.app.router  # type: ignore[attr-defined]
    paths = {route.resource.canonical for route in router.routes()}
    assert paths == {"/confirm", "/staff.css", "/icon.svg"}


async def test_a_co_ordinator_is_asked_first_and_sees_links_once(desk: Desk, staff: Staff) -> None:
    person = await staff(Role.CO_ORDINATOR)
    ids = [await sponsor_id(desk, handle) for handle in ("belmarsh-1", "belmarsh-2")]
    form = await person.get(f"/sponsors/ask?whom={ids[0]}&whom={ids[1]}")
    assert "Ask 2 sponsors to confirm?" in form.text
    assert await Checks(desk.directory).all() == {}
    fields = {"whom": " ".join(ids), "csrf": form.csrf}
    page = await person.post("/sponsors/ask", False, **fields)
    assert len(set(LINK.findall(page.text))) == 2
    assert page.headers["Refresh"] == "900; url=/sponsors"
    assert (await person.post("/sponsors/ask", False, **fields)).status == 403  # "reload"
    again = await person.get(f"/sponsors/ask?whom={ids[0]}")
    assert re.search(r"The link of .* stops", again.text)


@pytest.mark.parametrize("whom", ["", "0" * 16, "nobody", "left"])
async def test_only_who_is_in_the_directory_is_asked(desk: Desk, staff: Staff, whom: str) -> None:
    person = await staff(Role.CO_ORDINATOR)
    await Administration(desk.directory).retire("swaleside-1")
    here, left = [await sponsor_id(desk, handle) for handle in ("belmarsh-1", "swaleside-1")]
    given = left if whom == "left" else whom
    assert (await person.post("/sponsors/ask", whom=given)).status == 400
    if given:
        assert (await person.post("/sponsors/ask", whom=f"{here} {given}")).status == 400
    assert await Checks(desk.directory).all() == {}


async def test_without_a_port_for_them_nobody_is_asked(desk: Desk, staff: Staff) -> None:
    person = await staff(Role.CO_ORDINATOR)
    id_ = await sponsor_id(desk, "belmarsh-1")
    assert "Ask to confirm" in (await person.get(f"/sponsors/{id_}")).text
    pages = [address.page for address in desk.addresses if address.path == "/sponsors/ask"]
    pages[0].__self__._link_start = None  # type: ignore[attr-defined]
    assert (await person.get(f"/sponsors/ask?whom={id_}")).status == 404
    assert "Ask to confirm" not in (await person.get(f"/sponsors/{id_}")).text
    assert 'name="whom"' not in (await person.get("/sponsors")).text


# What the table promises, on each database.


async def filled(directory: Directory) -> str:
    administration = Administration(directory)
    await administration.load(roster())
    return (await administration.sponsors())[0][0].id


async def test_a_link_is_over_after_a_week(directory: Directory) -> None:
    id_ = await filled(directory)
    token = (await Checks(directory, lambda: NOW).ask([id_]))[id_]
    nearly = Checks(directory, lambda: NOW + ASKED_FOR - timedelta(seconds=1))
    over = Checks(directory, lambda: NOW + ASKED_FOR)
    assert (await nearly.opened(token)) is not None
    assert await over.opened(token) is None
    assert not await over.answer(token, is_right=True)
    check = (await over.all())[id_]
    assert (check.waits(NOW), check.waits(NOW + ASKED_FOR)) == (True, False)


async def test_the_database_never_holds_what_opens_a_link(directory: Directory) -> None:
    id_ = await filled(directory)
    token = (await Checks(directory).ask([id_]))[id_]
    async with directory.reading() as connection:
        kept = [*await connection.execute(text("SELECT token FROM sponsor_check"))]
    assert len(kept) == 1
    assert token not in str(kept)
    assert await Checks(directory).opened(str(kept[0][0])) is None


@pytest.mark.parametrize("how", ["asked again", "confirmed", "changed", "left"])
async def test_a_link_stops_when_it_is_not_needed_any_more(directory: Directory, how: str) -> None:
    id_, checks = await filled(directory), Checks(directory)
    administration = Administration(directory)
    token = (await checks.ask([id_]))[id_]
    match how:
        case "asked again":
            await checks.ask([id_])
        case "confirmed":
            await administration.confirm("belmarsh-1")
        case "changed":
            one = (await administration.sponsors())[0][0].sponsor
            await administration.add(type(one)(one.handle, "Pat Invented", *_rest(one)))
        case "left":
            await administration.retire("belmarsh-1")
    assert await checks.opened(token) is None
    assert not await checks.answer(token, is_right=True)


def _rest(one: Any) -> tuple[Any, ...]:
    return one.role, one.service, one.routes


async def test_all_are_asked_or_nobody(directory: Directory) -> None:
    id_ = await filled(directory)
    with pytest.raises(DirectoryError):
        await Checks(directory).ask([id_, "0" * 16])
    assert await Checks(directory).all() == {}
