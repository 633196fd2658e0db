"""Puts a sponsor, a slip and a wait into the words of `sponsors.yml`. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime

from bot.sponsors.content import SponsorWords
from bot.sponsors.model import Entry, Listing, Route, Status, reach

SCHEMES: Mapping[str, str] = {"phone": "tel", "text": "sms", "email": "mailto"}
"""What opens a route of a kind. Nothing opens "in person"."""


@dataclass(frozen=True, slots=True)
class Card:
    """What somebody reads about their own sponsor: sentences, then the ways to reach whoever is
    there, then whether they are there now.
    """

    lines: tuple[str, ...]
    routes: tuple[str, ...] = ()
    duty: str = ""
    links: Mapping[str, str] = field(default_factory=dict)
    """A number or address as it is written in `routes`, and where a tap on it leads."""

    def as_text(self) -> str:
        return "\n".join((*self.lines, *self.routes, *([self.duty] if self.duty else ())))


def card(words: SponsorWords, listing: Listing, now: datetime) -> Card:
    """Somebody's own sponsor, or who covers, at a UK local time."""
    found, say = reach(listing, now), words.card
    if found.there is None:
        return Card((_why_not(words, found.own), say.no_cover))
    lines = [_filled(say.cover if found.is_cover else say.sponsor, found.there)]
    if found.is_cover:
        lines.insert(0, _why_not(words, found.own))
    duty = "" if found.on_duty is None else say.on_duty if found.on_duty else say.off_duty
    return Card(
        tuple(lines),
        tuple(_route(words, route) for route in found.there.sponsor.routes),
        duty,
        {
            route.value: f"{SCHEMES[route.kind]}:{route.value.replace(' ', '')}"
            for route in found.there.sponsor.routes
            if route.kind in SCHEMES
        },
    )


def slip(words: SponsorWords, code: str, expires: date) -> str:
    """What is printed for the person, with paragraphs split by a blank line."""
    spoken = ", ".join(words.spoken.get(symbol, "") for symbol in code.replace("-", ""))
    gaps = {"{code}": code, "{date}": _day(expires), "{spoken}": spoken}
    lines = list(words.slip)
    for gap, value in gaps.items():
        lines = [line.replace(gap, value) for line in lines]
    return "\n\n".join(lines)


def ask_lines(words: SponsorWords) -> tuple[str, ...]:
    """Who to ask, by where somebody is."""
    return tuple(words.ask.model_dump().values())


def _why_not(words: SponsorWords, own: Entry) -> str:
    if own.status is Status.LEFT:
        return _filled(words.card.left, own)
    last = own.absence.last if own.absence else None
    return (
        _filled(words.card.away_until, own).replace("{date}", _day(last))
        if last
        else _filled(words.card.away, own)
    )


def _filled(text: str, entry: Entry) -> str:
    return text.replace("{role}", entry.sponsor.role).replace("{name}", entry.sponsor.name)


def _route(words: SponsorWords, route: Route) -> str:
    said = str(getattr(words.card, route.kind))
    if route.hours is not None:
        hours = str(route.hours) if route.hours.spans else words.card.always
        said = words.card.hours.replace("{route}", said).replace("{hours}", hours)
    return said.replace("{value}", route.value)


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
