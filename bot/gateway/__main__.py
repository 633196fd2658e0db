"""`python -m bot.gateway`: the gateway under gunicorn, which replaces it should it die. Started by the supervisor."""

import sys
from typing import Any

from aiohttp import web
from gunicorn.app.base import BaseApplication

from bot.errors import SignpostError
from bot.gateway import log
from bot.gateway.app import create_app
from bot.settings import Settings, load_settings

KEEPALIVE_SECONDS = 15
"""Also how long a client may take to send its first request line and headers (aiohttp closes what is idle, and this is idle to it)."""
LINGER_SECONDS = 1.0
"""How long the rest of a refused body is read and thrown away, so that the client gets to see the answer."""
SHUTDOWN_SECONDS = 3


class Gateway(BaseApplication):  # type: ignore[misc]
    """One worker: conversations are in its memory."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": f"{self._settings.host}:{self._settings.port}",
            "workers": 1,
            "worker_class": "aiohttp.GunicornWebWorker",
            "loglevel": "warning",
            "graceful_timeout": SHUTDOWN_SECONDS + 1,
            "control_socket_disable": True,
            "proc_name": "signpost-gateway",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._runner

    async def _runner(self) -> web.AppRunner:
        log.configure(self._settings.log_level)
        return web.AppRunner(
            await create_app(self._settings),
            access_log=None,
            keepalive_timeout=KEEPALIVE_SECONDS,
            lingering_time=LINGER_SECONDS,
            shutdown_timeout=SHUTDOWN_SECONDS,
        )


def main() -> int:
    try:
        Gateway(load_settings()).run()
    except SignpostError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
