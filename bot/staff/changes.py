"""What the sponsors' pages show: which need somebody's attention, and what a roster would do. Pure."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from bot.sponsors.model import Check, Entry, Status
from bot.sponsors.roster import Roster

CONFIRMED_FOR = timedelta(days=90)


class Show(StrEnum):
    """What the list of sponsors can be narrowed to."""

    ALL = "all"
    UNCONFIRMED = "unconfirmed"
    AWAY = "away"
    STRANDED = "stranded"
    """Somebody is assigned to them, and neither they nor a cover are there."""
    WRONG = "wrong"
    """They said that something of what is written is wrong."""
    LEFT = "left"


@dataclass(frozen=True, slots=True)
class Line:
    """A sponsor in the list. `people`: how many are assigned; `cover`: a handle or ""; `check`: that
    they were asked whether the details are right.
    """

    entry: Entry
    cover: str
    people: int
    confirmed: datetime | None
    check: Check | None = None

    @property
    def is_wrong(self) -> bool:
        return self.check is not None and self.check.wrong is not None

    @property
    def left(self) -> bool:
        return self.entry.status is Status.LEFT


def shown(
    lines: Iterable[Line], show: Show, service: str, now: datetime, today: date
) -> list[Line]:
    """The lines of one view; `service` "" is every one."""
    listed = list(lines)
    here = {line.entry.sponsor.handle for line in listed if line.entry.is_here(today)}

    def is_in(line: Line) -> bool:
        if service and line.entry.sponsor.service != service:
            return False
        handle = line.entry.sponsor.handle
        match show:
            case Show.UNCONFIRMED:
                return not line.left and not is_confirmed(line, now)
            case Show.AWAY:
                return not line.left and handle not in here
            case Show.STRANDED:
                return line.people > 0 and handle not in here and line.cover not in here
            case Show.WRONG:
                return line.is_wrong
            case Show.LEFT:
                return line.left
        return True

    return [line for line in listed if is_in(line)]


def columns(today: date) -> Mapping[str, Callable[[Line], Any]]:
    """What the list can be sorted by. Who was never confirmed comes before who was."""
    return {
        "handle": lambda line: line.entry.sponsor.handle,
        "name": lambda line: line.entry.sponsor.name.casefold(),
        "service": lambda line: line.entry.sponsor.service,
        "people": lambda line: line.people,
        "state": lambda line: (line.left, not line.entry.is_here(today)),
        "confirmed": lambda line: line.confirmed or datetime.min.replace(tzinfo=UTC),
    }


def is_confirmed(line: Line, now: datetime) -> bool:
    """Whether somebody said within CONFIRMED_FOR that what is written of a sponsor is right."""
    return line.confirmed is not None and now - line.confirmed <= CONFIRMED_FOR


def not_mentioned(roster: Roster, known: Collection[str]) -> list[str]:
    """Sponsors of the directory that a roster says nothing of: they stay as they are."""
    mentioned = {one.handle for one in roster.sponsors}
    mentioned |= {*roster.assignments.values(), *roster.covers, *roster.covers.values()}
    return sorted(set(known) - mentioned)
