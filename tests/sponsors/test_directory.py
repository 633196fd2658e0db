"""The directory, the same on SQLite and on PostgreSQL."""

import asyncio
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection, func, select, text
from sqlalchemy.exc import SQLAlchemyError

from bot.errors import SettingsError
from bot.sponsors import hashing, tables
from bot.sponsors.administration import Administration, Changes
from bot.sponsors.hashing import THREADS, CodeHasher
from bot.sponsors.keys import SealError, add_key, read_keys
from bot.sponsors.lookup import LookUp
from bot.sponsors.model import Absence, Status
from bot.sponsors.roster import Roster, read_roster
from bot.sponsors.sessions import Sessions
from bot.sponsors.store import Directory, DirectoryError
from tests.sponsors.conftest import SERVICES
from tests.sponsors.examples import ROSTER, sponsor

NOW = datetime.now(UTC)


def roster(text_: str = ROSTER, known: tuple[str, ...] = ()) -> Roster:
    read, mistakes = read_roster(text_.encode(), SERVICES, known)
    assert mistakes == []
    return read


async def whose(directory: Directory, reference: str) -> list[str]:
    """The handles that somebody would see, own sponsor first."""
    candidate = await directory.candidate(reference, NOW)
    listing = await directory.listing(candidate.person) if candidate else None
    return [entry.sponsor.handle for entry in listing.entries] if listing else []


async def count(directory: Directory, table: str) -> int:
    async with directory.reading() as connection:
        return int(
            (
                await connection.execute(
                    select(func.count()).select_from(tables.metadata.tables[table])
                )
            ).scalar_one()
        )


@pytest.fixture
async def filled(administration: Administration) -> Administration:
    await administration.load(roster())
    return administration


async def test_an_import_is_idempotent_and_counts_what_it_does(
    directory: Directory, administration: Administration
) -> None:
    assert await administration.load(roster(), dry_run=True) == Changes(
        sponsors_added=3, assigned=3
    )
    assert await count(directory, "sponsor") == await count(directory, "audit") == 0
    assert await administration.load(roster()) == Changes(sponsors_added=3, assigned=3)
    rows = {table: await count(directory, table) for table in ("sponsor", "person", "assignment")}
    assert await administration.load(roster()) == Changes(unchanged=3)
    assert (
        rows
        == {"sponsor": 3, "person": 3, "assignment": 3}
        == {table: await count(directory, table) for table in rows}
    )
    assert await whose(directory, "LPP0001") == ["belmarsh-1", "belmarsh-2"]
    assert await administration.load(
        roster(ROSTER.replace("Sam Example", "Sam Newname"))
    ) == Changes(sponsors_changed=1, unchanged=3)
    moved = roster("reference,sponsor\nLPP-0002,swaleside-1\n", ("swaleside-1",))
    assert await administration.load(moved) == Changes(reassigned=1)


async def test_an_import_is_all_or_nothing(
    directory: Directory, administration: Administration
) -> None:
    broken = replace(roster(), assignments={**roster().assignments, "LPP0009": "nobody-1"})
    with pytest.raises(DirectoryError, match="there is no sponsor nobody-1"):
        await administration.load(broken)
    assert [
        await count(directory, table) for table in ("sponsor", "person", "assignment", "audit")
    ] == [0, 0, 0, 0]


async def test_who_is_reassigned_sees_the_new_sponsor_and_the_history_stays(
    directory: Directory, filled: Administration
) -> None:
    with pytest.raises(DirectoryError, match="use reassign"):
        await filled.assign("LPP0002", "swaleside-1")
    with pytest.raises(DirectoryError, match="use assign"):
        await filled.assign("LPP0099", "swaleside-1", move=True)
    await filled.assign("LPP0002", "swaleside-1", move=True)
    assert await whose(directory, "LPP0002") == ["swaleside-1"]
    assert await whose(directory, "LPP0099") == []
    candidate = await directory.candidate("LPP0002", NOW)
    assert candidate is not None
    people = [held for held in await filled.people() if held.person == candidate.person]
    assert [held.until is None for held in people] == [False, True]


async def test_covers_are_followed_and_never_in_a_circle(
    directory: Directory, filled: Administration
) -> None:
    await filled.absent("belmarsh-1", Absence(date(2026, 11, 25)), "swaleside-1")
    await filled.absent("swaleside-1", Absence(date(2026, 11, 25)), "belmarsh-2")
    await filled.absent("belmarsh-2", None, "belmarsh-1")
    assert await whose(directory, "LPP0001") == ["belmarsh-1", "swaleside-1", "belmarsh-2"]
    with pytest.raises(DirectoryError, match="cover for themselves"):
        await filled.absent("belmarsh-1", None, "belmarsh-1")
    with pytest.raises(DirectoryError, match="no sponsor nobody"):
        await filled.absent("belmarsh-1", None, "nobody")


async def test_who_has_left_is_shown_as_such_and_comes_back_with_an_import(
    directory: Directory, filled: Administration
) -> None:
    assert await filled.retire("belmarsh-1") == 2
    assert {entry.sponsor.handle: entry.status for entry, _, _ in await filled.sponsors()}[
        "belmarsh-1"
    ] is Status.LEFT
    assert await filled.load(roster()) == Changes(sponsors_changed=1, unchanged=3)


async def test_a_code_opens_until_it_is_replaced_revoked_or_over(
    directory: Directory, filled: Administration, hasher: CodeHasher
) -> None:
    async def opens(code: str, days: int = 0) -> bool:
        candidate = await directory.candidate("LPP0001", NOW + timedelta(days=days))
        assert candidate is not None
        return candidate.is_live and await hasher.verify(code.replace("-", ""), candidate.hashed)

    assert not (await directory.candidate("LPP0001", NOW)).is_live  # type: ignore[union-attr]
    first = await filled.issue(hasher, "LPP0001", days=30)
    assert (
        first.replaced,
        await opens(first.code),
        await opens(first.code, 29),
        await opens(first.code, 31),
    ) == (False, True, True, False)
    second = await filled.issue(hasher, "LPP0001")
    assert (second.replaced, await opens(first.code), await opens(second.code)) == (
        True,
        False,
        True,
    )
    assert (
        await filled.revoke("LPP0001"),
        await opens(second.code),
        await filled.revoke("LPP0001"),
    ) == (True, False, False)
    with pytest.raises(DirectoryError, match="nobody with this reference"):
        await filled.issue(hasher, "LPP0077")
    async with directory.reading() as connection:
        stored = str((await connection.execute(select(tables.access_code))).all())
    assert first.code not in stored
    assert first.code.replace("-", "") not in stored


async def test_two_administrators_at_once_leave_one_code(
    directory: Directory, filled: Administration, hasher: CodeHasher
) -> None:
    issued = await asyncio.gather(
        *(filled.issue(hasher, "LPP0001") for _ in range(4)), return_exceptions=True
    )
    codes = [one.code for one in issued if not isinstance(one, BaseException)]
    assert codes
    assert all(isinstance(one, SQLAlchemyError) for one in issued if isinstance(one, BaseException))
    async with directory.reading() as connection:
        valid = (
            select(func.count())
            .select_from(tables.access_code)
            .where(tables.access_code.c.revoked.is_(None))
        )
        assert (await connection.execute(valid)).scalar_one() == 1
    candidate = await directory.candidate("LPP0001", datetime.now(UTC))
    assert candidate is not None
    assert any([await hasher.verify(code.replace("-", ""), candidate.hashed) for code in codes])


async def test_failed_tries_stay_in_the_audit_whatever_is_rolled_back(
    directory: Directory, filled: Administration
) -> None:
    before = len(await filled.audited(NOW - timedelta(days=1)))

    async def fails() -> None:
        async with directory.reading() as connection:
            await connection.execute(select(tables.person))
            await directory.note("look-up", "refused", person=None, reference="UNKNOWN1")
            raise RuntimeError("rolled back")

    for _ in range(2):
        with pytest.raises(RuntimeError):
            await fails()
    await directory.note("look-up", "refused", person=None, reference="UNKNOWN2")
    tried = [record.tried for record in (await filled.audited(NOW - timedelta(days=1)))[before:]]
    assert len(tried) == 3
    assert tried[0] == tried[1] != tried[2]
    assert not any("UNKNOWN" in one for one in tried)


async def test_purging_deletes_what_is_over_and_nothing_else(
    directory: Directory, filled: Administration, hasher: CodeHasher
) -> None:
    await filled.issue(hasher, "LPP0001", days=1)
    await filled.issue(hasher, "LPP0003", days=90)
    await filled.assign("LPP0002", "swaleside-1", move=True)
    await filled.retire("belmarsh-2")  # still a cover
    assert await filled.purge(NOW - timedelta(days=1)) == 0
    assert await filled.purge(NOW + timedelta(days=2)) > 0
    assert [
        await count(directory, table) for table in ("access_code", "assignment", "sponsor", "audit")
    ] == [1, 3, 3, 1]
    await filled.absent("belmarsh-1", None, "swaleside-1")
    await filled.purge(NOW + timedelta(days=2))
    assert await count(directory, "sponsor") == 2
    assert await whose(directory, "LPP0001") == ["belmarsh-1", "swaleside-1"]


async def test_one_person_can_be_forgotten(
    directory: Directory, filled: Administration, hasher: CodeHasher
) -> None:
    await filled.issue(hasher, "LPP0001")
    await filled.forget("LPP0001")
    assert await directory.candidate("LPP0001", NOW) is None
    assert [await count(directory, table) for table in ("person", "assignment", "access_code")] == [
        2,
        2,
        0,
    ]
    with pytest.raises(DirectoryError, match="nobody"):
        await filled.forget("LPP0001")


def drop_older_keys(file: Path) -> None:
    file.write_text(file.read_text().splitlines()[0])


async def test_keys_can_be_rotated_and_the_old_one_dropped(
    directory: Directory, filled: Administration, url: str, key_file: Path
) -> None:
    def administer() -> tuple[Directory, Administration]:
        opened = Directory(url, read_keys(key_file))
        return opened, Administration(opened)

    add_key(key_file)
    both, work = administer()
    assert await whose(both, "LPP0001") == ["belmarsh-1", "belmarsh-2"]
    assert await work.rotate() == (3, 3)
    assert await work.load(roster()) == Changes(unchanged=3)
    assert await work.rotate() == (3, 0)
    await both.close()
    drop_older_keys(key_file)
    newest, work = administer()
    assert await whose(newest, "LPP0001") == ["belmarsh-1", "belmarsh-2"]
    assert await work.add(sponsor()) is False
    await newest.close()


async def test_a_row_copied_over_another_does_not_open(
    directory: Directory, filled: Administration
) -> None:
    async with directory.writing() as connection:
        ids = list((await connection.execute(select(tables.sponsor.c.id))).scalars())
        sealed = (
            select(tables.sponsor.c.sealed).where(tables.sponsor.c.id == ids[0]).scalar_subquery()
        )
        await connection.execute(
            tables.sponsor.update().where(tables.sponsor.c.id == ids[1]).values(sealed=sealed)
        )
    with pytest.raises(SealError):
        await filled.sponsors()


async def test_the_migrations_make_the_tables_of_the_code(directory: Directory) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), tables.metadata))

    async with directory.reading() as connection:
        assert await connection.run_sync(differences) == []
    assert await directory.is_current()
    await directory.upgrade()  # a second time changes nothing


async def test_an_empty_database_is_not_taken_for_a_directory(
    url: str, directory: Directory
) -> None:
    async with directory.writing() as connection:
        await connection.execute(text("DELETE FROM alembic_version"))
    assert not await directory.is_current()


async def test_nothing_of_a_person_is_in_the_database_in_the_open(
    directory: Directory, administration: Administration, hasher: CodeHasher, url: str
) -> None:
    canary = (
        ROSTER.replace("Sam Example", "Canarina Vogel")
        .replace("020 7946 0101", "020 7946 0999")
        .replace("LPP-0001", "CANARY-77")
    )
    await administration.load(roster(canary.replace("belmarsh-1", "canary-handle")))
    code = (await administration.issue(hasher, "CANARY77")).code
    await directory.note("look-up", "refused", person=None, reference="CANARY88")
    await directory.close()
    written = "".join(
        [
            str(row)
            for table in tables.metadata.sorted_tables
            for row in await _rows(directory, table.name)
        ]
        if url.startswith("postgresql")
        else [
            file.read_bytes().decode("latin-1")
            for file in Path(url.removeprefix("sqlite:///")).parent.glob("sponsors.db*")
        ]
    )
    assert "look-up" in written
    for secret in (
        "Canarina",
        "Vogel",
        "7946",
        "0999",
        "CANARY",
        "canary-handle",
        "psychologist",
        "trust.example",
        code,
        code.replace("-", ""),
    ):
        assert secret not in written, secret


async def _rows(directory: Directory, table: str) -> list[object]:
    async with directory.reading() as connection:
        return list((await connection.execute(text(f"SELECT * FROM {table}"))).all())


def test_a_new_database_file_is_for_us_only(tmp_path: Path, key_file: Path) -> None:
    async def make() -> None:
        made = Directory(f"sqlite:///{tmp_path}/new.db", read_keys(key_file))
        await made.upgrade()
        await made.close()

    asyncio.run(make())
    assert [file.name for file in tmp_path.glob("new.db*") if file.stat().st_mode & 0o077] == []


BAD_URLS = ["nonsense", "mysql://a@b/c", "sqlite://", "sqlite:///:memory:"]


@pytest.mark.parametrize("bad", BAD_URLS)
def test_a_bad_address_is_named_and_never_quoted(bad: str, key_file: Path) -> None:
    with pytest.raises(SettingsError, match="SIGNPOST_SPONSOR_DATABASE"):
        Directory(bad, read_keys(key_file))


async def test_a_household_of_many_addresses_has_one_turn(
    directory: Directory,
    filled: Administration,
    hasher: CodeHasher,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = (await filled.issue(hasher, "LPP0001")).code
    monkeypatch.setattr(hashing, "WAITING_MAX", 8)
    hash_on = threading.Event()
    fits = CodeHasher._is
    monkeypatch.setattr(CodeHasher, "_is", lambda *given: hash_on.wait() and fits(*given))
    look_up = LookUp(directory, Sessions(), now=lambda: NOW)

    async def outcome(address: str) -> str:
        return (await look_up.look_up("LPP0001", code, address, "")).kind

    flood = [asyncio.create_task(outcome(f"2001:db8:1:{n:x}::/64")) for n in range(8 + THREADS)]
    await asyncio.sleep(0.5)
    other = asyncio.create_task(outcome("2001:db8:2::/64"))
    await asyncio.sleep(0.5)
    hash_on.set()
    assert await other == "found"
    await asyncio.gather(*flood)
