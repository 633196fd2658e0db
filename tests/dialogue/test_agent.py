"""Loading the model: only the one that the manifest names, and never half of one."""

import hashlib
import json
import shutil
from pathlib import Path

import pytest

from bot.dialogue.agent import load_agent
from bot.errors import ModelError
from bot.models import MANIFEST, RASA_MODEL
from tests.dialogue.conftest import ACTIONS


def manifest_of(archive: Path) -> str:
    return json.dumps(
        {"inputs": "x", "files": {RASA_MODEL: hashlib.sha256(archive.read_bytes()).hexdigest()}}
    )


@pytest.fixture
def copied(models: Path, tmp_path: Path) -> Path:
    shutil.copy(models / RASA_MODEL, tmp_path)
    (tmp_path / MANIFEST).write_text(manifest_of(tmp_path / RASA_MODEL))
    return tmp_path


def test_the_model_that_the_manifest_names_is_loaded(copied: Path) -> None:
    assert load_agent(copied, ACTIONS).is_ready()


def test_a_missing_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"signpost\.tar\.gz: missing; run `python -m bot train`$"):
        load_agent(tmp_path, ACTIONS)


def test_a_changed_model_is_not_even_opened(copied: Path) -> None:
    with (copied / RASA_MODEL).open("ab") as archive:
        archive.write(b"\0")
    with pytest.raises(ModelError, match="not the file that the training wrote"):
        load_agent(copied, ACTIONS)


@pytest.mark.parametrize("content", [b"", b"not an archive"])
def test_rubbish_is_refused(copied: Path, content: bytes) -> None:
    (copied / RASA_MODEL).write_bytes(content)
    (copied / MANIFEST).write_text(manifest_of(copied / RASA_MODEL))
    with pytest.raises(ModelError, match="Rasa can't load it"):
        load_agent(copied, ACTIONS)


def test_an_unreadable_manifest(copied: Path) -> None:
    (copied / MANIFEST).write_text("{")
    with pytest.raises(ModelError, match=r"manifest\.json: not there or not readable"):
        load_agent(copied, ACTIONS)
