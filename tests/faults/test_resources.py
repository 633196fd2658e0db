"""Something that a real service needs runs short or is damaged while it serves: memory, open files,
connections, key files, a proxy that passes things on at once.
"""

import asyncio
import itertools
import os
import resource
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio

from bot.commands.client import connect
from bot.gateway.http.connections import SERVER_OPTIONS
from bot.keyfile import add_key
from tests.conftest import Service, free_port, is_ready, start_service, stop_service
from tests.processes import rss_mb
from tests.proxies import program
from tests.test_supervisor import (
    CRISIS,
    children,
    dialogue_workers,
    has_gateway,
    masters,
    say,
    until,
)

QUESTION = "Family visits at Belmarsh?"
IDLE = 2000
NGINX = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log crit;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass {to}; }}
    }}
}}
"""
CRISIS_SECONDS = 4.0
"""Generous: what it should be, 0.2 s, is for a machine that has nothing else to do."""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service of this file's own, with both files of keys; its Redis is nowhere."""
    folder = tmp_path_factory.mktemp("resources")
    for name in ("conversations", "sponsors"):
        add_key(folder / f"{name}.keys")
    started = start_service(
        folder / "run",
        SIGNPOST_ADDRESS_LIMIT="1000/minute",
        SIGNPOST_SOCKETIO_CHANNEL="1",
        SIGNPOST_CONVERSATIONS=f"redis://127.0.0.1:{free_port()}/0",
        SIGNPOST_CONVERSATIONS_KEYS=str(folder / "conversations.keys"),
        SIGNPOST_SPONSOR_DATABASE=f"sqlite:///{folder}/sponsors.db",
        SIGNPOST_SPONSOR_KEYS=str(folder / "sponsors.keys"),
    )
    yield started
    assert stop_service(started) == 0


def gateway_worker(service: Service) -> int:
    (master,) = masters(service.process, "bot.gateway")
    (worker,) = children(master)
    return worker


def take_memory(pid: int) -> None:
    """From now on it gets no page more than it has."""
    size = int(Path(f"/proc/{pid}/statm").read_text().split()[0]) * resource.getpagesize()
    resource.prlimit(pid, resource.RLIMIT_AS, (size, size))


def operators_token(service: Service) -> str:
    return (service.run / "operator.token").read_text().strip()


def is_gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


async def in_crisis(service: Service) -> None:
    began = time.monotonic()
    answer = await asyncio.to_thread(say, service.url, CRISIS)
    assert answer["crisis"]
    assert time.monotonic() - began < CRISIS_SECONDS


async def test_a_worker_is_out_of_memory(whole: Service) -> None:
    """Another one takes its place, and the turn."""
    async with connect(whole.url, whole.run) as signpost:
        conversation = await signpost.open()
        assert (await conversation.say(QUESTION)).topic == "family_visits"
        (worker,) = dialogue_workers(whole)
        take_memory(worker)
        deadline = time.monotonic() + 20
        length = itertools.cycle(range(40))  # longer ones need more
        while worker in dialogue_workers(whole):
            assert time.monotonic() < deadline, "it goes on without memory"
            await conversation.say(f"{QUESTION} {'Where? ' * next(length)}")
            await in_crisis(whole)
        until(lambda: dialogue_workers(whole) and is_ready(whole.url))
        assert (await conversation.say(QUESTION)).topic == "family_visits"


async def test_the_gateway_is_out_of_memory(whole: Service) -> None:
    """Nobody waits for it: the stand-by helps until another one is there."""
    worker = gateway_worker(whole)
    await in_crisis(whole)
    take_memory(worker)
    deadline = time.monotonic() + 20
    while not is_gone(worker):
        assert time.monotonic() < deadline, "it goes on without memory"
        with suppress(OSError):  # the one that it was about to read
            await asyncio.to_thread(say, whole.url, CRISIS)
    until(lambda: "116 123" in str(say(whole.url, CRISIS)), seconds=3)
    until(lambda: is_ready(whole.url), seconds=20)
    await in_crisis(whole)


async def test_the_gateway_has_no_file_left(whole: Service) -> None:
    """Whoever it talks to already has an answer from it, and the stand-by helps whoever comes."""
    worker = gateway_worker(whole)
    async with aiohttp.ClientSession(whole.url) as browser:

        async def connected(text: str) -> Any:
            async with browser.post("/api/messages", json={"text": text}) as response:
                return await response.json()

        assert (await connected("hello"))["topic"]
        before = resource.prlimit(worker, resource.RLIMIT_NOFILE)
        resource.prlimit(worker, resource.RLIMIT_NOFILE, (3, before[1]))  # it has those
        try:
            assert (await connected(CRISIS))["crisis"]
            assert "116 123" in str(await connected(QUESTION))  # no way to the dialogue
            began = time.monotonic()
            assert "116 123" in str(await asyncio.to_thread(say, whole.url, CRISIS))
            assert time.monotonic() - began < CRISIS_SECONDS
        finally:
            resource.prlimit(worker, resource.RLIMIT_NOFILE, before)
        until(lambda: has_gateway(whole.url))
        await in_crisis(whole)
        assert (await connected(QUESTION))["topic"] == "family_visits"


async def test_two_thousand_connections_stand_idle(whole: Service) -> None:
    """Of twenty addresses, as many as each may have; all stay, and nobody else waits for them."""
    worker, port = gateway_worker(whole), int(whole.url.rpartition(":")[2])
    before = rss_mb(worker)
    with ExitStack() as stack:
        idle = [
            stack.enter_context(
                socket.create_connection(
                    ("127.0.0.1", port), timeout=5, source_address=(f"127.0.2.{n % 20 + 1}", 0)
                )
            )
            for n in range(IDLE)
        ]
        await in_crisis(whole)
        answer = await asyncio.to_thread(say, whole.url, QUESTION)
        assert answer["topic"] == "family_visits"
        assert rss_mb(worker) - before < 0.1 * IDLE
        assert [each for each in idle if has_ended(each)] == []
        deadline = time.monotonic() + SERVER_OPTIONS["keepalive_timeout"] + 5
        while not all(map(has_ended, idle)):
            assert time.monotonic() < deadline, "they stand for ever"
            await asyncio.sleep(0.5)
    await in_crisis(whole)


def has_ended(connection: socket.socket) -> bool:
    connection.setblocking(False)
    try:
        return connection.recv(1) == b""
    except BlockingIOError:
        return False


def damage(file: Path) -> None:
    file.write_text("damaged")


@pytest.fixture
def buffering(whole: Service, tmp_path: Path) -> Iterator[str]:
    """An nginx with no word of ours: HTTP/1.0 to us, no sockets, each request and answer collected
    before it is passed on.
    """
    port = free_port()
    (tmp_path / "nginx.conf").write_text(NGINX.format(folder=tmp_path, port=port, to=whole.url))
    command = [program("nginx"), "-p", str(tmp_path), "-c", str(tmp_path / "nginx.conf")]
    if os.geteuid() == 0:
        command += ["-g", "user root;"]  # its workers read a folder of pytest's
    process = subprocess.Popen(command)
    try:
        until(lambda: is_ready(f"http://127.0.0.1:{port}"), seconds=30)
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait(timeout=20)


async def test_a_proxy_buffers(buffering: str) -> None:
    assert (await asyncio.to_thread(say, buffering, CRISIS))["crisis"]
    assert (await asyncio.to_thread(say, buffering, QUESTION))["topic"] == "family_visits"
    async with aiohttp.ClientSession() as browser:
        form = {"do": "send", "text": CRISIS}
        async with browser.post(f"{buffering}/chat", data=form) as page:
            assert "116 123" in await page.text()
    client, said = socketio.AsyncClient(), asyncio.Queue[Any]()
    client.on("bot_uttered", said.put)
    await client.connect(buffering)  # as ever: it begins by polling, and cannot have a socket
    try:
        await client.emit("user_uttered", {"message": CRISIS})
        async with asyncio.timeout(5):
            while "116 123" not in str(await said.get()):
                pass
    finally:
        with suppress(TimeoutError):  # it would wait for its last poll to end
            await asyncio.wait_for(client.disconnect(), 1)


async def test_the_files_of_keys_are_damaged_or_gone(whole: Service) -> None:
    """What serves has read them: nobody sees it. A gateway that begins then keeps conversations for
    itself, looks up no sponsor, and says both to the operator.
    """
    damage(Path(whole.env["SIGNPOST_CONVERSATIONS_KEYS"]))
    Path(whole.env["SIGNPOST_SPONSOR_KEYS"]).unlink()  # noqa: ASYNC240
    await in_crisis(whole)
    (master,) = masters(whole.process, "bot.gateway")
    os.kill(master, signal.SIGKILL)
    until(lambda: is_gone(master))
    until(lambda: is_ready(whole.url), seconds=20)
    await in_crisis(whole)
    begun = await asyncio.to_thread(say, whole.url, QUESTION)
    assert begun["topic"] == "family_visits"
    async with aiohttp.ClientSession(whole.url) as browser:
        operator = {"Authorization": f"Bearer {operators_token(whole)}"}
        async with browser.get("/health", headers=operator) as response:
            state = await response.json()
        assert (state["conversations"], state["sponsors"]) == ("down", "failed")
        form = {"reference": "LPP0001", "code": "3VV4-6HNJ-TQDQ-CV4Q"}
        async with browser.post("/sponsor", data=form) as page:
            assert page.status == 503
        again = {"text": "and at Swaleside?", "conversation": begun["conversation"]}
        async with browser.post("/api/messages", json=again) as response:
            assert "Swaleside" in str((await response.json())["messages"])
