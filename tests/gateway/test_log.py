"""The log says what happened and never to whom, nor what was said."""

import asyncio
import json
import logging

import pytest
import structlog

from bot.gateway.http import log
from tests.gateway.conftest import Start
from tests.gateway.fakes import CONCERN, CRISIS, BrokenScreen


async def test_nothing_of_a_person_is_logged(
    start: Start, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure("DEBUG")
    try:
        gateway = await start()
        broken = await start(load_screen=BrokenScreen, worker=False)
        ids = []
        for text in ("Mr Fictional Person, A1234BC", CRISIS, CONCERN, "x" * 600, '{"'):
            for service in (gateway, broken):
                async with service.client.post("/api/messages", json={"text": text}) as response:
                    ids.append((await response.json()).get("conversation"))
        for mode in ("die", "fail", "babble"):
            gateway.worker.mode = mode
            await gateway.say("Mr Fictional Person, A1234BC", ids[0])
        logging.getLogger("aiohttp.server").error(
            "Error handling request from %s",
            "192.0.2.77",
            exc_info=ValueError("b'Mr Fictional Person'"),
        )
        asyncio.get_running_loop().call_exception_handler(
            {"message": "lost", "exception": ValueError("A1234BC"), "future": "A1234BC"}
        )
        await gateway.client.delete(f"/api/conversations/{ids[0]}")
    finally:
        logging.basicConfig(level="WARNING", force=True)
        structlog.reset_defaults()
    written = capsys.readouterr().err
    assert all(json.loads(line)["level"] for line in written.splitlines())
    assert '"outcome": "crisis"' in written
    assert '"outcome": "too_long"' in written
    assert '"outcome": "safety"' in written
    assert '"error": "ValueError"' in written
    for secret in (
        "Fictional",
        "A1234BC",
        CRISIS,
        CONCERN,
        "xxx",
        "192.0.2.77",
        "127.0.0.1",
        *filter(None, ids),
    ):
        assert secret not in written
