"""What the whole service does with the rows that nothing learned from may not be worse than what its
screen does: gateway and worker are asked as users ask them.

A floor stands a little below what `python -m bot evaluate crisis` prints.
"""

import pytest

from bot.evaluation.mixes import mixes
from bot.evaluation.service import ServiceScreen, ask
from bot.reading.screening import Label
from bot.training.corpus import HELD_OUT, load
from tests.conftest import Service

CRISIS = [row.text for row in load(HELD_OUT) if row.label is Label.CRISIS]
NONE = [row.text for row in load(HELD_OUT) if row.label is Label.NONE]
MIXES = mixes()[::4]


@pytest.fixture(scope="module")
def asked(service: Service) -> ServiceScreen:
    return ask(service, [*CRISIS, *NONE, *MIXES])


def _found(asked: ServiceScreen, texts: list[str] | tuple[str, ...]) -> list[str]:
    return [text for text in texts if asked.screen(text).label is Label.CRISIS]


def test_the_service_answers_held_out_crisis_language(asked: ServiceScreen) -> None:
    assert len(_found(asked, CRISIS)) >= 0.92 * len(CRISIS)


def test_the_service_raises_few_false_alarms(asked: ServiceScreen) -> None:
    assert len(_found(asked, NONE)) <= 0.1 * len(NONE)


def test_ordinary_words_hide_no_statement_from_the_service(asked: ServiceScreen) -> None:
    assert set(MIXES) - set(_found(asked, MIXES)) == set()
