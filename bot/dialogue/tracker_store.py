"""Where Rasa finds and leaves the conversation during one turn: nowhere but in that turn's own
context.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.trackers import DialogueStateTracker

_tracker: ContextVar[DialogueStateTracker | None] = ContextVar("tracker of this turn", default=None)


@contextmanager
def tracker_of_this_turn(tracker: DialogueStateTracker) -> Iterator[None]:
    """Inside, `TurnTrackerStore` has this tracker, and only for what runs in the same asyncio task:
    turns can't mix, and nothing stays behind.
    """
    token = _tracker.set(tracker)
    try:
        yield
    finally:
        _tracker.reset(token)


class TurnTrackerStore(TrackerStore):
    """A tracker store that stores nothing. The tracker is worked on in place, so there is nothing
    to save either.
    """

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        return _tracker.get()

    async def save(self, tracker: DialogueStateTracker) -> None:
        return None

    async def keys(self) -> Any:
        return ()
