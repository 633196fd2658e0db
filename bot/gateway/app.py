"""Puts the gateway together. The one place in it where things are made; everything else is given
what it needs.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Any

from aiohttp import web

from bot.conversation import Conversation
from bot.gateway.api.messages import Api
from bot.gateway.api.operator import read_operator_token
from bot.gateway.audit import AuditLog
from bot.gateway.channels.rest import RestChannel
from bot.gateway.conversations import Conversations
from bot.gateway.desk import Desk
from bot.gateway.detector import Detector
from bot.gateway.dialogue import Breaker, DialogueClient
from bot.gateway.http.errors import error_middleware
from bot.gateway.http.headers import Headers
from bot.gateway.http.limits import Caller, Limits
from bot.gateway.notices import load_notices
from bot.gateway.pages.chat import PageRoutes
from bot.gateway.pages.sponsor import SponsorPages
from bot.gateway.pages.sponsor_cookie import SponsorCookie
from bot.gateway.sponsors import Sponsors
from bot.reading.screening import Screen
from bot.safety.audit import detector_version
from bot.safety.replies import load_help
from bot.settings import Settings
from bot.sponsors.content import load_sponsor_words
from bot.widget.pages import Pages
from bot.widget.strings import load_strings

SERVER_OPTIONS: Mapping[str, Any] = {
    "access_log": None,  # it would name addresses, and ids in paths
    "auto_decompress": False,  # what is packed is refused, and must not cost us its unpacking
    # seconds: also for the first request's headers, since a connection that has not sent them is
    # idle
    "keepalive_timeout": 15,
    # seconds in which the rest of a refused body is thrown away, so that its sender gets to see the
    # answer
    "lingering_time": 1.0,
    "shutdown_timeout": 3,  # seconds for the answers that are under way
}
"""How aiohttp runs it."""

DETECTOR = web.AppKey("detector", Detector)
SPONSORS = web.AppKey("sponsors", Sponsors)


async def create_app(
    settings: Settings,
    load_screen: Callable[[], Screen] | None = None,
    breaker: Breaker | None = None,
) -> web.Application:
    """The gateway as an aiohttp application; it serves at once and loads its detector meanwhile.

    Raises ContentError and SettingsError. `load_screen` and `breaker` are there for tests to be
    quick.
    """
    notices, help_content, strings = (
        load_notices(settings.content),
        load_help(settings.content),
        load_strings(settings.content),
    )
    pages = Pages(strings, help_content, settings.exit_url, kiosk_seconds=settings.kiosk_seconds)
    headers = Headers(settings)
    limits = Limits(settings)
    caller = Caller(settings.proxy_hops, read_operator_token(settings.run))
    detector = Detector(load_screen or _loader(settings))
    dialogue = DialogueClient(settings.run, breaker)
    audit = AuditLog(settings.audit, settings.audit_days, detector_version(settings.models))
    talk = (notices.refused, notices.dont_share, notices.code_typed, settings.deadline_seconds)
    conversation = Conversation(detector, dialogue, help_content, *talk, record=audit.record)
    conversations = Conversations(
        settings.conversations_max,
        settings.kiosk_seconds or settings.conversation_idle_minutes * 60,
    )
    sponsors = Sponsors(load_sponsor_words(settings.content), settings)
    cookie = SponsorCookie(secure=settings.proxy_hops > 0)
    desk = Desk(conversation, conversations, limits, notices, strings.greeting, sponsors)

    app = web.Application(middlewares=[headers.middleware, error_middleware(notices, pages)])
    app[DETECTOR], app[SPONSORS] = detector, sponsors
    app.add_routes(Api(desk, caller, limits, notices, detector, dialogue, cookie).routes())
    app.add_routes(
        PageRoutes(
            pages, desk, caller, conversations, notices, strings, cookie, audit.record
        ).routes()
    )
    app.add_routes(
        SponsorPages(pages, sponsors, cookie, desk, conversations, caller, pages.exit_url).routes()
    )
    if settings.rest_channel:
        app.add_routes(RestChannel(desk, conversations, caller).routes())
    if settings.socketio_channel:
        from bot.gateway.channels.socketio import (
            SocketChannel,  # a library that nobody else has to wait for
        )

        SocketChannel(desk, conversations, caller, limits, settings.origins).attach(app)
    app.on_response_prepare.append(headers.add)

    async def background(_: web.Application) -> AsyncIterator[None]:
        loading = asyncio.create_task(detector.load())
        directory = asyncio.create_task(sponsors.load())
        forgetting = asyncio.create_task(_forget_idle(conversations))
        yield
        for task in (loading, directory, forgetting):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        detector.close()
        await sponsors.close()
        await dialogue.close()
        await asyncio.to_thread(audit.close)

    app.cleanup_ctx.append(background)
    return app


async def _forget_idle(conversations: Conversations) -> None:
    """What is over goes out of memory even when nobody writes any more."""
    while True:
        await asyncio.sleep(60)
        conversations.forget_idle()


def _loader(settings: Settings) -> Callable[[], Screen]:
    def load() -> Screen:
        from bot.reading.crisis import (
            load_detector,  # spaCy, seconds: in the detector's thread, and not before
        )

        screen: Screen = load_detector(settings.models)
        return screen

    return load
