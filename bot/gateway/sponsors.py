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
from bot.sponsors.tries import Counts
from bot.sponsors.wording import Card, card

if TYPE_CHECKING:
    from bot.gateway.shared_sponsors import SharedSponsors
    from bot.sponsors.lookup import LookUp, Outcome
    from bot.sponsors.store import Directory

DAY_SECONDS = 24 * 3600
CHAT_SECONDS = 0.1
"""What a message waits for the directory at most, where another gateway opened its session."""
PAGE_SECONDS = 3.0

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
        share: Callable[[float], "SharedSponsors | None"] = lambda _: None,
    ) -> None:
        """`is_off`: the operator has switched looking up off for now. `share` makes what other
        gateways are told by, for sessions that end after so many idle seconds.
        """
        self.words, self._settings, self._is_off = words, settings, is_off
        self._metrics = metrics
        self._is_configured = settings.sponsor_database is not None
        kiosk = settings.kiosk_seconds
        idle = min(kiosk or IDLE_SECONDS, IDLE_SECONDS)
        self._sessions = Sessions(idle_seconds=idle)
        self._others = share(idle)
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
            counts=self._others or Counts(self._settings.sponsor_tries),
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
        if await self.bring_in(token, page=True) == "unavailable":
            return "unavailable"
        return await self._look_up.refresh(token)

    async def give_out(self, token: str) -> None:
        """Tells the other gateways of a session that was opened here."""
        session = self._sessions.held(token)
        if self._others and session:
            session.is_shared = await self._others.give_out(
                token, session.person, session.code, session.conversation
            )

    async def bring_in(self, token: str, *, page: bool = False) -> Literal["done", "unavailable"]:
        """Takes in a session that another gateway opened or used, and ends one that another ended.
        Waits no longer than a crisis answer may, unless a `page` is all that waits. Never raises.
        """
        if not self._others or not self._look_up or not token or self._is_off():
            return "done"
        try:
            await self._bring_in(
                token, self._others, self._look_up, PAGE_SECONDS if page else CHAT_SECONDS
            )
        except Exception as error:
            _log.warning("a shared sponsor session was not read", error=type(error).__name__)
            return "unavailable"
        return "done"

    async def _bring_in(
        self, token: str, others: "SharedSponsors", look_up: "LookUp", seconds: float
    ) -> None:
        session, kept = self._sessions.held(token), await others.use(token)
        if kept == "none":
            if session and session.is_shared and not self._sessions.is_over(session):
                self._sessions.end(token)
        elif kept == "unknown":
            pass  # each gateway knows its own
        elif session:
            self._sessions.use(session)
        elif listing := await look_up.listing(kept.person, kept.code, seconds):
            taken = Session(
                kept.person, kept.code, listing, kept.conversation, 0.0, 0.0, is_shared=True
            )
            self._sessions.adopt(token, taken, kept.left_seconds)

    async def tidy(self) -> None:
        """Tells the other gateways what they could not be told. Never raises."""
        if self._others:
            await self._others.tidy()

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

    async def end(self, token: str) -> str:
        """Ends a session, known or not. Returns the conversation that it was for, or ""."""
        await self.bring_in(token)
        session = self._sessions.find(token)
        self._sessions.end(token)
        if self._others and token:
            await self._others.end(token)
        return session.conversation if session else ""

    async def end_conversation(self, conversation: str) -> None:
        self._sessions.end_conversation(conversation)
        if self._others:
            await self._others.end_conversation(conversation)

    async def close(self) -> None:
        if self._look_up:
            await self._look_up.close()
        if self._others:
            await self._others.close()


def _own_words(error: Exception) -> str:
    """An error's text, where it is ours: it names a setting. A library's may hold the setting's
    value.
    """
    return str(error) if isinstance(error, SignpostError) else ""
