"""Writes the crisis audit beside the service: in a thread of its own, so that no disk, however
slow, full or locked, delays an answer.
"""

import errno
import os
import queue
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import structlog

from bot.clock import WallClock
from bot.gateway.source import SOURCE
from bot.safety.audit import Event, file_of, last_day, line_of, outdated

WAITING_MAX = 1000
"""Events that may wait for the disk. Beyond that they are dropped, and their number is logged: an
answer is worth more than its count.
"""

PER_HOUR = 60
"""Events of one address in an hour: a busy wing's. The last of them is flagged as capped."""
OVER_PER_HOUR = 1
"""And of what an address sends over its limit."""
REMEMBERED_MAX = 50_000
"""Conversations and addresses whose counts are remembered, for an hour at most."""
FILE_MAX = 16 * 1024 * 1024
"""Bytes of a day's file: 100,000 events. The day is full then, and says so in the log."""

_log = structlog.get_logger(__name__)


class Tally:
    """What is counted: a conversation's once for each kind and category, an address's up to
    PER_HOUR, so that nobody can make the counts mean nothing. Hours are monotonic.
    """

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._hour = -1
        self._counts: Counter[tuple[str, ...]] = Counter()

    def counted(self, event: Event) -> Event | None:
        """The event as it is to be written, or None."""
        if (hour := int(self._now() // 3600)) != self._hour or len(self._counts) > REMEMBERED_MAX:
            self._hour = hour
            self._counts.clear()
        source = SOURCE.get()
        if source.conversation and not self._is_next(
            ("conversation", source.conversation, event.kind, event.category), 1
        ):
            return None
        if source.over and not self._is_next(("over", source.address), OVER_PER_HOUR):
            return None
        if not self._is_next(("address", source.address), PER_HOUR):
            return None
        is_last = source.over or self._counts["address", source.address] == PER_HOUR
        return replace(event, capped=is_last)

    def _is_next(self, key: tuple[str, ...], most: int) -> bool:
        self._counts[key] += 1
        return self._counts[key] <= most


class AuditLog:
    """Appends events to one file a day in `folder`, and deletes files older than `days`, unless
    the clock is in doubt. `record` never waits and never raises.
    """

    def __init__(
        self,
        folder: Path,
        days: int,
        version: str,
        now: Callable[[], datetime] = datetime.now,
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        self._folder, self._days, self._version = folder, days, version
        self._clock = WallClock(now, steady)
        self._waiting: queue.Queue[Event | None] = queue.Queue(WAITING_MAX)
        self._tally = Tally()
        self._dropped = 0
        self._cleaned_on = ""
        self._working = True
        # Not one that Python waits for at its end: the disk may never answer.
        self._thread = threading.Thread(target=self._write_all, name="audit", daemon=True)
        self._thread.start()

    def record(self, event: Event) -> None:
        """Counts an event of the SOURCE of this task, unless it was counted or is one too many."""
        if (counted := self._tally.counted(event)) is None:
            return
        event = counted
        try:
            self._waiting.put_nowait(event)
        except queue.Full:
            self._dropped += 1

    def close(self, seconds: float = 1.0) -> None:
        """Writes what waits, for at most so many seconds."""
        try:
            self._waiting.put_nowait(None)
        except queue.Full:
            return
        self._thread.join(seconds)

    def _write_all(self) -> None:
        while (event := self._waiting.get()) is not None:
            try:
                self._write(event)
                self._recovered()
            except Exception as error:  # nothing that goes wrong here may end the thread
                self._failed(error)

    def _write(self, event: Event) -> None:
        now = self._clock.now()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._cleaned_on != (day := now.date().isoformat()):
            self._clean(now)
            self._cleaned_on = day
        descriptor = os.open(
            file_of(self._folder, now.date()), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600
        )
        try:
            if os.fstat(descriptor).st_size > FILE_MAX:
                raise OSError(errno.EFBIG, "the day's file is full")
            os.write(descriptor, line_of(event, now, self._version).encode())
        finally:
            os.close(descriptor)

    def _clean(self, now: datetime) -> None:
        day = last_day(self._folder, self._clock.week_ago().date())
        last = None if day is None else datetime.combine(day, now.timetz())
        if not self._clock.may_delete(last):
            _log.error("crisis audit is kept whole: the clock may have been set forward")
            return
        for file in outdated(self._folder, now.date(), self._days):
            file.unlink(missing_ok=True)

    def _failed(self, error: Exception) -> None:
        self._dropped += 1
        if self._working:
            _log.error(
                "crisis audit cannot be written: answers are not affected",
                error=type(error).__name__,
            )
        self._working = False

    def _recovered(self) -> None:
        if self._dropped:
            _log.warning("crisis audit is written again", events_lost=self._dropped)
        self._working, self._dropped = True, 0
