"""How good the detector is on rows that it did not learn from may not fall: recall on crisis, and false alarms on near misses and on questions.

The floors stand a little below what was measured (docs/adr/0004), by about what another training may differ.
"""

from bot.safety.corpus import EVERY, HELD_OUT, load, ordinary_questions
from bot.safety.detector import Detector
from bot.safety.screening import Label


def _share(detector: Detector, texts: list[str]) -> float:
    return sum(detector.screen(text).label is Label.CRISIS for text in texts) / len(texts)


def test_recall_on_held_out_crisis_language(detector: Detector) -> None:
    assert _share(detector, [row.text for row in load(HELD_OUT) if row.label is Label.CRISIS]) >= 0.90


def test_false_alarms_on_held_out_near_misses(detector: Detector) -> None:
    assert _share(detector, [row.text for row in load(HELD_OUT) if row.label is Label.NONE]) <= 0.06


def test_false_alarms_on_questions_that_were_not_learned_from(detector: Detector) -> None:
    assert _share(detector, [row.text for row in ordinary_questions()[1::EVERY]]) <= 0.008
