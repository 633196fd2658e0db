"""How many names are taken out of messages, and how many messages are touched that name nobody.

`python -m bot evaluate names` prints it.
"""

import datetime
import re
from collections.abc import Iterator

from bot.language.identify import rows
from bot.privacy.personal import clean
from bot.reading.screening import Label
from bot.settings import ROOT
from bot.training.corpus import TRAIN, load, ordinary_questions

FOLDER = ROOT / "data" / "privacy"
NAMED, ORDINARY = FOLDER / "named.txt", FOLDER / "ordinary.txt"
_BRACKETS = re.compile(r"\[([^]]+)\]")
_PART = re.compile(r"[^\W\d_]+")
_TITLES = frozenset(("Mr", "Mrs", "Ms", "Father"))


def corpus() -> list[str]:
    """What our own examples have that is no crisis; some rows of it do name somebody."""
    return [row.text for row in (*load(TRAIN), *ordinary_questions()) if row.label is Label.NONE]


def missed(messages: list[str], today: datetime.date) -> Iterator[tuple[str, str]]:
    """Each name of which a part is left, with its message as it was left."""
    for message in messages:
        left = clean(_BRACKETS.sub(r"\1", message), today).text
        words = set(_PART.findall(left))
        for name in _BRACKETS.findall(message):
            if not words.isdisjoint(set(_PART.findall(name)) - _TITLES):
                yield name, left


def touched(messages: list[str], today: datetime.date) -> list[tuple[str, str]]:
    """Each message out of which something is taken, and what is left of it."""
    cleaned = ((message, clean(message, today)) for message in messages)
    return [(message, found.text) for message, found in cleaned if found.found]


def names_of(messages: list[str]) -> list[str]:
    """The names in brackets."""
    return [name for message in messages for name in _BRACKETS.findall(message)]


def lines(today: datetime.date, failures: bool) -> Iterator[str]:
    """The figures, and with `failures` what is behind them."""
    named, ordinary, examples = rows(NAMED), rows(ORDINARY), corpus()
    misses = list(missed(named, today))
    names = len(names_of(named))
    yield f"names taken out: {names - len(misses)} of {names} ({1 - len(misses) / names:.3f})"
    if failures:
        yield from (f"  {name}: {left}" for name, left in misses)
    for what, messages in (("ordinary messages", ordinary), ("all of data/", examples)):
        hits = touched(messages, today)
        yield f"{what} touched: {len(hits)} of {len(messages)} ({len(hits) / len(messages):.4f})"
        if failures:
            yield from (f"  {before} -> {left}" for before, left in hits)
