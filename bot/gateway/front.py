"""All of the gateway that is made from the content, as one object: it is built beside the one that
serves, and takes its place in an instant.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Literal

import structlog
from aiohttp import web

from bot import snapshots
from bot.conversation import Conversation
from bot.gateway.api.feedback import Feedback
from bot.gateway.api.messages import Api
from bot.gateway.channels.rest import RestChannel
from bot.gateway.chat_questions import load_chat_questions
from bot.gateway.conversations import Conversations
from bot.gateway.desk import Desk
from bot.gateway.detector import Detector
from bot.gateway.dialogue import DialogueClient
from bot.gateway.http.limits import Caller, Limits
from bot.gateway.languages import Languages, load_languages
from bot.gateway.metrics import Metrics
from bot.gateway.notices import Notices, load_notices
from bot.gateway.pages.chat import PageRoutes
from bot.gateway.pages.sponsor import SponsorPages
from bot.gateway.pages.sponsor_cookie import SponsorCookie
from bot.gateway.pages.tell import TellPages
from bot.gateway.sponsors import Sponsors
from bot.gateway.switchboard import LOOK_SECONDS, Switchboard, Withdrawn, withdrawn, withhold
from bot.gateway.unanswered import Unanswered
from bot.safety.audit import Event
from bot.safety.replies import load_help, steps_by_label
from bot.settings import Settings
from bot.sponsors.content import SponsorWords, load_sponsor_words
from bot.turn import TurnResult
from bot.widget.pages import Pages
from bot.widget.strings import load_strings

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Parts:
    """What outlives every reload, so that no conversation, limit or count is lost."""

    settings: Settings
    detector: Detector
    dialogue: DialogueClient
    conversations: Conversations
    limits: Limits
    caller: Caller
    cookie: SponsorCookie
    sponsors: Sponsors
    switchboard: Switchboard
    unanswered: Unanswered
    feedback: Feedback
    metrics: Metrics
    record: Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Front:
    """`content` is its version, `checked` when the part checked longest ago was checked."""

    content: str
    checked: date | None
    notices: Notices
    pages: Pages
    sponsor_words: SponsorWords
    languages: Languages
    desk: Desk
    withholding: "Withholding"
    routes: tuple[web.RouteDef, ...]
    handlers: Mapping[tuple[str, str], Handler]
    """Of the routes, by method and path: looked up at each request."""


def build(parts: Parts, content: Path) -> Front:
    """Raises ContentError."""
    settings = parts.settings
    notices, help_content, strings = (
        load_notices(content),
        load_help(content),
        load_strings(content),
    )
    words = load_sponsor_words(content)
    pages = Pages(strings, help_content, settings.exit_url, kiosk_seconds=settings.kiosk_seconds)
    languages = Languages(load_languages(content))
    withholding = Withholding(parts.switchboard, content, notices)
    conversation = Conversation(
        parts.detector,
        parts.dialogue,
        help_content,
        notices.refused,
        notices.dont_share,
        notices.code_typed,
        settings.deadline_seconds,
        record=parts.record,
        in_their_language=languages.answer,
        about_the_chat=load_chat_questions(content, strings, help_content).answer,
        only_help=lambda: notices.switched_off.help_only if parts.switchboard.now.help_only else "",
        withhold=withholding,
    )
    desk = Desk(
        conversation,
        parts.conversations,
        parts.limits,
        notices,
        strings.greeting,
        parts.sponsors,
        steps_by_label(help_content),
        parts.feedback,
        parts.metrics,
        parts.unanswered,
    )
    api = Api(desk, parts.caller, parts.limits, notices, parts.cookie)
    chat = PageRoutes(
        pages,
        desk,
        parts.caller,
        parts.conversations,
        notices,
        strings,
        parts.cookie,
        parts.sponsors,
        parts.record,
    )
    sponsor = SponsorPages(
        pages,
        parts.sponsors,
        parts.cookie,
        desk,
        parts.conversations,
        parts.caller,
        pages.exit_url,
    )
    tell = TellPages(
        pages,
        desk,
        parts.caller,
        parts.conversations,
        parts.unanswered,
        notices,
        strings,
        parts.cookie,
    )
    rest = RestChannel(desk, parts.conversations, parts.caller)
    routes = (
        *api.routes(),
        *chat.routes(),
        *sponsor.routes(),
        *tell.routes(),
        *(rest.routes() if settings.rest_channel else ()),
    )
    return Front(
        snapshots.version(content),
        snapshots.oldest_check(content),
        notices,
        pages,
        words,
        languages,
        desk,
        withholding,
        routes,
        {(route.method, route.path): route.handler for route in routes},
    )


class Withholding:
    """Takes what is switched off out of answers."""

    def __init__(self, switchboard: Switchboard, content: Path, notices: Notices) -> None:
        self._switchboard, self._words = switchboard, notices.switched_off
        self._withdrawn = partial(withdrawn, content)
        self._for, self._services = frozenset[str](), tuple[Withdrawn, ...]()
        self.prepare()

    def prepare(self) -> None:
        """Reads from the content whom the switches mean, where they have changed: up to a second, and
        so not while somebody waits.
        """
        if (off := self._switchboard.now.names("service")) != self._for:
            self._services, self._for = self._withdrawn(off), off

    def __call__(self, result: TurnResult) -> TurnResult:
        topics = self._switchboard.now.names("topic")
        if not (self._services or topics):
            return result
        return withhold(result, self._services, topics, self._words)


class Fronts:
    """The front that serves. `follow` swaps it when the content is another one."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._content = parts.settings.content.resolve()
        self._failed = False
        self.current = build(parts, self._content)

    @property
    def state(self) -> Literal["ok", "failed"]:
        """ "failed": the newest content could not be taken, and the one before it is served."""
        failed = self._failed or (self._parts.settings.run / snapshots.FAILED).exists()
        return "failed" if failed else "ok"

    def routes(self) -> list[web.RouteDef]:
        """The routes of every front: each request goes to the one that serves when it comes in."""
        return [
            _handled_by(route, partial(self._handle, (route.method, route.path)))
            for route in self.current.routes
        ]

    async def _handle(self, key: tuple[str, str], request: web.Request) -> web.StreamResponse:
        return await self.current.handlers[key](request)

    async def follow(self) -> None:
        """Looks each second where the content's link leads and what is switched, for as long as it is
        awaited.
        """
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                await asyncio.to_thread(self.current.withholding.prepare)
            except Exception as error:
                _log.error("switched services are unknown", error=type(error).__name__)
            if (content := self._parts.settings.content.resolve()) != self._content:
                self._content = content
                await self._swap(content)

    async def _swap(self, content: Path) -> None:
        """Takes another content, whole or not at all. Never raises."""
        try:
            front = await asyncio.to_thread(build, self._parts, content)
            await front.languages.load()
        except Exception as error:
            self._failed = True
            _log.error("content not reloaded", error=type(error).__name__, detail=str(error))
            return
        self.current, self._failed = front, False
        self._parts.sponsors.words = front.sponsor_words
        _log.info("content reloaded", content=front.content)


def _handled_by(route: web.RouteDef, handler: Handler) -> web.RouteDef:
    """The same route, handled by another."""
    return web.RouteDef(route.method, route.path, handler, route.kwargs)
