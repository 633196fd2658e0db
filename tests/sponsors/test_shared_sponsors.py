"""Two gateways with one directory and one Redis: whoever was shown a sponsor at one is known at the
other, whoever left one left both, and who guesses has no second try by changing sides.
"""

from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.gateway.app import SPONSORS
from bot.keyfile import add_key
from bot.sponsors.administration import Administration
from bot.sponsors.codes import new_code
from bot.sponsors.hashing import CodeHasher
from bot.sponsors.store import Directory
from tests.gateway.conftest import Start
from tests.gateway.fakes import CRISIS
from tests.redis_server import RedisServer, redis_server
from tests.sponsors.test_directory import roster
from tests.sponsors.test_http import WORDS, Site

SPONSOR = "Sam Example"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    (tmp_path / "redis").mkdir()
    with redis_server(tmp_path / "redis") as started:
        yield started


Make = Callable[..., Awaitable[Site]]


@pytest.fixture
async def make(
    monkeypatch: pytest.MonkeyPatch,
    url: str,
    key_file: Path,
    directory: Directory,
    administration: Administration,
    hasher: CodeHasher,
    start: Start,
    server: RedisServer,
    tmp_path: Path,
) -> Make:
    """Makes gateways that share all that can be shared."""
    # A machine that is busy with other tests is not one that fails.
    monkeypatch.setattr("bot.gateway.store.STORE_SECONDS", 2.0)
    monkeypatch.setattr("bot.gateway.sponsors.CHAT_SECONDS", 2.0)
    await administration.load(roster())
    codes = {"LPP0001": (await administration.issue(hasher, "LPP0001")).code}
    add_key(tmp_path / "conversations.keys")

    async def made(worker: bool = True, **settings: Any) -> Site:
        gateway = await start(
            worker=worker,
            sponsor_database=url,
            sponsor_keys=key_file,
            conversations=server.url,
            conversations_keys=tmp_path / "conversations.keys",
            **settings,
        )
        await gateway.client.server.app[SPONSORS].loaded.wait()  # type: ignore[attr-defined]
        gateway.client.session._cookie_jar = aiohttp.DummyCookieJar()
        return Site(gateway, directory, administration, codes)

    return made


@pytest.fixture
async def pair(make: Make) -> tuple[Site, Site]:
    return await make(), await make(worker=False)


async def found(site: Site) -> tuple[str, str]:
    """A conversation at a gateway, and the token that names the sponsor in it."""
    conversation = (await site.gateway.open())["conversation"]
    page = await site.look_up("LPP0001", site.codes["LPP0001"], conversation)
    return conversation, page.token


async def test_a_session_is_known_at_the_other_gateway(pair: tuple[Site, Site]) -> None:
    a, b = pair
    conversation, token = await found(a)
    assert SPONSOR in await b.say(CRISIS, conversation, token)
    assert SPONSOR in (await b.page(token)).text
    other = (await b.gateway.open())["conversation"]
    for talk, cookie in ((other, token), (conversation, ""), (conversation, "x" * 43)):
        assert SPONSOR not in await b.say(CRISIS, talk, cookie)


async def test_what_ends_at_one_ends_at_both(pair: tuple[Site, Site]) -> None:
    a, b = pair
    for leave in ("the page", "the conversation"):
        conversation, token = await found(a)
        assert SPONSOR in await b.say(CRISIS, conversation, token)
        if leave == "the page":
            headers = {"Cookie": f"signpost_sponsor={token}"}
            await b.client.post("/sponsor", data={"do": "end"}, headers=headers)
        else:
            await b.client.delete(f"/api/conversations/{conversation}")
        for site in pair:
            assert SPONSOR not in (await site.page(token)).text, leave
            assert SPONSOR not in await site.say(CRISIS, conversation, token), leave


async def test_a_new_session_of_a_conversation_ends_the_one_before(pair: tuple[Site, Site]) -> None:
    a, b = pair
    conversation, before = await found(a)
    now = (await b.look_up("LPP0001", b.codes["LPP0001"], conversation)).token
    assert [SPONSOR in await a.say(CRISIS, conversation, token) for token in (before, now)] == [
        False,
        True,
    ]


async def test_a_code_that_was_revoked_opens_nothing_at_the_other(pair: tuple[Site, Site]) -> None:
    a, b = pair
    conversation, token = await found(a)
    await a.administration.revoke("LPP0001")
    assert SPONSOR not in await b.say(CRISIS, conversation, token)
    assert SPONSOR not in (await b.page(token)).text


async def test_tries_are_counted_together(pair: tuple[Site, Site]) -> None:
    a, b = pair
    tried = [(await site.look_up("LPP0001", new_code())).status for site in (a, b, a, b, a)]
    assert tried == [403] * 5
    for site in pair:
        blocked = await site.look_up("LPP0001", site.codes["LPP0001"])
        assert (blocked.status, 5 < int(blocked.headers["Retry-After"]) <= 16) == (429, True)


async def test_an_address_has_its_tries_over_both(make: Make) -> None:
    a, b = await make(sponsor_tries=8), await make(worker=False, sponsor_tries=8)
    for _ in range(9):  # what is right costs nothing
        assert (await a.look_up("LPP0001", a.codes["LPP0001"])).status == 303
    tried = [
        (await site.look_up(f"LPP{5000 + n}", new_code())).status
        for n, site in enumerate([a, b] * 5)
    ]
    assert tried == [403] * 8 + [429] * 2


async def test_without_redis_each_goes_on_alone(
    pair: tuple[Site, Site], server: RedisServer
) -> None:
    a, b = pair
    conversation, token = await found(a)
    assert SPONSOR in await b.say(CRISIS, conversation, token)
    server.kill()
    for site in pair:
        assert SPONSOR in await site.say(CRISIS, conversation, token)
    assert [(await a.look_up("LPP0009", new_code())).status for _ in range(6)] == [403] * 5 + [429]
    assert (await b.look_up("LPP0009", new_code())).status == 403
    headers = {"Cookie": f"signpost_sponsor={token}"}
    await a.client.post("/sponsor", data={"do": "end"}, headers=headers)
    assert SPONSOR not in await a.say(CRISIS, conversation, token)


async def test_nothing_of_a_person_can_be_read_in_redis(
    pair: tuple[Site, Site], server: RedisServer
) -> None:
    a, _ = pair
    conversation, token = await found(a)
    await a.look_up("LPP0001", new_code(), conversation)
    kept = server.dump()
    assert b"signpost:sponsor:" in kept
    for secret in (SPONSOR, "020 7946", "LPP0001", "127.0.0.1", token, conversation, "person"):
        assert secret.encode() not in kept, secret
    for key in server.client.scan_iter("signpost:*"):
        assert 0 < server.client.ttl(key) <= 1800, key


async def test_with_the_directory_gone_a_session_is_not_taken_for_over(
    pair: tuple[Site, Site],
) -> None:
    a, b = pair
    conversation, token = await found(a)
    (sponsors,) = (site.client.server.app[SPONSORS] for site in (b,))
    listing = sponsors._look_up.listing

    async def down(*_: object) -> None:
        raise OSError

    sponsors._look_up.listing = down
    page = await b.page(token)
    assert (page.status, WORDS.errors.unavailable in page.text) == (503, True)
    assert "Set-Cookie" not in page.headers
    assert WORDS.chat.find in await b.say(CRISIS, conversation, token)
    sponsors._look_up.listing = listing
    assert SPONSOR in (await b.page(token)).text
