"""Idle connections keep nobody out; what is no request is answered with nothing about us."""

import contextlib
import http.client
import json
import resource
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attack.service import gateway_alone

FILES = 512
STRANGERS = ("127.0.0.66", "127.0.0.67", "127.0.0.68")


@pytest.fixture
def few_files(tmp_path: Path) -> Iterator[str]:
    """A gateway that may open few files."""
    with gateway_alone(tmp_path, files=(FILES, FILES)) as url:
        yield url


@contextlib.contextmanager
def browser(url: str, source: str) -> Iterator[http.client.HTTPConnection]:
    host, _, port = url.removeprefix("http://").partition(":")
    connection = http.client.HTTPConnection(host, int(port), timeout=5, source_address=(source, 0))
    with contextlib.closing(connection):
        yield connection


def asks(connection: http.client.HTTPConnection) -> int:
    connection.request(
        "POST", "/api/messages", b'{"text": "hello"}', {"Content-Type": "application/json"}
    )
    response = connection.getresponse()
    response.read()
    return response.status


def is_answered(url: str, source: str) -> bool:
    with browser(url, source) as connection:
        return asks(connection) == 200


@pytest.mark.parametrize(
    "first",
    [b"", b"POST /api/messages HTTP/1.1\r\nContent-Length: 99\r\n\r\n"],
    ids=["idle", "unfinished"],
)
def test_a_thousand_connections_keep_nobody_out(few_files: str, first: bytes) -> None:
    with contextlib.ExitStack() as stack:
        user = stack.enter_context(browser(few_files, "127.0.0.7"))
        assert asks(user) == 200
        host, _, port = few_files.removeprefix("http://").partition(":")
        for number in range(1000):
            stranger = stack.enter_context(
                socket.create_connection(
                    (host, int(port)), timeout=5, source_address=(STRANGERS[number % 3], 0)
                )
            )
            with contextlib.suppress(OSError):
                stranger.sendall(first)
        assert asks(user) == 200  # on the connection that it has
        assert is_answered(few_files, "127.0.0.8")
        assert is_answered(few_files, STRANGERS[0])  # and so are the others behind it


def connections_on_ready(url: str) -> str:
    with browser(url, "127.0.0.9") as connection:
        connection.request("GET", "/health/ready")
        return str(json.loads(connection.getresponse().read())["connections"])


def test_it_is_said_when_connections_run_short(few_files: str) -> None:
    assert connections_on_ready(few_files) == "ok"
    host, _, port = few_files.removeprefix("http://").partition(":")
    with contextlib.ExitStack() as stack:
        for number in range(110):  # of the 128 that 512 files leave room for
            address = (STRANGERS[number % 3], 0)
            stack.enter_context(socket.create_connection((host, int(port)), 5, address))
        assert connections_on_ready(few_files) == "near_limit"


def test_the_soft_limit_of_files_is_raised(tmp_path: Path) -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with gateway_alone(tmp_path, files=(256, hard)) as url, contextlib.ExitStack() as stack:
        host, _, port = url.removeprefix("http://").partition(":")
        held = [
            stack.enter_context(
                socket.create_connection(
                    (host, int(port)), timeout=5, source_address=(f"127.0.1.{n % 100 + 1}", 0)
                )
            )
            for n in range(400)
        ]
        assert is_answered(url, "127.0.0.8")
        held[0].setblocking(False)
        with pytest.raises(BlockingIOError):  # open still
            held[0].recv(1)


NO_REQUESTS = [
    (b"GET /secret\r\n\r\n", b""),
    (b"GET /secret HTTP/1.1\r\nHost: a\r\nbad header\r\n\r\n", b"400"),
    (b"\x16\x03\x01secret\r\n\r\n", b"400"),
    (b"GET /secret HTTP/1.1\r\nContent-Length: secret\r\n\r\n", b"400"),
]


@pytest.mark.parametrize(("sent", "status"), NO_REQUESTS)
def test_what_is_no_request_learns_nothing(few_files: str, sent: bytes, status: bytes) -> None:
    host, _, port = few_files.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=5) as stranger:
        stranger.sendall(sent)
        answer = b""
        while part := stranger.recv(4096):
            answer += part
    assert status in answer
    for told in (b"aiohttp", b"Python", b"secret", b"<h1>", b"Traceback"):
        assert told not in answer
    assert answer.count(b"\r\n\r\n") <= 1
    assert answer.endswith(b"\r\n\r\n") or answer == b""
