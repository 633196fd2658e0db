"""What is remembered of crisis language for the people who answer for the service: that it was met
and how it was decided, never the words.

An event has no text, no address and no id, and its time is cut to the hour, so that it cannot be
laid beside anybody's visit. Standard library only.
"""

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from bot.reading.screening import Screening

PREFIX, SUFFIX = "crisis-", ".jsonl"
"""One file a day, in a folder of its own: to forget a day is to delete its file."""


class Kind(StrEnum):
    CRISIS = "crisis"
    CONCERN = "concern"
    HELP = "help"
    """Somebody opened the help, or took a next step below a crisis answer."""


@dataclass(frozen=True, slots=True)
class Event:
    """`category`, `who` and `decided_by` are those of a `Screening`; for HELP, `category` is the
    step taken ("page" for the page /help-now).
    """

    kind: Kind
    category: str = ""
    who: str = ""
    decided_by: str = ""
    capped: bool = False
    """More came of the same address within the hour, and is not counted one by one."""


@dataclass(frozen=True, slots=True)
class Counts:
    """`capped`: how many times an address reached its cap, so that there was more than is counted.
    `rows` counts (day, kind, category, who); `deciders` counts (version, decided_by) of crisis;
    `unreadable` lines were skipped.
    """

    rows: Counter[tuple[str, str, str, str]]
    deciders: Counter[tuple[str, str]]
    unreadable: int
    capped: int = 0


def detector_version(models: Path) -> str:
    """Which training decides: the start of the digest that `bot.training.crisis` wrote down, or
    "none" where there are no models.
    """
    try:
        return str(json.loads((models / "safety.json").read_text(encoding="utf-8"))["made_from"])[
            :12
        ]
    except (OSError, ValueError, KeyError, TypeError):
        return "none"


def event_of(screening: Screening) -> Event:
    """Of a screening that is crisis or concern."""
    return Event(Kind(screening.label), screening.category, screening.who, screening.decided_by)


def line_of(event: Event, now: datetime, version: str) -> str:
    """The event as one line of JSON, with the hour and what version of the detector decided."""
    what = asdict(event)
    if not event.capped:
        del what["capped"]
    return json.dumps({"hour": now.strftime("%Y-%m-%dT%H"), **what, "version": version}) + "\n"


def file_of(folder: Path, day: date) -> Path:
    return folder / f"{PREFIX}{day.isoformat()}{SUFFIX}"


def outdated(folder: Path, today: date, days: int) -> Iterator[Path]:
    """The files of days that are older than `days`."""
    for day, file in _days(folder):
        if today - day > timedelta(days=days):
            yield file


def last_day(folder: Path, before: date) -> date | None:
    """The last one before a day that has a file."""
    return max((day for day, _ in _days(folder) if day < before), default=None)


def _days(folder: Path) -> Iterator[tuple[date, Path]]:
    """Files of other names are not ours."""
    for file in sorted(folder.glob(f"{PREFIX}*{SUFFIX}")):
        with suppress(ValueError):
            yield date.fromisoformat(file.name.removeprefix(PREFIX).removesuffix(SUFFIX)), file


def count(folder: Path) -> Counts:
    """Counts what the folder holds; nothing where there is none. Raises OSError where it cannot be
    read.
    """
    counts = Counts(Counter(), Counter(), 0)
    unreadable = capped = 0
    for file in sorted(folder.glob(f"{PREFIX}*{SUFFIX}")):
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                row = json.loads(line)
                counts.rows[row["hour"][:10], row["kind"], row["category"], row["who"]] += 1
                capped += bool(row.get("capped"))
                if row["kind"] == Kind.CRISIS:
                    counts.deciders[row["version"], row["decided_by"]] += 1
            except (ValueError, KeyError, TypeError):
                unreadable += 1  # the disk was full in the middle of a line
    return Counts(counts.rows, counts.deciders, unreadable, capped)
