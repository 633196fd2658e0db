"""Finds what tells who somebody is (name, date of birth, number, phone, e-mail, address) and takes
it out of a message. Pure; no model, no file but `names.yml`.

Typed text comes through here before the dialogue sees it and before any of it is kept for the next
turn. It is deliberately a little too eager: a word taken out by mistake costs a polite sentence,
one left in costs a person's privacy. The crisis screen alone reads the words as they came.
"""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import yaml

NAMES = Path(__file__).parent / "names.yml"
SOMEONE = "someone"
"""Stands where a name stood, so that the sentence can still be understood."""
BORN_BY = 13
"""Years. A full date that makes somebody at least so old may be a date of birth; a later one is a
date of a case (release, hearing).
"""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """`text` without what was `found` (kinds, in the order of the text: name, birth, number, phone,
    email, address).
    """

    text: str
    found: tuple[str, ...] = ()

    @property
    def is_bare(self) -> bool:
        """True where nothing is left to answer."""
        return bool(self.found) and not re.search(
            r"\w{2,}", re.sub(rf"\b(?:{SOMEONE}|aged \d+)\b", " ", self.text)
        )


Instead = Callable[[re.Match[str], datetime.date], str | None]
"""What stands in the text afterwards; None leaves the words alone."""


class _Pattern(NamedTuple):
    kind: str
    pattern: re.Pattern[str]
    instead: Instead


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_DATE = rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s*[./-]\s*|\s+(?:of\s+)?)(?P<month>\d{{1,2}}|{_MONTH})(?:\s*[./-]\s*|,?\s+)(?P<year>(?:19|20)?\d\d)"
_BORN = r"(?:d\.?o\.?b\.?|date of birth|birth ?date|birthday|born(?: on| in)?)(?!\w)"
_STREET = (
    r"(?:street|st|road|rd|avenue|ave|lane|close|drive|court|gardens|crescent|terrace|grove|mews)"
)
_NO_STREET = r"(?:years?|yrs?|months?|mths?|mo|weeks?|days?|men|women|people|places?|of|to|and|or|in|at|by|on|a|an|the|wings?|times?|crown|county)\b"
_REGISTER = r"(?:prison(?:er)?|nomis|noms|case|pnc|crn|nhs|ref(?:erence)?)"


def _nothing(_: re.Match[str], __: datetime.date) -> str:
    return ""


def _age(match: re.Match[str], today: datetime.date) -> str | None:
    """A date of birth becomes the age in years: an eligibility question needs it, and it names
    nobody. Raises ValueError for no date.
    """
    parts = match.groupdict()
    month = str(parts.get("month") or "1").lower()
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3]) + 1
    born = datetime.date(_year(int(parts["year"]), today), number, int(parts.get("day") or 1))
    age = today.year - born.year - ((born.month, born.day) > (today.month, today.day))
    return f"aged {age}" if age >= 0 else ""


def _age_of_a_date(match: re.Match[str], today: datetime.date) -> str | None:
    """A date that stands alone counts only if somebody could have been born then."""
    return _age(match, today) if today.year - _year(int(match["year"]), today) >= BORN_BY else None


def _year(written: int, today: datetime.date) -> int:
    """Two digits are of the last hundred years, but for the few years to come, which are of
    sentences.
    """
    return (
        written
        if written >= 100
        else written + (2000 if written <= today.year % 100 + 30 and written <= 50 else 1900)
    )


_PATTERNS = (
    _Pattern("email", re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+"), _nothing),
    _Pattern(
        "birth",
        re.compile(rf"\b{_BORN}\s*(?:is|was|:|-|=)?\s*(?:the\s+)?{_DATE}\b", re.IGNORECASE),
        _age,
    ),
    _Pattern(
        "birth",
        re.compile(
            rf"\b{_BORN}\s*(?:is|was|:|-|=)?\s*(?:{_MONTH}\s+)?(?P<year>(?:19|20)\d\d)\b",
            re.IGNORECASE,
        ),
        _age,
    ),
    _Pattern(
        "birth", re.compile(rf"(?<![\d/.-]){_DATE}\b(?![/.-]\d)", re.IGNORECASE), _age_of_a_date
    ),
    # A prison number (A1234BC), an older one (AB1234), a probation case reference (X123456).
    _Pattern(
        "number",
        re.compile(r"\b(?:[a-z]\d{4}[a-z]{2}|[a-z]{2}\d{4}|[a-z]\d{6})\b", re.IGNORECASE),
        _nothing,
    ),
    _Pattern(
        "number",
        re.compile(
            r"\b(?:prison(?:er)?|nomis|noms|case|pnc|crn|nhs|ref(?:erence)?)\s*(?:no\.?|number|num|id|ref)?\s*(?:is|:|#)?\s*\d[\d/ -]{4,}\w?\b",
            re.IGNORECASE,
        ),
        _nothing,
    ),
    _Pattern(
        "phone",
        re.compile(r"(?<![\d+])(?:\+?44\s?\(?0?\)?|\(?0)\s?[1-9](?:[\s().-]*\d){8,9}(?!\d)"),
        _nothing,
    ),
    _Pattern(
        "address",
        re.compile(r"\b(?:gir ?0aa|[a-z]{1,2}\d[a-z\d]?\s?\d[abd-hjlnp-uw-z]{2})\b", re.IGNORECASE),
        _nothing,
    ),
    _Pattern(
        "address",
        re.compile(
            rf"\b(?:flat \w+,?\s*)?\d{{1,4}}[a-z]?,?\s+(?:(?!{_NO_STREET})[a-z']+\s+){{1,2}}?{_STREET}\b",
            re.IGNORECASE,
        ),
        _nothing,
    ),
)


def clean(text: str, today: datetime.date) -> Cleaned:
    """The text without what tells of a person. `today` turns a date of birth into an age."""
    found: list[str] = []
    for kind, pattern, instead in _PATTERNS:
        text = pattern.sub(
            partial(_replaced, kind=kind, instead=instead, today=today, found=found), text
        )
    text = _names().sub(partial(_someone, found=found), text)
    return Cleaned(" ".join(text.split()), tuple(found)) if found else Cleaned(text)


def _replaced(
    match: re.Match[str], kind: str, instead: Instead, today: datetime.date, found: list[str]
) -> str:
    try:
        words = instead(match, today)
    except ValueError:  # no such month
        words = None
    if words is None:
        return match.group()
    found.append(kind)
    return f" {words} "


def _someone(match: re.Match[str], found: list[str]) -> str:
    found.append("name")
    return f"{match['lead'] or ''}{SOMEONE}"


@cache
def _names() -> re.Pattern[str]:
    """A known first name with the surname behind it, or whatever stands behind "my name is" and
    "Mr".
    """
    data = yaml.safe_load(NAMES.read_text(encoding="utf-8"))
    first = "|".join(
        sorted({name for row in data["first_names"] for name in row.split()}, key=len, reverse=True)
    )
    not_surname = "|".join(sorted(data["not_surnames"].split(), key=len, reverse=True))
    introduced = "|".join(
        re.escape(words) for words in sorted(data["introduced_by"], key=len, reverse=True)
    )
    titles = "|".join(data["titles"])
    # Capitals make a second surname; in small letters it would be the next word.
    surname = (
        rf"(?:[ -](?!(?:{not_surname}|\w+(?:ing|ed|ly))\b)[a-z][a-z'’-]+(?-i:[ -][A-Z][a-z'’-]+)?)"
    )
    initial = r"(?:\s[a-z]\.?(?=\s|$))?"
    return re.compile(
        rf"(?P<lead>\b(?:{introduced})\b[\s:,-]+)(?!(?:{not_surname})\b)[a-z][a-z'’-]+{initial}{surname}?"
        rf"|(?:\b(?:{titles})\.?\s)(?!(?:{not_surname})\b)[a-z][a-z'’-]+{surname}?"
        rf"|\b(?:{first})\b(?:(?=['’]s\b)|(?!\.\w){initial}{surname}?)",
        re.IGNORECASE,
    )
