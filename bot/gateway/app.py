"""Puts the gateway together. The one place in it where things are made; everything else is given
what it needs.
"""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

import structlog
from aiohttp import web

from bot import models
from bot.errors import ModelError, SettingsError
from bot.gateway.api.feedback import Feedback
from bot.gateway.api.health import Health
from bot.gateway.api.operator import read_operator_token
from bot.gateway.audit import AuditLog
from bot.gateway.breaker import Breaker
from bot.gateway.conversations import Alone, Conversations
from bot.gateway.detector import Detector, LoadedScreen
from bot.gateway.dialogue import DialogueClient
from bot.gateway.front import Fronts, Parts
from bot.gateway.http.connections import Connections
from bot.gateway.http.errors import error_middleware
from bot.gateway.http.headers import Headers
from bot.gateway.http.limits import Caller, Limits
from bot.gateway.languages import Languages
from bot.gateway.metrics import Metrics
from bot.gateway.monitor import Monitor
from bot.gateway.names import look_up_apart
from bot.gateway.pages.sponsor_cookie import SponsorCookie
from bot.gateway.sponsors import Sponsors
from bot.gateway.switchboard import Switchboard
from bot.gateway.unanswered import Unanswered
from bot.keyfile import read_conversation_keys
from bot.safety.audit import Event, detector_version
from bot.settings import Settings
from bot.sponsors.content import load_sponsor_words

if TYPE_CHECKING:
    from bot.gateway.shared_sponsors import SharedSponsors

DETECTOR = web.AppKey("detector", Detector)
SPONSORS = web.AppKey("sponsors", Sponsors)
UNANSWERED = web.AppKey("unanswered", Unanswered)

_log = structlog.get_logger(__name__)


async def create_app(
    settings: Settings,
    screen: Callable[[], LoadedScreen] | None = None,
    breaker: Breaker | None = None,
    connections: Connections | None = None,
) -> web.Application:
    """The gateway as an aiohttp application; it serves at once and loads its detector meanwhile.

    Raises ContentError and SettingsError. `connections` are those that `/health/ready` tells of;
    `screen` and `breaker` are there for tests to be quick.
    """
    headers = Headers(settings)
    limits = Limits(settings)
    caller = Caller(
        settings.proxy_hops, read_operator_token(settings.run), settings.forwarded_header
    )
    detector = Detector(screen or partial(load_screen, settings))
    dialogue = DialogueClient(settings.run, breaker)
    model = detector_version(settings.models)
    audit = AuditLog(settings.audit, settings.audit_days, model)
    conversations = _conversations(settings)
    switchboard, metrics = Switchboard(settings.run), Metrics()
    sponsors = Sponsors(
        load_sponsor_words(settings.content),
        settings,
        switchboard.is_sponsors_off,
        metrics,
        partial(_shared_sponsors, settings, conversations),
    )
    unanswered = Unanswered(sponsors, settings.unanswered_days, settings.sponsor_audit_days)

    def record(event: Event) -> None:
        # not which rule of hundreds: an event must not be laid beside what somebody wrote
        decided_by = event.decided_by.partition(":")[0]
        metrics.count("signpost_crisis_total", kind=event.kind, decided_by=decided_by)
        audit.record(event)

    fronts = Fronts(
        Parts(
            settings,
            detector,
            dialogue,
            conversations,
            limits,
            caller,
            SponsorCookie(secure=settings.proxy_hops > 0),
            sponsors,
            switchboard,
            unanswered,
            Feedback(),
            metrics,
            record,
        )
    )
    health = Health(
        detector,
        dialogue,
        caller,
        connections,
        fronts,
        switchboard,
        sponsors,
        conversations,
        limits,
        model,
        settings.run,
    )
    monitor = Monitor(metrics, health, conversations, limits)

    app = web.Application(
        middlewares=[
            monitor.middleware,
            headers.middleware,
            caller.middleware,
            error_middleware(lambda: (fronts.current.notices, fronts.current.pages)),
            headers.own_forms,
        ]
    )
    app[DETECTOR], app[SPONSORS], app[UNANSWERED] = detector, sponsors, unanswered
    app.add_routes(fronts.routes() + health.routes())
    if settings.socketio_channel:
        from bot.gateway.channels.socketio import (
            SocketChannel,  # a library that nobody else has to wait for
        )

        SocketChannel(
            lambda: fronts.current.desk, conversations, caller, limits, settings.origins
        ).attach(app)
    app.on_response_prepare.append(headers.add)

    async def background(_: web.Application) -> AsyncIterator[None]:
        look_up_apart(asyncio.get_running_loop())
        tasks = [
            asyncio.create_task(work)
            for work in (
                detector.load(),
                sponsors.load(),
                sponsors.forget_audit_daily(),
                unanswered.follow(),
                _behind(detector, fronts.current.languages),
                _forget_idle(conversations),
                _tidy(conversations, sponsors),
                switchboard.watch(),
                fronts.follow(),
            )
        ]
        async with monitor.served(settings):
            yield
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        detector.close()
        await unanswered.save()
        await sponsors.close()
        await dialogue.close()
        await conversations.close()
        await asyncio.to_thread(audit.close)

    app.cleanup_ctx.append(background)
    return app


def _conversations(settings: Settings) -> Conversations:
    idle = settings.kiosk_seconds or settings.conversation_idle_minutes * 60
    bounds, each = (settings.conversations_max, float(idle)), settings.conversations_per_address
    if settings.conversations is None:
        return Conversations(*bounds, per_address=each)
    from bot.gateway.shared import SharedConversations  # a library that nobody else waits for

    assert settings.conversations_keys is not None  # settings.py: both or none
    try:
        keys = read_conversation_keys(settings.conversations_keys)
    except SettingsError as error:
        # It was right when the service started (bot/supervisor.py), and a crisis cannot wait.
        _log.error("conversations are not shared", detail=str(error))
        return Alone(*bounds, per_address=each)
    url = settings.conversations.get_secret_value()
    return SharedConversations(url, keys, *bounds, per_address=each)


def _shared_sponsors(
    settings: Settings, conversations: Conversations, idle_seconds: float
) -> "SharedSponsors | None":
    """None where conversations are not shared either."""
    if settings.sponsor_database is None or conversations.state != "ready":
        return None
    from bot.gateway.shared_sponsors import SharedSponsors

    assert settings.conversations is not None
    assert settings.conversations_keys is not None
    return SharedSponsors(
        settings.conversations.get_secret_value(),
        read_conversation_keys(settings.conversations_keys),
        settings.sponsor_tries,
        idle_seconds,
    )


async def _behind(detector: Detector, languages: Languages) -> None:
    """The screen has the processor to itself until it is loaded."""
    await detector.loaded.wait()
    await languages.load()


async def _forget_idle(conversations: Conversations) -> None:
    """What is over goes out of memory even when nobody writes any more."""
    while True:
        await asyncio.sleep(60)
        conversations.forget_idle()


async def _tidy(conversations: Conversations, sponsors: Sponsors) -> None:
    while True:
        await asyncio.sleep(1)
        await conversations.tidy()
        await sponsors.tidy()


def load_screen(settings: Settings) -> LoadedScreen:
    """The crisis screen, by what of its files the manifest vouches for at this moment."""
    from bot.reading.crisis import (
        load_detector,  # numpy, a second: in the detector's thread, and not before
    )

    try:
        models.verify(settings.models, models.SCREEN)
        distrusted = ""
    except ModelError as error:
        distrusted = str(error)
    return load_detector(settings.models, distrusted)
