"""Redis gone, stopped, refusing or emptied: a crisis is answered as ever, everybody is answered,
nobody may send without a limit, and an operator sees it. What is lost is said in docs/faults.md.
"""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.conftest import Gateway, Start, texts
from tests.gateway.fakes import CRISIS
from tests.redis_server import RedisServer

SLOW_SECONDS = 2.0
"""Beyond any time that a message may wait for Redis, on a machine that is busy with other tests."""

HARMS: dict[str, tuple[Callable[[RedisServer], None], Callable[[RedisServer], None]]] = {
    "gone": (RedisServer.kill, RedisServer.start),
    "stopped": (RedisServer.stop, RedisServer.go_on),
    "read-only": (RedisServer.read_only, lambda server: server.read_only(False)),
}


async def state(gateway: Gateway, part: str) -> str:
    headers = {"Authorization": "Bearer secret"}
    async with gateway.client.get("/health", headers=headers) as response:
        return str((await response.json())[part])


async def until_it_is(gateway: Gateway, part: str, wanted: str) -> None:
    deadline = time.monotonic() + 15
    while await state(gateway, part) != wanted:
        assert time.monotonic() < deadline, f"{part} is not {wanted}"
        await asyncio.sleep(0.1)


@pytest.mark.parametrize("harm", HARMS)
async def test_redis_goes(
    start: Start, shared: dict[str, Any], run: Path, server: RedisServer, harm: str
) -> None:
    (run / "operator.token").write_text("secret\n")
    shared |= {"address_limit": "1000/minute", "conversation_limit": "12/minute"}
    a = await start(**shared)
    b = await start(worker=False, **shared)
    here, there = [(await gateway.say("hello"))["conversation"] for gateway in (a, b)]
    hurt, mend = HARMS[harm]
    hurt(server)

    started = time.monotonic()
    for id_ in (None, here, there):
        assert (await a.say(CRISIS, id_))["crisis"]
    assert time.monotonic() - started < SLOW_SECONDS
    known, unknown, new = [await a.say("hello", id_) for id_ in (here, there, None)]
    assert (known["conversation"], texts(known)) == (here, "2: hello")  # its own copy
    assert unknown["conversation"] == there  # it goes on, as one in which nothing was said yet
    assert "1: hello" in texts(unknown) or "2: hello" in texts(unknown)
    assert "1: hello" in texts(new)
    assert (await a.say("hello", new["conversation"]))["conversation"] == new["conversation"]
    refused = [
        (await a.client.post("/api/messages", json={"conversation": here, "text": "x"})).status
        for _ in range(14)
    ]
    assert refused[-1] == 429
    await until_it_is(a, "conversations", "down")

    mend(server)
    await until_it_is(a, "conversations", "ready")
    await until_it_is(b, "conversations", "ready")
    assert (await a.say("hello", new["conversation"]))["conversation"] == new["conversation"]
    await asyncio.sleep(1.5)  # what a gateway kept for itself is given out by then
    assert "3: elsewhere" in texts(await b.say("elsewhere", here)) or harm == "gone"
    if harm != "gone":  # what it held is there again, with what was said meanwhile
        answer = await b.say("and now", there)
        assert (answer["conversation"], answer["pinned_help"]) == (there, True)


async def test_redis_is_emptied(start: Start, shared: dict[str, Any], server: RedisServer) -> None:
    a = await start(**shared)
    id_ = (await a.say("hello"))["conversation"]
    server.flush()
    assert (await a.say(CRISIS, id_))["crisis"]
    answer = await a.say("hello", id_)
    assert answer["conversation"] != id_
    assert len(answer["messages"]) == 2  # that it starts again, and the answer


async def test_redis_restarts_between_two_messages(
    start: Start, shared: dict[str, Any], server: RedisServer
) -> None:
    """Connections that were kept have ended; the first message after it is none the worse."""
    a = await start(**shared)
    await a.say("hello")
    server.kill()
    server.start()
    begun = await a.say("hello")
    assert texts(await a.say("again", begun["conversation"])) == "2: again"


async def test_limits_hold_without_redis(
    start: Start, shared: dict[str, Any], server: RedisServer
) -> None:
    a = await start(**shared, address_limit="4/minute")
    b = await start(worker=False, **shared, address_limit="4/minute")

    async def sent(*gateways: Gateway) -> list[int]:
        return [
            (await each.client.post("/api/messages", json={"text": "hello"})).status
            for each in gateways
        ]

    assert await sent(a, b, a, b, a, b) == [200] * 4 + [429] * 2
    server.kill()
    assert await sent(*[a] * 6, *[b] * 6) == ([200] * 4 + [429] * 2) * 2


async def test_redis_is_slow(start: Start, shared: dict[str, Any], server: RedisServer) -> None:
    """Whoever asks Redis waits a tenth of a second at most, and then nobody asks for a second."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while some := await reader.read(65536):
                await asyncio.sleep(0.3)
                writer.write(some)
        except ConnectionError:
            pass
        finally:
            writer.close()

    async def lead(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there_reader, there_writer = await asyncio.open_connection("127.0.0.1", server.port)
        await asyncio.gather(pass_on(reader, there_writer), pass_on(there_reader, writer))

    async with await asyncio.start_server(lead, "127.0.0.1", 0) as slow:
        port = slow.sockets[0].getsockname()[1]
        a = await start(**shared | {"conversations": f"redis://127.0.0.1:{port}/0"})
        started = time.monotonic()
        begun = await a.say("hello")
        assert (await a.say(CRISIS, begun["conversation"]))["crisis"]
        assert "2: again" in texts(await a.say("again", begun["conversation"]))
        assert time.monotonic() - started < SLOW_SECONDS
        await a.client.close()
        await asyncio.sleep(0.5)  # what is on its way arrives at nobody's


async def test_the_name_of_redis_is_not_resolved(start: Start, shared: dict[str, Any]) -> None:
    """`.invalid` never is (RFC 6761)."""
    nowhere = "redis://redis.invalid:6379/0"
    a = await start(
        **shared | {"conversations": nowhere, "rate_limit_storage": f"async+{nowhere}"},
        address_limit="4/minute",
    )
    started = time.monotonic()
    begun = await a.say("hello")
    assert (await a.say(CRISIS, begun["conversation"]))["crisis"]
    assert "2: again" in texts(await a.say("again", begun["conversation"]))
    assert time.monotonic() - started < SLOW_SECONDS
    sent = [(await a.client.post("/api/messages", json={"text": "x"})).status for _ in range(2)]
    assert sent == [200, 429]
