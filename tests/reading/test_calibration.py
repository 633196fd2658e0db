"""Folds, the threshold and the report, on messages made up as numbers."""

import pytest

from bot.reading.calibration import OUT_OF_SCOPE, Out, calibrate, folds

INTENTS = ("ask", "greet", OUT_OF_SCOPE)
LIKES = {intent: {other: 4.0 * (other == intent) for other in INTENTS} for intent in INTENTS}


def test_every_fold_has_its_share_of_every_intent() -> None:
    rows = [(f"{intent} {number}", intent) for intent in INTENTS for number in range(10)]
    found = list(folds(rows, 5, seed=0))
    assert sorted(number for fold in found for number in fold) == list(range(30))
    assert [
        sum(rows[number][1] == intent for number in fold) for fold in found for intent in INTENTS
    ] == [2] * 15


def test_the_only_example_of_an_intent_is_never_held_out() -> None:
    assert {
        number
        for fold in folds([("a", "one"), ("b", "two"), ("c", "two")], 5, seed=0)
        for number in fold
    } == {1, 2}


@pytest.mark.parametrize(
    ("keep", "kept", "false_answers"), [(1.0, 1.0, 0.5), (0.9, 0.9, 0.4), (0.5, 0.5, 0.0)]
)
def test_the_threshold_keeps_as_much_as_was_asked(
    keep: float, kept: float, false_answers: float
) -> None:
    inside = [Out(number, "ask", LIKES["ask"], score=float(number)) for number in range(20)]
    # Half of what is out of scope is known as such; the rest looks like a question, at the lowest
    # scores.
    outside = [
        Out(number, OUT_OF_SCOPE, LIKES[OUT_OF_SCOPE if number % 2 else "ask"], score=number + 0.5)
        for number in range(0, 10)
    ]
    _, threshold, report = calibrate([*inside, *outside], INTENTS, keep)
    assert report.kept == pytest.approx(kept, abs=0.051)
    assert sum(out.score >= threshold for out in inside) / 20 == pytest.approx(kept, abs=0.051)
    assert report.false_answers == pytest.approx(false_answers, abs=0.11)


def test_without_held_out_messages_nothing_is_turned_away() -> None:
    temperature, threshold, report = calibrate([], INTENTS, 0.95)
    assert (temperature, threshold, report.examples) == (1.0, float("-inf"), 0)
