"""The cookie that holds the token of a sponsor session, and nothing else. No other cookie is set."""

from aiohttp import web

from bot.sponsors.sessions import WHOLE_SECONDS

NAME = "signpost_sponsor"


class SponsorCookie:
    """`secure`: a proxy of ours does TLS."""

    def __init__(self, *, secure: bool) -> None:
        self.name, self._secure = (
            (f"__Host-{NAME}" if secure else NAME),
            secure,
        )

    def token(self, request: web.Request) -> str:
        return request.cookies.get(self.name, "")

    def give(self, response: web.Response, token: str) -> None:
        # Lax, so that a link from a trust's own site still finds the session; forms and scripts of
        # other sites do not get it.
        response.set_cookie(
            self.name,
            token,
            max_age=int(WHOLE_SECONDS),
            path="/",
            httponly=True,
            samesite="Lax",
            secure=self._secure,
        )

    def take(self, response: web.StreamResponse) -> None:
        response.set_cookie(
            self.name, "", max_age=0, path="/", httponly=True, samesite="Lax", secure=self._secure
        )
