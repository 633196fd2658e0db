"""`python -m bot.gateway`: the gateway under gunicorn, which replaces it should it die. Started by
the supervisor.
"""

import sys
from typing import Any

from aiohttp import web
from gunicorn.app.base import BaseApplication

from bot.errors import SignpostError
from bot.gateway.app import SERVER_OPTIONS, create_app
from bot.gateway.http import log
from bot.settings import Settings, load_settings


class Gateway(BaseApplication):
    """One worker: conversations are in its memory."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        options = {
            "bind": f"[{self._settings.host}]:{self._settings.port}"
            if ":" in self._settings.host
            else f"{self._settings.host}:{self._settings.port}",
            "workers": 1,
            "worker_class": "aiohttp.GunicornWebWorker",
            "loglevel": "warning",
            "graceful_timeout": SERVER_OPTIONS["shutdown_timeout"] + 1,
            "control_socket_disable": True,
            "proc_name": "signpost-gateway",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._runner

    async def _runner(self) -> web.AppRunner:
        log.configure(self._settings.log_level)
        return web.AppRunner(await create_app(self._settings), **SERVER_OPTIONS)


def main() -> int:
    try:
        Gateway(load_settings()).run()
    except SignpostError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
