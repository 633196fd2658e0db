"""Asking back instead of guessing: which service is meant, or which of two or three things is asked.
Pure. What asks back is said below what is held for all, never instead of it.
"""

import re
from collections.abc import Sequence
from typing import NamedTuple

from bot.knowledge import wording
from bot.knowledge.models import MISS, Found, Held, Knowledge, Question, Service

CHOICES_MAX = 3


class Back(NamedTuple):
    """`text` with the question below it, and its `choices`: topics with a service or ""."""

    text: str
    choices: tuple[tuple[str, str], ...] = ()


def back(
    knowledge: Knowledge,
    question: Question,
    asked: str,
    services: Sequence[Service],
    found: Found,
) -> Back:
    """What is said to a question that is the only one of its message. Where it is plain what is
    meant, that is the answer as it is.
    """
    if readings := _readings(knowledge, question, services):
        if asked != MISS or found.topic != MISS:
            return Back(found.text, readings)
        doubted = wording.overall(knowledge, knowledge.general.answers[MISS], brief=True)
        return Back(f"{doubted} {knowledge.thread.did_you_mean}", readings)
    if meant := _which(knowledge, question, asked, services):
        return Back(f"{found.text}\n\n{knowledge.thread.which}", meant)
    return Back(found.text)


def _readings(
    knowledge: Knowledge, question: Question, services: Sequence[Service]
) -> tuple[tuple[str, str], ...]:
    """What it may ask instead, of the service that is meant. A word says what is asked."""
    service = services[0].id if len(services) == 1 else ""
    readings = () if question.term or question.follow else question.readings
    return tuple(
        (topic, service if knowledge.topics[topic].kind == "service" else "")
        for topic in readings[:CHOICES_MAX]
    )


def _which(
    knowledge: Knowledge, question: Question, asked: str, services: Sequence[Service]
) -> tuple[tuple[str, str], ...]:
    """The services of which something is held on a topic, prisons first: where one is meant ("the
    unit", "there"), and none is named.
    """
    thread = knowledge.thread
    if services or question.term or question.follow or asked not in thread.which_of:
        return ()
    if not re.search(thread.one_meant, question.text.lower()):
        return ()
    holding = [
        service
        for service in knowledge.services.values()
        if service.parent is None
        and (said := service.answers.get(asked)) is not None
        and said.held is not Held.NONE
    ]
    ordered = sorted(holding, key=lambda service: not service.prison)[:CHOICES_MAX]
    return tuple((asked, service.id) for service in ordered) if len(ordered) > 1 else ()
