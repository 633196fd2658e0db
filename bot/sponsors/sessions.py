"""Who has shown a code that is theirs, for how long, and in which conversation. In memory, by the
monotonic clock, and nowhere else.
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
        self._sessions[_key(token)] = Session(person, code, listing, conversation, now, now)
        return token

    def find(self, token: str, conversation: str | None = None) -> Session | None:
        """The session of a token that is not over, and notes that it was used. With a conversation:
        only if it belongs to that one.
        """
        session = self._sessions.get(_key(token))
        if session is None or self._is_over(session):
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
        session = self._sessions.get(_key(token))
        return session.conversation if session else ""

    def end(self, token: str) -> None:
        self._sessions.pop(_key(token), None)

    def end_conversation(self, conversation: str) -> None:
        """Ends what a conversation was opened for, known or not."""
        for key in [
            key for key, session in self._sessions.items() if session.conversation == conversation
        ]:
            del self._sessions[key]

    def _is_over(self, session: Session) -> bool:
        now = self._now()
        return now - session.used >= self._idle or now - session.opened >= WHOLE_SECONDS

    def _forget(self) -> None:
        self._sessions = {
            key: session for key, session in self._sessions.items() if not self._is_over(session)
        }


def _key(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
