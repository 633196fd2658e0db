"""The intent classifier alone, without Rasa, on a bot that is not ours."""

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pytest

from bot.errors import ModelError
from bot.language.encoder import Encoder
from bot.reading.calibration import OUT_OF_SCOPE
from bot.reading.intents import ARRAYS, CARD, Classifier, Options
from bot.training.intents import train
from tests.nlu.examples import INTENTS, ROWS

UNDERSTOOD = [
    ("at what time do you open in the morning", "ask_hours"),
    ("what time d you clsoe", "ask_hours"),
    ("how to becom a membr", "ask_join"),
    ("I WANT TO JOIN!!", "ask_join"),
    ("can i hold on to the book for longer", "ask_renew"),
    ("rnew my bok", "ask_renew"),
    ("what is the weather going to be", OUT_OF_SCOPE),
]
NOTHING_TO_READ = ["", " ", "?!", "👍", "…", "\x00", "\u200b", "-" * 500]
ANYTHING = ["жизнь", "你好", "é", "x" * 500, "open " * 100, "12345", "a", "<script>", "%s {0} \\"]


@pytest.fixture(scope="module")
def classifier(loaded: Encoder, words: dict[str, int]) -> Classifier:
    return train(ROWS, loaded.encode_deep, words)


@pytest.mark.parametrize(("text", "intent"), UNDERSTOOD)
def test_understood(classifier: Classifier, text: str, intent: str) -> None:
    assert classifier.predict(text).intent == intent


@pytest.mark.parametrize("text", NOTHING_TO_READ)
def test_what_has_no_letter_is_out_of_scope(classifier: Classifier, text: str) -> None:
    prediction = classifier.predict(text)
    assert (prediction.intent, prediction.confidence) == (OUT_OF_SCOPE, 1.0)


@pytest.mark.parametrize("text", ANYTHING + [text for text, _ in UNDERSTOOD])
def test_any_text_has_a_whole_ranking(classifier: Classifier, text: str) -> None:
    prediction = classifier.predict(text)
    confidences = [confidence for _, confidence in prediction.ranking]
    assert {intent for intent, _ in prediction.ranking} == set(INTENTS)
    assert confidences == sorted(confidences, reverse=True)
    assert sum(confidences) == pytest.approx(1)
    assert 0 <= prediction.confidence <= 1


def test_what_is_unlike_every_example_is_turned_away(
    loaded: Encoder, words: dict[str, int]
) -> None:
    """Without a single example of what is out of scope."""
    inside = [(text, intent) for text, intent in ROWS if intent != OUT_OF_SCOPE]
    classifier = train(inside, loaded.encode_deep, words)
    turned_away = [
        text for text in INTENTS[OUT_OF_SCOPE] if classifier.predict(text).intent == OUT_OF_SCOPE
    ]
    assert len(turned_away) >= 8
    assert classifier.predict("when are you open").intent == "ask_hours"


def test_keeping_more_turns_fewer_away(loaded: Encoder, words: dict[str, int]) -> None:
    thresholds = [
        train(ROWS, loaded.encode_deep, words, Options(keep=keep)).threshold
        for keep in (0.8, 0.95, 1.0)
    ]
    assert thresholds == sorted(thresholds, reverse=True)


def test_the_report_is_of_held_out_examples(classifier: Classifier) -> None:
    report = classifier.report
    assert report.examples == len(ROWS)
    assert 0.6 < report.accuracy <= 1
    assert 0.85 <= report.kept <= 1
    assert 0 <= report.false_answers <= 0.5


def test_the_same_examples_give_the_same_model(
    classifier: Classifier, loaded: Encoder, words: dict[str, int], tmp_path: Path
) -> None:
    again = train(ROWS, loaded.encode_deep, words)
    for name, one in (("first", classifier), ("second", again)):
        (tmp_path / name).mkdir()
        one.save(tmp_path / name)
    assert (tmp_path / "first" / CARD).read_bytes() == (tmp_path / "second" / CARD).read_bytes()
    assert [again.predict(text) for text, _ in UNDERSTOOD] == [
        classifier.predict(text) for text, _ in UNDERSTOOD
    ]


def test_it_comes_back_from_its_files_as_it_was(
    classifier: Classifier, loaded: Encoder, words: dict[str, int], tmp_path: Path
) -> None:
    classifier.save(tmp_path)
    assert {file.name for file in tmp_path.iterdir()} == {ARRAYS, CARD}
    back = Classifier.load(tmp_path, lambda _: loaded.encode_deep, words)
    for text in [*NOTHING_TO_READ, *ANYTHING, *(text for text, _ in UNDERSTOOD)]:
        assert back.predict(text) == classifier.predict(text)
    assert asdict(back.report) == asdict(classifier.report)


def _gone(folder: Path) -> None:
    (folder / ARRAYS).unlink()


def _cut(folder: Path) -> None:
    (folder / ARRAYS).write_bytes((folder / ARRAYS).read_bytes()[:1000])


def _other_version(folder: Path) -> None:
    card = json.loads((folder / CARD).read_text())
    (folder / CARD).write_text(json.dumps({**card, "format": 0}))


def _not_json(folder: Path) -> None:
    (folder / CARD).write_text("{")


@pytest.mark.parametrize("damage", [_gone, _cut, _other_version, _not_json])
def test_damaged_files_are_refused(
    classifier: Classifier,
    loaded: Encoder,
    words: dict[str, int],
    tmp_path: Path,
    damage: Callable[[Path], None],
) -> None:
    classifier.save(tmp_path)
    damage(tmp_path)
    with pytest.raises(ModelError, match="python -m bot train"):
        Classifier.load(tmp_path, lambda _: loaded.encode_deep, words)


def test_no_pickle_in_the_files(classifier: Classifier, tmp_path: Path) -> None:
    """An array of objects is the one thing in an .npz that executes when it is read."""
    classifier.save(tmp_path)
    with np.load(tmp_path / ARRAYS, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind == "f" for name in arrays.files)
