"""One address cannot end anybody else's conversation, nor fill the audit."""

import json
from pathlib import Path

from bot.gateway.conversations import Conversations
from tests.gateway.conftest import Start
from tests.gateway.fakes import CRISIS

STRANGER = {"X-Forwarded-For": "192.0.2.66"}
USER = {"X-Forwarded-For": "198.51.100.7"}


async def test_a_flood_of_crisis_messages_leaves_everybody_elses_conversation(start: Start) -> None:
    gateway = await start(conversations_max=20, address_limit="5/minute", proxy_hops=1)
    theirs = (await gateway.say("hello", **USER))["conversation"]
    for _ in range(60):
        assert (await gateway.say(CRISIS, **STRANGER))["crisis"]
    answer = await gateway.say("hello", theirs, **USER)
    assert answer["conversation"] == theirs


async def test_what_is_over_the_limit_is_answered_and_not_kept(start: Start) -> None:
    gateway = await start(address_limit="1/minute", proxy_hops=1)
    assert (await gateway.say(CRISIS, **STRANGER))["conversation"]
    over = await gateway.say(CRISIS, **STRANGER)
    assert over["crisis"]
    assert over["conversation"] == ""
    assert [message["buttons"] for message in over["messages"]] == [[]]  # none that is dead


async def test_what_is_over_the_limit_is_counted_once_an_hour(start: Start, tmp_path: Path) -> None:
    gateway = await start(address_limit="2/minute", proxy_hops=1, audit=tmp_path / "audit")
    for _ in range(30):
        await gateway.say(CRISIS, **STRANGER)
    await gateway.say(CRISIS, **USER)
    await gateway.client.close()
    assert len(_rows(tmp_path / "audit")) == 2 + 1 + 1  # within, over, and the other address


def _rows(folder: Path) -> list[dict[str, object]]:
    (file,) = folder.iterdir()
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


async def test_help_opened_again_and_again_is_counted_within_bounds(
    start: Start, tmp_path: Path
) -> None:
    gateway = await start(proxy_hops=1, audit=tmp_path / "audit")
    for _ in range(300):
        async with gateway.client.get("/help-now", headers=STRANGER) as response:
            assert response.status == 200
    async with gateway.client.get("/help-now", headers=USER):
        pass
    await gateway.client.close()
    rows = _rows(tmp_path / "audit")
    assert len(rows) <= 100
    assert [row.get("capped") for row in rows].count(True) == 1
    assert not rows[-1].get("capped")  # the other address is counted as ever


async def test_a_conversation_counts_once_for_each_kind(start: Start, tmp_path: Path) -> None:
    gateway = await start(audit=tmp_path / "audit")
    conversation = (await gateway.say(CRISIS))["conversation"]
    for _ in range(5):
        await gateway.say(CRISIS, conversation)
    await gateway.client.close()
    assert len(_rows(tmp_path / "audit")) == 1


def hold(conversations: Conversations, address: str, how_many: int) -> list[str]:
    sessions = [conversations.new() for _ in range(how_many)]
    for session in sessions:
        conversations.keep(session, address)
    return [session.id for session in sessions]


def test_an_address_and_a_network_hold_only_so_many() -> None:
    conversations = Conversations(1000, idle_seconds=30, per_address=10)
    (other,) = hold(conversations, "198.51.100.7", 1)
    first, *_ = hold(conversations, "192.0.2.66", 50)
    assert len(conversations) == 11
    assert conversations.find(first) is None
    for household in range(30):  # one /48
        hold(conversations, f"2001:db8:1:{household:x}::/64", 10)
    assert len(conversations) <= 11 + 40
    assert conversations.find(other)


def test_when_it_is_full_who_holds_most_makes_room() -> None:
    conversations = Conversations(100, idle_seconds=30, per_address=50)
    quiet = [hold(conversations, f"198.51.100.{n}", 1)[0] for n in range(20)]
    for attacker in range(10):
        hold(conversations, f"192.0.2.{attacker}", 50)
    assert len(conversations) == 100
    assert all(conversations.find(id_) for id_ in quiet)


def test_what_is_forgotten_is_no_longer_counted_for_its_address() -> None:
    conversations = Conversations(100, idle_seconds=30, per_address=2)
    first, second = hold(conversations, "192.0.2.66", 2)
    conversations.forget(first)
    hold(conversations, "192.0.2.66", 1)
    assert conversations.find(second)
