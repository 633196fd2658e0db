"""What every response of the desk carries, its cookie, and how a form or a file comes in."""

import asyncio
from collections.abc import Mapping
from typing import Literal

import aiohttp
from aiohttp import web

from bot.gateway.http.bodies import FORM, form_of, read_body
from bot.gateway.http.headers import HSTS, SECURITY
from bot.staff.sessions import WHOLE_SECONDS
from bot.widget.pages import content_security_policy

FIELDS = frozenset(
    {"csrf", "name", "password", "code", "invite", "sure", "cover", "to", "references"}
    | {f"{end}-{part}" for end in ("first", "last", "checked") for part in ("day", "month", "year")}
    | {"what", "state", "people", "which", "how", "whom", "link", "answer", "wrong", "category"}
    | {"at", "seen", "do", "note", "question", "status", "held", "aliases"}
    | {"text", "short", "line", "again", "close", "rule", "elsewhere"}
)
"""What the forms of the desk send."""
UPLOAD_MAX = 2_000_000
UPLOAD_SECONDS = 30.0


class Cookie:
    """The cookie of a session. Strict: no link and no form of another site carries it."""

    def __init__(
        self,
        *,
        secure: bool,
        suffix: str = "",
        same_site: Literal["Strict", "Lax"] = "Strict",
        seconds: float = WHOLE_SECONDS,
    ) -> None:
        """`secure`: people come by TLS."""
        self._secure, self._same_site, self._seconds = secure, same_site, int(seconds)
        self.name = f"{'__Host-' if secure else ''}signpost_staff{suffix}"

    def named(self, suffix: str, same_site: Literal["Strict", "Lax"], seconds: float) -> "Cookie":
        """Another one of the same site."""
        return Cookie(secure=self._secure, suffix=suffix, same_site=same_site, seconds=seconds)

    def token(self, request: web.Request) -> str:
        return request.cookies.get(self.name, "")

    def set(self, response: web.StreamResponse, token: str) -> None:
        """Gives a token, or takes it back ("")."""
        response.set_cookie(
            self.name,
            token,
            max_age=self._seconds if token else 0,
            path="/",
            httponly=True,
            samesite=self._same_site,
            secure=self._secure,
        )

    async def add_headers(self, request: web.Request, response: web.StreamResponse) -> None:
        """For `on_response_prepare`: the headers of the public pages, and nobody may frame us."""
        response.headers.update(SECURITY)
        response.headers["Content-Security-Policy"] = content_security_policy()
        response.headers.setdefault("Cache-Control", "no-store")
        if self._secure:
            response.headers.update(HSTS)
        response.headers.pop("Server", None)


async def read_form(request: web.Request) -> Mapping[str, str]:
    """The fields of a form of ours; {} for anything else."""
    return form_of(await read_body(request, FORM), FIELDS) or {}


async def read_upload(request: web.Request) -> tuple[str, bytes | None, str]:
    """The `csrf`, the `file` and its name of a form with a file, read into memory: aiohttp's own `post` would
    put it on a disk. None: there is no file, or it is too large.
    """
    csrf, data, name = "", None, ""
    if not request.content_type.startswith("multipart/"):
        return csrf, data, name
    try:
        async with asyncio.timeout(UPLOAD_SECONDS):
            async for part in await request.multipart():
                if not isinstance(part, aiohttp.BodyPartReader):
                    break
                if part.name == "csrf":
                    csrf = (await _bounded(part, 200) or b"").decode("ascii", "replace")
                elif part.name == "file":
                    name = part.filename or ""
                    data = await _bounded(part, UPLOAD_MAX)
                    break
    except (ValueError, TimeoutError, aiohttp.http_exceptions.BadHttpMessage):
        return csrf, None, name
    return csrf, data or None, name


async def _bounded(part: aiohttp.BodyPartReader, most: int) -> bytes | None:
    data = bytearray()
    while chunk := await part.read_chunk():
        data += chunk
        if len(data) > most:
            return None
    return bytes(data)
