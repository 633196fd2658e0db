"""The description of the API, and the API fuzzed against it."""

import asyncio
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from aiohttp import web
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi import checks

from bot.gateway.api.openapi import OPERATIONS, describe
from bot.gateway.app import create_app
from bot.gateway.http.connections import SERVER_OPTIONS
from bot.settings import Settings
from tests.gateway.conftest import Gateway
from tests.gateway.fakes import FakeWorker, PhraseScreen

CHECKS = [
    not_a_server_error, checks.status_code_conformance, checks.content_type_conformance, checks.response_schema_conformance,
    checks.negative_data_rejection, checks.unsupported_method,
]  # fmt: skip
schema = schemathesis.openapi.from_dict(describe())


async def test_it_is_served(gateway: Gateway) -> None:
    async with gateway.client.get("/api/openapi.json") as response:
        assert await response.json() == describe()


async def test_every_route_of_the_api_is_in_it(gateway: Gateway) -> None:
    app = gateway.client.server.app  # type: ignore[attr-defined]
    routes = {
        (r.method.lower(), r.resource.canonical)
        for r in app.router.routes()
        if r.resource.canonical.startswith(("/api/", "/health"))
    }
    described = {(operation.method, operation.path) for operation in OPERATIONS}
    assert {route for route in routes if route[0] != "head"} == {
        *described,
        ("get", "/api/openapi.json"),
    }


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A gateway in a thread of its own, for schemathesis speaks to it without asyncio."""
    ready, stop, addresses = threading.Event(), asyncio.Event(), list[str]()
    loop = asyncio.new_event_loop()

    async def serve(run: Path) -> None:
        async with FakeWorker().serve(run):
            app = await create_app(
                Settings(
                    run=run, address_limit="100000/minute", conversation_limit="100000/minute"
                ),
                PhraseScreen,
            )
            runner = web.AppRunner(app, **SERVER_OPTIONS)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            addresses.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
            ready.set()
            await stop.wait()
            await runner.cleanup()

    thread = threading.Thread(
        target=lambda: loop.run_until_complete(serve(tmp_path_factory.mktemp("fuzz")))
    )
    thread.start()
    assert ready.wait(20)
    yield addresses[0]
    loop.call_soon_threadsafe(stop.set)
    thread.join(20)
    loop.close()


@schema.parametrize()
@settings(
    max_examples=40,
    database=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_the_api_is_as_described(case: Any, url: str) -> None:
    case.call_and_validate(base_url=url, checks=CHECKS, timeout=10)
