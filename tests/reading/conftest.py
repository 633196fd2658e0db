"""The case reader, the encoder and the detector of their rooms, for the tests here too."""

from tests.eligibility.conftest import criteria, held, reader
from tests.nlu.conftest import loaded, models, words
from tests.safety.conftest import detector, grammar

__all__ = ["criteria", "detector", "grammar", "held", "loaded", "models", "reader", "words"]
