"""What the two gunicorn masters, of the gateway and of the dialogue, have in common."""

import sys
from collections.abc import Mapping
from typing import Any

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
