"""How our own questions are answered by the running service: by user, topic and kind.

A reply is wrong that has another topic, lacks what it must say or says what it must not, begins with
none of it, or begins with a "Yes" or "No" that was not asked for.
"""

import asyncio
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot import knowledge
from bot.commands import client
from bot.evaluation.service import AT_ONCE, Service, running
from bot.knowledge import Knowledge, polarity
from bot.settings import ROOT, load_settings

QUESTIONS, VOICES = (ROOT / "tests" / "data" / name for name in ("questions.yml", "voices.yml"))
ANYBODY = "anybody"
SOON = 45
"""Words of a reply in which what was asked for has to begin."""
_ADMITS = re.compile(r"not say|doesn't say|\bpage\b")


@dataclass(frozen=True)
class Row:
    """A question, who asks it, and what is right: `topics` (any of them), what it `says` (every
    item; "a||b" are alternatives) and `never` says ("re:" begins a pattern); `after` comes before.
    """

    text: str
    user: str
    topics: tuple[str, ...]
    says: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    after: str = ""

    @property
    def kind(self) -> str:
        if self.after:
            return "follow-up"
        if any(_ADMITS.search(item) for item in self.says):
            return "not held"
        return "held" if self.says else "topic only"


@dataclass(frozen=True)
class Scored:
    """A question, the reply to it and what is wrong with it: nothing where it is right."""

    row: Row
    reply: str
    faults: tuple[str, ...]


def rows() -> tuple[Row, ...]:
    """Our own questions: those of nobody in particular, then those in each user's voice."""
    plain = [(ANYBODY, row) for row in _read(QUESTIONS)]
    voices = [(user, row) for user, told in _read(VOICES).items() for row in told]
    return tuple(_row(user, row) for user, row in [*plain, *voices])


def _read(path: Path) -> Any:
    return yaml.safe_load(path.read_text(encoding="utf-8"))


def _row(user: str, row: Mapping[str, Any]) -> Row:
    said, never = (
        tuple(filter(None, row.get(key, ()))) for key in ("says", "never")
    )  # an empty item asks for any reply at all
    return Row(row["text"], user, tuple(row["topic"]), said, never, row.get("after", ""))


def faults(held: Knowledge, row: Row, topic: str, reply: str) -> Iterator[str]:
    """What is wrong with a reply."""
    read = _plain(reply)
    soon = " ".join(read.split()[:SOON])
    if topic not in row.topics:
        yield f"topic {topic}"
    yield from (f"lacks {item}" for item in row.says if not _has(read, item))
    yield from (f"says {item}" for item in row.never if _hits(read, item))
    if row.says and not any(_has(soon, item) for item in row.says):
        yield "late"
    if polarity.answered(held, row.text, reply) != reply:
        yield "yes or no"


def _plain(text: str) -> str:
    return " ".join(text.replace("’", "'").replace("–", "-").lower().split())


def _has(read: str, item: str) -> bool:
    return any(_plain(choice) in read for choice in item.split("||"))


def _hits(read: str, item: str) -> bool:
    if item.startswith("re:"):
        return re.search(item[3:], read, re.IGNORECASE) is not None
    return _plain(item) in read


def ask(service: Service, asked: Sequence[Row]) -> tuple[Scored, ...]:
    """Asks each as a user would, in a conversation of its own."""
    return asyncio.run(_ask(service, asked))


async def _ask(service: Service, asked: Sequence[Row]) -> tuple[Scored, ...]:
    held = knowledge.load(load_settings().content)
    waiting, scored = iter(asked), dict[Row, Scored]()

    async def ask_on(connected: client.Service) -> None:
        for row in waiting:
            conversation = await connected.open()
            if row.after:
                await conversation.say(row.after)
            reply = await conversation.say(row.text)
            wrong = tuple(faults(held, row, reply.topic, reply.text))
            scored[row] = Scored(row, reply.text, wrong)

    async with client.connect(service.url, service.run) as connected:
        await asyncio.gather(*(ask_on(connected) for _ in range(AT_ONCE)))
    return tuple(scored[row] for row in asked)


def evaluate() -> tuple[Scored, ...]:
    """Asks all of our own questions of a service of its own."""
    with running(load_settings().models) as service:
        return ask(service, rows())


def right(scored: Sequence[Scored]) -> float:
    """The share of replies that are right."""
    return sum(not found.faults for found in scored) / len(scored)


def lines_of(scored: Sequence[Scored], *, failures: bool) -> Iterator[str]:
    """Shares of right replies: in all, by user, by kind and by topic; then the `failures`."""
    yield f"right {sum(not s.faults for s in scored)}/{len(scored)} = {right(scored):.3f}"
    keys = [(s.row.user, s.row.kind, s.row.topics[0]) for s in scored]
    for name, of in zip(("user", "kind", "topic"), zip(*keys, strict=True), strict=True):
        every = Counter(of)
        good = Counter(key for key, s in zip(of, scored, strict=True) if not s.faults)
        shares = ", ".join(f"{key} {good[key]}/{every[key]}" for key in sorted(every))
        yield f"by {name}: {shares}"
    yield from (f"{s.row.text!r}: {'; '.join(s.faults)}" for s in scored if failures and s.faults)
