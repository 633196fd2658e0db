"""Who is signed in: in the memory of the process, and gone with it. By the monotonic clock."""

import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

IDLE_SECONDS, WHOLE_SECONDS = 15 * 60.0, 4 * 3600.0
SESSIONS_MAX = 1_000
UPLOADS_MAX = 16
"""Rosters that may wait at once, of 2 MB each; where there are more, the oldest has to be chosen
again.
"""


@dataclass(frozen=True, slots=True)
class Session:
    """`account` is an id; `csrf` stands in every form of this session. `upload` is a roster that
    was read and not confirmed yet; it is on no disk.
    """

    account: str
    csrf: str
    began: float
    used: float
    upload: bytes = b""

    def is_over(self, now: float) -> bool:
        return now - self.used > IDLE_SECONDS or now - self.began > WHOLE_SECONDS

    def sent(self, csrf: str) -> bool:
        """Whether a form with this token is one of ours."""
        return hmac.compare_digest(self.csrf.encode(), csrf.encode())


class Sessions:
    """Sessions by the hash of their token: what is in memory opens none."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        """`now` gives monotonic seconds."""
        self._now, self._sessions = now, dict[str, Session]()

    def begin(self, account: str) -> str:
        """A new session's token. Where there are too many, the oldest goes."""
        self.forget()
        now = self._now()
        if len(self._sessions) >= SESSIONS_MAX:
            del self._sessions[next(iter(self._sessions))]
        token = secrets.token_urlsafe(32)
        self._sessions[_key(token)] = Session(account, secrets.token_urlsafe(32), now, now)
        return token

    def find(self, token: str) -> Session | None:
        """The session of a token, which is in use from now on; None: there is none, or no more."""
        session, now = self._sessions.get(_key(token)), self._now()
        if session is None or session.is_over(now):
            self.end(token)
            return None
        self._sessions[_key(token)] = replace(session, used=now)
        return self._sessions[_key(token)]

    def keep(self, token: str, upload: bytes) -> None:
        """Keeps a roster until it is confirmed or the session is over; b"" forgets it."""
        if session := self._sessions.pop(_key(token), None):
            waiting = [key for key, other in self._sessions.items() if other.upload]
            if upload and len(waiting) >= UPLOADS_MAX:
                self._sessions[waiting[0]] = replace(self._sessions[waiting[0]], upload=b"")
            self._sessions[_key(token)] = replace(session, upload=upload)  # now it is the newest

    def renew(self, token: str) -> str:
        """A new `csrf`: forms that were made before, and are sent again, have lapsed."""
        csrf = secrets.token_urlsafe(32)
        if session := self._sessions.get(_key(token)):
            self._sessions[_key(token)] = replace(session, csrf=csrf)
        return csrf

    def end(self, token: str) -> None:
        self._sessions.pop(_key(token), None)

    def forget(self) -> None:
        """Drops what is over."""
        now = self._now()
        self._sessions = {k: s for k, s in self._sessions.items() if not s.is_over(now)}


def _key(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
