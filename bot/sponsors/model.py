"""Sponsors and who is to be asked now. Frozen values and pure functions; no store, no clock, no
words.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any, Literal, get_args

from bot.sponsors.hours import Hours, parse_hours

RouteKind = Literal["phone", "text", "email", "in_person"]
ROUTE_KINDS: tuple[RouteKind, ...] = get_args(RouteKind)
VALUE_MAX = 120
"""Characters in a name, a role, or a contact."""

_CHECKS: dict[RouteKind, tuple[re.Pattern[str], str]] = {
    "phone": (
        re.compile(r"\+?[\d ]{3,20}( ext\.? ?\d{1,6})?"),
        "a phone number has digits and spaces, as in 020 7946 0123 or 020 7946 0123 ext 45",
    ),
    "text": (
        re.compile(r"\+?[\d ]{3,20}"),
        "a number for text messages has digits and spaces only",
    ),
    "email": (
        re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+"),
        "an email address looks like name@service.example",
    ),
    "in_person": (re.compile(r".+"), "say where, or whom to ask"),
}


class Status(StrEnum):
    ACTIVE = "active"
    LEFT = "left"


KINDS_OF_CHANGE = ("sponsor_added", "sponsor_changed", "assigned", "reassigned", "covered")
"""What an import of a roster may do, by which the staff desk tells of it."""


@dataclass(frozen=True, slots=True)
class Route:
    """One way to reach somebody. `hours` None: not known, and then nothing is said of whether they
    are there now.
    """

    kind: RouteKind
    value: str
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class Sponsor:
    """A sponsor as they want to be shown. `handle` is the administrator's own short name for the
    record; `service` is an id of the content.
    """

    handle: str
    name: str
    role: str
    service: str
    routes: tuple[Route, ...]


@dataclass(frozen=True, slots=True)
class Absence:
    """Both days count. `last` None: until further notice."""

    first: date
    last: date | None = None

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)


@dataclass(frozen=True, slots=True)
class Entry:
    """A sponsor in the directory at this moment. `id` is opaque."""

    id: str
    sponsor: Sponsor
    status: Status = Status.ACTIVE
    absence: Absence | None = None

    def is_here(self, day: date) -> bool:
        return self.status is Status.ACTIVE and not (self.absence and self.absence.holds(day))


@dataclass(frozen=True, slots=True)
class Check:
    """That a sponsor was asked whether their details are right. `is_open`: the link was
    not used yet. `wrong`: when they said that something is wrong; None: they did not.
    """

    asked: datetime
    expires: datetime
    is_open: bool
    wrong: datetime | None = None

    def waits(self, now: datetime) -> bool:
        """Whether an answer can still come."""
        return self.is_open and now < self.expires


@dataclass(frozen=True, slots=True)
class Listing:
    """What one service user may see: their own sponsor first, then the cover, the cover's cover,
    and so on. Never empty.
    """

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """Whom to contact now. `there` None: nobody who is here is named. `on_duty` None: their hours
    are not known.
    """

    own: Entry
    there: Entry | None
    on_duty: bool | None

    @property
    def is_cover(self) -> bool:
        return self.there is not None and self.there is not self.own


def reach(listing: Listing, now: datetime) -> Reach:
    """Picks the first of a listing who is here at a UK local time."""
    there = next((entry for entry in listing.entries if entry.is_here(now.date())), None)
    known = (
        [route.hours.hold(now) for route in there.sponsor.routes if route.hours is not None]
        if there
        else []
    )
    return Reach(listing.entries[0], there, any(known) if known else None)


def checked_route(kind: RouteKind, value: str, hours: str = "") -> Route:
    """A route from what somebody typed. Raises ValueError with a sentence for them."""
    value = checked_words(value)
    pattern, advice = _CHECKS[kind]
    if not pattern.fullmatch(value):
        raise ValueError(advice)
    return Route(kind, value, parse_hours(hours) if hours.strip() else None)


def checked_words(text: str) -> str:
    """A name or the like: not empty, one line, at most VALUE_MAX characters. Raises ValueError with
    a sentence.
    """
    text = " ".join(text.split())
    if not text:
        raise ValueError("must not be empty")
    if len(text) > VALUE_MAX or not text.isprintable():
        raise ValueError(f"must be at most {VALUE_MAX} ordinary characters")
    return text


def to_record(sponsor: Sponsor) -> dict[str, Any]:
    """A sponsor as plain values for JSON; `from_record` reads them."""
    routes = [
        [route.kind, route.value, str(route.hours) if route.hours else ""]
        for route in sponsor.routes
    ]
    return {
        "handle": sponsor.handle,
        "name": sponsor.name,
        "role": sponsor.role,
        "service": sponsor.service,
        "routes": routes,
    }


def from_record(record: dict[str, Any]) -> Sponsor:
    routes = tuple(
        Route(kind, value, parse_hours(hours) if hours else None)
        for kind, value, hours in record["routes"]
    )
    return Sponsor(record["handle"], record["name"], record["role"], record["service"], routes)
