"""`python -m bot.gateway`: the gateway under gunicorn, which replaces it should it die. Started by
the supervisor, with the socket to listen on and the pipe to beat down.
"""

import asyncio
import sys
from typing import Any

from aiohttp import web
from gunicorn.app.base import BaseApplication

from bot import server
from bot.errors import SignpostError
from bot.gateway.app import create_app
from bot.gateway.http import log
from bot.gateway.http.connections import (
    PER_ADDRESS,
    SERVER_OPTIONS,
    Connections,
    Runner,
    connections_allowed,
    raise_file_limit,
)
from bot.pulse import beat
from bot.settings import Settings, load_settings

HANGS_SECONDS = 3


class Gateway(BaseApplication):
    """One worker: conversations are in its memory."""

    def __init__(
        self, settings: Settings, listener: int | None = None, pulse: int | None = None
    ) -> None:
        """`listener` and `pulse` are open files. Without them, as when it is run by itself: it
        opens its own socket, and nobody asks whether it lives.
        """
        self._settings, self._listener, self._pulse = settings, listener, pulse
        super().__init__()

    def load_config(self) -> None:
        options = {
            **server.OPTIONS,
            "bind": self._bind(),
            "workers": 1,
            # A worker whose loop stands still this long is killed and replaced. The master looks
            # once a second, so that it is noticed within five; a screen of one message takes 0.2.
            "timeout": HANGS_SECONDS,
            "graceful_timeout": SERVER_OPTIONS["shutdown_timeout"] + 1,
            "proc_name": "signpost-gateway",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def _bind(self) -> str:
        if self._listener is not None:
            return f"fd://{self._listener}"
        host, port = self._settings.host, self._settings.port
        return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"

    def load(self) -> Any:
        return self._runner

    async def _runner(self) -> Runner:
        log.configure(self._settings.log_level)
        connections = Connections(
            connections_allowed(), None if self._settings.proxy_hops else PER_ADDRESS
        )
        app = await create_app(self._settings, connections=connections)
        app.on_startup.append(server.end_when_short_of_memory)
        if self._pulse is not None:
            _beat_while_it_serves(app, self._pulse)
        return Runner(app, connections, **SERVER_OPTIONS)


def _beat_while_it_serves(app: web.Application, pulse: int) -> None:
    """From the moment when it takes connections to the one when it takes no more: while it only
    finishes what is under way, others have to be answered by somebody else.
    """
    beating: list[asyncio.Task[None]] = []

    async def begin(_: web.Application) -> None:
        beating.append(asyncio.create_task(beat(pulse)))

    async def end(_: web.Application) -> None:
        beating.pop().cancel()

    app.on_startup.append(begin)
    app.on_shutdown.append(end)


def main() -> int:
    try:
        raise_file_limit()
        Gateway(load_settings(), *map(int, sys.argv[1:])).run()
    except SignpostError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
