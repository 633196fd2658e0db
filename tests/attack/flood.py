"""`python -m tests.attack.flood URL ADDRESS`: one address that sends all it can, of every kind, until
it is ended. At the lowest priority: it stands for a machine of its own, and takes none of ours away.
"""

import asyncio
import contextlib
import os
import sys

import aiohttp

CONNECTIONS = 16
"""Of each kind."""
LONG = '{"text": "' + "i want to die " * 570 + '"}'
JSON = {"Content-Type": "application/json"}
KINDS: tuple[tuple[str, str, dict[str, object]], ...] = (
    ("POST", "/api/messages", {"json": {"text": "how can i visit my son in belmarsh"}}),
    ("POST", "/api/messages", {"json": {"text": "i want to die"}}),
    ("POST", "/api/messages", {"data": LONG.encode(), "headers": JSON}),
    ("POST", "/chat", {"data": {"do": "clear", "text": "i want to die " * 30}}),
    ("POST", "/api/conversations", {}),
    ("GET", "/help-now", {}),
)


async def send(session: aiohttp.ClientSession, method: str, url: str, **what: object) -> None:
    while True:
        with contextlib.suppress(aiohttp.ClientError, TimeoutError):
            async with session.request(method, url, allow_redirects=False, **what) as response:  # type: ignore[arg-type]
                await response.read()


async def flood(url: str, address: str) -> None:
    connector = aiohttp.TCPConnector(limit=0, local_addr=(address, 0))
    async with aiohttp.ClientSession(connector=connector) as session:
        sending = [
            asyncio.create_task(send(session, method, f"{url}{path}", **what))
            for method, path, what in KINDS
            for _ in range(CONNECTIONS)
        ]
        await asyncio.sleep(1)
        print("under way", flush=True)
        await asyncio.gather(*sending)


if __name__ == "__main__":
    os.nice(19)
    asyncio.run(flood(*sys.argv[1:]))
