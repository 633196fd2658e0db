"""The classifier with an encoder that was taught the intents: the same promises as without, and
that its files are whole.
"""

from pathlib import Path

import pytest

from bot.errors import ModelError
from bot.language.encoder import Encoder
from bot.reading.intents import ARRAYS, CARD, ENCODER, Classifier, opener
from bot.training.intents import train
from bot.training.release import intent_tuner
from tests.nlu.examples import ROWS
from tests.reading.test_intents import ANYTHING, NOTHING_TO_READ, UNDERSTOOD


@pytest.fixture(scope="module")
def classifier(models: Path, loaded: Encoder, words: dict[str, int]) -> Classifier:
    return train(ROWS, loaded.encode_deep, words, tune=intent_tuner(models))


@pytest.fixture
def folder(classifier: Classifier, tmp_path: Path) -> Path:
    classifier.save(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("text", "intent"), UNDERSTOOD)
def test_understood(classifier: Classifier, text: str, intent: str) -> None:
    assert classifier.predict(text).intent == intent


def test_its_threshold_is_from_messages_that_it_had_not_seen(classifier: Classifier) -> None:
    assert classifier.report.examples == len(ROWS) / 5
    assert classifier.report.kept >= 0.75


def test_it_comes_back_from_its_files_as_it_was(
    classifier: Classifier, folder: Path, models: Path, words: dict[str, int]
) -> None:
    assert {file.name for file in folder.iterdir()} == {ARRAYS, CARD, ENCODER}
    back = Classifier.load(folder, opener(models), words)
    for text in [*NOTHING_TO_READ, *ANYTHING, *(text for text, _ in UNDERSTOOD)]:
        assert back.predict(text) == classifier.predict(text)


@pytest.mark.parametrize("left", [None, 0, 1000])
def test_without_its_own_encoder_it_is_refused(
    folder: Path, models: Path, words: dict[str, int], left: int | None
) -> None:
    """It would understand nothing with the plain one."""
    whole = (folder / ENCODER).read_bytes()
    (folder / ENCODER).unlink()
    if left is not None:
        (folder / ENCODER).write_bytes(whole[:left])
    with pytest.raises(ModelError, match="python -m bot train"):
        Classifier.load(folder, opener(models), words)
