"""Which statement of what is meant comes first: the one that is nearest to how the question was put
(`Question.near`). Pure. docs/adr/0010 says how near is near enough.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from bot.knowledge import wording
from bot.knowledge.models import (
    ABOUT,
    MISS,
    WORDS_MAX,
    Found,
    Held,
    Knowledge,
    Question,
    Service,
    count_words,
)
from bot.knowledge.statements import BULLET, nearness, split, without_verdict

SURE = 0.8
"""Nearness from which on a fact is what was asked for, whatever the topic was taken for."""
NEAREST = 0.45
"""Nearness from which on a fact is the nearest true thing to a question about a service that nobody
understood.
"""
AHEAD = 0.15
"""So much nearer a fact must be than every statement of the topic's own answer."""
FORWARD, FORWARD_OVERVIEW = 0.15, 0.3
"""And so much nearer than the first, a statement of that answer itself to come first; more in an
overview, whose first sentence says what the thing is.
"""
AFTER_MAX, WORDS = 2, 60
"""Statements that follow a fact that was brought in, and words in all."""

_LEANS = re.compile(
    r"^(?:the page|lpp's page|it |i |in general they|there |for (?:one|booking)|to (?:book|ask))"
    r"|\bthere[.,]|\balso\b",
    re.IGNORECASE,
)
"""What cannot be said first: it says what is not held, or leans on the statement before."""


def ranked(
    knowledge: Knowledge,
    question: Question,
    asked: str,
    services: Sequence[Service],
    found: Found,
) -> Found:
    """The answer with the statement first that was asked for, where one stands out. What begins
    with that nothing is held is left as it is, and so is what stands for a word.
    """
    near = question.near
    # what a word answers is held, whatever else was not understood
    missed = asked == MISS and len(services) == 1 and found.held is Held.NONE
    general = knowledge.topics[asked].kind == "general"
    word = knowledge.terms.get(question.term)
    if word is not None and word.stands:
        return found
    if not near or (not missed and (general or found.held is Held.NONE)):
        return found
    own = split(found.text)
    fact = max(_facts(knowledge, services), key=lambda f: _of_fact(near, f), default="")
    if fact and fact not in found.text and _is_asked(near, fact, own, asked):
        fact = without_verdict(fact)  # whether its "Yes" is to what was asked, nearness can't tell
        if any(BULLET in statement for statement in own):
            return _above_list(fact, found)
        kept = [
            without_verdict(statement)
            for statement in sorted(own, key=lambda statement: -nearness(near, statement))
        ]
        return replace(found, text=" ".join(_with_two(fact, kept)), held=Held.PARTIAL)
    if missed:
        nearest = _of_fact(near, fact)
        if nearest < NEAREST:
            return found
        if nearest >= SURE:
            return replace(found, text=without_verdict(fact), held=Held.PARTIAL)
        notice = wording.fill(knowledge.general.notices.not_held, services[0].short_name)
        return replace(found, text=f"{notice} {without_verdict(fact)}")
    unmentioned = knowledge.general.notices.not_mentioned.partition("{")[0]
    if found.text.startswith(unmentioned):
        return found
    return replace(found, text=_put_forward(near, found.text, asked))


def _above_list(fact: str, found: Found) -> Found:
    """The fact above a list, which is left whole; the list alone where both are too long."""
    both = f"{fact}\n\n{found.text}"
    return replace(found, text=both) if count_words(both) <= WORDS_MAX + wording.SLACK else found


def _put_forward(near: Mapping[str, float], text: str, asked: str) -> str:
    """The text with the nearest statement of its first paragraph first. A list, or an answer to "is
    it?", has its order.
    """
    paragraph, *others = text.split("\n\n")
    own = split(paragraph)
    if without_verdict(own[0]) != own[0] or any(BULLET in statement for statement in own):
        return text
    choices = [statement for statement in own if not _LEANS.search(statement)]
    first = max(choices, key=lambda s: nearness(near, s), default=own[0])
    ahead = FORWARD_OVERVIEW if asked == ABOUT else FORWARD
    if nearness(near, first) < nearness(near, own[0]) + ahead:
        return text
    moved = " ".join([first, *(statement for statement in own if statement != first)])
    return "\n\n".join([moved, *others])


def _of_fact(near: Mapping[str, float], fact: str) -> float:
    return max((nearness(near, statement) for statement in split(fact)), default=0.0)


def _is_asked(near: Mapping[str, float], fact: str, own: Sequence[str], asked: str) -> bool:
    ahead = max(nearness(near, statement) for statement in own) + AHEAD
    return asked not in {ABOUT, MISS} and _of_fact(near, fact) >= max(SURE, ahead)


def _facts(knowledge: Knowledge, services: Sequence[Service]) -> Iterator[str]:
    """What is said of one word, of the services that are meant: each can stand by itself."""
    for service in services:
        for holder in knowledge.whole_of(service):
            yield from holder.facts.values()


def _with_two(fact: str, own: Sequence[str]) -> list[str]:
    chosen = [fact]
    for statement in own:
        if len(chosen) > AFTER_MAX or BULLET in statement:
            break
        if count_words(" ".join([*chosen, statement])) <= WORDS:
            chosen.append(statement)
    return chosen
