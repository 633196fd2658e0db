"""What the desk's tables promise, on each database."""

import asyncio

import pytest
from sqlalchemy import delete, text, update
from sqlalchemy.exc import DBAPIError

from bot.sponsors.administration import Administration, NotAgreed
from bot.sponsors.codes import new_code
from bot.sponsors.hashing import CodeHasher
from bot.sponsors.store import Directory, DirectoryError
from bot.sponsors.tables import staff_log
from bot.staff.accounts import Accounts
from bot.staff.model import FAILURES_MAX, Role
from tests.sponsors.conftest import directory, hasher, key_file, keyring, url
from tests.sponsors.test_directory import roster
from tests.staff.conftest import PASSWORD

__all__ = ["directory", "hasher", "key_file", "keyring", "url"]


@pytest.mark.parametrize(
    "change", [delete(staff_log), update(staff_log).values(who="nobody")], ids=["delete", "update"]
)
async def test_the_log_only_grows(directory: Directory, hasher: CodeHasher, change: object) -> None:
    accounts = Accounts(directory, hasher)
    await accounts.note("alex.specimen", "switch")
    with pytest.raises(DBAPIError, match="only grows"):
        async with directory.writing() as connection:
            await connection.execute(change)  # type: ignore[call-overload]
    assert [line.who for line in await accounts.logged(5)] == ["alex.specimen"]


async def test_tries_that_are_made_at_once_are_all_counted(
    directory: Directory, hasher: CodeHasher
) -> None:
    accounts = Accounts(directory, hasher, refused_seconds=0)
    await accounts.invite("alex.specimen", Role.EDITOR)
    tries = (accounts.sign_in("alex.specimen", PASSWORD, "") for _ in range(FAILURES_MAX))
    assert await asyncio.gather(*tries) == [None] * FAILURES_MAX
    async with directory.reading() as connection:
        kept = text("SELECT failures, locked_until IS NOT NULL FROM staff_account")
        assert [*map(tuple, await connection.execute(kept))] == [(0, True)]


async def test_an_import_that_was_not_agreed_to_leaves_nothing(directory: Directory) -> None:
    administration = Administration(directory)
    with pytest.raises(NotAgreed):
        await administration.load(roster(), agreed=lambda changes: not changes.lines)
    assert await administration.sponsors() == []
    assert (await administration.load(roster(), agreed=lambda changes: bool(changes.lines))).lines


async def test_not_as_many_people_as_were_agreed_are_left_where_they_are(
    directory: Directory,
) -> None:
    administration = Administration(directory)
    await administration.load(roster())
    before = await administration.people()
    with pytest.raises(NotAgreed):
        await administration.hand_over("belmarsh-1", "belmarsh-2", agreed=1)
    assert await administration.people() == before
    assert await administration.hand_over("belmarsh-1", "belmarsh-2", agreed=2) == 2


async def test_codes_are_made_for_all_or_for_none(directory: Directory, hasher: CodeHasher) -> None:
    administration = Administration(directory)
    await administration.load(roster())
    with pytest.raises(DirectoryError):
        await administration.issue_all(hasher, ["LPP0001", "LPP7777"])
    assert not await administration.has_code("LPP0001")
    issued = await administration.issue_all(hasher, ["LPP0001", "LPP0003"])
    assert len({one.code for one in issued}) == 2
    assert len(issued[0].code) == len(new_code())
    assert await administration.has_code("LPP0003")
