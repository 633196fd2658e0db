"""The JSON routes."""

from aiohttp import web
from pydantic import BaseModel, ValidationError

from bot.gateway.api.models import FeedbackIn, Live, MessageIn, Ready, Verdicts
from bot.gateway.api.openapi import describe
from bot.gateway.desk import Desk, Incoming, Outgoing
from bot.gateway.detector import Detector
from bot.gateway.dialogue import DialogueClient
from bot.gateway.http.bodies import Body, read_body, words_in
from bot.gateway.http.errors import problem
from bot.gateway.http.limits import Caller, Limits
from bot.gateway.notices import REFUSALS, Notices
from bot.gateway.pages.sponsor_cookie import SponsorCookie


class Api:
    """`/api/*` and `/health/*`."""

    def __init__(
        self,
        desk: Desk,
        caller: Caller,
        limits: Limits,
        notices: Notices,
        detector: Detector,
        dialogue: DialogueClient,
        cookie: SponsorCookie,
    ) -> None:
        self._desk, self._caller, self._limits, self._notices, self._cookie = (
            desk,
            caller,
            limits,
            notices,
            cookie,
        )
        self._detector, self._dialogue = detector, dialogue

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/conversations", self.open),
            web.delete("/api/conversations/{id}", self.close),
            web.post("/api/conversations/{id}/end", self.close),
            web.post("/api/messages", self.message),
            web.post("/api/feedback", self.judge),
            web.get("/api/feedback", self.counts),
            web.get("/api/openapi.json", self.describe),
            web.get("/health/live", self.live),
            web.get("/health/ready", self.ready),
        ]

    async def open(self, request: web.Request) -> web.Response:
        opened = await self._desk.open(
            self._caller.address(request), unlimited=self._caller.is_operator(request)
        )
        return (
            self._refusal("too_many", self._notices.refused["too_many"])
            if opened is None
            else _json(opened)
        )

    async def close(self, request: web.Request) -> web.Response:
        """By DELETE; by POST too, which is all that a browser can send while it leaves a page
        (`sendBeacon`, `<a ping>`).
        """
        self._desk.close(request.match_info["id"])
        return web.Response(status=204)

    async def message(self, request: web.Request) -> web.Response:
        body = await read_body(request, "application/json")
        outgoing = await self._desk.take(self._incoming(request, body))
        response = self._response(outgoing)
        if body.refused:
            response.force_close()  # what else is on its way is not worth waiting for
        return response

    async def judge(self, request: web.Request) -> web.Response:
        body = await read_body(request, "application/json")
        try:
            said = FeedbackIn.model_validate_json(body.data)
        except ValidationError:
            said = None
        if body.refused or said is None:
            reason = body.refused or "unreadable"
            return self._refusal(reason, self._notices.refused[reason])
        if not await self._limits.allow(self._caller.address(request)):
            return self._refusal("too_many", self._notices.refused["too_many"])
        counted = self._desk.judge(said.conversation, said.answer, helpful=said.helpful)
        return web.Response(status=204) if counted else problem(404, self._notices.errors.not_found)

    async def counts(self, request: web.Request) -> web.Response:
        """For the operator."""
        if not self._caller.is_operator(request):
            return problem(404, self._notices.errors.not_found)
        return _json(Verdicts.model_validate(self._desk.feedback.counts()))

    async def describe(self, request: web.Request) -> web.Response:
        """The OpenAPI document. Made when asked for: hardly anybody does, and the service starts
        without it.
        """
        return web.json_response(describe(), headers={"Cache-Control": "public, max-age=300"})

    def _incoming(self, request: web.Request, body: Body) -> Incoming:
        address, unlimited = self._caller.address(request), self._caller.is_operator(request)
        refused, token = body.refused, self._cookie.token(request)
        if not refused:
            try:
                asked = MessageIn.model_validate_json(body.data)
                return Incoming(
                    address,
                    unlimited,
                    asked.conversation,
                    asked.text or "",
                    asked.button or "",
                    sponsor=token,
                )
            except ValidationError:
                refused = "unreadable"
        return Incoming(address, unlimited, text=words_in(body.data), refused=refused)

    def _response(self, outgoing: Outgoing) -> web.Response:
        if outgoing.refused:
            return self._refusal(outgoing.refused, outgoing.answer.messages[0].text)
        return _json(outgoing.answer)

    def _refusal(self, reason: str, detail: str) -> web.Response:
        return problem(
            REFUSALS[reason],
            detail,
            {"Retry-After": str(self._limits.retry_seconds)} if reason == "too_many" else None,
        )

    async def live(self, request: web.Request) -> web.Response:
        """The gateway answers, and so everybody gets at least the help."""
        return _json(Live())

    async def ready(self, request: web.Request) -> web.Response:
        """503 until messages are screened and a worker answers."""
        parts = Ready(
            detector=self._detector.state,
            dialogue="ready" if await self._dialogue.is_up() else "down",
        )
        return _json(parts, 200 if (parts.detector, parts.dialogue) == ("ready", "ready") else 503)


def _json(model: BaseModel, status: int = 200) -> web.Response:
    return web.Response(
        status=status, body=model.model_dump_json().encode(), content_type="application/json"
    )
