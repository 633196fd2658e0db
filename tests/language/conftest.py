"""The encoder and the dictionary of tests/nlu, for the tests here too."""

from tests.nlu.conftest import loaded, models, words

__all__ = ["loaded", "models", "words"]
