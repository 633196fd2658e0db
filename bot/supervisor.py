"""`python -m bot serve`: starts the gateway, the dialogue and the stand-by, starts again what dies,
and stops all together.

The first two are gunicorn masters, which look after their own workers; this looks after the
masters. They run in process groups of their own, so that Ctrl-C reaches only this process, which
then stops them in order; and the kernel ends them should this process be killed.

The socket is opened here, and outlives whoever answers on it: the gateway, or while that gives no
sign of life the stand-by (bot/standby.py).

All read a copy of the content. `python -m bot reload` and SIGHUP take a new one: it is checked, a
second dialogue reads it, and only when that one is ready does it take the first one's place, and
the gateway and the stand-by follow.
"""

import contextlib
import ctypes
import http
import http.client
import os
import select
import shutil
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

from bot import models, snapshots
from bot.child import in_a_child
from bot.dialogue.socket import SOCKET, own_socket
from bot.errors import ContentError, ModelError, SettingsError, SignpostError
from bot.gateway.api.operator import DRAINING, write_operator_token
from bot.keyfile import read_conversation_keys
from bot.pulse import Pulse, open_pipe
from bot.settings import ROOT, Settings
from bot.sponsors.keys import read_keys

STOPS = frozenset({signal.SIGINT, signal.SIGTERM})
LOOK_SECONDS = 0.1
RESTARTS_AT_ONCE = 3
"""Restarts without a pause within QUIET_SECONDS; after that, a master that keeps dying is started
again every PAUSE_SECONDS.
"""
QUIET_SECONDS = 30.0
PAUSE_SECONDS = 5.0
RELOAD_SECONDS = 180.0
"""A second dialogue that is not ready by then is given up."""
STAND_BY = "bot.standby"
STOP_SECONDS = {"bot.gateway": 10.0, "bot.dialogue": 4.0, STAND_BY: 1.0}
"""The gateway lets answers under way finish for eight; what is still there later is killed."""
SILENT_SECONDS = 10.0
"""A stand-by that gives no sign of life for so long is started again: it takes one or two to start,
on a busy machine five.
"""
BACKLOG = 128
"""Connections that wait for somebody to take them: aiohttp sets as many."""
LEAN = {
    # One message keeps one core busy. A second thread of the linear algebra library only spins
    # between its calls: three quarters of a worker's CPU.
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    # glibc raises this by itself once something large is freed, and then keeps what comes after it:
    # 40 MB of a gateway that has loaded its models.
    "MALLOC_MMAP_THRESHOLD_": "131072",
}
"""Environment of the masters."""
PR_SET_PDEATHSIG = 1  # prctl(2)


def serve(settings: Settings) -> int:
    """Serves until SIGINT or SIGTERM. Returns the exit code.

    Raises SettingsError, ModelError or ContentError, with nothing started, where the port is taken,
    the models are not there or out of date, or the content has a mistake.
    """
    _refuse_early(settings)
    with _listen(settings) as listener, _signals() as seen:
        _prepare_run_folder(settings.run, settings.content)
        masters = _masters(settings.run / snapshots.LINK, listener.fileno())
        reload = Reload(settings, masters)
        try:
            for master in masters:
                master.start()
            _say("starting: every message gets the help reply until the crisis screen is loaded")
            _watch(masters, settings, seen, reload)
            _drain(masters, settings, seen)
        finally:
            _say("stopping")
            reload.stop()
            _stop(masters)
    return 0


@dataclass
class Master:
    """A process that is looked after: `python -m <module>`, a gunicorn master or the stand-by."""

    module: str
    content: Path
    files: tuple[int, ...] = ()
    """Open files of ours that it is given, by their numbers as its arguments."""
    pulse: Pulse | None = None
    """Where it is heard. None: gunicorn looks after its own."""
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)
    """When it died lately, monotonic seconds."""

    def start(self) -> None:
        # Safe although it runs between fork and exec: this process has one thread.
        command, environment, dies = (
            [sys.executable, "-m", self.module, *map(str, self.files)],
            {**os.environ, **LEAN, "SIGNPOST_CONTENT": str(self.content.absolute())},
            _die_with_parent(os.getpid()),
        )
        self.process = subprocess.Popen(  # noqa: S603
            command,
            cwd=ROOT,
            env=environment,
            process_group=0,
            preexec_fn=dies,
            pass_fds=self.files,
        )
        if self.pulse is not None:
            self.pulse.heard = time.monotonic()

    def look_after(self, now: float) -> None:
        """Starts the master again if it is gone or hangs, at once unless it keeps dying."""
        if self.pulse is not None and self.pulse.silent_for(now) > SILENT_SECONDS:
            self.kill()
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


def _masters(content: Path, listener: int) -> list[Master]:
    """In the order in which they stop. `content` is the link that the gateway and the stand-by
    follow; a dialogue keeps what it has read, also when it is restarted.
    """
    (gateway_heard, gateway_beats), (heard, beats) = open_pipe(), open_pipe()
    return [
        Master("bot.gateway", content, (listener, gateway_beats)),
        Master("bot.dialogue", content.resolve()),
        Master(STAND_BY, content, (listener, gateway_heard, beats), Pulse(heard, 0)),
    ]


class Reload:
    """Brings new content in, beside what serves and a step at a time, so that nobody waits for it."""

    def __init__(self, settings: Settings, masters: list[Master]) -> None:
        self._run, self._source, self._masters = settings.run, settings.content, masters
        self._fresh: Master | None = None
        self._deadline = 0.0
        self._retired: list[Master] = []

    def step(self, now: float, seen: set[int]) -> None:
        """Begins where it was asked to, and goes on with what it began."""
        for old in [m for m in self._retired if m.process is None or m.process.poll() is not None]:
            old.kill()
            self._retired.remove(old)
        if self._fresh is not None:
            self._go_on(self._fresh, now)
        elif signal.SIGHUP in seen or (self._run / snapshots.REQUEST).exists():
            seen.discard(signal.SIGHUP)
            try:
                self._begin(now)
            except Exception as error:  # whatever is wrong with a file, what is served goes on
                self._fail(f"{type(error).__name__}: {error}")

    def stop(self) -> None:
        for master in (*self._retired, *([self._fresh] if self._fresh else [])):
            master.kill()

    def _begin(self, now: float) -> None:
        snapshot = snapshots.take(self._source, self._run)
        if snapshot.name == (self._run / snapshots.LINK).resolve().name:
            self._end("not reloaded: there is nothing new in it")
        elif found := _mistakes(snapshot):
            shutil.rmtree(snapshot, ignore_errors=True)
            self._fail("; ".join(map(str, found)))
        else:
            self._fresh, self._deadline = Master("bot.dialogue", snapshot), now + RELOAD_SECONDS
            self._fresh.start()

    def _go_on(self, fresh: Master, now: float) -> None:
        assert fresh.process is not None
        if (self._run / SOCKET).resolve() == own_socket(self._run.resolve(), fresh.process.pid):
            (place,) = (i for i, m in enumerate(self._masters) if m.module == fresh.module)
            old, self._masters[place] = self._masters[place], fresh
            old.ask_to_stop()
            self._retired.append(old)
            self._fresh = None
            try:
                snapshots.serve(fresh.content)
                self._begin_stand_by_anew()
                self._end("reloaded")
            except OSError as error:
                self._fail(f"the dialogue has it, the gateway cannot: {error.strerror}")
        elif fresh.process.poll() is not None or now > self._deadline:
            fresh.kill()
            self._fresh = None
            shutil.rmtree(fresh.content, ignore_errors=True)
            self._fail("the dialogue does not start with it")

    def _begin_stand_by_anew(self) -> None:
        """It reads the content once, when it starts, and keeps nothing that could be lost."""
        for master in self._masters:
            if master.module == STAND_BY:
                master.kill()
                master.start()

    def _fail(self, why: str) -> None:
        with contextlib.suppress(OSError):
            (self._run / snapshots.FAILED).touch()
        self._end(f"not reloaded, what was there goes on: {why}", failed=True)

    def _end(self, how: str, *, failed: bool = False) -> None:
        with contextlib.suppress(OSError):
            (self._run / snapshots.REQUEST).unlink(missing_ok=True)
            if not failed:
                (self._run / snapshots.FAILED).unlink(missing_ok=True)
        _say(f"content {how}")


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


def _watch(masters: list[Master], settings: Settings, seen: set[int], reload: Reload) -> None:
    """Looks after the masters until it is time to stop, and says when they are ready and when they
    are no longer.
    """
    started, ready, next_probe = time.monotonic(), False, 0.0
    while not seen & STOPS:
        now = time.monotonic()
        for master in masters:
            master.look_after(now)
        reload.step(now, seen)
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


def _drain(masters: list[Master], settings: Settings, seen: set[int]) -> None:
    """Says on `/health/ready` that it stops, and lets everybody be answered until proxies have
    noticed. A second signal ends that.
    """
    seen -= STOPS
    until = time.monotonic() + settings.drain_seconds
    with contextlib.suppress(OSError):
        (settings.run / DRAINING).touch()
    while not seen & STOPS and (now := time.monotonic()) < until:
        for master in masters:
            master.look_after(now)
        time.sleep(LOOK_SECONDS)


def _stop(masters: list[Master]) -> None:
    """One after the other, the gateway first: its answers under way need the dialogue."""
    for master in masters:
        master.ask_to_stop()
        deadline = time.monotonic() + STOP_SECONDS[master.module]
        while (
            master.process is not None
            and master.process.poll() is None
            and time.monotonic() < deadline
        ):
            time.sleep(0.02)
        master.kill()


@contextlib.contextmanager
def _signals() -> Iterator[set[int]]:
    """While inside, SIGINT, SIGTERM and SIGHUP are only noted in what is yielded. SIGHUP ends us as
    ever where we are run in a terminal: it is what comes when that is closed.
    """
    seen: set[int] = set()

    def note(number: int, _: FrameType | None) -> None:
        seen.add(number)

    noted = STOPS if sys.stdin is not None and sys.stdin.isatty() else STOPS | {signal.SIGHUP}
    before = {number: signal.signal(number, note) for number in noted}
    try:
        yield seen
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
    for warning in _stale_encoders():
        _say(f"warning: {warning}")
    for mistake in _mistakes(settings.content):
        raise mistake
    if settings.sponsor_keys is not None:
        read_keys(settings.sponsor_keys)
    if settings.conversations_keys is not None:
        read_conversation_keys(settings.conversations_keys)


def _listen(settings: Settings) -> socket.socket:
    """The socket on which whoever is there answers. Raises SettingsError."""
    listener = socket.socket(socket.AF_INET6 if ":" in settings.host else socket.AF_INET)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise SettingsError(
            f"cannot listen on {settings.host}, port {settings.port}: {error.strerror}; choose another with HOST and PORT"
        ) from None
    return listener


def _mistakes(content: Path) -> list[ContentError]:
    """All mistakes in the content. Reading all of it takes 60 MB, which this process need not keep."""
    return [ContentError(*mistake) for mistake in in_a_child(_read_content, content)]


def _read_content(content: Path) -> list[tuple[Path, int, str]]:
    from bot.commands.check import problems

    return [(each.file, each.line, each.problem) for each in problems(content)]


def _stale_encoders() -> list[str]:
    """Warnings. What serves is in the models' folder: the release itself need not be there."""
    try:
        return models.stale_encoders()
    except ModelError:
        return []


def _prepare_run_folder(run: Path, content: Path) -> None:
    """The folder that only our user may enter, with a new operator's token and a copy of the content
    in it.
    """
    try:
        run.mkdir(mode=0o700, parents=True, exist_ok=True)
        if stat.S_IMODE(run.stat().st_mode) & 0o077:
            raise SettingsError(
                f"SIGNPOST_RUN: {run}: other users may enter this folder; `chmod 700` it, or choose another"
            )
        write_operator_token(run)
        marks = (run / snapshots.REQUEST, run / snapshots.FAILED, run / DRAINING)
        for left in (*run.glob("dialogue*.sock"), *marks):  # of a run that died
            left.unlink(missing_ok=True)
        snapshots.serve(snapshots.take(content, run))
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
    """Not where it would wait: with nobody reading our pipe, nothing would be started again."""
    if select.select([], [sys.stdout], [], 0)[1]:
        print(f"signpost: {what}", flush=True)
