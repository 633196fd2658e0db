"""Our examples for nginx and Caddy, with the real programs in front of the real service."""

import asyncio
import itertools
import json
import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import socketio
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.test_utils import TestServer

from tests.conftest import Service, free_port, start_service, stop_service
from tests.proxies import HELP_COPY, HOST, Proxy, proxy

KINDS = ("nginx", "caddy")
CRISIS = "I want to kill myself"
NUMBER = "116 123"
addresses = (f"127.0.0.{number}" for number in itertools.count(10))


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that takes five messages of an address in a minute."""
    started = start_service(
        tmp_path_factory.mktemp("behind") / "run",
        SIGNPOST_PROXY_HOPS="1",
        SIGNPOST_SOCKETIO_CHANNEL="1",
        SIGNPOST_ADDRESS_LIMIT="5/minute",
    )
    yield started
    stop_service(started)


@pytest.fixture(scope="module")
def proxies(
    gateway: Service, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Proxy]]:
    folder, behind = tmp_path_factory.mktemp("proxies"), gateway.url.removeprefix("http://")
    with (
        proxy("nginx", folder / "nginx", behind) as nginx,
        proxy("caddy", folder / "caddy", behind) as caddy,
    ):
        yield {"nginx": nginx, "caddy": caddy}


@pytest.fixture(params=KINDS)
def before(request: pytest.FixtureRequest, proxies: dict[str, Proxy]) -> Proxy:
    return proxies[request.param]


class _Here(AbstractResolver):
    """Every name is this machine."""

    async def resolve(self, host: str, port: int = 0, family: Any = 0) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host="127.0.0.1", port=port, family=2, proto=0, flags=0)
        ]

    async def close(self) -> None:
        pass


@asynccontextmanager
async def browser(trust: ssl.SSLContext, address: str = "") -> AsyncIterator[aiohttp.ClientSession]:
    """A client with an address of its own, which trusts our certificate."""
    connector = aiohttp.TCPConnector(
        resolver=_Here(), ssl=trust, local_addr=(address or next(addresses), 0)
    )
    async with aiohttp.ClientSession(
        connector=connector, timeout=aiohttp.ClientTimeout(total=40)
    ) as http:
        yield http
    await asyncio.sleep(0.05)  # what TLS still has to say


async def say(http: aiohttp.ClientSession, url: str, text: str, **headers: str) -> Any:
    async with http.post(f"{url}/api/messages", json={"text": text}, headers=headers) as response:
        return response.status, await response.json(content_type=None)


async def test_page_and_api_come_through_with_their_headers(
    before: Proxy, gateway: Service
) -> None:
    async with browser(before.trust) as http, aiohttp.ClientSession() as direct:
        async with http.get(f"{before.url}/chat") as led, direct.get(f"{gateway.url}/chat") as own:
            assert led.status == 200
            assert await led.text() == await own.text()
            kept = {"Content-Security-Policy", "Cache-Control", "Referrer-Policy"}
            assert {name: led.headers[name] for name in kept} == {
                name: own.headers[name] for name in kept
            }
        status, answer = await say(http, before.url, "What is the Belmarsh unit?")
        assert (status, answer["topic"]) == (200, "belmarsh")
        status, answer = await say(http, before.url, CRISIS)
        assert (status, answer["crisis"]) == (200, True)


async def test_without_tls_one_is_led_to_it(before: Proxy) -> None:
    """Caddy's own redirects are off in these tests, which have ports of their own."""
    if before.kind == "caddy":
        return
    async with (
        browser(before.trust) as http,
        http.get(f"{before.plain}/chat", allow_redirects=False) as response,
    ):
        assert (response.status, response.headers["Location"]) == (308, f"https://{HOST}/chat")


async def test_a_socket(before: Proxy) -> None:
    heard: asyncio.Queue[str] = asyncio.Queue()
    async with browser(before.trust) as http:
        client = socketio.AsyncClient(reconnection=False, http_session=http)
        client.on("bot_uttered", lambda said: heard.put_nowait(said["text"]))
        await client.connect(before.url, transports=["websocket"])
        await client.emit("session_request", {"session_id": None})
        await asyncio.wait_for(heard.get(), 20)
        await client.emit("user_uttered", {"message": CRISIS})
        assert NUMBER in await asyncio.wait_for(heard.get(), 20)
        await client.disconnect()


class Polling:
    """A client of the socket.io channel without a WebSocket: Engine.IO 4 over HTTP."""

    def __init__(self, http: aiohttp.ClientSession, url: str) -> None:
        self._http, self._url, self._sid = http, f"{url}/socket.io/?EIO=4&transport=polling", ""

    async def open(self) -> None:
        """Until it has been greeted."""
        self._sid = json.loads((await self.hear())[1:])["sid"]
        await self.send("40")
        await self.say("session_request", {"session_id": None})
        while "bot_uttered" not in await self.hear():
            pass

    async def say(self, event: str, data: Any) -> None:
        await self.send("42" + json.dumps([event, data]))

    async def send(self, packet: str) -> None:
        async with self._http.post(f"{self._url}&sid={self._sid}", data=packet) as response:
            assert response.status == 200, await response.text()

    async def hear(self) -> str:
        """What the service says next, however long that takes."""
        asked = f"{self._url}&sid={self._sid}" if self._sid else self._url
        async with self._http.get(asked) as response:
            assert response.status == 200, await response.text()
            return await response.text()


async def test_a_socket_without_a_websocket(before: Proxy) -> None:
    async with browser(before.trust) as http:
        client = Polling(http, before.url)
        await client.open()
        await client.say("user_uttered", {"message": CRISIS})
        assert NUMBER in await client.hear()


async def test_it_may_stay_silent_for_longer_than_a_page_takes(proxies: dict[str, Proxy]) -> None:
    """Until the service speaks by itself: Engine.IO's ping, every 25 s."""

    async def waits(before: Proxy) -> None:
        async with browser(before.trust) as http:
            client = Polling(http, before.url)
            await client.open()
            assert await client.hear() == "2"
            await client.send("3")
            await client.say("user_uttered", {"message": CRISIS})
            assert NUMBER in await client.hear()

    await asyncio.gather(*map(waits, proxies.values()))


async def test_what_is_too_large_for_the_gateway_is_still_looked_through(before: Proxy) -> None:
    async with browser(before.trust) as http:
        status, answer = await say(http, before.url, CRISIS + "!" * 100_000)
        assert (status, answer["crisis"]) == (200, True)


async def test_what_is_too_large_for_the_proxy_gets_the_help_and_takes_it_from_nobody(
    before: Proxy,
) -> None:
    large = {"text": "x" * 400_000}
    async with browser(before.trust) as http:
        async with http.post(f"{before.url}/api/messages", json=large) as response:
            assert response.status in {413, 503}
            assert await response.text() == HELP_COPY
        assert (await say(http, before.url, CRISIS))[1]["crisis"]


async def test_limits_count_by_the_clients_address_whatever_it_says_of_it(before: Proxy) -> None:
    def claims(number: int) -> dict[str, str]:
        claimed = f"198.51.100.{number}"
        return {"X-Forwarded-For": claimed, "Forwarded": f"for={claimed}", "X-Real-IP": claimed}

    async with browser(before.trust) as one, browser(before.trust) as other:
        for number in range(5):
            assert (await say(one, before.url, "hello", **claims(number)))[0] == 200
        assert (await say(one, before.url, "hello", **claims(5)))[0] == 429
        assert (await say(one, before.url, CRISIS, **claims(6)))[1]["crisis"]
        assert (await say(other, before.url, "hello"))[0] == 200


async def test_so_do_those_of_sockets(before: Proxy) -> None:
    async with browser(before.trust) as one, browser(before.trust) as other:
        for number in range(6):
            one.headers["X-Forwarded-For"] = f"198.51.100.{number}"
            async with one.get(f"{before.url}/socket.io/?EIO=4&transport=polling") as response:
                assert response.status == (200 if number < 5 else 429)
        await Polling(other, before.url).open()


@pytest.mark.parametrize("path", ["/health", "/health/live", "/health/ready"])
async def test_health_is_for_your_own_network(before: Proxy, path: str) -> None:
    async with browser(before.trust) as http, http.get(f"{before.url}{path}") as response:
        assert response.status in {403, 404}
    if path == "/health":
        return  # the gateway itself keeps that for the operator
    async with (
        browser(before.trust, "127.0.0.1") as http,
        http.get(f"{before.url}{path}") as response,
    ):
        assert response.status == 200


@pytest.mark.parametrize("kind", KINDS)
async def test_with_the_gateway_gone_the_help_is_there(kind: str, tmp_path: Path) -> None:
    with proxy(kind, tmp_path / kind, f"127.0.0.1:{free_port()}") as before:
        async with browser(before.trust) as http:
            for request in (
                http.get(f"{before.url}/chat"),
                http.post(f"{before.url}/chat", data={"text": CRISIS}),
            ):
                async with request as response:
                    assert (response.status, await response.text()) == (503, HELP_COPY)


@pytest.mark.parametrize("kind", KINDS)
async def test_nothing_is_kept_back_in_either_direction(kind: str, tmp_path: Path) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def slowly(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"first")
        await go_on.wait()
        await response.write(b"last")
        return response

    async def reads(request: web.Request) -> web.Response:
        await request.content.readexactly(5)
        begun.set()
        return web.Response(body=await request.content.read())

    async def alive(request: web.Request) -> web.Response:
        return web.Response()

    async def types() -> AsyncIterator[bytes]:
        yield b"first"
        await asyncio.wait_for(begun.wait(), 20)
        yield b"last"

    app = web.Application()
    app.add_routes(
        [web.get("/slowly", slowly), web.post("/reads", reads), web.get("/health/live", alive)]
    )
    async with TestServer(app) as upstream:
        with proxy(kind, tmp_path / kind, f"127.0.0.1:{upstream.port}") as before:
            async with browser(before.trust) as http:
                async with http.get(f"{before.url}/slowly") as response:
                    assert await asyncio.wait_for(response.content.readexactly(5), 20) == b"first"
                    go_on.set()
                    assert await response.content.read() == b"last"
                async with http.post(f"{before.url}/reads", data=types()) as response:
                    assert await response.read() == b"last"


async def test_one_gateway_of_two_may_be_gone(gateway: Service, tmp_path: Path) -> None:
    """Caddy's alone: the example for nginx has one gateway."""
    behind = f"127.0.0.1:{free_port()}", gateway.url.removeprefix("http://")
    with proxy("caddy", tmp_path / "caddy", *behind) as before:
        for _ in range(6):  # whichever of them an address belongs to
            async with browser(before.trust) as http:
                status, answer = await say(http, before.url, CRISIS)
                assert (status, answer["crisis"]) == (200, True)


@pytest.mark.parametrize("there", [True, False], ids=["there", "gone"])
async def test_nothing_of_anybody_is_logged(before: Proxy, there: bool, tmp_path: Path) -> None:
    address, path = next(addresses), "/no-such-page-of-anybody"
    with ExitStack() as stack:
        if not there:
            nobody = f"127.0.0.1:{free_port()}"
            before = stack.enter_context(proxy(before.kind, tmp_path / before.kind, nobody))
        async with browser(before.trust, address) as http:
            for request in (
                http.get(f"{before.url}{path}"),
                http.post(f"{before.url}/chat", data={"text": CRISIS}),
            ):
                async with request as response:
                    await response.read()
    for file in before.folder.rglob("*"):
        if file.is_file():
            written = file.read_text(errors="replace")
            assert not [word for word in (CRISIS, path, address) if word in written], file
