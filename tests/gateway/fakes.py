"""Stand-ins that can be made to fail on purpose: a screen that knows two phrases, and a dialogue
worker that hangs, dies or talks nonsense.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from aiohttp import web

from bot.gateway.desk import SUMMARY
from bot.language.text import normalise
from bot.reading.screening import Label, Screening, Who
from bot.turn import Button, Message, Table, Turn, TurnResult

CASE = "male 41"
TABLE = Table(
    "A made-up table", ("Rule", "Belmarsh"), (("a man", "met"), ("from London", "not said"))
)
NOT_HELD = "will it rain"
CRISIS = "I want to kill myself"
CONCERN = "it is all getting too much"


class PhraseScreen:
    """A `Screen` that finds CRISIS and CONCERN, also when they are spread over messages."""

    missing = ""

    def screen(self, text: str, earlier: tuple[str, ...] = ()) -> Screening:
        said = normalise(" ".join((*earlier, text))).lower()
        if CRISIS.lower() in said:
            return Screening(Label.CRISIS, Who.SELF, "ideation", "phrase")
        return (
            Screening(Label.CONCERN, Who.SELF, "distress", "phrase")
            if CONCERN in normalise(text).lower()
            else Screening(Label.NONE)
        )


class BrokenScreen:
    """A `Screen` with a bug."""

    missing = ""

    def screen(self, text: str, earlier: tuple[str, ...] = ()) -> Screening:
        raise RuntimeError("broken on purpose")


def echo(turn: Turn) -> TurnResult:
    """An answer that shows what the dialogue was given: its words, its payload, and how many turns
    its state has seen.
    """
    seen = int(turn.state or "0") + 1
    buttons = (Button("Again", '/ask_about{"service": "belmarsh"}'),)
    text = f"{seen}: {turn.payload or turn.text}"
    if turn.text == CASE or turn.payload == SUMMARY:
        message = Message(
            text,
            source="From a test.",
            buttons=(*buttons, Button("To print", SUMMARY)),
            table=TABLE,
        )
        return TurnResult((message,), "eligibility", {"belmarsh": "unknown"}, False, str(seen))
    return TurnResult(
        (Message(text, source="From a test.", buttons=buttons),),
        "about_lpp",
        {"belmarsh": "may_fit"},
        False,
        str(seen),
        not_held=NOT_HELD in turn.text,
    )


Mode = Literal["answer", "hang", "die", "die_once", "fail", "babble"]


@dataclass
class FakeWorker:
    """A dialogue worker on the real socket."""

    mode: Mode = "answer"
    turns: list[Turn] = field(default_factory=list)
    slow: Mapping[str, float] = field(default_factory=dict)
    """Seconds that the answer to a text takes."""

    @asynccontextmanager
    async def serve(self, run: Path) -> AsyncIterator["FakeWorker"]:
        app = web.Application()
        app.add_routes([web.post("/turn", self._turn), web.get("/health", self._health)])
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.UnixSite(runner, str(run / "dialogue.sock")).start()
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _health(self, request: web.Request) -> web.Response:
        return web.json_response({"ready": True})

    async def _turn(self, request: web.Request) -> web.StreamResponse:
        turn = Turn(**await request.json())
        self.turns.append(turn)
        await asyncio.sleep(self.slow.get(turn.text, 0))
        if self.mode == "hang":
            await asyncio.sleep(60)
        if self.mode in {"die", "die_once"}:
            self.mode = "answer" if self.mode == "die_once" else "die"
            assert request.transport is not None
            request.transport.close()
            return web.Response()
        if self.mode == "fail":
            return web.json_response({"error": "a bug"}, status=500)
        return web.json_response(
            {"what": "is this"}
            if self.mode == "babble"
            else json.loads(json.dumps(asdict(echo(turn))))
        )
