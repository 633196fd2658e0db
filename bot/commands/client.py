"""Talks to a running service over its public API: what `ask` and `chat` stand on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from bot.errors import SignpostError
from bot.turn import Table

REFUSALS = frozenset({400, 408, 413, 415, 429})
"""What the service answers to a message that it cannot take. The next may be one that it can."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What the service said in one turn. `text` is all that a user would read; `buttons` are (id,
    label).
    """

    text: str
    topic: str
    crisis: bool
    eligibility: dict[str, str]
    buttons: tuple[tuple[str, str], ...] = ()
    refused: bool = False
    """The message was not taken; `text` is what a user reads then."""


class Conversation:
    """One conversation with the service."""

    def __init__(self, http: aiohttp.ClientSession, conversation: str) -> None:
        self._http, self._id = http, conversation

    async def say(self, text: str) -> Reply:
        """Sends what a user would type."""
        return await self._send({"conversation": self._id, "text": text})

    async def press(self, button: str) -> Reply:
        """Presses a button by the id that the service gave it."""
        return await self._send({"conversation": self._id, "button": button})

    async def _send(self, body: dict[str, str]) -> Reply:
        async with self._http.post("/api/messages", json=body) as response:
            if response.status in REFUSALS:
                body = await response.json(content_type=None)
                return Reply(str(body.get("detail", "")), "", False, {}, refused=True)
            answer = await _json(response)
        self._id = answer["conversation"]
        messages = answer["messages"]
        return Reply(
            text="\n\n".join(
                part
                for m in messages
                for part in (m["text"], _as_text(m.get("table")), m["source"])
                if part
            ),
            topic=answer["topic"],
            crisis=answer["crisis"],
            eligibility=answer["eligibility"],
            buttons=tuple((b["id"], b["label"]) for m in messages for b in m["buttons"]),
        )


def _as_text(table: Any) -> str:
    return (
        Table(table["caption"], tuple(table["columns"]), tuple(map(tuple, table["rows"]))).as_text()
        if table
        else ""
    )


async def _json(response: aiohttp.ClientResponse) -> Any:
    body = await response.json(content_type=None)
    if not response.ok:
        raise SignpostError(f"the service answered {response.status}: {body.get('detail', '')}")
    return body


class Service:
    """A running service."""

    def __init__(self, http: aiohttp.ClientSession) -> None:
        self._http = http

    async def open(self) -> Conversation:
        """Starts a new conversation."""
        async with self._http.post("/api/conversations") as response:
            return Conversation(self._http, (await _json(response))["conversation"])


@asynccontextmanager
async def connect(url: str, run: Path) -> AsyncIterator[Service]:
    """Connects to the service at `url`. On the service's own machine the operator's token in `run`
    lifts the rate limits.

    Raises SignpostError where nothing answers there.
    """
    token = run / "operator.token"
    headers = {"Authorization": f"Bearer {token.read_text().strip()}"} if token.is_file() else {}
    async with aiohttp.ClientSession(
        url, headers=headers, timeout=aiohttp.ClientTimeout(total=30)
    ) as http:
        try:
            async with http.get("/health/live"):
                pass
            yield Service(http)
        except aiohttp.ClientConnectionError:
            raise SignpostError(
                f"nothing is running at {url}: start it with `make run`, or give another --url"
            ) from None
