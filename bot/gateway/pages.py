"""The pages' routes: what bot.widget renders, at its addresses. Everything that the widget does works here with plain forms."""

from collections.abc import Callable, Mapping
from urllib.parse import parse_qsl

from aiohttp import web

from bot.gateway.bodies import Body, read_body, words_in
from bot.gateway.desk import Desk, Incoming, Outgoing
from bot.gateway.limits import Caller
from bot.gateway.models import AnswerOut
from bot.gateway.notices import REFUSALS
from bot.gateway.sponsor_cookie import SponsorCookie
from bot.safety.audit import Event, Kind
from bot.sponsors.codes import mask_codes
from bot.widget.pages import Asset, ChatPage, Choice, Entry, Pages

MINUTES = {"Cache-Control": "public, max-age=300"}
FORM = "application/x-www-form-urlencoded"
FIELDS = frozenset({"conversation", "text", "button", "do"})


class PageRoutes:
    """`/`, `/chat`, `/help-now` and the files that they need."""

    def __init__(self, pages: Pages, desk: Desk, caller: Caller, cookie: SponsorCookie, code_mask: str, record: Callable[[Event], None]) -> None:
        """`record` counts that the help page was opened."""
        self._pages, self._desk, self._caller, self._cookie = pages, desk, caller, cookie
        self._code_mask, self._record = code_mask, record

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.home),
            web.get("/help-now", self.help_now),
            web.get("/chat", self.chat),
            web.post("/chat", self.say),
            *(web.get(path, self.asset) for path in self._pages.assets),
        ]

    async def home(self, request: web.Request) -> web.Response:
        return _html(self._pages.home(), headers=MINUTES)

    async def help_now(self, request: web.Request) -> web.Response:
        self._record(Event(Kind.HELP, "page"))
        return _html(self._pages.help_now(), headers=MINUTES)

    async def chat(self, request: web.Request) -> web.Response:
        return _html(self._pages.chat(ChatPage()))

    async def asset(self, request: web.Request) -> web.Response:
        asset: Asset = self._pages.assets[request.path]
        headers = {"ETag": asset.etag, "Cache-Control": "no-cache", "Content-Type": asset.content_type}
        if asset.etag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        response = web.Response(body=asset.body, headers=headers)
        response.enable_compression()
        return response

    async def say(self, request: web.Request) -> web.Response:
        """A question, a button, or "clear", from the form."""
        body = await read_body(request, FORM)
        form = form_of(body, FIELDS)
        if form is not None and form.get("do") == "clear":
            self._desk.close(form.get("conversation", ""))
            raise web.HTTPSeeOther("/chat")
        if form is not None and form.get("do") == "back":
            return _html(self._pages.chat(ChatPage(form.get("conversation", ""), leave=self._leave(request))))
        outgoing = await self._desk.take(self._incoming(request, body, form))
        response = self._answered(form or {}, outgoing, self._leave(request))
        if body.refused:
            response.force_close()
        return response

    def _incoming(self, request: web.Request, body: Body, form: Mapping[str, str] | None) -> Incoming:
        address, unlimited = self._caller.address(request), self._caller.is_operator(request)
        if form is None:
            return Incoming(address, unlimited, text=words_in(body.data), refused=body.refused or "unreadable")
        # A button sends the box along: its words are screened, whatever is pressed.
        conversation, text, button = form.get("conversation") or None, form.get("text", ""), form.get("button", "")
        return Incoming(address, unlimited, conversation, text, button, sponsor=self._cookie.token(request))

    def _leave(self, request: web.Request) -> str:
        """Without JavaScript, only the service can end a session that shows a sponsor: the way out then leads past it."""
        return "/leave" if self._cookie.token(request) else ""

    def _answered(self, form: Mapping[str, str], outgoing: Outgoing, leave: str) -> web.Response:
        answer, typed = outgoing.answer, mask_codes(form.get("text", ""), self._code_mask)
        if outgoing.refused:
            page = ChatPage(answer.conversation, error=answer.messages[0].text, draft=typed, pinned_help=answer.pinned_help, leave=leave)
            return _html(self._pages.chat(page), status=REFUSALS[outgoing.refused])
        said = (Entry("user", typed),) if typed and not form.get("button") else ()
        buttons = tuple(Choice(button.id, button.label) for message in answer.messages for button in message.buttons)
        return _html(self._pages.chat(ChatPage(answer.conversation, (*said, *chat_entries(answer)), buttons, answer.pinned_help, leave=leave)))


def chat_entries(answer: AnswerOut) -> tuple[Entry, ...]:
    """An answer as a page shows it."""
    return tuple(Entry("bot", message.text, message.kind, message.source) for message in answer.messages)


def form_of(body: Body, known: frozenset[str]) -> dict[str, str] | None:
    """The fields of a form of ours, or None for anything else."""
    if body.refused:
        return None
    try:
        fields = parse_qsl(body.data.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=len(known))
    except ValueError:
        return None
    form = dict(fields)
    return form if form.keys() <= known and not any("\0" in value for value in form.values()) else None


def _html(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)
