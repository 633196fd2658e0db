"""What is remembered of a case from turn to turn, and what a message changes of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.eligibility.engine import judge, open_facts
from bot.eligibility.models import PLACES, Case, Criteria, Outcome, Range, Value
from bot.reading.case import Said

NEW_CASE_FROM = 3
"""Facts in one message from which on it is another case, unless it corrects the last one."""
UNCOUNTED = frozenset({"sex", "category"})
"""Every "can he" would be a case."""
SAME = {"area": "origin", "probation": "custody", "opd": "personality"}
"""Facts that one word gives together with another: they count once."""
UNCOUNTED_VALUES = frozenset({("custody", "prison"), ("prison", "aylesbury")})
"""So would every "he is in Aylesbury"."""
UNKNOWN = "unknown"
ASKS = 2
"""Facts that it is worth when whether somebody fits is asked in words, or when a case was told
before.
"""
AGAIN = frozenset({"switch_service", "ask_who_for"})
"""Intents that ask for the same case again, where they name a service or somebody."""
_JOIN = "__"


@dataclass(frozen=True, slots=True)
class Talk:
    """The case, the services it is about (none: all), the facts that were asked for and are not
    known, and the one that is being asked for.
    """

    case: Case = field(default_factory=Case)
    services: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    asking: str = ""

    def __bool__(self) -> bool:
        return bool(self.case.facts or self.case.conflicts)

    def as_slot(self) -> dict[str, Any] | None:
        """Plain JSON, of ids and numbers only. None where there is nothing."""
        if not self and not self.asking:
            return None
        facts = {
            fact: list(value) if isinstance(value, tuple) else value
            for fact, value in self.case.facts.items()
        }
        return {
            "facts": facts,
            "conflicts": list(self.case.conflicts),
            "services": list(self.services),
            "skipped": list(self.skipped),
            "asking": self.asking,
        }

    @classmethod
    def from_slot(cls, slot: Any) -> "Talk":
        """What `as_slot` made; an empty one for None."""
        if not slot:
            return cls()
        facts: dict[str, Value] = {
            fact: v if isinstance(v, str) else (int(v[0]), int(v[1]))
            for fact, v in slot["facts"].items()
        }
        return cls(
            Case(facts, tuple(slot["conflicts"])),
            tuple(slot["services"]),
            tuple(slot["skipped"]),
            slot["asking"],
        )


LEANS = frozenset({"ask_about", "ask_services", "out_of_scope"})
"""Intents that do so where the words lean on what was said before ("and Belmarsh?")."""


def counted(said: Said) -> set[str]:
    """The facts that make a message a case."""
    facts = {SAME.get(fact, fact) for fact in (*said.facts, *said.conflicts)}
    return {
        fact for fact in facts - UNCOUNTED if (fact, said.facts.get(fact)) not in UNCOUNTED_VALUES
    }


def is_case(
    criteria: Criteria, said: Said, intent: str, services: Sequence[str], *, follows: bool = False
) -> bool:
    """Whether a message tells a case, rather than asking for a rule or for something else;
    `follows`: there was a case before it.

    A rule that is asked about with somebody's details, where these contradict it, is one too: "can
    women go to Belmarsh?".
    """
    least = criteria.asks.get(intent, criteria.asks["other"])
    count = len(counted(said))
    if (
        count
        and count + bool(services) + ASKS * (said.asks + follows) >= least
        and (said.person or count > 1)
    ):
        return True
    case = Case(said.facts)
    criteria_asked = (
        least == 1
        or (count and (said.asks or least < criteria.asks["other"]))
        or (said.asks and least <= criteria.asks["other"])
    )
    return bool(criteria_asked) and any(
        judge(criteria, case, service).outcome is Outcome.NO for service in services
    )


def told(
    criteria: Criteria, talk: Talk, said: Said, intent: str, services: Sequence[str]
) -> Talk | None:
    """The talk after a message that tells of a case, corrects it, or asks for another service with
    it. None: the message is about something else.
    """
    named = tuple(service for service in services if service in criteria.services)
    facts = dict(said.facts)
    if said.correction and said.months and "months_left" in talk.case.facts:
        facts.setdefault("months_left", said.months)
    more = replace(
        talk, case=talk.case.with_facts(facts, said.conflicts), services=named or talk.services
    )
    if said.correction and talk and (facts or said.conflicts):
        return more
    if is_case(criteria, said, intent, named, follows=bool(talk)):
        return (
            Talk(Case(facts, said.conflicts), named)
            if not talk or len(counted(said)) >= NEW_CASE_FROM
            else more
        )
    again = intent in AGAIN or (said.again and intent in LEANS)
    return more if talk and again and (named or said.person) else None


def next_question(criteria: Criteria, talk: Talk) -> str:
    """The fact to ask for next, or "" where no answer could change an outcome."""
    return next(iter(open_facts(criteria, talk.case, talk.services, talk.skipped)), "")


def choice(fact: str, index: int | None) -> str:
    """The id of a button below a question; None is "I don't know"."""
    return f"{fact}{_JOIN}{UNKNOWN if index is None else index}"


def chosen(criteria: Criteria, talk: Talk, id_: str) -> Talk:
    """The talk after a button. An id that is none of ours changes nothing."""
    fact, _, which = id_.partition(_JOIN)
    if fact not in criteria.facts:
        return talk
    if which == UNKNOWN:
        return _skip(talk, fact)
    answers = criteria.facts[fact].answers
    if not which.isdigit() or int(which) >= len(answers):
        return talk
    return _give(talk, {fact: answers[int(which)].value})


def answered(
    criteria: Criteria, talk: Talk, said: Said, intent: str, services: Sequence[str]
) -> Talk | None:
    """The talk after words in the middle of the questions. None: they are no answer, and are to be
    taken as an ordinary message.
    """
    fact = talk.asking
    if fact in said.facts:
        return _give(talk, {fact: said.facts[fact], **said.facts})
    if said.answer == UNKNOWN:
        return _skip(talk, fact)
    if fact and (value := _value(criteria, fact, said)) is not None:
        return _give(talk, {**said.facts, fact: value})
    if services and intent in AGAIN and not is_case(criteria, said, intent, ()):
        return None
    return told(criteria, talk, said, intent, services)


def _value(criteria: Criteria, fact: str, said: Said) -> Value | None:
    """What a bare "yes", "22" or "14 months" gives for the fact that was asked for."""
    values = [answer.value for answer in criteria.facts[fact].answers]
    if said.answer in {"yes", "no"}:
        if said.answer in values:
            return said.answer
        return values[said.answer == "no"] if fact in PLACES else None
    if fact == "months_left" and said.months:
        return said.months
    if (
        said.number is not None
        and isinstance(values[0] if values else "", tuple)
        and fact in {"age", "months_left"}
    ):
        number: Range = (said.number, said.number)
        return number
    return None


def _give(talk: Talk, facts: Mapping[str, Value]) -> Talk:
    return replace(
        talk,
        case=talk.case.with_facts(facts),
        skipped=tuple(f for f in talk.skipped if f not in facts),
        asking="",
    )


def _skip(talk: Talk, fact: str) -> Talk:
    case = Case(talk.case.facts, tuple(f for f in talk.case.conflicts if f != fact))
    return replace(talk, case=case, skipped=(*talk.skipped, fact), asking="")


def outcomes(
    criteria: Criteria, case: Case, services: Sequence[str], parts: Mapping[str, str]
) -> dict[str, str]:
    """Service to yes, no or unknown: for the services that are meant, with their parts and wholes,
    or for all. `parts`: a part to its whole.
    """
    wholes = {parts[service] for service in services if service in parts}
    meant = {*services, *wholes, *(part for part, whole in parts.items() if whole in services)}
    return {
        service: judge(criteria, case, service).outcome.value
        for service in criteria.services
        if not services or service in meant
    }
