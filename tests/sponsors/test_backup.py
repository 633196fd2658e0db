"""A backup holds all of the directory and opens nothing by itself; what is not whole is refused."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from bot.sponsors.administration import Administration
from bot.sponsors.backup import _digest, back_up, restore
from bot.sponsors.hashing import CodeHasher
from bot.sponsors.keys import Keyring, SealError, add_key, read_keys
from bot.sponsors.lookup import LookUp
from bot.sponsors.model import Absence
from bot.sponsors.roster import Roster
from bot.sponsors.sessions import Sessions
from bot.sponsors.store import Directory, DirectoryError
from tests.sponsors.conftest import POSTGRES, empty_postgres
from tests.sponsors.test_directory import roster

NOW = datetime.now(UTC)


@pytest.fixture
async def lines(
    directory: Directory, administration: Administration, hasher: CodeHasher
) -> list[str]:
    await administration.load(roster())
    await administration.absent("belmarsh-1", Absence(date(2026, 11, 25)), "swaleside-1")
    await administration.issue(hasher, "LPP0001")
    return await back_up(directory)


async def test_what_was_backed_up_is_there_again_in_an_empty_database(
    directory: Directory,
    administration: Administration,
    hasher: CodeHasher,
    keyring: Keyring,
    tmp_path: Path,
) -> None:
    await administration.load(roster())
    await administration.absent("belmarsh-1", Absence(date(2026, 11, 25)), "swaleside-1")
    code = (await administration.issue(hasher, "LPP0001")).code.replace("-", "")
    lines = await back_up(directory)
    other = Directory(f"sqlite:///{tmp_path}/restored.db", keyring)
    await other.upgrade()
    try:
        assert await restore(other, lines) == len(lines) - 2
        assert await Administration(other).people() == await administration.people()
        assert await Administration(other).sponsors() == await administration.sponsors()
        candidate = await other.candidate("LPP0001", NOW)
        assert candidate is not None
        assert await hasher.verify(code, candidate.hashed)
        past = NOW - timedelta(days=1)
        kept = [record.action for record in await administration.audited(past)]
        again = [record.action for record in await Administration(other).audited(past)]
        assert kept[-1] == "backup"
        assert again == [*kept[:-1], "restore"]
        with pytest.raises(DirectoryError, match="not empty"):
            await restore(other, lines)
    finally:
        await other.close()


async def test_a_backup_of_before_the_desk_can_be_restored(
    directory: Directory, administration: Administration, keyring: Keyring, tmp_path: Path
) -> None:
    await administration.load(roster())
    head, *body, _ = await back_up(directory)
    rows = [json.loads(line) for line in body]
    for row in rows:
        row["row"].pop("confirmed", None)
    older = [head, *map(json.dumps, rows)]
    other = Directory(f"sqlite:///{tmp_path}/restored.db", keyring)
    await other.upgrade()
    try:
        foot = {"rows": len(rows), "sha256": _digest(older)}
        assert await restore(other, [*older, json.dumps(foot)]) == len(rows)
        assert await Administration(other).sponsors() == await administration.sponsors()
        assert set((await Administration(other).confirmed()).values()) == {None}
    finally:
        await other.close()


async def test_a_backup_goes_into_the_other_kind_of_database_too(
    directory: Directory,
    administration: Administration,
    hasher: CodeHasher,
    keyring: Keyring,
    tmp_path: Path,
) -> None:
    await administration.load(roster())
    code = (await administration.issue(hasher, "LPP0001")).code.replace("-", "")
    people = await administration.people()
    lines = await back_up(directory)
    await empty_postgres()
    other = Directory(POSTGRES, keyring)
    await other.upgrade()
    try:
        assert await restore(other, lines) == len(lines) - 2
        assert await Administration(other).people() == people
        candidate = await other.candidate("LPP0001", NOW)
        assert candidate is not None
        assert await hasher.verify(code, candidate.hashed)
        # What is written next gets a number that no restored line has.
        await Administration(other).absent("belmarsh-1", Absence(date(2026, 11, 25)), "swaleside-1")
    finally:
        await other.close()


async def test_with_another_key_file_nothing_is_restored(lines: list[str], tmp_path: Path) -> None:
    add_key(tmp_path / "other.keys")
    other = Directory(f"sqlite:///{tmp_path}/restored.db", read_keys(tmp_path / "other.keys"))
    await other.upgrade()
    try:
        with pytest.raises(SealError):
            await restore(other, lines)
        assert await Administration(other).people() == []
    finally:
        await other.close()


async def test_nothing_in_it_can_be_read(lines: list[str]) -> None:
    whole = "\n".join(lines)
    for sponsor in roster().sponsors:
        assert sponsor.name not in whole
        assert not [route.value for route in sponsor.routes if route.value in whole]
    assert "LPP0001" not in whole


BROKEN: list[tuple[str, Callable[[list[str]], list[str]]]] = [
    ("not whole", lambda lines: lines[:-2] + lines[-1:]),
    ("not whole", lambda lines: [*lines[:2], lines[2].replace("0", "1"), *lines[3:]]),
    ("not whole", lambda lines: lines[:-1]),
    ("not a backup", lambda lines: []),
    ("not a backup", lambda lines: ["hello", *lines[1:]]),
    ("version", lambda lines: [json.dumps({"signpost_sponsors": 9}), *lines[1:]]),
]


@pytest.mark.parametrize(("problem", "broken"), BROKEN)
async def test_a_file_that_is_not_whole_changes_nothing(
    lines: list[str],
    keyring: Keyring,
    tmp_path: Path,
    problem: str,
    broken: Callable[[list[str]], list[str]],
) -> None:
    other = Directory(f"sqlite:///{tmp_path}/restored.db", keyring)
    await other.upgrade()
    try:
        with pytest.raises(DirectoryError, match=problem):
            await restore(other, broken(lines))
        assert await Administration(other).sponsors() == []
    finally:
        await other.close()


async def test_a_database_file_that_was_put_in_place_of_ours_is_read_at_once(
    keyring: Keyring, tmp_path: Path
) -> None:
    file = tmp_path / "sponsors.db"
    for name, rows in ((file, roster()), (tmp_path / "restored.db", Roster())):
        made = Directory(f"sqlite:///{name}", keyring)
        await made.upgrade()
        await Administration(made).load(rows)
        await made.close()
    directory = Directory(f"sqlite:///{file}", keyring)
    try:
        assert await Administration(directory).sponsors() != []
        (tmp_path / "restored.db").replace(file)
        assert await Administration(directory).sponsors() == []
    finally:
        await directory.close()


async def test_old_lines_of_the_audit_go_by_themselves(
    directory: Directory, administration: Administration
) -> None:
    await administration.load(roster())
    passed = timedelta()
    later = LookUp(
        directory, Sessions(), now=lambda: NOW + passed, steady=lambda: passed.total_seconds()
    )
    passed = timedelta(days=400)
    await later.forget_audit(500)
    assert await administration.audited(NOW - timedelta(days=1)) != []
    await later.forget_audit(365)
    assert await administration.audited(NOW - timedelta(days=1)) == []
    assert len(await administration.sponsors()) == len(roster().sponsors)
