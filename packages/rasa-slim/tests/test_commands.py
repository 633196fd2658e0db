"""Rasa's own commands, on an ordinary small project: train, data validate, test, run with run
actions, shell.
"""

import contextlib
import json
import os
import pty
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

PROJECT = Path(__file__).parent / "project"
RASA = str(Path(sys.executable).parent / "rasa")


def rasa(project: Path, *arguments: str) -> str:
    """What the command printed. Fails the test where it fails."""
    done = subprocess.run(
        [RASA, *arguments],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return done.stdout


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(project: Path, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A server in a session of its own, stopped as Ctrl-C does."""
    with (project / f"{'-'.join(arguments[:2])}.log").open("wb") as log:
        process = subprocess.Popen(
            [RASA, *arguments],
            cwd=project,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(timeout=15)


def answers(url: str, message: Any = None, within: float = 40) -> Any:
    deadline = time.monotonic() + within
    while True:
        try:
            body = None if message is None else json.dumps(message).encode()
            with urllib.request.urlopen(
                urllib.request.Request(url, body, {"Content-Type": "application/json"}), timeout=20
            ) as response:
                return json.load(response)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, trained by `rasa train`."""
    copy = tmp_path_factory.mktemp("rasa") / "project"
    shutil.copytree(PROJECT, copy, ignore=shutil.ignore_patterns("__pycache__"))
    assert "Your Rasa model is trained and saved" in rasa(copy, "train")
    return copy


@pytest.fixture(scope="module")
def actions(project: Path) -> Iterator[Path]:
    """`endpoints.yml` of a running `rasa run actions`."""
    port = free_port()
    endpoints = project / "endpoints.yml"
    endpoints.write_text(f'action_endpoint: {{url: "http://localhost:{port}/webhook"}}')
    with running(project, "run", "actions", "--port", str(port)):
        assert answers(f"http://localhost:{port}/health") == {"status": "ok"}
        yield endpoints


def test_data_validate(project: Path) -> None:
    assert "No story structure conflicts found" in rasa(project, "data", "validate")


def test_test(project: Path) -> None:
    rasa(project, "test")
    report = json.loads((project / "results" / "story_report.json").read_text())
    assert report["accuracy"] == 1.0
    assert (project / "results" / "intent_confusion_matrix.png").stat().st_size > 0


def test_run_with_run_actions(project: Path, actions: Path) -> None:
    port = free_port()
    (project / "credentials.yml").write_text("rest: {}")
    with running(
        project,
        "run",
        "--port",
        str(port),
        "--endpoints",
        str(actions),
        "--credentials",
        "credentials.yml",
    ):
        answers(f"http://localhost:{port}/webhooks/rest/")
        says = {
            text: [
                message["text"]
                for message in answers(
                    f"http://localhost:{port}/webhooks/rest/webhook",
                    {"sender": "someone", "message": text},
                )
            ]
            for text in ("hello", "tell me about")
        }
    assert says == {"hello": ["Good day."], "tell me about": ["It is an example."]}


def test_shell(project: Path, actions: Path) -> None:
    ours, theirs = pty.openpty()
    command = [RASA, "shell", "--port", str(free_port()), "--endpoints", str(actions)]
    shell = subprocess.Popen(
        command, cwd=project, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    shown = b""

    def wait_for(text: bytes) -> None:
        nonlocal shown
        deadline = time.monotonic() + 60
        while text not in shown:
            assert time.monotonic() < deadline, shown.decode(errors="replace")[-3000:]
            shown += os.read(ours, 4096)
        shown = shown.partition(text)[2]

    try:
        wait_for(b"Your input")
        for typed, answer in ((b"hello", b"Good day."), (b"tell me about", b"It is an example.")):
            os.write(ours, typed + b"\r")
            wait_for(answer)
            wait_for(b"Your input")
        os.write(ours, b"/stop\r")
        assert shell.wait(timeout=20) == 0
    finally:
        shell.kill()
        os.close(ours)
