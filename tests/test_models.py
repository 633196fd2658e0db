"""Models are current, stale or broken; and the service must tell which."""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot import models as model_files
from bot.errors import ModelError


@pytest.fixture
def models(tmp_path: Path) -> Path:
    names = ("a.npz", *model_files.REQUIRED)
    for name in names:
        (tmp_path / name).write_bytes(b"weights")
    model_files.write_manifest(tmp_path, names, model_files.inputs_hash())
    return tmp_path


def test_whole_models_from_the_inputs_as_they_are_need_no_training(models: Path) -> None:
    model_files.verify(models)
    assert model_files.is_current(models)


BREAKAGES: dict[str, tuple[Callable[[Path], object], str]] = {
    "no manifest": (lambda m: (m / "manifest.json").unlink(), "manifest.json"),
    "truncated manifest": (
        lambda m: (m / "manifest.json").write_text('{"inputs": "1", "fil'),
        "manifest.json",
    ),
    "manifest of another shape": (
        lambda m: (m / "manifest.json").write_text('{"inputs": "1", "files": []}'),
        "manifest.json",
    ),
    "missing file": (lambda m: (m / "a.npz").unlink(), "a.npz"),
    "tampered file": (lambda m: (m / "a.npz").write_bytes(b"weightz"), "a.npz"),
}


@pytest.mark.parametrize("breakage", BREAKAGES)
def test_broken_models_are_named_and_need_training(models: Path, breakage: str) -> None:
    damage, named = BREAKAGES[breakage]
    damage(models)
    with pytest.raises(ModelError, match=named):
        model_files.verify(models)
    assert not model_files.is_current(models)


CHANGES = {
    "a comment": ("data/nlu/a.yml", "# why\nnlu: [a]\n", False),
    "quotes": ("data/nlu/a.yml", 'nlu: ["a"]\n', False),
    "another word": ("data/nlu/a.yml", "nlu: [b]\n", True),
    "no YAML": ("data/nlu/a.yml", "nlu: [", True),
    "a new file": ("data/nlu/b.yml", "nlu: [a]\n", True),
    "a setting": ("config.yml", "language: cy\n", True),
    "a crisis row": ("data/crisis/train/a.yml", "- rows\n", True),
    "a release": ("packages/signpost-models/card.json", "{}", True),
    "an answer": ("bot/content/general.yml", "a: b\n", False),
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_of_what_is_learnt_needs_training_and_a_comment_does_not(
    tmp_path: Path, change: str
) -> None:
    (tmp_path / "data" / "nlu").mkdir(parents=True)
    (tmp_path / "config.yml").write_text("language: en\n")
    (tmp_path / "data" / "nlu" / "a.yml").write_text("nlu: [a]\n")
    before = model_files.inputs_hash(tmp_path)
    name, text, needs_training = CHANGES[change]
    (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / name).write_text(text)
    assert (model_files.inputs_hash(tmp_path) != before) is needs_training
