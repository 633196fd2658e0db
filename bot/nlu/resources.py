"""What the graph components share in one process: the encoder, the dictionary, the names in the
content. Read from the settings' folders, once.
"""

import re
from functools import lru_cache
from pathlib import Path

from bot import knowledge
from bot.eligibility.content import load_criteria, load_reading
from bot.knowledge.index import Indexed, indexed
from bot.knowledge.models import AGAIN, OTHER, SWITCH, Knowledge
from bot.language import encoder
from bot.language.names import NameFinder
from bot.language.spelling import general_words
from bot.language.text import normalise
from bot.reading.case import Reader
from bot.reading.follow_ups import FollowUps

MASK = "the service"
_PAYLOAD = re.compile(r"/\w+(@\d+(\.\d+)?)?(\{.*\})?", re.DOTALL)


def is_payload(text: str) -> bool:
    """True for what a button sends (`/ask_about{"service": "belmarsh"}`): Rasa reads that itself,
    and nobody typed it.
    """
    return _PAYLOAD.fullmatch(text.strip()) is not None


@lru_cache(maxsize=2)
def words(models: Path) -> dict[str, int]:
    """`general_words`, with the encoder built where it is not there yet (so that a plain `rasa
    train` works too).
    """
    encoder.ensure(models)
    return general_words(models)


@lru_cache(maxsize=2)
def _held(content: Path) -> Knowledge:
    return knowledge.load(content)


@lru_cache(maxsize=2)
def names(content: Path, models: Path) -> NameFinder:
    """Raises ContentError where the content can't be read."""
    return NameFinder(_held(content).aliases(), words(models))


@lru_cache(maxsize=2)
def statements(content: Path) -> tuple[Indexed, ...]:
    """Raises ContentError where the content can't be read."""
    return indexed(_held(content))


@lru_cache(maxsize=2)
def follow_ups(content: Path) -> FollowUps:
    """Raises ContentError where the content can't be read."""
    held = _held(content)
    thread = held.thread
    intents = {
        kind: held.topics[follow.topic].intents[0]
        if follow.topic and held.topics[follow.topic].intents
        else (SWITCH if kind == OTHER else AGAIN)
        for kind, follow in thread.kinds.items()
    }
    said = {kind: follow.said for kind, follow in thread.kinds.items()}
    return FollowUps(
        said, intents, thread.openings, thread.endings, thread.plain, tuple(thread.places)
    )


def masked(text: str, finder: NameFinder) -> str:
    """The text as the classifier reads it: names of services are `MASK`, so that what is asked does
    not hang on about which one.
    """
    return finder.mask(normalise(text), {"service": MASK})


@lru_cache(maxsize=2)
def cases(content: Path, models: Path) -> Reader:
    """Raises ContentError where the content can't be read."""
    return Reader(load_reading(content, load_criteria(content)), words(models))
