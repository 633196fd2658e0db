"""The facts that one person's words come to: what the patterns, the ages, the places and the times give,
brought to one value each.
"""

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain

from bot.eligibility.models import NO_LIMIT, Range, Value
from bot.language import tokens
from bot.language.patterns import Match, longest
from bot.reading import sentence, times
from bot.reading.ages import ages
from bot.reading.fields import OPEN, Field, fields, in_range
from bot.reading.message import Message
from bot.reading.places import places, workplaces
from bot.reading.times import Time

SENTENCED = frozenset({("custody", "prison"), ("stuck", "yes"), ("probation", "yes")})
"""Facts of which each says that somebody was convicted of something."""
LEVELLED = {"high_risk": "no", "reoffending": OPEN}
"""Facts that are told as low, medium or high, with what "medium" gives."""
Given = dict[str, list[Value]]
"""Every value that was given for a fact."""


@dataclass(frozen=True, slots=True)
class Facts:
    """`values` by fact; `conflicts`: facts with two values; `weak`: those that yield to what was said
    before. `bare`: times that are said of nothing. `denied_time`: one was taken back ("14 months, not
    4").
    """

    values: Mapping[str, Value]
    conflicts: tuple[str, ...]
    weak: tuple[str, ...]
    bare: tuple[Range, ...]
    denied_time: bool


@dataclass(frozen=True, slots=True)
class _Timed:
    """What the times of a message give."""

    given: Given = field(default_factory=dict)
    moves: list[Value] = field(default_factory=list)
    bare: list[Range] = field(default_factory=list)


def facts_of(message: Message, today: datetime.date) -> Facts:
    """What is said of one person. Pure."""
    reading = message.reading
    told = list(fields(message))
    found = [
        time
        for time in times.find(message.read, today, reading.seasons)
        if not any(f.fact == "move" and f.start <= time.start < f.end for f in told)
    ]  # "move within two years? No date" is told by its field
    kept = _not_denied(message, found)
    given, claimed = _worded(message, told)
    if found_ages := ages(message, kept, today):
        given["age"] = list(found_ages)
    timed = _timed(message, kept)
    for fact, timed_values in timed.given.items():
        given.setdefault(fact, []).extend(timed_values)
    least = sentence.minimum_term(message, kept)
    if least and "months_left" not in given:
        given["months_left"] = [least]
    by_law = sentence.has_date_by_law(message, kept)
    if "early" not in given and not by_law and sentence.may_be_early(message):
        given["early"] = [(0, NO_LIMIT)]
    _with_tariff(given, sentence.tariff(message, kept))
    if timed.moves:  # how far off a move is says more than that it is likely
        given["move"] = [*(v for v in given.get("move", ()) if v == "no"), *timed.moves]
    agreed, conflicts, weak = _agreed(given, reading.yields)
    values = _consistent(_implied(agreed, conflicts, reading.implies), message)
    only = {fact: said for fact, said in claimed.items() if fact not in {*values, *conflicts}}
    return Facts(
        values | _agreed(only, {})[0],
        conflicts,
        tuple(dict.fromkeys((*weak, *only))),
        tuple(timed.bare),
        len(kept) < len(found),
    )


def dropped(message: Message) -> tuple[str, ...]:
    """The facts that a message takes back."""
    facts = [m.key.split(":")[1] for m in message.of("fact") if message.is_dropped(m)]
    if any(map(message.is_dropped, message.of("place"))):
        facts += ["origin", "area"]
    return tuple(dict.fromkeys(facts))


def withdrawn(message: Message) -> tuple[str, ...]:
    """The facts that a message leaves open, whatever was told of them before."""
    said = [m.key.split(":")[1] for m in message.of("withdrawn")]
    return tuple(dict.fromkeys([*said, *(f.fact for f in fields(message) if f.value == OPEN)]))


def doubted(message: Message) -> tuple[str, ...]:
    """The facts that a message says are not known: "PD assessment not back yet" among them, which
    else says nothing of a PD.
    """
    passed_over = [m for m in message.passed_over if m.key.startswith("fact:")]
    return tuple(
        dict.fromkeys(
            match.key.split(":")[1]
            for match in (*message.of("fact"), *passed_over)
            if message.is_open(match)
        )
    )


def _not_denied(message: Message, found: Sequence[Time]) -> list[Time]:
    """The times with what is said of their length, but those that are denied."""
    return [
        qualified
        for time in found
        if (qualified := sentence.qualified(message, time)) != time
        or not message.is_denied(time.start, fillers=False)
    ]


def _worded(message: Message, told: Sequence[Field]) -> tuple[Given, Given]:
    """What words give, and what somebody only claims."""
    given: Given = {}
    claimed: Given = {}
    for fact, value, is_claim in _choices(message, told):
        (claimed if is_claim else given).setdefault(fact, []).append(value)
    for fact, value in chain(_sex(message), places(message), _staff(message), _caseload(message)):
        given.setdefault(fact, []).append(value)
    return given, claimed


def _timed(message: Message, all_times: Sequence[Time]) -> _Timed:
    timed = _Timed()
    for time in all_times:
        meant = list(sentence.meanings(message, time, all_times))
        for fact, value in meant:
            if fact == "move":
                timed.moves.append(value)
            else:
                timed.given.setdefault(fact, []).append(value)
        if not meant and time.dates is None and not sentence.is_past(message, time):
            bare = sentence.at_most(message, time)
            timed.bare.append((bare.low, bare.high))
    return timed


def _with_tariff(given: Given, tariff: str) -> None:
    """ "Tariff expired 2019" is stuck; "tariff up in 2031" is not."""
    if tariff == "past":
        given["stuck"] = [*given.get("stuck", ()), "yes"]
    elif tariff == "ahead":
        given.pop("stuck", None)


def _implied(
    facts: Mapping[str, Value],
    conflicts: Sequence[str],
    rules: Mapping[str, Mapping[str, Mapping[str, str]]],
) -> dict[str, Value]:
    """The facts with what they tell of others that are not said."""
    known = dict(facts)
    for fact in facts:
        of_fact = rules.get(fact, {})
        told = {**of_fact.get("any", {}), **of_fact.get(str(facts[fact]), {})}
        for other, value in told.items():
            if other not in conflicts:
                known.setdefault(other, value)
    return known


def _consistent(facts: Mapping[str, Value], message: Message) -> dict[str, Value]:
    """The facts without those that can't be so beside others."""
    kept = dict(facts)
    if kept.get("custody") == "community":  # "released on licence in March": no time is left
        for fact in ("months_left", "early"):
            kept.pop(fact, None)
    if not message.has("people:staff") and not SENTENCED.isdisjoint(kept.items()):
        kept.pop("offender", None)  # "never convicted" of a prisoner is said of one thing only
    return kept


def _choices(message: Message, told: Sequence[Field]) -> Iterable[tuple[str, str, bool]]:
    """What the fields and the patterns under `facts` give, and their opposites where they are denied; and whether
    that is only what somebody claims.
    """
    yield from ((field.fact, field.value, False) for field in told if field.value != OPEN)
    by_fact: dict[str, list[Match]] = {}
    for match in message.of("fact"):
        fact = match.key.split(":")[1]
        if any(
            match.start < field.end
            and field.start < match.end
            and (fact == field.fact or {fact, field.fact} <= LEVELLED.keys())
            for field in told
        ):
            continue  # "risk of reoffending: low" is told by its field
        by_fact.setdefault(match.key.split(":")[1], []).append(match)
    negated = message.reading.negated
    for fact, matches in by_fact.items():
        values = {m: m.key.split(":")[2] for m in matches}
        for match in longest(Match(fact, m.start, m.end) for m in matches):
            # The same words as a yes and as a no: the gap of the yes went over a "not".
            value = min(
                (v for m, v in values.items() if (m.start, m.end) == (match.start, match.end)),
                key=lambda v: v == "yes",
            )
            if message.is_open(match) or message.is_not_now(match) or message.is_dropped(match):
                continue
            if message.is_of_another(match):
                continue
            middle = LEVELLED.get(fact)
            told_of_two = in_range(message.words, match, middle) if middle else ""
            if told_of_two == OPEN:
                continue  # "medium to high"
            value = told_of_two or value
            if fact == "settled" and message.leads_to_a_place(match):
                continue
            if fact == "offender" and message.leads_to_a_fact(match):
                continue  # "never convicted of anything violent" says nothing of other offences
            answered = message.is_answered_no(match.end)
            if answered and fact == "custody" and not message.begins(match):
                continue  # "violence in custody: none"
            denied = answered or message.is_denied(match.start)
            if value == "yes" and not denied and message.is_broken(match, fact):
                continue
            if denied:
                if message.is_formal(match, fact):
                    continue  # "no PD diagnosis"
                if fact == "category" or value not in negated.get(fact, {}):
                    continue
                wholly = message.reading.wholly.get(fact)
                if wholly and not {*message.words[match.start : match.end]} & {*wholly}:
                    continue
                value = negated[fact][value]
            yield fact, value, denied and message.is_claim(match)


def _sex(message: Message) -> Iterable[tuple[str, str]]:
    if message.has("no_sex"):
        return
    explicit = {
        m.key.split(":")[1]
        for m in message.of("sex")
        if not (message.is_open(m) or _is_not(message, m) or message.is_of_a_household(m))
    }
    said = {at for m in message.of("fact") for at in range(m.start, m.end)}  # "RoSH: M"
    for letter, value in (("m", "male"), ("f", "female")):
        explicit |= {
            value
            for at, word in enumerate(message.words)
            if word == letter
            and at not in said
            and (at == 0 or message.words[at - 1] in tokens.SENTENCE or message.is_alone(at))
        }
    for value in explicit or {
        m.key.split(":")[1] for m in message.of("pronoun") if not _is_not(message, m)
    }:
        yield "sex", value


def _is_not(message: Message, match: Match) -> bool:
    """ "She, not he"."""
    return message.words[match.start - 1 : match.start] == ("not",)


def _staff(message: Message) -> Iterable[tuple[str, str]]:
    """A member of staff who asks for help for themself, and for nobody else, is no offender."""
    others = message.of("pronoun") or message.of("age") or message.has("people:kin")
    if message.has("people:staff") and message.has("people:for_self") and not others:
        yield "offender", "no"


def _caseload(message: Message) -> Iterable[tuple[str, str]]:
    """A probation officer's own case is with probation, in the area where the officer works."""
    if message.has("people:probation_officer") and message.has("people:caseload"):
        yield "probation", "yes"
        yield from (("area", value) for value in workplaces(message))


def _agreed(
    given: Mapping[str, Sequence[Value]], yields: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Value], tuple[str, ...], tuple[str, ...]]:
    """One value for each fact: ranges that overlap are narrowed, and what `yields` does so. Two that
    can't both be so are a conflict. Then the facts whose value yields to what was said before.
    """
    facts: dict[str, Value] = {}
    conflicts = []
    weak = []
    for fact, all_values in given.items():
        firm = [value for value in all_values if value not in yields.get(fact, ())]
        values = firm or all_values
        if not firm:
            weak.append(fact)
        ranges = [value for value in values if not isinstance(value, str)]
        if ranges:
            both = max(low for low, _ in ranges), min(high for _, high in ranges)
            if both[0] <= both[1]:
                facts[fact] = both
                continue
        elif len(set(values)) == 1:
            facts[fact] = values[0]
            continue
        if fact == "category":  # no outcome hangs on it, and a move is told by the second one
            facts[fact] = values[0]
            continue
        conflicts.append(fact)
    return facts, tuple(conflicts), tuple(weak)
