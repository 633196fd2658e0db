"""DNS hangs: who asks a store gives up as ever, and nothing that needs a thread waits behind it."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.keyfile import add_key
from tests.gateway.conftest import Start, texts
from tests.gateway.fakes import CRISIS

QUICK_SECONDS = 3
"""What hangs does so for the whole test."""


@pytest.fixture
def hanging(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names under `.invalid` are looked up until the test is over; holds those that were."""
    usual, over, asked = socket.getaddrinfo, threading.Event(), list[str]()

    def getaddrinfo(host: Any, *rest: Any, **more: Any) -> Any:
        if str(host).endswith(".invalid"):
            asked.append(host)
            over.wait(60)
        return usual(host, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield asked
    over.set()


async def test_dns_hangs(start: Start, hanging: list[str], tmp_path: Path) -> None:
    add_key(tmp_path / "keys")
    nowhere = "redis://redis.invalid:6379/0"
    gateway = await start(
        conversations=nowhere,
        conversations_keys=tmp_path / "keys",
        rate_limit_storage=f"async+{nowhere}",
    )
    loop = asyncio.get_running_loop()
    tries = [
        asyncio.create_task(loop.getaddrinfo(f"store-{number}.invalid", 6379))
        for number in range(100)  # more than there are threads
    ]
    started = time.monotonic()
    begun = await gateway.say("hello")
    assert (await gateway.say(CRISIS, begun["conversation"]))["crisis"]
    assert "2: again" in texts(await gateway.say("again", begun["conversation"]))
    assert await asyncio.wait_for(asyncio.to_thread(lambda: "done"), QUICK_SECONDS) == "done"
    assert time.monotonic() - started < QUICK_SECONDS
    assert hanging
    for each in tries:
        each.cancel()
    await asyncio.gather(*tries, return_exceptions=True)
