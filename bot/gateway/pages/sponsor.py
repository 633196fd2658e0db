"""`/sponsor` and `/leave`: the only way in which a reference and a code come in, and a session goes
out. Plain forms, for every browser.

A session needs its cookie. It is shown in the chat only where the request has the cookie and is in
the conversation that it was opened from.
"""

from collections.abc import Mapping

from aiohttp import web

from bot.gateway.conversations import Conversations
from bot.gateway.desk import Desk, Incoming
from bot.gateway.http.bodies import read_body, words_in
from bot.gateway.http.limits import Caller
from bot.gateway.pages.chat import FORM, chat_entries, form_of
from bot.gateway.pages.sponsor_cookie import SponsorCookie
from bot.gateway.sponsors import Sponsors
from bot.sponsors.codes import looks_like_code, read_reference
from bot.sponsors.sessions import IDLE_SECONDS
from bot.widget.pages import Pages, SponsorPage

FIELDS = frozenset({"conversation", "reference", "code", "do"})
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
        ]

    async def show(self, request: web.Request) -> web.Response:
        """The sponsor of the session, read anew; the form where there is none."""
        return await self._shown(request, "")

    async def post(self, request: web.Request) -> web.Response:
        """Opens the page from a conversation, looks up, or ends the session."""
        if not _is_ours(request):
            # nobody may be signed in as somebody else by another site's form
            raise web.HTTPForbidden
        body = await read_body(request, FORM)
        form = form_of(body, FIELDS)
        if form is None:
            response = await self._strayed(request, words_in(body.data), "")
            if body.refused:
                response.force_close()
            return response
        conversation = self._known(form.get("conversation", ""))
        if form.get("do") == "end":
            self._sponsors.end(self._cookie.token(request))
            response = self._page(SponsorPage(conversation, error=self._sponsors.words.page.ended))
            self._cookie.take(response)
            return response
        if "reference" not in form:
            return await self._shown(request, conversation)
        return await self._looked_up(request, form, conversation)

    async def leave(self, request: web.Request) -> web.Response:
        """Quick exit where there is no JavaScript: forgets all, then leads away."""
        token = self._cookie.token(request)
        if conversation := self._sponsors.end(token) if token else "":
            self._desk.close(conversation)
        response = web.Response(status=303, headers={"Location": self._exit_url})
        self._cookie.take(response)
        return response

    async def _looked_up(
        self, request: web.Request, form: Mapping[str, str], conversation: str
    ) -> web.Response:
        reference, code = form["reference"], form.get("code", "")
        # Words where a reference or a code should be may be a cry for help.
        if stray := " ".join(
            words
            for words, fits in (
                (reference, read_reference(reference)),
                (code, looks_like_code(code)),
            )
            if words and not fits
        ):
            return await self._strayed(request, stray, conversation)
        outcome = await self._sponsors.look_up(
            reference, code, self._caller.address(request), conversation
        )
        if outcome is None or outcome.kind != "found":
            return self._failed(
                outcome.kind if outcome else "unavailable",
                conversation,
                outcome.wait if outcome else 0,
            )
        if not conversation:
            self._begin(outcome.token)
        self._sponsors.end(
            self._cookie.token(request)
        )  # whoever was looked up in this browser before
        response = web.Response(status=303, headers={"Location": "/sponsor"})
        self._cookie.give(response, outcome.token)
        return response

    async def _shown(self, request: web.Request, conversation: str) -> web.Response:
        token = self._cookie.token(request)
        state = await self._sponsors.refresh(token) if token else "over"
        if state == "unavailable":
            return self._failed(state, conversation)
        session = self._sponsors.session(token) if state == "found" else None
        # A session shows in the conversation that it belongs to; the page opened from another one
        # is a new start.
        if session is None or (conversation and session.conversation != conversation):
            response = self._page(SponsorPage(conversation))
            if token and session is None:
                self._cookie.take(response)
            return response
        response = self._page(SponsorPage(session.conversation, card=self._sponsors.card(session)))
        # What is on the screen goes when the session does.
        response.headers["Refresh"] = f"{int(IDLE_SECONDS) + 1}; url=/sponsor"
        return response

    async def _strayed(self, request: web.Request, words: str, conversation: str) -> web.Response:
        """Not a reference and a code: screened as anything that anybody writes, and refused unless
        it is a cry for help.
        """
        incoming = Incoming(
            self._caller.address(request),
            self._caller.is_operator(request),
            text=words,
            refused="unreadable",
        )
        outgoing = await self._desk.take(incoming)
        if outgoing.refused:
            return self._failed("mistyped", conversation)
        return self._page(SponsorPage(conversation, entries=chat_entries(outgoing.answer)))

    def _failed(self, kind: str, conversation: str, wait: int = 0) -> web.Response:
        said = str(getattr(self._sponsors.words.errors, kind)).replace("{seconds}", str(wait))
        response = self._page(SponsorPage(conversation, error=said), STATUSES[kind])
        if wait:
            response.headers["Retry-After"] = str(wait)
        return response

    def _page(self, page: SponsorPage, status: int = 200) -> web.Response:
        text = self._pages.sponsor(
            page, self._sponsors.words, has_directory=self._sponsors.has_directory
        )
        return web.Response(text=text, status=status, content_type="text/html")

    def _known(self, conversation: str) -> str:
        return conversation if self._conversations.find(conversation) else ""

    def _begin(self, token: str) -> None:
        """A conversation for a session that came from none, so that the way back leads to one that
        knows it.
        """
        session = self._sponsors.session(token)
        begun = self._conversations.new()
        self._conversations.keep(begun)
        if session:
            session.conversation = begun.id


def _is_ours(request: web.Request) -> bool:
    """False for a form of another site, as the browser tells. Our own pages send no referrer, and
    so their `Origin` is "null".
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin", "null")
    return origin == "null" or origin.partition("://")[2] == request.host
