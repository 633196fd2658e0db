"""A gateway on a real port, with a worker on a real socket that a test can make fail."""

import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.gateway.app import DETECTOR, create_app
from bot.gateway.breaker import Breaker
from bot.gateway.detector import LoadedScreen
from bot.gateway.http.connections import SERVER_OPTIONS
from bot.settings import Settings
from tests.gateway.fakes import FakeWorker, PhraseScreen

Client = TestClient[Any, Any]


@dataclass
class Gateway:
    """A running gateway, from outside."""

    client: Client
    worker: FakeWorker

    async def say(self, text: str, conversation: str | None = None, **headers: str) -> Any:
        """The answer to a typed message, which has to be taken."""
        async with self.client.post(
            "/api/messages", json={"conversation": conversation, "text": text}, headers=headers
        ) as response:
            assert response.status == 200, await response.text()
            return await response.json()

    async def press(self, button: str, conversation: str | None) -> aiohttp.ClientResponse:
        return await self.client.post(
            "/api/messages", json={"conversation": conversation, "button": button}
        )

    async def open(self) -> Any:
        async with self.client.post("/api/conversations") as response:
            assert response.status == 200
            return await response.json()


class Start(Protocol):
    async def __call__(
        self,
        *,
        load_screen: Callable[[], LoadedScreen] = PhraseScreen,
        worker: bool = True,
        loaded: bool = True,
        breaker: Breaker | None = None,
        **settings: Any,
    ) -> Gateway: ...


@pytest.fixture
def run() -> Iterator[Path]:
    """A folder with a short name: a Unix socket's path has at most 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="signpost-") as name:
        yield Path(name)


@pytest.fixture
async def start(run: Path) -> AsyncIterator[Start]:
    """Starts gateways, and stops them at the end."""
    async with AsyncExitStack() as stack:

        async def start(
            *,
            load_screen: Callable[[], LoadedScreen] = PhraseScreen,
            worker: bool = True,
            loaded: bool = True,
            breaker: Breaker | None = None,
            **settings: Any,
        ) -> Gateway:
            fake = FakeWorker()
            if worker:
                await stack.enter_async_context(fake.serve(run))
            app = await create_app(
                Settings(**{"run": run, "audit": run / "audit", **settings}), load_screen, breaker
            )
            server = TestServer(app)
            await server.start_server(**SERVER_OPTIONS)
            client = await stack.enter_async_context(TestClient(server))
            if loaded:
                await app[DETECTOR].loaded.wait()
            return Gateway(client, fake)

        yield start


@pytest.fixture
async def gateway(start: Start) -> Gateway:
    """One with everything in order."""
    return await start()


def texts(answer: Any) -> str:
    """All that a user would read."""
    return "\n\n".join(message["text"] for message in answer["messages"])
