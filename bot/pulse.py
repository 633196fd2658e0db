"""A sign of life from one process to another: a byte down a pipe every 200 ms, which costs neither
of them anything worth counting. Standard library only.
"""

import asyncio
import contextlib
import os

BEAT_SECONDS = 0.2


def open_pipe() -> tuple[int, int]:
    """Where to listen, and where to beat. Neither ever waits."""
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
    return ends


async def beat(pipe: int) -> None:
    """Beats for as long as it is awaited, as the event loop runs, and as a file can be opened: who
    has none left takes no connection either.
    """
    while True:
        with contextlib.suppress(OSError):  # none left; or full: nobody has listened for hours
            os.close(os.dup(pipe))
            os.write(pipe, b".")
        await asyncio.sleep(BEAT_SECONDS)


class Pulse:
    """Listens. `heard`: when there was a sign of life last, or when to begin to wait for one."""

    def __init__(self, pipe: int, heard: float) -> None:
        self._pipe, self.heard = pipe, heard

    def silent_for(self, now: float) -> float:
        """Seconds without a sign of life. One that waits in the pipe is as good as one of now: who
        could not listen, on a machine that is too busy, must not take the other for dead.
        """
        with contextlib.suppress(BlockingIOError):
            if os.read(self._pipe, 65536):
                self.heard = now
        return now - self.heard
