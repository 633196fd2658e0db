"""The pages' routes: what bot.widget renders, at its addresses. Everything that the widget does
works here with plain forms.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date
from urllib.parse import parse_qsl

from aiohttp import web

from bot.gateway.api.models import AnswerOut
from bot.gateway.conversations import Conversations
from bot.gateway.desk import SUMMARY, Desk, Incoming, Outgoing
from bot.gateway.http.bodies import Body, read_body, words_in
from bot.gateway.http.limits import Caller
from bot.gateway.notices import REFUSALS, Notices
from bot.gateway.pages.sponsor_cookie import SponsorCookie
from bot.privacy.personal import clean
from bot.safety.audit import Event, Kind
from bot.sponsors.codes import mask_codes
from bot.widget.pages import Asset, ChatPage, Choice, Entry, Pages
from bot.widget.strings import Strings

MINUTES = {"Cache-Control": "public, max-age=300"}
FORM = "application/x-www-form-urlencoded"
FIELDS = frozenset({"conversation", "text", "button", "do", "helpful", "answer"})


class PageRoutes:
    """`/`, `/chat`, `/summary`, `/help-now` and the files that they need."""

    def __init__(
        self,
        pages: Pages,
        desk: Desk,
        caller: Caller,
        conversations: Conversations,
        notices: Notices,
        strings: Strings,
        cookie: SponsorCookie,
        record: Callable[[Event], None],
    ) -> None:
        """`record` counts that the help page was opened."""
        self._pages, self._desk, self._caller, self._conversations = (
            pages,
            desk,
            caller,
            conversations,
        )
        self._strings, self._cookie, self._record = strings, cookie, record
        self._questions = tuple(starter.label for starter in notices.starters)

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
        self._record(Event(Kind.HELP, "page"))
        return _html(self._pages.help_now(), headers=MINUTES)

    async def chat(self, request: web.Request) -> web.Response:
        return _html(self._pages.chat(ChatPage(questions=self._questions)))

    async def asset(self, request: web.Request) -> web.Response:
        asset: Asset = self._pages.assets[request.path]
        headers = {
            "ETag": asset.etag,
            "Cache-Control": "no-cache",
            "Content-Type": asset.content_type,
            "Vary": "Accept-Encoding",
        }
        if asset.etag in request.headers.get("If-None-Match", ""):
            return web.Response(status=304, headers=headers)
        if "gzip" not in request.headers.get("Accept-Encoding", ""):
            return web.Response(body=asset.body, headers=headers)
        return web.Response(body=asset.packed, headers={**headers, "Content-Encoding": "gzip"})

    async def say(self, request: web.Request) -> web.Response:
        """A question, a button, or "clear", from the form."""
        body = await read_body(request, FORM)
        form = form_of(body, FIELDS)
        if form is not None and form.get("do") == "clear":
            self._desk.close(form.get("conversation", ""))
            raise web.HTTPSeeOther("/chat")
        leave = self._leave(request)
        if form is not None and form.get("do") == "back":
            return _html(
                self._pages.chat(replace(self._page(form.get("conversation", "")), leave=leave))
            )
        if form is not None and form.get("helpful") and not form.get("text", "").strip():
            return self._judged(form, leave)
        pressed = self._label(form or {})
        outgoing = await self._desk.take(self._incoming(request, body, form))
        response = self._answered(form or {}, pressed, outgoing, leave)
        if body.refused:
            response.force_close()
        return response

    async def summary(self, request: web.Request) -> web.Response:
        """A case to print. Posted, so that the conversation's id is in no address, history or log;
        what is in the box is screened as ever.
        """
        body = await read_body(request, FORM)
        incoming = self._incoming(request, body, form_of(body, FIELDS))
        outgoing = await self._desk.take(
            incoming if incoming.refused else replace(incoming, button="", ours=SUMMARY)
        )
        status = REFUSALS[outgoing.refused] if outgoing.refused else 200
        response = _html(self._pages.summary(chat_entries(outgoing.answer)), status=status)
        if body.refused:
            response.force_close()
        return response

    def _incoming(
        self, request: web.Request, body: Body, form: Mapping[str, str] | None
    ) -> Incoming:
        address, unlimited = self._caller.address(request), self._caller.is_operator(request)
        if form is None:
            return Incoming(
                address, unlimited, text=words_in(body.data), refused=body.refused or "unreadable"
            )
        # A button sends the box along: its words are screened, whatever is pressed.
        conversation, text, button = (
            form.get("conversation") or None,
            form.get("text", ""),
            form.get("button", ""),
        )
        return Incoming(
            address, unlimited, conversation, text, button, sponsor=self._cookie.token(request)
        )

    def _leave(self, request: web.Request) -> str:
        """Without JavaScript, only the service can end a session that shows a sponsor: the way out
        then leads past it.
        """
        return "/leave" if self._cookie.token(request) else ""

    def _page(self, conversation: str) -> ChatPage:
        """What the page of a conversation shows, or an empty one."""
        session = self._conversations.find(conversation)
        return (
            replace(session.page, conversation=conversation) if session else ChatPage(conversation)
        )

    def _label(self, form: Mapping[str, str]) -> str:
        """What the button says that was pressed, if any of ours was."""
        session = self._conversations.find(form.get("conversation"))
        pressed = session.buttons.get(form.get("button", "")) if session else None
        return pressed.label if pressed else ""

    def _answered(
        self, form: Mapping[str, str], pressed: str, outgoing: Outgoing, leave: str
    ) -> web.Response:
        answer, typed = outgoing.answer, mask_codes(form.get("text", ""), self._strings.code_mask)
        before = self._page(answer.conversation)
        if outgoing.refused:
            page = replace(
                before,
                error=answer.messages[0].text,
                draft=typed,
                pinned_help=answer.pinned_help,
                leave=leave,
            )
            return _html(self._pages.chat(page), status=REFUSALS[outgoing.refused])
        # What tells of a person is not kept for the page either, and so not shown on it again.
        said = (
            (Entry("user", pressed or clean(typed, date.today()).text),) if pressed or typed else ()
        )
        page = ChatPage(
            conversation=answer.conversation,
            entries=(*before.entries, *said, *chat_entries(answer)),
            buttons=tuple(
                Choice(button.id, button.label)
                for message in answer.messages
                for button in message.buttons
            ),
            pinned_help=answer.pinned_help,
            feedback=answer.feedback,
            summary=answer.summary,
        )
        self._keep(page, names_sponsor=bool(leave) and answer.crisis)
        return _html(self._pages.chat(replace(page, leave=leave)))

    def _keep(self, page: ChatPage, *, names_sponsor: bool = False) -> None:
        """An answer that may name somebody's own sponsor is shown once: it must not outlast the
        session that it was shown in.
        """
        if session := self._conversations.find(page.conversation):
            entries = tuple(
                entry for entry in page.entries if not (names_sponsor and entry.kind == "crisis")
            )
            self._conversations.show(session, replace(page, entries=entries))

    def _judged(self, form: Mapping[str, str], leave: str) -> web.Response:
        """The page as it was, with thanks."""
        conversation = form.get("conversation", "")
        self._desk.judge(conversation, form.get("answer", ""), helpful=form["helpful"] == "yes")
        page = replace(self._page(conversation), feedback="")
        self._keep(page)
        return _html(self._pages.chat(replace(page, said=self._strings.thanks, leave=leave)))


def chat_entries(answer: AnswerOut) -> tuple[Entry, ...]:
    """An answer as a page shows it."""
    return tuple(
        Entry("bot", m.text, m.kind, m.source, m.table.table if m.table else None)
        for m in answer.messages
    )


def form_of(body: Body, known: frozenset[str]) -> dict[str, str] | None:
    """The fields of a form of ours, or None for anything else."""
    if body.refused:
        return None
    try:
        fields = parse_qsl(
            body.data.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=len(known),
        )
    except ValueError:
        return None
    form = dict(fields)
    return (
        form if form.keys() <= known and not any("\0" in value for value in form.values()) else None
    )


def _html(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)
