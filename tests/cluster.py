"""`make cluster`: two whole services behind HAProxy, with a Redis and a PostgreSQL that they share, on
this machine and in a temporary folder, until Ctrl-C. docs/deploy.md has it from above.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from bot.errors import SignpostError
from bot.evaluation.service import free_port, is_ready
from bot.keyfile import add_key
from bot.settings import ROOT
from tests.redis_server import running_redis

READY_SECONDS = 90
HAPROXY = shutil.which("haproxy", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
INITDB = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), reverse=True)), None)
NEEDED = {"haproxy": HAPROXY, "redis-server": shutil.which("redis-server"), "postgresql": INITDB}
MISSING = [package for package, program in NEEDED.items() if not program]
"""Debian's packages that are not here."""


@dataclass
class Node:
    """One host's service: `python -m bot serve` with two dialogue workers."""

    env: dict[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.env['PORT']}"

    def start(self) -> None:
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "bot", "serve"],
                cwd=ROOT,
                env=self.env,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    def wait(self) -> None:
        """Until it is ready. Raises SignpostError where it does not get so."""
        deadline = time.monotonic() + READY_SECONDS
        while not is_ready(self.url):
            if (
                self.process is None
                or self.process.poll() is not None
                or time.monotonic() > deadline
            ):
                raise SignpostError(f"not ready:\n{self.log.read_text(errors='replace')[-3000:]}")
            time.sleep(0.1)

    def stop(self) -> None:
        """As an init system does."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(timeout=25)
            self.process = None

    def kill(self) -> None:
        """All of it at once, as when its host dies."""
        for pid in self._all():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()
            self.process = None

    def _all(self) -> list[int]:
        """Its processes, which have its run folder in their environment; the one that starts others
        first.
        """
        mark, found = f"SIGNPOST_RUN={self.env['SIGNPOST_RUN']}\0".encode(), []
        for entry in Path("/proc").iterdir():
            with suppress(OSError):
                if entry.name.isdigit() and mark in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
        return sorted(found)


@dataclass
class Cluster:
    """`url` is the proxy's."""

    url: str
    nodes: tuple[Node, Node]


@contextmanager
def cluster(folder: Path, **settings: str) -> Iterator[Cluster]:
    """For as long as the block runs; raises SignpostError where a part does not start. `settings`
    are those of both services, over what a cluster needs.
    """
    if MISSING:
        raise SignpostError(f"not here: {', '.join(MISSING)} (Debian's packages of those names)")
    with ExitStack() as stack:
        redis = stack.enter_context(running_redis(folder))
        database = stack.enter_context(postgres())
        keys = folder / "conversations.keys"
        add_key(keys)
        shared = {
            **os.environ,
            "HOST": "127.0.0.1",
            "SIGNPOST_WORKERS": "2",
            "SIGNPOST_DRAIN_SECONDS": "2",  # the proxy asks twice a second
            "SIGNPOST_PROXY_HOPS": "1",
            "SIGNPOST_CONVERSATIONS": redis.url,
            "SIGNPOST_CONVERSATIONS_KEYS": str(keys),
            "SIGNPOST_RATE_LIMIT_STORAGE": f"async+{redis.url}",
            "SIGNPOST_SPONSOR_DATABASE": database.url,
            "SIGNPOST_SPONSOR_KEYS": str(folder / "sponsors.keys"),
            **settings,
        }
        setup = [sys.executable, "-m", "bot", "sponsors", "setup"]
        subprocess.run(setup, cwd=ROOT, env=shared, check=True, capture_output=True)
        nodes = []
        for name in ("a", "b"):
            own = {
                "PORT": str(free_port()),
                "SIGNPOST_RUN": str(folder / name),
                "SIGNPOST_AUDIT": str(folder / f"{name}-audit"),
            }
            nodes.append(Node(shared | own, folder / f"{name}.log"))
            stack.callback(nodes[-1].kill)
            nodes[-1].start()
        port = free_port()
        stack.enter_context(proxy(folder, port, nodes))
        for node in nodes:
            node.wait()
        yield Cluster(f"http://127.0.0.1:{port}", (nodes[0], nodes[1]))


class Postgres:
    """A PostgreSQL of one's own, with an empty database. It refuses to be run by root: then it is
    another user's, and so are its files, which nobody else's folder may hold.
    """

    def __init__(self, folder: Path, copy_of: "Postgres | None" = None, **settings: object) -> None:
        """`copy_of`: one that this one follows, until it is promoted. `settings` are PostgreSQL's."""
        self._data, self.port, self._settings = folder, free_port(), settings
        self.url = f"postgresql://signpost@127.0.0.1:{self.port}/postgres"
        self._owner = "postgres" if os.geteuid() == 0 else None
        if self._owner:
            shutil.chown(folder, self._owner)
        make = ["initdb", "-U", "signpost", "--auth=trust", "--no-sync", "-E", "UTF8"]
        if copy_of:
            make = ["pg_basebackup", "-R", "-c", "fast", "--no-sync", "-d", copy_of.url]
        if self._program(*make).wait():
            raise SignpostError("PostgreSQL cannot make its files")
        self.start()

    def start(self) -> None:
        place = ["-h", "127.0.0.1", "-p", str(self.port), "-k", "", "-F"]
        own = [f"--{name}={value}" for name, value in self._settings.items()]
        self._server = self._program("postgres", *place, *own)
        deadline = time.monotonic() + 30
        while not self._is_there():
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise SignpostError("PostgreSQL did not start")
            time.sleep(0.1)

    def end(self, how: signal.Signals = signal.SIGINT) -> None:
        """At once: clients are cut off. In order, or with SIGQUIT as when it breaks."""
        self._server.send_signal(how)  # nothing, where it has ended
        self._server.wait(timeout=20)

    def _program(self, name: str, *options: str) -> subprocess.Popen[bytes]:
        assert INITDB is not None
        return subprocess.Popen(
            [INITDB.with_name(name), "-D", self._data, *options],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd=self._data,
            user=self._owner,
            group=self._owner,
        )

    def _is_there(self) -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0


@contextmanager
def postgres(copy_of: Postgres | None = None, **settings: object) -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="signpost-postgres-") as folder:
        server = Postgres(Path(folder), copy_of, **settings)
        try:
            yield server
        finally:
            server.end()


@contextmanager
def proxy(folder: Path, port: int, nodes: list[Node]) -> Iterator[None]:
    """HAProxy, with ops/haproxy.cfg for these ports and without TLS."""
    assert HAPROXY
    text = (ROOT / "ops" / "haproxy.cfg").read_text(encoding="utf-8")
    text = text.replace("*:443 ssl crt /etc/ssl/signpost.pem alpn h2,http/1.1", f"127.0.0.1:{port}")
    for place, node in zip(("192.0.2.11", "192.0.2.12"), nodes, strict=True):
        text = text.replace(f"{place}:8080", f"127.0.0.1:{node.env['PORT']}")
    file = folder / "haproxy.cfg"
    file.write_text(text, encoding="utf-8")
    process = subprocess.Popen([HAPROXY, "-db", "-q", "-f", file])
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=10)


def main() -> int:
    try:
        with tempfile.TemporaryDirectory(prefix="signpost-cluster-") as name:
            print("starting: half a minute", flush=True)
            with cluster(Path(name)) as running:
                print(f"the chat: {running.url}\nlogs, keys and settings: {name}")
                for node in running.nodes:
                    print(f"  {node.url}  SIGNPOST_RUN={node.env['SIGNPOST_RUN']}")
                print("Ctrl-C ends all of it", flush=True)
                signal.pause()
    except KeyboardInterrupt:
        return 0
    except SignpostError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
