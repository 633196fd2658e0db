"""The conversations that are going on: in memory, bounded, forgotten when idle. Ids are made here
and nowhere else.
"""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar
from weakref import WeakValueDictionary

from bot.conversation import Memory
from bot.turn import Button
from bot.widget.pages import ChatPage

BUTTONS_MAX = 60
"""Buttons that still work, per conversation: those of the last ten answers or so."""
ANSWERS_MAX = 10
"""Answers that can still be called helpful or not, per conversation."""
SHOWN_MAX, SHOWN_CHARACTERS = 60, 16_000
"""Entries, and characters in them, that a page without JavaScript can show again: some thirty
turns.
"""
PAGES_MAX = 2_000
"""Conversations that are kept for such a page at a time: 32 MB or so. With one more, the first of
them shows only what is said from then on.
"""

Issued = TypeVar("Issued")


@dataclass(slots=True, weakref_slot=True)
class Session:
    """One conversation, with the buttons that we issued in it, and the topics of its last answers,
    by their ids.
    """

    memory: Memory
    used: float
    buttons: OrderedDict[str, Button] = field(default_factory=OrderedDict)
    answers: OrderedDict[str, str] = field(default_factory=OrderedDict)
    page: ChatPage = field(default_factory=ChatPage)
    """What a page without JavaScript shows, which cannot keep its own words. Empty for every other
    conversation.
    """

    @property
    def id(self) -> str:
        return self.memory.id

    def issue(self, button: Button) -> str:
        """A new id for a button. The oldest ones stop working."""
        return _issue(self.buttons, button, BUTTONS_MAX)

    def ask_about(self, topic: str) -> str:
        """A new id under which it can be said, once, whether an answer on this topic helped."""
        return _issue(self.answers, topic, ANSWERS_MAX)


def _issue(issued: OrderedDict[str, Issued], what: Issued, maximum: int) -> str:
    id_ = secrets.token_urlsafe(9)
    issued[id_] = what
    if len(issued) > maximum:
        issued.popitem(last=False)
    return id_


class Conversations:
    """At most `maximum` conversations; more, and the one longest idle is forgotten. Seconds are
    monotonic: no clock change can revive one.
    """

    def __init__(
        self, maximum: int, idle_seconds: float, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._maximum, self._idle, self._now = maximum, idle_seconds, now
        self._sessions: OrderedDict[str, Session] = OrderedDict()  # longest idle first
        self._pages: WeakValueDictionary[str, Session] = (
            WeakValueDictionary()
        )  # those with a `page`, in the order in which they began

    def __len__(self) -> int:
        return len(self._sessions)

    def find(self, id_: str | None) -> Session | None:
        """The conversation of an id that we issued and have not forgotten."""
        self.forget_idle()
        return self._sessions.get(id_ or "")

    def new(self) -> Session:
        """A conversation that exists only once it is kept: a refused message leaves nothing behind."""
        return Session(Memory(secrets.token_urlsafe(24)), self._now())

    def keep(self, session: Session) -> None:
        """Adds a new conversation. With too many, the one longest idle is forgotten."""
        self._sessions[session.id] = session
        self.touch(session)
        if len(self._sessions) > self._maximum:
            self._sessions.popitem(last=False)

    def show(self, session: Session, page: ChatPage) -> None:
        """Keeps what a page without JavaScript shows of a conversation, within bounds and only as
        long as the conversation itself.
        """
        entries = page.entries[-SHOWN_MAX:]
        while sum(len(entry.text) for entry in entries) > SHOWN_CHARACTERS:
            entries = entries[1:]
        session.page = replace(page, entries=entries)
        self._pages[session.id] = session
        if len(self._pages) > PAGES_MAX:
            first = next(iter(self._pages))
            self._pages.pop(first).page = ChatPage()

    def touch(self, session: Session) -> None:
        """Notes that a conversation was just used; one that was forgotten while it was being
        answered stays so.
        """
        if session.id in self._sessions:
            session.used = self._now()
            self._sessions.move_to_end(session.id)

    def forget(self, id_: str) -> None:
        """Forgets a conversation, known or not."""
        self._sessions.pop(id_, None)

    def forget_idle(self) -> None:
        """Forgets all that have been idle for too long."""
        oldest_allowed = self._now() - self._idle
        while self._sessions and next(iter(self._sessions.values())).used < oldest_allowed:
            self._sessions.popitem(last=False)
