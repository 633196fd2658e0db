"""Conversations that several gateways share: what is kept, how it is sealed, what comes of two
changes at once, and turns in order.
"""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from bot.commands.cli import app
from bot.conversation import Memory, Reply
from bot.errors import SettingsError
from bot.gateway.conversations import Session
from bot.gateway.records import Seal, merge, plain, put
from bot.gateway.shared import LEASE_SECONDS, SharedConversations
from bot.keyfile import add_key, read_conversation_keys
from bot.reading.screening import Label, Screening, Who
from bot.safety.replies import Writer
from bot.settings import load_settings
from bot.turn import Button, Message, Table
from bot.widget.pages import ChatPage, Entry
from tests.gateway.conftest import Gateway, Start, texts
from tests.gateway.fakes import CRISIS
from tests.redis_server import RedisServer, redis_server

KEYS = (b"a" * 32,)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    with redis_server(tmp_path_factory.mktemp("redis")) as started:
        yield started


@pytest.fixture
def shared(server: RedisServer, tmp_path: Path) -> dict[str, Any]:
    """Settings of a gateway that shares its conversations."""
    add_key(tmp_path / "keys")
    return {"conversations": server.url, "conversations_keys": tmp_path / "keys"}


@pytest.fixture
async def two(start: Start, shared: dict[str, Any]) -> tuple[Gateway, Gateway]:
    """Two gateways, and one worker for both: any worker can go on with any turn."""
    return await start(**shared), await start(worker=False, **shared)


# What is kept


def filled() -> Session:
    table = Table("A made-up table", ("Rule", "Belmarsh"), (("a man", "met"),))
    button = Button("Again", '/ask_about{"service": "belmarsh"}')
    memory = Memory("an-id", "a state")
    memory.earlier.extend(("one", "two"))
    memory.crisis = memory.helped_last = True
    memory.last_said = "help"
    memory.turns_since_help, memory.ordinary_since_help = 2, True
    memory.last_crisis = Screening(Label.CRISIS, Who.OTHER, "ideation", "rule:a")
    memory.writer = Writer.RELATIVE
    memory.steps_taken = {"alone", "no_phone"}
    memory.replies["k"] = Reply((Message("hello", "crisis", "x", (button,), table),), crisis=True)
    session = Session(memory, 1.0, helped=True)
    session.buttons["b"], session.answers["a"] = button, "about_lpp"
    session.page = ChatPage(entries=(Entry("user", "hi"), Entry("bot", "a", table=table)))
    return session


def test_everything_that_is_known_of_a_conversation_is_kept() -> None:
    before, after = filled(), Session(Memory("an-id"), 1.0)
    put(after, plain(before))
    for kind, own in ((Memory, {"order"}), (Session, {"memory", "address"})):
        one, other = (before, after) if kind is Session else (before.memory, after.memory)
        for each in fields(kind):
            if each.name not in own:
                assert getattr(other, each.name) == getattr(one, each.name), each.name
                assert type(getattr(other, each.name)) is type(getattr(one, each.name)), each.name
    assert after.memory.earlier.maxlen == before.memory.earlier.maxlen


def test_the_example_leaves_no_field_as_it_is_made() -> None:
    new, example = Session(Memory("an-id"), 1.0), filled()
    assert [name for name, value in plain(new).items() if plain(example)[name] == value] == []


MERGES = [
    # field, base, mine, theirs, comes to
    ("crisis", False, False, True, True),
    ("crisis", False, True, False, True),
    ("state", "a", "b", "a", "b"),
    ("state", "a", "a", "c", "c"),
    ("state", "a", "b", "c", "b"),
    (
        "last_crisis",
        None,
        {"label": "x", "who": 1},
        {"label": "y", "who": 2},
        {"label": "x", "who": 1},
    ),
    ("earlier", ["1"], ["1", "2"], ["1", "3"], ["1", "3", "2"]),
    ("earlier", ["1"], [], ["1", "3"], ["3"]),
    ("steps_taken", [], ["a"], ["b", "a"], ["b", "a"]),
    (
        "buttons",
        {"1": "x"},
        {"1": "x", "2": "y"},
        {"1": "x", "3": "z"},
        {"1": "x", "3": "z", "2": "y"},
    ),
    ("buttons", {"1": "x"}, {}, {"1": "x", "3": "z"}, {"3": "z"}),
    ("answers", {"1": "x"}, {"1": "x", "2": "y"}, {}, {"2": "y"}),
]


@pytest.mark.parametrize(("name", "base", "mine", "theirs", "result"), MERGES)
def test_two_changes_at_once(name: str, base: Any, mine: Any, theirs: Any, result: Any) -> None:
    merged = merge({name: base}, {name: mine}, {name: theirs})[name]
    assert merged == result
    assert list(merged) == list(result) if isinstance(result, dict) else True
    assert merge({name: base}, {name: merged}, {name: merged})[name] == merged


# Settings


REFUSED = [
    ({"SIGNPOST_CONVERSATIONS": "http://:secret@127.0.0.1"}, "SIGNPOST_CONVERSATIONS: is none of"),
    (
        {"SIGNPOST_CONVERSATIONS": "redis://:secret@127.0.0.1"},
        "SIGNPOST_CONVERSATIONS_KEYS: is need",
    ),
]


@pytest.mark.parametrize(("given", "said"), REFUSED)
def test_a_wrong_setting_is_named_and_no_password_with_it(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], said: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=said) as refused:
        load_settings()
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("mode", "text", "said"),
    [
        (0o644, "", "chmod 600"),
        (0o600, "", "a key of 32 bytes"),
        (0o600, "AAAA", "a key of 32 bytes"),
    ],
)
def test_a_key_file_that_is_none_or_everybodys_is_refused(
    tmp_path: Path, mode: int, text: str, said: str
) -> None:
    file = tmp_path / "keys"
    file.write_text(text)
    file.chmod(mode)
    with pytest.raises(SettingsError, match=f"SIGNPOST_CONVERSATIONS_KEYS: .*{said}"):
        read_conversation_keys(file)


def test_a_new_key_goes_in_front_of_those_that_are_there(tmp_path: Path) -> None:
    file = tmp_path / "keys"
    for _ in range(2):
        assert CliRunner().invoke(app, ["new-key", str(file)]).exit_code == 0
    newest, oldest = read_conversation_keys(file)
    sealed = Seal((oldest,)).close("id", {"state": "before"})
    assert Seal((newest, oldest)).open("id", sealed) == {"state": "before"}
    assert Seal((newest,)).open("id", sealed) is None


# The seal


def test_only_our_keys_open_it_and_only_as_the_conversation_that_it_is() -> None:
    seal, kept = Seal(KEYS), {"state": "a secret"}
    sealed = seal.close("id", kept)
    assert b"secret" not in sealed
    assert seal.close("id", kept) != sealed
    assert seal.open("id", sealed) == kept
    assert Seal((b"b" * 32, *KEYS)).open("id", sealed) == kept  # a new key was put in front
    for other in (
        Seal((b"b" * 32,)).open("id", sealed),
        seal.open("another", sealed),
        seal.open("id", sealed[:-1] + bytes([sealed[-1] ^ 1])),
        seal.open("id", sealed[:8]),
        seal.open("id", b""),
    ):
        assert other is None


def test_an_id_of_ours_is_known_as_such() -> None:
    seal = Seal(KEYS)
    id_ = seal.new_id()
    assert seal.is_ours(id_)
    assert Seal((b"b" * 32, *KEYS)).is_ours(id_)
    assert len(id_) <= 64  # what the API takes
    for other in (
        "",
        "default",
        id_[:-1],
        "x" + id_[1:],
        id_ + "x",
        Seal((b"b" * 32,)).new_id(),
        "é.",
    ):
        assert not seal.is_ours(other)


async def test_nobody_reads_anything_in_the_store(
    two: tuple[Gateway, Gateway], server: RedisServer
) -> None:
    server.flush()
    answer = await two[0].say("Visits for my brother?")
    found = server.dump()
    assert b"record" in found
    for secret in (b"brother", b"about_lpp", answer["conversation"].encode(), b"127.0.0.1"):
        assert secret not in found


async def test_it_is_gone_by_itself(
    start: Start, shared: dict[str, Any], server: RedisServer
) -> None:
    server.flush()
    gateway = await start(**shared, kiosk_seconds=90)
    opened = await gateway.open()
    await gateway.say("hello", opened["conversation"])
    assert all(0 < server.client.ttl(key) <= 90 for key in server.client.scan_iter("*}*"))


# Two gateways


async def test_a_conversation_goes_on_at_another_gateway(two: tuple[Gateway, Gateway]) -> None:
    a, b = two
    opened = await a.open()
    id_ = opened["conversation"]
    for n, gateway in enumerate((a, b, a, a, b), start=1):
        answer = await gateway.say("hello", id_)
        assert (answer["conversation"], texts(answer)) == (id_, f"{n}: hello")
    pressed = await a.press(answer["messages"][0]["buttons"][0]["id"], id_)
    assert pressed.status == 200
    assert texts(await pressed.json()).startswith("6: /ask_about")
    assert (await b.say(CRISIS, id_))["crisis"]
    assert (await a.say("hello", id_))["pinned_help"]


async def test_one_that_began_with_a_message_keeps_what_was_said(
    two: tuple[Gateway, Gateway],
) -> None:
    begun = await two[0].say("hello")
    assert texts(await two[1].say("again", begun["conversation"])) == "2: again"


async def test_a_crisis_told_in_two_messages_to_two_gateways_is_heard(
    two: tuple[Gateway, Gateway],
) -> None:
    begun = await two[0].say("I want to")
    assert (await two[1].say("kill myself", begun["conversation"]))["crisis"]


async def test_what_was_cleared_at_one_is_gone_at_the_other(two: tuple[Gateway, Gateway]) -> None:
    a, b = two
    id_ = (await a.say("hello"))["conversation"]
    await b.say("hello", id_)
    assert (await a.client.delete(f"/api/conversations/{id_}")).status == 204
    answer = await b.say("hello", id_)
    assert answer["conversation"] != id_
    assert texts(answer).endswith("1: hello")


async def test_a_verdict_counts_once_wherever_it_is_given(two: tuple[Gateway, Gateway]) -> None:
    a, b = two
    answer = await a.say("hello")
    said = {"conversation": answer["conversation"], "answer": answer["feedback"], "helpful": True}
    statuses = [(await g.client.post("/api/feedback", json=said)).status for g in (b, a, b)]
    assert statuses == [204, 404, 404]


async def test_a_page_without_javascript_goes_on_at_another_gateway(
    two: tuple[Gateway, Gateway],
) -> None:
    a, b = two
    id_ = (await a.open())["conversation"]
    for gateway, text in ((a, "first words"), (b, "second words")):
        form = {"conversation": id_, "text": text, "do": "send"}
        async with gateway.client.post("/chat", data=form) as response:
            page = await response.text()
    assert "first words" in page
    assert "second words" in page


@pytest.mark.parametrize("id_", ["default", "x" * 32, "a.b"])
async def test_an_id_of_somebodys_invention_is_never_taken(
    two: tuple[Gateway, Gateway], server: RedisServer, id_: str
) -> None:
    assert (await two[0].say("hello", id_))["conversation"] != id_
    server.stop()
    try:
        assert (await two[0].say("hello", id_))["conversation"] != id_
    finally:
        server.go_on()


async def test_a_record_that_is_not_the_conversations_own_is_never_taken(
    start: Start, shared: dict[str, Any], server: RedisServer
) -> None:
    server.flush()
    a = await start(**shared)
    mine = (await a.say("mine"))["conversation"]
    (key,) = server.client.scan_iter("*}")
    theirs = (await a.say("theirs"))["conversation"]
    (other,) = set(server.client.scan_iter("*}")) - {key}
    taken = server.client.hget(other, "record")
    assert taken
    server.client.hset(key, mapping={"record": taken, "version": 9})
    b = await start(worker=False, **shared)
    answer = await b.say("and now", mine)
    assert answer["conversation"] not in {mine, theirs}
    assert "1: and now" in texts(answer)


# Turns in order, and once


async def test_turns_of_a_conversation_do_not_overtake_each_other(
    two: tuple[Gateway, Gateway],
) -> None:
    a, b = two
    id_ = (await a.say("begin"))["conversation"]
    a.worker.slow = {"slow": 0.3}
    asked = []
    for gateway, text in ((a, "slow"), (b, "next"), (a, "then"), (b, "last")):
        asked.append(asyncio.create_task(gateway.say(text, id_)))
        await asyncio.sleep(0.05)
    said = [texts(answer) for answer in await asyncio.gather(*asked)]
    assert said == ["2: slow", "3: next", "4: then", "5: last"]


async def test_crisis_words_do_not_wait_for_a_turn_elsewhere(two: tuple[Gateway, Gateway]) -> None:
    a, b = two
    id_ = (await a.say("begin"))["conversation"]
    a.worker.slow = {"slow": 3}
    slow = asyncio.create_task(a.say("slow", id_))
    await asyncio.sleep(0.1)
    started = time.monotonic()
    assert (await b.say(CRISIS, id_))["crisis"]
    assert time.monotonic() - started < 1.5
    assert (await slow)["pinned_help"]  # what was told meanwhile is known there too


async def test_the_turn_of_a_gateway_that_died_is_free_within_seconds(
    two: tuple[Gateway, Gateway], server: RedisServer
) -> None:
    id_ = (await two[0].say("begin"))["conversation"]
    for name in (b"waiting", b"heard"):
        now = server.client.time()
        for k in server.client.scan_iter("*}"):
            server.client.zadd(k + b":" + name, {"dead": now[0] * 1_000_000 + now[1]})
    started = time.monotonic()
    assert texts(await two[1].say("next", id_)) == "2: next"
    assert LEASE_SECONDS * 0.8 < time.monotonic() - started < LEASE_SECONDS + 3


async def test_a_turn_that_was_overtaken_leaves_the_state_of_the_later_one(
    server: RedisServer,
) -> None:
    a, b = (SharedConversations(server.url, KEYS, 10, 60) for _ in range(2))
    begun = a.new()
    a.keep(begun, "192.0.2.1")
    await a.save(begun)
    there = await b.load(begun.id)
    assert there is not None
    stalled = await a.ask_for_turn(begun, "first")  # type: ignore[arg-type]
    await a.leave_turn(begun, "first")  # type: ignore[arg-type]
    async with there.memory.order:
        there.memory.state = "later"
    begun.memory.state, begun.memory.crisis = "late", True
    await a.give_out(begun, str(stalled))  # type: ignore[arg-type]
    seen = await b.load(begun.id)
    assert seen is not None
    assert (seen.memory.state, begun.memory.state) == ("later", "later")
    assert seen.memory.crisis  # all but the dialogue's state holds
    await a.close()
    await b.close()


async def test_who_was_dropped_from_the_queue_does_not_come_back_by_renewing(
    server: RedisServer,
) -> None:
    store = SharedConversations(server.url, KEYS, 10, 60)
    begun = store.new()
    assert await store.ask_for_turn(begun, "stalled") == 1  # type: ignore[arg-type]
    await store.leave_turn(begun, "stalled")  # type: ignore[arg-type]
    assert await store.ask_for_turn(begun, "stalled", again=True) == 0  # type: ignore[arg-type]
    assert await store.ask_for_turn(begun, "next") == 2  # type: ignore[arg-type]
    assert await store.ask_for_turn(begun, "waits") == 0  # type: ignore[arg-type]
    await store.close()


@pytest.mark.parametrize("where", [(0, 0), (0, 1)], ids=["the same gateway", "another"])
@pytest.mark.parametrize("pause", [0.0, 0.6], ids=["under way", "answered"])
async def test_a_message_sent_again_is_taken_once(
    two: tuple[Gateway, Gateway], where: tuple[int, int], pause: float
) -> None:
    id_ = (await two[0].open())["conversation"]
    two[0].worker.slow = {"once": 0.3}
    message = {"conversation": id_, "text": "once", "idempotency_key": "k1"}
    asked = []
    for place in where:
        asked.append(asyncio.create_task(two[place].client.post("/api/messages", json=message)))
        await asyncio.sleep(pause)
    said = [texts(await (await response).json()) for response in asked]
    assert said == ["1: once", "1: once"]
    assert [turn.text for turn in two[0].worker.turns] == ["once"]
    message["idempotency_key"] = "k2"
    async with two[where[1]].client.post("/api/messages", json=message) as response:
        assert texts(await response.json()) == "2: once"
