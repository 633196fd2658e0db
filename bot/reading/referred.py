"""Words that name one of several people by what sets them apart: "would it take the Hastings one",
"so forget him".
"""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass

from bot.eligibility.models import Value
from bot.eligibility.which import ORDER
from bot.language import tokens
from bot.reading.facts import facts_of
from bot.reading.message import Message

APART = frozenset({"sex", "age", "origin"})
"""Facts that name one of two."""


@dataclass(frozen=True, slots=True)
class Referred:
    """The words that stand for the one who is meant, and for whom is meant no longer."""

    meant: tuple[int, ...] = ()
    left_out: tuple[int, ...] = ()


def referred(message: Message, *, several: bool) -> Referred:
    """`several`: the message itself tells of them. Then only the question at its end names one."""
    ends = {m.end for m in message.found if m.key == "people:left_out"}
    meant: list[range] = []
    left_out: list[int] = []
    for match in message.found:
        words = range(match.start, match.end)
        if match.key == "people:which" and match.start in ends:
            left_out += words
        elif match.key == "people:which":
            meant.append(words)
        elif (
            match.key.startswith("pronoun:")
            and match.start in ends
            and message.words[match.start - 1] != "not"  # "she, not he"
        ):
            left_out += words
    if len(meant) != 1 or (several and not _is_asked(message, meant[0].start)):
        meant = []
    return Referred(tuple(meant[0]) if meant else (), tuple(left_out))


def describes(message: Message, today: datetime.date) -> Mapping[str, Value]:
    """What such words say of the one whom they name."""
    said: dict[str, Value] = {
        fact: value for fact, value in facts_of(message, today).values.items() if fact in APART
    }
    orders = [message.reading.people.order.get(word) for word in message.words]
    order = next(filter(None, orders), None)
    return said | {ORDER: order} if order else said


def _is_asked(message: Message, at: int) -> bool:
    """Whether a word stands in the last sentence, and that one asks."""
    words = message.words
    last = max(
        (i + 1 for i, word in enumerate(words[:-1]) if word in tokens.SENTENCE),
        default=0,
    )
    return at >= last and (words[-1] == "?" or message.has("asks"))
