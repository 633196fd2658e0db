"""What the two gunicorn masters, of the gateway and of the dialogue, and their workers have in
common.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from typing import Any

from aiohttp import web
from gunicorn.glogging import Logger

from bot.lines import Lines, LinesHandler


class GunicornLog(Logger):
    """gunicorn's own log, which waits for no reader either: a master that waits starts no worker."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        handler = LinesHandler(Lines(sys.stderr))
        handler.setFormatter(self.error_log.handlers[0].formatter)
        self.error_log.handlers[:] = [handler]


OPTIONS: Mapping[str, Any] = {
    "worker_class": "aiohttp.GunicornWebWorker",
    "logger_class": GunicornLog,
    "loglevel": "warning",
    "accesslog": None,
    "control_socket_disable": True,
}
OUT_OF_MEMORY = 70
"""How a worker ends that is short of it."""


async def end_when_short_of_memory(_: web.Application) -> None:
    """From now on this worker ends when the event loop itself meets such an error: it could not even
    read what it is asked.
    """

    def judge(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        end_if_short_of_memory(context.get("exception"))
        loop.default_exception_handler(context)

    asyncio.get_running_loop().set_exception_handler(judge)


def end_if_short_of_memory(error: BaseException | None) -> None:
    """Ends this worker at once where an error, or what is behind it, says so: it would stay short,
    and its master has another one there in an instant.
    """
    while error is not None:
        if isinstance(error, MemoryError):
            os._exit(OUT_OF_MEMORY)
        error = error.__cause__ or error.__context__
