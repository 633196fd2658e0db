"""`/health` and below it: for the operator's own monitoring, and so in words that nobody else learns
from.
"""

from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from bot import __version__
from bot.gateway.api.models import Live, Ready, State
from bot.gateway.api.operator import DRAINING
from bot.gateway.conversations import Conversations
from bot.gateway.detector import Detector
from bot.gateway.dialogue import DialogueClient
from bot.gateway.front import Fronts
from bot.gateway.http.connections import Connections
from bot.gateway.http.limits import Caller, Limits
from bot.gateway.http.responses import json_response, problem
from bot.gateway.sponsors import Sponsors
from bot.gateway.switchboard import Switchboard


class Health:
    """`connections` None: nobody counts them. `model`: the version of the crisis screen's."""

    def __init__(
        self,
        detector: Detector,
        dialogue: DialogueClient,
        caller: Caller,
        connections: Connections | None,
        fronts: Fronts,
        switchboard: Switchboard,
        sponsors: Sponsors,
        conversations: Conversations,
        limits: Limits,
        model: str,
        run: Path,
    ) -> None:
        self._detector, self._dialogue, self._caller, self._connections = (
            detector,
            dialogue,
            caller,
            connections,
        )
        self._fronts, self._switchboard, self._sponsors, self._model = (
            fronts,
            switchboard,
            sponsors,
            model,
        )
        self._conversations, self._limits = conversations, limits
        self._draining = run / DRAINING

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/health/live", self.live),
            web.get("/health/ready", self.ready),
            web.get("/health", self.whole),
        ]

    async def live(self, request: web.Request) -> web.Response:
        """The gateway answers, and so everybody gets at least the help."""
        return json_response(Live())

    async def ready(self, request: web.Request) -> web.Response:
        """503 until messages are screened by all that belongs to the screen and a worker answers; and
        again before the service is stopped, so that proxies turn to another one in time.
        """
        state = await self.state()
        parts = Ready.model_validate(state.model_dump(include=set(Ready.model_fields)))
        works = (parts.detector, parts.dialogue) == ("ready", "ready")
        is_ready = works and parts.service == "serving"
        return json_response(parts, HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE)

    async def whole(self, request: web.Request) -> web.Response:
        """For the operator: all states, what is served and what is switched."""
        if not self._caller.is_operator(request):
            return problem(404, self._fronts.current.notices.errors.not_found)
        return json_response(await self.state())

    async def state(self) -> State:
        content, front = await self._dialogue.content(), self._fronts.current
        return State(
            service="stopping" if self._draining.exists() else "serving",
            detector=self._detector.state,
            dialogue="down" if content is None else "ready",
            connections="near_limit" if self._connections and self._connections.are_near else "ok",
            addresses=self._caller.addresses,
            sponsors=self._sponsors.state,
            conversations=self._conversations.state,
            limits=self._limits.state,
            reload=self._fronts.state,
            version=__version__,
            model=self._model,
            content=front.content,
            content_checked=front.checked,
            dialogue_content=content or "",
            switches=tuple(self._switchboard.now.lines()),
        )
