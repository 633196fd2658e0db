"""The service is stopped while socket.io clients are connected: each gets the answer that is under
way, and a close that says why.
"""

import asyncio
import contextlib
import json
from typing import Any

import aiohttp
import pytest
import socketio

from tests.gateway.conftest import Start
from tests.gateway.fakes import CRISIS


async def test_sockets_are_closed_with_a_reason(start: Start) -> None:
    gateway = await start(socketio_channel=True)
    gateway.worker.slow = {"hello": 0.5}
    url = gateway.client.make_url("/socket.io/?EIO=4&transport=websocket")
    async with aiohttp.ClientSession() as http, http.ws_connect(url) as socket:
        await socket.receive_str()
        await socket.send_str("40")
        await socket.receive_str()
        await socket.send_str('42["user_uttered", {"message": "hello"}]')
        await asyncio.sleep(0.2)
        stopping = asyncio.create_task(gateway.client.close())
        await socket.send_str(f'42["user_uttered", {json.dumps({"message": CRISIS})}]')
        heard = [message async for message in socket]
        await stopping
        said = "".join(message.data for message in heard)
        assert "1: hello" in said
        assert "Samaritans" in said or "999" in said
        assert socket.close_code == aiohttp.WSCloseCode.SERVICE_RESTART


@pytest.mark.parametrize(
    ("transport", "reason"),
    [("websocket", "transport error"), ("polling", "server disconnect")],
)
async def test_a_client_of_the_library_is_told(start: Start, transport: str, reason: str) -> None:
    old = await start(socketio_channel=True)
    client = socketio.AsyncClient(reconnection=False)
    reasons: asyncio.Queue[Any] = asyncio.Queue()
    client.on("disconnect", reasons.put)
    await client.connect(str(old.client.make_url("/")), transports=[transport])
    await old.client.close()
    assert await asyncio.wait_for(reasons.get(), 5) == reason
    with contextlib.suppress(Exception):
        await client.disconnect()
