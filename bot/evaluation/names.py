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
"""What the model of bot.privacy.tagger has learned from."""
HELD_OUT_NAMED, HELD_OUT_ORDINARY = (
    FOLDER / "heldout" / "named.txt",
    FOLDER / "heldout" / "ordinary.txt",
)
"""What it has not."""
BRACKETS = re.compile(r"\[([^]]+)\]")
_PART = re.compile(r"[^\W\d_]+")
TITLE = re.compile(r"(?:Mrs?|Ms|Miss|Dr|Rev|Father|Sister)\.? ")
"""At the start of a bracket; it may stay in the text."""


def corpus() -> list[str]:
    """What our own examples have that is no crisis; some rows of it do name somebody."""
    return [row.text for row in (*load(TRAIN), *ordinary_questions()) if row.label is Label.NONE]


def missed(messages: list[str], today: datetime.date) -> Iterator[tuple[str, str]]:
    """Each name of which a part is left, with its message as it was left."""
    for message in messages:
        left = clean(BRACKETS.sub(r"\1", message), today).text
        words = set(_PART.findall(left))
        for name in BRACKETS.findall(message):
            if not words.isdisjoint(_PART.findall(TITLE.sub("", name, count=1))):
                yield name, left


def unbracketed(row: str) -> tuple[str, list[tuple[int, int]]]:
    """The message of a row, and where its names are: (start, end), without the titles."""
    text, named, done = "", [], 0
    for match in BRACKETS.finditer(row):
        text += row[done : match.start()]
        title = TITLE.match(match[1])
        start = len(text) + (title.end() if title else 0)
        text += match[1]
        named.append((start, len(text)))
        done = match.end()
    return text + row[done:], named


def touched(messages: list[str], today: datetime.date) -> list[tuple[str, str]]:
    """Each message out of which something is taken, and what is left of it."""
    cleaned = ((message, clean(message, today)) for message in messages)
    return [(message, found.text) for message, found in cleaned if found.found]


def names_of(messages: list[str]) -> list[str]:
    """The names in brackets."""
    return [name for message in messages for name in BRACKETS.findall(message)]


def lines(today: datetime.date, failures: bool) -> Iterator[str]:
    """The figures, and with `failures` what is behind them."""
    for what, file in (("held out", HELD_OUT_NAMED), ("learned", NAMED)):
        messages = rows(file)
        misses, names = list(missed(messages, today)), len(names_of(messages))
        share = 1 - len(misses) / names
        yield f"names taken out, {what}: {names - len(misses)} of {names} ({share:.3f})"
        if failures:
            yield from (f"  {name}: {left}" for name, left in misses)
    for what, messages in (
        ("ordinary messages, held out", rows(HELD_OUT_ORDINARY)),
        ("ordinary messages, learned", rows(ORDINARY)),
        ("all of data/", corpus()),
    ):
        hits = touched(messages, today)
        yield f"{what}, touched: {len(hits)} of {len(messages)} ({len(hits) / len(messages):.4f})"
        if failures:
            yield from (f"  {before} -> {left}" for before, left in hits)
