"""Rasa's edge of `bot.safety`: stands last in the pipeline, so that `rasa shell` and every channel
are as safe as the gateway makes its own.
"""

import logging
from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import Any

from rasa.engine.graph import GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import (
    ENTITIES,
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    METADATA,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from bot.nlu import resources
from bot.nlu.intent_classifier import QUESTIONS
from bot.reading.calibration import OUT_OF_SCOPE
from bot.reading.crisis import Detector, load_detector
from bot.reading.questions import FEELING, SMALL_TALK, SURE
from bot.reading.screening import Label, Screen, Screening, from_output, with_vote
from bot.settings import load_settings

logger = logging.getLogger(__name__)
CRISIS = "crisis"
SCREENING = "screening"
FAILED = Screening(Label.CONCERN, decided_by="failed")


class OwnScreen:
    """The crisis screen, loaded at the first message that came without a screening. In a worker
    none does, and the 100 MB of it are in the gateway already.
    """

    def __init__(self, models: Path) -> None:
        self._models = models

    @cached_property
    def _detector(self) -> Detector:
        return load_detector(self._models)

    def screen(self, text: str, earlier: tuple[str, ...] = ()) -> Screening:
        return self._detector.screen(text, earlier)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class CrisisGuard(GraphComponent):
    """Whether a message is a crisis is decided here, once for all that follows: by the screening
    that came with the message, or one of its own (`rasa shell`), and the vote of the intent
    classifier.

    A crisis has the intent `crisis` with confidence 1, anything else has another: what the
    classifier thought likeliest beside it. What was decided is in the output's `screening`.
    """

    @staticmethod
    def supported_languages() -> list[str]:
        return ["en"]

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    @classmethod
    def create(cls, *_: Any, **__: Any) -> GraphComponent:
        return cls(OwnScreen(load_settings().models))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text is not None and not resources.is_payload(text):
                carried = from_output((message.get(METADATA) or {}).get(SCREENING))
                self._put(message, carried or self._screening(text))
        return messages

    def process_training_data(self, training_data: Any) -> Any:
        """The examples are ours; nobody who wrote one is in danger."""
        return training_data

    def _screening(self, text: str) -> Screening:
        try:
            return self._screen.screen(text)
        except Exception as error:
            # Not the message itself: that is somebody's own words, and a traceback may quote them.
            logger.error("screening failed: %s", type(error).__name__)
            return FAILED

    @staticmethod
    def _put(message: Message, screening: Screening) -> None:
        read = [message.get(INTENT) or {}, *(q[INTENT] for q in message.get(QUESTIONS) or [])]
        voted = any(intent.get(INTENT_NAME_KEY) == CRISIS for intent in read) or (
            read[0].get(INTENT_NAME_KEY) == FEELING and _is_next_to_crisis(message)
        )
        decided = with_vote(screening, voted)
        message.set(SCREENING, asdict(decided), add_to_output=True)
        if decided.label is Label.CRISIS or voted:
            others = _ranking_without(message, CRISIS)
            if decided.label is Label.CRISIS:
                others.insert(0, {INTENT_NAME_KEY: CRISIS, PREDICTED_CONFIDENCE_KEY: 1.0})
            message.set(INTENT_RANKING_KEY, others, add_to_output=True)
        if decided.label is Label.CRISIS:
            message.set(INTENT, others[0], add_to_output=True)
        elif voted:
            _take_back(message, others)
        if decided.label is Label.CONCERN:
            _hear_a_feeling(message)


def _ranking_without(message: Message, intent: str) -> list[dict[str, Any]]:
    ranking = message.get(INTENT_RANKING_KEY) or []
    return [ranked for ranked in ranking if ranked[INTENT_NAME_KEY] != intent]


def _is_next_to_crisis(message: Message) -> bool:
    """Whether what tells of a feeling is, if not that, a crisis likelier than the rest together."""
    return bool(_next_best(_ranking_without(message, FEELING))[INTENT_NAME_KEY] == CRISIS)


def _hear_a_feeling(message: Message) -> None:
    """What nobody can answer, from somebody who may not be well, tells of a feeling: "I can't answer
    that" is no reply to it.
    """
    name = (message.get(INTENT) or {}).get(INTENT_NAME_KEY)
    if name != OUT_OF_SCOPE or message.get(ENTITIES):
        return
    intent = {INTENT_NAME_KEY: FEELING, PREDICTED_CONFIDENCE_KEY: 0.0}
    message.set(INTENT, intent, add_to_output=True)
    message.set(QUESTIONS, _asks_only(message, intent), add_to_output=True)


def _asks_only(message: Message, intent: dict[str, Any]) -> list[dict[str, Any]]:
    return [{**q, INTENT: intent} for q in (message.get(QUESTIONS) or [])[:1]]


def _take_back(message: Message, others: Sequence[dict[str, Any]]) -> None:
    """The message means something else: its other questions, or else the next best intent."""
    asked = [q for q in message.get(QUESTIONS) or [] if q[INTENT][INTENT_NAME_KEY] != CRISIS]
    intent = asked[0][INTENT] if asked else _next_best(others)
    if not asked:
        asked = _asks_only(message, intent)
    message.set(QUESTIONS, asked, add_to_output=True)
    if (message.get(INTENT) or {}).get(INTENT_NAME_KEY) == CRISIS:
        message.set(INTENT, intent, add_to_output=True)


def _next_best(others: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The likeliest of what is left, where it is likelier than the rest together. Small talk is no
    answer to what sounded like a crisis.
    """
    whole = sum(ranked[PREDICTED_CONFIDENCE_KEY] for ranked in others)
    best = max(others, key=lambda ranked: ranked[PREDICTED_CONFIDENCE_KEY], default=None)
    if best is None or best[INTENT_NAME_KEY] in SMALL_TALK:
        return {INTENT_NAME_KEY: OUT_OF_SCOPE, PREDICTED_CONFIDENCE_KEY: 0.0}
    share = best[PREDICTED_CONFIDENCE_KEY] / whole if whole else 0.0
    name = best[INTENT_NAME_KEY] if share >= SURE else OUT_OF_SCOPE
    return {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: share}
