"""Hashes access codes with argon2id, in a pool that is small and has a limit, so that a flood of
look-ups cannot starve the chat.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.errors import SignpostError

T = TypeVar("T")

TIME_COST, MEMORY_KIB, PARALLELISM = 2, 19_456, 1
"""OWASP's least for argon2id; about 67 ms here (notes on threats). The code itself has 67 bits:
this is for who steals the table.
"""
THREADS = 1
"""On two cores the other one is always free for the chat."""
WAITING_MAX = 16
"""Look-ups that may wait or be under way: about a second of work."""
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$c2lnbnBvc3Qgc2FsdCAwMQ$6v1ig0LocZhcVXo9kdxV3AX9yOcPKCxRS75U2RhGnKE"
"""A hash that no code has, of the same cost: an unknown reference takes as long as a known one."""


class Busy(SignpostError):
    """There are as many look-ups as can be taken."""


class CodeHasher:
    """One for the process."""

    def __init__(self) -> None:
        self._hasher = PasswordHasher(TIME_COST, MEMORY_KIB, PARALLELISM)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="code-hash")
        self._under_way = 0

    async def hash(self, code: str) -> str:
        """Raises Busy."""
        return await self._run(lambda: self._hasher.hash(code))

    async def verify(self, code: str, hashed: str | None) -> bool:
        """Whether a code is the hashed one; for None the same work, and False. Raises Busy."""
        return await self._run(lambda: self._is(code, hashed or NOBODY)) and hashed is not None

    def _is(self, code: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, code)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T]) -> T:
        if self._under_way >= WAITING_MAX:
            raise Busy("too many look-ups at once")
        self._under_way += 1
        done = self._pool.submit(work)
        # Counted until the thread is through with it: a client that hangs up frees no place.
        loop = asyncio.get_running_loop()
        done.add_done_callback(lambda _: loop.is_closed() or loop.call_soon_threadsafe(self._leave))
        return await asyncio.wrap_future(done)

    def _leave(self) -> None:
        self._under_way -= 1

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)
