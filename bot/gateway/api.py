"""The JSON routes."""

import json

from aiohttp import web
from pydantic import BaseModel, ValidationError

from bot.gateway.bodies import Body, read_body, words_in
from bot.gateway.desk import Desk, Incoming, Outgoing
from bot.gateway.detector import Detector
from bot.gateway.dialogue import DialogueClient
from bot.gateway.errors import problem
from bot.gateway.limits import Caller, Limits
from bot.gateway.models import MessageIn
from bot.gateway.notices import REFUSALS, Notices
from bot.gateway.sponsor_cookie import SponsorCookie


class Api:
    """`/api/*` and `/health/*`."""

    def __init__(
        self, desk: Desk, caller: Caller, limits: Limits, notices: Notices, detector: Detector, dialogue: DialogueClient, cookie: SponsorCookie
    ) -> None:
        self._desk, self._caller, self._limits, self._notices, self._cookie = desk, caller, limits, notices, cookie
        self._detector, self._dialogue = detector, dialogue

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/conversations", self.open),
            web.delete("/api/conversations/{id}", self.close),
            web.post("/api/messages", self.message),
            web.get("/health/live", self.live),
            web.get("/health/ready", self.ready),
        ]

    async def open(self, request: web.Request) -> web.Response:
        opened = await self._desk.open(self._caller.address(request), unlimited=self._caller.is_operator(request))
        return self._refusal("too_many", self._notices.refused["too_many"]) if opened is None else _json(opened)

    async def close(self, request: web.Request) -> web.Response:
        self._desk.close(request.match_info["id"])
        return web.Response(status=204)

    async def message(self, request: web.Request) -> web.Response:
        body = await read_body(request, "application/json")
        outgoing = await self._desk.take(self._incoming(request, body))
        response = self._response(outgoing)
        if body.refused:
            response.force_close()  # what else is on its way is not worth waiting for
        return response

    def _incoming(self, request: web.Request, body: Body) -> Incoming:
        address, unlimited = self._caller.address(request), self._caller.is_operator(request)
        refused, token = body.refused, self._cookie.token(request)
        if not refused:
            try:
                asked = MessageIn.model_validate_json(body.data)
                return Incoming(address, unlimited, asked.conversation, asked.text or "", asked.button or "", sponsor=token)
            except ValidationError:
                refused = "unreadable"
        return Incoming(address, unlimited, text=words_in(body.data), refused=refused)

    def _response(self, outgoing: Outgoing) -> web.Response:
        if outgoing.refused:
            return self._refusal(outgoing.refused, outgoing.answer.messages[0].text)
        return _json(outgoing.answer)

    def _refusal(self, reason: str, detail: str) -> web.Response:
        return problem(REFUSALS[reason], detail, {"Retry-After": str(self._limits.retry_seconds)} if reason == "too_many" else None)

    async def live(self, request: web.Request) -> web.Response:
        """The gateway answers, and so everybody gets at least the help."""
        return web.json_response({"status": "live"})

    async def ready(self, request: web.Request) -> web.Response:
        """503 until messages are screened and a worker answers."""
        parts = {"detector": self._detector.state, "dialogue": "ready" if await self._dialogue.is_up() else "down"}
        return web.Response(status=200 if set(parts.values()) == {"ready"} else 503, text=json.dumps(parts), content_type="application/json")


def _json(model: BaseModel) -> web.Response:
    return web.Response(body=model.model_dump_json().encode(), content_type="application/json")
