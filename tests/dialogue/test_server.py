"""The dialogue workers as they are run: a real gunicorn, on a real Unix socket."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.dialogue.conftest import ACTIONS

ROOT = Path(__file__).resolve().parent.parent.parent
SERVE = f"import sys; from bot.dialogue.__main__ import main; sys.exit(main({ACTIONS!r}))"


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[bytes]
    run: Path

    def workers(self) -> set[int]:
        children = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return {int(pid) for pid in children.split()}

    def log(self) -> str:
        return (self.run / "log").read_text()

    async def call(self, path: str, body: Any = None) -> tuple[int, Any]:
        """Status of the answer, and its JSON if it is any; (0, None) where nobody answers."""
        connector = aiohttp.UnixConnector(str(self.run / "dialogue.sock"), force_close=True)
        async with aiohttp.ClientSession("http://dialogue", connector=connector) as http:
            try:
                async with http.request(
                    "GET" if body is None else "POST", path, json=body
                ) as response:
                    return (
                        response.status,
                        await response.json()
                        if response.content_type == "application/json"
                        else None,
                    )
            except (aiohttp.ClientError, OSError):
                return 0, None

    async def say(self, text: str = "", state: str = "", payload: str = "") -> tuple[int, Any]:
        return await self.call(
            "/turn",
            {"conversation": "conversation", "text": text, "payload": payload, "state": state},
        )


def start(env: dict[str, str], run: Path) -> Server:
    with (run / "log").open("wb") as log:
        return Server(
            subprocess.Popen(
                [sys.executable, "-c", SERVE],
                cwd=ROOT,
                env=env,
                stdout=log,
                stderr=subprocess.STDOUT,
            ),
            run,
        )


def any_alive(pids: set[int]) -> bool:
    return any(Path(f"/proc/{pid}").exists() for pid in pids)


async def until(holds: Any, within: float = 10) -> None:
    deadline = time.monotonic() + within
    while not await holds() if asyncio.iscoroutinefunction(holds) else not holds():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


@contextlib.contextmanager
def environment(models: Path, **settings: str) -> Iterator[tuple[dict[str, str], Path]]:
    with tempfile.TemporaryDirectory(
        prefix="signpost-"
    ) as folder:  # short: the path of a socket has at most 107 characters
        run = Path(folder)
        yield (
            {
                **os.environ,
                "SIGNPOST_MODELS": str(models),
                "SIGNPOST_RUN": folder,
                "SIGNPOST_LOG_LEVEL": "DEBUG",
                **settings,
            },
            run,
        )


@contextlib.asynccontextmanager
async def serving(models: Path, **settings: str) -> AsyncIterator[Server]:
    with environment(models, **settings) as (env, run):
        server = start(env, run)

        async def ready() -> bool:
            assert server.process.poll() is None, server.log()
            return (await server.call("/health"))[0] == 200

        try:
            await until(ready, within=60)
            yield server
        finally:
            server.process.kill()
            server.process.wait()


async def test_a_conversation_outlives_its_worker(models: Path) -> None:
    async with serving(models, SIGNPOST_WORKERS="1") as server:
        status, first = await server.say("help me choose")
        assert (status, first["messages"][0]["text"]) == (200, "Which service?")
        (worker,) = server.workers()
        os.kill(worker, signal.SIGKILL)
        killed = time.monotonic()

        async def answered() -> bool:
            status, second = await server.say(
                payload='/inform{"service": "belmarsh"}', state=first["state"]
            )
            return status == 200 and second["messages"][0]["text"] == "It was belmarsh."

        await until(answered)
        assert time.monotonic() - killed < 5
        assert server.workers().isdisjoint({worker})


async def test_a_worker_that_hangs_is_replaced(models: Path) -> None:
    async with serving(models, SIGNPOST_WORKERS="1", SIGNPOST_DEADLINE_SECONDS="1") as server:
        (worker,) = server.workers()
        assert await server.say("never answer") == (0, None)
        await until(lambda: server.workers() and server.workers().isdisjoint({worker}))
        assert (await server.say("hello"))[0] == 200


async def test_workers_end_with_their_master(models: Path) -> None:
    async with serving(models, SIGNPOST_WORKERS="2") as server:
        await until(lambda: len(server.workers()) == 2)
        workers = server.workers()
        server.process.kill()
        server.process.wait()
        await until(lambda: not any_alive(workers))


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
async def test_it_stops_cleanly(models: Path, sign: signal.Signals) -> None:
    async with serving(models, SIGNPOST_WORKERS="2") as server:
        workers = server.workers()
        server.process.send_signal(sign)
        assert server.process.wait(timeout=10) == 0
        assert not any_alive(workers)


TURN = {"conversation": "c", "text": "hello"}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (TURN, 200),
        ({**TURN, "state": "not a state"}, 200),
        ({**TURN, "state": "x" * 40_000}, 200),
        ({**TURN, "text": "x" * 45_000}, 413),
        ({**TURN, "text": 5}, 400),
        ({**TURN, "text": None}, 400),
        ({"text": "hello"}, 400),
        ([], 400),
        ("hello", 400),
        ({**TURN, "text": "please fail"}, 500),
        ({**TURN, "text": "say nothing"}, 500),
    ],
)
async def test_answers_by_http(shared: Server, body: Any, status: int) -> None:
    assert (await shared.call("/turn", body))[0] == status


async def test_a_failure_shows_and_logs_nothing_of_the_message(shared: Server) -> None:
    status, answer = await shared.say("please fail, Canary Bloggs, 07700 900123")
    assert (status, answer) == (500, {"error": "an action failed"})
    await shared.say("Canary Bloggs hello")
    assert "ValueError" in shared.log()
    assert "Canary" not in shared.log()
    assert "900123" not in shared.log()


async def test_only_the_owner_reaches_the_socket(shared: Server) -> None:
    assert (shared.run / "dialogue.sock").stat().st_mode & 0o077 == 0


@pytest.fixture(scope="module")
def shared(models: Path) -> Iterator[Server]:
    loop = asyncio.new_event_loop()
    context = serving(models, SIGNPOST_WORKERS="1")
    yield loop.run_until_complete(context.__aenter__())
    loop.run_until_complete(context.__aexit__(None, None, None))
    loop.close()


def test_without_a_model_it_says_so_and_ends(tmp_path: Path) -> None:
    with environment(tmp_path) as (env, _):
        done = subprocess.run(
            [sys.executable, "-c", SERVE],
            cwd=ROOT,
            env=env,
            capture_output=True,
            text=True,
            timeout=60,
        )
    assert done.returncode == 1
    assert (
        done.stderr.splitlines()[-1]
        == f"{tmp_path}/signpost.tar.gz: missing; run `python -m bot train`"
    )
    assert "Traceback" not in done.stderr
