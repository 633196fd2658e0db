"""Who has shown a code that is theirs, for how long, and in which conversation. In memory, by the
monotonic clock. Several gateways share all of it but the listing (bot/gateway/shared_sponsors.py).
"""

import hashlib
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.sponsors.model import Listing

IDLE_SECONDS = 10 * 60.0
WHOLE_SECONDS = 30 * 60.0
SESSIONS_MAX = 5_000


@dataclass(slots=True)
class Session:
    """`conversation` is the only one in which the sponsor is shown. `listing` is what was true when
    it was last read.
    """

    person: str
    code: str
    listing: Listing
    conversation: str
    opened: float
    used: float
    is_shared: bool = False
    """Other gateways have been told of it."""


class Sessions:
    """A token opens one session. Only the token's hash is kept."""

    def __init__(
        self, now: Callable[[], float] = time.monotonic, idle_seconds: float = IDLE_SECONDS
    ) -> None:
        """`idle_seconds`: a session that was not used for so long is over."""
        self._idle, self._now = idle_seconds, now
        self._sessions: dict[str, Session] = {}

    def open(self, person: str, code: str, listing: Listing, conversation: str) -> str:
        """Opens a session and returns its token. What the conversation was opened for before ends."""
        self._forget()
        if conversation:
            self.end_conversation(conversation)
        if len(self._sessions) >= SESSIONS_MAX:
            del self._sessions[min(self._sessions, key=lambda key: self._sessions[key].used)]
        token, now = secrets.token_urlsafe(32), self._now()
        self._sessions[name_of(token)] = Session(person, code, listing, conversation, now, now)
        return token

    def adopt(self, token: str, session: Session, left_seconds: float) -> None:
        """Takes in one that another gateway has opened, which may last so long at most."""
        self._forget()
        session.used = self._now()
        session.opened = session.used - (WHOLE_SECONDS - left_seconds)
        self._sessions[name_of(token)] = session

    def held(self, token: str) -> Session | None:
        """The session of a token, over or not; that it was looked at is not use."""
        return self._sessions.get(name_of(token))

    def use(self, session: Session) -> None:
        """Notes that it was used, here or elsewhere."""
        session.used = self._now()

    def find(self, token: str, conversation: str | None = None) -> Session | None:
        """The session of a token that is not over, and notes that it was used. With a conversation:
        only if it belongs to that one.
        """
        session = self._sessions.get(name_of(token))
        if session is None or self.is_over(session):
            self.end(token)
            return None
        if conversation is not None and session.conversation != conversation:
            return None
        session.used = self._now()
        return session

    def conversation(self, token: str) -> str:
        """The conversation that a session is for, or was for until its time was over: the way back
        leads there all the same. "" where it was ended.
        """
        session = self._sessions.get(name_of(token))
        return session.conversation if session else ""

    def end(self, token: str) -> None:
        self._sessions.pop(name_of(token), None)

    def end_conversation(self, conversation: str) -> None:
        """Ends what a conversation was opened for, known or not."""
        for key in [
            key for key, session in self._sessions.items() if session.conversation == conversation
        ]:
            del self._sessions[key]

    @property
    def idle_seconds(self) -> float:
        return self._idle

    def is_over(self, session: Session) -> bool:
        now = self._now()
        return now - session.used >= self._idle or now - session.opened >= WHOLE_SECONDS

    def _forget(self) -> None:
        self._sessions = {
            key: session for key, session in self._sessions.items() if not self.is_over(session)
        }


def name_of(token: str) -> str:
    """What a session is kept by: whoever reads it learns no token."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
