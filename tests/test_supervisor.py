"""The supervisor starts, restarts and stops; and refuses to start what could not work."""

import asyncio
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.commands.client import connect
from bot.models import REQUIRED, inputs_hash, write_manifest
from tests.conftest import ROOT, Service, free_port, is_live, is_ready, start_service, stop_service

CRISIS = "I want to kill myself"


@pytest.fixture
def hollow(tmp_path: Path) -> dict[str, str]:
    """Settings under which all that is checked at start is right, and yet neither the detector nor
    the dialogue can load.
    """
    models = tmp_path / "models"
    models.mkdir()
    for name in REQUIRED:
        (models / name).write_bytes(b"x")
    write_manifest(models, REQUIRED, inputs_hash())
    return {
        **os.environ,
        "PORT": str(free_port()),
        "SIGNPOST_MODELS": str(models),
        "SIGNPOST_RUN": str(tmp_path / "run"),
    }


def serve(env: dict[str, str]) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot", "serve"],
        cwd=ROOT,
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


Serving = tuple[subprocess.Popen[str], str, dict[str, str]]
"""A supervisor with a gateway that answers, its address and its settings."""


@pytest.fixture
def running(hollow: dict[str, str]) -> Iterator[Serving]:
    process = serve(hollow)
    url = f"http://127.0.0.1:{hollow['PORT']}"
    try:
        until(lambda: has_gateway(url), seconds=30)
        yield process, url, hollow
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=20)


def until(works: Callable[[], Any], seconds: float = 10) -> None:
    """Waits until something is so."""
    deadline = time.monotonic() + seconds
    while not works():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.05)


def has_gateway(url: str) -> bool:
    """Whether it is the gateway that answers, and not the stand-by."""
    try:
        with urllib.request.urlopen(f"{url}/health/ready", timeout=2) as response:
            return "detector" in json.load(response)
    except urllib.error.HTTPError as error:
        return "detector" in json.load(error)
    except OSError:
        return False


def service_state(url: str) -> Any:
    try:
        with urllib.request.urlopen(f"{url}/health/ready", timeout=2) as response:
            return json.load(response)["service"]
    except urllib.error.HTTPError as error:
        return json.load(error).get("service")


def say(url: str, text: str) -> Any:
    request = urllib.request.Request(
        f"{url}/api/messages",
        json.dumps({"text": text}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=10) as response:
        return json.load(response)


def processes(port_or_run: str) -> list[int]:
    """The processes that have this setting in their environment, the test's own aside."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                if port_or_run.encode() in (entry / "environ").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue
    return found


def command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except (FileNotFoundError, ProcessLookupError):  # it has ended since it was listed
        return ""


def parent(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def masters(process: subprocess.Popen[Any], module: str) -> list[int]:
    """The masters of one module that the supervisor has now."""
    return [
        int(pid)
        for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
        if module in command(int(pid))
    ]  # fmt: skip


def children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


# What it refuses, and how


def test_missing_models_are_refused_in_words(hollow: dict[str, str], tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot", "serve"],
        cwd=ROOT,
        env={**hollow, "SIGNPOST_MODELS": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "run `python -m bot train`" in done.stderr
    assert "Traceback" not in done.stderr


def test_stale_models_serve_with_a_warning(hollow: dict[str, str]) -> None:
    manifest = Path(hollow["SIGNPOST_MODELS"]) / "manifest.json"
    manifest.write_text(manifest.read_text().replace(inputs_hash(), "of last week"))
    with socket.create_server(("127.0.0.1", int(hollow["PORT"]))):  # ends it at the next step
        done = subprocess.run(
            [sys.executable, "-m", "bot", "serve"],
            cwd=ROOT,
            env=hollow,
            capture_output=True,
            text=True,
        )
    assert "warning" in done.stdout
    assert "run `python -m bot train`" in done.stdout


def test_a_port_that_is_taken_is_refused_in_words(hollow: dict[str, str]) -> None:
    with socket.create_server(("127.0.0.1", int(hollow["PORT"]))):
        done = subprocess.run(
            [sys.executable, "-m", "bot", "serve"],
            cwd=ROOT,
            env=hollow,
            capture_output=True,
            text=True,
        )
    assert done.returncode == 1
    assert f"port {hollow['PORT']}" in done.stderr
    assert "Traceback" not in done.stderr
    assert not Path(hollow["SIGNPOST_RUN"]).exists()


@pytest.mark.parametrize("name", ["crisis.yml", "notices.yml", "pages.yml", "general.yml"])
def test_a_mistake_in_the_content_is_refused_with_its_line(
    hollow: dict[str, str], tmp_path: Path, name: str
) -> None:
    content = tmp_path / "content"
    subprocess.run(["cp", "-r", str(ROOT / "bot" / "content"), str(content)], check=True)
    with (content / name).open("a") as file:
        file.write("nonsense: true\n")
    done = subprocess.run(
        [sys.executable, "-m", "bot", "serve"],
        cwd=ROOT,
        env={**hollow, "SIGNPOST_CONTENT": str(content)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert re.search(rf"{name}:\d+: .*nonsense", done.stderr)


def test_a_run_folder_that_others_may_enter_is_refused_in_words(hollow: dict[str, str]) -> None:
    run = Path(hollow["SIGNPOST_RUN"])
    run.mkdir()
    run.chmod(0o755)
    done = subprocess.run(
        [sys.executable, "-m", "bot", "serve"], cwd=ROOT, env=hollow, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert "SIGNPOST_RUN" in done.stderr
    assert list(run.iterdir()) == []


# With neither detector nor dialogue: what has to work then


def test_the_gateway_helps_although_nothing_else_can_be_loaded(
    running: Serving,
) -> None:
    _, url, _ = running
    assert "116 123" in say(url, "hello")["messages"][0]["text"]
    assert not is_ready(url)


def test_the_run_folder_is_ours_alone(
    running: Serving,
) -> None:
    _, _, env = running
    run = Path(env["SIGNPOST_RUN"])
    assert stat.S_IMODE(run.stat().st_mode) == 0o700
    assert stat.S_IMODE((run / "operator.token").stat().st_mode) == 0o600
    assert len((run / "operator.token").read_text()) >= 32


def test_the_operators_token_is_another_at_each_start(hollow: dict[str, str]) -> None:
    tokens = set()
    for _ in range(2):
        process = serve(hollow)
        until(lambda: has_gateway(f"http://127.0.0.1:{hollow['PORT']}"), seconds=30)
        tokens.add((Path(hollow["SIGNPOST_RUN"]) / "operator.token").read_text())
        process.terminate()
        process.communicate(timeout=20)
    assert len(tokens) == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_stops_cleanly_and_leaves_nothing_behind(
    running: Serving, number: signal.Signals
) -> None:
    process, _, env = running
    process.send_signal(number)
    started = time.monotonic()
    output, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert time.monotonic() - started < 7
    assert "Traceback" not in output.replace("bot.dialogue", "")
    assert processes(env["SIGNPOST_RUN"]) == []


def test_before_it_stops_it_says_so_and_answers(hollow: dict[str, str]) -> None:
    process = serve({**hollow, "SIGNPOST_DRAIN_SECONDS": "30"})
    url = f"http://127.0.0.1:{hollow['PORT']}"
    try:
        until(lambda: has_gateway(url), seconds=30)
        until(lambda: service_state(url) == "serving")
        process.terminate()
        until(lambda: service_state(url) == "stopping")
        assert "116 123" in say(url, CRISIS)["messages"][0]["text"]
    finally:
        process.terminate()  # a second time: at once
        process.communicate(timeout=60)
    assert process.returncode == 0
    assert processes(hollow["SIGNPOST_RUN"]) == []


def test_nothing_outlives_a_supervisor_that_is_killed(
    running: Serving,
) -> None:
    process, url, env = running
    process.kill()
    until(lambda: processes(env["SIGNPOST_RUN"]) == [])
    assert not is_live(url)


def test_content_with_which_no_dialogue_starts_is_not_taken(
    hollow: dict[str, str], tmp_path: Path
) -> None:
    content = tmp_path / "content"
    subprocess.run(["cp", "-r", str(ROOT / "bot" / "content"), str(content)], check=True)
    process = serve({**hollow, "SIGNPOST_CONTENT": str(content)})
    run, url = Path(hollow["SIGNPOST_RUN"]), f"http://127.0.0.1:{hollow['PORT']}"
    try:
        until(lambda: has_gateway(url), seconds=30)
        before = (run / "content").resolve()
        with (content / "notices.yml").open("a") as file:
            file.write("# another version\n")
        (run / "reload").touch()
        until(lambda: not (run / "reload").exists(), seconds=30)
        assert (run / "reload-failed").exists()
        assert (run / "content").resolve() == before
        assert [path for path in run.glob("content-*") if path != before] == []
        assert "116 123" in say(url, "hello")["messages"][0]["text"]
    finally:
        process.terminate()
        output, _ = process.communicate(timeout=20)
    assert "content not reloaded, what was there goes on" in output


@pytest.mark.parametrize("whom", ["master", "worker"])
def test_a_gateway_that_dies_is_back_within_five_seconds(running: Serving, whom: str) -> None:
    process, url, _ = running
    (master,) = masters(process, "bot.gateway")
    (worker,) = children(master)
    os.kill(master if whom == "master" else worker, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{worker}").exists())
    until(lambda: has_gateway(url), seconds=5)
    assert "116 123" in say(url, "hello")["messages"][0]["text"]


def test_a_gateway_that_hangs_is_replaced(
    running: Serving,
) -> None:
    process, url, _ = running
    (master,) = masters(process, "bot.gateway")
    (worker,) = children(master)
    os.kill(worker, signal.SIGSTOP)
    until(lambda: not Path(f"/proc/{worker}").exists(), seconds=10)  # five on a quiet machine
    until(lambda: has_gateway(url), seconds=10)
    assert "116 123" in say(url, "hello")["messages"][0]["text"]


# With everything in place


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this file's own, since it is treated badly here."""
    started = start_service(
        tmp_path_factory.mktemp("supervisor") / "run", SIGNPOST_DEADLINE_SECONDS="3"
    )
    yield started
    assert stop_service(started) == 0


def dialogue_workers(service: Service) -> list[int]:
    return [
        worker for master in masters(service.process, "bot.dialogue") for worker in children(master)
    ]


async def test_a_worker_killed_in_mid_conversation_loses_nothing(whole: Service) -> None:
    async with connect(whole.url, whole.run) as signpost:
        conversation = await signpost.open()
        assert (await conversation.say("Family visits at Belmarsh?")).topic == "family_visits"
        for worker in dialogue_workers(whole):
            os.kill(worker, signal.SIGKILL)
        started = time.monotonic()
        assert (await conversation.say(CRISIS)).crisis
        assert time.monotonic() - started < 1
        until(lambda: is_ready(whole.url), seconds=5)
        answer = await conversation.say("and at Swaleside?")  # what was asked before is still known
        assert (answer.topic, "Swaleside" in answer.text) == ("family_visits", True)


async def test_a_dialogue_that_is_gone_makes_way_for_help_and_comes_back(whole: Service) -> None:
    async with connect(whole.url, whole.run) as signpost:
        conversation = await signpost.open()
        (master,) = masters(whole.process, "bot.dialogue")
        os.kill(master, signal.SIGKILL)
        started = time.monotonic()
        ordinary, crisis = (
            await conversation.say("Family visits at Belmarsh?"),
            await conversation.say(CRISIS),
        )
        assert time.monotonic() - started < 3
        assert ("116 123" in ordinary.text or ordinary.topic == "family_visits", crisis.crisis) == (
            True,
            True,
        )
        until(
            lambda: (
                masters(whole.process, "bot.dialogue") not in ([], [master]) and is_ready(whole.url)
            ),
            seconds=20,
        )
        assert (await conversation.say("Family visits at Belmarsh?")).topic == "family_visits"


async def test_a_dialogue_that_is_stopped_costs_the_deadline_at_most(whole: Service) -> None:
    async with connect(whole.url, whole.run) as signpost:
        conversation = await signpost.open()
        workers = dialogue_workers(whole)
        for worker in workers:
            os.kill(worker, signal.SIGSTOP)
        try:
            started = time.monotonic()
            answer = await conversation.say("Family visits at Belmarsh?")
            assert "116 123" in answer.text
            assert 2.5 < time.monotonic() - started < 4
            started = time.monotonic()
            assert (await conversation.say(CRISIS)).crisis
            assert time.monotonic() - started < 1
        finally:
            for worker in workers:
                os.kill(worker, signal.SIGCONT)
        until(lambda: is_ready(whole.url), seconds=10)
        assert (await conversation.say("Family visits at Belmarsh?")).topic == "family_visits"


async def test_no_answer_under_way_is_lost_when_it_is_stopped(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    service = start_service(
        tmp_path_factory.mktemp("stop") / "run", SIGNPOST_ADDRESS_LIMIT="1000/minute"
    )
    everybody = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=everybody) as browser:

        async def ask(conversation: str | None) -> tuple[str, str]:
            async with browser.post(
                f"{service.url}/api/messages",
                json={"text": "Family visits at Belmarsh?", "conversation": conversation},
            ) as response:
                assert response.status == 200
                answer = await response.json()
                return answer["topic"], answer["conversation"]

        begun = [await ask(None) for _ in range(4)]
        # a conversation's turns reach the dialogue one after the other
        asked = [asyncio.create_task(ask(id_)) for _, id_ in begun for _ in range(20)]
        await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)  # all are under way
        service.process.send_signal(signal.SIGTERM)
        answers = await asyncio.gather(*asked)
        assert {topic for topic, _ in answers} == {"family_visits"}
    assert await asyncio.to_thread(service.process.wait, 20) == 0


def test_it_says_where_it_serves(whole: Service) -> None:
    said = (whole.run.parent / f"{whole.run.name}.log").read_text()
    assert re.search(rf"ready after [\d.]+ s on {re.escape(whole.url)}", said)
