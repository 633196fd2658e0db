"""The command that measures the classifier, on sets small enough for a test."""

import json
import math
import random
from pathlib import Path

import pytest

from bot.errors import SignpostError
from bot.evaluation import public_sets as benchmark
from tests.nlu.examples import INTENTS, ROWS

TYPED = "please tell me when the library opens on a sunday"


@pytest.fixture
def folder(tmp_path: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SIGNPOST_MODELS", str(models))
    inside = [
        {"text": text, "intent": intent}
        for intent in ("ask_hours", "ask_join", "ask_renew")
        for text in INTENTS[intent]
    ]
    strange = [{"text": text, "intent": "oos"} for text in INTENTS["out_of_scope"]]
    for name, rows in {
        "small-train": inside,
        "small-test": inside[::3],
        "small-oos-test": strange,
    }.items():
        (tmp_path / f"{name}.jsonl").write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    return tmp_path


def test_it_prints_a_line_for_each_set(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    benchmark.main([str(folder), "small"])
    heading, rule, line = capsys.readouterr().out.splitlines()
    assert heading.count("|") == rule.count("|") == line.count("|")
    assert line.startswith("| small |")


def test_its_figures_are_percentages(folder: Path) -> None:
    [(name, figures)] = benchmark.run(folder, ["small"], shots=8, seeds=(0,))
    assert name == "small"
    assert figures.accuracy >= figures.with_typos > 50
    assert all(
        0 <= getattr(figures, field) <= 100
        for field in ("oos_caught", "oos_caught_as_trained", "kept_as_trained", "calibration_error")
    )


def test_without_out_of_scope_messages_there_is_no_such_figure(folder: Path) -> None:
    (folder / "small-oos-test.jsonl").unlink()
    [(_, figures)] = benchmark.run(folder, ["small"], shots=4, seeds=(0,))
    assert math.isnan(figures.oos_caught)


@pytest.mark.parametrize("broken", ["", "{", '{"text": "no intent"}'])
def test_a_broken_file_is_named(folder: Path, broken: str) -> None:
    (folder / "small-test.jsonl").write_text(broken or "[]", encoding="utf-8")
    with pytest.raises(SignpostError, match=r"small-test\.jsonl"):
        list(benchmark.run(folder, ["small"]))


def test_every_intent_has_its_share_of_a_draw() -> None:
    drawn = benchmark.draw(ROWS, 3, seed=1)
    assert [intent for _, intent in drawn] == [
        intent for intent in sorted(INTENTS) for _ in range(3)
    ]
    assert drawn == benchmark.draw(ROWS, 3, seed=1) != benchmark.draw(ROWS, 3, seed=2)


def test_typos_are_single_slips_in_longer_words() -> None:
    changed = 0
    for seed in range(200):
        for before, after in zip(
            TYPED.split(), benchmark.mistype(TYPED, random.Random(seed)).split(), strict=True
        ):
            assert after == before or (
                len(before) >= 3
                and (len(after) == len(before) - 1 or sorted(after) == sorted(before))
            )
            changed += after != before
    # Some swaps are of two equal letters.
    assert 0.15 < changed / (200 * 8) < 0.21
