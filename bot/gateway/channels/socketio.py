"""Rasa's socket.io channel, for clients that were made for it: `/socket.io/`, under the rules of
our own API. Off by default.

- `session_request`, from the client: `{"session_id": id or null}`. It continues a conversation only
  if we issued the id.
- `session_confirm`, from us: the id.
- `user_uttered`, from the client: `{"message": words or a button's payload, "idempotency_key"?}`.
  What else it holds is not looked at.
- `bot_uttered`, from us: `{"text", "quick_replies"?: [{"content_type", "title", "payload"}]}`.
"""

import asyncio
import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from http import HTTPStatus
from typing import Any
from weakref import WeakSet

import socketio
from aiohttp import WSCloseCode, web
from aiohttp.typedefs import Handler

from bot.gateway.api.models import ID_MAX, MessageOut
from bot.gateway.channels.rest import as_text, heard
from bot.gateway.conversations import Conversations
from bot.gateway.desk import Desk, Incoming
from bot.gateway.http.bodies import BODY_MAX, words_in
from bot.gateway.http.limits import Caller, Limits

PACKET_MAX = 8 * BODY_MAX
"""Bytes. More ends the connection unread; up to here a message is looked through for a cry for
help, as everywhere.
"""

STOP_SECONDS, CLOSE_SECONDS = 6.0, 1.0
"""For the answers under way, and for the goodbyes: together less than the eight seconds that a
gateway has (`SERVER_OPTIONS`).
"""

_silent = logging.getLogger(f"{__name__}.library")
"""The libraries' own logs quote what a client sent, its `sid` for one: none of it is written."""
_silent.disabled = True


class SocketChannel:
    """One socket.io server, to be attached to the application."""

    def __init__(
        self,
        desk: Callable[[], Desk],
        conversations: Conversations,
        caller: Caller,
        limits: Limits,
        origins: tuple[str, ...],
    ) -> None:
        self._desk, self._conversations, self._caller, self._limits = (
            desk,
            conversations,
            caller,
            limits,
        )
        self._server = socketio.AsyncServer(
            async_mode="aiohttp",
            # Browsers hold nobody back from a WebSocket to another site: the list is checked here.
            # None: pages of our own address only.
            cors_allowed_origins=list(origins) or None,
            cors_credentials=False,
            max_http_buffer_size=PACKET_MAX,
            logger=_silent,
            engineio_logger=_silent,
        )
        self._sockets: WeakSet[web.WebSocketResponse] = WeakSet()
        self._under_way: set[asyncio.Task[None]] = set()
        self._server.on("connect", self.connect)
        self._server.on("session_request", self.session_request)
        self._server.on("user_uttered", self.user_uttered)

    def attach(self, app: web.Application) -> None:
        app.middlewares.append(self._count_handshakes)
        self._server.attach(app)
        app.on_response_prepare.append(self._remember)
        app.on_shutdown.append(self._stop)

    async def _remember(self, _: web.Request, response: web.StreamResponse) -> None:
        if isinstance(response, web.WebSocketResponse):
            self._sockets.add(response)

    async def _stop(self, _: web.Application) -> None:
        """What is being answered is answered; then every client is told, so that it connects again
        at once. socket.io's own "disconnect" would keep its clients from doing so.
        """
        if self._under_way:
            await asyncio.wait(self._under_way, timeout=STOP_SECONDS)
        with suppress(TimeoutError):
            async with asyncio.timeout(CLOSE_SECONDS):
                await asyncio.gather(
                    *(
                        socket.close(code=WSCloseCode.SERVICE_RESTART, message=b"restart")
                        for socket in set(self._sockets)
                    ),
                    *(self._server.eio.disconnect(sid) for sid in list(self._server.eio.sockets)),
                    return_exceptions=True,  # one that has gone keeps nobody from being told
                )
        await self._server.shutdown()

    @web.middleware
    async def _count_handshakes(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """A handshake counts as a message does, before the library keeps anything for it."""
        is_one = request.path.startswith("/socket.io/") and "sid" not in request.query
        if is_one and not await self._limits.allow(self._caller.address(request)):
            return web.Response(status=HTTPStatus.TOO_MANY_REQUESTS)
        return await handler(request)

    async def connect(self, sid: str, environ: Mapping[str, Any], auth: object = None) -> None:
        address = self._caller.address(environ["aiohttp.request"])
        await self._server.save_session(sid, {"address": address, "conversation": None})

    async def session_request(self, sid: str, data: object = None) -> None:
        socket = await self._server.get_session(sid)
        given = data.get("session_id") if isinstance(data, dict) else None
        known = await self._conversations.load(given if isinstance(given, str) else None)
        if known:
            await self._confirm(sid, known.id)
        elif opened := await self._desk().open(socket["address"]):
            await self._confirm(sid, opened.conversation)
            await self._say(sid, opened.messages)

    async def user_uttered(self, sid: str, data: object = None) -> None:
        answering = asyncio.create_task(self._answer(sid, data))
        self._under_way.add(answering)
        answering.add_done_callback(self._under_way.discard)
        await answering

    async def _answer(self, sid: str, data: object) -> None:
        socket = await self._server.get_session(sid)
        outgoing = await self._desk().take(await self._incoming(socket, data))
        conversation = outgoing.answer.conversation
        if conversation and conversation != socket["conversation"]:
            await self._confirm(sid, conversation)
        await self._say(sid, outgoing.answer.messages)

    async def _incoming(self, socket: Mapping[str, Any], data: object) -> Incoming:
        message = data.get("message") if isinstance(data, dict) else None
        if isinstance(message, str) and "\0" not in message and len(message) <= BODY_MAX:
            given = data.get("idempotency_key") if isinstance(data, dict) else None
            key = given if isinstance(given, str) and len(given) <= ID_MAX else ""
            return await heard(
                self._conversations, socket["address"], socket["conversation"], message, key=key
            )
        words = words_in(json.dumps(data, default=str).encode()[:BODY_MAX])
        return Incoming(
            socket["address"],
            text=words,
            refused="too_large"
            if isinstance(message, str) and len(message) > BODY_MAX
            else "unreadable",
        )

    async def _confirm(self, sid: str, conversation: str) -> None:
        async with self._server.session(sid) as socket:
            socket["conversation"] = conversation
        await self._server.emit("session_confirm", conversation, to=sid)

    async def _say(self, sid: str, messages: tuple[MessageOut, ...]) -> None:
        for message in messages:
            shown: dict[str, Any] = {"text": as_text(message)}
            if message.buttons:
                shown["quick_replies"] = [
                    {"content_type": "text", "title": b.label, "payload": b.id}
                    for b in message.buttons
                ]
            await self._server.emit("bot_uttered", shown, to=sid)
