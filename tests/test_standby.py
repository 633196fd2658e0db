"""Who answers while the gateway does not: what the stand-by says to whatever comes, and, with real
processes, that there is always somebody.
"""

import json
import os
import re
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.pulse import Pulse, open_pipe
from bot.settings import Settings
from bot.standby import create_app
from tests.test_supervisor import (
    CRISIS,
    Serving,
    children,
    has_gateway,
    hollow,
    masters,
    running,
    until,
)

__all__ = ["hollow", "running"]

NUMBER = "116 123"
ID = "an-id-of-ours"
FORM = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
PAGE = {"Accept": "text/html"}
Start = Callable[..., Any]


# A sign of life


@pytest.mark.parametrize(
    ("beats", "now", "silence"),
    [(0, 10.0, 10.0), (1, 10.0, 0.0), (100_000, 10.0, 0.0)],
)
def test_what_waits_in_the_pipe_is_a_sign_of_life_of_now(
    beats: int, now: float, silence: float
) -> None:
    listen, beat = open_pipe()
    os.write(beat, b"." * beats)
    assert Pulse(listen, heard=0.0).silent_for(now) == silence
    os.close(beat)
    os.close(listen)


def test_silence_counts_from_the_last_sign_and_the_end_of_a_process_is_none() -> None:
    listen, beat = open_pipe()
    pulse = Pulse(listen, heard=0.0)
    os.write(beat, b".")
    assert (pulse.silent_for(5.0), pulse.silent_for(6.5)) == (0.0, 1.5)
    os.close(beat)
    assert pulse.silent_for(8.0) == 3.0
    os.close(listen)


# What it says


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    clients: list[TestClient[Any, Any]] = []

    async def start(**settings: Any) -> TestClient[Any, Any]:
        clients.append(TestClient(TestServer(create_app(Settings(**settings)))))
        await clients[-1].start_server()
        return clients[-1]

    yield start
    for client in clients:
        await client.close()


MESSAGES = [
    json.dumps({"text": CRISIS}),
    json.dumps({"text": "Family visits at Belmarsh?", "conversation": ID}),
    json.dumps({"button": "b1", "conversation": ID}),
    json.dumps({"text": "x" * 20_000}),
    '{"text": "I want to ki',
    "",
]


@pytest.mark.parametrize("body", MESSAGES)
async def test_a_message_gets_the_help_and_keeps_its_conversation(start: Start, body: str) -> None:
    client = await start()
    headers = {"Content-Type": "application/json"}
    async with client.post("/api/messages", data=body, headers=headers) as response:
        answer = await response.json()
        assert (response.status, response.headers["Connection"]) == (200, "close")
    (message,) = answer["messages"]
    assert NUMBER in message["text"]
    assert (message["kind"], answer["crisis"]) == ("notice", False)
    assert answer["conversation"] == (ID if ID in body else "")


OTHERS = [
    ("GET", "/", PAGE, 200),
    ("GET", "/help-now", PAGE, 200),
    ("GET", "/chat", PAGE, 200),
    ("POST", "/chat", FORM, 200),
    ("GET", "/sponsor", PAGE, 503),
    ("POST", "/sponsor", FORM, 503),
    ("POST", "/summary", FORM, 503),
    ("GET", "/nothing", PAGE, 503),
    ("DELETE", f"/api/conversations/{ID}", {}, 503),
    ("POST", "/api/conversations", {}, 503),
    ("POST", "/api/feedback", {}, 503),
    ("GET", "/health", {}, 503),
    ("GET", "/health/ready", {}, 503),
    ("GET", "/socket.io/?EIO=4&transport=polling", {}, 503),
    ("PUT", "/api/messages", {}, 503),
]


@pytest.mark.parametrize(("method", "path", "headers", "status"), OTHERS)
async def test_whatever_else_is_sent_gets_a_number_to_call(
    start: Start, method: str, path: str, headers: dict[str, str], status: int
) -> None:
    client = await start()
    async with client.request(method, path, headers=headers, data=b"text=hello") as response:
        assert (response.status, NUMBER in await response.text()) == (status, True)
        assert response.headers["Connection"] == "close"
        assert response.headers["Cache-Control"] == "no-store"
        assert "frame-ancestors" in response.headers["Content-Security-Policy"]


async def test_what_was_typed_into_the_form_can_be_sent_again_but_not_once_it_is_to_be_forgotten(
    start: Start,
) -> None:
    client = await start()
    typed = f"conversation={ID}&text=Visits+at+Belmarsh%3F+3VV4-6HNJ-TQDQ-CV4Q"
    for do, is_kept in {"send": True, "back": True, "clear": False}.items():
        body = f"{typed}&do={do}"
        async with client.post("/chat", data=body, headers=FORM) as response:
            page = await response.text()
        assert (ID in page, "Visits at Belmarsh?" in page) == (is_kept, is_kept)
        assert "3VV4-6HNJ" not in page


async def test_what_a_page_needs_is_served_and_live_is_what_a_proxy_asks_for(start: Start) -> None:
    client = await start()
    for path in ("/widget.js", "/page.css", "/page.js", "/icon.svg", "/health/live"):
        async with client.get(path) as response:
            assert response.status == 200, path


async def test_rasas_channel_gets_the_help_where_it_is_on(start: Start) -> None:
    message = {"sender": ID, "message": CRISIS}
    async with (await start(rest_channel=True)).post(
        "/webhooks/rest/webhook", json=message
    ) as response:
        (said,) = await response.json()
        assert (response.status, said["recipient_id"], NUMBER in said["text"]) == (200, ID, True)
    async with (await start()).post("/webhooks/rest/webhook", json=message) as response:
        assert response.status == 503


async def test_a_listed_site_may_read_the_answer_and_another_not(start: Start) -> None:
    client = await start(origins=("https://trust.example",))
    for origin, allowed in {"https://trust.example": True, "https://a.example": False}.items():
        headers = {"Origin": origin}
        async with client.post("/api/messages", json={"text": "hello"}, headers=headers) as answer:
            assert (answer.headers.get("Access-Control-Allow-Origin") == origin) is allowed


WAYS_OUT = [
    ("GET", "/leave", 303, "/"),
    ("POST", "/leave", 204, ""),
    ("GET", "/leave/chat", 303, "/chat"),
]


@pytest.mark.parametrize(("method", "path", "status", "where"), WAYS_OUT)
async def test_every_way_out_of_a_kiosk_works_and_takes_the_sponsor_along(
    start: Start, method: str, path: str, status: int, where: str
) -> None:
    client = await start(kiosk_seconds=60)
    cookie = {"Cookie": "signpost_sponsor=a-token"}
    async with client.request(method, path, headers=cookie, allow_redirects=False) as response:
        assert (response.status, response.headers.get("Location", "")) == (status, where)
        assert response.cookies["signpost_sponsor"].value == ""


# With real processes


def ask(url: str, body: bytes | None = None, **headers: str) -> str:
    """What is read within two seconds."""
    request = urllib.request.Request(url, body, headers)
    with urllib.request.urlopen(request, timeout=2) as response:
        return str(response.read().decode())


def everybody_is_answered(url: str) -> None:
    message = json.dumps({"text": CRISIS}).encode()
    for said in (
        ask(f"{url}/help-now"),
        ask(f"{url}/api/messages", message, **{"Content-Type": "application/json"}),
        ask(f"{url}/chat", b"text=I+want+to+kill+myself&do=send", **FORM),
    ):
        assert NUMBER in said


def worker_of(running: Serving) -> int:
    (master,) = masters(running[0], "bot.gateway")
    (worker,) = children(master)
    return worker


HARMS = {
    "stopped": ("worker", signal.SIGSTOP),
    "killed": ("worker", signal.SIGKILL),
    "killed with its master": ("master", signal.SIGKILL),
}


@pytest.mark.parametrize("harm", HARMS)
def test_somebody_answers_from_the_harm_until_the_gateway_is_back(
    running: Serving, harm: str
) -> None:
    _, url, _ = running
    worker, (whom, number) = worker_of(running), HARMS[harm]
    os.kill(worker if whom == "worker" else masters(running[0], "bot.gateway")[0], number)
    if number is signal.SIGKILL:  # what a worker holds at its end is lost with it
        until(lambda: not Path(f"/proc/{worker}").exists())
    deadline, is_back = time.monotonic() + 30, False
    while not is_back:
        assert time.monotonic() < deadline
        everybody_is_answered(url)
        is_back = not Path(f"/proc/{worker}").exists() and has_gateway(url)
    until(lambda: all(has_gateway(url) for _ in range(20)))  # the stand-by takes nothing any more


def test_a_gateway_that_goes_on_after_a_while_is_asked_again(running: Serving) -> None:
    _, url, _ = running
    worker = worker_of(running)
    os.kill(worker, signal.SIGSTOP)
    time.sleep(1.5)
    everybody_is_answered(url)
    os.kill(worker, signal.SIGCONT)
    until(lambda: has_gateway(url), seconds=2)
    assert worker_of(running) == worker


def test_people_are_answered_before_the_gateway_is_there(hollow: dict[str, str]) -> None:
    from tests.test_supervisor import serve

    url, process = f"http://127.0.0.1:{hollow['PORT']}", serve(hollow)
    try:
        until(lambda: masters(process, "bot.gateway"), seconds=30)
        (master,) = masters(process, "bot.gateway")
        os.kill(master, signal.SIGSTOP)  # it never gets there
        until(lambda: _listens(int(hollow["PORT"])))
        everybody_is_answered_within(url, 20)
        os.kill(master, signal.SIGCONT)
        until(lambda: has_gateway(url), seconds=30)
    finally:
        process.terminate()
        process.communicate(timeout=20)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def everybody_is_answered_within(url: str, seconds: float) -> None:
    with urllib.request.urlopen(f"{url}/help-now", timeout=seconds) as response:
        assert NUMBER in response.read().decode()
    everybody_is_answered(url)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGSTOP])
def test_a_stand_by_that_dies_or_hangs_is_replaced(
    running: Serving, number: signal.Signals
) -> None:
    process, url, _ = running
    (before,) = masters(process, "bot.standby")
    os.kill(before, number)
    until(lambda: masters(process, "bot.standby") not in ([], [before]), seconds=20)
    everybody_is_answered(url)  # by the gateway, which noticed nothing
    os.kill(worker_of(running), signal.SIGSTOP)
    everybody_is_answered_within(url, 10)


def test_a_crowd_that_comes_while_nobody_answers_is_answered(running: Serving) -> None:
    _, url, _ = running
    os.kill(worker_of(running), signal.SIGSTOP)
    said: list[str] = []
    crowd = [
        threading.Thread(target=lambda: said.append(ask(f"{url}/help-now"))) for _ in range(100)
    ]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert [NUMBER in answer for answer in said] == [True] * len(crowd)


def test_nothing_that_was_written_is_in_the_log(running: Serving) -> None:
    process, url, _ = running
    os.kill(worker_of(running), signal.SIGSTOP)
    until(lambda: not has_gateway(url))
    body = json.dumps({"text": "a most unusual word: quindecennial"}).encode()
    ask(f"{url}/api/messages?quindecennial", body, **{"Content-Type": "application/json"})
    with pytest.raises(urllib.error.HTTPError):
        ask(f"{url}/quindecennial")
    process.terminate()
    output, _ = process.communicate(timeout=20)
    assert "no sign of life" in output
    assert not re.search("quindecennial|127.0.0.1, ", output)
