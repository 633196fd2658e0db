"""The three components as Rasa runs them: trained, put into Rasa's storage, loaded again, and given
messages.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Any, cast

import pytest
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.shared.data import TrainingType
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.errors import ModelError
from bot.language.names import NameFinder
from bot.nlu import crisis_guard
from bot.nlu.crisis_guard import CrisisGuard, OwnScreen
from bot.nlu.entities import ServiceEntityExtractor
from bot.nlu.intent_classifier import SignpostIntentClassifier
from bot.reading.screening import Label, Screening, Who
from tests.nlu.examples import ROWS

PAYLOADS = ["/ask_join", '/ask_join{"service": "belmarsh"}', " /restart ", "/greet@0.9"]
NOT_PAYLOADS = ["/ i want to join", "how do i join", "//", "/"]


@pytest.fixture(scope="module")
def storage(tmp_path_factory: pytest.TempPathFactory) -> LocalModelStorage:
    return LocalModelStorage(tmp_path_factory.mktemp("storage"))


@pytest.fixture(autouse=True)
def _own_models(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNPOST_MODELS", str(models))


def _parts(storage: LocalModelStorage, name: str = "classifier") -> dict[str, Any]:
    config = SignpostIntentClassifier.get_default_config()
    return {
        "config": config,
        "model_storage": storage,
        "resource": Resource(name),
        "execution_context": None,
    }


@pytest.fixture
def classifier(storage: LocalModelStorage) -> SignpostIntentClassifier:
    parts = _parts(storage)
    try:
        return cast(SignpostIntentClassifier, SignpostIntentClassifier.load(**parts))
    except ModelError:
        examples = [Message.build(text=text, intent=intent) for text, intent in ROWS]
        assert (
            SignpostIntentClassifier.create(**parts).train(TrainingData(examples))
            == parts["resource"]
        )
        return cast(SignpostIntentClassifier, SignpostIntentClassifier.load(**parts))


class Fixed:
    """A screen that says the same of every message, or fails."""

    def __init__(self, says: Screening | None) -> None:
        self.says = says

    def screen(self, text: str, earlier: tuple[str, ...] = ()) -> Screening:
        if self.says is None:
            raise RuntimeError(text)
        return self.says


CRISIS = Screening(Label.CRISIS, Who.OTHER, "self_harm", "a rule")


def test_config_yml_can_name_them() -> None:
    components = (SignpostIntentClassifier, ServiceEntityExtractor, CrisisGuard)
    config = {
        "recipe": "default.v1",
        "language": "en",
        "pipeline": [{"name": f"{one.__module__}.{one.__name__}"} for one in components],
    }
    made = DefaultV1Recipe().graph_config_for_recipe(config, {}, TrainingType.NLU)
    assert [node.uses for node in made.train_schema.nodes.values() if node.fn == "train"] == [
        SignpostIntentClassifier
    ]
    assert [
        node.uses for node in made.predict_schema.nodes.values() if node.uses in components
    ] == list(components)


def test_the_classifier_comes_back_from_rasas_storage(classifier: SignpostIntentClassifier) -> None:
    message = Message.build(text="How do I JOIN?")
    classifier.process([message])
    parsed = message.as_dict(only_output_properties=True)
    assert parsed["intent"]["name"] == "ask_join"
    assert parsed["intent"]["confidence"] == parsed["intent_ranking"][0]["confidence"] > 0.5
    assert {ranked["name"] for ranked in parsed["intent_ranking"]} == {intent for _, intent in ROWS}


def test_a_model_without_the_classifier_is_refused(storage: LocalModelStorage) -> None:
    with pytest.raises(ModelError, match="python -m bot train"):
        SignpostIntentClassifier.load(**_parts(storage, "nothing"))


def test_other_options_are_another_training() -> None:
    fingerprints = [
        SignpostIntentClassifier.fingerprint_addon({"keep": keep}) for keep in (0.9, 0.95, 0.95)
    ]
    assert fingerprints[0] != fingerprints[1] == fingerprints[2]


@pytest.mark.parametrize("text", PAYLOADS)
def test_payloads_of_buttons_are_left_to_rasa(
    classifier: SignpostIntentClassifier, text: str
) -> None:
    message = Message.build(text=text)
    before = message.as_dict()
    for component in (
        classifier,
        ServiceEntityExtractor(NameFinder({"join": ("term", "join")})),
        CrisisGuard(Fixed(CRISIS)),
    ):
        component.process([message])
    assert message.as_dict() == before


@pytest.mark.parametrize("text", NOT_PAYLOADS)
def test_nothing_else_passes_for_a_payload(text: str) -> None:
    message = Message.build(text=text)
    CrisisGuard(Fixed(CRISIS)).process([message])
    assert message.get("intent")["name"] == "crisis"


def test_entities_have_the_ids_of_the_content() -> None:
    names = NameFinder({"central library": ("service", "central"), "isbn": ("term", "isbn")})
    message = Message.build(text="Does the Centrl Library know every ISBN?")
    ServiceEntityExtractor(names).process([message])
    found = message.as_dict(only_output_properties=True)["entities"]
    assert [
        (entity["entity"], entity["value"], entity["start"], entity["end"]) for entity in found
    ] == [
        ("service", "central", 9, 23),
        ("term", "isbn", 35, 39),
    ]
    assert found[0]["confidence_entity"] < found[1]["confidence_entity"] == 1


def test_entities_of_our_content_are_found() -> None:
    message = Message.build(text="what is a pipe, and is there one at belmarsh?")
    ServiceEntityExtractor.create().process([message])
    assert ("service", "belmarsh") in [
        (entity["entity"], entity["value"]) for entity in message.get("entities")
    ]


def test_a_crisis_overrides_what_was_understood(classifier: SignpostIntentClassifier) -> None:
    message = Message.build(text="how do i join")
    classifier.process([message])
    CrisisGuard(Fixed(CRISIS)).process([message])
    parsed = message.as_dict(only_output_properties=True)
    assert parsed["intent"] == {"name": "crisis", "confidence": 1.0}
    assert parsed["intent_ranking"][0]["name"] == "crisis"
    assert {key: parsed["screening"][key] for key in ("label", "who", "category")} == {
        "label": "crisis",
        "who": "other",
        "category": "self_harm",
    }


VOTED = [
    # what the screen says, what is left beside the vote, the intent, what is decided
    (Screening(Label.NONE), {"join": 0.3, "greet": 0.1}, "join", Label.CONCERN),
    (Screening(Label.CONCERN), {"join": 0.3, "greet": 0.1}, "join", Label.CONCERN),
    (Screening(Label.NONE, heeds_vote=True), {"join": 0.3}, "crisis", Label.CRISIS),
    (Screening(Label.CONCERN, heeds_vote=True), {"join": 0.3}, "crisis", Label.CRISIS),
    # neither what is hardly likelier than the rest nor a greeting answers what sounded like that:
    # it tells of a feeling
    (
        Screening(Label.NONE),
        {"join": 0.1, "open": 0.1, "find": 0.1},
        "share_feeling",
        Label.CONCERN,
    ),
    (Screening(Label.NONE), {"greet": 0.3}, "share_feeling", Label.CONCERN),
]


@pytest.mark.parametrize(("screening", "others", "intent", "label"), VOTED)
def test_the_vote_of_the_intent_counts_only_where_the_screen_doubts(
    screening: Screening, others: dict[str, float], intent: str, label: Label
) -> None:
    message = Message.build(text="some words")
    ranking = [{"name": name, "confidence": share} for name, share in others.items()]
    message.set("intent", {"name": "crisis", "confidence": 0.6})
    message.set("intent_ranking", [{"name": "crisis", "confidence": 0.6}, *ranking])
    message.set("questions", [{"intent": {"name": "crisis"}, "entities": []}])
    CrisisGuard(Fixed(screening)).process([message])
    assert message.get("intent")["name"] == intent
    assert message.get("screening")["label"] is label
    if label is not Label.CRISIS:
        assert [asked["intent"]["name"] for asked in message.get("questions")] == [intent]


UNANSWERED = [
    # what the screen says, the intent, what is named, the intent afterwards
    (Label.CONCERN, "out_of_scope", (), "share_feeling"),
    (Label.CONCERN, "out_of_scope", ("parole",), "out_of_scope"),
    (Label.CONCERN, "join", (), "join"),
    (Label.NONE, "out_of_scope", (), "out_of_scope"),
]


@pytest.mark.parametrize(("label", "intent", "named", "heard"), UNANSWERED)
def test_what_has_no_answer_is_heard_as_a_feeling_where_the_writer_may_not_be_well(
    label: Label, intent: str, named: tuple[str, ...], heard: str
) -> None:
    message = Message.build(text="some words")
    message.set("intent", {"name": intent, "confidence": 0.6})
    message.set("questions", [{"intent": {"name": intent}, "entities": list(named)}])
    message.set("entities", [{"entity": "term", "value": name} for name in named])
    CrisisGuard(Fixed(Screening(label))).process([message])
    assert message.get("intent")["name"] == heard
    assert [asked["intent"]["name"] for asked in message.get("questions")] == [heard]


def test_a_screening_that_came_with_the_message_is_not_made_again() -> None:
    message = Message.build(text="some words")
    message.set("metadata", {"screening": asdict(CRISIS)})
    CrisisGuard(Fixed(None)).process([message])
    assert message.get("screening") == asdict(CRISIS)


def test_the_screen_is_loaded_at_the_first_message_without_a_screening(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loaded: list[Path] = []

    def load(models: Path) -> Fixed:
        loaded.append(models)
        return Fixed(CRISIS)

    monkeypatch.setattr(crisis_guard, "load_detector", load)
    guard = CrisisGuard(OwnScreen(Path("models")))
    screened, unscreened = Message.build(text="some words"), Message.build(text="other words")
    screened.set("metadata", {"screening": asdict(Screening(Label.NONE))})
    guard.process([screened])
    assert not loaded
    guard.process([unscreened, unscreened])
    assert loaded == [Path("models")]
    assert unscreened.get("intent")["name"] == "crisis"


@pytest.mark.parametrize("says", [Screening(Label.NONE), Screening(Label.CONCERN), None])
def test_anything_less_leaves_the_intent(
    classifier: SignpostIntentClassifier, says: Screening | None, caplog: pytest.LogCaptureFixture
) -> None:
    message = Message.build(text="how do i join")
    classifier.process([message])
    CrisisGuard(Fixed(says)).process([message])
    assert message.get("intent")["name"] == "ask_join"
    assert message.get("screening")["label"] == (
        says.label if says else "concern"
    )  # a screen that fails is reason for concern
    assert "join" not in caplog.text  # nobody's words in a log
