"""PostgreSQL gone: sponsors cannot be looked up, and nothing else is different."""

from pathlib import Path

import pytest

from bot.gateway.app import SPONSORS
from bot.settings import ROOT
from bot.sponsors.content import load_sponsor_words
from bot.sponsors.keys import add_key, read_keys
from bot.sponsors.store import Directory
from tests.cluster import INITDB, postgres
from tests.gateway.conftest import Gateway, Start, texts
from tests.gateway.fakes import CRISIS

WORDS = load_sponsor_words(ROOT / "bot" / "content")


async def tried(gateway: Gateway) -> int:
    form = {"reference": "LPP0001", "code": "3VV4-6HNJ-TQDQ-CV4Q"}
    async with gateway.client.post("/sponsor", data=form) as response:
        return response.status


@pytest.mark.skipif(INITDB is None, reason="Debian's postgresql is not here")
async def test_postgresql_goes(start: Start, tmp_path: Path) -> None:
    with postgres() as server:
        add_key(tmp_path / "keys")
        directory = Directory(server.url, read_keys(tmp_path / "keys"))
        await directory.upgrade()
        await directory.close()
        gateway = await start(sponsor_database=server.url, sponsor_keys=tmp_path / "keys")
        await gateway.client.app[SPONSORS].loaded.wait()
        assert await tried(gateway) == 403
        server.end()
        assert await tried(gateway) == 503
        answer = await gateway.say(CRISIS)
        assert answer["crisis"]
        assert WORDS.chat.find in texts(answer)  # where to find out, as ever
        assert "hello" in texts(await gateway.say("hello"))
        server.start()
        assert await tried(gateway) == 403
