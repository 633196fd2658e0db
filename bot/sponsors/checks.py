"""Asks a sponsor, by a link that opens once, whether what is written of them is right."""

import hashlib
import secrets
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from bot.sponsors.model import Check, Entry, Status
from bot.sponsors.store import Directory, DirectoryError
from bot.sponsors.tables import sponsor, sponsor_check

ASKED_FOR = timedelta(days=7)
"""How long a link opens something: a week, so that a few days away cost nothing."""


class Checks:
    """The links that are out, in the directory's database. Raises SQLAlchemyError or OSError."""

    def __init__(
        self, directory: Directory, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._directory, self._now = directory, now

    async def ask(self, ids: Sequence[str]) -> dict[str, str]:
        """A token for each of several sponsors, to be seen this once: for all, or for none. What
        they were sent before opens nothing from then on. Raises DirectoryError.
        """
        now = self._now()
        tokens = {id_: secrets.token_urlsafe(32) for id_ in ids}
        async with self._directory.writing() as connection:
            for id_, token in tokens.items():
                status = select(sponsor.c.status).where(sponsor.c.id == id_)
                if (await connection.execute(status)).scalar() != Status.ACTIVE.value:
                    raise DirectoryError("only a sponsor who is in the directory can be asked")
                said = select(sponsor_check.c.wrong).where(sponsor_check.c.sponsor_id == id_)
                # That something is wrong stays said until it is put right.
                wrong = (await connection.execute(said)).scalar()
                await settle(connection, id_)
                await connection.execute(
                    insert(sponsor_check).values(
                        sponsor_id=id_,
                        token=_digest(token),
                        asked=now,
                        expires=now + ASKED_FOR,
                        wrong=wrong,
                    )
                )
                await self._directory.record(connection, "ask", sponsor=id_)
        return tokens

    async def all(self) -> dict[str, Check]:
        """Who was asked and has not said yet that all is right, by opaque ids."""
        async with self._directory.reading() as connection:
            rows = await connection.execute(select(sponsor_check))
        return {
            row.sponsor_id: Check(row.asked, row.expires, row.token is not None, row.wrong)
            for row in rows
        }

    async def opened(self, token: str) -> Entry | None:
        """Whose link this is. Looking changes nothing: mail scanners follow links. None: it was
        used, is over, or never was.
        """
        async with self._directory.reading() as connection:
            row = await self._row(connection, token)
        return self._directory.entry(row) if row else None

    async def answer(self, token: str, *, is_right: bool) -> bool:
        """Uses a link up. `is_right`: the details count as confirmed now; otherwise it is kept that
        something is wrong, and not what. False: the link opens nothing.
        """
        async with self._directory.writing() as connection:
            row = await self._row(connection, token)
            if row is None or not await self._use_up(connection, token):
                return False
            if is_right:
                await settle(connection, row.id)
                await connection.execute(
                    update(sponsor).where(sponsor.c.id == row.id).values(confirmed=self._now())
                )
            outcome = "right" if is_right else "wrong"
            await self._directory.record(connection, "answer", outcome, sponsor=row.id)
        return True

    async def _use_up(self, connection: AsyncConnection, token: str) -> bool:
        """Of two answers at once, one: the other finds no token any more."""
        used = await connection.execute(
            update(sponsor_check)
            .where(sponsor_check.c.token == _digest(token))
            .values(token=None, wrong=self._now())
        )
        return used.rowcount == 1

    async def _row(self, connection: AsyncConnection, token: str) -> Row[Any] | None:
        """The sponsor of a link that opens something now."""
        query = (
            select(sponsor)
            .join(sponsor_check, sponsor_check.c.sponsor_id == sponsor.c.id)
            .where(
                sponsor_check.c.token == _digest(token),
                sponsor_check.c.expires > self._now(),
                sponsor.c.status == Status.ACTIVE.value,
            )
        )
        return (await connection.execute(query)).first()


async def settle(connection: AsyncConnection, id_: str) -> None:
    """Forgets that a sponsor was asked, and what they said, in the caller's transaction: the details
    were confirmed or changed.
    """
    await connection.execute(delete(sponsor_check).where(sponsor_check.c.sponsor_id == id_))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
