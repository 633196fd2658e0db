"""What a question takes for granted: a number that belongs to another service, or that is another
("is it five trusts?"). Pure; what may be counted is in follow_ups.yml (`counted`).
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from bot.knowledge import wording
from bot.knowledge.models import (
    MISS,
    WHOLE,
    WORDS_MAX,
    Found,
    Held,
    Knowledge,
    Service,
    count_words,
)
from bot.knowledge.statements import is_not_held, split, without_verdict

_WORDS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]
_NUMBERS = {word: number for number, word in enumerate(_WORDS, 1)} | {
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "fifty": 50,
}
_NUMBER = rf"(\d+|{'|'.join(_NUMBERS)})"
_BARE = re.compile(rf"\b(?:it|they|there|that|was|were) (?:\w+ )??(?!one\b){_NUMBER}$").search
"""Not "the women one", which counts nothing."""
_BETWEEN = r"[\s-]+(?:(?!(?:and|or|of|the|for|just|only|with|in)\b)[a-z]+\s+){0,2}?"
"""Not "that one just for women", nor "the first one for men", which count nothing either."""


class Count(NamedTuple):
    """So many of what, and the words that say so."""

    number: int
    unit: str
    words: str


def corrected(
    knowledge: Knowledge, question: str, asked: str, services: Sequence[Service], found: Found
) -> Found:
    """The answer with what is wrong in the question put right first.

    A number that the page has for another service brings that service's statement; one that it has
    nowhere, of things that it counts, is put right by the number that it has.
    """
    if misplaced := _part_elsewhere(knowledge, question, services):
        return replace(found, text=misplaced, held=Held.NONE)
    said = list(_counts(knowledge, _with_unit(knowledge, question, asked)))
    if not said:
        return found
    # What LPP as a whole has so many of, the trusts, is so whichever service is meant.
    own_and_whole = [*services, knowledge.services[WHOLE]] if services else []
    own = [count for s in _statements(knowledge, own_and_whole) for count in _counts(knowledge, s)]
    for count in said:
        if any(count[:2] == held[:2] for held in own):
            continue
        right = {held.number: held for held in own if held.unit == count.unit}
        first = _elsewhere(knowledge, count, services)
        if not first and len(right) == 1 and not _is_divided(knowledge, count, services):
            held = next(iter(right.values()))
            first = knowledge.thread.miscounted.format(right=held.words, said=count.words)
        if first and first not in found.text:
            text = _before(first, without_verdict(found.text))
            missed = found.topic == MISS and not services
            return replace(found, text=first if missed else text, held=Held.PARTIAL)
    return found


def _with_unit(knowledge: Knowledge, question: str, asked: str) -> str:
    """ "Isn't it five?" after the trusts says of what by the topic that it is asked on."""
    plain = question.lower().rstrip(" ?!.")
    return f"{plain} {asked}" if asked in knowledge.thread.counted and _BARE(plain) else question


def _part_elsewhere(knowledge: Knowledge, question: str, services: Sequence[Service]) -> str:
    """ "Is there outreach at Belmarsh?": that the part is another's. "" where that is not asked."""
    parts = [service for service in services if service.parent]
    others = [service for service in services if service.parent is None]
    form = knowledge.thread
    if len(parts) != 1 or len(others) != 1 or not re.search(form.polar, question.lower()):
        return ""
    # "Outreach or Belmarsh?" sets two beside each other; "20 places" names a part by a number.
    if re.search(r"\bor\b|\d", question.lower()):
        return ""
    part, whole = parts[0], knowledge.services[parts[0].parent or ""]
    said = knowledge.general.notices.part_elsewhere.replace("{service}", others[0].short_name)
    named = part.short_name[:1].upper() + part.short_name[1:]
    return said.replace("{part}", named).replace("{whole}", whole.short_name)


def _before(first: str, text: str) -> str:
    """Both, in short; that nothing is held on what was asked comes first all the same."""
    if count_words(first) + count_words(text) > WORDS_MAX:
        text = wording.shortened(text)
    own = split(text)
    return " ".join([own[0], first, *own[1:]]) if is_not_held(own[0]) else f"{first} {text}"


def _counts(knowledge: Knowledge, text: str) -> Iterator[Count]:
    """What is counted in a text, but not the time that one person has ("he has 8 months left")."""
    plain = text.lower()
    thread = knowledge.thread
    one_person = re.search(thread.own_case, plain) is not None
    for unit, pattern in {**thread.counted, **({} if one_person else thread.timed)}.items():
        for found in re.finditer(rf"\b{_NUMBER}{_BETWEEN}(?:{pattern})\b", plain):
            yield Count(_NUMBERS.get(found[1]) or int(found[1]), unit, found[0])


def _is_divided(knowledge: Knowledge, count: Count, services: Sequence[Service]) -> bool:
    """Whether numbers of parts might add up to the one that was said."""
    meant = {service.id for service in services}
    parts = [part for part in knowledge.services.values() if part.parent in meant]
    return count.unit in knowledge.thread.counted and any(
        held.unit == count.unit
        for part in parts
        for statement in _held(part)
        for held in _counts(knowledge, statement)
    )


def _statements(knowledge: Knowledge, services: Sequence[Service]) -> Iterator[str]:
    """What is said of the services that are meant; where none is, of LPP as a whole."""
    for service in services:
        for holder in knowledge.whole_of(service):
            yield from _held(holder)
    if not services:
        for overall in knowledge.general.answers.values():
            yield from split(overall.text)


def _held(service: Service) -> Iterator[str]:
    """A service's statements, those of its facts first: they can stand by themselves."""
    for fact in service.facts.values():
        yield from split(fact)
    for said in service.answers.values():
        if said.held is not Held.NONE:
            yield from split(wording.fill(said.text, service.short_name))


def _elsewhere(knowledge: Knowledge, count: Count, services: Sequence[Service]) -> str:
    """The first statement of another service that has this number of these."""
    for service in knowledge.services.values():
        if service in services or service.parent in {meant.id for meant in services}:
            continue
        for statement in _held(service):
            if not is_not_held(statement) and any(
                count[:2] == held[:2] for held in _counts(knowledge, statement)
            ):
                return without_verdict(statement)
    return ""
