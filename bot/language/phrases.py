"""Phrases of `crisis.yml`: words in lower case without apostrophes, `a|b` for either word, `..3` for
up to three words between; `$` for the end of the message; `noone` is `no one` too. Found anywhere
in a message otherwise. Pure.
"""

import re
from collections.abc import Iterable
from functools import lru_cache

from bot.language.text import normalise

END = "$"
_GAP = re.compile(r"\.\.(\d)$")


def says(text: str, phrases: Iterable[str]) -> bool:
    """Whether a message has one of the phrases."""
    return bool(first_said(text, [("said", phrases)]))


def first_said(text: str, named: Iterable[tuple[str, Iterable[str]]]) -> str:
    """The first name of whose phrases a message has one; "" for none."""
    plain = _plain(text)
    return next(
        (name for name, phrases in named if any(_pattern(p).search(plain) for p in phrases)), ""
    )


def _plain(text: str) -> str:
    plain = re.sub(r"[^\w\s]", " ", re.sub("['’‘`´]", "", normalise(text).lower()))
    return f" {' '.join(plain.split())} ".replace(" no one ", " noone ")


@lru_cache(maxsize=2048)
def _pattern(phrase: str) -> re.Pattern[str]:
    parts = []
    for item in phrase.split():
        if gap := _GAP.match(item):
            parts.append(rf"(?:\S+ ){{0,{gap.group(1)}}}")
        elif item == END:
            parts.append("$")
        else:
            parts.append(f"(?:{'|'.join(map(re.escape, item.split('|')))}) ")
    return re.compile(f" {''.join(parts)}")
