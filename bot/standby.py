"""`python -m bot.standby`: answers where the gateway gives no sign of life, so that nobody is left
with silence. Started by the supervisor, with the socket that the gateway listens on too.

It has no screen, no dialogue and no memory: whatever is said to it, it says where help is. It takes
connections when the gateway's beat (bot/pulse.py) has been missing for a second and a half, and
none any more with the next one. In between both may, and each answers what it took.
"""

import asyncio
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import ValidationError

from bot.errors import SignpostError
from bot.gateway.api.models import AnswerOut, Live, MessageIn, MessageOut, RestIn
from bot.gateway.http import log
from bot.gateway.http.bodies import FORM, form_of, read_body
from bot.gateway.http.connections import (
    PER_ADDRESS,
    SERVER_OPTIONS,
    Connections,
    Runner,
    connections_allowed,
    raise_file_limit,
)
from bot.gateway.http.errors import error_middleware
from bot.gateway.http.headers import Headers
from bot.gateway.http.responses import html, json_response, problem, send_asset, wants_page
from bot.gateway.notices import Notices, load_notices
from bot.gateway.pages.sponsor_cookie import SponsorCookie
from bot.pulse import BEAT_SECONDS, Pulse, beat
from bot.safety.replies import load_help, safety_reply
from bot.settings import Settings, load_settings
from bot.sponsors.codes import mask_codes
from bot.turn import Message
from bot.widget.pages import CHAT_FIELDS, SPONSOR_FIELDS, ChatPage, Entry, Pages
from bot.widget.strings import Strings, load_strings

SILENT_SECONDS = 1.5
"""Seven beats: everybody is answered within two seconds, and a loop that only has much to do is not
taken for one that stands still.
"""
OUR_FIELDS = CHAT_FIELDS | SPONSOR_FIELDS

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Answers:
    """What there is to say, whatever was asked. Pure."""

    said: Message
    pages: Pages
    notices: Notices
    strings: Strings

    def to_message(self, conversation: str) -> AnswerOut:
        """As the gateway says it when nothing else can answer. The conversation stays the one that
        it was: the gateway may come back and know it.
        """
        return AnswerOut(
            conversation=conversation,
            messages=(MessageOut(text=self.said.text, kind="notice", source=""),),
            topic="out_of_scope",
            crisis=False,
        )

    def to_form(self, form: Mapping[str, str]) -> str:
        """The page of the chat, on which what was typed can be sent again, unless it is to be
        forgotten.
        """
        kept = {} if form.get("do") == "clear" else form
        return self.pages.chat(
            ChatPage(
                kept.get("conversation", ""),
                (Entry("bot", self.said.text, "notice"),),
                pinned_help="helped" in kept,
                draft=mask_codes(kept.get("text", ""), self.strings.code_mask),
                questions=tuple(starter.label for starter in self.notices.starters),
                large="large" in form,
            )
        )


def load_answers(settings: Settings) -> Answers:
    """Raises ContentError."""
    content = settings.content
    help_content, strings = load_help(content), load_strings(content)
    pages = Pages(strings, help_content, settings.exit_url, kiosk_seconds=settings.kiosk_seconds)
    return Answers(safety_reply(help_content), pages, load_notices(content), strings)


class StandBy:
    """The answers at the gateway's addresses."""

    def __init__(self, answers: Answers, cookie: SponsorCookie) -> None:
        self._answers, self._cookie = answers, cookie

    def routes(self, *, rest_channel: bool) -> list[web.RouteDef]:
        return [
            web.get("/health/live", self.live),
            *(web.get(path, self.help) for path in ("/", "/help-now")),
            *(web.get(path, self.asset) for path in self._answers.pages.assets),
            web.get("/leave", self.leave),
            web.post("/leave", self.end),
            web.get("/leave/chat", self.wipe),
            *(web.route(method, "/chat", self.chat) for method in ("GET", "POST")),
            web.post("/api/messages", self.message),
            *([web.post("/webhooks/rest/webhook", self.webhook)] if rest_channel else []),
            web.route("*", "/{rest:.*}", self.otherwise),
        ]

    @property
    def middleware(self) -> "web.middleware":  # type: ignore[valid-type]
        @web.middleware
        async def once(request: web.Request, handler: Handler) -> web.StreamResponse:
            """Nobody stays with us, and no sponsor stays open at a screen that cannot be wiped."""
            response = await handler(request)
            response.force_close()
            if self._cookie.token(request):
                self._cookie.take(response)
            return response

        return once

    async def live(self, _: web.Request) -> web.Response:
        return json_response(Live())

    async def help(self, _: web.Request) -> web.Response:
        return html(self._answers.pages.help_now())

    async def asset(self, request: web.Request) -> web.Response:
        return send_asset(request, self._answers.pages.assets[request.path])

    async def leave(self, _: web.Request) -> web.Response:
        return web.Response(status=303, headers={"Location": self._answers.pages.exit_url})

    async def end(self, _: web.Request) -> web.Response:
        return web.Response(status=204)

    async def wipe(self, _: web.Request) -> web.Response:
        return web.Response(status=303, headers={"Location": "/chat"})

    async def chat(self, request: web.Request) -> web.Response:
        return html(self._answers.to_form(await _form(request)))

    async def message(self, request: web.Request) -> web.Response:
        body = await read_body(request, "application/json")
        try:
            conversation = MessageIn.model_validate_json(body.data).conversation or ""
        except ValidationError:
            conversation = ""
        return json_response(self._answers.to_message(conversation))

    async def webhook(self, request: web.Request) -> web.Response:
        body = await read_body(request, "application/json")
        try:
            sender = RestIn.model_validate_json(body.data).sender or ""
        except ValidationError:
            sender = ""
        return web.json_response([{"recipient_id": sender, "text": self._answers.said.text}])

    async def otherwise(self, request: web.Request) -> web.Response:
        if not wants_page(request):
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, self._answers.said.text)
        return html(
            self._answers.to_form(await _form(request)), status=HTTPStatus.SERVICE_UNAVAILABLE
        )


async def _form(request: web.Request) -> Mapping[str, str]:
    """The fields of a form of ours, as far as it is one."""
    if request.method != "POST":
        return {}
    return form_of(await read_body(request, FORM), OUR_FIELDS) or {}


def create_app(settings: Settings) -> web.Application:
    """Raises ContentError."""
    answers, headers = load_answers(settings), Headers(settings)
    stand_by = StandBy(answers, SponsorCookie(secure=settings.proxy_hops > 0))
    app = web.Application(
        middlewares=[
            headers.middleware,
            stand_by.middleware,
            error_middleware(lambda: (answers.notices, answers.pages)),
        ]
    )
    app.add_routes(stand_by.routes(rest_channel=settings.rest_channel))
    app.on_response_prepare.append(headers.add)
    return app


async def stand_by(settings: Settings, listener: socket.socket, gateway: Pulse) -> None:
    """Takes connections from `listener` whenever `gateway` is silent, for as long as it is awaited."""
    connections = Connections(connections_allowed(), None if settings.proxy_hops else PER_ADDRESS)
    runner = Runner(create_app(settings), connections, **SERVER_OPTIONS)
    await runner.setup()
    site: web.SockSite | None = None
    while True:
        is_silent = gateway.silent_for(time.monotonic()) > SILENT_SECONDS
        if is_silent and site is None:
            site = web.SockSite(runner, listener.dup())  # it closes its own when it stops
            await site.start()
            _log.info("no sign of life from the gateway: everybody gets the help")
        elif not is_silent and site is not None:
            await site.stop()
            site = None
            _log.info("the gateway is there")
        await asyncio.sleep(BEAT_SECONDS / 2)


async def _run(settings: Settings, listener: int, gateway: int, own: int) -> None:
    beating = asyncio.create_task(beat(own))
    try:
        await stand_by(settings, socket.socket(fileno=listener), Pulse(gateway, float("-inf")))
    finally:
        beating.cancel()


def main() -> int:
    """Its arguments are open files: the socket, where the gateway is heard, where to beat itself."""
    listener, gateway, own = map(int, sys.argv[1:])
    try:
        settings = load_settings()
        log.configure(settings.log_level)
        raise_file_limit()
        asyncio.run(_run(settings, listener, gateway, own))
    except SignpostError as error:
        print(error, file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
