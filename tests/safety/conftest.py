"""One trained detector for all tests of it. Made once into the project's `models/`, as `python -m
bot train` would.
"""

import pytest

from bot.language import encoder
from bot.reading.crisis import Detector, load_detector
from bot.reading.crisis_grammar import Grammar
from bot.settings import load_settings
from bot.training import crisis as train


@pytest.fixture(scope="session")
def detector() -> Detector:
    models = load_settings().models
    models.mkdir(parents=True, exist_ok=True)
    encoder.ensure(models)
    train.ensure(models)
    return load_detector(models)


@pytest.fixture(scope="session")
def grammar() -> Grammar:
    return Grammar()
