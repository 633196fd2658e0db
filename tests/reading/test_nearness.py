"""How near statements are: by the vectors that are kept with the model, and by words."""

from pathlib import Path

import numpy as np
import pytest

from bot.language.encoder import DIMENSIONS
from bot.reading import nearness

TEXTS = {"a": "Visits are supported.", "b": "There are 30 places."}


def _vector(at: int) -> nearness.Vectors:
    made = np.zeros(DIMENSIONS, dtype=np.float32)
    made[at] = 1.0
    return made


def _near(question: str, vector: nearness.Vectors | None) -> dict[str, float]:
    vectors = np.stack([_vector(0), _vector(1)])
    return nearness.Nearness(list(TEXTS), vectors, list(TEXTS.values())).near(question, vector)


@pytest.mark.parametrize(
    ("question", "at", "nearest"), [("can i see him", 0, "a"), ("how many places", 5, "b")]
)
def test_the_sense_and_the_words_make_near(question: str, at: int, nearest: str) -> None:
    found = _near(question, _vector(at))
    assert max(found, key=found.__getitem__) == nearest


def test_nothing_is_near_to_what_was_not_read() -> None:
    assert _near("how many places", None) == {}


def test_only_what_is_new_is_read(tmp_path: Path) -> None:
    read: list[str] = []

    def encode(texts: object) -> nearness.Vectors:
        assert isinstance(texts, list)
        read.extend(texts)
        return np.ones((len(texts), 2 * DIMENSIONS), dtype=np.float32)

    vectors = nearness.vectors_of({"a": TEXTS["a"]}, encode, {})
    nearness.save(tmp_path, ["a"], vectors)
    both = nearness.vectors_of(TEXTS, encode, nearness.read(tmp_path))
    assert read == list(TEXTS.values())
    assert both.shape == (2, DIMENSIONS)


def test_a_file_that_cannot_be_read_holds_nothing(tmp_path: Path) -> None:
    assert nearness.read(tmp_path) == {}
    (tmp_path / nearness.FILE).write_bytes(b"not an archive")
    assert nearness.read(tmp_path) == {}
