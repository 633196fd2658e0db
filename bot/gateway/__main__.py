"""`python -m bot.gateway`: the gateway under gunicorn, which replaces it should it die. Started by
the supervisor.
"""

import sys
from typing import Any

from gunicorn.app.base import BaseApplication

from bot import server
from bot.errors import SignpostError
from bot.gateway.app import SERVER_OPTIONS, create_app
from bot.gateway.http import log
from bot.gateway.http.connections import (
    PER_ADDRESS,
    Connections,
    Runner,
    connections_allowed,
    raise_file_limit,
)
from bot.settings import Settings, load_settings

HANGS_SECONDS = 3


class Gateway(BaseApplication):
    """One worker: conversations are in its memory."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        super().__init__()

    def load_config(self) -> None:
        options = {
            **server.OPTIONS,
            "bind": f"[{self._settings.host}]:{self._settings.port}"
            if ":" in self._settings.host
            else f"{self._settings.host}:{self._settings.port}",
            "workers": 1,
            # A worker whose loop stands still this long is killed and replaced. The master looks
            # once a second, so that it is noticed within five; a screen of one message takes 0.2.
            "timeout": HANGS_SECONDS,
            "graceful_timeout": SERVER_OPTIONS["shutdown_timeout"] + 1,
            "proc_name": "signpost-gateway",
        }
        for name, value in options.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        return self._runner

    async def _runner(self) -> Runner:
        log.configure(self._settings.log_level)
        connections = Connections(
            connections_allowed(), None if self._settings.proxy_hops else PER_ADDRESS
        )
        app = await create_app(self._settings, connections=connections)
        return Runner(app, connections, **SERVER_OPTIONS)


def main() -> int:
    try:
        raise_file_limit()
        Gateway(load_settings()).run()
    except SignpostError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
