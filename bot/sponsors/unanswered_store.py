"""Questions that people told the team, sealed until an editor reads them, and counts of what had no
answer. Raises SQLAlchemyError or OSError where the database fails.
"""

from collections.abc import Collection, Mapping
from datetime import date

from sqlalchemy import delete, func, insert, select, update

from bot.sponsors.store import Directory
from bot.sponsors.tables import unanswered, unanswered_count
from bot.sponsors.unanswered import Closing, Counted, Kind, Question

OPEN_MAX = 1000
"""Questions that wait at a time. Whoever sends more than that does not fill the database."""
CLOSE = "close question"
"""What the logs call it."""


class UnansweredStore:
    """Both tables, in one directory."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def keep(self, conversation: str, text: str, day: date) -> bool:
        """Keeps a question once, however often it is sent. False: too many wait already."""
        keyring = self._directory.keyring
        # The same words of the same conversation are the same question: whoever presses twice sends
        # one. Nobody can tell the conversation from the id, which needs the key.
        id_ = keyring.hashed("unanswered", f"{conversation} {text}")[:16]
        async with self._directory.writing() as connection:
            same = select(func.count()).where(unanswered.c.id == id_)
            if (await connection.execute(same)).scalar_one():
                return True
            there = select(func.count()).select_from(unanswered)
            if (await connection.execute(there)).scalar_one() >= OPEN_MAX:
                return False
            sealed = keyring.seal(id_, {"text": text})
            await connection.execute(insert(unanswered).values(id=id_, sealed=sealed, day=day))
        return True

    async def waiting(self, since: date) -> list[Question]:
        """Those of a day or later, newest first. Raises SealError."""
        chosen = (
            select(unanswered)
            .where(unanswered.c.day >= since)
            .order_by(unanswered.c.day.desc(), unanswered.c.id)
        )
        async with self._directory.reading() as connection:
            rows = (await connection.execute(chosen)).all()
        keyring = self._directory.keyring
        return [Question(row.id, keyring.open(row.id, row.sealed)["text"], row.day) for row in rows]

    async def close(self, ids: Collection[str], how: Closing) -> int:
        """Deletes questions, and says in the log of each how it was closed, and no more. Returns how
        many were still there.
        """
        async with self._directory.writing() as connection:
            gone = await connection.execute(delete(unanswered).where(unanswered.c.id.in_(ids)))
            for _ in range(gone.rowcount):
                await self._directory.record(connection, CLOSE, how.value)
        return gone.rowcount

    async def forget(self, before: date, counts_before: date) -> int:
        """Deletes what is older. Returns how many questions there were."""
        async with self._directory.writing() as connection:
            gone = await connection.execute(delete(unanswered).where(unanswered.c.day < before))
            await connection.execute(
                delete(unanswered_count).where(unanswered_count.c.week < counts_before)
            )
        return gone.rowcount

    async def add(self, counts: Mapping[Counted, int]) -> None:
        """Adds to the counts, all of them or none."""
        table = unanswered_count
        async with self._directory.writing() as connection:
            for what, number in counts.items():
                values = {"week": what.week, "topic": what.topic, "kind": what.kind.value}
                row = (
                    (table.c.week == what.week)
                    & (table.c.topic == what.topic)
                    & (table.c.kind == what.kind.value)
                )
                added = await connection.execute(
                    update(table).where(row).values(number=table.c.number + number)
                )
                if not added.rowcount:
                    await connection.execute(insert(table).values(**values, number=number))

    async def counts(self) -> dict[Counted, int]:
        async with self._directory.reading() as connection:
            rows = (await connection.execute(select(unanswered_count))).all()
        return {Counted(row.week, row.topic, Kind(row.kind)): row.number for row in rows}
