"""Who is counted together, what is too much, and who is not counted."""

from pathlib import Path

import pytest
from aiohttp.test_utils import make_mocked_request
from multidict import CIMultiDict

from bot.gateway.http.limits import Caller, Limits
from bot.gateway.notices import load_notices
from bot.settings import ROOT, Settings
from tests.gateway.conftest import Start

NOTICES = load_notices(ROOT / "bot" / "content")

ADDRESSES = [
    # hops, remote, X-Forwarded-For headers, counted as
    (0, "192.0.2.1", [], "192.0.2.1"),
    (0, "192.0.2.1", ["198.51.100.7"], "192.0.2.1"),  # nobody is believed
    (1, "192.0.2.1", ["198.51.100.7"], "198.51.100.7"),
    (
        1,
        "192.0.2.1",
        ["203.0.113.9, 198.51.100.7"],
        "198.51.100.7",
    ),  # the left end is the client's own invention
    (1, "192.0.2.1", ["203.0.113.9", "198.51.100.7"], "198.51.100.7"),
    (2, "192.0.2.1", ["203.0.113.9, 198.51.100.7, 192.0.2.2"], "198.51.100.7"),
    (2, "192.0.2.1", ["198.51.100.7"], "192.0.2.1"),  # came past a proxy
    (1, "192.0.2.1", [], "192.0.2.1"),
    (1, "192.0.2.1", ["198.51.100.7:4711"], "198.51.100.7"),
    (1, "192.0.2.1", ["[2001:db8:1:2::5]:4711"], "2001:db8:1:2::/64"),
    (1, "192.0.2.1", ["[2001:db8:1:2::5]"], "2001:db8:1:2::/64"),
    (1, "192.0.2.1", ["2001:db8:1:2::5"], "2001:db8:1:2::/64"),
    (1, "192.0.2.1", ['"[::ffff:198.51.100.7]:4711"'], "198.51.100.7"),
    (0, "2001:db8:1:2:3:4:5:6", [], "2001:db8:1:2::/64"),
    (0, "2001:db8:1:2:ffff::1", [], "2001:db8:1:2::/64"),
    (0, "::ffff:192.0.2.1", [], "192.0.2.1"),
]


@pytest.mark.parametrize(("hops", "remote", "forwarded", "counted"), ADDRESSES)
def test_whom_a_request_is_counted_for(
    hops: int, remote: str, forwarded: list[str], counted: str
) -> None:
    headers = CIMultiDict([("X-Forwarded-For", value) for value in forwarded])
    request = make_mocked_request("GET", "/", headers=headers).clone(remote=remote)
    assert Caller(hops, "").address(request) == counted


@pytest.mark.parametrize(
    ("element", "counted"),
    [
        ("for=198.51.100.7", "198.51.100.7"),
        ('For="198.51.100.7:4711";proto=https;by=203.0.113.9', "198.51.100.7"),
        ('proto=https; for="[2001:db8:1:2::5]:4711"', "2001:db8:1:2::/64"),
        ('for=203.0.113.9, for="[2001:db8:1:2::5]"', "2001:db8:1:2::/64"),
    ],
)
def test_forwarded_is_read_where_it_is_the_header_of_the_proxies(
    element: str, counted: str
) -> None:
    headers = {"Forwarded": element, "X-Forwarded-For": "203.0.113.66"}
    request = make_mocked_request("GET", "/", headers=headers).clone(remote="192.0.2.1")
    assert Caller(1, "", "Forwarded").address(request) == counted
    assert Caller(1, "").address(request) == "203.0.113.66"


@pytest.mark.parametrize("written", ["anything else", "unknown", "_hidden", "", "198.51.100.7:x"])
async def test_addresses_that_cannot_be_read_share_no_limit_and_are_told_of(
    start: Start, written: str
) -> None:
    gateway = await start(address_limit="2/minute", proxy_hops=1)
    async with gateway.client.get("/health/ready") as response:
        assert (await response.json())["addresses"] == "ok"
    for _ in range(6):
        async with gateway.client.post(
            "/api/messages",
            json={"text": "hello"},
            headers={"X-Forwarded-For": written, "Connection": "close"},
        ) as response:
            assert response.status == 200
    async with gateway.client.get("/health/ready") as response:
        assert (response.status, (await response.json())["addresses"]) == (200, "unreadable")


async def test_addresses_in_the_other_header_are_told_of(start: Start) -> None:
    gateway = await start(proxy_hops=1)
    await gateway.say("hello", Forwarded="for=198.51.100.7")
    async with gateway.client.get("/health/ready") as response:
        assert (await response.json())["addresses"] == "unreadable"


async def test_an_address_has_a_limit_over_all_its_conversations(start: Start) -> None:
    gateway = await start(address_limit="3/minute")
    await gateway.open()
    for _ in range(2):
        await gateway.say("hello")
    for path, body in (("/api/messages", {"text": "hello"}), ("/api/conversations", None)):
        async with gateway.client.post(path, json=body) as response:
            assert (response.status, (await response.json())["detail"]) == (
                429,
                NOTICES.refused["too_many"],
            )
            assert response.headers["Retry-After"] == "60"


async def test_a_conversation_has_a_limit(start: Start) -> None:
    gateway = await start(conversation_limit="2/minute")
    opened = await gateway.open()
    for _ in range(2):
        await gateway.say("hello", opened["conversation"])
    assert (
        await gateway.client.post(
            "/api/messages", json={"conversation": opened["conversation"], "text": "hello"}
        )
    ).status == 429
    await gateway.say("hello")


@pytest.mark.parametrize(
    ("token", "status"),
    [
        ("Bearer secret", 200),
        ("Bearer wrong", 429),
        ("secret\u00e9", 429),
        ("", 429),
        ("Bearer ", 429),
    ],
)
async def test_the_operator_is_not_limited(
    start: Start, run: Path, token: str, status: int
) -> None:
    (run / "operator.token").write_text("secret\n")
    gateway = await start(address_limit="1/minute")
    answers = [
        await gateway.client.post(
            "/api/messages", json={"text": "hello"}, headers={"Authorization": token}
        )
        for _ in range(2)
    ]
    assert answers[-1].status == status


async def test_without_a_token_nobody_is_the_operator(start: Start) -> None:
    gateway = await start(address_limit="1/minute")
    answers = [
        await gateway.client.post(
            "/api/messages", json={"text": "hello"}, headers={"Authorization": "Bearer "}
        )
        for _ in range(2)
    ]
    assert answers[-1].status == 429


async def test_limits_hold_when_their_storage_is_down() -> None:
    limits = Limits(
        Settings(rate_limit_storage="async+redis://127.0.0.1:1/0", address_limit="2/minute")
    )
    assert [await limits.allow("192.0.2.1") for _ in range(3)] == [True, True, False]
