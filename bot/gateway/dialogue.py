"""The way to the dialogue workers: one HTTP call over their Unix socket, one quick second try, and
a breaker for when they only keep us waiting.
"""

import asyncio
from http import HTTPStatus
from pathlib import Path

import aiohttp
import structlog
from pydantic import TypeAdapter, ValidationError

from bot.gateway.breaker import Breaker
from bot.turn import Turn, TurnResult

SOCKET = "dialogue.sock"
TRIES = 2
PAUSE_SECONDS = 0.05
HEALTH_SECONDS = 1.0

_TURN, _RESULT = TypeAdapter(Turn), TypeAdapter(TurnResult)
_log = structlog.get_logger(__name__)


class DialogueClient:
    """A `bot.conversation.Dialogue`. The workers keep nothing between turns, so a turn may be sent
    twice, to any of them.
    """

    def __init__(self, run: Path, breaker: Breaker | None = None) -> None:
        # A connection a turn: 50 µs on a Unix socket, and a worker that is stuck or gone never
        # holds one that we would use.
        self._http = aiohttp.ClientSession(
            "http://dialogue",
            connector=aiohttp.UnixConnector(str(run / SOCKET), force_close=True),
            timeout=aiohttp.ClientTimeout(total=None),
        )
        self._breaker = breaker or Breaker()

    async def take(self, turn: Turn) -> TurnResult | None:
        """Lets a worker answer. None where none does. The caller limits the time by cancelling,
        which the breaker counts.
        """
        if not self._breaker.lets_through():
            return None
        in_vain = True
        try:
            result = await self._try(_TURN.dump_json(turn))
            in_vain = False
            return result
        finally:
            self._breaker.record(in_vain=in_vain)

    async def _try(self, body: bytes) -> TurnResult | None:
        for attempt in range(1, TRIES + 1):
            try:
                return await self._post(body)
            except aiohttp.ClientError as error:
                _log.warning(
                    "dialogue worker did not answer", error=type(error).__name__, attempt=attempt
                )
            if attempt < TRIES:
                await asyncio.sleep(PAUSE_SECONDS)
        return None

    async def _post(self, body: bytes) -> TurnResult | None:
        async with self._http.post(
            "/turn", data=body, headers={"Content-Type": "application/json"}
        ) as response:
            answer = await response.read()
            if response.status != HTTPStatus.OK:
                _log.error("dialogue worker failed", status=response.status)
                return None
        try:
            return _RESULT.validate_json(answer)
        except ValidationError as error:
            # Only where and what kind: the values are what somebody was told.
            _log.error(
                "dialogue worker's answer is not a TurnResult",
                problems=[(e["loc"], e["type"]) for e in error.errors()],
            )
            return None

    async def is_up(self) -> bool:
        """True where a worker answers right now."""
        return await self.content() is not None

    async def content(self) -> str | None:
        """Which version of the content the worker has that answers right now ("" where it does not
        say); None where none answers.
        """
        try:
            async with asyncio.timeout(HEALTH_SECONDS), self._http.get("/health") as response:
                if response.status != HTTPStatus.OK:
                    return None
                said = await response.json()
                return str(said.get("content", "")) if isinstance(said, dict) else ""
        except (aiohttp.ClientError, TimeoutError, ValueError):
            return None

    async def close(self) -> None:
        await self._http.close()
