"""The conversations that are going on: in memory, bounded, forgotten when idle. Ids are made here and nowhere else."""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

from bot.conversation import Memory
from bot.dialogue.protocol import Button

BUTTONS_MAX = 60
"""Buttons that still work, per conversation: those of the last ten answers or so."""


@dataclass(slots=True)
class Session:
    """One conversation, with the buttons that we issued in it (id → payload)."""

    memory: Memory
    used: float
    buttons: OrderedDict[str, str] = field(default_factory=OrderedDict)

    @property
    def id(self) -> str:
        return self.memory.id

    def issue(self, button: Button) -> str:
        """A new id for a button. The oldest ones stop working."""
        id_ = secrets.token_urlsafe(9)
        self.buttons[id_] = button.payload
        if len(self.buttons) > BUTTONS_MAX:
            self.buttons.popitem(last=False)
        return id_


class Conversations:
    """At most `maximum` conversations; more, and the one longest idle is forgotten. Seconds are monotonic: no clock change can revive one."""

    def __init__(self, maximum: int, idle_seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._maximum, self._idle, self._now = maximum, idle_seconds, now
        self._sessions: OrderedDict[str, Session] = OrderedDict()  # longest idle first

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

    def touch(self, session: Session) -> None:
        """Notes that a conversation was just used; one that was forgotten while it was being answered stays so."""
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
