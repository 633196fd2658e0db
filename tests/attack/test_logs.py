"""Nobody who reads, or does not read, the log can stop an answer; no client writes into it."""

import json
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.lines import Lines
from tests.attack.service import gateway_alone, say
from tests.conftest import ROOT
from tests.gateway.conftest import Start

PIPE_BYTES = 64 * 1024


@pytest.fixture
def stalled(tmp_path: Path) -> Iterator[str]:
    """A gateway whose log goes into a pipe that nobody reads, and that is nearly full."""
    reading, writing = os.pipe()
    try:
        os.write(writing, b"." * (PIPE_BYTES - 4096))
        with gateway_alone(tmp_path, stderr=writing, SIGNPOST_ADDRESS_LIMIT="1000/minute") as url:
            yield url
    finally:
        os.close(reading)
        os.close(writing)


def test_a_log_that_nobody_reads_stops_no_answer(stalled: str) -> None:
    for _ in range(150):  # a line each, of 100 bytes and more
        assert "116 123" in say(stalled, "hello", timeout=5)


def test_what_is_dropped_is_counted_and_said() -> None:
    reading, writing = os.pipe()
    lines = Lines(os.fdopen(writing, "w"), waiting_max=10)
    for number in range(5000):
        lines.write(f"{number:>99}")
    written = dropped = 0
    with os.fdopen(reading) as pipe:
        while written + dropped < 5000:
            line = pipe.readline()
            if "dropped" in line:
                said = json.loads(line)
                assert said["level"] == "warning"
                dropped += said["lines"]
            else:
                written += 1
    assert dropped
    assert written + dropped == 5000
    lines.close()


async def test_a_client_of_the_socket_channel_writes_nothing_into_the_log(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    gateway = await start(socketio_channel=True)
    with caplog.at_level(logging.DEBUG):
        async with gateway.client.get(
            "/socket.io/?EIO=4&transport=polling&sid=forged%0A%7B%22level%22%3A%22error%22%7D"
        ):
            pass
    assert "forged" not in caplog.text
    for name in ("engineio.server", "socketio.server"):
        assert logging.getLogger(name).handlers == []


def test_the_supervisor_speaks_into_a_full_pipe_without_waiting(tmp_path: Path) -> None:
    code = "from bot.supervisor import _say\nfor _ in range(3000): _say('x' * 60)\n"
    process = subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE)
    try:
        assert process.wait(timeout=10) == 0
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()
