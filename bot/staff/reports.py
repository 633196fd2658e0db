"""Reports that the crisis screen was wrong, as tasks for the safety officer: which way and of which
category, and never a word of any message.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from sqlalchemy import insert, select, update

from bot.sponsors.store import Directory
from bot.sponsors.tables import safety_report
from bot.staff.accounts import log


class Wrong(StrEnum):
    FALSE_ALARM = "false-alarm"
    MISS = "miss"


@dataclass(frozen=True, slots=True)
class Report:
    """`category` "": nobody knows. `closed` None: it is still to be looked into."""

    number: int
    at: datetime
    who: str
    wrong: Wrong
    category: str
    closed: datetime | None
    closed_by: str


class Reports:
    """Those of a directory's database. Raises SQLAlchemyError or OSError."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory

    async def add(self, who: str, wrong: Wrong, category: str) -> None:
        row = {"at": datetime.now(UTC), "who": who, "wrong": wrong.value, "category": category}
        async with self._directory.writing() as connection:
            await connection.execute(insert(safety_report).values(**row))
            await log(connection, who, "report", wrong.value)

    async def close(self, number: int, who: str) -> bool:
        """Notes that one was looked into. False: there is no such one that is open."""
        async with self._directory.writing() as connection:
            done = await connection.execute(
                update(safety_report)
                .where(safety_report.c.id == number, safety_report.c.closed.is_(None))
                .values(closed=datetime.now(UTC), closed_by=who)
            )
            if done.rowcount:
                await log(connection, who, "close report", "done", str(number))
        return bool(done.rowcount)

    async def all(self) -> list[Report]:
        """The open ones first, of each the newest first."""
        order = (safety_report.c.closed.is_not(None), safety_report.c.id.desc())
        async with self._directory.reading() as connection:
            rows = await connection.execute(select(safety_report).order_by(*order))
        return [
            Report(r.id, r.at, r.who, Wrong(r.wrong), r.category, r.closed, r.closed_by or "")
            for r in rows
        ]
