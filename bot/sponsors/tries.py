"""Counts failed look-ups: five in a minute, then a wait that grows. In memory, by the monotonic
clock: nobody is ever locked out for good.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

TRIES = 5
WINDOW_SECONDS = 60.0
ADDRESS_WAIT_MAX = 15 * 60.0
REFERENCE_WAIT_MAX = 2 * 60.0
"""Shorter than an address's: who spends a reference's tries from one address waits longer than its
owner does.
"""
KEYS_MAX = 20_000


@dataclass(slots=True)
class _Count:
    tries: list[float] = field(default_factory=list)
    waits: int = 0
    until: float = 0.0
    used: float = 0.0


class Tries:
    """Keeps count by key. `now` gives monotonic seconds."""

    def __init__(self, wait_max: float, now: Callable[[], float] = time.monotonic) -> None:
        self._wait_max, self._now = wait_max, now
        self._counts: OrderedDict[str, _Count] = OrderedDict()  # longest unused first

    def wait(self, key: str) -> float:
        """Seconds until the next try is taken; 0.0: now. Asking costs nothing and makes no wait
        longer.
        """
        count = self._counts.get(key)
        return max(0.0, count.until - self._now()) if count else 0.0

    def count(self, key: str) -> None:
        """Counts a try that is about to be made. The fifth within a minute starts a wait, twice as
        long as the one before.
        """
        now = self._now()
        self._forget(now)
        count = self._counts.setdefault(key, _Count())
        self._counts.move_to_end(key)
        count.used = now
        if count.until:  # a wait that is over
            count.tries.clear()
            count.until = 0.0
        count.tries = [*(tried for tried in count.tries if now - tried < WINDOW_SECONDS), now]
        if len(count.tries) >= TRIES:
            count.until = now + min(WINDOW_SECONDS * 2**count.waits, self._wait_max)
            count.waits += 1

    def forgive(self, key: str) -> None:
        """Takes back the last try: it was a good one."""
        count = self._counts.get(key)
        if count is None or not count.tries:
            return
        if count.until:
            count.until = 0.0
            count.waits -= 1
        count.tries.pop()

    def _forget(self, now: float) -> None:
        """A key that was quiet for twice the longest wait starts anew; of too many keys, the
        longest unused go.
        """
        while self._counts and (
            len(self._counts) >= KEYS_MAX
            or now - next(iter(self._counts.values())).used > 2 * self._wait_max
        ):
            self._counts.popitem(last=False)
