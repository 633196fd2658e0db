"""Finds what tells who somebody is (name, date of birth, number, phone, e-mail, address) and takes it out of a message. Pure; no model, no file but
`names.yml`.

Typed text comes through here before the dialogue sees it and before any of it is kept for the next turn. It is deliberately a little too eager: a
word taken out by mistake costs a polite sentence, one left in costs a person's privacy. The crisis screen alone reads the words as they came.
"""

import datetime
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

NAMES = Path(__file__).parent / "names.yml"
SOMEONE = "someone"
"""Stands where a name stood, so that the sentence can still be understood."""
BORN_BY = 13
"""Years. A full date that makes somebody at least so old may be a date of birth; a later one is a date of a case (release, hearing)."""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """`text` without what was `found` (kinds, in the order of the text: name, birth, number, phone, email, address)."""

    text: str
    found: tuple[str, ...] = ()

    @property
    def is_bare(self) -> bool:
        """True where nothing is left to answer."""
        return bool(self.found) and not re.search(r"\w{2,}", re.sub(rf"\b(?:{SOMEONE}|aged \d+)\b", " ", self.text))


@dataclass(frozen=True, slots=True)
class _Pattern:
    kind: str
    pattern: re.Pattern[str]
    instead: Callable[[re.Match[str], datetime.date], str | None]
    """What stands there afterwards; None leaves the words alone."""


_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_DATE = rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s*[./-]\s*|\s+(?:of\s+)?)(?P<month>\d{{1,2}}|{_MONTH})(?:\s*[./-]\s*|,?\s+)(?P<year>(?:19|20)?\d\d)"
_BORN = r"(?:d\.?o\.?b\.?|date of birth|birth ?date|birthday|born(?: on| in)?)"
_STREET = r"(?:street|st|road|rd|avenue|ave|lane|ln|close|drive|court|gardens|crescent|terrace|walk|grove|way|place|house|square|mews|hill|row|park)"


def _nothing(_: re.Match[str], __: datetime.date) -> str:
    return ""


def _age(match: re.Match[str], today: datetime.date) -> str | None:
    """A date of birth becomes the age in years, which an eligibility question needs and which says of nobody who it is."""
    parts = match.groupdict()
    year = _year(int(parts["year"]), today)
    month = str(parts.get("month") or "1").lower()
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3]) + 1
    day = int(parts.get("day") or 1)
    before_birthday = (number, day) > (today.month, today.day) if parts.get("day") else False
    age = today.year - year - before_birthday
    return f"aged {age}" if age >= 0 else ""


def _age_of_a_date(match: re.Match[str], today: datetime.date) -> str | None:
    """A date that stands alone counts only if somebody could have been born then."""
    return _age(match, today) if today.year - _year(int(match["year"]), today) >= BORN_BY else None


def _year(written: int, today: datetime.date) -> int:
    """Two digits are of the last hundred years, but for the few years to come, which are of sentences."""
    return written if written >= 100 else written + (2000 if written <= today.year % 100 + 30 and written <= 50 else 1900)


_PATTERNS = (
    _Pattern("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), _nothing),
    _Pattern("birth", re.compile(rf"\b{_BORN}\b\s*(?:is|was|:|-|=)?\s*(?:the\s+)?{_DATE}\b", re.IGNORECASE), _age),
    _Pattern("birth", re.compile(rf"\b{_BORN}\b\s*(?:is|was|:|-|=)?\s*(?:{_MONTH}\s+)?(?P<year>(?:19|20)\d\d)\b", re.IGNORECASE), _age),
    _Pattern("birth", re.compile(rf"(?<![\d/.-]){_DATE}\b(?![/.-]\d)", re.IGNORECASE), _age_of_a_date),
    # A prison number (A1234BC), an older one (AB1234), a probation case reference (X123456).
    _Pattern("number", re.compile(r"\b(?:[a-z]\d{4}[a-z]{2}|[a-z]{2}\d{4}|[a-z]\d{6})\b", re.IGNORECASE), _nothing),
    _Pattern("number", re.compile(r"\b(?:prison(?:er)?|nomis|noms|case|pnc|crn|nhs|ref(?:erence)?)\s*(?:no\.?|number|num|id|ref)?\s*(?:is|:|#)?\s*\d[\d/ -]{4,}\w?\b", re.IGNORECASE), _nothing),
    _Pattern("phone", re.compile(r"(?<![\d+])(?:\+?44\s?\(?0?\)?|\(?0)\s?[1-9](?:[\s().-]*\d){8,9}(?!\d)"), _nothing),
    _Pattern("address", re.compile(r"\b(?:gir ?0aa|[a-z]{1,2}\d[a-z\d]?\s?\d[abd-hjlnp-uw-z]{2})\b", re.IGNORECASE), _nothing),
    _Pattern("address", re.compile(rf"\b(?:flat \w+,?\s*)?\d{{1,4}}[a-z]?,?\s+(?:[A-Za-z']+\s+){{1,3}}{_STREET}\b(?!\s+(?:to|of|for|left)\b)", re.IGNORECASE), _nothing),
)
