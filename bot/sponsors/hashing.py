"""Hashes access codes with argon2id, in a pool that is small and has a limit, so that a flood of
look-ups cannot starve the chat.
"""

import asyncio
import os
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from bot.errors import SignpostError

T = TypeVar("T")

TIME_COST, MEMORY_KIB, PARALLELISM = 2, 19_456, 1
"""OWASP's least for argon2id; about 67 ms here (notes on threats). The code itself has 67 bits:
this is for who steals the table.
"""
THREADS = max(1, (os.cpu_count() or 2) - 1)
"""One core is always free for the chat."""
WAITING_MAX = 128
"""Look-ups that may wait: six seconds of one thread's work."""
NOBODY = "$argon2id$v=19$m=19456,t=2,p=1$c2lnbnBvc3Qgc2FsdCAwMQ$6v1ig0LocZhcVXo9kdxV3AX9yOcPKCxRS75U2RhGnKE"
"""A hash that no code has, of the same cost: an unknown reference takes as long as a known one."""


class Busy(SignpostError):
    """There are as many look-ups as can be taken."""


@dataclass(slots=True)
class _Job:
    work: Callable[[], Any]
    done: asyncio.Future[Any]


class CodeHasher:
    """One for the process. Networks take turns: whoever sends many waits behind their own, and
    where the queue is full, a place of whoever has most goes to whoever has fewer.
    """

    def __init__(self) -> None:
        self._hasher = PasswordHasher(TIME_COST, MEMORY_KIB, PARALLELISM)
        self._pool = ThreadPoolExecutor(THREADS, thread_name_prefix="code-hash")
        self._waiting: OrderedDict[str, deque[_Job]] = OrderedDict()  # whose turn is next first
        self._under_way = 0
        self._closed = False

    async def hash(self, code: str) -> str:
        """Raises Busy."""
        return await self._run(lambda: self._hasher.hash(code), "")

    async def verify(self, code: str, hashed: str | None, network: str = "") -> bool:
        """Whether a code is the hashed one; for None the same work, and False. Raises Busy."""
        fits = await self._run(lambda: self._is(code, hashed or NOBODY), network)
        return fits and hashed is not None

    def _is(self, code: str, hashed: str) -> bool:
        try:
            return self._hasher.verify(hashed, code)
        except (VerificationError, InvalidHashError):
            return False

    async def _run(self, work: Callable[[], T], network: str) -> T:
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._make_room(network)
        self._waiting.setdefault(network, deque()).append(_Job(work, done))
        self._start()
        return await done

    def _make_room(self, network: str) -> None:
        """Raises Busy where nobody holds more places than this network would."""
        for queue in self._waiting.values():
            for job in [job for job in queue if job.done.done()]:  # hung up
                queue.remove(job)
        if sum(map(len, self._waiting.values())) < WAITING_MAX:
            return
        greedy = max(self._waiting, key=lambda name: len(self._waiting[name]))
        if len(self._waiting[greedy]) <= len(self._waiting.get(network, ())) + 1:
            raise Busy("too many look-ups at once")
        self._waiting[greedy].pop().done.set_exception(Busy("too many look-ups at once"))

    def _start(self) -> None:
        while self._under_way < THREADS and self._waiting and not self._closed:
            network, queue = self._waiting.popitem(last=False)
            job = queue.popleft() if queue else None
            if queue:
                self._waiting[network] = queue  # and now it is behind the others
            if job is None or job.done.done():
                continue
            self._under_way += 1
            loop = job.done.get_loop()
            running = self._pool.submit(job.work)
            running.add_done_callback(
                lambda ended, job=job, loop=loop: (  # type: ignore[misc]
                    loop.is_closed() or loop.call_soon_threadsafe(self._finish, job, ended)
                )
            )

    def _finish(self, job: _Job, ended: Future[Any]) -> None:
        self._under_way -= 1
        if not job.done.done() and not ended.cancelled():
            error = ended.exception()
            if error is None:
                job.done.set_result(ended.result())
            else:
                job.done.set_exception(error)
        self._start()

    def close(self) -> None:
        """Whoever still waits is told Busy."""
        self._closed = True
        for job in [job for queue in self._waiting.values() for job in queue]:
            if not job.done.done() and not job.done.get_loop().is_closed():
                job.done.set_exception(Busy("the service is stopping"))
        self._waiting.clear()
        self._pool.shutdown(wait=False, cancel_futures=True)
