"""Accounts and the log, in the directory's database."""

import asyncio
import hashlib
import secrets
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.errors import SignpostError
from bot.sponsors.hashing import CodeHasher
from bot.sponsors.store import Directory, new_id
from bot.sponsors.tables import staff_account, staff_log
from bot.staff import totp
from bot.staff.identity import Identity
from bot.staff.model import INVITED, Account, Lock, Role

COMMAND_LINE = "command line"
"""Who did it, where nobody was signed in. No account can have this name: it has a space."""


REFUSED_SECONDS = 1.0
"""No refusal comes sooner: a name that somebody has costs a write to the disk more than others, which
could be seen.
"""


class StaffError(SignpostError):
    """Something that the person at the command line has to put right."""


@dataclass(frozen=True, slots=True)
class Invited:
    """Who a set-up link is for, and the key for their app."""

    name: str
    secret: bytes


@dataclass(frozen=True, slots=True)
class Logged:
    at: datetime
    who: str
    action: str
    outcome: str
    about: str


class Signed(Directory):
    """The directory in one person's hands: whatever it puts into its audit stands in the log of the
    desk too, with who did it, in the same transaction.
    """

    def __init__(self, directory: Directory, who: str) -> None:
        self.engine, self.keyring, self._who = directory.engine, directory.keyring, who

    async def record(
        self, connection: AsyncConnection, action: str, outcome: str = "done", **about: str | None
    ) -> None:
        await super().record(connection, action, outcome, **about)
        await log(connection, self._who, action, outcome, about.get("sponsor"))


async def log(
    connection: AsyncConnection, who: str, action: str, outcome: str, about: str | None = None
) -> None:
    """Adds to the log, in the caller's transaction."""
    row = {"at": datetime.now(UTC), "who": who, "action": action, "outcome": outcome}
    await connection.execute(insert(staff_log).values(**row, about=about))


class Accounts:
    """Who may come in. Raises SQLAlchemyError or OSError where the database fails."""

    def __init__(
        self,
        directory: Directory,
        hasher: CodeHasher,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        seconds: Callable[[], float] = time.time,
        refused_seconds: float = REFUSED_SECONDS,
        local: Collection[Role] = frozenset(Role),
    ) -> None:
        """`seconds` since 1970, for one-time codes. No refusal comes before `refused_seconds`.
        `local`: whose password opens something.
        """
        self._local = frozenset(local)
        self._directory, self._hasher, self._now, self._seconds = directory, hasher, now, seconds
        self._refused_seconds = refused_seconds

    async def invite(self, name: str, role: Role) -> str:
        """Makes an account, or one anew, and returns the token of its set-up link. What it had
        before opens nothing from then on: it gets another id too, so that no session of before
        comes back when the new link has been used.
        """
        token, secret = secrets.token_urlsafe(32), secrets.token_bytes(totp.SECRET_BYTES)
        async with self._directory.writing() as connection:
            row = await self._row(connection, staff_account.c.name == name, to_change=True)
            id_ = new_id()
            values = {
                "id": id_,
                "name": name,
                "role": role.value,
                "password": None,
                "sealed": self._directory.keyring.seal(id_, {"totp": secret.hex()}),
                "invite": _digest(token),
                "invite_expires": self._now() + INVITED,
                "failures": 0,
                "locked_until": None,
                "last_step": 0,
                "removed": None,
            }
            if row:
                await connection.execute(
                    update(staff_account).where(staff_account.c.id == row.id).values(**values)
                )
            else:
                await connection.execute(insert(staff_account).values(**values))
            await log(connection, COMMAND_LINE, "invite", role.value, name)
        return token

    async def remove(self, name: str) -> None:
        """Lets somebody in no more, from their next click on. Raises StaffError."""
        async with self._directory.writing() as connection:
            row = await self._row(connection, staff_account.c.name == name, to_change=True)
            if row is None or row.removed:
                raise StaffError(f"there is no account {name}")
            gone = {"removed": self._now(), "password": None, "invite": None}
            await connection.execute(
                update(staff_account).where(staff_account.c.id == row.id).values(**gone)
            )
            await log(connection, COMMAND_LINE, "remove", "done", name)

    async def invited(self, token: str) -> Invited | None:
        """Who a set-up link is for; None where it was used, is over, or never was."""
        async with self._directory.reading() as connection:
            row = await self._invited_row(connection, token)
        return Invited(row.name, self._secret(row)) if row else None

    async def set_up(self, token: str, password: str, code: str) -> bool:
        """Takes a password for the link, which opens nothing afterwards. False: the link or the
        one-time code is not right, and nothing has changed.
        """
        hashed = await self._hasher.hash(password)
        async with self._directory.writing() as connection:
            row = await self._invited_row(connection, token, to_change=True)
            step = totp.step_of(self._secret(row), code, self._seconds(), 0) if row else None
            if row is None or step is None:
                return False
            values = {
                "password": hashed,
                "invite": None,
                "invite_expires": None,
                "last_step": step,
            }
            await connection.execute(
                update(staff_account).where(staff_account.c.id == row.id).values(**values)
            )
            await log(connection, row.name, "set up", "done", row.name)
        return True

    async def sign_in(self, name: str, password: str, code: str) -> Account | None:
        """Whose name, password and one-time code these are; None for every other. The try is counted
        before it is looked at, and a refusal takes as long whatever was wrong. Raises Busy.
        """
        soonest = time.monotonic() + self._refused_seconds
        account = await self._try(name, password, code)
        if account is None:
            await asyncio.sleep(soonest - time.monotonic())
        return account

    async def _try(self, name: str, password: str, code: str) -> Account | None:
        async with self._directory.writing() as connection:
            row = await self._row(connection, staff_account.c.name == name, to_change=True)
            now = self._now()
            lock = Lock(row.failures, row.locked_until) if row else Lock()
            if row is not None and not lock.holds(now):
                after = lock.tried(now)
                await self._lock(connection, row.id, after)
        may = row is not None and not lock.holds(now) and Role(row.role) in self._local
        hashed = row.password if row is not None and may else None
        fits = await self._hasher.verify(password, hashed, name)
        step = (
            totp.step_of(self._secret(row), code, self._seconds(), row.last_step)
            if row is not None and fits
            else None
        )
        async with self._directory.writing() as connection:
            if row is None or step is None or not await self._take(connection, row, step):
                # A name that nobody has may be a password in the wrong box: it is not kept.
                outcome = "locked" if lock.holds(now) else "refused"
                await log(connection, row.name if row else "", "sign in", outcome)
                return None
            await log(connection, row.name, "sign in", "done")
        return _account(row)

    async def _take(self, connection: AsyncConnection, row: Row[Any], step: int) -> bool:
        """Takes a step's code, once, of an account that is as it was when it was looked at."""
        taken = await connection.execute(
            update(staff_account)
            .where(
                staff_account.c.id == row.id,
                staff_account.c.last_step < step,
                staff_account.c.password == row.password,
            )
            .values(last_step=step, failures=0, locked_until=None)
        )
        return taken.rowcount == 1

    async def vouched(self, identity: Identity) -> Account | None:
        """The account of somebody whom the organisation's sign-in vouches for, with the role that it
        gives them now; made where there is none. None: they have no role, or were removed here; what
        they had open before is over then.
        """
        async with self._directory.writing() as connection:
            condition = staff_account.c.subject == identity.subject
            row = await self._row(connection, condition, to_change=True)
            if identity.role is None or (row is not None and row.removed):
                if row is not None:
                    await self._renew(connection, row)
                await log(connection, row.name if row else "", "sign in", "no role")
                return None
            name = row.name if row is not None else identity.name
            if row is None:
                id_ = new_id()
                await connection.execute(
                    insert(staff_account).values(
                        id=id_,
                        name=name,
                        role=identity.role.value,
                        subject=identity.subject,
                        sealed=self._directory.keyring.seal(id_, {"totp": ""}),
                        failures=0,
                        last_step=0,
                    )
                )
                await log(connection, name, "account", identity.role.value, name)
            else:
                id_ = row.id
                await connection.execute(
                    update(staff_account)
                    .where(staff_account.c.id == id_)
                    .values(role=identity.role.value)
                )
            await log(connection, name, "sign in", "done")
        return await self.find(id_)

    async def _renew(self, connection: AsyncConnection, row: Row[Any]) -> None:
        """Gives an account another id: no session of before finds it."""
        id_ = new_id()
        sealed = self._directory.keyring.seal(id_, {"totp": ""})
        await connection.execute(
            update(staff_account).where(staff_account.c.id == row.id).values(id=id_, sealed=sealed)
        )

    async def readmit(self, name: str) -> None:
        """Lets somebody in again whom the organisation's sign-in vouches for. Raises StaffError."""
        async with self._directory.writing() as connection:
            row = await self._row(connection, staff_account.c.name == name, to_change=True)
            if row is None or row.subject is None or not row.removed:
                raise StaffError(
                    f"there is no removed account {name} of your organisation's sign-in"
                )
            await connection.execute(
                update(staff_account).where(staff_account.c.id == row.id).values(removed=None)
            )
            await log(connection, COMMAND_LINE, "readmit", "done", name)

    async def find(self, id_: str) -> Account | None:
        """An account that may be used now."""
        async with self._directory.reading() as connection:
            row = await self._row(connection, staff_account.c.id == id_)
        return _account(row) if row is not None and _is_ready(row) and not row.removed else None

    async def all(self) -> list[Account]:
        async with self._directory.reading() as connection:
            rows = await connection.execute(select(staff_account).order_by(staff_account.c.name))
        return [_account(row) for row in rows]

    async def note(self, who: str, action: str, outcome: str = "done", about: str = "") -> None:
        """Adds a line to the log."""
        async with self._directory.writing() as connection:
            await log(connection, who, action, outcome, about or None)

    async def actions(self) -> list[str]:
        """The kinds of things that the log has."""
        query = select(staff_log.c.action).distinct().order_by(staff_log.c.action)
        async with self._directory.reading() as connection:
            return list((await connection.execute(query)).scalars())

    async def logged(self, most: int, action: str = "") -> list[Logged]:
        """The newest lines of the log, newest first; of one kind of thing, or ("") of all."""
        newest = select(staff_log).order_by(staff_log.c.id.desc()).limit(most)
        if action:
            newest = newest.where(staff_log.c.action == action)
        async with self._directory.reading() as connection:
            rows = await connection.execute(newest)
        return [Logged(r.at, r.who, r.action, r.outcome, r.about or "") for r in rows]

    async def _lock(self, connection: AsyncConnection, id_: str, lock: Lock) -> None:
        await connection.execute(
            update(staff_account)
            .where(staff_account.c.id == id_)
            .values(failures=lock.failures, locked_until=lock.until)
        )

    async def _row(
        self, connection: AsyncConnection, condition: Any, *, to_change: bool = False
    ) -> Row[Any] | None:
        """`to_change`: nobody else changes it before this transaction is over. On SQLite nobody
        writes meanwhile anyway; on PostgreSQL tries made at once would be counted as one.
        """
        query = select(staff_account).where(condition)
        if to_change:
            query = query.with_for_update()
        return (await connection.execute(query)).first()

    async def _invited_row(
        self, connection: AsyncConnection, token: str, *, to_change: bool = False
    ) -> Row[Any] | None:
        condition = staff_account.c.invite == _digest(token)
        row = await self._row(connection, condition, to_change=to_change)
        return row if row is not None and self._now() < row.invite_expires else None

    def _secret(self, row: Row[Any]) -> bytes:
        return bytes.fromhex(self._directory.keyring.open(row.id, row.sealed)["totp"])


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _is_ready(row: Row[Any]) -> bool:
    """Whether there is a way in: a password of ours, or the organisation's sign-in."""
    return row.password is not None or row.subject is not None


def _account(row: Row[Any]) -> Account:
    return Account(
        row.id,
        row.name,
        Role(row.role),
        _is_ready(row),
        row.removed is not None,
        Lock(row.failures, row.locked_until),
    )
