"""Rasa's edge of `bot.reading.case`: what a message says of somebody's case, as normalised values
in the output's `case`.
"""

import datetime
from typing import Any

from rasa.engine.graph import GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.eligibility.talk import counted
from bot.language.text import normalise
from bot.nlu import resources
from bot.reading.case import Reader
from bot.reading.said import Said, as_output
from bot.settings import load_settings

CASE = "case"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class CaseReader(GraphComponent):
    """Not entities, but facts: nothing of the message's words is in them, so that they may be kept
    where words may not.

    Options in config.yml: `small_talk` are intents that a message with facts in it never has ("hi,
    he's 22", "no, she is in Croydon"): it has the intent `instead`; so do those in
    `taken_back`, where facts about somebody else are put right ("sorry, should be M"). "Start again" has the intent
    `forget`.
    """

    @staticmethod
    def supported_languages() -> list[str]:
        return ["en"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "small_talk": [],
            "taken_back": ["false_alarm"],
            "instead": "",
            "forget": "",
        }

    def __init__(self, config: dict[str, Any], reader: Reader) -> None:
        self._config, self._reader = config, reader

    @classmethod
    def create(cls, config: dict[str, Any], *_: Any, **__: Any) -> GraphComponent:
        """Raises ContentError where the content can't be read."""
        settings = load_settings()
        return cls(config, resources.cases(settings.content, settings.models))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text is not None and not resources.is_payload(text):
                said = self._reader.read(normalise(text), datetime.date.today())
                message.set(CASE, as_output(said), add_to_output=True)
                if intent := self._intent(said, (message.get(INTENT) or {}).get(INTENT_NAME_KEY)):
                    message.set(
                        INTENT,
                        {INTENT_NAME_KEY: intent, PREDICTED_CONFIDENCE_KEY: 1.0},
                        add_to_output=True,
                    )
        return messages

    def process_training_data(self, training_data: Any) -> Any:
        """Nothing learns from it."""
        return training_data

    def _intent(self, said: Said, classified: str | None) -> str:
        """The intent that the facts make of a message; "" leaves it as it was classified."""
        if said.answer == "forget":
            return str(self._config["forget"])
        number = said.number is not None  # "i meant 20"
        corrects = said.correction and (bool(said.facts) or number)
        if classified in self._config["taken_back"]:
            ours = corrects and (number or not said.speaker)
            return str(self._config["instead"]) if ours else ""
        return (
            str(self._config["instead"])
            if classified in self._config["small_talk"] and (counted(said) or corrects)
            else ""
        )
