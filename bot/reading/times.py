"""Durations and dates of a message, in months from today."""

import calendar
import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from bot.eligibility.models import NO_LIMIT
from bot.language.notation import Dates, month_of
from bot.language.tokens import Tokens

_MONTH_NAMES = {
    name.lower(): n
    for names in (calendar.month_abbr, calendar.month_name)
    for n, name in enumerate(names)
    if name
} | {"sept": 9}
_AMBIGUOUS = frozenset({"may", "march", "mar"})
_BEFORE_A_MONTH = frozenset(
    {
        "in",
        "by",
        "of",
        "for",
        "until",
        "till",
        "next",
        "early",
        "mid",
        "late",
        "from",
        "since",
        "on",
        "before",
        "is",
        "due",
        "expected",
        "around",
    }
    | {"date", "end", "parole", "crd", "release", "released"}
)
"""Words after which "may" and "march" are months."""
_UNITS = {
    "month": 1.0,
    "months": 1.0,
    "year": 12.0,
    "years": 12.0,
    "week": 84 / 365.25,
    "weeks": 84 / 365.25,
    "day": 12 / 365,
    "days": 12 / 365,
}
_PARTS = {
    "early": (1, 4),
    "beginning": (1, 3),
    "start": (1, 3),
    "mid": (5, 8),
    "middle": (5, 8),
    "late": (9, 12),
    "end": (10, 12),
    "q": (1, 12),
}
"""First and last month of a part of a year; of a quarter, the number says which."""
_YEARS = range(1920, 2100)
_SMALLER = {"year": ("month", "week", "day"), "month": ("week", "day")}
_JOINS = frozenset({"and", ",", "&", "plus", "+"})
_MINUS = frozenset({"minus", "less", "bar"})
_LEFT_LESS = {("left", minus) for minus in _MINUS}
_OVER = frozenset(
    {
        "did",
        "done",
        "served",
        "sentenced",
        "serving",
        "doing",
        "got",
        "sentence",
        "of",
        "after",
        "in",
    }
)
"""Words before a time that is over, or that is the length of a sentence."""
_DENIED = {("not",), ("isn't",), ("wasn't",)}
_ODD_MONTHS = 11
"""Months that stand beside years: "2 years 3 months".
"""


@dataclass(frozen=True, slots=True)
class Time:
    """Words `start` to `end` (not included) give a time of `low` to `high` months from today, both
    included. `dates` where it is a date.
    """

    start: int
    end: int
    low: int
    high: int
    dates: Dates | None = None


def months_between(today: datetime.date, date: datetime.date) -> int:
    """Whole months from today; negative in the past."""
    return (date.year - today.year) * 12 + date.month - today.month - (date.day < today.day)


def years_between(date: datetime.date, today: datetime.date) -> int:
    return today.year - date.year - ((today.month, today.day) < (date.month, date.day))


def find(tokens: Tokens, today: datetime.date, seasons: Mapping[str, int]) -> list[Time]:
    """All times in the message, in its order, none inside another."""
    found: list[Time] = []
    at = 0
    while at < len(tokens.words):
        time = _duration(tokens.words, at) or _date(tokens, at, today, seasons)
        if time:
            found.append(time)
            at = time.end
        else:
            at += 1
    return found


def _number(words: tuple[str, ...], at: int) -> float | None:
    if at >= len(words):
        return None
    try:
        return float(words[at])
    except ValueError:
        return None


def _unit(words: tuple[str, ...], at: int) -> float | None:
    unit = _UNITS.get(words[at]) if at < len(words) else None
    old = words[at + 1 : at + 2] in {("old",), ("olds",)} or words[at + 1 : at + 3] == ("of", "age")
    return None if old else unit


def _duration(words: tuple[str, ...], at: int) -> Time | None:
    """ "14 months", "18-24 months", "2+ years", "a year and a half", "2 years 3 months", "a year and a
    week", "a year minus a week", "a couple of years".
    """
    time = _part(words, at)
    while time and (longer := _with_smaller(words, time)):
        time = longer
    return time


def _with_smaller(words: tuple[str, ...], time: Time) -> Time | None:
    """The time with the smaller unit that follows it, added or taken off; None where none does."""
    end = time.end
    if words[end : end + 2] in _LEFT_LESS:
        end += 1  # "13 months left minus 60 days"
    joint = words[end] if end < len(words) else ""
    rest = end + (joint in _JOINS | _MINUS)
    more = _part(words, rest) if rest < len(words) else None
    unit = words[more.end - 1].removesuffix("s") if more else ""
    whole = words[time.end - 1].removesuffix("s")
    if more is None or unit not in (*_SMALLER.get(whole, ()), *([whole] * (joint in _MINUS))):
        return None
    if joint in _MINUS:
        less = more.high + (unit != "month")
        return replace(
            time, end=more.end, low=max(0, time.low - less), high=max(0, time.high - less)
        )
    denied = words[max(0, time.start - 1) : time.start] in _DENIED
    if denied and joint == ",":
        return None  # "not 2 years, 2 months"
    over = not _OVER.isdisjoint(words[max(0, time.start - 3) : time.start])
    if more.high > _ODD_MONTHS or (over and joint in {"and", ","}):
        return None  # "did 2 years, 3 months left"
    high = min(NO_LIMIT, time.high + more.high)
    return replace(time, end=more.end, low=time.low + more.low, high=high)


def _part(words: tuple[str, ...], at: int) -> Time | None:
    """One unit of a duration."""
    if words[at : at + 2] == ("year", "and") and _number(words, at + 2) is not None:
        return Time(at, at + 1, 12, 12)
    in_words = words[at] in {"a", "an", "one", "half", "the", "couple", "quarter", "three", "year"}
    return _duration_in_words(words, at) if in_words else _counted(words, at)


def _counted(words: tuple[str, ...], at: int) -> Time | None:
    """A number, or two, of years, months, weeks or days."""
    number = _number(words, at)
    if number is None:
        return None
    end, more = at + 1, number
    if (
        end < len(words)
        and words[end] in ({"and"} if words[at - 1 : at] == ("between",) else {"-", "to", "or"})
        and (second := _number(words, end + 1)) is not None
    ):
        more, end = second, end + 2
    plus = end < len(words) and words[end] in {"+", "plus"}
    end += plus
    half = 0
    if words[end : end + 3] == ("and", "a", "half"):  # "two and a half years"
        half, end = 1, end + 3
    unit = _unit(words, end)
    if unit is None:
        return None
    end += 1
    # 52 weeks are a day short of a year, which not everybody means; 364 days are.
    slack = 0.05 if words[end - 1].startswith("week") else 0.01
    low, high = int(number * unit + 0.01), int(more * unit + slack)
    if words[end : end + 3] == ("and", "a", "half"):  # "two years and a half"
        half, end = 1, end + 3
    halves = half * int(unit / 2)
    if words[end : end + 1] == ("+",):
        plus = True
    return Time(at, end, low + halves, NO_LIMIT if plus else high + halves)


def _duration_in_words(words: tuple[str, ...], at: int) -> Time | None:
    rest = words[at : at + 6]
    for said, low, high in (
        (("a", "year", "and", "a", "half"), 18, 18),
        (("year", "and", "a", "half"), 18, 18),
        (("year", "left"), 12, 12),
        (("year", "to"), 12, 12),
        (("a", "year", "and", "a", "bit"), 12, 18),
        (("year", "and", "a", "bit"), 12, 18),
        (("half", "a", "year"), 6, 6),
        (("half", "year"), 6, 6),
        (("half", "of", "a", "year"), 6, 6),
        (("a", "half", "year"), 6, 6),
        (("quarter", "of", "a", "year"), 3, 3),
        (("three", "quarters", "of", "a", "year"), 9, 9),
        (("a", "quarter", "of", "a", "year"), 3, 3),
        (("a", "fortnight"), 0, 0),
        (("a", "couple", "of", "years"), 24, 24),
        (("a", "couple", "of", "months"), 2, 2),
        (("the", "year"), 12, 12),
        (("couple", "of", "years"), 24, 24),
        (("couple", "of", "months"), 2, 2),
        (("a", "few", "months"), 2, 6),
        (("a", "few", "weeks"), 0, 2),
        (("a", "few", "years"), 24, 72),
        (("a", "full", "year"), 12, 12),
        (("a", "good", "year"), 12, NO_LIMIT),
        (("a", "whole", "year"), 12, 12),
        (("one", "year"), 12, 12),
        (("a", "year"), 12, 12),
        (("a", "month"), 1, 1),
        (("a", "week"), 0, 0),
        (("a", "day"), 0, 0),
        (("one", "week"), 0, 0),
        (("one", "day"), 0, 0),
        (("one", "month"), 1, 1),
        (("a", "couple", "of", "weeks"), 0, 0),
        (("couple", "of", "weeks"), 0, 0),
        (("a", "couple", "of", "days"), 0, 0),
        (("couple", "of", "days"), 0, 0),
        (("a", "few", "days"), 0, 0),
    ):
        if rest[: len(said)] == said and rest[len(said) : len(said) + 1] not in {
            ("old",),
            ("ago",),
        }:
            return Time(at, at + len(said), low, high)
    return None


def _date(tokens: Tokens, at: int, today: datetime.date, seasons: Mapping[str, int]) -> Time | None:
    before = tokens.words[at - 1] if at else ""
    for end, (first, last) in _dates(tokens, at, today, seasons):
        if before in {"last", "since"} and first > today:  # "released last October"
            first, last = replace_year(first, first.year - 1), replace_year(last, last.year - 1)
        low, high = months_between(today, first), months_between(today, last)
        if before == "by" and low > 0:  # "by 2028" is before it begins
            return Time(at, end, 0, low, None)
        return Time(at, end, low, high, (first, last))
    return None


def _dates(
    tokens: Tokens, at: int, today: datetime.date, seasons: Mapping[str, int]
) -> Iterator[tuple[int, Dates]]:
    words = tokens.words
    word, after = words[at], words[at + 1] if at + 1 < len(words) else ""
    if word in tokens.dates:
        yield at + 1, tokens.dates[word]
    elif word == "next" and after == "month":
        yield at + 2, month_of(today.year + today.month // 12, today.month % 12 + 1)
    elif word == "new" and after == "year":
        yield at + 2, (datetime.date(today.year + 1, 1, 1), datetime.date(today.year + 1, 3, 31))
    elif word == "next" and after == "week":
        yield at + 2, (today, today + datetime.timedelta(days=14))
    elif word in {"next", "this"} and after == "year":
        year = today.year + (word == "next")
        yield at + 2, (datetime.date(year, 1, 1), datetime.date(year, 12, 31))
    elif word.isdigit() and after in _MONTH_NAMES and 1 <= int(word) <= 31:
        day, month, year = int(word), _MONTH_NAMES[after], _year(words, at + 2)
        try:
            date = datetime.date(year or today.year, month, day)
        except ValueError:
            return
        if not year and date < today:
            date = replace_year(date, today.year + 1)
        yield at + 2 + bool(year), (date, date)
    elif word in _MONTH_NAMES:
        year = _year(words, at + 1)
        if word in _AMBIGUOUS and not year and (at == 0 or words[at - 1] not in _BEFORE_A_MONTH):
            return
        month = _MONTH_NAMES[word]
        said = {"this year": today.year, "last year": today.year - 1}.get(
            " ".join(words[at + 1 : at + 3])
        )
        if said:  # "in March this year"
            yield at + 3, month_of(said, month)
            return
        yield at + 1 + bool(year), month_of(year or today.year + (month < today.month), month)
    elif word in seasons:
        year = _year(words, at + 1)
        first = seasons[word]
        start = datetime.date(year or today.year + (first + 2 < today.month), first, 1)
        last = month_of(start.year + (first + 2 > 12), (first + 1) % 12 + 1)[1]
        yield at + 1 + bool(year), (start, last)
    elif word in _PARTS and (part := _part_of_a_year(words, at)):
        yield part
    elif (year := _year(words, at)) and year >= today.year - 100:
        yield at + 1, (datetime.date(year, 1, 1), datetime.date(year, 12, 31))


def _part_of_a_year(words: tuple[str, ...], at: int) -> tuple[int, Dates] | None:
    """ "Early 2028", "the end of 2027", "Q2 2027"."""
    first, last = _PARTS[words[at]]
    end = at + 1
    if words[at] == "q":
        if words[end : end + 1] not in {("1",), ("2",), ("3",), ("4",)}:
            return None
        last = 3 * int(words[end])
        first, end = last - 2, end + 1
    end += words[end : end + 1] in {("of",), ("in",), ("-",)}
    year = _year(words, end)
    return (end + 1, (month_of(year, first)[0], month_of(year, last)[1])) if year else None


def _year(words: tuple[str, ...], at: int) -> int:
    return (
        int(words[at])
        if at < len(words)
        and len(words[at]) == 4
        and words[at].isdigit()
        and int(words[at]) in _YEARS
        else 0
    )


def replace_year(date: datetime.date, year: int) -> datetime.date:
    """The same day of another year; 28 February for the day that is not in it."""
    try:
        return date.replace(year=year)
    except ValueError:
        return date.replace(year=year, day=28)


def qualified(time: Time, said_before: str) -> Time:
    """The time after "less than" (`less`), "no more than" (`most`), "about" (`about`), "nearly" (`nearly`) or "more than"
    (`more`).
    """
    if said_before == "less":
        return replace(time, low=0, high=max(0, time.high - 1))
    if said_before == "most":
        return replace(time, low=0)
    if said_before == "about":
        return replace(time, low=max(0, time.low - 1), high=min(NO_LIMIT, time.high + 1))
    if said_before == "nearly":
        return replace(time, low=max(0, time.low - 1), high=max(0, time.high - 1))
    return replace(time, high=NO_LIMIT) if said_before == "more" else time
