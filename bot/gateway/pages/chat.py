"""The pages' routes: what bot.widget renders, at its addresses. Everything that the widget does
works here with plain forms.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

from aiohttp import web

from bot.conversation import TEXT_MAX
from bot.gateway.api.models import AnswerOut
from bot.gateway.conversations import Conversations
from bot.gateway.desk import SUMMARY, Desk, Incoming, Outgoing
from bot.gateway.http.bodies import FORM, Body, form_of, read_body, words_in
from bot.gateway.http.limits import Caller
from bot.gateway.http.responses import html, send_asset
from bot.gateway.notices import REFUSALS, Notices
from bot.gateway.pages.beside import heard
from bot.gateway.pages.sponsor_cookie import SponsorCookie
from bot.gateway.sponsors import Sponsors
from bot.privacy.personal import clean
from bot.safety.audit import Event, Kind
from bot.sponsors.codes import mask_codes
from bot.widget.pages import CHAT_FIELDS, ChatPage, Choice, Entry, Pages, SummaryPage, paragraphs
from bot.widget.strings import Strings

MINUTES = {"Cache-Control": "public, max-age=300"}


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
        sponsors: Sponsors,
        record: Callable[[Event], None],
    ) -> None:
        """`record` counts that the help page was opened."""
        self._pages, self._desk, self._caller, self._conversations = (
            pages,
            desk,
            caller,
            conversations,
        )
        self._strings, self._cookie, self._sponsors, self._record = (
            strings,
            cookie,
            sponsors,
            record,
        )
        self._starters = {starter.label: starter.payload for starter in notices.starters}
        self._questions = tuple(self._starters)

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
        return self._kept(request, self._pages.home)

    async def help_now(self, request: web.Request) -> web.Response:
        self._record(Event(Kind.HELP, "page"))
        return self._kept(request, self._pages.help_now)

    def _kept(self, request: web.Request, page: Callable[..., str]) -> web.Response:
        """A page that a browser may keep for minutes, but not past the start or the end of a
        session that shows a sponsor: its way out is another one then.
        """
        leave = self._leave(request)
        return html(page(leave=leave), headers={**({} if leave else MINUTES), "Vary": "Cookie"})

    async def chat(self, request: web.Request) -> web.Response:
        return html(
            self._pages.chat(ChatPage(questions=self._questions, leave=self._leave(request)))
        )

    async def asset(self, request: web.Request) -> web.Response:
        return send_asset(request, self._pages.assets[request.path])

    async def say(self, request: web.Request) -> web.Response:
        """A question, a button, or "clear", from the form."""
        body = await read_body(request, FORM)
        form = form_of(body, CHAT_FIELDS)
        leave = self._leave(request)
        await self._conversations.load((form or {}).get("conversation"))
        if form is not None and form.get("do") in {"clear", "back"}:
            return await self._turned(request, form, leave)
        if form is not None and form.get("helpful") and not form.get("text", "").strip():
            return await self._judged(form, leave)
        pressed = self._label(form or {})
        outgoing = await self._desk.take(self._incoming(request, body, form))
        token = self._cookie.token(request)
        response = await self._answered(form or {}, pressed, outgoing, leave, token)
        if body.refused:
            response.force_close()
        return response

    async def _turned(
        self, request: web.Request, form: Mapping[str, str], leave: str
    ) -> web.Response:
        """Starts anew, or shows the conversation as it is. Words in the box are screened first."""
        text, conversation = form.get("text", ""), form.get("conversation", "")
        answer = await heard(self._desk, self._caller, request, text)
        if form["do"] == "clear":
            await self._desk.close(conversation, self._cookie.token(request))
            response = (
                await self._answered({}, "", Outgoing(answer), "")
                if answer
                else web.Response(status=303, headers={"Location": "/chat"})
            )
            self._cookie.take(response)
            return response
        if answer:
            token = self._cookie.token(request)
            return await self._answered({}, "", Outgoing(answer), leave, token)
        draft = mask_codes(text, self._strings.code_mask)
        return self._shown(replace(self._page(conversation), draft=draft, leave=leave), form)

    async def summary(self, request: web.Request) -> web.Response:
        """A case to print. Posted, so that the conversation's id is in no address, history or log;
        what is in the box is screened as ever.
        """
        body = await read_body(request, FORM)
        form = form_of(body, CHAT_FIELDS)
        await self._conversations.load((form or {}).get("conversation"))
        incoming = self._incoming(request, body, form)
        outgoing = await self._desk.take(
            incoming if incoming.refused else replace(incoming, button="", ours=SUMMARY)
        )
        status = REFUSALS[outgoing.refused] if outgoing.refused else 200
        response = html(
            self._pages.summary(
                SummaryPage(
                    outgoing.answer.conversation,
                    chat_entries(outgoing.answer),
                    pinned_help=outgoing.answer.pinned_help or "helped" in (form or {}),
                    leave=self._leave(request),
                )
            ),
            status=status,
        )
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
        # A button sends the box along: its words are screened, whatever is pressed. One of a
        # conversation that is gone by now says what it says.
        conversation, (button, label) = form.get("conversation") or None, _button(form)
        # A form sends each end of a line as two characters, and a person typed one.
        text = form.get("text", "").replace("\r\n", "\n")
        session = self._conversations.find(conversation)
        idea = self._starters.get(form.get("idea", ""), "")
        if label and (session is None or button not in session.buttons):
            text, button = text.strip() or label, ""
        return Incoming(
            address,
            unlimited,
            conversation,
            text,
            button,
            sponsor=self._cookie.token(request),
            ours=idea,
        )

    def _leave(self, request: web.Request) -> str:
        """Without JavaScript, only the service can end a session that shows a sponsor: the way out
        then leads past it.
        """
        return "/leave" if self._cookie.token(request) else ""

    def _page(self, conversation: str) -> ChatPage:
        """What the page of a conversation shows, or an empty one."""
        session = self._conversations.find(conversation)
        if session is None:
            return ChatPage(conversation)
        helped = session.page.pinned_help or session.keeps_help
        return replace(session.page, conversation=conversation, pinned_help=helped)

    def _label(self, form: Mapping[str, str]) -> str:
        """What the button says that was pressed, if any of ours was."""
        if form.get("idea") in self._starters:
            return form["idea"]
        session = self._conversations.find(form.get("conversation"))
        pressed = session.buttons.get(_button(form)[0]) if session else None
        return pressed.label if pressed else ""

    async def _answered(
        self, form: Mapping[str, str], pressed: str, outgoing: Outgoing, leave: str, token: str = ""
    ) -> web.Response:
        answer, typed = (
            outgoing.answer,
            mask_codes(form.get("text", "").strip() or _button(form)[1], self._strings.code_mask),
        )
        before = self._page(answer.conversation)
        if outgoing.refused:
            page = replace(
                before,
                error=outgoing.said,
                draft=typed,
                pinned_help=answer.pinned_help,
                leave=leave,
            )
            return self._shown(page, form, REFUSALS[outgoing.refused])
        # What tells of a person is not kept for the page either, and so not shown on it again.
        said = (
            (Entry("user", pressed or clean(typed[:TEXT_MAX], date.today()).text),)
            if pressed or typed
            else ()
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
            tell=answer.tell,
        )
        links = {} if self._pages.kiosk_seconds else answer.links
        await self._keep(page, self._sponsors.note(token, answer.conversation) if token else "")
        return self._shown(replace(page, leave=leave, links=links), form)

    def _shown(self, page: ChatPage, form: Mapping[str, str], status: int = 200) -> web.Response:
        """A page with what every page of a conversation has: the questions to start with, and the
        size of its text and the line with a number as they were. After half an hour the service
        knows of neither.
        """
        page = replace(
            page,
            questions=self._questions,
            large="large" in form,
            pinned_help=page.pinned_help or "helped" in form,
        )
        return html(self._pages.chat(page), status)

    async def _keep(self, page: ChatPage, note: str = "") -> None:
        """Somebody's own sponsor is named once: that must not outlast the session that it was
        shown in. `note` is what names them.
        """
        if session := self._conversations.find(page.conversation):
            entries = tuple(
                replace(entry, text=self._without(note, entry.text)) if note else entry
                for entry in page.entries
            )
            self._conversations.show(session, replace(page, entries=entries))
            await self._conversations.save(session)

    def _without(self, note: str, text: str) -> str:
        """A text with where to find a sponsor in the place of who it is."""
        named = set(note.splitlines())
        return "\n\n".join(
            self._sponsors.words.chat.find if named & set(part.splitlines()) else part
            for part in paragraphs(text)
        )

    async def _judged(self, form: Mapping[str, str], leave: str) -> web.Response:
        """The page as it was, with thanks."""
        conversation = form.get("conversation", "")
        helpful = form["helpful"] == "yes"
        await self._desk.judge(conversation, form.get("answer", ""), helpful=helpful)
        before = self._page(conversation)
        tell = "now" if before.tell and not helpful else ""
        page = replace(before, feedback="", tell=tell)
        await self._keep(page)
        return self._shown(replace(page, said=self._strings.thanks, leave=leave), form)


def _button(form: Mapping[str, str]) -> tuple[str, str]:
    """The id of a button, and what it says."""
    id_, _, label = form.get("button", "").partition(" ")
    return id_, label


def chat_entries(answer: AnswerOut) -> tuple[Entry, ...]:
    """An answer as a page shows it."""
    return tuple(
        Entry("bot", m.text, m.kind, m.source, m.table.table if m.table else None)
        for m in answer.messages
    )
