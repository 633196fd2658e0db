"""Writes the crisis audit beside the service: in a thread of its own, so that no disk, however
slow, full or locked, delays an answer.
"""

import os
import queue
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import structlog

from bot.safety.audit import Event, file_of, line_of, outdated

WAITING_MAX = 1000
"""Events that may wait for the disk. Beyond that they are dropped, and their number is logged: an
answer is worth more than its count.
"""

_log = structlog.get_logger(__name__)


class AuditLog:
    """Appends events to one file a day in `folder`, and deletes files older than `days`. `record`
    never waits and never raises.
    """

    def __init__(
        self, folder: Path, days: int, version: str, now: Callable[[], datetime] = datetime.now
    ) -> None:
        self._folder, self._days, self._version, self._now = folder, days, version, now
        self._waiting: queue.Queue[Event | None] = queue.Queue(WAITING_MAX)
        self._dropped = 0
        self._cleaned_on = ""
        self._working = True
        # Not one that Python waits for at its end: the disk may never answer.
        self._thread = threading.Thread(target=self._write_all, name="audit", daemon=True)
        self._thread.start()

    def record(self, event: Event) -> None:
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
        now = self._now()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._cleaned_on != (day := now.date().isoformat()):
            for file in outdated(self._folder, now.date(), self._days):
                file.unlink(missing_ok=True)
            self._cleaned_on = day
        descriptor = os.open(
            file_of(self._folder, now.date()), os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600
        )
        try:
            os.write(descriptor, line_of(event, now, self._version).encode())
        finally:
            os.close(descriptor)

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
