"""The HTTP edge of a dialogue worker, on a Unix socket that only the gateway reaches: POST /turn,
GET /health.
"""

import logging
import traceback
from collections.abc import Iterator
from http import HTTPStatus
from itertools import chain

from aiohttp import web
from pydantic import TypeAdapter, ValidationError
from rasa.core.agent import Agent

from bot.dialogue import state
from bot.dialogue.turn import take
from bot.errors import SignpostError
from bot.server import end_if_short_of_memory, end_when_short_of_memory
from bot.turn import Turn, TurnResult

BODY_MAX = 8 * 1024 + 2 * state.BYTES_MAX
"""Bytes: a message as the gateway lets it in, and a state, which grows when it is escaped."""
AGENT: web.AppKey[Agent] = web.AppKey("agent", Agent)
CONTENT = web.AppKey("content", str)
_TURN, _RESULT = TypeAdapter(Turn), TypeAdapter(TurnResult)
_log = logging.getLogger(__name__)


def make_app(agent: Agent, content: str = "") -> web.Application:
    """`content`: which version of it the agent has."""
    app = web.Application(client_max_size=BODY_MAX)
    app[AGENT], app[CONTENT] = agent, content
    app.add_routes([web.post("/turn", _turn), web.get("/health", _health)])
    app.on_startup.append(end_when_short_of_memory)
    return app


async def _turn(request: web.Request) -> web.Response:
    try:
        turn = _TURN.validate_json(await request.read(), strict=True)
    except ValidationError:
        return web.json_response({"error": "not a turn"}, status=HTTPStatus.BAD_REQUEST)
    try:
        result = await take(request.app[AGENT], turn)
    except Exception as error:  # left to aiohttp, it would be logged with its text
        end_if_short_of_memory(error)  # the one that is forked in its place gets the turn again
        problem = str(error) if isinstance(error, SignpostError) else "unexpected error"
        _log.error("turn not taken: %s: %s", problem, where(error))
        return web.json_response({"error": problem}, status=HTTPStatus.INTERNAL_SERVER_ERROR)
    return web.Response(body=_RESULT.dump_json(result), content_type="application/json")


async def _health(request: web.Request) -> web.Response:
    return web.json_response({"ready": True, "content": request.app[CONTENT]})


def where(error: BaseException) -> str:
    """What happened, by type and line of code. Never by message: Rasa's and the libraries' may
    quote what the user said.
    """
    return " <- ".join(_places(error))


def _places(error: BaseException) -> Iterator[str]:
    frames = traceback.extract_tb(error.__traceback__)
    last = f" at {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    cause = error.__cause__
    return chain([f"{type(error).__name__}{last}"], _places(cause) if cause else ())
