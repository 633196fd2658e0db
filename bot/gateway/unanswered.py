"""What had no answer, as the gateway has it: questions that people choose to tell the team, and counts
of topics, which go to the directory once a minute so that no answer waits for a database.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import asynccontextmanager
from datetime import date, timedelta
from typing import TYPE_CHECKING

import structlog

from bot.gateway.sponsors import Sponsors
from bot.sponsors.unanswered import Counted, Kind, week_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from bot.sponsors.unanswered_store import UnansweredStore

LOOK_SECONDS = 60.0
STORE_SECONDS = 3.0
"""Longer than this, and the store counts as down."""

_log = structlog.get_logger(__name__)


class Unanswered:
    """Never raises: an answer must not hang on any of this."""

    def __init__(
        self,
        sponsors: Sponsors,
        days: int,
        count_days: int,
        today: Callable[[], date] = date.today,
    ) -> None:
        """`days` are those after which a question is deleted, `count_days` a count."""
        self._sponsors, self._today = sponsors, today
        self.days, self._count_days = days, count_days
        self._counts = Counter[Counted]()
        self._tidied: date | None = None

    @property
    def is_open(self) -> bool:
        """Whether the team can be told anything: there is a directory, and it is not switched off."""
        return self._sponsors.directory is not None

    def count(self, topic: str, kind: Kind) -> None:
        """Counts an answer that was none. In memory; bounded, for a topic is one of the content."""
        self._counts[Counted(week_of(self._today()), topic, kind)] += 1

    async def keep(self, conversation: str, text: str) -> bool:
        """Keeps a question. False: it was not kept."""
        async with self._storing() as store:
            return store is not None and await store.keep(conversation, text, self._today())
        return False  # what failed was logged

    async def follow(self) -> None:
        """Puts the counts away and deletes what is old, for as long as it is awaited."""
        await self._sponsors.loaded.wait()
        while True:
            await self.save()
            await self._tidy()
            await asyncio.sleep(LOOK_SECONDS)

    async def save(self) -> None:
        """Puts the counts into the directory; they stay where that fails, and are tried again."""
        if not self._counts:
            return
        async with self._storing() as store:
            if store is not None:
                counts = self._counts.copy()
                await store.add(counts)
                self._counts -= counts  # without those that were counted meanwhile

    async def _tidy(self) -> None:
        """Once a day."""
        today = self._today()
        if self._tidied == today:
            return
        async with self._storing() as store:
            if store is not None:
                before = today - timedelta(days=self.days)
                await store.forget(before, today - timedelta(days=self._count_days))
                self._tidied = today

    @asynccontextmanager
    async def _storing(self) -> "AsyncIterator[UnansweredStore | None]":
        """The store, None where there is none. What fails is logged by its kind alone: a database
        quotes values.
        """
        try:
            async with asyncio.timeout(STORE_SECONDS):
                directory = self._sponsors.directory
                if directory is None:
                    yield None
                    return
                from bot.sponsors.unanswered_store import UnansweredStore

                yield UnansweredStore(directory)
        except Exception as error:
            _log.error("unanswered questions cannot be stored", error=type(error).__name__)
