"""What a message does to a case: add to it, correct it, suppose something, begin another one, or take
the same with a difference. Each is a function of a case and what was said, and changes neither.
"""

from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum

from bot.eligibility.models import Case, Value
from bot.reading.said import Said


class Operation(StrEnum):
    """`ADD` and `CORRECT` change the case that is held; `SUPPOSE` leaves it as it was; `ANEW` begins
    another one, and `COMPARE` begins one with what is held; `RETRACT` takes back what the last
    message said, which was about somebody else.
    """

    ADD = "add"
    CORRECT = "correct"
    SUPPOSE = "suppose"
    ANEW = "anew"
    COMPARE = "compare"
    RETRACT = "retract"


NEW_CASE_FROM = 3
"""Facts in one message from which on it is another case, where one of them contradicts what is held."""
GOES_WITH: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "custody": {"community": ("prison", "months_left", "early")},
    "transgender": {"yes": ("sex",)},
}
"""A fact's value to the facts that can't be so any longer, or of which the page is silent then: out
of prison there is no time left in it.
"""


def operation(case: Case, said: Said, count: int) -> Operation:
    """What a message does to a case. `count`: how many facts it tells."""
    if case.facts or case.conflicts:
        if said.operation in {Operation.SUPPOSE, Operation.COMPARE}:
            return Operation(said.operation)
        if said.operation == Operation.RETRACT and not count:
            return Operation.RETRACT
    if said.operation == Operation.ANEW or not (case.facts or case.conflicts):
        return Operation.ANEW
    if said.correction:
        return Operation.CORRECT
    if count >= NEW_CASE_FROM and contradicted(case, said.facts):
        return Operation.ANEW
    return Operation.ADD


def contradicted(case: Case, facts: Mapping[str, Value]) -> tuple[str, ...]:
    """The facts that can't be so together with what is held."""
    return tuple(
        fact
        for fact, value in facts.items()
        if (held := case.facts.get(fact)) is not None and not _agree(held, value)
    )


def _agree(held: Value, value: Value) -> bool:
    if isinstance(held, str) or isinstance(value, str):
        return held == value
    return max(held[0], value[0]) <= min(held[1], value[1])


def after(case: Case, said: Said, kind: Operation, message: int) -> Case:
    """The case after a message, the `message`-th about cases in the conversation."""
    if kind is Operation.RETRACT:
        return without(case, message - 1)
    if kind is Operation.ANEW:
        case = Case()
    said = replace(said, facts={f: v for f, v in said.facts.items() if not _yields(case, said, f)})
    changed = {fact: value for fact, value in said.facts.items() if case.facts.get(fact) != value}
    gone = {
        other
        for fact, values in GOES_WITH.items()
        for other in values.get(str(changed.get(fact)), ())
        if other not in said.facts
    } | {*said.dropped}
    kept = Case(
        {fact: value for fact, value in case.facts.items() if fact not in gone},
        case.conflicts,
        {fact: number for fact, number in case.said_in.items() if fact not in gone},
    )
    return kept.with_facts(said.facts, said.conflicts, message)


def _yields(case: Case, said: Said, fact: str) -> bool:
    """Whether something is held that a weak statement does not change: a conviction, that somebody
    is in prison.
    """
    return fact in said.weak and fact in case.facts and not said.operation and not said.correction


def without(case: Case, message: int) -> Case:
    """The case without what one message said."""
    return Case(
        {fact: value for fact, value in case.facts.items() if case.said_in.get(fact) != message},
        case.conflicts,
        {fact: number for fact, number in case.said_in.items() if number != message},
    )
