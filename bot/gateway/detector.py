"""The crisis detector as the gateway runs it: loaded beside the service, never the reason for a delay or an error."""

import asyncio
import gc
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import structlog

from bot.safety.screening import Screen, Screening

_log = structlog.get_logger(__name__)

IN_LOOP_MAX = 500
"""Characters. Up to here a screening takes some milliseconds, less than the way to a thread and back under load; longer texts are rare."""


class Detector:
    """Screens messages once it is loaded. Until then, and if it fails, it says None, and everybody gets help."""

    def __init__(self, load: Callable[[], Screen]) -> None:
        self._load = load
        self._screen: Screen | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="detector")  # one: screenings stay in order
        self.state: Literal["loading", "ready", "failed"] = "loading"

    async def load(self) -> None:
        """Loads the detector in its thread, for it takes seconds and the service listens already. Logs what goes wrong; never raises."""
        started = time.monotonic()
        try:
            self._screen = await asyncio.get_running_loop().run_in_executor(self._thread, self._load)
        except Exception as error:
            self.state = "failed"
            _log.error("crisis detector did not load: every message gets the help reply", error=type(error).__name__, detail=str(error))
            return
        gc.collect()
        gc.freeze()  # a million objects that never go away need not be looked at again in each collection
        self.state = "ready"
        _log.info("crisis detector loaded", seconds=round(time.monotonic() - started, 2))

    async def screen(self, text: str, earlier: tuple[str, ...]) -> Screening | None:
        """Screens one message. Never raises."""
        if self._screen is None:
            return None
        try:
            if len(text) <= IN_LOOP_MAX:
                return self._screen.screen(text, earlier)
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._screen.screen, text, earlier)
        except Exception as error:
            _log.error("crisis detector failed: this message gets the help reply", error=type(error).__name__)
            return None

    def close(self) -> None:
        """Lets go of the thread, without waiting for what it does."""
        self._thread.shutdown(wait=False, cancel_futures=True)
