"""The state that travels: what goes in comes out, nothing that a user wrote goes in, and rubbish
makes a fresh conversation.
"""

import json
import warnings
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    DefinePrevUserUtteredFeaturization,
    Event,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.dialogue import state

CANARY = "Jo Bloggs of 1 Example Street"


DOMAIN_AS_DATA = {
    "intents": ["greet", "ask_about", "inform"],
    "entities": ["service", "term", "person"],
    "slots": {
        "service": {
            "type": "text",
            "influence_conversation": True,
            "mappings": [{"type": "custom"}],
        },
        "services": {
            "type": "list",
            "influence_conversation": False,
            "mappings": [{"type": "custom"}],
        },
        "misses": {"type": "any", "initial_value": 0, "mappings": [{"type": "custom"}]},
    },
    "forms": {"service_form": {"required_slots": ["service"]}},
    "actions": ["action_answer"],
    "responses": {"utter_greet": [{"text": "Hello."}]},
}
with warnings.catch_warnings(action="ignore"):
    DOMAIN = Domain.from_dict(DOMAIN_AS_DATA)


def heard(intent: str | None, entities: Sequence[tuple[str, str]] = ()) -> UserUttered:
    found = [
        {"entity": name, "value": value, "start": 0, "end": 5, "extractor": "x"}
        for name, value in entities
    ]
    return UserUttered(
        CANARY,
        {"name": intent, "confidence": 0.7},
        found,
        {"text": CANARY, "intent_ranking": [{"name": CANARY}]},
        message_id="m1",
    )


values = st.none() | st.sampled_from(["belmarsh", "swaleside", "x" * state.WORDS_MAX])
slot_events = st.one_of(
    st.builds(lambda value: SlotSet("service", value), values),
    st.builds(
        lambda value: SlotSet("services", value),
        st.lists(st.sampled_from(["belmarsh", "sova"]), max_size=3),
    ),
    st.builds(lambda value: SlotSet("misses", value), st.integers(0, 9)),
)
users = st.builds(
    heard,
    st.sampled_from(["greet", "ask_about", "inform", None]),
    st.lists(
        st.tuples(
            st.sampled_from(["service", "term", "person"]), st.sampled_from(["belmarsh", "pipe"])
        ),
        max_size=2,
    ),
)
steps = st.one_of(
    st.builds(
        lambda name: [ActionExecuted(name)], st.sampled_from(["action_answer", "utter_greet"])
    ),
    slot_events.map(lambda event: [event]),
    st.sampled_from(
        [
            [ActionExecuted("service_form"), ActiveLoop("service_form")],
            [ActiveLoop(None)],
            [LoopInterrupted(True)],
        ]
    ),
    st.just([ActionExecutionRejected("service_form")]),
    st.just([BotUttered("Hello.", {"buttons": []})]),
    st.just([DefinePrevUserUtteredFeaturization(False)]),
)
ends = st.sampled_from(
    [[ActionExecuted(state.LISTEN)], [UserUtteranceReverted(), ActionExecuted(state.LISTEN)]]
)
turns = st.builds(
    lambda user, middle, end: [user, *(event for step in middle for event in step), *end],
    users,
    st.lists(steps, max_size=5),
    ends,
)
begins: list[list[Event]] = [
    [ActionExecuted(state.LISTEN)],
    [ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted(state.LISTEN)],
]
conversations = st.builds(
    lambda begin, all_turns: [*begin, *(event for turn in all_turns for event in turn)],
    st.sampled_from(begins),
    st.lists(turns, max_size=14),
)


def tracker_of(events: Sequence[Event]) -> DialogueStateTracker:
    tracker = state.fresh("conversation", DOMAIN)
    for event in events:
        tracker.update(event, DOMAIN)
    return tracker


def essence(tracker: DialogueStateTracker) -> tuple[Any, ...]:
    slots = {name: slot.value for name, slot in tracker.slots.items()}
    return slots, tracker.active_loop_name, tracker.latest_action_name


@given(conversations)
def test_what_matters_comes_through(events: list[Event]) -> None:
    before = tracker_of(events)
    after = state.decode(state.encode(before, DOMAIN), "conversation", DOMAIN)
    assert essence(after) == essence(before)


@given(conversations)
def test_the_policies_see_the_same_last_turns(events: list[Event]) -> None:
    before = tracker_of(events)
    after = state.decode(state.encode(before, DOMAIN), "conversation", DOMAIN)
    for tracker in (before, after):
        for name, entities in (("ask_about", [("service", "sova")]),):
            tracker.update(heard(name, entities), DOMAIN)
    sees_before, sees_after = (
        DOMAIN.states_for_tracker_history(tracker)[-2:] for tracker in (before, after)
    )
    assert sees_after[-1] == sees_before[-1]


@given(conversations)
def test_it_is_bounded_and_says_nothing_of_what_was_written(events: list[Event]) -> None:
    encoded = state.encode(tracker_of(events), DOMAIN)
    written = json.loads(encoded)[1]
    assert len(encoded.encode()) <= state.BYTES_MAX
    assert len(written) <= state.EVENTS_MAX + len(DOMAIN.slots) + 2
    assert CANARY not in encoded
    assert "person" not in encoded
    assert "Hello." not in encoded


@given(conversations)
def test_encoding_again_changes_nothing(events: list[Event]) -> None:
    once = state.encode(tracker_of(events), DOMAIN)
    assert state.encode(state.decode(once, "conversation", DOMAIN), DOMAIN) == once


def test_a_long_conversation_stays_small_and_quick() -> None:
    tracker = state.fresh("conversation", DOMAIN)
    tracker.update(ActionExecuted(state.LISTEN))
    for number in range(300):
        for event in (
            heard("ask_about"),
            ActionExecuted("action_answer"),
            SlotSet("misses", number % 9),
            ActionExecuted(state.LISTEN),
        ):
            tracker.update(event, DOMAIN)
        tracker = state.decode(state.encode(tracker, DOMAIN), "conversation", DOMAIN)
    assert len(tracker.events) <= state.EVENTS_MAX + len(DOMAIN.slots) + 2


def test_a_sentence_in_a_slot_or_entity_stays_out() -> None:
    sentence = CANARY * 4
    events = [
        ActionExecuted(state.LISTEN),
        heard("inform", [("service", sentence)]),
        SlotSet("service", sentence),
        ActionExecuted(state.LISTEN),
    ]
    tracker = tracker_of(events)
    assert CANARY not in state.encode(tracker, DOMAIN)


def test_after_a_restart_nothing_before_it_is_kept() -> None:
    events = [
        ActionExecuted(state.LISTEN),
        SlotSet("service", "sova"),
        heard("greet"),
        Restarted(),
        ActionExecuted(state.LISTEN),
    ]
    assert "sova" not in state.encode(tracker_of(events), DOMAIN)


def test_a_tracker_that_never_listened_has_no_state() -> None:
    assert state.encode(tracker_of([heard("greet")]), DOMAIN) == ""


LISTENING = ["action", state.LISTEN, False]
UNUSABLE: dict[str, str] = {
    "nothing": "",
    "no JSON": "{",
    "another shape": "{}",
    "null": "null",
    "a number": "7",
    "no events": "[1]",
    "another version": json.dumps([0, [LISTENING]]),
    "not listening": json.dumps([1, [["user", "greet", []]]]),
    "no event kind": json.dumps([1, [[]]]),
    "an unknown event kind": json.dumps([1, [["exec", "rm"], LISTENING]]),
    "too few values": json.dumps([1, [["user"], LISTENING]]),
    "too many values": json.dumps([1, [["slot", "service", "sova", "more"], LISTENING]]),
    "an intent of another model": json.dumps([1, [["user", "order_pizza", []], LISTENING]]),
    "an action of another model": json.dumps([1, [["action", "action_pizza", False], LISTENING]]),
    "a slot of another model": json.dumps([1, [["slot", "topping", "x"], LISTENING]]),
    "a form of another model": json.dumps([1, [["loop", "pizza_form"], LISTENING]]),
    "a name that is no name": json.dumps([1, [["slot", ["service"], "x"], LISTENING]]),
    "a sentence": json.dumps([1, [["slot", "service", CANARY * 4], LISTENING]]),
    "too long": json.dumps([1, [LISTENING] * 2000]),
    "deep": "[" * 5000,
    "cut off": json.dumps([1, [["user", "greet", []], LISTENING]])[:-3],
}


@pytest.mark.parametrize("given_state", UNUSABLE.values(), ids=UNUSABLE.keys())
def test_what_cannot_be_used_makes_a_fresh_conversation(given_state: str) -> None:
    assert list(state.decode(given_state, "conversation", DOMAIN).events) == []


@given(
    st.text(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(max_size=5), st.lists, max_leaves=8).map(
        lambda made: json.dumps([1, made])
    )
)
def test_nothing_makes_decoding_fail(given_state: str) -> None:
    assert state.decode(given_state, "conversation", DOMAIN).sender_id == "conversation"
