"""Bodies that are odd, slow or huge: words are found in them, and nobody is kept waiting for the
rest.
"""

import asyncio
import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.gateway.http import bodies
from bot.gateway.http.bodies import words_in
from bot.gateway.notices import load_notices
from bot.settings import ROOT
from tests.gateway.conftest import Gateway
from tests.gateway.fakes import CRISIS, PhraseScreen

NOTICES = load_notices(ROOT / "bot" / "content")

READABLE = [
    (b'{"text": "I am here"}', "I am here"),
    (b'{"conversation": null, "text": "I am here"}', "null, I am here"),
    (b'{"text": "I am\\nhere \\u2013 now"}', "I am here – now"),
    (b'{"text": "say \\"hello\\" C:\\\\dir"}', "say hello C:\\dir"),
    (b"{'text': 'I am here'}", "'I am here'"),
    (b"I am here", "I am here"),
    (b"text=I+am+here&conversation=", "I am here"),
    (b"text=I%20am%20here", "I am here"),
    (b"text=100%25+sure", "100% sure"),
    ("dość".encode(), "dość"),
    ("dość".encode()[:-1], "doś"),
    ("caf\u00e9 now".encode("cp1252"), "café now"),
    ('"caf\u00e9"'.encode("utf-16"), "café"),
    (b"", ""),
    (b"\xff\xfe", ""),
]


@pytest.mark.parametrize(("data", "words"), READABLE)
def test_words_are_found(data: bytes, words: str) -> None:
    assert words_in(data).strip("\ufeff ") == words


@given(st.binary(max_size=400))
def test_any_bytes_can_be_looked_at(data: bytes) -> None:
    assert isinstance(words_in(data), str)


@given(st.text(max_size=80), st.integers(0, 40))
def test_a_cry_is_found_between_any_other_words_and_when_the_end_is_missing(
    around: str, cut: int
) -> None:
    whole = json.dumps({"conversation": None, "text": f"{around} {CRISIS} {around}"}).encode()
    missing = min(cut, len(json.dumps(around)))
    assert PhraseScreen().screen(words_in(whole[: len(whole) - missing])).label == "crisis"


async def talk(gateway: Gateway, sent: bytes) -> str:
    """What comes back for raw bytes, after which the client sends nothing more, until the server
    closes or has answered.
    """
    server = gateway.client.server
    reader, writer = await asyncio.open_connection(server.host, server.port)
    try:
        writer.write(sent)
        await writer.drain()
        async with asyncio.timeout(5):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
            return (head + await reader.readexactly(length)).decode()
    finally:
        writer.close()
        await writer.wait_closed()


def request(body: bytes, length: int) -> bytes:
    return (
        b"POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
        % (length, body)
    )


async def test_a_body_that_never_ends_is_refused_in_time(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "READ_SECONDS", 0.1)
    answer = await talk(gateway, request(b'{"text": "hel', 100))
    assert answer.startswith("HTTP/1.1 408 ")
    assert "connection: close" in answer.lower()
    assert NOTICES.refused["too_slow"] in answer


async def test_a_cry_in_a_body_that_never_ends_is_heard(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bodies, "READ_SECONDS", 0.1)
    answer = await talk(gateway, request(json.dumps({"text": CRISIS}).encode(), 100))
    assert answer.startswith("HTTP/1.1 200 ")
    assert "116 123" in answer


async def test_chunks_that_are_not_as_announced_are_refused(gateway: Gateway) -> None:
    head = b"POST /api/messages HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
    answer = await talk(gateway, head + b"5\r\nhello\r\nzz\r\n")
    assert " 400 " in answer.partition("\r\n")[0]


async def test_a_client_that_goes_away_troubles_nobody(gateway: Gateway) -> None:
    server = gateway.client.server
    _, writer = await asyncio.open_connection(server.host, server.port)
    writer.write(request(b'{"text": "hel', 100))
    await writer.drain()
    writer.close()
    await writer.wait_closed()
    assert (await gateway.say("hello"))["topic"] == "about_lpp"


async def test_a_huge_body_is_refused_before_it_has_arrived(gateway: Gateway) -> None:
    answer = await talk(gateway, request(b'{"text": "' + b"x" * 9000, 100_000_000))
    assert answer.startswith("HTTP/1.1 413 ")


LONG = "please read on. " * 600


@pytest.mark.parametrize(
    ("body", "path", "kind"),
    [
        (json.dumps({"text": LONG + CRISIS}).encode(), "/api/messages", "application/json"),
        (
            f"text={LONG}{CRISIS}&do=send".replace(" ", "+").encode(),
            "/chat",
            "application/x-www-form-urlencoded",
        ),
        (
            gzip.compress(json.dumps({"text": LONG + CRISIS}).encode()),
            "/api/messages",
            "application/json",
        ),
    ],
    ids=["json", "form", "packed"],
)
async def test_a_cry_at_the_end_of_a_body_that_is_too_large_is_heard(
    gateway: Gateway, body: bytes, path: str, kind: str
) -> None:
    headers = {"Content-Type": kind}
    if body.startswith(b"\x1f\x8b"):
        headers["Content-Encoding"] = "gzip"
    async with gateway.client.post(path, data=body, headers=headers) as response:
        assert (response.status, "116 123" in await response.text()) == (200, True)
