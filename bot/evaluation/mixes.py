"""A probe: plain statements of danger among ordinary words, in every order and however joined.

A word beside a statement must not switch it off. The mixes are generated, so that there are more of
them than anybody would write, and none of them is a training row.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from bot.reading.screening import Label, Screen

FILE = Path(__file__).with_name("mixes.yml")
EACH = 5
"""Mixes of one statement with one request, of the sixteen that order and joiner make."""


@dataclass(frozen=True, slots=True)
class Probe:
    """What was asked, and the mixes that were not found: those that reached a concern apart."""

    of: int
    missed: tuple[str, ...]
    concern: tuple[str, ...]

    def __str__(self) -> str:
        return (
            f"mixes: {len(self.missed)} of {self.of} missed, "
            f"{len(self.concern)} of those at least a concern"
        )


@cache
def mixes() -> tuple[str, ...]:
    """All mixes, the same in every run."""
    return tuple(_generated())


def _generated() -> Iterator[str]:
    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    rng = random.Random(0)  # noqa: S311
    for statement in data["statements"]:
        yield statement
        for request in data["requests"]:
            ways = [
                first + joiner + second
                for joiner in data["joiners"]
                for first, second in ((statement, request), (request, statement))
            ]
            yield from rng.sample(ways, EACH)
        for frame in data["frames"]:
            yield frame.format(statement)


def probe(screen: Screen, messages: Sequence[str] | None = None) -> Probe:
    """Screens the mixes (or `messages`). Each of them has to be a crisis."""
    asked = mixes() if messages is None else messages
    labels = {message: screen.screen(message).label for message in asked}
    missed = tuple(message for message, label in labels.items() if label is not Label.CRISIS)
    return Probe(len(labels), missed, tuple(m for m in missed if labels[m] is Label.CONCERN))
