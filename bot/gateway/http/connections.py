"""The connections to the gateway: so many at most, and so many of one address. The newest is always
let in, whoever it is, and with it the crisis answer and `/help-now`: room is made by whoever holds
most.
"""

import resource
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import structlog
from aiohttp import HttpVersion10, web

RESERVE = 256
"""Files kept for what is no client's connection: the listening socket's queue of 128, models, logs,
databases.
"""
FILES_EACH = 2
"""A connection, and the one to a dialogue worker while a turn is under way."""
MAXIMUM = 10_000
"""Connections, however many files are allowed: some 30 KB each."""
LEAST = 16
FILES_WANTED = 65_536
PER_ADDRESS = 128
"""Connections of one address: six of each of some twenty browsers, idle ones included."""
NEAR = 0.8
"""Part of the maximum from which on `/health/ready` says so."""

SERVER_OPTIONS: Mapping[str, Any] = {
    "access_log": None,  # it would name addresses, and ids in paths
    "auto_decompress": False,  # what is packed is refused, and must not cost us its unpacking
    # seconds: also for the first request's headers, since a connection that has not sent them is
    # idle
    "keepalive_timeout": 15,
    # seconds in which the rest of a refused body is thrown away, so that its sender gets to see the
    # answer
    "lingering_time": 1.0,
    # seconds for the answers that are under way: the dialogue, which outlives us, has as many
    "shutdown_timeout": 8,
}
"""How aiohttp runs the application."""

_log = structlog.get_logger(__name__)


def raise_file_limit() -> None:
    """Raises the soft limit of open files to the hard one, or to as many as we ever need: systemd's
    soft limit of 1,024 is there for programs that use `select` (systemd.exec(5), LimitNOFILE).
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_WANTED if hard == resource.RLIM_INFINITY else min(hard, FILES_WANTED)
    if wanted > soft:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def connections_allowed() -> int:
    """How many connections the limit of open files leaves room for."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(LEAST, min(MAXIMUM, (soft - RESERVE) // FILES_EACH))


class Connections:
    """Who holds which connections, oldest first. `per_address` None: all come from a proxy of ours,
    whose own limits have to hold (docs/deploy.md).
    """

    def __init__(self, maximum: int, per_address: int | None) -> None:
        self.maximum, self._per_address = maximum, per_address
        self._held: dict[str, OrderedDict[web.RequestHandler, None]] = {}
        self._count = 0

    @property
    def are_near(self) -> bool:
        return self._count >= self.maximum * NEAR

    def add(self, address: str, connection: web.RequestHandler) -> web.RequestHandler | None:
        """Adds one. Returns one to close, where there are too many now."""
        held = self._held.setdefault(address, OrderedDict())
        held[connection] = None
        self._count += 1
        if self._per_address is not None and len(held) > self._per_address:
            return self._spare(address)
        if self._count > self.maximum:
            return self._spare(max(self._held, key=lambda holder: len(self._held[holder])))
        return None

    def drop(self, address: str, connection: web.RequestHandler) -> None:
        """Forgets one, known or not."""
        held = self._held.get(address, OrderedDict())
        if connection in held:
            del held[connection]
            self._count -= 1
            if not held:
                del self._held[address]

    def _spare(self, address: str) -> web.RequestHandler:
        """The oldest that waits for a request, or the oldest of all; the newest never."""
        held = list(self._held[address])[:-1] or list(self._held[address])
        spared = next((c for c in held if c._current_request is None), held[0])
        self.drop(address, spared)
        return spared


class Runner(web.AppRunner):
    """Runs the application behind `Connections`."""

    def __init__(self, app: web.Application, connections: Connections, **options: Any) -> None:
        super().__init__(app, **options)
        self._connections = connections

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(made, self._connections)


class _Server(web.Server):
    def __init__(self, made: web.Server, connections: Connections) -> None:
        super().__init__(
            self._handled, request_factory=made.request_factory, loop=made._loop, **made._kwargs
        )
        self._inner, self._limited = made.request_handler, connections

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, loop=self._loop, **self._kwargs)

    async def _handled(self, request: web.BaseRequest) -> web.StreamResponse:
        # An answer to HTTP/0.9 has no headers: none of those that protect a page.
        return _bare(505) if request.version < HttpVersion10 else await self._inner(request)

    def connection_made(self, handler: web.RequestHandler, transport: Any) -> None:
        super().connection_made(handler, transport)
        spared = self._limited.add(_peer(transport), handler)
        if spared is not None and spared.transport is not None:
            spared.transport.abort()

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        super().connection_lost(handler, exc)
        if handler.transport is not None:
            self._limited.drop(_peer(handler.transport), handler)


class _Connection(web.RequestHandler):
    __slots__ = ()

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """What cannot be read as a request: aiohttp would quote it, and name itself."""
        super().handle_error(request, status, exc, message)
        return _bare(status)


def _bare(status: int) -> web.Response:
    response = web.Response(status=status, headers={"Server": "signpost"})
    response.force_close()
    return response


def _peer(transport: Any) -> str:
    name = transport.get_extra_info("peername")
    return str(name[0]) if name else ""
