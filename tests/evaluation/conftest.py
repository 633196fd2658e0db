"""The encoder, the dictionary and the detector of their rooms, for the tests here too."""

from tests.nlu.conftest import loaded, models, words
from tests.safety.conftest import detector

__all__ = ["detector", "loaded", "models", "words"]
