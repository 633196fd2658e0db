"""The custom actions, called as Rasa calls them, with the real content and the real detector."""

from typing import Any

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions import actions
from bot.language import encoder
from bot.reading.said import Said, as_output
from bot.settings import load_settings
from bot.training import crisis as train


@pytest.fixture(scope="session")
def _detector() -> None:
    """Nothing to do where the models are trained already."""
    models = load_settings().models
    encoder.ensure(models)
    train.ensure(models)


def run(
    action: Action, text: str, intent: str, slots: dict[str, Any] | None = None, **parsed: Any
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The one message that was said, and the slots that were set."""
    latest = {"text": text, "intent": {"name": intent}, "entities": [], **parsed}
    tracker = Tracker("a", slots or {}, latest, [], False, None, {}, "action_listen")
    dispatcher = CollectingDispatcher()
    events = action.run(dispatcher, tracker, {})
    (said,) = dispatcher.messages
    return said, {event["name"]: event["value"] for event in events}


def test_a_question_is_answered_and_remembered() -> None:
    said, slots = run(
        actions.ActionAnswer(),
        "family visits at belmarsh?",
        "ask_visits",
        entities=[{"entity": "service", "value": "belmarsh"}],
        screening={"label": "none"},
    )
    assert (said["topic"], said["kind"]) == ("family_visits", "answer")
    assert said["source"]
    assert len(slots.pop("said")) > 1  # ids, and no words
    assert slots == {"misses": 0, "services": ["belmarsh"], "term": None, "last_topic": "visits"}


@pytest.mark.parametrize(
    ("text", "intent", "service", "not_held"),
    [
        ("who is belmarsh for", "ask_who_for", "belmarsh", False),
        ("how long is the waiting list at belmarsh", "ask_waiting", "belmarsh", True),
        ("will it rain", "out_of_scope", "", True),
    ],
)
def test_it_says_whether_what_was_asked_is_held(
    text: str, intent: str, service: str, not_held: bool
) -> None:
    named = [{"entity": "service", "value": service}] if service else []
    screened = {"label": "none"}
    said, _ = run(actions.ActionAnswer(), text, intent, entities=named, screening=screened)
    assert said["not_held"] is not_held


CRISIS = "i want to kill myself tonight"


@pytest.mark.usefixtures("_detector")
@pytest.mark.parametrize(
    "action", [actions.ActionAnswer, actions.ActionDefaultFallback, actions.ActionCrisis]
)
@pytest.mark.parametrize(
    "parsed",
    [{}, {"screening": {"label": "crisis", "who": "self", "category": "suicide_self"}}],
    ids=["unscreened", "screened"],
)
def test_crisis_text_gets_the_crisis_answer_from_every_action(
    action: type[Action], parsed: dict[str, Any]
) -> None:
    said, slots = run(action(), CRISIS, "ask_visits", **parsed)
    assert (said["topic"], said["kind"]) == ("crisis_policy", "crisis")
    assert "sponsor" in said["text"]
    assert slots["crisis_shown"] is True


def test_the_intent_alone_is_reason_enough_for_the_crisis_answer() -> None:
    said, _ = run(actions.ActionCrisis(), "/crisis", "crisis")  # a payload is not screened
    assert said["kind"] == "crisis"


def test_a_crisis_buttons_step_is_answered_with_help() -> None:
    said, _ = run(actions.ActionCrisisStep(), '/crisis_step{"step": "no_answer"}', "crisis_step")
    assert said["kind"] == "crisis"


@pytest.mark.parametrize("intent", ["nlu_fallback", "", "an_intent_of_another_domain"])
def test_what_nobody_understands_still_gets_an_answer_with_choices(intent: str) -> None:
    said, slots = run(
        actions.ActionDefaultFallback(), "qwerty", intent, screening={"label": "none"}
    )
    assert said["topic"] == "out_of_scope"
    assert said["buttons"]
    assert slots.pop("said")
    assert slots == {"misses": 1}


FOUR = {
    "sex": "female", "origin": "london", "area": "london", "opd": "yes",
    "custody": "community", "probation": "yes", "excluded": "yes",
}  # fmt: skip


def test_what_may_fit_beside_the_best_three_has_a_button() -> None:
    said, slots = run(
        actions.ActionAnswer(),
        "a case",
        "ask_who_for",
        case=as_output(Said(FOUR, person=True)),
        screening={"label": "none"},
    )
    (button,) = [b for b in said["buttons"] if b["title"].startswith("Also: ")]
    assert button["title"] == "Also: First Step Trust"
    entities = [{"entity": "service", "value": "first_step_trust"}]
    pressed, _ = run(
        actions.ActionAnswer(), button["payload"], "switch_service", slots, entities=entities
    )
    assert pressed["text"].startswith("First Step Trust may fit.")


@pytest.mark.parametrize(("origin", "offered"), [("london", True), ("elsewhere", False)])
def test_nobody_is_led_to_refer_where_the_answer_is_no(origin: str, offered: bool) -> None:
    said, _ = run(
        actions.ActionAnswer(),
        "a case",
        "ask_who_for",
        case=as_output(Said({"origin": origin, "sex": "male"}, person=True)),
        entities=[{"entity": "service", "value": "belmarsh"}],
        screening={"label": "none"},
    )
    assert ("Refer to Belmarsh" in [b["title"] for b in said["buttons"]]) is offered


def test_a_question_about_people_in_general_is_told_the_rules_and_no_case_is_held() -> None:
    said, slots = run(
        actions.ActionAnswer(),
        "do you take over 21s",
        "ask_young_people",
        case=as_output(Said({"age": (22, 999)}, person=True, general=True)),
        screening={"label": "none"},
    )
    assert "Aylesbury: it is for those aged 18 to 21." in said["text"]
    assert said["eligibility"]["aylesbury"] == "no"
    assert "case" not in slots


@pytest.mark.parametrize(
    ("text", "last_topic", "topic"),
    [
        ("and at swaleside", "staff", "staff_keyworker"),
        ("and at swaleside", "who_for", "eligibility"),
        ("and at swaleside", None, "eligibility"),
        ('/switch_service{"service": "swaleside"}', "staff", "eligibility"),
    ],
)
def test_another_service_is_asked_what_was_asked_last(
    text: str, last_topic: str | None, topic: str
) -> None:
    case = as_output(Said(FOUR, person=True))
    _, slots = run(
        actions.ActionAnswer(), "a case", "ask_who_for", case=case, screening={"label": "none"}
    )
    said, _ = run(
        actions.ActionAnswer(),
        text,
        "switch_service",
        {**slots, "last_topic": last_topic},
        entities=[{"entity": "service", "value": "swaleside"}],
        words=text,
        screening={"label": "none"},
    )
    assert said["topic"] == topic
