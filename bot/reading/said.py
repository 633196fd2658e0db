"""What one message says of somebody's case, and how it travels in a message's parse data."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.eligibility.models import Range, Value


@dataclass(frozen=True, slots=True)
class Said:
    """What one message says. `conflicts`: facts with two values. `person`: somebody is meant, not
    the rule in general.

    `weak` are facts that yield to what was said of them before: a denial by the person, a home.

    `services` are those named by an abbreviation in capitals, or by a word that names a part only
    beside another. `asks`: whether somebody fits is asked, in words ("is he suitable"), whatever
    else the message may be taken for. `again`: it leans on what was said before ("and Swaleside?").
    `others`: the second person of a message, and so on; each is `about` the services that are named
    beside that person. `operation`: "anew", "compare" or "suppose" where the message says that it is
    about another person, the same case but for something, or a case that is only supposed.
    `statement`: nothing is asked; `worded`: something is, in a word such as "how", and not by a mark
    behind a name only. `dropped`: facts that the message takes back. `offers`: what a service has is asked, not who gets in.
    `speaker`: the writer is in it ("i", "my"). `general`: a question about people in general ("do you
    take over 21s"), which tells of nobody.

    `which` and `left_out` describe one of several people ("the Hastings one", "forget him") by facts and
    order (bot.eligibility.which); `short`: a number right before an m, which is a man's age or months.
    `unknown`: something is said not to be known, whatever it is ("risk not assessed yet").

    `answer` is "yes", "no", "unknown", "stop" or "forget" where the message says that; `number` and
    `months` are what stands in it without saying of what, for an answer to a question of ours
    ("22", "14 months").
    """

    facts: Mapping[str, Value] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()
    person: bool = False
    correction: bool = False
    services: tuple[str, ...] = ()
    asks: bool = False
    again: bool = False
    answer: str = ""
    number: int | None = None
    months: Range | None = None
    about: tuple[str, ...] = ()
    others: tuple["Said", ...] = ()
    operation: str = ""
    statement: bool = False
    offers: bool = False
    speaker: bool = False
    weak: tuple[str, ...] = ()
    general: bool = False
    worded: bool = False
    dropped: tuple[str, ...] = ()
    which: Mapping[str, Value] = field(default_factory=dict)
    left_out: Mapping[str, Value] = field(default_factory=dict)
    short: Range | None = None
    unknown: bool = False


def _plain(facts: Mapping[str, Value]) -> dict[str, Any]:
    return {fact: list(v) if isinstance(v, tuple) else v for fact, v in facts.items()}


def _values(plain: Mapping[str, Any]) -> dict[str, Value]:
    return {fact: v if isinstance(v, str) else _range(v) for fact, v in plain.items()}


def _range(plain: Sequence[Any]) -> Range:
    return int(plain[0]), int(plain[1])


def as_output(said: Said) -> dict[str, Any]:
    """For a message's parse data: plain JSON."""
    return {
        "facts": _plain(said.facts),
        "conflicts": list(said.conflicts),
        "person": said.person,
        "correction": said.correction,
        "services": list(said.services),
        "asks": said.asks,
        "again": said.again,
        "answer": said.answer,
        "number": said.number,
        "months": list(said.months) if said.months else None,
        "about": list(said.about),
        "others": [as_output(other) for other in said.others],
        "operation": said.operation,
        "statement": said.statement,
        "offers": said.offers,
        "speaker": said.speaker,
        "weak": list(said.weak),
        "general": said.general,
        "worded": said.worded,
        "dropped": list(said.dropped),
        "which": _plain(said.which),
        "left_out": _plain(said.left_out),
        "short": list(said.short) if said.short else None,
        "unknown": said.unknown,
    }


def from_output(output: Mapping[str, Any]) -> Said:
    """What `as_output` made."""
    return Said(
        _values(output["facts"]),
        tuple(output["conflicts"]),
        bool(output["person"]),
        bool(output["correction"]),
        tuple(output["services"]),
        bool(output["asks"]),
        bool(output["again"]),
        str(output["answer"]),
        output["number"],
        _range(output["months"]) if output["months"] else None,
        tuple(output["about"]),
        tuple(from_output(other) for other in output["others"]),
        str(output["operation"]),
        bool(output["statement"]),
        bool(output["offers"]),
        bool(output["speaker"]),
        tuple(output["weak"]),
        bool(output["general"]),
        bool(output["worded"]),
        tuple(output["dropped"]),
        _values(output["which"]),
        _values(output["left_out"]),
        _range(output["short"]) if output["short"] else None,
        bool(output["unknown"]),
    )
