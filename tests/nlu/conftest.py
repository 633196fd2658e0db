"""One encoder and one dictionary for all tests here."""

from pathlib import Path

import pytest

from bot.language import encoder
from bot.language.encoder import Encoder
from bot.language.spelling import general_words


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    encoder.ensure(folder)
    return folder


@pytest.fixture(scope="session")
def loaded(models: Path) -> Encoder:
    return Encoder.load(models)


@pytest.fixture(scope="session")
def words(models: Path) -> dict[str, int]:
    return general_words(models)
