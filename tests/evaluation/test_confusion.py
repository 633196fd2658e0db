"""The confusion report, on a bot that is not ours."""

from pathlib import Path

import pytest

from bot.evaluation import confusion, examples
from bot.evaluation.confusion import Evaluation
from bot.evaluation.examples import Example
from bot.reading.calibration import OUT_OF_SCOPE, Out
from bot.reading.intents import Options
from bot.settings import load_settings
from tests.nlu.examples import ROWS

EXAMPLES = [
    Example(text, intent, Path("library.yml"), line)
    for line, (text, intent) in enumerate(ROWS, start=3)
]


def _judged(taken_for: dict[int, str]) -> Evaluation:
    """Every example read as what it is, but for the rows named."""
    intents = sorted({intent for _, intent in ROWS})
    outs = [
        Out(
            row,
            intent,
            {other: 4.0 * (other == taken_for.get(row, intent)) for other in intents},
            score=float(intent != OUT_OF_SCOPE),
        )
        for row, (_, intent) in enumerate(ROWS)
    ]
    return confusion.evaluate(EXAMPLES, outs, keep=0.95)


def test_pairs_count_both_ways_and_the_weakest_intent_comes_first() -> None:
    found = _judged({0: "ask_join", 10: "ask_hours", 11: "ask_hours", 20: "ask_join"})
    assert found.pairs() == [("ask_hours", "ask_join", 3), ("ask_join", "ask_renew", 1)]
    assert list(found.recall().items())[:2] == [("ask_join", 0.8), ("ask_hours", 0.9)]
    assert found.report.accuracy == pytest.approx(36 / 40)


def test_the_tables_name_the_examples_and_their_lines() -> None:
    lines = list(confusion.tables(_judged({0: "ask_join", 10: "ask_hours"})))
    [pair] = [line for line in lines if line.startswith("| ask_hours | ask_join |")]
    assert (
        pair
        == "| ask_hours | ask_join | 2 | when are you open (library.yml:3); how do i join (library.yml:13) |"
    )
    assert "| ask_hours | 10 | 90% |" in lines


def test_the_matrix_has_shares_of_rows() -> None:
    intents, shares = confusion.matrix(_judged({0: "ask_join", 10: "ask_hours", 11: "ask_hours"}))
    assert intents == ["ask_hours", "ask_join", "ask_renew", "out_of_scope"]
    assert shares[0].tolist() == [0, 10, 0, 0]
    assert shares[1].tolist() == [20, 0, 0, 0]


def test_the_real_classifier_judges_every_example_once(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGNPOST_MODELS", str(models))
    found = confusion.cross_validate(EXAMPLES, load_settings(), Options(), None)
    assert found.report.examples == sum(found.examples.values()) == len(ROWS)
    assert sum(map(len, found.mistakes.values())) == round((1 - found.report.accuracy) * len(ROWS))
    assert [point.kept for point in found.curve] == sorted(point.kept for point in found.curve)
    confusion.draw(found, tmp_path / "picture.png")
    assert (tmp_path / "picture.png").read_bytes().startswith(b"\x89PNG")


def test_every_example_of_ours_is_read_with_its_own_line() -> None:
    for example in examples.load()[::97]:
        assert (
            example.file.read_text(encoding="utf-8").splitlines()[example.line - 1].strip()
            == f"- {example.text}"
        )
