"""`/metrics`, on a port of its own that no proxy of ours leads to, and the counting of requests."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

from bot.gateway.api.health import Health
from bot.gateway.api.models import State
from bot.gateway.conversations import Conversations
from bot.gateway.http.limits import Limits
from bot.gateway.metrics import Gauge, Metrics
from bot.settings import Settings

_log = structlog.get_logger(__name__)


class Monitor:
    def __init__(
        self, metrics: Metrics, health: Health, conversations: Conversations, limits: Limits
    ) -> None:
        self._metrics, self._health = metrics, health
        self._conversations, self._limits = conversations, limits

    @property
    def middleware(self) -> "web.middleware":  # type: ignore[valid-type]
        """Counts each request by its route's own pattern: the path itself may hold an id."""

        @web.middleware
        async def count(request: web.Request, handler: Handler) -> web.StreamResponse:
            response = await handler(request)
            resource = request.match_info.route.resource
            route = resource.canonical if resource else "none"
            self._metrics.count("signpost_requests_total", route=route, status=str(response.status))
            return response

        return count

    @asynccontextmanager
    async def served(self, settings: Settings) -> AsyncIterator[None]:
        """Serves `/metrics` for as long as the block runs, where a port is set. Never raises: who
        needs help needs no metrics.
        """
        app = web.Application()
        app.add_routes([web.get("/metrics", self._answer)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
        await runner.setup()
        if settings.metrics_port is not None:
            try:
                await web.TCPSite(runner, settings.host, settings.metrics_port).start()
            except OSError as error:
                _log.error("metrics are not served", error=type(error).__name__)
        try:
            yield
        finally:
            await runner.cleanup()

    async def _answer(self, _: web.Request) -> web.Response:
        body = self._metrics.text(self._gauges(await self._health.state()))
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

    def _gauges(self, state: State) -> Iterator[Gauge]:
        info = {"version": state.version, "model": state.model, "content": state.content}
        yield "signpost_info", info, 1
        yield "signpost_up", {"part": "detector"}, state.detector == "ready"
        yield "signpost_up", {"part": "dialogue"}, state.dialogue == "ready"
        yield "signpost_up", {"part": "sponsors"}, state.sponsors != "failed"
        yield "signpost_up", {"part": "addresses"}, state.addresses == "ok"
        yield "signpost_up", {"part": "conversations"}, state.conversations != "down"
        yield "signpost_up", {"part": "limits"}, state.limits != "down"
        yield "signpost_up", {"part": "reload"}, state.reload == "ok"
        for kind in ("help-only", "service", "sponsors", "topic"):
            number = sum(line.split()[0] == kind for line in state.switches)
            yield "signpost_switched", {"kind": kind}, number
        yield "signpost_conversations", {}, len(self._conversations)
        yield "signpost_connections_near_limit", {}, state.connections == "near_limit"
        yield "signpost_limit_windows", {}, self._limits.remembered
