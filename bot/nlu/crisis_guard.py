"""Rasa's edge of `bot.safety`: stands last in the pipeline, so that `rasa shell` and every channel
are as safe as the gateway makes its own.
"""

import logging
from dataclasses import asdict
from typing import Any

from rasa.engine.graph import GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import (
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from bot.nlu import resources
from bot.reading.crisis import load_detector
from bot.reading.screening import Label, Screen, Screening
from bot.settings import load_settings

logger = logging.getLogger(__name__)
CRISIS = "crisis"
SCREENING = "screening"
FAILED = Screening(Label.CONCERN, decided_by="failed")


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class CrisisGuard(GraphComponent):
    """A crisis message has the intent `crisis` with confidence 1, whatever the classifier said.
    What was found is in the output's `screening`.
    """

    @staticmethod
    def supported_languages() -> list[str]:
        return ["en"]

    def __init__(self, screen: Screen) -> None:
        self._screen = screen

    @classmethod
    def create(cls, *_: Any, **__: Any) -> GraphComponent:
        return cls(load_detector(load_settings().models))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text is not None and not resources.is_payload(text):
                self._put(message, self._screening(text))
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
        message.set(SCREENING, asdict(screening), add_to_output=True)
        if screening.label is Label.CRISIS:
            intent = {INTENT_NAME_KEY: CRISIS, PREDICTED_CONFIDENCE_KEY: 1.0}
            others = [
                ranked
                for ranked in message.get(INTENT_RANKING_KEY) or []
                if ranked[INTENT_NAME_KEY] != CRISIS
            ]
            message.set(INTENT, intent, add_to_output=True)
            message.set(INTENT_RANKING_KEY, [intent, *others], add_to_output=True)
