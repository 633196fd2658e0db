"""`/sign-in`, `/set-up`, `/sign-out` and the list of what one may do."""

from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web

from bot.gateway.http.responses import html
from bot.sponsors.hashing import Busy
from bot.staff import totp
from bot.staff.accounts import Accounts
from bot.staff.http import Cookie, read_form
from bot.staff.model import PASSWORD_MAX, PASSWORD_MIN
from bot.staff.provider import Provider
from bot.staff.sessions import Sessions
from bot.staff.views import NOBODY, Mistake, Shell, Views, Visitor


@dataclass(frozen=True, slots=True)
class Ways:
    """How one may come in: by the organisation's own sign-in, and with which local accounts (as in
    the setting). `back_to`: where one is led after signing out over there.
    """

    provider: Provider | None
    local: str
    back_to: str


class SigningIn:
    """The way in and out."""

    def __init__(
        self,
        views: Views,
        accounts: Accounts,
        sessions: Sessions,
        cookie: Cookie,
        ways: Ways,
    ) -> None:
        self._views, self._accounts, self._sessions, self._cookie = (
            views,
            accounts,
            sessions,
            cookie,
        )
        self._ways = ways

    async def home(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        return html(self._views.page("home.html", Shell(visitor)))

    async def sign_in_form(self, request: web.Request) -> web.StreamResponse:
        done = self._views.done(request.query)
        return self._page(Shell(NOBODY, done))

    async def sign_in(self, request: web.Request) -> web.StreamResponse:
        form = await read_form(request)
        name, password = form.get("name", "").strip().lower(), form.get("password", "")
        try:
            account = await self._accounts.sign_in(
                name, password[: PASSWORD_MAX + 1], form.get("code", "")
            )
        except Busy:
            return self._again("busy", 503, name)
        if account is None:
            return self._again("refused", 403, name)
        self._sessions.end(self._cookie.token(request))
        response = web.Response(status=303, headers={"Location": "/"})
        self._cookie.set(response, self._sessions.begin(account.id))
        return response

    def _again(self, code: str, status: int, name: str) -> web.Response:
        mistake = self._views.mistake(code, "name")
        shell = Shell(NOBODY, mistakes=(mistake,), typed={"name": name})
        return self._page(shell, status)

    def _page(self, shell: Shell, status: int = 200) -> web.Response:
        provider = self._ways.provider
        way_out = provider.way_out(self._ways.back_to) if provider and shell.done else ""
        page = self._views.page("sign_in.html", shell, ways=self._ways, way_out=way_out)
        return html(page, status)

    async def sign_out(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        self._sessions.end(visitor.token)
        response = web.Response(status=303, headers={"Location": "/sign-in?done=out"})
        self._cookie.set(response, "")
        return response

    async def set_up_form(self, request: web.Request) -> web.StreamResponse:
        return await self._set_up_page(request.query.get("invite", ""))

    async def set_up(self, request: web.Request) -> web.StreamResponse:
        form = await read_form(request)
        token, password = form.get("invite", ""), form.get("password", "")
        if not PASSWORD_MIN <= len(password) <= PASSWORD_MAX:
            return await self._set_up_page(token, self._views.mistake("password", "password"))
        try:
            if await self._accounts.set_up(token, password, form.get("code", "")):
                raise web.HTTPSeeOther("/sign-in?done=ready")
        except Busy:
            return await self._set_up_page(token, self._views.mistake("busy", "password"))
        return await self._set_up_page(token, self._views.mistake("code", "code"))

    async def _set_up_page(self, token: str, *mistakes: Mistake) -> web.Response:
        """The form, or that the link opens nothing: which of the reasons it is, is not said."""
        invited = await self._accounts.invited(token)
        issuer = self._views.words.name
        page = self._views.page(
            "set_up.html",
            Shell(NOBODY, mistakes=mistakes if invited else ()),
            token=token,
            name=invited.name if invited else "",
            key=totp.written(invited.secret) if invited else "",
            link=totp.link(invited.secret, issuer, invited.name) if invited else "",
        )
        return html(page, (400 if mistakes else 200) if invited else 410)
