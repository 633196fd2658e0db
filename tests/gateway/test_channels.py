"""Rasa's channels, over the wire as their clients use it, held to the rules of our own API."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
import socketio

from bot.gateway.notices import load_notices
from bot.settings import ROOT
from tests.gateway.conftest import Gateway, Start
from tests.gateway.fakes import CRISIS

NOTICES = load_notices(ROOT / "bot" / "content")
WEBHOOK = "/webhooks/rest/webhook"


class Rest:
    """A client of the REST channel. `said` is what the bot said to the last message; `id` is what
    it called us.
    """

    def __init__(self, gateway: Gateway) -> None:
        self.gateway, self.id, self.buttons = gateway, "", [""]

    async def say(self, message: Any, sender: str | None = None) -> str:
        async with self.gateway.client.post(
            WEBHOOK, json={"sender": sender or self.id, "message": message, "metadata": {}}
        ) as response:
            assert response.status == 200, await response.text()
            answers = await response.json()
        self.id = answers[-1]["recipient_id"]
        self.buttons = [
            button["payload"] for answer in answers for button in answer.get("buttons", [])
        ]
        return "\n\n".join(answer["text"] for answer in answers)


class Socket:
    """The same for the socket.io channel."""

    def __init__(self, client: socketio.AsyncClient) -> None:
        self.client, self.id, self.buttons = client, "", [""]
        self.heard: asyncio.Queue[Any] = asyncio.Queue()
        client.on("session_confirm", self._confirmed)
        client.on("bot_uttered", self.heard.put)

    async def _confirmed(self, session: str) -> None:
        self.id = session

    async def say(self, message: Any, sender: str | None = None) -> str:
        await self.client.emit(
            "user_uttered", {"message": message, "session_id": sender or self.id, "customData": {}}
        )
        return await self.answer()

    async def answer(self) -> str:
        """All that comes within a short time of its first part."""
        answers = [await asyncio.wait_for(self.heard.get(), 5)]
        while True:
            try:
                answers.append(await asyncio.wait_for(self.heard.get(), 0.1))
            except TimeoutError:
                break
        self.buttons = [
            reply["payload"] for answer in answers for reply in answer.get("quick_replies", [])
        ]
        return "\n\n".join(answer["text"] for answer in answers)


@asynccontextmanager
async def connected(gateway: Gateway, **headers: str) -> AsyncIterator[Socket]:
    client = socketio.AsyncClient(reconnection=False)
    socket = Socket(client)
    await client.connect(str(gateway.client.make_url("/")), headers=headers)
    try:
        yield socket
    finally:
        await client.disconnect()


Client = Rest | Socket
Open = Callable[..., Awaitable[tuple[Gateway, Client]]]


@pytest.fixture(params=["rest", "socketio"])
async def open_channel(request: pytest.FixtureRequest, start: Start) -> AsyncIterator[Open]:
    leave: list[Any] = []

    async def make(**settings: Any) -> tuple[Gateway, Client]:
        gateway = await start(rest_channel=True, socketio_channel=True, **settings)
        if request.param == "rest":
            return gateway, Rest(gateway)
        context = connected(gateway)
        socket = await context.__aenter__()
        leave.append(context)
        return gateway, socket

    yield make
    for context in leave:
        await context.__aexit__(None, None, None)


@pytest.mark.parametrize(
    "path", [WEBHOOK, "/webhooks/rest/", "/socket.io/?EIO=4&transport=polling"]
)
async def test_off_unless_a_setting_turns_it_on(gateway: Gateway, path: str) -> None:
    for ask in (gateway.client.get(path), gateway.client.post(path, json={"message": "hello"})):
        async with ask as response:
            assert response.status == 404


async def test_a_conversation(open_channel: Open) -> None:
    _, client = await open_channel()
    assert await client.say("visits at Belmarsh?") == "1: visits at Belmarsh?\n\nFrom a test."
    (button,) = client.buttons
    assert await client.say(button) == '2: /ask_about{"service": "belmarsh"}\n\nFrom a test.'


@pytest.mark.parametrize("chosen", ["default", "user", "x" * 200, "../.."])
async def test_ids_are_ours_only(open_channel: Open, chosen: str) -> None:
    gateway, client = await open_channel()
    await client.say("hello", chosen)
    assert client.id not in ("", chosen)
    assert gateway.worker.turns[-1].conversation == client.id


@pytest.mark.parametrize(
    "typed",
    ["/restart", " /restart", "\u200b/restart", "／restart", '/ask_about{"service":"belmarsh"}'],
)
async def test_typed_commands_are_words(open_channel: Open, typed: str) -> None:
    gateway, client = await open_channel()
    await client.say(typed)
    (turn,) = gateway.worker.turns
    assert (turn.payload, turn.text[:1] == "/") == ("", False)


async def test_a_button_works_only_in_its_own_conversation(open_channel: Open) -> None:
    gateway, client = await open_channel()
    opened = await gateway.open()
    await client.say(opened["messages"][0]["buttons"][0]["id"])
    assert gateway.worker.turns[-1].payload == ""


@pytest.mark.parametrize("reason", ["empty", "too_long"])
async def test_what_a_person_can_mend_is_said(open_channel: Open, reason: str) -> None:
    _, client = await open_channel()
    assert (
        await client.say({"empty": " ", "too_long": "x" * 501}[reason]) == NOTICES.refused[reason]
    )


async def test_a_flood_is_stopped_and_a_cry_in_it_heard(open_channel: Open) -> None:
    _, client = await open_channel(address_limit="3/minute")
    assert [NOTICES.refused["too_many"] in await client.say(f"message {n}") for n in range(4)][-1]
    assert "116 123" in await client.say(CRISIS)


@pytest.mark.parametrize(
    "message", [CRISIS, "please, " * 70 + CRISIS, [CRISIS], {"text": CRISIS}, f"\0{CRISIS}"]
)
async def test_a_cry_for_help_is_heard_however_it_comes_and_with_the_worker_dead(
    open_channel: Open, message: Any
) -> None:
    _, client = await open_channel(worker=False)
    assert "116 123" in await client.say(message)
    assert "116 123" in await client.say(client.buttons[0])


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b'{"sender": "x"}', 400),
        (b'{"message": 3}', 400),
        (b"[]", 400),
        (b'{"message": "' + b"x" * 9000, 413),
    ],
)
async def test_what_no_person_wrote_is_a_problem(start: Start, body: bytes, status: int) -> None:
    gateway = await start(rest_channel=True)
    async with gateway.client.post(
        WEBHOOK, data=body, headers={"Content-Type": "application/json"}
    ) as response:
        assert (response.status, response.content_type) == (status, "application/problem+json")


async def test_a_socket_greets_and_takes_up_only_what_we_issued(start: Start) -> None:
    gateway = await start(socketio_channel=True)
    async with connected(gateway) as first:
        await first.client.emit("session_request", {"session_id": "default"})
        assert "computer program" in await first.answer()
        assert first.id != "default"
        await first.say("hello")
    async with connected(gateway) as second:
        await second.client.emit("session_request", {"session_id": first.id})
        assert (await second.say("hello again")).startswith("2: hello again")
        assert second.id == first.id


@pytest.mark.parametrize(
    "nonsense", [None, 3, [], "x" * 9000, {"message": None}, {"message": "x" * 9000}]
)
async def test_a_socket_survives_nonsense(start: Start, nonsense: Any) -> None:
    gateway = await start(socketio_channel=True)
    async with connected(gateway) as socket:
        await socket.client.emit("session_request", nonsense)
        await socket.client.emit("user_uttered", nonsense)
        assert await socket.answer()
        assert "1: hello" in await socket.say("hello")


async def test_a_socket_is_for_listed_sites(start: Start) -> None:
    gateway = await start(socketio_channel=True, origins=("https://trust.example",))
    address = gateway.client.make_url("/socket.io/?EIO=4&transport=websocket")
    async with gateway.client.session.ws_connect(
        address, headers={"Origin": "https://trust.example"}
    ) as socket:
        assert json.loads((await socket.receive_str())[1:])["sid"]
    with pytest.raises(aiohttp.WSServerHandshakeError, match="400"):
        await gateway.client.session.ws_connect(
            address, headers={"Origin": "https://elsewhere.example"}
        )


async def test_a_socket_s_message_that_is_sent_again_is_taken_once(start: Start) -> None:
    gateway = await start(socketio_channel=True)
    async with connected(gateway) as socket:
        assert "1: hello" in await socket.say("hello")
        for key in ("k", "k", "x" * 65):  # too long a key is none
            await socket.client.emit("user_uttered", {"message": "again", "idempotency_key": key})
            said = await socket.answer()
            assert ("3: again" if len(key) > 1 else "2: again") in said
