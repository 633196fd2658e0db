"""The tables go forward and back with what is in them, on SQLite and PostgreSQL."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import Connection, inspect

from bot.sponsors import migrate
from bot.sponsors.administration import Administration
from bot.sponsors.migrate import MigrationError
from bot.sponsors.store import Directory
from tests.sponsors.test_directory import roster

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "9999"
down_revision = "{before}"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("person", sa.Column("note", sa.String(20), nullable=True))


def downgrade() -> None:
    op.drop_column("person", "note")
"""
HEAD = "0004"
Release = Callable[[str], None]


@pytest.fixture
def release(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Release:
    """Puts in place the "next" version of this code, which has one migration more, or "this"."""
    ours = migrate.MIGRATIONS
    theirs = Path(shutil.copytree(ours, tmp_path / "migrations"))
    (theirs / "versions/9999_note.py").write_text(NEXT.format(before=HEAD), encoding="utf-8")
    return lambda which: monkeypatch.setattr(
        migrate, "MIGRATIONS", {"this": ours, "next": theirs}[which]
    )


async def columns(directory: Directory) -> set[str]:
    def of(connection: Connection) -> set[str]:
        return {column["name"] for column in inspect(connection).get_columns("person")}

    async with directory.reading() as connection:
        return await connection.run_sync(of)


async def test_an_upgrade_and_the_way_back_keep_what_is_there(
    directory: Directory, administration: Administration, release: Release
) -> None:
    await administration.load(roster())
    before = await administration.people()
    release("next")
    assert not await directory.is_current()
    await directory.upgrade()
    assert await directory.is_current()
    assert "note" in await columns(directory)
    assert await administration.people() == before
    await directory.upgrade(HEAD)
    assert "note" not in await columns(directory)
    assert await administration.people() == before
    release("this")
    assert await directory.is_current()


async def test_older_code_leaves_newer_tables_alone_and_says_what_to_do(
    directory: Directory, release: Release
) -> None:
    release("next")
    await directory.upgrade()
    release("this")
    assert not await directory.is_current()
    with pytest.raises(MigrationError, match=f"sponsors setup --to {HEAD}"):
        await directory.upgrade()
    assert "note" in await columns(directory)


@pytest.mark.parametrize("revision", ["base", "head", "8888", "0001:base", "-1"])
async def test_no_revision_that_there_is_not(
    directory: Directory, administration: Administration, revision: str
) -> None:
    await administration.load(roster())
    with pytest.raises(MigrationError, match="is not a revision of the tables"):
        await directory.upgrade(revision)
    assert await administration.people() != []


async def test_each_migration_can_be_taken_back(directory: Directory) -> None:
    def back(connection: Connection) -> list[str]:
        command.downgrade(migrate._config(connection), "base")
        return inspect(connection).get_table_names()

    async with directory.writing() as connection:
        assert await connection.run_sync(back) == ["alembic_version"]
    await directory.upgrade()
    assert await directory.is_current()
    await Administration(directory).load(roster())
