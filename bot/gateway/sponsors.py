"""The directory of sponsors as the gateway has it: loaded beside the service, in nobody's way when
it is down.

The chat only ever asks `note`, which reads memory. All that waits for the store is behind the page
of its own (`sponsor_pages.py`).
"""

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Literal
from zoneinfo import ZoneInfo

import structlog

from bot.errors import SignpostError
from bot.settings import Settings
from bot.sponsors.content import SponsorWords
from bot.sponsors.sessions import Session, Sessions
from bot.sponsors.wording import Card, card

if TYPE_CHECKING:
    from bot.sponsors.lookup import LookUp, Outcome

_log = structlog.get_logger(__name__)


class Sponsors:
    """`has_directory` False: none is configured, and the bot only says who can be asked."""

    def __init__(self, words: SponsorWords, settings: Settings) -> None:
        self.words, self._settings = words, settings
        self.has_directory = settings.sponsor_database is not None
        self._sessions = Sessions()
        self._uk = ZoneInfo("Europe/London")
        self._look_up: LookUp | None = None
        self.loaded = asyncio.Event()
        """Set once loading is over, well or not."""

    async def load(self) -> None:
        """Loads what a look-up needs, in a thread, for the libraries take a second and the service
        listens already. Logs what goes wrong.
        """
        if self.has_directory:
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
        directory = Directory(
            self._settings.sponsor_database.get_secret_value(),
            read_keys(self._settings.sponsor_keys),
        )
        return LookUp(directory, self._sessions)

    async def look_up(
        self, reference: str, code: str, address: str, conversation: str
    ) -> "Outcome | None":
        """None: there is nothing that could look up."""
        return (
            await self._look_up.look_up(reference, code, address, conversation)
            if self._look_up
            else None
        )

    async def refresh(self, token: str) -> Literal["found", "over", "unavailable"]:
        """Reads again what a session shows."""
        return await self._look_up.refresh(token) if self._look_up else "over"

    def session(self, token: str) -> Session | None:
        return self._sessions.find(token)

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
