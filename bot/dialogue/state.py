"""The state of a conversation as a string that travels with each turn, and back.

It holds what Rasa needs to go on: slots, an active form, and the last events. It holds nothing that
the user wrote (only which intent it was and which service or term it named) and nothing that we
answered, it is bounded, and whatever is wrong with it the conversation starts afresh.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    AllSlotsReset,
    Event,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

VERSION = 1
BYTES_MAX = 16 * 1024
EVENTS_MAX = 12
"""A turn has ten at most, and no rule or form looks further back than one; each event kept costs Rasa
time in every later turn (30 of them a seventh of it).
"""
WORDS_MAX = 100
"""Characters in one value. A slot or entity holds an id or a short word; something longer is a
sentence, perhaps the user's, and stays out.
"""
KEPT_ENTITIES = frozenset({"service", "term"})

LISTEN = "action_listen"


class _Unusable(Exception):
    """The string is not a state that this model can go on from."""


def _short(value: Any) -> bool:
    """True for plain data without long strings."""
    if isinstance(value, str):
        return len(value) <= WORDS_MAX
    if isinstance(value, list):
        return all(_short(item) for item in value)
    if isinstance(value, dict):
        return all(
            isinstance(key, str) and _short(key) and _short(item) for key, item in value.items()
        )
    return value is None or isinstance(value, bool | int | float)


def _user(event: UserUttered) -> list[Any]:
    entities = [
        [e.get("entity"), e.get("value")]
        for e in event.entities
        if e.get("entity") in KEPT_ENTITIES and _short(e.get("value"))
    ]
    return [event.intent_name, entities]


def _from_user(intent: str | None, entities: list[list[Any]]) -> UserUttered:
    kept = [{"entity": name, "value": value} for name, value in entities if name in KEPT_ENTITIES]
    return UserUttered(text="", intent={"name": intent, "confidence": 1.0}, entities=kept)


# Every kind of event that is kept: its short name, what is written of it, and how it is made again.
# All others change nothing that comes after.
_KINDS: dict[type[Event], tuple[str, Callable[[Any], list[Any]], Callable[..., Event]]] = {
    UserUttered: ("user", _user, _from_user),
    ActionExecuted: (
        "action",
        lambda e: [e.action_name, e.hide_rule_turn],
        lambda name, hide: ActionExecuted(name, hide_rule_turn=bool(hide)),
    ),
    SlotSet: ("slot", lambda e: [e.key, e.value], lambda name, value: SlotSet(name, value)),
    ActiveLoop: ("loop", lambda e: [e.name], lambda name: ActiveLoop(name)),
    LoopInterrupted: (
        "interrupted",
        lambda e: [e.is_interrupted],
        lambda is_interrupted: LoopInterrupted(bool(is_interrupted)),
    ),
    ActionExecutionRejected: (
        "rejected",
        lambda e: [e.action_name],
        lambda name: ActionExecutionRejected(name),
    ),
    UserUtteranceReverted: ("rewind", lambda _: [], UserUtteranceReverted),
    ActionReverted: ("undo", lambda _: [], ActionReverted),
    AllSlotsReset: ("reset", lambda _: [], AllSlotsReset),
}
_MAKE = {name: make for name, _, make in _KINDS.values()}


def fresh(conversation: str, domain: Domain) -> DialogueStateTracker:
    """The tracker of a conversation that has not begun."""
    return DialogueStateTracker(conversation, domain.slots)


def encode(tracker: DialogueStateTracker, domain: Domain) -> str:
    """The state after a turn: at most EVENTS_MAX events from the last turns and BYTES_MAX bytes. ""
    where there is nothing to go on from.
    """
    # What was taken back is left out first: a cut could fall between it and what takes it back.
    events = tracker.applied_events()
    for start in _places_to_cut(events):
        if len(events) - start > EVENTS_MAX:
            continue
        kept = [*_summary(events[:start], domain), *events[start:]]
        state = json.dumps(
            [VERSION, [_write(event) for event in kept if _is_kept(event)]], separators=(",", ":")
        )
        if len(state.encode()) <= BYTES_MAX:
            return state
    return ""


def decode(state: str, conversation: str, domain: Domain) -> DialogueStateTracker:
    """The tracker to go on with. A fresh one for "", and for whatever can't be used: old, cut off,
    tampered with, of another model.
    """
    tracker = fresh(conversation, domain)
    if not state:
        return tracker
    try:
        for event in _read(state, domain):
            tracker.update(event, domain)
        if tracker.latest_action_name != LISTEN:
            raise _Unusable
    except Exception:  # whatever it is, somebody is waiting for an answer
        return fresh(conversation, domain)
    return tracker


def _places_to_cut(events: Sequence[Event]) -> Iterator[int]:
    """Indices after which a turn begins: behind each time of listening, from the last beginning of
    the conversation on.
    """
    begin = max(
        (i for i, event in enumerate(events) if isinstance(event, Restarted | SessionStarted)),
        default=0,
    )
    return (
        i + 1
        for i, event in enumerate(events)
        if i >= begin and isinstance(event, ActionExecuted) and event.action_name == LISTEN
    )


def _summary(events: Sequence[Event], domain: Domain) -> list[Event]:
    """What the events before the cut come to."""
    before = fresh("", domain)
    for event in events:
        before.update(event, domain)
    slots: list[Event] = [
        SlotSet(slot.name, slot.value)
        for slot in before.slots.values()
        if slot.value != slot.initial_value
    ]
    return [
        *slots,
        *([ActiveLoop(before.active_loop_name)] if before.active_loop_name else []),
        ActionExecuted(LISTEN),
    ]


def _is_kept(event: Event) -> bool:
    return type(event) in _KINDS and not (isinstance(event, SlotSet) and not _short(event.value))


def _write(event: Event) -> list[Any]:
    name, values, _ = _KINDS[type(event)]
    return [name, *values(event)]


def _read(state: str, domain: Domain) -> Iterator[Event]:
    if len(state) > BYTES_MAX:
        raise _Unusable
    version, written = json.loads(state)
    if version != VERSION:
        raise _Unusable
    known = {
        "user": [None, *domain.intents],
        "action": domain.action_names_or_texts,
        "slot": [slot.name for slot in domain.slots],
        "loop": [None, *domain.form_names],
    }
    for name, *values in written:
        if not _short(values) or (name in known and values[0] not in known[name]):
            raise _Unusable
        yield _MAKE[name](*values)
