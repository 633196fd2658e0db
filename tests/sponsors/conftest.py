"""A directory on each database: SQLite always, PostgreSQL where SIGNPOST_TEST_POSTGRES names a
server to play with.

`.ci/run` starts one. Elsewhere, with Debian's postgresql: `pg_virtualenv bash -c
'SIGNPOST_TEST_POSTGRES=postgresql://$PGUSER:$PGPASSWORD@$PGHOST:$PGPORT/$PGDATABASE make test'`.
Everything in that database is dropped.
"""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from bot.sponsors.administration import Administration
from bot.sponsors.hashing import CodeHasher
from bot.sponsors.keys import Keyring, add_key, read_keys
from bot.sponsors.store import Directory
from tests.gateway.conftest import run, start

__all__ = ["run", "start"]

POSTGRES = os.environ.get("SIGNPOST_TEST_POSTGRES", "")
SERVICES = ("belmarsh", "swaleside", "community")


@pytest.fixture(params=["sqlite", "postgresql"])
async def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The address of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path}/sponsors.db"
    await empty_postgres()
    return POSTGRES


async def empty_postgres() -> None:
    if not POSTGRES:
        pytest.skip("SIGNPOST_TEST_POSTGRES is not set: see tests/sponsors/conftest.py")
    connection = await asyncpg.connect(POSTGRES)
    try:
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    finally:
        await connection.close()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    file = tmp_path / "keys"
    add_key(file)
    return file


@pytest.fixture
def keyring(key_file: Path) -> Keyring:
    return read_keys(key_file)


@pytest.fixture
async def directory(url: str, keyring: Keyring) -> AsyncIterator[Directory]:
    made = Directory(url, keyring)
    await made.upgrade()
    yield made
    await made.close()


@pytest.fixture
def administration(directory: Directory) -> Administration:
    return Administration(directory)


@pytest.fixture
def hasher() -> Iterator[CodeHasher]:
    made = CodeHasher()
    yield made
    made.close()
