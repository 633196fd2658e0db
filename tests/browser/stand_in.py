"""A stand-in for the service: the real pages and files, with replies that a test decides. For failures and states that the real one rarely shows."""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.safety.help import load_help
from bot.settings import ROOT
from bot.widget.pages import CONTENT_SECURITY_POLICY, ChatPage, Choice, Entry, ErrorPage, Pages
from bot.widget.strings import load_strings

CONTENT = ROOT / "bot" / "content"
SOURCE = "From the “Belmarsh” part of the LPP page. Last checked on 1 November 2026. It may have changed."
ANSWER = "This is a made-up answer about a made-up service.\n\nIt has two paragraphs. The second one says that the page does not say."
CRISIS = "I am sorry that it feels like this.\n\nYour assigned sponsor is the best person to contact.\n\n• Samaritans: call 116 123, free."


TABLE = {"caption": "Made-up rules", "columns": ["Rule", "One", "Two"], "rows": [["a man", "met", "met"], ["from London", "not met", "no rule"]]}


def message(text: str, kind: str = "answer", source: str = "", buttons: tuple[str, ...] = (), table: dict[str, Any] | None = None) -> dict[str, Any]:
    choices = [{"id": f"b{n}", "label": label} for n, label in enumerate(buttons)]
    return {"text": text, "kind": kind, "source": source, "buttons": choices, "table": table}


def reply(*messages: dict[str, Any], crisis: bool = False, summary: str = "") -> dict[str, Any]:
    return {
        "conversation": "made-up-id",
        "messages": list(messages),
        "topic": "belmarsh",
        "crisis": crisis,
        "eligibility": {},
        "summary": summary,
    }


@dataclass
class StandIn:
    """`replies` are given in turn, then the last one for ever; a number is a bare status, a (status, detail) a problem. `heard` is all that came."""

    replies: list[Any] = field(default_factory=lambda: [reply(message(ANSWER, source=SOURCE, buttons=("How many places?", "Who is it for?")))])
    heard: list[tuple[str, str, Any]] = field(default_factory=list)
    delay: float = 0.0
    url: str = ""

    def application(self) -> web.Application:
        strings = load_strings(CONTENT)
        pages = Pages(strings, load_help(CONTENT), "/left")
        app = web.Application(middlewares=[_headers])
        files = {path: (asset.body, asset.content_type) for path, asset in pages.assets.items()}
        texts = {
            "/": pages.home(),
            "/help-now": pages.help_now(),
            "/chat": pages.chat(ChatPage()),
            "/chat/crisis": _crisis_page(pages),
            "/error": pages.error(ErrorPage(500, "Something went wrong on our side.")),
            "/left": '<!doctype html><link rel="icon" href="/icon.svg"><title>Weather</title><h1>Weather</h1>',
        }
        for path, (body, content_type) in {**files, **{path: (text.encode(), "text/html; charset=utf-8") for path, text in texts.items()}}.items():
            app.router.add_get(path, _always(body, content_type))
        app.router.add_post("/api/conversations", self._open)
        app.router.add_post("/api/messages", self._answer)
        app.router.add_delete("/api/conversations/{id}", self._forget)
        self._greeting = strings.greeting
        return app

    async def _open(self, request: web.Request) -> web.Response:
        self.heard.append(("POST", request.path, None))
        return web.json_response(reply(message(self._greeting, buttons=("Which services are there?",))))

    async def _answer(self, request: web.Request) -> web.Response:
        self.heard.append(("POST", request.path, await request.json()))
        await asyncio.sleep(self.delay)
        answer = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(answer, int):
            return web.Response(status=answer)
        if isinstance(answer, tuple):
            return web.json_response({"status": answer[0], "detail": answer[1]}, status=answer[0], content_type="application/problem+json")
        return web.json_response(answer)

    async def _forget(self, request: web.Request) -> web.Response:
        self.heard.append(("DELETE", request.path, None))
        return web.Response(status=204)


def _crisis_page(pages: Pages) -> str:
    entries = (Entry("user", "A question"), Entry("bot", ANSWER, source=SOURCE), Entry("user", "Another one"), Entry("bot", CRISIS, "crisis"))
    return pages.chat(ChatPage("made-up-id", entries, (Choice("b1", "I can't call"),), pinned_help=True, error="That was too long.", draft="a draft"))


def _always(body: bytes, content_type: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=body, headers={"Content-Type": content_type})

    return handler


@web.middleware
async def _headers(request: web.Request, handler: Any) -> web.StreamResponse:
    response: web.StreamResponse = await handler(request)
    response.headers["Content-Security-Policy"] = CONTENT_SECURITY_POLICY
    return response


@contextmanager
def serving(stand_in: StandIn) -> Iterator[StandIn]:
    """Serves it from a thread of its own until the block ends; after that nothing answers at its address."""
    runner = web.AppRunner(stand_in.application(), shutdown_timeout=0.1)
    loop, started = asyncio.new_event_loop(), threading.Event()

    async def start() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        stand_in.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        started.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield stand_in
    finally:
        asyncio.run_coroutine_threadsafe(runner.cleanup(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
