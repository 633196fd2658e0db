"""What every response carries, whichever way it came about, and which other sites may use the
service from their pages.
"""

from http import HTTPMethod, HTTPStatus

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.settings import Settings
from bot.widget.pages import content_security_policy

SECURITY = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
HSTS = {"Strict-Transport-Security": "max-age=31536000"}
"""A year, this host only: what else is under its name is not ours to decide about."""
PREFLIGHT = {
    "Access-Control-Allow-Methods": "DELETE, GET, POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "600",
}
SHARED = ("/api/", "/webhooks/", "/widget.js")
"""Starts of the addresses that a listed site may use. No cookie and no password is ever sent along,
so none is allowed.
"""
OF_THEIR_OWN = ("/socket.io/", "/tell")
"""Starts of those that say themselves what another site's form may do there."""


class Headers:
    """The rules, from the settings. `add` is for `on_response_prepare`, `middleware` answers what
    browsers ask before they send JSON elsewhere.
    """

    def __init__(self, settings: Settings) -> None:
        self._origins, self._behind_proxy = frozenset(settings.origins), settings.proxy_hops > 0
        self._security = {
            **SECURITY,
            "Content-Security-Policy": content_security_policy(settings.origins),
        }

    async def add(self, request: web.Request, response: web.StreamResponse) -> None:
        """Adds the headers, and keeps everything out of every cache that has not said that it may
        be cached.
        """
        response.headers.update(self._security)
        if self._is_encrypted(request):
            response.headers.update(HSTS)
        if request.path.startswith(SHARED):
            response.headers.add("Vary", "Origin")
            if (origin := request.headers.get("Origin", "")) in self._origins:
                response.headers["Access-Control-Allow-Origin"] = origin
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers.pop("Server", None)

    def _is_encrypted(self, request: web.Request) -> bool:
        """Whether the browser came by TLS. Only a proxy of ours is believed; its own entry is the
        last.
        """
        if not self._behind_proxy:
            return request.secure
        return request.headers.get("X-Forwarded-Proto", "").rpartition(",")[2].strip() == "https"

    @property
    def middleware(self) -> "web.middleware":  # type: ignore[valid-type]
        @web.middleware
        async def preflight(request: web.Request, handler: Handler) -> web.StreamResponse:
            if (
                request.method == HTTPMethod.OPTIONS
                and request.path.startswith(SHARED)
                and "Access-Control-Request-Method" in request.headers
            ):
                allowed = request.headers.get("Origin", "") in self._origins
                return web.Response(
                    status=HTTPStatus.NO_CONTENT, headers=PREFLIGHT if allowed else None
                )
            return await handler(request)

        return preflight

    @property
    def own_forms(self) -> "web.middleware":  # type: ignore[valid-type]
        """Lets nobody be signed in, or lose a conversation, by another site's form. What is SHARED
        sends and takes no cookie, and has rules of its own.
        """

        @web.middleware
        async def refuse_others(request: web.Request, handler: Handler) -> web.StreamResponse:
            is_shared = request.path.startswith((*SHARED, *OF_THEIR_OWN))
            if request.method == HTTPMethod.POST and not is_shared and not is_ours(request):
                raise web.HTTPForbidden
            return await handler(request)

        return refuse_others


def is_ours(request: web.Request) -> bool:
    """False for a form of another site, as the browser tells. Our own pages send no referrer, and
    so their `Origin` is "null".
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site in {"same-origin", "none"}
    origin = request.headers.get("Origin", "null")
    return origin == "null" or origin.partition("://")[2] == request.host
