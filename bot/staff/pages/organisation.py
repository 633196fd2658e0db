"""`/sign-in/organisation`, which leads to the organisation's own sign-in, and `/sign-in/return`, to
which that leads back.
"""

import structlog
from aiohttp import web

from bot.gateway.http.responses import html
from bot.staff.accounts import Accounts
from bot.staff.http import Cookie
from bot.staff.provider import PENDING_SECONDS, Provider, ProviderDown, Refused
from bot.staff.sessions import Sessions
from bot.staff.views import NOBODY, Shell, Views

START, RETURN = "/sign-in/organisation", "/sign-in/return"
_log = structlog.get_logger(__name__)


class Organisation:
    """The way in by the organisation's own sign-in. `provider` None: there is none."""

    def __init__(
        self,
        views: Views,
        accounts: Accounts,
        sessions: Sessions,
        cookie: Cookie,
        provider: Provider | None,
    ) -> None:
        self._views, self._accounts, self._sessions = views, accounts, sessions
        self._cookie, self.provider = cookie, provider
        # Lax: the way back begins at another site, and a strict cookie would not come along.
        self._pending = cookie.named("_organisation", "Lax", PENDING_SECONDS)

    async def start(self, request: web.Request) -> web.StreamResponse:
        """A link and no form: our pages' forms lead to no other site."""
        if self.provider is None:
            raise web.HTTPNotFound
        try:
            url, kept = await self.provider.begin()
        except ProviderDown:
            return self._not_in("provider_down", 503)
        response = web.Response(status=303, headers={"Location": url})
        self._pending.set(response, kept)
        return response

    async def back(self, request: web.Request) -> web.StreamResponse:
        """Lets in whom the provider vouches for and who has a role."""
        if self.provider is None:
            raise web.HTTPNotFound
        try:
            identity = await self.provider.finish(self._pending.token(request), request.query)
        except ProviderDown:
            return self._not_in("provider_down", 503)
        except Refused:
            await self._accounts.note("", "sign in", "refused")
            return self._not_in("provider_refused", 403)
        account = await self._accounts.vouched(identity)
        if account is None:
            return self._not_in("provider_role", 403)
        self._sessions.end(self._cookie.token(request))
        # A page between: the strict cookie is not sent on the way that another site began.
        page = self._views.page("signed_in.html", Shell(NOBODY))
        response = html(page, headers={"Refresh": "0; url=/"})
        self._cookie.set(response, self._sessions.begin(account.id))
        self._pending.set(response, "")
        return response

    def _not_in(self, code: str, status: int) -> web.Response:
        _log.info("not signed in by the organisation", reason=code)
        response = html(
            self._views.page("not_in.html", Shell(NOBODY), text=self._views.words.errors[code]),
            status,
        )
        self._pending.set(response, "")
        return response
