"""A message as small words, with its dates and number words made plain. What looks like a prison
number is gone before anything else.
"""

import datetime
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

BREAKS = frozenset(",.;:?!()&")
"""Between two clauses: no pattern's gap goes over one."""
SENTENCE = frozenset(".;?!")

_PLAIN = str.maketrans("’‘“”–—", "''  --")
_PRISON_NUMBER = re.compile(r"\b[a-z]\d{4}[a-z]{2}\b")
_YEARS_OLD = re.compile(r"(?<=\d)[\s-]*y(?:rs?)?[./\s]?o(?:ld)?s?\b\.?")
_SHORT_UNIT = re.compile(r"(?<=\d)\s?([my])(?=\s(?:left|to (?:go|serve|do|run)|remaining|until))")
_SECTION = re.compile(r"\bs\.?\s?(18|20|47)\b")
_DAY = re.compile(r"\b(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})\b|\b(\d{4})-(\d{2})-(\d{2})\b")
_MONTH = re.compile(r"\b(\d{1,2})[/.-](20\d{2})\b|\b(\d{1,2})/(\d{2})\b")
_WORD = re.compile(r"[a-z]+(?:'[a-z]+)*|\d+(?:\.\d+)?|[^\sa-z\d]")
_UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_NUMBERS = {
    **{w: i for i, w in enumerate(_UNITS, 1)},
    **{w: i for i, w in enumerate(_TEENS, 10)},
    **{w: 10 * i for i, w in enumerate(_TENS, 2)},
}
_COUNTED = frozenset(
    ["year", "years", "month", "months", "week", "weeks", "day", "days", "wing", "wings"]
)
_AND_A_HALF = ["and", "a", "half"]
_YEAR_FROM = 26
"""Two digits from here on may be a year in "03/27"; smaller ones are something else."""

Words = tuple[str, ...]
Dates = tuple[datetime.date, datetime.date]
"""First and last day that are meant."""


@dataclass(frozen=True, slots=True)
class Tokens:
    """`words` in small letters; `dates` by the word that stands for one; `clause` is the number of
    each word's clause, `sentence` of its sentence.
    """

    words: tuple[str, ...]
    dates: Mapping[str, Dates]
    clause: tuple[int, ...]
    sentence: tuple[int, ...]


def read(
    text: str,
    spelling: Mapping[str, str],
    respelt: Callable[[str], str] = str,
    names: Mapping[str, Sequence[Words]] = MappingProxyType({}),
) -> Tokens:
    """Takes normalised text (bot.language.text).

    `names`: by their first word, names of several words, longest first, that become one
    ("tower_hamlets").
    """
    text = text.lower().translate(_PLAIN)
    text = _PRISON_NUMBER.sub(" ", text)
    text = _YEARS_OLD.sub(" years old ", text)
    text = _SHORT_UNIT.sub(lambda m: {"m": " months", "y": " years"}[m.group(1)], text)
    text = _SECTION.sub(r"s \1", text)
    dates: dict[str, Dates] = {}

    def mark(found: Dates | None, whole: str) -> str:
        if found is None:
            return whole
        name = f"date{chr(ord('a') + len(dates))}"
        dates[name] = found
        return f" {name} "

    text = _DAY.sub(lambda m: mark(_day(m), m.group()), text)
    text = _MONTH.sub(lambda m: mark(_month(m), m.group()), text)
    text = re.sub(r"\s-+\s", " ; ", text)
    text = re.sub(r"(?<=[a-z])-(?=[a-z\d])|(?<=\d)-(?=[a-z])", " ", text)
    text = re.sub(r"(?<![a-z])'|'(?![a-z])", " ", text)
    text = re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", text)
    words = [respelt(w) for word in _WORD.findall(text) for w in spelling.get(word, word).split()]
    words = _joined(_numbers(words), names)
    clause, sentence = [0], [0]
    for word in words[:-1]:
        clause.append(clause[-1] + (word in BREAKS))
        sentence.append(sentence[-1] + (word in SENTENCE))
    return Tokens(tuple(words), dates, tuple(clause[: len(words)]), tuple(sentence[: len(words)]))


def month_of(year: int, month: int) -> Dates:
    """A month's first and last day."""
    after = datetime.date(year + month // 12, month % 12 + 1, 1)
    return datetime.date(year, month, 1), after - datetime.timedelta(days=1)


def _day(match: re.Match[str]) -> Dates | None:
    day, month, year, iso_year, iso_month, iso_day = match.groups()
    if iso_year:
        day, month, year = iso_day, iso_month, iso_year
    century = 0 if len(year) == 4 else 2000 if int(year) < 60 else 1900
    try:
        date = datetime.date(century + int(year), int(month), int(day))
    except ValueError:
        return None
    return date, date


def _month(match: re.Match[str]) -> Dates | None:
    month, year, short_month, short_year = match.groups()
    if short_month:
        if int(short_year) < _YEAR_FROM:
            return None
        month, year = short_month, f"20{short_year}"
    return month_of(int(year), int(month)) if 1 <= int(month) <= 12 else None


def _joined(words: Sequence[str], names: Mapping[str, Sequence[Words]]) -> list[str]:
    """Each name of several words as one word."""
    found: list[str] = []
    at = 0
    while at < len(words):
        name = next(
            (
                name
                for name in names.get(words[at], ())
                if tuple(words[at : at + len(name)]) == name
            ),
            (words[at],),
        )
        found.append("_".join(name))
        at += len(name)
    return found


def _numbers(words: Sequence[str]) -> list[str]:
    """Number words as digits; "one" to "nine" only where something is counted ("no one" is nobody)."""
    found: list[str] = []
    at = 0
    while at < len(words):
        word, after = words[at], words[at + 1] if at + 1 < len(words) else ""
        if word in _TENS and after in _UNITS:
            found.append(str(_NUMBERS[word] + _NUMBERS[after]))
            at += 2
            continue
        counts = word in _NUMBERS and (
            word not in _UNITS or after in _COUNTED or list(words[at + 1 : at + 4]) == _AND_A_HALF
        )
        found.append(str(_NUMBERS[word]) if counts else word)
        at += 1
    return found
