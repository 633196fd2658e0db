"""A Redis of a test's own, on a free port, keeping nothing: to be stopped, killed, or made to refuse."""

import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import redis

from tests.conftest import free_port

PROGRAM = shutil.which("redis-server")


class RedisServer:
    """`url` is its address. It is the same after a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder, self.port = folder, free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.client = redis.Redis(port=self.port)
        self.start()

    def start(self) -> None:
        assert PROGRAM
        settings = {"port": str(self.port), "bind": "127.0.0.1", "save": "", "appendonly": "no"}
        self._process = subprocess.Popen(
            [PROGRAM, *(word for name, value in settings.items() for word in (f"--{name}", value))],
            cwd=self._folder,
            stdout=subprocess.DEVNULL,
        )
        while True:
            try:
                self.client.ping()
                return
            except redis.ConnectionError:
                assert self._process.poll() is None, "redis-server did not start"

    def stop(self) -> None:
        """It is there and does not answer, as one that swaps, or a network that drops all."""
        self._process.send_signal(signal.SIGSTOP)

    def go_on(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()

    def read_only(self, on: bool = True) -> None:
        """As a replica is, after its master was lost."""
        self.client.replicaof("127.0.0.1", 1) if on else self.client.replicaof("NO", "ONE")

    def flush(self) -> None:
        self.client.flushall()

    def dump(self) -> bytes:
        """All that somebody could read in it."""
        reads: dict[Any, Callable[[Any], Any]] = {
            b"hash": self.client.hgetall,
            b"zset": lambda key: self.client.zrange(key, 0, -1),
            b"string": self.client.get,
        }
        return b"\n".join(
            key + repr(reads[self.client.type(key)](key)).encode()
            for key in self.client.scan_iter()
        )


@contextmanager
def redis_server(folder: Path) -> Iterator[RedisServer]:
    """Skips the test where there is none."""
    if not PROGRAM:
        pytest.skip("redis-server is not here: Debian's package of that name has it")
    with running_redis(folder) as server:
        yield server


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisServer]:
    server = RedisServer(folder)
    try:
        yield server
    finally:
        server.go_on()
        server.kill()
        server.client.close()
