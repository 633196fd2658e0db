"""The real service, started once for all tests that talk to it: `service.url`, and `service.env` to
run commands beside it.
"""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Service:
    url: str
    env: dict[str, str]
    run: Path
    process: subprocess.Popen[bytes]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_ready(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/health/ready", timeout=2) as response:
            return bool(response.status == 200)
    except OSError:
        return False


def start_service(run: Path, **settings: str) -> Service:
    """Starts `python -m bot serve` on a free port and waits until it is ready."""
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
    deadline = time.monotonic() + 60
    while not is_ready(url):
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            raise AssertionError(
                f"the service did not become ready:\n{log.read_text(errors='replace')[-4000:]}"
            )
        time.sleep(0.1)
    return Service(url, env, run, process)


def stop_service(service: Service) -> int:
    """Stops it as Ctrl-C does. Returns its exit code."""
    service.process.send_signal(signal.SIGINT)
    try:
        return service.process.wait(timeout=20)
    except subprocess.TimeoutExpired:
        service.process.kill()
        raise


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    started = start_service(tmp_path_factory.mktemp("service") / "run")
    yield started
    stop_service(started)
