"""The pages' routes: what bot.widget renders, at its addresses. Everything that the widget does works here with plain forms."""

from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qsl

from aiohttp import web

from bot.dialogue.protocol import Table
from bot.gateway.bodies import Body, read_body, words_in
from bot.gateway.desk import SUMMARY, Desk, Incoming, Outgoing
from bot.gateway.limits import Caller
from bot.gateway.notices import REFUSALS
from bot.widget.pages import Asset, ChatPage, Choice, Entry, Pages

MINUTES = {"Cache-Control": "public, max-age=300"}
FORM = "application/x-www-form-urlencoded"
FIELDS = frozenset({"conversation", "text", "button", "do"})


class PageRoutes:
    """`/`, `/chat`, `/summary`, `/help-now` and the files that they need."""

    def __init__(self, pages: Pages, desk: Desk, caller: Caller) -> None:
        self._pages, self._desk, self._caller = pages, desk, caller

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.home),
            web.get("/help-now", self.help_now),
            web.get("/chat", self.chat),
            web.post("/chat", self.say),
            web.post("/summary", self.summary),
            *(web.get(path, self.asset) for path in self._pages.assets),
        ]

    async def home(self, request: web.Request) -> web.Response:
        return _html(self._pages.home(), headers=MINUTES)

    async def help_now(self, request: web.Request) -> web.Response:
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
        form = _form(body)
        if form is not None and form.get("do") == "clear":
            self._desk.close(form.get("conversation", ""))
            raise web.HTTPSeeOther("/chat")
        outgoing = await self._desk.take(self._incoming(request, body, form))
        response = self._answered(form or {}, outgoing)
        if body.refused:
            response.force_close()
        return response

    async def summary(self, request: web.Request) -> web.Response:
        """A case to print. Posted, so that the conversation's id is in no address, history or log; what is in the box is screened as ever."""
        body = await read_body(request, FORM)
        incoming = self._incoming(request, body, _form(body))
        outgoing = await self._desk.take(incoming if incoming.refused else replace(incoming, button="", ours=SUMMARY))
        status = REFUSALS[outgoing.refused] if outgoing.refused else 200
        response = _html(self._pages.summary(_entries(outgoing)), status=status)
        if body.refused:
            response.force_close()
        return response

    def _incoming(self, request: web.Request, body: Body, form: Mapping[str, str] | None) -> Incoming:
        address, unlimited = self._caller.address(request), self._caller.is_operator(request)
        if form is None:
            return Incoming(address, unlimited, text=words_in(body.data), refused=body.refused or "unreadable")
        # A button sends the box along: its words are screened, whatever is pressed.
        return Incoming(address, unlimited, form.get("conversation") or None, form.get("text", ""), form.get("button", ""))

    def _answered(self, form: Mapping[str, str], outgoing: Outgoing) -> web.Response:
        answer, typed = outgoing.answer, form.get("text", "")
        if outgoing.refused:
            page = ChatPage(answer.conversation, error=answer.messages[0].text, draft=typed, pinned_help=answer.pinned_help)
            return _html(self._pages.chat(page), status=REFUSALS[outgoing.refused])
        said = (Entry("user", typed),) if typed and not form.get("button") else ()
        buttons = tuple(Choice(button.id, button.label) for message in answer.messages for button in message.buttons)
        page = ChatPage(answer.conversation, (*said, *_entries(outgoing)), buttons, answer.pinned_help, summary=answer.summary)
        return _html(self._pages.chat(page))


def _entries(outgoing: Outgoing) -> tuple[Entry, ...]:
    return tuple(
        Entry("bot", message.text, message.kind, message.source, Table(**message.table.model_dump()) if message.table else None)
        for message in outgoing.answer.messages
    )


def _form(body: Body) -> dict[str, str] | None:
    """The fields of a form of ours, or None for anything else."""
    if body.refused:
        return None
    try:
        fields = parse_qsl(body.data.decode("ascii"), keep_blank_values=True, strict_parsing=True, errors="strict", max_num_fields=len(FIELDS))
    except ValueError:
        return None
    form = dict(fields)
    return form if form.keys() <= FIELDS and not any("\0" in value for value in form.values()) else None


def _html(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)
