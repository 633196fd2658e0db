"""The Redis that several gateways share: whatever is asked of it has a tenth of a second, and after a
failure nobody asks for a second.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from bot.gateway.breaker import Breaker

STORE_SECONDS = 0.1
"""A crisis answer waits for this at most, and nobody else's for the next REST_SECONDS."""
REST_SECONDS = 1.0

_log = structlog.get_logger(__name__)


class Fault(Exception):
    """Redis does not do its part."""


class Store:
    """Connects when it is first used."""

    def __init__(self, url: str, what: str) -> None:
        """`url`: `redis://`, `rediss://` or `unix://`; `what` is kept there, for the log."""
        self.redis = Redis.from_url(
            url,
            # Its own timeout is asyncio.wait_for, which before Python 3.12 may swallow that somebody
            # cancelled us; all that we ask has ours.
            socket_timeout=None,
            socket_connect_timeout=STORE_SECONDS,
            # One more try, at once: a connection that was kept may have ended meanwhile.
            retry=Retry(NoBackoff(), 1),
        )
        self._what, self._scripts = what, dict[str, Any]()
        self._breaker = Breaker(1, REST_SECONDS)

    @property
    def is_down(self) -> bool:
        return self._breaker.is_open

    async def run(self, script: str, keys: list[str], args: list[Any]) -> Any:
        """What a script of Lua says. Raises Fault."""
        if script not in self._scripts:
            self._scripts[script] = self.redis.register_script(script)
        return await self.call(self._scripts[script], keys, args)

    async def call(self, ask: Callable[..., Awaitable[Any]], *args: Any, **more: Any) -> Any:
        """What Redis says, within STORE_SECONDS. Raises Fault; after one, nobody asks for a moment."""
        if not self._breaker.lets_through():
            raise Fault
        try:
            async with asyncio.timeout(STORE_SECONDS):
                said = await ask(*args, **more)
        except Exception as error:
            if not self._breaker.is_open:
                _log.warning(f"{self._what} cannot be reached", error=type(error).__name__)
            self._breaker.record(in_vain=True)
            raise Fault from None
        self._breaker.record(in_vain=False)
        return said

    async def close(self) -> None:
        await self.redis.aclose()
