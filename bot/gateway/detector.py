"""The crisis detector as the gateway runs it: loaded beside the service, never the reason for a
delay or an error.
"""

import asyncio
import gc
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Literal, Protocol

import structlog

from bot.gateway.source import SOURCE
from bot.reading.screening import Label, Screen, Screening

_log = structlog.get_logger(__name__)

BEHIND_MAX = 8
"""Messages that may wait behind the others. A body of 8 KB takes 0.2 s, so that the last of them
waits for two seconds or less.
"""

PIECE, OVERLAP = 1000, 200
"""Characters of a message that will be refused anyway which are screened at a time, 30 ms or so, and
those that two pieces share: nobody waits for 8 KB in one go, and no cry is cut in two.
"""
_BY_WEIGHT = (Label.NONE, Label.CONCERN, Label.CRISIS)


class FairQueue:
    """One at a time. Who waits goes by turns, address by address: whoever sends a thousand messages
    waits behind himself.
    """

    def __init__(self) -> None:
        self._is_busy = False
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    @asynccontextmanager
    async def turn(self, address: str) -> AsyncIterator[None]:
        if self._is_busy:
            called = asyncio.get_running_loop().create_future()
            self._waiting.setdefault(address, deque()).append(called)
            try:
                await called
            except asyncio.CancelledError:
                if called.done() and not called.cancelled():  # called, and no longer there
                    self._call_next()
                raise
        self._is_busy = True
        try:
            yield
        finally:
            self._call_next()

    def _call_next(self) -> None:
        self._is_busy = False
        while self._waiting:
            address, waiting = self._waiting.popitem(last=False)
            called = waiting.popleft()
            if waiting:
                self._waiting[address] = waiting  # behind all others
            if not called.done():
                self._is_busy = True
                called.set_result(None)
                return


class LoadedScreen(Screen, Protocol):
    """A screen that knows whether it is whole."""

    @property
    def missing(self) -> str:
        """Which part of it is not there, and why; "" where it is whole."""
        ...


class Detector:
    """Screens messages once it is loaded. Until then, and if it fails, it says None, and everybody
    gets help. While a part of the screen is missing, what the rest finds nothing in counts as
    concern, and gets help beside its answer.
    """

    def __init__(self, load: Callable[[], LoadedScreen]) -> None:
        self._load = load
        self._screen: LoadedScreen | None = None
        self._thread = ThreadPoolExecutor(
            1, thread_name_prefix="detector"
        )  # one: a conversation's messages stay in order
        self._queue = FairQueue()
        self._one_behind, self._behind = asyncio.Lock(), 0
        self.state: Literal["loading", "ready", "degraded", "failed"] = "loading"
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
            seconds = round(time.monotonic() - started, 2)
            if self._screen.missing:
                self.state = "degraded"
                _log.error(
                    "a part of the crisis screen is missing: help stands beside every answer",
                    missing=self._screen.missing,
                    seconds=seconds,
                )
            else:
                self.state = "ready"
                _log.info("crisis detector loaded", seconds=seconds)
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
                return await self._in_pieces(text, earlier)
        finally:
            self._behind -= 1

    async def _in_pieces(self, text: str, earlier: tuple[str, ...]) -> Screening | None:
        """What weighs most in any piece; None where one of them cannot be screened."""
        worst: Screening | None = None
        for start in range(0, max(len(text) - OVERLAP, 1), PIECE - OVERLAP):
            found = await self._in_thread(text[start : start + PIECE], earlier if not start else ())
            if found is None or found.label is Label.CRISIS:
                return found
            if worst is None or _BY_WEIGHT.index(found.label) > _BY_WEIGHT.index(worst.label):
                worst = found
        return worst

    async def _in_thread(self, text: str, earlier: tuple[str, ...]) -> Screening | None:
        if self._screen is None:
            return None
        try:
            async with self._queue.turn(SOURCE.get().address):
                screening = await asyncio.get_running_loop().run_in_executor(
                    self._thread, self._screen.screen, text, earlier
                )
            if self._screen.missing and screening.label is Label.NONE:
                return replace(screening, label=Label.CONCERN, decided_by="degraded")
            return screening
        except Exception as error:
            _log.error(
                "crisis detector failed: this message gets the help reply",
                error=type(error).__name__,
            )
            return None

    def close(self) -> None:
        """Lets go of the thread, without waiting for what it does."""
        self._thread.shutdown(wait=False, cancel_futures=True)
