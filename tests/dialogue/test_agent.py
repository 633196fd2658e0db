"""Loading the model: only the one that the manifest names, and never half of one."""

import shutil
from pathlib import Path

import pytest

from bot.dialogue.agent import load_agent
from bot.errors import ModelError
from bot.models import MANIFEST, RASA_MODEL, write_manifest
from tests.dialogue.conftest import ACTIONS


@pytest.fixture
def copied(models: Path, tmp_path: Path) -> Path:
    shutil.copy(models / RASA_MODEL, tmp_path)
    write_manifest(tmp_path, [RASA_MODEL], "")
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
    write_manifest(copied, [RASA_MODEL], "")
    with pytest.raises(ModelError, match="Rasa can't load it"):
        load_agent(copied, ACTIONS)


def test_an_unreadable_manifest(copied: Path) -> None:
    (copied / MANIFEST).write_text("{")
    with pytest.raises(ModelError, match=r"manifest\.json: not there or not readable"):
        load_agent(copied, ACTIONS)


def test_a_model_that_no_manifest_vouches_for_is_refused(copied: Path) -> None:
    (copied / MANIFEST).unlink()
    with pytest.raises(ModelError, match=r"manifest\.json: not there or not readable"):
        load_agent(copied, ACTIONS)
