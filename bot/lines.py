"""Lines to a stream that nobody may read: written in a thread of their own, so that no pipe, however
full, and no disk, however slow, keeps an answer waiting. Beyond a bound they are dropped, and their
number is written once there is room again. Standard library only.
"""

import contextlib
import json
import logging
import os
import queue
import threading
from datetime import UTC, datetime
from typing import TextIO

WAITING_MAX = 10_000
"""Lines: a few megabytes, and what is logged in some ten seconds under full load."""


class Lines:
    """Takes lines for `stream`. `write` never waits and never raises."""

    def __init__(self, stream: TextIO, waiting_max: int = WAITING_MAX) -> None:
        self._stream, self._waiting_max = stream, waiting_max
        self._begin()
        os.register_at_fork(after_in_child=self._begin)  # the thread does not come along

    def _begin(self) -> None:
        self._waiting: queue.Queue[str | None] = queue.Queue(self._waiting_max)
        self._dropped = 0
        # Not one that Python waits for at its end: the reader may never come back.
        self._thread = threading.Thread(target=self._write_all, name="log", daemon=True)
        self._thread.start()

    def write(self, line: str) -> None:
        try:
            self._waiting.put_nowait(line)
        except queue.Full:
            self._dropped += 1

    def close(self, seconds: float = 1.0) -> None:
        """Writes what waits, for at most so many seconds."""
        with contextlib.suppress(queue.Full):
            self._waiting.put_nowait(None)
            self._thread.join(seconds)

    def _write_all(self) -> None:
        waiting = self._waiting
        while (line := waiting.get()) is not None:
            self._put(line)
            if self._dropped and waiting.empty():
                dropped, self._dropped = self._dropped, 0
                self._put(_said(dropped))

    def _put(self, line: str) -> None:
        with contextlib.suppress(OSError, ValueError):  # nobody is there to be told
            # Past its buffer, whose lock a thread that waits would hold when the process ends.
            if (raw := getattr(getattr(self._stream, "buffer", None), "raw", None)) is not None:
                raw.write(f"{line}\n".encode("utf-8", "replace"))
            else:
                self._stream.write(f"{line}\n")


def _said(dropped: int) -> str:
    return json.dumps(
        {
            "lines": dropped,
            "event": "log lines dropped: nobody read them in time",
            "level": "warning",
            "timestamp": datetime.now(UTC).isoformat(),
        }
    )


class LinesHandler(logging.Handler):
    """Puts records among Lines."""

    def __init__(self, lines: Lines) -> None:
        super().__init__()
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        try:
            self._lines.write(self.format(record))
        except Exception:
            self._lines.write(json.dumps({"event": "a log record failed", "level": "error"}))

    def close(self) -> None:
        self._lines.close()
        super().close()
