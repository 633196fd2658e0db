"""A small real model, trained once by `rasa train`, and agents that have loaded it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from rasa.core.agent import Agent

from bot.dialogue.agent import load_agent
from bot.models import RASA_MODEL, write_manifest

PROJECT = Path(__file__).parent / "project"
ACTIONS = "tests.dialogue.project.actions"


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the trained model, as `settings.models` is."""
    project, folder = tmp_path_factory.mktemp("rasa") / "project", tmp_path_factory.mktemp("models")
    shutil.copytree(PROJECT, project)  # Rasa leaves a cache where it trains
    command = [
        str(Path(sys.executable).parent / "rasa"),
        "train",
        "--out",
        str(folder),
        "--fixed-model-name",
        RASA_MODEL.removesuffix(".tar.gz"),
    ]
    done = subprocess.run(
        command,
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
    )
    assert (folder / RASA_MODEL).is_file(), done.stdout
    write_manifest(folder, [RASA_MODEL], "")
    return folder


@pytest.fixture(scope="session")
def agent(models: Path) -> Agent:
    return load_agent(models, ACTIONS)


@pytest.fixture(scope="session")
def another_agent(models: Path) -> Agent:
    """The same model in what stands for another worker."""
    return load_agent(models, ACTIONS)
