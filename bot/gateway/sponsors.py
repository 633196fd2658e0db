"""The directory of sponsors as the gateway has it: loaded beside the service, in nobody's way when
it is down.

The chat only ever asks `note`, which reads memory. All that waits for the store is behind the page
of its own (`sponsor_pages.py`).
"""

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import structlog

from bot.errors import SignpostError
from bot.gateway.metrics import Metrics
from bot.settings import Settings
from bot.sponsors.content import SponsorWords
from bot.sponsors.sessions import IDLE_SECONDS, Session, Sessions
from bot.sponsors.wording import Card, card

if TYPE_CHECKING:
    from bot.sponsors.lookup import LookUp, Outcome
    from bot.sponsors.store import Directory

DAY_SECONDS = 24 * 3600

_log = structlog.get_logger(__name__)


class Sponsors:
    """`has_directory` False: none is configured, or it is switched off, and the bot only says who
    can be asked.

    `words` are replaced when the content is reloaded.
    """

    def __init__(
        self,
        words: SponsorWords,
        settings: Settings,
        is_off: Callable[[], bool],
        metrics: Metrics,
    ) -> None:
        """`is_off`: the operator has switched looking up off for now."""
        self.words, self._settings, self._is_off = words, settings, is_off
        self._metrics = metrics
        self._is_configured = settings.sponsor_database is not None
        kiosk = settings.kiosk_seconds
        self._sessions = Sessions(idle_seconds=min(kiosk or IDLE_SECONDS, IDLE_SECONDS))
        self._uk = ZoneInfo("Europe/London")
        self._look_up: LookUp | None = None
        self._directory: Directory | None = None
        self.loaded = asyncio.Event()
        """Set once loading is over, well or not."""

    @property
    def has_directory(self) -> bool:
        return self._is_configured and not self._is_off()

    @property
    def directory(self) -> "Directory | None":
        """The directory, for what else is kept there; None where there is none, it is not loaded, or
        it is switched off.
        """
        return None if self._is_off() else self._directory

    @property
    def page_words(self) -> SponsorWords:
        """The words of the page, by which of the two reasons there is nothing to look up."""
        if not self._is_off():
            return self.words
        page = self.words.page.model_copy(update={"without": self.words.page.off})
        return self.words.model_copy(update={"page": page})

    async def load(self) -> None:
        """Loads what a look-up needs, in a thread, for the libraries take a second and the service
        listens already. Logs what goes wrong.
        """
        if self._is_configured:
            try:
                self._look_up = await asyncio.to_thread(self._make)
            except Exception as error:
                _log.error(
                    "sponsor directory did not load: every look-up is unavailable",
                    error=type(error).__name__,
                    detail=_own_words(error),
                )
        self.loaded.set()

    def _make(self) -> "LookUp":
        from bot.sponsors.keys import read_keys
        from bot.sponsors.lookup import LookUp
        from bot.sponsors.store import Directory

        assert (  # noqa: PT018
            self._settings.sponsor_database is not None and self._settings.sponsor_keys is not None
        )  # settings.py: both or none
        self._directory = Directory(
            self._settings.sponsor_database.get_secret_value(),
            read_keys(self._settings.sponsor_keys),
        )
        return LookUp(
            self._directory,
            self._sessions,
            address_tries=self._settings.sponsor_tries,
            shared=self._settings.sponsor_shared_networks,
        )

    async def forget_audit_daily(self) -> None:
        """Deletes the audit's old lines, at the start and then once a day, for as long as it is
        awaited.
        """
        await self.loaded.wait()
        while self._look_up:
            await self._look_up.forget_audit(self._settings.sponsor_audit_days)
            await asyncio.sleep(DAY_SECONDS)

    async def look_up(
        self, reference: str, code: str, address: str, conversation: str
    ) -> "Outcome | None":
        """None: there is nothing that could look up."""
        if self._look_up is None or self._is_off():
            return None
        outcome = await self._look_up.look_up(reference, code, address, conversation)
        self._metrics.count("signpost_sponsor_lookups_total", outcome=outcome.kind)
        return outcome

    @property
    def state(self) -> Literal["none", "loading", "ready", "failed", "off"]:
        """Of the directory, as far as it is known without asking its database."""
        if not self._is_configured:
            return "none"
        if self._is_off():
            return "off"
        if not self.loaded.is_set():
            return "loading"
        return "ready" if self._look_up else "failed"

    async def refresh(self, token: str) -> Literal["found", "over", "unavailable"]:
        """Reads again what a session shows."""
        if self._look_up is None or self._is_off():
            return "over"
        return await self._look_up.refresh(token)

    def session(self, token: str) -> Session | None:
        return self._sessions.find(token)

    def conversation(self, token: str) -> str:
        return self._sessions.conversation(token)

    def card(self, session: Session) -> Card:
        return card(self.words, session.listing, datetime.now(self._uk))

    def note(self, token: str, conversation: str) -> str:
        """What the chat may say about the writer's own sponsor: who it is, where this browser has
        shown a code in this very conversation; else where to find out; "" without a directory.
        Memory only, and never raises: a crisis answer hangs on it.
        """
        if not self.has_directory:
            return ""
        try:
            session = self._sessions.find(token, conversation) if token else None
            return self.card(session).as_text() if session else self.words.chat.find
        except Exception as error:
            _log.error("sponsor note failed", error=type(error).__name__)
            return self.words.chat.find

    def links(self, token: str, conversation: str) -> Mapping[str, str]:
        """Where a tap on what `note` names leads. Never raises."""
        try:
            is_shown = token and self.has_directory
            session = self._sessions.find(token, conversation) if is_shown else None
            return self.card(session).links if session else {}
        except Exception as error:
            _log.error("sponsor links failed", error=type(error).__name__)
            return {}

    def end(self, token: str) -> str:
        """Ends a session, known or not. Returns the conversation that it was for, or ""."""
        session = self._sessions.find(token)
        self._sessions.end(token)
        return session.conversation if session else ""

    def end_conversation(self, conversation: str) -> None:
        self._sessions.end_conversation(conversation)

    async def close(self) -> None:
        if self._look_up:
            await self._look_up.close()


def _own_words(error: Exception) -> str:
    """An error's text, where it is ours: it names a setting. A library's may hold the setting's
    value.
    """
    return str(error) if isinstance(error, SignpostError) else ""
