"""Errors in words: problem+json for programs, a page with the help on it for people. Never a stack
trace, never silence.
"""

from collections.abc import Callable, Mapping
from http import HTTPStatus

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from bot.gateway.http.responses import problem, wants_page
from bot.gateway.notices import Notices
from bot.gateway.pages.sponsor_cookie import NAME
from bot.widget.pages import ErrorPage, Pages

_log = structlog.get_logger(__name__)


def error_middleware(words: Callable[[], tuple[Notices, Pages]]) -> "web.middleware":  # type: ignore[valid-type]
    """Turns aiohttp's errors and our bugs into answers. `words`: those of the content of now."""

    def say(
        request: web.Request, status: int, detail: str, headers: Mapping[str, str] | None = None
    ) -> web.Response:
        if wants_page(request):
            return web.Response(
                status=status,
                text=words()[1].error(
                    ErrorPage(status, detail, "/leave" if NAME in str(request.cookies) else "")
                ),
                content_type="text/html",
                headers=headers,
            )
        return problem(status, detail, headers)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPMethodNotAllowed as error:
            return say(
                request,
                error.status,
                words()[0].errors.not_allowed,
                {"Allow": ", ".join(sorted(error.allowed_methods))},
            )
        except web.HTTPRedirection:
            raise
        except web.HTTPException as error:
            return say(
                request,
                error.status,
                words()[0].errors.not_found
                if error.status == HTTPStatus.NOT_FOUND
                else words()[0].errors.failed,
            )
        except ConnectionError:
            raise
        except Exception as error:
            _log.error("request failed", error=type(error).__name__, route=_route(request))
            return say(request, HTTPStatus.INTERNAL_SERVER_ERROR, words()[0].errors.failed)

    return middleware


def _route(request: web.Request) -> str:
    """The route's own pattern: the path itself may hold an id."""
    resource = request.match_info.route.resource
    return resource.canonical if resource else ""
