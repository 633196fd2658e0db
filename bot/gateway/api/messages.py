"""The JSON routes."""

from aiohttp import web
from pydantic import ValidationError

from bot.gateway.api.models import FeedbackIn, MessageIn, Verdicts
from bot.gateway.api.openapi import describe
from bot.gateway.desk import Desk, Incoming, Outgoing
from bot.gateway.http.bodies import Body, read_body, words_in
from bot.gateway.http.limits import Caller, Limits
from bot.gateway.http.responses import json_response, problem
from bot.gateway.notices import REFUSALS, Notices
from bot.gateway.pages.sponsor_cookie import SponsorCookie


class Api:
    """`/api/*`."""

    def __init__(
        self,
        desk: Desk,
        caller: Caller,
        limits: Limits,
        notices: Notices,
        cookie: SponsorCookie,
    ) -> None:
        self._desk, self._caller, self._limits, self._notices, self._cookie = (
            desk,
            caller,
            limits,
            notices,
            cookie,
        )

    def routes(self) -> list[web.RouteDef]:
        return [
            web.post("/api/conversations", self.open),
            web.delete("/api/conversations/{id}", self.close),
            web.post("/api/conversations/{id}/end", self.close),
            web.post("/api/messages", self.message),
            web.post("/api/feedback", self.judge),
            web.get("/api/feedback", self.counts),
            web.get("/api/openapi.json", self.describe),
        ]

    async def open(self, request: web.Request) -> web.Response:
        opened = await self._desk.open(
            self._caller.address(request), unlimited=self._caller.is_operator(request)
        )
        return (
            self._refusal("too_many", self._notices.refused["too_many"])
            if opened is None
            else json_response(opened)
        )

    async def close(self, request: web.Request) -> web.Response:
        """By DELETE; by POST too, which is all that a browser can send while it leaves a page
        (`sendBeacon`, `<a ping>`). A sponsor who was shown in this browser is so no longer.
        """
        token = self._cookie.token(request)
        await self._desk.close(request.match_info["id"], token)
        response = web.Response(status=204)
        if token:
            self._cookie.take(response)
        return response

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
        counted = await self._desk.judge(said.conversation, said.answer, helpful=said.helpful)
        return web.Response(status=204) if counted else problem(404, self._notices.errors.not_found)

    async def counts(self, request: web.Request) -> web.Response:
        """For the operator."""
        if not self._caller.is_operator(request):
            return problem(404, self._notices.errors.not_found)
        return json_response(Verdicts.model_validate(self._desk.feedback.counts()))

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
                    key=asked.idempotency_key or "",
                )
            except ValidationError:
                refused = "unreadable"
        return Incoming(address, unlimited, text=words_in(body.data), refused=refused)

    def _response(self, outgoing: Outgoing) -> web.Response:
        if outgoing.refused:
            return self._refusal(outgoing.refused, outgoing.said)
        return json_response(outgoing.answer)

    def _refusal(self, reason: str, detail: str) -> web.Response:
        return problem(
            REFUSALS[reason],
            detail,
            {"Retry-After": str(self._limits.retry_seconds)} if reason == "too_many" else None,
        )
