"""`/sponsor` and `/leave`: the only way in which a reference and a code come in, and a session goes
out. Plain forms, for every browser.

A session needs its cookie. It is shown in the chat only where the request has the cookie and is in
the conversation that it was opened from. On a kiosk it is over as soon as it was shown once.
"""

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from bot.gateway.conversations import Conversations, Session
from bot.gateway.desk import Desk
from bot.gateway.http.bodies import FORM, form_of, read_body, words_in
from bot.gateway.http.limits import Caller
from bot.gateway.pages.beside import heard
from bot.gateway.pages.chat import chat_entries
from bot.gateway.pages.sponsor_cookie import SponsorCookie
from bot.gateway.sponsors import Sponsors
from bot.sponsors.codes import looks_like_code, read_reference
from bot.sponsors.sessions import IDLE_SECONDS
from bot.widget.pages import SPONSOR_FIELDS, Pages, SponsorPage

KIOSK_SHOWN_SECONDS = 60
"""For so long a kiosk shows a sponsor: enough to write a number down, before the next person comes.
"""
STATUSES: Mapping[str, int] = {"refused": 403, "mistyped": 400, "wait": 429, "unavailable": 503}


class SponsorPages:
    def __init__(
        self,
        pages: Pages,
        sponsors: Sponsors,
        cookie: SponsorCookie,
        desk: Desk,
        conversations: Conversations,
        caller: Caller,
        exit_url: str,
    ) -> None:
        self._pages, self._sponsors, self._cookie, self._desk = pages, sponsors, cookie, desk
        self._conversations, self._caller, self._exit_url = conversations, caller, exit_url

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/sponsor", self.show),
            web.post("/sponsor", self.post),
            web.get("/leave", self.leave),
            web.post("/leave", self.end),
            web.get("/leave/chat", self.wipe),
        ]

    async def show(self, request: web.Request) -> web.Response:
        """The sponsor of the session, read anew; the form where there is none."""
        token = self._cookie.token(request)
        await self._sponsors.bring_in(token)
        conversation = self._sponsors.conversation(token)
        return await self._shown(request, await self._from(conversation, helped=False))

    async def post(self, request: web.Request) -> web.Response:
        """Opens the page from a conversation, looks up, or ends the session."""
        body = await read_body(request, FORM)
        form = form_of(body, SPONSOR_FIELDS)
        if form is None:
            response = await self._strayed(request, words_in(body.data), SponsorPage())
            if body.refused:
                response.force_close()
            return response
        page = await self._from(form.get("conversation", ""), helped="helped" in form)
        if form.get("do") == "end":
            await self._sponsors.end(self._cookie.token(request))
            response = await self._strayed(
                request, _stray(form), page, self._sponsors.words.page.ended
            )
            self._cookie.take(response)
            return response
        if not form.keys() & {"reference", "code"}:
            return await self._shown(request, page)
        return await self._looked_up(request, form, page)

    async def leave(self, request: web.Request) -> web.Response:
        """Quick exit where there is no JavaScript: forgets all, then leads away."""
        return await self._left(
            request, web.Response(status=303, headers={"Location": self._exit_url})
        )

    async def end(self, request: web.Request) -> web.Response:
        """Quick exit where there is JavaScript, and no conversation: forgets all while the browser
        leaves by itself.
        """
        return await self._left(request, web.Response(status=204))

    async def wipe(self, request: web.Request) -> web.Response:
        """A kiosk's screen after so long without use: forgets all, then starts anew."""
        return await self._left(request, web.Response(status=303, headers={"Location": "/chat"}))

    async def _left(self, request: web.Request, response: web.Response) -> web.Response:
        await self._desk.close("", self._cookie.token(request))
        self._cookie.take(response)
        return response

    async def _looked_up(
        self, request: web.Request, form: Mapping[str, str], page: SponsorPage
    ) -> web.Response:
        reference, code = form.get("reference", ""), form.get("code", "")
        if stray := _stray(form):
            return await self._strayed(request, stray, page)
        outcome = await self._sponsors.look_up(
            reference, code, self._caller.address(request), page.conversation
        )
        if outcome is None or outcome.kind != "found":
            return self._failed(
                outcome.kind if outcome else "unavailable",
                page,
                outcome.wait if outcome else 0,
            )
        talk = self._conversations.find(page.conversation) or self._begin(
            outcome.token, self._caller.address(request)
        )
        talk.helped = page.pinned_help
        self._conversations.touch(talk)  # the way back leads there for as long as this is shown
        await self._conversations.save(talk)
        # whoever was looked up in this browser before
        await self._sponsors.end(self._cookie.token(request))
        await self._sponsors.give_out(outcome.token)
        response = web.Response(status=303, headers={"Location": "/sponsor"})
        self._cookie.give(response, outcome.token)
        return response

    async def _shown(self, request: web.Request, page: SponsorPage) -> web.Response:
        token = self._cookie.token(request)
        state = await self._sponsors.refresh(token) if token else "over"
        if state == "unavailable":
            return self._failed(state, page)
        session = self._sponsors.session(token) if state == "found" else None
        # A session shows in the conversation that it belongs to; the page opened from another one
        # is a new start.
        if session is None or (page.conversation and session.conversation != page.conversation):
            response = self._page(page)
            if token and session is None:
                self._cookie.take(response)
            return response
        page = replace(page, conversation=session.conversation, card=self._sponsors.card(session))
        if kiosk := self._pages.kiosk_seconds:
            # The next person must not find it: not by "Find my sponsor", not by Back, not by
            # waiting.
            seconds = min(kiosk, KIOSK_SHOWN_SECONDS)
            response = self._page(replace(page, seconds=seconds))
            response.headers["Refresh"] = f"{seconds}; url=/leave/chat"
            await self._sponsors.end(token)
            self._cookie.take(response)
            return response
        response = self._page(page)
        # What is on the screen goes when the session does.
        response.headers["Refresh"] = f"{int(IDLE_SECONDS) + 1}; url=/sponsor"
        return response

    async def _strayed(
        self, request: web.Request, words: str, page: SponsorPage, otherwise: str = ""
    ) -> web.Response:
        """Not a reference and a code: screened as anything that anybody writes, and refused unless
        it is a cry for help; or, with `otherwise`, that is said instead of a refusal.
        """
        if answer := await heard(self._desk, self._caller, request, words):
            helped = page.pinned_help or answer.pinned_help
            return self._page(replace(page, entries=chat_entries(answer), pinned_help=helped))
        if otherwise:
            return self._page(replace(page, said=otherwise))
        return self._failed("mistyped", page)

    def _failed(self, kind: str, page: SponsorPage, wait: int = 0) -> web.Response:
        said = str(getattr(self._sponsors.words.errors, kind)).replace("{seconds}", str(wait))
        failed = replace(page, error=said, invalid=kind in {"refused", "mistyped"})
        response = self._page(failed, STATUSES[kind])
        if wait:
            response.headers["Retry-After"] = str(wait)
        return response

    def _page(self, page: SponsorPage, status: int = 200) -> web.Response:
        text = self._pages.sponsor(
            page, self._sponsors.page_words, has_directory=self._sponsors.has_directory
        )
        return web.Response(text=text, status=status, content_type="text/html")

    async def _from(self, conversation: str, *, helped: bool) -> SponsorPage:
        """A page that leads back to where somebody comes from: the conversation, where it is still
        there. `helped`: the line with a number was in view.
        """
        session = await self._conversations.load(conversation)
        if session is None:
            return SponsorPage(pinned_help=helped)
        return SponsorPage(session.id, pinned_help=helped or session.keeps_help)

    def _begin(self, token: str, address: str) -> Session:
        """A conversation for a session that came from none, so that the way back leads to one that
        knows it.
        """
        session = self._sponsors.session(token)
        begun = self._conversations.new()
        self._conversations.keep(begun, address)
        if session:
            session.conversation = begun.id
        return begun


def _may_be_reference(typed: str) -> bool:
    """ "LPP 0042", but not "i took 40 pills": with two words in it, it is no reference."""
    words = [word for word in typed.split() if word.isalpha()]
    return len(words) < 2 and read_reference(typed) is not None


def _stray(form: Mapping[str, str]) -> str:
    """What is in the form and cannot be a reference or a code: it may be a cry for help."""
    fields = {"reference": _may_be_reference, "code": looks_like_code}
    return " ".join(
        form[name]
        for name, fits in fields.items()
        if name in form and form[name] and not fits(form[name])
    )
