"""The crisis detector as the gateway runs it: loaded beside the service, never the reason for a
delay or an error.
"""

import asyncio
import gc
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import structlog

from bot.reading.screening import Screen, Screening

_log = structlog.get_logger(__name__)

BEHIND_MAX = 8
"""Messages that may wait behind the others. A body of 8 KB takes 0.2 s, so that the last of them
waits for two seconds or less.
"""


class Detector:
    """Screens messages once it is loaded. Until then, and if it fails, it says None, and everybody
    gets help.
    """

    def __init__(self, load: Callable[[], Screen]) -> None:
        self._load = load
        self._screen: Screen | None = None
        self._thread = ThreadPoolExecutor(
            1, thread_name_prefix="detector"
        )  # one: a conversation's messages stay in order
        self._one_behind, self._behind = asyncio.Lock(), 0
        self.state: Literal["loading", "ready", "failed"] = "loading"
        self.loaded = asyncio.Event()
        """Set once loading is over, well or not."""

    async def load(self) -> None:
        """Loads the detector in its thread, for it takes seconds and the service listens already.
        Logs what goes wrong; never raises.
        """
        started = time.monotonic()
        try:
            self._screen = await asyncio.get_running_loop().run_in_executor(
                self._thread, self._load
            )
            self.state = "ready"
            _log.info("crisis detector loaded", seconds=round(time.monotonic() - started, 2))
            gc.freeze()  # what was loaded is there to stay: the collector need not look at it again
        except Exception as error:
            self.state = "failed"
            _log.error(
                "crisis detector did not load: every message gets the help reply",
                error=type(error).__name__,
                detail=str(error),
            )
        self.loaded.set()

    async def screen(
        self, text: str, earlier: tuple[str, ...], *, behind_others: bool = False
    ) -> Screening | None:
        """Screens one message, in the detector's thread: 1 ms for a short one, 30 for 500
        characters. Never raises.
        """
        if not behind_others:
            return await self._in_thread(text, earlier)
        if self._behind >= BEHIND_MAX:
            return None
        self._behind += 1
        try:
            # at most one of them stands in the thread's queue, in front of anybody else's message
            async with self._one_behind:
                return await self._in_thread(text, earlier)
        finally:
            self._behind -= 1

    async def _in_thread(self, text: str, earlier: tuple[str, ...]) -> Screening | None:
        if self._screen is None:
            return None
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, self._screen.screen, text, earlier
            )
        except Exception as error:
            _log.error(
                "crisis detector failed: this message gets the help reply",
                error=type(error).__name__,
            )
            return None

    def close(self) -> None:
        """Lets go of the thread, without waiting for what it does."""
        self._thread.shutdown(wait=False, cancel_futures=True)
