"""The one page that sponsors see: whether what is kept of them is right. It is served on a port of
its own, so that whoever reaches it reaches nothing else of the desk: docs/adr/0014.
"""

import re

from aiohttp import web

from bot.gateway.http.limits import Caller
from bot.gateway.http.responses import html
from bot.settings import Settings
from bot.sponsors.checks import Checks
from bot.sponsors.masking import masked_route, masked_words
from bot.sponsors.store import Directory
from bot.sponsors.tries import Tries
from bot.staff.accounts import Signed
from bot.staff.http import read_form
from bot.staff.views import Shell, Views

PATH = "/confirm"
WHO = "link of a sponsor"
"""Who did it, in the log. No account can have this name: it has a space."""
TRIES = 20
"""Links that open nothing, which an address may try in a minute."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
_SHELL = Shell(is_desk=False)


def start_of_links(settings: Settings) -> str | None:
    """What stands before a token. None: sponsors are not asked by links."""
    if settings.confirm_port is None:
        return None
    origin = settings.confirm_origin or f"http://127.0.0.1:{settings.confirm_port}"
    return f"{origin}{PATH}?link="


class Answering:
    """This page, for one directory."""

    def __init__(self, settings: Settings, views: Views, directory: Directory) -> None:
        self._views, self._checks = views, Checks(Signed(directory, WHO))
        self._tries = Tries(TRIES)
        # It listens on this machine only: behind a name there is one proxy, which is yours.
        hops = 1 if settings.confirm_origin else 0
        self._caller = Caller(hops, "", settings.forwarded_header)

    def routes(self) -> list[web.RouteDef]:
        return [web.get(PATH, self.page), web.post(PATH, self.answer)]

    async def page(self, request: web.Request) -> web.StreamResponse:
        """Changes nothing: mail scanners follow links."""
        token, address = request.query.get("link", ""), self._counted(request)
        entry = await self._checks.opened(token) if _TOKEN.fullmatch(token) else None
        if entry is None:
            return self._over()
        self._tries.forgive(address)
        page = self._views.page(
            "answer.html",
            _SHELL,
            said="",
            token=token,
            sponsor=entry.sponsor,
            name=masked_words(entry.sponsor.name),
            routes=[(route, masked_route(route)) for route in entry.sponsor.routes],
        )
        return html(page)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        """Uses the link up."""
        form, address = await read_form(request), self._counted(request)
        token, said = form.get("link", ""), form.get("answer", "")
        if not _TOKEN.fullmatch(token) or said not in ("right", "wrong"):
            return self._over()
        if not await self._checks.answer(token, is_right=said == "right"):
            return self._over()
        self._tries.forgive(address)
        page = self._views.page(
            "answer.html", _SHELL, said=self._views.words.answers[said], is_open=True
        )
        return html(page)

    def _counted(self, request: web.Request) -> str:
        """Counts a try, which is taken back where the link is one. Raises HTTPTooManyRequests."""
        address = self._caller.address(request)
        if self._tries.wait(address):
            raise web.HTTPTooManyRequests
        self._tries.count(address)
        return address

    def _over(self) -> web.Response:
        """Which of the reasons it is, is not said."""
        words = self._views.words.answers["over"]
        return html(self._views.page("answer.html", _SHELL, said=words, is_open=False), 410)
