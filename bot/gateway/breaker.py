"""Whom we no longer ask, because asking was in vain: every answer that waits for them is late."""

import time
from collections.abc import Callable


class Breaker:
    """Opens after `limit` waits in vain in a row, and then lets one through every `rest` seconds to
    see whether it is answered.

    Only waits count. A worker that is gone refuses at once, which costs nobody anything, and its
    successor is there within seconds.
    """

    def __init__(
        self, limit: int = 5, rest: float = 30.0, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit, self._rest, self._now = limit, rest, now
        self._in_vain = 0
        self._next_try = 0.0

    @property
    def is_open(self) -> bool:
        """Whether the last calls were in vain."""
        return self._in_vain >= self._limit

    def lets_through(self) -> bool:
        """Whether to ask now. While open, True is said once in each rest."""
        if not self.is_open:
            return True
        if self._now() < self._next_try:
            return False
        self._next_try = self._now() + self._rest
        return True

    def record(self, *, in_vain: bool) -> None:
        """Notes how a call ended."""
        self._in_vain = self._in_vain + 1 if in_vain else 0
        if self.is_open:
            self._next_try = self._now() + self._rest
