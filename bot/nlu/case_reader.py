"""Rasa's edge of `bot.eligibility.reader`: what a message says of somebody's case, as normalised values in the output's `case`."""

import datetime
from typing import Any

from rasa.engine.graph import GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.eligibility.reader import Reader, as_output
from bot.language.text import normalise
from bot.nlu import resources
from bot.settings import load_settings

CASE = "case"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class CaseReader(GraphComponent):
    """Not entities, but facts: nothing of the message's words is in them, so that they may be kept where words may not."""

    @staticmethod
    def supported_languages() -> list[str]:
        return ["en"]

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    @classmethod
    def create(cls, *_: Any, **__: Any) -> GraphComponent:
        """Raises ContentError where the content can't be read."""
        settings = load_settings()
        return cls(resources.cases(settings.content, settings.models))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text is not None and not resources.is_payload(text):
                message.set(CASE, as_output(self._reader.read(normalise(text), datetime.date.today())), add_to_output=True)
        return messages

    def process_training_data(self, training_data: Any) -> Any:
        """Nothing learns from it."""
        return training_data
