"""Rasa's edge of `names`: the services and terms of a message as entities."""

from typing import Any

from rasa.engine.graph import GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.nlu.constants import ENTITY_ATTRIBUTE_CONFIDENCE_TYPE
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_END,
    ENTITY_ATTRIBUTE_START,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    EXTRACTOR,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message

from bot.language.names import NameFinder
from bot.language.text import normalise
from bot.nlu import resources
from bot.settings import load_settings

SPELLING_PUT_RIGHT = 0.8
"""The confidence of a name that was not spelt like one of its aliases."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class ServiceEntityExtractor(GraphComponent):
    """Entities `service` and `term`, whose values are ids of the content. Aliases are read at
    start: a new one needs no training.
    """

    @staticmethod
    def supported_languages() -> list[str]:
        return ["en"]

    def __init__(self, names: NameFinder) -> None:
        self._names = names

    @classmethod
    def create(cls, *_: Any, **__: Any) -> GraphComponent:
        """Raises ContentError where the content can't be read."""
        settings = load_settings()
        return cls(resources.names(settings.content, settings.models))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text is not None and not resources.is_payload(text):
                message.set(
                    ENTITIES,
                    [*message.get(ENTITIES, []), *self._entities(text)],
                    add_to_output=True,
                )
        return messages

    def process_training_data(self, training_data: Any) -> Any:
        """The examples' entities are what the names in the content say: nothing learns from them."""
        return training_data

    def _entities(self, text: str) -> list[dict[str, Any]]:
        # Offsets are those of the text that was read; Rasa's own text is at most longer, unless
        # white space or a ligature was undone.
        return [
            {
                ENTITY_ATTRIBUTE_TYPE: named.kind,
                ENTITY_ATTRIBUTE_VALUE: named.id,
                ENTITY_ATTRIBUTE_START: min(named.start, len(text)),
                ENTITY_ATTRIBUTE_END: min(named.end, len(text)),
                ENTITY_ATTRIBUTE_CONFIDENCE_TYPE: 1.0 if named.exact else SPELLING_PUT_RIGHT,
                EXTRACTOR: type(self).__name__,
            }
            for named in self._names.find(normalise(text))
        ]
