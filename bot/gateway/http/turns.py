"""Turns by address: of many requests of one address, one begins in each round of the event loop, so
that nobody else's request waits behind all of them.
"""

import asyncio
from collections import deque


class Turns:
    """Lets requests begin. What has begun goes on at once with any other: nobody waits for a slow
    answer to somebody else behind the same address.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, deque[asyncio.Future[None]]] = {}

    async def begin(self, address: str) -> None:
        """Returns when it is this request's turn: at once where no other of its address waits."""
        if address not in self._waiting:
            self._waiting[address] = deque()
            asyncio.get_running_loop().call_soon(self._call_next, address)
            return
        called = asyncio.get_running_loop().create_future()
        self._waiting[address].append(called)
        await called

    def _call_next(self, address: str) -> None:
        waiting = self._waiting[address]
        while waiting and waiting[0].done():  # gone meanwhile
            waiting.popleft()
        if not waiting:
            del self._waiting[address]
            return
        waiting.popleft().set_result(None)
        asyncio.get_running_loop().call_soon(self._call_next, address)
