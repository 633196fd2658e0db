"""The service as its users meet it: one of its own on a free port, and its answers as a screen, in
which what counts is whether the crisis answer came.
"""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bot.commands import client
from bot.errors import SignpostError
from bot.reading.screening import Label, Screening
from bot.settings import ROOT

AT_ONCE = 8
"""Messages asked at the same time."""
READY_SECONDS = 60
STOP_SECONDS = 20


@dataclass(frozen=True)
class Service:
    """A running service. `env` runs commands beside it; `run` is its run directory."""

    url: str
    env: dict[str, str]
    run: Path
    process: subprocess.Popen[bytes]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_ready(url: str) -> bool:
    return _is_ok(f"{url}/health/ready", 2)


def is_live(url: str) -> bool:
    return _is_ok(f"{url}/health/live", 1)


def _is_ok(url: str, timeout: float) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=timeout) as response:  # noqa: S310
            return bool(response.status == 200)
    except OSError:
        return False


def start_service(run: Path, **settings: str) -> Service:
    """Starts `python -m bot serve` on a free port and waits until it is ready. Its audit and its
    log go beside `run`.

    Raises SignpostError, with the end of its log, where it does not get ready.
    """
    port = free_port()
    env = {
        **os.environ,
        "HOST": "127.0.0.1",
        "PORT": str(port),
        "SIGNPOST_RUN": str(run),
        "SIGNPOST_AUDIT": str(run.parent / "audit"),
        "SIGNPOST_WORKERS": "1",
        **settings,
    }
    log = run.parent / f"{run.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "bot", "serve"],
            cwd=ROOT,
            env=env,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + READY_SECONDS
    while not is_ready(url):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            said = log.read_text(errors="replace")[-4000:]
            raise SignpostError(f"the service did not become ready:\n{said}")
        time.sleep(0.1)
    return Service(url, env, run, process)


def stop_service(service: Service) -> int:
    """Stops it as Ctrl-C does. Returns its exit code."""
    service.process.send_signal(signal.SIGINT)
    try:
        return service.process.wait(timeout=STOP_SECONDS)
    except subprocess.TimeoutExpired:
        service.process.kill()
        raise


@contextmanager
def running(models: Path) -> Iterator[Service]:
    """A service for as long as the block runs; nothing of it is kept. Raises as `start_service`."""
    with tempfile.TemporaryDirectory() as folder:
        service = start_service(Path(folder) / "run", SIGNPOST_MODELS=str(models))
        try:
            yield service
        finally:
            stop_service(service)


class ServiceScreen:
    """What the service did with each of some messages. It tells crisis from the rest, no more."""

    def __init__(self, answered: Mapping[str, bool]) -> None:
        self._answered = answered

    def screen(self, text: str, earlier: tuple[str, ...] = ()) -> Screening:
        return Screening(Label.CRISIS if self._answered[text] else Label.NONE)


def ask(service: Service, texts: Sequence[str]) -> ServiceScreen:
    """Asks each of `texts` as a user would, in a conversation of its own."""
    return ServiceScreen(asyncio.run(_ask(service, list(dict.fromkeys(texts)))))


async def _ask(service: Service, texts: Sequence[str]) -> Mapping[str, bool]:
    waiting = iter(texts)
    answered: dict[str, bool] = {}

    async def ask_on(connected: client.Service) -> None:
        for text in waiting:
            answered[text] = (await (await connected.open()).say(text)).crisis

    async with client.connect(service.url, service.run) as connected:
        await asyncio.gather(*(ask_on(connected) for _ in range(AT_ONCE)))
    return answered
