"""Whether the wall clock may decide that something is deleted for good. Standard library only.

Limits, sessions and conversations are held by the monotonic clock, which nobody can set.
"""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

JUMP = timedelta(days=1)
"""What the wall clock may have run ahead of the monotonic one since the start."""
WEEK = timedelta(days=7)
DOUBT = timedelta(days=3)
"""How long nothing is deleted after a start that found nothing of the week before last: a weekend,
for somebody to notice.
"""


class WallClock:
    """A clock that was set forward would make everything look too old to be kept. One that was set
    back makes nothing look so.
    """

    def __init__(
        self, now: Callable[[], datetime], steady: Callable[[], float] = time.monotonic
    ) -> None:
        """`steady`: seconds, of a clock that is never set."""
        self.now, self._steady = now, steady
        self._began, self._began_steady = now(), steady()
        self._was_silent: bool | None = None

    def week_ago(self) -> datetime:
        return self.now() - WEEK

    def may_delete(self, last: datetime | None) -> bool:
        """Whether what is old by this clock is old. `last`: when the last thing was written from
        before a week ago. What is younger may have been written by the wrong clock already.
        """
        now, ran = self.now(), timedelta(seconds=self._steady() - self._began_steady)
        if self._was_silent is None:
            self._was_silent = last is not None and now - last > 2 * WEEK
        has_jumped = now - self._began - ran > JUMP
        return not has_jumped and (not self._was_silent or ran >= DOUBT)
