"""PostgreSQL gone, slow, full or failing over: sponsors cannot be looked up, which is said within
seconds, and nothing else is different.
"""

import asyncio
import html
import signal
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

import asyncpg  # type: ignore[import-untyped]
import pytest

from bot.gateway.app import SPONSORS
from bot.settings import ROOT
from bot.sponsors.administration import Administration
from bot.sponsors.content import load_sponsor_words
from bot.sponsors.hashing import CodeHasher
from bot.sponsors.keys import add_key, read_keys
from bot.sponsors.lookup import STORE_SECONDS
from bot.sponsors.store import Directory
from tests.cluster import INITDB, Postgres, postgres
from tests.faults.line import Line, line
from tests.gateway.conftest import Gateway, Start, texts
from tests.gateway.fakes import CRISIS
from tests.sponsors.test_directory import roster

WORDS = load_sponsor_words(ROOT / "bot" / "content")
CONNECTIONS = 8
LIMIT_SECONDS = STORE_SECONDS + 1
"""Of one look-up, on a machine that is busy with other tests."""
QUICK_SECONDS = 1.0

pytestmark = pytest.mark.skipif(INITDB is None, reason="Debian's postgresql is not here")


@dataclass
class Site:
    """A gateway whose directory is in a PostgreSQL at the other end of a line."""

    gateway: Gateway
    server: Postgres
    line: Line
    code: str

    async def tried(self, code: str = "3VV4-6HNJ-TQDQ-CV4Q") -> int:
        """What a look-up is answered; it may not take longer than it is allowed."""
        form = {"reference": "LPP0001", "code": code}
        async with asyncio.timeout(LIMIT_SECONDS):
            async with self.gateway.client.post(
                "/sponsor", data=form, allow_redirects=False
            ) as response:
                said = html.unescape(await response.text())
                assert (response.status == 503) == (WORDS.errors.unavailable in said)
                return response.status

    async def helps(self) -> None:
        """A crisis and the chat are answered as ever, and at once."""
        began = time.monotonic()
        answer = await self.gateway.say(CRISIS)
        assert answer["crisis"]
        assert WORDS.chat.find in texts(answer)  # where to find out, as ever
        assert "hello" in texts(await self.gateway.say("hello"))
        assert time.monotonic() - began < QUICK_SECONDS


@pytest.fixture
async def site(start: Start, tmp_path: Path) -> AsyncIterator[Site]:
    add_key(tmp_path / "keys")
    with postgres(max_connections=CONNECTIONS) as server:
        directory, hasher = Directory(server.url, read_keys(tmp_path / "keys")), CodeHasher()
        await directory.upgrade()
        administration = Administration(directory)
        await administration.load(roster())
        code = (await administration.issue(hasher, "LPP0001")).code
        hasher.close()
        await directory.close()
        async with line(server.port) as led:
            url = server.url.replace(str(server.port), str(led.port))
            gateway = await start(sponsor_database=url, sponsor_keys=tmp_path / "keys")
            app = gateway.client.server.app  # type: ignore[attr-defined]
            await app[SPONSORS].loaded.wait()
            yield Site(gateway, server, led, code)
            await gateway.client.close()


async def test_postgresql_goes(site: Site) -> None:
    assert await site.tried() == 403
    site.server.end()
    assert await site.tried() == 503
    await site.helps()
    site.server.start()
    assert await site.tried() == 403


async def test_postgresql_hangs(site: Site) -> None:
    """With connections that were there, and for new ones; then it is stopped while it waits."""
    assert await site.tried() == 403
    site.line.hang()
    trying = asyncio.gather(*[site.tried() for _ in range(3)])
    await asyncio.sleep(0.1)
    await site.helps()
    assert await trying == [503] * 3
    assert await site.tried() == 503
    site.line.mend()
    assert await site.tried(site.code) == 303
    site.line.hang()
    began = time.monotonic()
    await site.gateway.client.close()
    assert time.monotonic() - began < LIMIT_SECONDS


async def test_postgresql_is_slow(site: Site) -> None:
    """0.02 s for each part is waited for; a whole second is not."""
    assert await site.tried() == 403
    site.line.delay = 0.02
    assert await site.tried(site.code) == 303
    site.line.delay = 1.0
    trying = asyncio.create_task(site.tried())
    await asyncio.sleep(0.1)
    await site.helps()
    assert await trying == 503
    site.line.delay = 0.0
    assert await site.tried() == 403


async def test_postgresql_is_out_of_connections(site: Site) -> None:
    """Without a connection of its own, the gateway says so, and goes on when there is one again."""
    async with AsyncExitStack() as held:

        async def take_all() -> None:
            with suppress(asyncpg.TooManyConnectionsError):
                while True:
                    held.push_async_callback((await asyncpg.connect(site.server.url)).close)

        site.line.cut()  # the gateway may have one from its start
        deadline = time.monotonic() + LIMIT_SECONDS
        while await site.tried() != 503:
            assert time.monotonic() < deadline
            site.line.cut()
            await take_all()  # what the end of its connection left free
        await site.helps()
        await held.aclose()
        assert await site.tried() == 403


async def test_postgresql_fails_over(site: Site) -> None:
    """The one that follows is read-only until it is promoted: nothing is opened without its line in
    the audit.
    """
    assert await site.tried() == 403
    with postgres(site.server, max_connections=CONNECTIONS) as follower:
        site.server.end(signal.SIGQUIT)
        site.line.cut()
        assert await site.tried(site.code) == 503
        site.line.to = follower.port
        assert await site.tried(site.code) == 503
        await site.helps()
        promoter = await asyncpg.connect(follower.url)
        assert await promoter.fetchval("SELECT pg_promote()")
        await promoter.close()
        assert await site.tried(site.code) == 303
        await site.gateway.client.close()
