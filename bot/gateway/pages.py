"""The pages' routes: what bot.widget renders, at its addresses. Everything that the widget does works here with plain forms."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from urllib.parse import parse_qsl

from aiohttp import web

from bot.gateway.bodies import Body, read_body, words_in
from bot.gateway.conversations import Conversations
from bot.gateway.desk import Desk, Incoming, Outgoing
from bot.gateway.limits import Caller
from bot.gateway.models import MessageOut
from bot.gateway.notices import REFUSALS, Notices
from bot.privacy.personal import clean
from bot.safety.audit import Event, Kind
from bot.widget.pages import Asset, ChatPage, Choice, Entry, Pages

MINUTES = {"Cache-Control": "public, max-age=300"}
FORM = "application/x-www-form-urlencoded"
FIELDS = frozenset({"conversation", "text", "button", "do", "helpful", "answer"})


class PageRoutes:
    """`/`, `/chat`, `/help-now` and the files that they need."""

    def __init__(
        self,
        pages: Pages,
        desk: Desk,
        caller: Caller,
        conversations: Conversations,
        notices: Notices,
        thanks: str,
        record: Callable[[Event], None],
    ) -> None:
        """`thanks` is said to who called an answer helpful or not. `record` counts that the help page was opened."""
        self._pages, self._desk, self._caller, self._conversations = pages, desk, caller, conversations
        self._thanks, self._record = thanks, record
        self._questions = tuple(starter.label for starter in notices.starters)

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
        return _html(self._pages.chat(ChatPage(questions=self._questions)))

    async def asset(self, request: web.Request) -> web.Response:
        asset: Asset = self._pages.assets[request.path]
        headers = {"ETag": asset.etag, "Cache-Control": "no-cache", "Content-Type": asset.content_type, "Vary": "Accept-Encoding"}
        if asset.etag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=asset.body, headers=headers)
        return web.Response(body=asset.packed, headers={**headers, "Content-Encoding": "gzip"})

    async def say(self, request: web.Request) -> web.Response:
        """A question, a button, or "clear", from the form."""
        body = await read_body(request, FORM)
        form = _form(body)
        if form is not None and form.get("do") == "clear":
            self._desk.close(form.get("conversation", ""))
            raise web.HTTPSeeOther("/chat")
        if form is not None and form.get("helpful") and not form.get("text", "").strip():
            return self._judged(form)
        pressed = self._label(form or {})
        outgoing = await self._desk.take(self._incoming(request, body, form))
        response = self._answered(form or {}, pressed, outgoing)
        if body.refused:
            response.force_close()
        return response

    def _incoming(self, request: web.Request, body: Body, form: Mapping[str, str] | None) -> Incoming:
        address, unlimited = self._caller.address(request), self._caller.is_operator(request)
        if form is None:
            return Incoming(address, unlimited, text=words_in(body.data), refused=body.refused or "unreadable")
        # A button sends the box along: its words are screened, whatever is pressed.
        return Incoming(address, unlimited, form.get("conversation") or None, form.get("text", ""), form.get("button", ""))

    def _label(self, form: Mapping[str, str]) -> str:
        """What the button says that was pressed, if any of ours was."""
        session = self._conversations.find(form.get("conversation"))
        pressed = session.buttons.get(form.get("button", "")) if session else None
        return pressed.label if pressed else ""

    def _answered(self, form: Mapping[str, str], pressed: str, outgoing: Outgoing) -> web.Response:
        answer, typed = outgoing.answer, form.get("text", "")
        session = self._conversations.find(answer.conversation)
        before = session.page if session else ChatPage(answer.conversation)
        if outgoing.refused:
            page = replace(before, error=answer.messages[0].text, draft=typed, pinned_help=answer.pinned_help)
            return _html(self._pages.chat(page), status=REFUSALS[outgoing.refused])
        # What tells of a person is not kept for the page either, and so not shown on it again.
        said = (Entry("user", pressed or clean(typed, date.today()).text),) if pressed or typed else ()
        page = ChatPage(
            conversation=answer.conversation,
            entries=(*before.entries, *said, *(_entry(message) for message in answer.messages)),
            buttons=tuple(Choice(button.id, button.label) for message in answer.messages for button in message.buttons),
            pinned_help=answer.pinned_help,
            feedback=answer.feedback,
        )
        if session:
            self._conversations.show(session, page)
        return _html(self._pages.chat(page))

    def _judged(self, form: Mapping[str, str]) -> web.Response:
        """The page as it was, with thanks."""
        conversation = form.get("conversation", "")
        self._desk.judge(conversation, form.get("answer", ""), helpful=form["helpful"] == "yes")
        session = self._conversations.find(conversation)
        page = replace(session.page if session else ChatPage(), feedback="", said=self._thanks)
        if session:
            self._conversations.show(session, replace(page, said=""))
        return _html(self._pages.chat(page))


def _entry(message: MessageOut) -> Entry:
    return Entry("bot", message.text, message.kind, message.source, message.table.table if message.table else None)


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
