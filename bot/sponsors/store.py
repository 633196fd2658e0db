"""The directory in its database: one code path for SQLite and PostgreSQL. What a look-up needs;
`administration.py` has what changes it.
"""

import secrets
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, event, func, insert, make_url, select
from sqlalchemy.exc import ArgumentError, DisconnectionError, SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

from bot.errors import SettingsError, SignpostError
from bot.sponsors import migrate, tables
from bot.sponsors.keys import Keyring
from bot.sponsors.model import Absence, Entry, Listing, Status, from_record

DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg"}
COVERS_MAX = 4
"""Covers of covers that are followed."""
BUSY_SECONDS = 3
"""How long SQLite waits for another process's write: an import, or somebody at the command line."""
POOL = 4


class DirectoryError(SignpostError):
    """Something in the directory that an administrator has to put right."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """What is known of a reference before its code was looked at. `is_live`: not revoked, and not
    over.
    """

    person: str
    code: str
    hashed: str | None
    is_live: bool


class Directory:
    """The directory. Raises SQLAlchemyError or OSError where the database fails: the edges turn
    them into "unavailable".
    """

    def __init__(self, url: str, keyring: Keyring) -> None:
        """`url`: `sqlite:///path` or `postgresql://user@host/name`. Raises SettingsError. Connects
        when it is first used.
        """
        self.engine, self.keyring = _engine(url), keyring

    async def close(self) -> None:
        await self.engine.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        async with self.engine.connect() as connection:
            yield connection

    @asynccontextmanager
    async def writing(self, *, one_moment: bool = False) -> AsyncIterator[AsyncConnection]:
        """One transaction: all of it is kept, or nothing. `one_moment`: all that it reads is of one,
        on PostgreSQL too.
        """
        async with self.engine.connect() as connection:
            await connection.execution_options(sqlite_begin="IMMEDIATE")
            if one_moment and self.engine.dialect.name == "postgresql":
                await connection.execution_options(isolation_level="REPEATABLE READ")
            async with connection.begin():
                yield connection

    async def is_current(self) -> bool:
        """Whether its tables are those that this code needs."""
        async with self.reading() as connection:
            return await connection.run_sync(migrate.is_current)

    async def upgrade(self, revision: str | None = None) -> None:
        """Brings the tables to what this code needs, or to a revision, which may be an older one.
        Raises MigrationError.
        """
        async with self.writing() as connection:
            await connection.run_sync(migrate.migrate, revision)

    async def candidate(self, reference: str, now: datetime) -> Candidate | None:
        """Who a reference stands for, with the code that holds, or the last one that did. One
        query, whether there is anybody or not.
        """
        person, code = tables.person, tables.access_code
        query = (
            select(person.c.id, code.c.id, code.c.hashed, code.c.expires, code.c.revoked)
            .outerjoin(code, code.c.person_id == person.c.id)
            .where(person.c.reference_hash.in_(self.keyring.all_hashed("reference", reference)))
            .order_by(code.c.revoked.is_not(None), code.c.issued.desc())
            .limit(1)
        )
        async with self.reading() as connection:
            row = (await connection.execute(query)).first()
        if row is None:
            return None
        person_id, code_id, hashed, expires, revoked = row
        return Candidate(
            person_id,
            code_id or "",
            hashed,
            hashed is not None and revoked is None and now < expires,
        )

    async def is_live(self, person: str, code: str, now: datetime) -> bool:
        """Whether a code is still the one that opens what belongs to a person."""
        found = select(tables.access_code.c.expires, tables.access_code.c.revoked).where(
            tables.access_code.c.id == code, tables.access_code.c.person_id == person
        )
        async with self.reading() as connection:
            row = (await connection.execute(found)).first()
        return row is not None and row.revoked is None and now < row.expires

    async def note(self, action: str, outcome: str, *, person: str | None, reference: str) -> None:
        """Adds to the audit, in a transaction of its own, so that whatever else fails does not undo
        it.
        """
        tried = self.keyring.hashed("tried", reference)[:16]
        async with self.writing() as connection:
            await self.record(connection, action, outcome, person=person, tried=tried)

    async def last_audited(self, before: datetime) -> datetime | None:
        """When the audit's last line from before a moment was written."""
        at = tables.audit.c.at
        async with self.reading() as connection:
            last: datetime | None = (
                await connection.execute(select(func.max(at)).where(at < before))
            ).scalar()
        return last

    async def forget_audit(self, before: datetime) -> int:
        """Deletes the audit's lines from before a moment. Returns how many there were."""
        async with self.writing() as connection:
            return (
                await connection.execute(delete(tables.audit).where(tables.audit.c.at < before))
            ).rowcount

    async def record(
        self, connection: AsyncConnection, action: str, outcome: str = "done", **about: str | None
    ) -> None:
        """Adds to the audit in the caller's transaction: a change and its record are there together
        or not at all.

        `about`: `person` and `sponsor` by their opaque ids; `tried` tells references apart without
        saying which they are.
        """
        row = {
            "at": datetime.now(UTC),
            "action": action,
            "outcome": outcome,
            "tried": about.get("tried"),
        }
        ids = {"person_id": about.get("person"), "sponsor_id": about.get("sponsor")}
        await connection.execute(insert(tables.audit).values(**row, **ids))

    async def listing(self, person: str) -> Listing | None:
        """A person's own sponsor, and the covers; None where nobody is assigned."""
        current = select(tables.assignment.c.sponsor_id).where(
            tables.assignment.c.person_id == person, tables.assignment.c.until.is_(None)
        )
        entries: list[Entry] = []
        async with self.reading() as connection:
            next_id: str | None = (await connection.execute(current)).scalar()
            while (
                next_id
                and len(entries) <= COVERS_MAX
                and next_id not in {entry.id for entry in entries}
            ):
                row = (
                    await connection.execute(
                        select(tables.sponsor).where(tables.sponsor.c.id == next_id)
                    )
                ).one()
                entries.append(self.entry(row))
                next_id = row.cover_id
        return Listing(tuple(entries)) if entries else None

    def entry(self, row: Any) -> Entry:
        """A row of `sponsor`, opened. Raises SealError."""
        absence = Absence(row.absent_from, row.absent_until) if row.absent_from else None
        return Entry(
            row.id, from_record(self.keyring.open(row.id, row.sealed)), Status(row.status), absence
        )


def new_id() -> str:
    return secrets.token_hex(8)


def _engine(url: str) -> AsyncEngine:
    try:
        parsed = make_url(url)
    except ArgumentError:
        raise SettingsError(
            "SIGNPOST_SPONSOR_DATABASE: is not a database address, such as sqlite:////srv/signpost/sponsors.db"
        ) from None
    backend = parsed.get_backend_name()
    if backend not in DRIVERS:
        raise SettingsError(
            f"SIGNPOST_SPONSOR_DATABASE: {backend} is not supported; use sqlite or postgresql"
        )
    parsed = parsed.set(drivername=DRIVERS[backend])
    if backend == "postgresql":
        # Errors must never carry a row's values, wherever they end up.
        return create_async_engine(
            parsed,
            hide_parameters=True,
            pool_size=POOL,
            pool_pre_ping=True,
            connect_args={"timeout": BUSY_SECONDS},
        )
    if not parsed.database or parsed.database == ":memory:":
        raise SettingsError(
            "SIGNPOST_SPONSOR_DATABASE: sqlite needs a file, as in sqlite:////srv/signpost/sponsors.db"
        )
    engine = create_async_engine(
        parsed, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS}
    )
    _prepare_sqlite(engine, Path(parsed.database))
    return engine


def _prepare_sqlite(engine: AsyncEngine, file: Path) -> None:
    @event.listens_for(engine.sync_engine, "do_connect")
    def for_us_only(*_: Any) -> None:
        """Nobody else may read the file, from its first byte on."""
        file.touch(mode=0o600, exist_ok=True)

    @event.listens_for(engine.sync_engine, "connect")
    def configure(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info["file"] = _identity(file)
        # sqlite3's own habit of opening transactions late is turned off: we say when, below.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "checkout")
    def look_again(_: Any, record: ConnectionPoolEntry, __: Any) -> None:
        """A file that was put in the place of ours is opened; the old one, deleted or moved away,
        would be read for ever. Raises DisconnectionError, on which the pool connects again.
        """
        if record.info["file"] != _identity(file):
            raise DisconnectionError

    @event.listens_for(engine.sync_engine, "begin")
    def begin(connection: Connection) -> None:
        # Who is going to write takes the lock at once, and so never has to give up half way.
        connection.exec_driver_sql(
            f"BEGIN {connection.get_execution_options().get('sqlite_begin', 'DEFERRED')}"
        )


def _identity(file: Path) -> tuple[int, int] | None:
    """What tells a file from another of the same name; None where there is none."""
    try:
        status = file.stat()
    except FileNotFoundError:
        return None
    return status.st_dev, status.st_ino


FAILURES = (SQLAlchemyError, sqlite3.Error, OSError, TimeoutError)
"""What it means when the store is down."""
