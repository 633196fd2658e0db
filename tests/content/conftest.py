from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import pytest

from bot.knowledge import Answer, Knowledge, Question, answer, load

CONTENT = Path(__file__).resolve().parents[2] / "bot" / "content"


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load(CONTENT)


def _questions(knowledge: Knowledge) -> Iterator[Question]:
    """Every question that can be told apart: each topic and word, for no service, for each, and for
    each two.
    """
    for topic in knowledge.topics:
        yield Question(topic)
        yield from (Question(topic, (service,)) for service in knowledge.services)
        yield from (Question(topic, pair) for pair in combinations(knowledge.services, 2))
    for term in knowledge.terms:
        for topic in ("terms", "about", "who_for", "offer", "progression"):
            yield Question(topic, (), term)
            yield from (Question(topic, (service,), term) for service in knowledge.services)


@pytest.fixture(scope="session")
def every_answer(knowledge: Knowledge) -> list[tuple[Question, Answer]]:
    return [(question, answer(knowledge, question)) for question in _questions(knowledge)]
