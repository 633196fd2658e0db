"""`/tell`: what somebody asked, shown as it would be sent to those who write the answers, and kept
only when they send it. A plain form, for every browser; the widget opens it beside the chat.

What is sent is what was seen: where cleaning or a crisis changes anything, it is shown anew instead.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from aiohttp import web

from bot.conversation import TEXT_MAX
from bot.gateway.conversations import Conversations
from bot.gateway.desk import Desk, Incoming
from bot.gateway.http.bodies import FORM, Body, form_of, read_body, words_in
from bot.gateway.http.headers import is_ours
from bot.gateway.http.limits import Caller
from bot.gateway.http.responses import html
from bot.gateway.notices import REFUSALS, Notices
from bot.gateway.pages.chat import chat_entries
from bot.gateway.pages.sponsor_cookie import SponsorCookie
from bot.gateway.unanswered import Unanswered
from bot.language.text import neutralise
from bot.privacy.personal import clean
from bot.sponsors.codes import mask_codes
from bot.widget.pages import TELL_FIELDS, Pages, TellPage
from bot.widget.strings import Strings

PASSES = 4
"""What is taken out may leave something to take out: a few rounds reach the end of it."""


class TellPages:
    def __init__(
        self,
        pages: Pages,
        desk: Desk,
        caller: Caller,
        conversations: Conversations,
        unanswered: Unanswered,
        notices: Notices,
        strings: Strings,
        cookie: SponsorCookie,
    ) -> None:
        self._pages, self._desk, self._caller, self._conversations = (
            pages,
            desk,
            caller,
            conversations,
        )
        self._unanswered, self._words, self._code_mask = (
            unanswered,
            strings.tell,
            strings.code_mask,
        )
        self._too_many, self._cookie = notices.refused["too_many"], cookie

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/tell", self.start), web.post("/tell", self.post)]

    async def start(self, request: web.Request) -> web.Response:
        """There is nothing to tell without a question."""
        return web.Response(status=303, headers={"Location": "/chat"})

    async def post(self, request: web.Request) -> web.Response:
        """Shows a question as it would be sent, or sends it. Any words are screened first."""
        body = await read_body(request, FORM)
        response = await self._posted(request, body, form_of(body, TELL_FIELDS))
        if body.refused:
            response.force_close()
        return response

    async def _posted(
        self, request: web.Request, body: Body, form: Mapping[str, str] | None
    ) -> web.Response:
        words = words_in(body.data) if form is None else form.get("text", "")
        form = form or {}
        session = await self._conversations.load(form.get("conversation"))
        page = TellPage(
            session.id if session else "",
            mask_codes(neutralise(words), self._code_mask),
            pinned_help="helped" in form or bool(session and session.keeps_help),
            leave="/leave" if self._cookie.token(request) else "",
        )
        # A form of another site may show a question, which the widget does there, and send nothing.
        sends = form.get("do") == "send" and is_ours(request)
        if helped := await self._heard(request, words, page, sends=sends):
            return helped
        if session is None or page.pinned_help or not self._unanswered.is_open:
            return self._shown(replace(page, text=""), 410, self._words.closed)
        if not page.text:
            return self._shown(replace(page, invalid=True), 400, self._words.empty)
        if len(page.text) > TEXT_MAX:
            return self._shown(replace(page, invalid=True), 400, self._words.too_long)
        text = self._without_personal_data(page.text)
        if not sends:
            return self._shown(replace(page, text=text))
        if text != page.text:
            return self._shown(replace(page, text=text, invalid=True), 400, self._words.changed)
        if not await self._unanswered.keep(session.id, text):
            return self._shown(page, 503, self._words.unavailable)
        return self._shown(replace(page, sent=True))

    async def _heard(
        self, request: web.Request, words: str, page: TellPage, *, sends: bool
    ) -> web.Response | None:
        """The help, where the screen finds anything at all in the words, or a refusal of one post too
        many; None where they are nothing but words. What is sent belongs to its conversation, so
        that the help stays in view there.
        """
        if not words.strip():
            return None
        address, unlimited = self._caller.address(request), self._caller.is_operator(request)
        conversation = page.conversation if sends else None
        outgoing = await self._desk.take(
            Incoming(address, unlimited, conversation, words, refused="unreadable")
        )
        entries = chat_entries(outgoing.answer)
        if not outgoing.refused:
            helped = replace(page, text="", entries=entries, pinned_help=outgoing.answer.crisis)
            return self._shown(helped, said=self._words.help_first)
        if outgoing.gives_help:
            helped = replace(page, text="", entries=entries[1:])  # without the refusal
            return self._shown(helped, said=self._words.help_first)
        if outgoing.refused == "too_many":
            return self._shown(page, REFUSALS["too_many"], self._too_many)
        return None

    def _without_personal_data(self, text: str) -> str:
        for _ in range(PASSES):
            before, text = text, clean(text, date.today()).text
            if text == before:
                break
        return text

    def _shown(
        self, page: TellPage, status: int = 200, error: str = "", said: str = ""
    ) -> web.Response:
        page = replace(page, error=error, said=said)
        return html(self._pages.tell(page, self._unanswered.days), status)
