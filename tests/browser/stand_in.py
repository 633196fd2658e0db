"""A stand-in for the service: the real pages and files, with replies that a test decides. For
failures and states that the real one rarely shows.
"""

import asyncio
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from aiohttp import web

from bot.safety.help import load_help
from bot.settings import ROOT
from bot.sponsors.content import load_sponsor_words
from bot.sponsors.wording import Card
from bot.turn import Table
from bot.widget.pages import (
    ChatPage,
    Choice,
    Entry,
    ErrorPage,
    Pages,
    SponsorPage,
    SummaryPage,
    TellPage,
    content_security_policy,
)
from bot.widget.strings import load_strings

CONTENT = ROOT / "bot" / "content"
SOURCE = "From the “Belmarsh” part of the LPP page. Last checked on 1 November 2026. It may have changed."
ANSWER = "This is a made-up answer about a made-up service.\n\nIt has two paragraphs. The second one says that the page does not say."
CRISIS = "I am sorry that it feels like this.\n\nYour assigned sponsor is the best person to contact.\n\n• Samaritans: call 116 123, free."


TABLE = Table(
    "Two made-up services",
    ("", "Harbour", "Lighthouse"),
    (("Age 18 or over", "met", "met"), ("From London", "not met", "does not say")),
)
WIDE_TABLE = Table(
    "Many made-up services",
    ("Service", "So far", "Met", "Not met", "Not said"),
    (("Harbour", "not clear", *["many made-up personality difficulties"] * 3),),
)

ANSWERED = ChatPage(
    "made-up-id",
    (Entry("user", "A question"), Entry("bot", ANSWER, source=SOURCE, table=TABLE)),
    (Choice("b1", "How many places?"),),
    feedback="f1",
)


HELPED = ChatPage(
    "made-up-id",
    (*ANSWERED.entries, Entry("user", "made-up words " * 35), Entry("bot", CRISIS, "crisis")),
    (Choice("b1", "I can't call"),),
    pinned_help=True,
)


ADDRESS = "sam.example-of-the-whole-team@a-rather-long-name-for-a-trust.example"
CARD = Card(
    ("Your sponsor is Sam Example (psychologist).",),
    (
        "Phone: 020 7946 0101 (Monday to Friday, 9am to 5pm)",
        "Text: 07700 900101",
        f"Email: {ADDRESS}",
    ),
    links={
        "020 7946 0101": "tel:02079460101",
        "07700 900101": "sms:07700900101",
        ADDRESS: f"mailto:{ADDRESS}",
    },
)


def message(
    text: str,
    kind: str = "answer",
    source: str = "",
    buttons: tuple[str, ...] = (),
    table: Table | None = None,
) -> dict[str, Any]:
    issued = [{"id": f"b{n}", "label": label} for n, label in enumerate(buttons)]
    return {
        "text": text,
        "kind": kind,
        "source": source,
        "buttons": issued,
        "table": asdict(table) if table else None,
    }


def reply(
    *messages: dict[str, Any], crisis: bool = False, summary: str = "", tell: str = ""
) -> dict[str, Any]:
    return {
        "conversation": "made-up-id",
        "messages": list(messages),
        "topic": "belmarsh",
        "crisis": crisis,
        "eligibility": {},
        "feedback": "" if crisis else "f1",
        "summary": summary,
        "tell": tell,
    }


@dataclass
class StandIn:
    """`replies` are given in turn, then the last one for ever; a number is a bare status, a
    (status, detail) a problem. `heard` is all that came.
    """

    replies: list[Any] = field(
        default_factory=lambda: [
            reply(message(ANSWER, source=SOURCE, buttons=("How many places?", "Who is it for?")))
        ]
    )
    heard: list[tuple[str, str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    """Of the messages in `heard`."""
    delay: float = 0.0
    kiosk_seconds: int = 0
    framed_by: tuple[str, ...] = ()
    url: str = ""

    def application(self) -> web.Application:
        strings = load_strings(CONTENT)
        pages = Pages(strings, load_help(CONTENT), "/left", kiosk_seconds=self.kiosk_seconds)
        app = web.Application(middlewares=[self._headers])
        files = {path: (asset.body, asset.content_type) for path, asset in pages.assets.items()}
        texts = {
            "/": pages.home(),
            "/help-now": pages.help_now(),
            "/chat": pages.chat(ChatPage()),
            "/chat/answered": pages.chat(ANSWERED),
            "/chat/crisis": _crisis_page(pages),
            "/chat/long": pages.chat(HELPED),
            "/chat/followed": pages.chat(
                replace(HELPED, entries=(*HELPED.entries, *ANSWERED.entries, *ANSWERED.entries))
            ),
            "/chat/not-held": pages.chat(
                replace(ANSWERED, tell="now", feedback="", said="Thank you.")
            ),
            "/chat/failed": pages.chat(
                replace(ANSWERED, error="That is too long for me.", draft="made-up words " * 40)
            ),
            "/error": pages.error(ErrorPage(500, "Something went wrong on our side.")),
            "/summary": pages.summary(
                SummaryPage(
                    "made-up-id",
                    (Entry("bot", ANSWER, source=SOURCE, table=WIDE_TABLE),),
                    pinned_help=True,
                )
            ),
            "/tell-shown": pages.tell(TellPage("made-up-id", "a made-up question"), 30),
            "/tell-wrong": pages.tell(
                TellPage("made-up-id", "made-up words " * 40, error="Too long.", invalid=True), 30
            ),
            "/tell-sent": pages.tell(TellPage("made-up-id", "a made-up question", sent=True), 30),
            "/tell-help": pages.tell(
                TellPage(
                    "made-up-id",
                    said="Not sent.",
                    entries=(Entry("bot", CRISIS, "crisis"),),
                    pinned_help=True,
                ),
                30,
            ),
            "/left": '<!doctype html><link rel="icon" href="/icon.svg"><title>Weather</title><h1>Weather</h1>',
        }
        for path, (body, content_type) in {
            **files,
            **{path: (text.encode(), "text/html; charset=utf-8") for path, text in texts.items()},
        }.items():
            app.router.add_get(path, _always(body, content_type))
        app.router.add_post("/api/conversations", self._open)
        app.router.add_post("/api/messages", self._answer)
        app.router.add_post("/api/conversations/{id}/end", self._end)
        app.router.add_post("/api/feedback", self._judge)
        app.router.add_post("/leave", self._end)
        app.router.add_get("/leave/chat", _to("/chat"))
        app.router.add_get("/leave", _to("/"))
        for path, card in (("/sponsor-page", None), ("/sponsor-card", CARD)):
            sponsor = pages.sponsor(
                SponsorPage("made-up-id", card=card, pinned_help=True),
                load_sponsor_words(CONTENT),
                has_directory=True,
            )
            app.router.add_get(path, _always(sponsor.encode(), "text/html; charset=utf-8"))
            if card is None:
                app.router.add_post("/sponsor", _always(sponsor.encode(), "text/html"))
        self._greeting = strings.greeting
        return app

    async def _open(self, request: web.Request) -> web.Response:
        self.heard.append(("POST", request.path, None))
        return web.json_response(
            {
                **reply(message(self._greeting, buttons=("Which services are there?",))),
                "feedback": "",
            }
        )

    async def _answer(self, request: web.Request) -> web.Response:
        said = await request.json()
        self.keys.append(said.pop("idempotency_key", ""))
        self.heard.append(("POST", request.path, said))
        await asyncio.sleep(self.delay)
        answer = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(answer, int):
            return web.Response(status=answer)
        if isinstance(answer, tuple):
            return web.json_response(
                {"status": answer[0], "detail": answer[1]},
                status=answer[0],
                content_type="application/problem+json",
            )
        return web.json_response(answer)

    @web.middleware
    async def _headers(self, request: web.Request, handler: Any) -> web.StreamResponse:
        response: web.StreamResponse = await handler(request)
        response.headers["Content-Security-Policy"] = content_security_policy(self.framed_by)
        return response

    async def _end(self, request: web.Request) -> web.Response:
        self.heard.append(("POST", request.path, None))
        return web.Response(status=204)

    async def _judge(self, request: web.Request) -> web.Response:
        self.heard.append(("POST", request.path, await request.json()))
        return web.Response(status=204)


def _crisis_page(pages: Pages) -> str:
    entries = (*ANSWERED.entries, Entry("user", "Another one"), Entry("bot", CRISIS, "crisis"))
    return pages.chat(
        ChatPage(
            "made-up-id",
            entries,
            (Choice("b1", "I can't call"),),
            pinned_help=True,
            error="That was too long.",
            draft="a draft",
        )
    )


def _to(path: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(status=303, headers={"Location": path})

    return handler


def _always(body: bytes, content_type: str) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handler(request: web.Request) -> web.Response:
        return web.Response(body=body, headers={"Content-Type": content_type})

    return handler


@contextmanager
def serving(stand_in: StandIn) -> Iterator[StandIn]:
    """Serves it until the block ends; after that nothing answers at its address."""
    with in_thread(stand_in.application()) as stand_in.url:
        yield stand_in


@contextmanager
def in_thread(application: web.Application) -> Iterator[str]:
    """Serves an application from a thread of its own. Gives its address."""
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    loop, started, urls = asyncio.new_event_loop(), threading.Event(), list[str]()

    async def start() -> None:
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        urls.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        started.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.run_until_complete(start())
        loop.run_forever()
        late = asyncio.all_tasks(loop)  # answers that nobody waits for any more
        for task in late:
            task.cancel()
        loop.run_until_complete(asyncio.gather(*late, return_exceptions=True))
        # A connection that the server was never told of is known to the loop alone.
        for transport in list(getattr(loop, "_transports", {}).values()):
            transport.abort()
        loop.run_until_complete(asyncio.sleep(0))  # what they closed is told so in the next round

    async def stop() -> None:
        for site in list(runner.sites):
            await site.stop()
        for _ in range(3):
            await asyncio.sleep(0)  # a connection just taken is known to the server by then
        connections = runner.server.connections if runner.server else []
        transports = [each.transport for each in connections if each.transport]
        await runner.cleanup()
        for transport in transports:
            transport.abort()  # it would wait for a browser that reads no more
        await asyncio.sleep(0)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield urls[0]
    finally:
        asyncio.run_coroutine_threadsafe(stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()
