"""Rasa's edge of `classifier`: which words of a Rasa message go in, and what comes out of it."""

import hashlib
import logging
from collections.abc import Mapping, Sequence
from typing import Any

from rasa.engine.graph import GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import (
    ENTITIES,
    ENTITY_ATTRIBUTE_TYPE,
    ENTITY_ATTRIBUTE_VALUE,
    INTENT,
    INTENT_NAME_KEY,
    INTENT_RANKING_KEY,
    PREDICTED_CONFIDENCE_KEY,
    TEXT,
)
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.errors import ModelError
from bot.language.encoder import Encoder
from bot.language.text import normalise
from bot.models import RELEASE, RELEASE_CARD
from bot.nlu import resources
from bot.reading import nearness, questions
from bot.reading.intents import Classifier, Options, Prediction, opener
from bot.settings import ROOT, load_settings

logger = logging.getLogger(__name__)
QUESTIONS = "questions"
CODE = ("language", "nlu", "reading", "training")
"""Rooms of `bot` whose code decides what is trained here."""
RANKED = 10
"""So many intents of the ranking are told, as with Rasa's own classifiers."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class SignpostIntentClassifier(GraphComponent, IntentClassifier):
    """Options in config.yml: those of `bot.reading.intents.Options`, and `mask`, the words that
    stand for a service's name ("" leaves names alone); and `tune`, whether the released encoder,
    which was taught the intents, stands in the place of the plain one.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"keep": Options().keep, "mask": resources.MASK, "tune": True}

    @staticmethod
    def supported_languages() -> list[str]:
        return ["en"]

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str:
        """Rasa keeps what it trained and only looks at this file: the code behind it and the
        released encoder count as well.
        """
        whole = hashlib.sha256(repr(sorted(config.items())).encode())
        code = [path for room in CODE for path in sorted((ROOT / "bot" / room).glob("*.py"))]
        release = [RELEASE / RELEASE_CARD] if (RELEASE / RELEASE_CARD).is_file() else []
        for path in [*code, *release]:
            whole.update(path.read_bytes())
        return whole.hexdigest()

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        classifier: Classifier | None = None,
        known: Mapping[str, nearness.Vectors] | None = None,
    ) -> None:
        """`known`: vectors of statements that were made with the model, by id."""
        self._config, self._storage, self._resource, self._classifier = (
            config,
            storage,
            resource,
            classifier,
        )
        settings = load_settings()
        self._models = settings.models
        self._names = resources.names(settings.content, settings.models)
        self._follow_ups = resources.follow_ups(settings.content)
        self._statements = resources.statements(settings.content)
        self._nearness = self._near_with(known or {})

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, **_: Any
    ) -> GraphComponent:
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, **_: Any
    ) -> GraphComponent:
        """Raises ModelError where the archive or the encoder is not whole: a bot that understands
        nothing must not look ready.
        """
        models = load_settings().models
        try:
            with model_storage.read_from(resource) as folder:
                classifier = Classifier.load(folder, opener(models), resources.words(models))
                known = nearness.read(folder)
        except ValueError as error:  # the storage has no such resource
            raise ModelError(
                f"{resource.name}: no intent classifier in this model; run `python -m bot train`"
            ) from error
        return cls(config, model_storage, resource, classifier, known)

    def train(self, training_data: TrainingData) -> Resource:
        """Raises ModelError where the released encoder is missing or damaged."""
        # Here, and not above: what serves loads this file and must load nothing that trains.
        from bot.training import intents as training

        options = Options(
            **{
                name: value
                for name, value in self._config.items()
                if name in Options.__dataclass_fields__
            }
        )
        rows = [
            (self._masked(normalise(example.get(TEXT))), example.get(INTENT))
            for example in training_data.intent_examples
        ]
        words = resources.words(self._models)
        tune, outs = training.released(self._models) if self._config["tune"] else (None, ())
        plain = Encoder.load(self._models).encode_deep
        classifier = training.train(rows, plain, words, options, tune, outs)
        logger.info("intent classifier, on held-out examples: %s", classifier.report)
        with self._storage.write_to(self._resource) as folder:
            classifier.save(folder)
            vectors = self._statement_vectors(classifier, {})
            nearness.save(folder, [statement.id for statement in self._statements], vectors)
        self._classifier = classifier
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            text = message.get(TEXT)
            if text is not None and self._classifier is not None and not resources.is_payload(text):
                words = normalise(text)
                leaning = self._leaning(words)
                self._put(
                    message,
                    (leaning,)
                    if leaning
                    else questions.read(words, self._predict, self._names, self._leaning),
                )
        return messages

    def _statement_vectors(
        self, classifier: Classifier, known: Mapping[str, nearness.Vectors]
    ) -> nearness.Vectors:
        """Of the statements as the classifier reads messages; those that are `known` are not read."""

        def encode(texts: Sequence[str]) -> nearness.Vectors:
            return classifier.encode([self._masked(text) for text in texts])

        texts = {statement.id: statement.text for statement in self._statements}
        return nearness.vectors_of(texts, encode, known)

    def _near_with(self, known: Mapping[str, nearness.Vectors]) -> nearness.Nearness | None:
        if self._classifier is None:
            return None
        vectors = self._statement_vectors(self._classifier, known)
        documents = [
            self._names.mask(f"{statement.text} {statement.words}", {"service": ""})
            for statement in self._statements
        ]
        ids = [statement.id for statement in self._statements]
        return nearness.Nearness(ids, vectors, documents)

    def _leaning(self, words: str) -> questions.Asked | None:
        """The question of words that only lean on what was said before."""
        kind = self._follow_ups.kind_of(words)
        if not kind:
            return None
        intent = self._follow_ups.intents[kind]
        return questions.Asked(Prediction(intent, 1.0, ((intent, 1.0),), 0.0), (), words, kind)

    def _predict(self, words: str) -> Prediction:
        assert self._classifier is not None
        return self._classifier.predict(self._masked(words))

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing that is trained after this one reads what it would say of the examples."""
        return training_data

    def _masked(self, text: str) -> str:
        return (
            self._names.mask(text, {"service": self._config["mask"]})
            if self._config["mask"]
            else text
        )

    def _put(self, message: Message, asked: tuple[questions.Asked, ...]) -> None:
        """The first question's intent is the message's; `questions` has them all, each with its own
        names.
        """
        prediction = asked[0].prediction
        ranking = [
            {INTENT_NAME_KEY: intent, PREDICTED_CONFIDENCE_KEY: confidence}
            for intent, confidence in prediction.ranking[:RANKED]
        ]
        message.set(
            INTENT,
            {INTENT_NAME_KEY: prediction.intent, PREDICTED_CONFIDENCE_KEY: prediction.confidence},
            add_to_output=True,
        )
        message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        message.set(QUESTIONS, [self._told(question) for question in asked], add_to_output=True)

    def _told(self, question: questions.Asked) -> dict[str, Any]:
        entities = [
            {ENTITY_ATTRIBUTE_TYPE: named.kind, ENTITY_ATTRIBUTE_VALUE: named.id}
            for named in question.names
        ]
        return {
            INTENT: {INTENT_NAME_KEY: question.prediction.intent},
            ENTITIES: entities,
            "words": question.words,
            "follow": question.follow,
            "readings": list(questions.readings(question.prediction)),
            "others": list(questions.others(question.prediction)),
            "near": self._near(question),
        }

    def _near(self, question: questions.Asked) -> dict[str, float]:
        if self._nearness is None:
            return {}
        read = question.prediction.read
        words = read.replace(self._config["mask"], "") if self._config["mask"] else read
        return self._nearness.near(words, question.prediction.vector)
