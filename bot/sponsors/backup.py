"""A copy of the directory as one file, from SQLite or PostgreSQL into either, and back.

The file has the rows as they are stored: sealed, hashed, by random ids. It opens nothing without the
key file, which is kept apart from it. One JSON object a line; the last line holds how many there
are and their hash, so that a file that was cut off is never taken for a whole one.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, LargeBinary, Table, func, insert, select

from bot.sponsors.store import Directory, DirectoryError
from bot.sponsors.tables import (
    Moment,
    access_code,
    assignment,
    audit,
    person,
    safety_report,
    sponsor,
    sponsor_check,
    staff_account,
    staff_log,
    unanswered_count,
)

FORMAT = 1
TABLES = (
    sponsor,
    person,
    assignment,
    access_code,
    audit,
    staff_account,
    staff_log,
    unanswered_count,
    sponsor_check,
    safety_report,
)
"""In an order in which each one finds what it points to, but for a sponsor's cover. The questions
that people told the team are not here: a backup outlives the days for which those are kept.
"""


async def back_up(directory: Directory) -> list[str]:
    """The lines of a backup, all of one moment. Raises SQLAlchemyError or OSError."""
    lines = [json.dumps({"signpost_sponsors": FORMAT})]
    async with directory.writing(one_moment=True) as connection:
        for table in TABLES:
            rows = await connection.execute(select(table).order_by(*table.primary_key))
            lines.extend(
                json.dumps({"table": table.name, "row": _written(table, row)})
                for row in rows.mappings()
            )
        await directory.record(connection, "backup")
    return [*lines, json.dumps({"rows": len(lines) - 1, "sha256": _digest(lines)})]


async def restore(directory: Directory, lines: Iterable[str]) -> int:
    """Puts a backup into an empty directory whose tables are there. Returns how many rows. Raises
    DirectoryError for a file that is not whole or not ours, and for a directory that is not empty,
    SealError where the keys are others; then nothing was changed.
    """
    rows = list(_checked(list(lines)))
    async with directory.writing() as connection:
        for table in TABLES:
            count = select(func.count()).select_from(table)
            if (await connection.execute(count)).scalar_one():
                raise DirectoryError("the directory is not empty: restore into a new database")
        for table, row in rows:  # the key file has to be that of the backup
            if table in (sponsor, staff_account):
                directory.keyring.open(row["id"], row["sealed"])
        covers = {}
        for table, row in rows:
            if table is sponsor and row["cover_id"]:
                covers[row["id"]], row["cover_id"] = row["cover_id"], None
            await connection.execute(insert(table).values(**row))
        for id_, cover in covers.items():
            await connection.execute(
                sponsor.update().where(sponsor.c.id == id_).values(cover_id=cover)
            )
        await directory.record(connection, "restore")
    return len(rows)


def _checked(lines: list[str]) -> Iterator[tuple[Table, dict[str, Any]]]:
    try:
        head, *body, foot = lines
        if json.loads(head) != {"signpost_sponsors": FORMAT}:
            raise DirectoryError("this is not a backup of this version of the directory")
        if json.loads(foot) != {"rows": len(body), "sha256": _digest([head, *body])}:
            raise DirectoryError("this backup is not whole: it was cut off or changed")
        named = {table.name: table for table in TABLES}
        for line in body:
            record = json.loads(line)
            table = named[record["table"]]
            row = _read(table, record["row"])
            if table in (audit, staff_log, safety_report):  # their numbers are the database's own
                del row["id"]
            yield table, row
    except (ValueError, KeyError, TypeError):
        raise DirectoryError("this is not a backup of the directory") from None


def _digest(lines: Iterable[str]) -> str:
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def _written(table: Table, row: Any) -> dict[str, Any]:
    def plain(value: Any) -> Any:
        if isinstance(value, bytes):
            return base64.b64encode(value).decode()
        return value.isoformat() if isinstance(value, date | datetime) else value

    return {column.name: plain(row[column.name]) for column in table.columns}


def _read(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    def typed(column: Any, value: Any) -> Any:
        if value is None:
            return None
        if isinstance(column.type, Moment):
            return datetime.fromisoformat(value)
        if isinstance(column.type, Date):
            return date.fromisoformat(value)
        return base64.b64decode(value) if isinstance(column.type, LargeBinary) else value

    # What may be empty may be missing too: in a backup that is older than the column.
    return {
        column.name: typed(column, row.get(column.name) if column.nullable else row[column.name])
        for column in table.columns
    }
