"""`python -m bot serve`: starts the gateway and the dialogue, starts again what dies, and stops
both together.

Each of the two is a gunicorn master, which looks after its own workers; this looks after the
masters. They run in process groups of their own, so that Ctrl-C reaches only this process, which
then stops them in order; and the kernel ends them should this process be killed.
"""

import contextlib
import ctypes
import http
import http.client
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType

from bot import models
from bot.commands import check as content_check
from bot.errors import SettingsError, SignpostError
from bot.gateway.api.operator import write_operator_token
from bot.settings import ROOT, Settings
from bot.sponsors.keys import read_keys

MASTERS = ("bot.gateway", "bot.dialogue")
LOOK_SECONDS = 0.1
RESTARTS_AT_ONCE = 3
"""Restarts without a pause within QUIET_SECONDS; after that, a master that keeps dying is started
again every PAUSE_SECONDS.
"""
QUIET_SECONDS = 30.0
PAUSE_SECONDS = 5.0
STOP_SECONDS = 6.0
"""The gateway lets answers under way finish for three; what is still there after six is killed."""
ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""One message keeps one core busy. A second thread of the linear algebra library only spins between
its calls: three quarters of a worker's CPU.
"""
PR_SET_PDEATHSIG = 1  # prctl(2)


def serve(settings: Settings) -> int:
    """Serves until SIGINT or SIGTERM. Returns the exit code.

    Raises SettingsError, ModelError or ContentError, with nothing started, where the port is taken,
    the models are not there or out of date, or the content has a mistake.
    """
    _refuse_early(settings)
    _prepare_run_folder(settings.run)
    with _stop_signals() as stopped:
        masters = [Master(name) for name in MASTERS]
        try:
            for master in masters:
                master.start()
            _say("starting: every message gets the help reply until the crisis screen is loaded")
            _watch(masters, settings, stopped)
        finally:
            _say("stopping")
            _stop(masters)
    return 0


@dataclass
class Master:
    """One gunicorn master: `python -m <module>`."""

    module: str
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)
    """When it died lately, monotonic seconds."""

    def start(self) -> None:
        # Safe although it runs between fork and exec: this process has one thread.
        command, environment, dies = (
            [sys.executable, "-m", self.module],
            {**os.environ, **ONE_THREAD},
            _die_with_parent(os.getpid()),
        )
        self.process = subprocess.Popen(  # noqa: S603
            command, cwd=ROOT, env=environment, process_group=0, preexec_fn=dies
        )

    def look_after(self, now: float) -> None:
        """Starts the master again if it is gone, at once unless it keeps dying."""
        if self.process is not None and (code := self.process.poll()) is not None:
            _say(f"{self.module} ended with code {code}: starting it again")
            self._end_group()
            self.process = None
            self.deaths = [*(died for died in self.deaths if now - died < QUIET_SECONDS), now]
        if self.process is None and (
            len(self.deaths) <= RESTARTS_AT_ONCE or now - self.deaths[-1] >= PAUSE_SECONDS
        ):
            self.start()

    def ask_to_stop(self) -> None:
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.terminate()

    def kill(self) -> None:
        """Ends the master and all that it started, at once."""
        self._end_group()
        if self.process is not None:
            self.process.wait()

    def _end_group(self) -> None:
        """Workers that outlived their master would hold its port or its socket."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)


def _die_with_parent(parent: int) -> Callable[[], None]:
    """What a child runs before it becomes a master: it gets SIGTERM when this process ends, however
    that happens. Linux only; elsewhere nothing.
    """
    if not sys.platform.startswith("linux"):
        return lambda: None
    prctl = ctypes.CDLL(None, use_errno=True).prctl

    def before_exec() -> None:
        prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it ended before we could ask
            os.kill(os.getpid(), signal.SIGTERM)

    return before_exec


def _watch(masters: list[Master], settings: Settings, stopped: Callable[[], bool]) -> None:
    """Looks after the masters until it is time to stop, and says when they are ready and when they
    are no longer.
    """
    started, ready, next_probe = time.monotonic(), False, 0.0
    while not stopped():
        now = time.monotonic()
        for master in masters:
            master.look_after(now)
        if now >= next_probe:
            was, ready = ready, _is_ready(settings)
            next_probe = now + (5.0 if ready else LOOK_SECONDS)
            if ready and not was:
                _say(
                    f"ready after {now - started:.1f} s on http://{_bracketed(_reachable(settings.host))}:{settings.port}"
                )
            elif was and not ready:
                started = now
                _say("not ready: crisis answers and help still work")
        time.sleep(LOOK_SECONDS)


def _stop(masters: list[Master]) -> None:
    for master in masters:
        master.ask_to_stop()
    deadline = time.monotonic() + STOP_SECONDS
    while (
        any(m.process is not None and m.process.poll() is None for m in masters)
        and time.monotonic() < deadline
    ):
        time.sleep(0.02)
    for master in masters:
        master.kill()


@contextlib.contextmanager
def _stop_signals() -> Iterator[Callable[[], bool]]:
    """While inside, SIGINT and SIGTERM only set what the yielded function says."""
    seen: list[int] = []

    def note(number: int, _: FrameType | None) -> None:
        seen.append(number)

    before = {number: signal.signal(number, note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(seen)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _refuse_early(settings: Settings) -> None:
    models.verify(settings.models)
    if not models.is_current(settings.models):
        _say(
            f"warning: {settings.models} was learnt from other data than is here now: "
            "run `python -m bot train`"
        )
    for mistake in content_check.problems(settings.content):
        raise mistake
    if settings.sponsor_keys is not None:
        read_keys(settings.sponsor_keys)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise SettingsError(
                f"cannot listen on {settings.host}, port {settings.port}: {error.strerror}; choose another with HOST and PORT"
            ) from None


def _prepare_run_folder(run: Path) -> None:
    """The folder that only our user may enter, with a new operator's token in it."""
    try:
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(run.stat().st_mode) & 0o077:
            raise SettingsError(
                f"SIGNPOST_RUN: {run}: other users may enter this folder; `chmod 700` it, or choose another"
            )
        write_operator_token(run)
    except OSError as error:
        raise SignpostError(f"SIGNPOST_RUN: {run}: {error.strerror}") from None


def _reachable(host: str) -> str:
    """Where a browser on this machine finds what listens on `host`."""
    if host in {"0.0.0.0", "::"}:  # noqa: S104
        return "127.0.0.1" if host == "0.0.0.0" else "::1"  # noqa: S104
    return host


def _bracketed(host: str) -> str:
    """As it stands in a URL."""
    return f"[{host}]" if ":" in host else host


def _is_ready(settings: Settings) -> bool:
    """Not by urllib, which would ask a proxy of the environment for our own address."""
    connection = http.client.HTTPConnection(_reachable(settings.host), settings.port, timeout=2)
    try:
        connection.request("GET", "/health/ready")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _say(what: str) -> None:
    print(f"signpost: {what}", flush=True)
