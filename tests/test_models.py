"""Models are current, stale or broken; and the service must tell which."""

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from bot import models as model_files
from bot.errors import ModelError


@pytest.fixture
def models(tmp_path: Path) -> Path:
    (tmp_path / "a.npz").write_bytes(b"weights")
    manifest = {
        "inputs": model_files.inputs_hash(),
        "files": {"a.npz": sha256(b"weights").hexdigest()},
    }
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
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


def test_any_change_of_an_input_needs_training(tmp_path: Path) -> None:
    (tmp_path / "config.yml").write_text("language: en")
    before = model_files.inputs_hash(tmp_path)
    (tmp_path / "data" / "nlu").mkdir(parents=True)
    (tmp_path / "data" / "nlu" / "new.yml").write_text("nlu: []")
    after = model_files.inputs_hash(tmp_path)
    (tmp_path / "data" / "nlu" / "new.yml").rename(tmp_path / "data" / "nlu" / "other.yml")
    assert len({before, after, model_files.inputs_hash(tmp_path)}) == 3
