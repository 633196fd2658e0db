"""The kinds of responses that there are: a page, a file of the pages, JSON, a problem in words."""

import re
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web
from pydantic import BaseModel

from bot.gateway.api.models import Problem
from bot.widget.pages import Asset

GZIP = re.compile(r"\bgzip\b(?!\s*;\s*q=0(?:\.0*)?\s*(?:,|$))", re.IGNORECASE)
"""Where a browser takes it: named, and not with a weight of nought."""


def wants_page(request: web.Request) -> bool:
    """Whether a person reads the answer as it is, and no program."""
    return not request.path.startswith("/api/") and "text/html" in request.headers.get("Accept", "")


def html(text: str, status: int = 200, headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(text=text, status=status, content_type="text/html", headers=headers)


def send_asset(request: web.Request, asset: Asset) -> web.Response:
    """A file as this browser takes it, or that it has it already."""
    headers = {
        "ETag": asset.etag,
        "Cache-Control": "no-cache",
        "Content-Type": asset.content_type,
        "Vary": "Accept-Encoding",
    }
    if asset.etag in request.headers.get("If-None-Match", ""):
        return web.Response(status=304, headers=headers)
    if not GZIP.search(request.headers.get("Accept-Encoding", "")):
        return web.Response(body=asset.body, headers=headers)
    return web.Response(body=asset.packed, headers={**headers, "Content-Encoding": "gzip"})


def json_response(model: BaseModel, status: int = 200) -> web.Response:
    """A model as JSON."""
    return web.Response(
        status=status, body=model.model_dump_json().encode(), content_type="application/json"
    )


def problem(status: int, detail: str, headers: Mapping[str, str] | None = None) -> web.Response:
    """An RFC 9457 response."""
    body = Problem(title=HTTPStatus(status).phrase, status=status, detail=detail)
    return web.Response(
        status=status,
        body=body.model_dump_json().encode(),
        content_type="application/problem+json",
        headers=headers,
    )
