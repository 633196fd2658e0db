"""The dialogue workers as a pre-forking gunicorn: the model is loaded once, and a worker that dies
or hangs is replaced from it in an instant.
"""

import gc
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web
from gunicorn.app.base import BaseApplication
from rasa.core.agent import Agent

from bot import server, snapshots
from bot.dialogue.socket import own_socket, take_over
from bot.dialogue.worker import make_app
from bot.settings import Settings

WORKERS_MAX = 4


def worker_count(settings: Settings) -> int:
    """As set; else one a core that this process may use, at most WORKERS_MAX."""
    return settings.workers or min(WORKERS_MAX, len(os.sched_getaffinity(0)))


def config(settings: Settings) -> dict[str, Any]:
    """gunicorn's settings."""
    return {
        **server.OPTIONS,
        "bind": f"unix:{own_socket(settings.run)}",
        "umask": 0o077,
        "workers": worker_count(settings),
        "preload_app": True,
        "when_ready": _before_the_first_fork(settings.run),
        # A worker whose loop stands still this long is killed and replaced; nobody waits for its
        # answer any more.
        "timeout": int(settings.deadline_seconds) + 2,
        "graceful_timeout": 5,
        "proc_name": "signpost-dialogue",
    }


def _before_the_first_fork(run: Path) -> Callable[[Any], None]:
    def ready(_: Any) -> None:
        """What is loaded now is there to stay: the collector must not touch it, or each worker would
        get its own copy of all of it.
        """
        gc.collect()
        gc.freeze()
        take_over(run)

    return ready


class DialogueServer(BaseApplication):
    """`run()` serves until SIGTERM or SIGINT. Workers end within a second when this process dies."""

    def __init__(self, settings: Settings, agent: Agent) -> None:
        self._settings, self._agent = settings, agent
        super().__init__()

    def load_config(self) -> None:
        for name, value in config(self._settings).items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        content = snapshots.version(self._settings.content)

        async def app() -> web.Application:
            return make_app(self._agent, content)

        return app
