"""Counts failed look-ups. In memory, by the monotonic clock: nobody is ever locked out for good.
Several gateways count together (bot/gateway/shared_sponsors.py).

Two counts stand side by side, and neither of them is what keeps a code safe: 67 bits do, and a pool
that hashes some dozens a second whoever asks (docs/adr/0009 has the figures).
- What one address tries of one reference: five in a minute, then a wait that grows to a minute.
  Kept by both, so that no stranger can shut out the owner of a reference.
- What one address tries in all: enough for a wing that shares it, so that a flood costs little.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field

TRIES = 5
WINDOW_SECONDS = 60.0
WAIT_FIRST, WAIT_MAX = 15.0, 60.0
"""Seconds. Each wait is twice as long as the one before."""
FORGET_SECONDS = 2 * WAIT_MAX
"""A key that was quiet for so long starts anew."""
KEYS_MAX = 20_000


@dataclass(slots=True)
class _Count:
    tries: list[float] = field(default_factory=list)
    waits: int = 0
    until: float = 0.0
    used: float = 0.0


class Tries:
    """Keeps count by key. `now` gives monotonic seconds; `most` may be made in WINDOW_SECONDS."""

    def __init__(self, most: int = TRIES, now: Callable[[], float] = time.monotonic) -> None:
        self._most, self._now = most, now
        self._counts: OrderedDict[str, _Count] = OrderedDict()  # longest unused first

    def wait(self, key: str) -> float:
        """Seconds until the next try is taken; 0.0: now. Asking costs nothing and makes no wait
        longer.
        """
        count = self._counts.get(key)
        return max(0.0, count.until - self._now()) if count else 0.0

    def count(self, key: str, times_as_many: int = 1) -> None:
        """Counts a try that is about to be made. The last that a minute allows starts a wait, twice
        as long as the one before. `times_as_many`: of an address that many people share.
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
        if len(count.tries) >= self._most * times_as_many:
            count.until = now + min(WAIT_FIRST * 2**count.waits, WAIT_MAX)
            count.waits += 1

    def forgive(self, key: str) -> None:
        """Takes back the last try: it was a good one, or failed by a fault of ours."""
        count = self._counts.get(key)
        if count is None or not count.tries:
            return
        if count.until:
            count.until = 0.0
            count.waits -= 1
        count.tries.pop()

    def _forget(self, now: float) -> None:
        """What was quiet for FORGET_SECONDS; of too many keys, the longest unused go too."""
        while self._counts and (
            len(self._counts) >= KEYS_MAX
            or now - next(iter(self._counts.values())).used > FORGET_SECONDS
        ):
            self._counts.popitem(last=False)


@dataclass(frozen=True, slots=True)
class Tried:
    """What a look-up is counted by. `times_as_many`: the address may try so many times as often."""

    address: str
    pair: str
    """The address with the reference, by which nobody can tell the reference."""
    times_as_many: int = 1


class Counts:
    """Both counts of a service."""

    def __init__(self, address_tries: int) -> None:
        """`address_tries`: that one address may make in a minute."""
        self.address_tries = address_tries
        self._addresses, self._pairs = Tries(address_tries), Tries(TRIES)

    async def begin(self, tried: Tried) -> float:
        """Counts a try that is about to be made; or says how many seconds it has to wait."""
        if wait := max(self._addresses.wait(tried.address), self._pairs.wait(tried.pair)):
            return wait
        self._addresses.count(tried.address, tried.times_as_many)
        self._pairs.count(tried.pair)
        return 0.0

    async def forgive(self, tried: Tried) -> None:
        """Takes back the last try: it was a good one, or failed by a fault of ours."""
        self._addresses.forgive(tried.address)
        self._pairs.forgive(tried.pair)
