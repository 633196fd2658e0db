"""The JSON API, over real HTTP, with a worker on the other side that shows what reached it."""

import asyncio
import gzip
import json
from typing import Any

import pytest

from bot.gateway.notices import REFUSALS, load_notices
from bot.safety import replies
from bot.settings import ROOT
from tests.gateway.conftest import Gateway, Start, texts
from tests.gateway.fakes import CONCERN, CRISIS, BrokenScreen, PhraseScreen

CONTENT = ROOT / "bot" / "content"
HELP, NOTICES = replies.load_help(CONTENT), load_notices(CONTENT)
JSON = {"Content-Type": "application/json"}

READY = {
    "service": "serving",
    "detector": "ready",
    "dialogue": "ready",
    "connections": "ok",
    "addresses": "ok",
}
"""What `/health/ready` says of a service that is ready."""


async def test_a_conversation_from_greeting_to_goodbye(gateway: Gateway) -> None:
    opened = await gateway.open()
    assert len(opened["conversation"]) >= 32
    (greeting,) = opened["messages"]
    assert [button["label"] for button in greeting["buttons"]] == [
        starter.label for starter in NOTICES.starters
    ]
    assert "payload" not in json.dumps(opened)

    answer = await gateway.say("visits at Belmarsh?", opened["conversation"])
    (message,) = answer.pop("messages")
    (button,) = message.pop("buttons")
    assert len(answer.pop("feedback")) >= 12
    assert message == {
        "text": "1: visits at Belmarsh?",
        "kind": "answer",
        "source": "From a test.",
        "table": None,
    }
    assert answer == {
        "conversation": opened["conversation"],
        "topic": "about_lpp",
        "crisis": False,
        "eligibility": {"belmarsh": "may_fit"},
        "pinned_help": False,
        "summary": "",
        "links": {},
        "tell": "",
    }

    for pressed, expected in (
        (greeting["buttons"][0], "2: /ask_services"),
        (button, '3: /ask_about{"service": "belmarsh"}'),
    ):
        response = await gateway.press(pressed["id"], opened["conversation"])
        assert texts(await response.json()) == expected

    async with gateway.client.delete(f"/api/conversations/{opened['conversation']}") as response:
        assert (response.status, await response.text()) == (204, "")
    again = await gateway.say("and Swaleside?", opened["conversation"])
    assert again["conversation"] != opened["conversation"]
    assert texts(again) == f"{NOTICES.forgotten}\n\n1: and Swaleside?"


async def test_a_message_without_a_conversation_starts_one(gateway: Gateway) -> None:
    first = await gateway.say("hello")
    second = await gateway.say("hello", first["conversation"])
    assert [texts(first), texts(second)] == ["1: hello", "2: hello"]


@pytest.mark.parametrize("chosen", ["default", "mine", "../../etc", "😀", "x" * 64])
async def test_ids_are_ours_only(gateway: Gateway, chosen: str) -> None:
    answer = await gateway.say("hello", chosen)
    assert answer["conversation"] != chosen
    assert gateway.worker.turns[-1].conversation == answer["conversation"]


async def test_a_button_works_only_in_its_own_conversation(gateway: Gateway) -> None:
    mine, other = await gateway.open(), await gateway.open()
    for button, conversation in (
        (mine["messages"][0]["buttons"][0]["id"], other["conversation"]),
        ("/restart", mine["conversation"]),
        ("x", None),
    ):
        response = await gateway.press(button, conversation)
        assert (response.status, (await response.json())["detail"]) == (
            410,
            NOTICES.refused["button_gone"],
        )
    assert gateway.worker.turns == []


@pytest.mark.parametrize(
    "typed",
    ["/restart", " /restart", "\u200b/restart", "／restart", '/ask_about{"service":"belmarsh"}'],
)
async def test_typed_commands_reach_the_dialogue_as_words(gateway: Gateway, typed: str) -> None:
    await gateway.say(typed)
    (turn,) = gateway.worker.turns
    assert (turn.payload, turn.text[:1]) == ("", typed.strip(" \u200b／/")[0])


async def test_turns_of_one_conversation_stay_in_order(gateway: Gateway) -> None:
    opened = await gateway.open()
    gateway.worker.slow = {"question 0": 0.2, "question 1": 0.1}
    said = [
        asyncio.create_task(gateway.say(f"question {n}", opened["conversation"])) for n in range(4)
    ]
    answers = [texts(await answer) for answer in said]
    assert answers == [f"{n + 1}: question {n}" for n in range(4)]


async def test_one_conversation_does_not_wait_for_another(gateway: Gateway) -> None:
    gateway.worker.slow = {"slow": 1.0}
    slow = asyncio.create_task(gateway.say("slow"))
    await asyncio.sleep(0.05)
    async with asyncio.timeout(0.5):
        await gateway.say("quick")
    await slow


BAD: dict[str, tuple[bytes, dict[str, str], str]] = {
    "not JSON": (b'{"text": "hel', JSON, "unreadable"),
    "empty body": (b"", JSON, "unreadable"),
    "a list": (b'["hello"]', JSON, "unreadable"),
    "neither text nor button": (b"{}", JSON, "unreadable"),
    "both": (b'{"text": "a", "button": "b"}', JSON, "unreadable"),
    "unknown key": (b'{"text": "a", "sender": "default"}', JSON, "unreadable"),
    "number as text": (b'{"text": 3}', JSON, "unreadable"),
    "number as id": (b'{"text": "a", "conversation": 3}', JSON, "unreadable"),
    "long id": (json.dumps({"text": "a", "conversation": "x" * 65}).encode(), JSON, "unreadable"),
    "invalid UTF-8": (b'{"text": "\xff\xfe"}', JSON, "unreadable"),
    "lone surrogate": (b'{"text": "\\ud800"}', JSON, "unreadable"),
    "NUL": (b'{"text": "a\\u0000b"}', JSON, "unreadable"),
    "deep JSON": (b'{"text": ' + b"[" * 4000 + b"]" * 4000 + b"}", JSON, "unreadable"),
    "UTF-16": ('{"text": "hello"}'.encode("utf-16"), JSON, "unreadable"),
    "no words": (b'{"text": "  "}', JSON, "empty"),
    "too long": (json.dumps({"text": "x" * 501}).encode(), JSON, "too_long"),
    "too large": (json.dumps({"text": "x" * 9000}).encode(), JSON, "too_large"),
    "100 KB": (json.dumps({"text": "x" * 100_000}).encode(), JSON, "too_large"),
    "plain text": (b"hello", {"Content-Type": "text/plain"}, "wrong_type"),
    "a form": (b"text=hello", {"Content-Type": "application/x-www-form-urlencoded"}, "wrong_type"),
    "gzip": (gzip.compress(b'{"text": "hello"}'), {**JSON, "Content-Encoding": "gzip"}, "packed"),
    "gzip bomb": (
        gzip.compress(b'{"text": "' + b"x" * 20_000_000),
        {**JSON, "Content-Encoding": "gzip"},
        "packed",
    ),
    "not gzip": (b"hello", {**JSON, "Content-Encoding": "gzip"}, "packed"),
    "unknown coding": (b"hello", {**JSON, "Content-Encoding": "aes128gcm"}, "packed"),
}


@pytest.mark.parametrize("what", BAD)
async def test_what_cannot_be_taken_is_refused_in_words(gateway: Gateway, what: str) -> None:
    body, headers, reason = BAD[what]
    async with gateway.client.post("/api/messages", data=body, headers=headers) as response:
        problem = await response.json(content_type="application/problem+json")
    assert (response.status, problem["status"], problem["detail"]) == (
        REFUSALS[reason],
        REFUSALS[reason],
        NOTICES.refused[reason],
    )
    assert gateway.worker.turns == []


CRIES: dict[str, tuple[bytes, dict[str, str]]] = {
    "as it should be": (json.dumps({"text": CRISIS}).encode(), JSON),
    "too long": (json.dumps({"text": "please, " * 70 + CRISIS}).encode(), JSON),
    "too large, at its start": (json.dumps({"text": CRISIS + " please" * 2000}).encode(), JSON),
    "escaped": (b'{"text": "' + b"".join(b"\\u%04x" % ord(c) for c in CRISIS) + b'"}', JSON),
    "cut off": (json.dumps({"conversation": None, "text": CRISIS}).encode()[:-2], JSON),
    "unknown key": (json.dumps({"text": CRISIS, "sender": "default"}).encode(), JSON),
    "in a list": (json.dumps([CRISIS]).encode(), JSON),
    "deep": (b'{"text": ' + b"[" * 3000 + json.dumps(CRISIS).encode(), JSON),
    "with NUL": (b'{"text": "I want to \\u0000kill myself"}', JSON),
    "with a lone surrogate": (b'{"text": "\\ud800 I want to kill myself"}', JSON),
    "invalid UTF-8": (b'{"text": "\xff\xfe I want to kill myself \xc3"}', JSON),
    "Windows letters": ('{"text": "cant go on… I want to kill myself – é"}'.encode("cp1252"), JSON),
    "UTF-16": (json.dumps({"text": CRISIS}).encode("utf-16"), JSON),
    "plain text": (CRISIS.encode(), {"Content-Type": "text/plain"}),
    "no type": (json.dumps({"text": CRISIS}).encode(), {"Content-Type": ""}),
    "a form": (
        b"text=I+want+to+kill+myself",
        {"Content-Type": "application/x-www-form-urlencoded"},
    ),
    "gzip": (
        gzip.compress(json.dumps({"text": CRISIS}).encode()),
        {**JSON, "Content-Encoding": "gzip"},
    ),
    "a button that is gone": (json.dumps({"conversation": "gone", "text": CRISIS}).encode(), JSON),
}


@pytest.mark.parametrize("how", CRIES)
@pytest.mark.parametrize("worker", ["answer", "die"])
async def test_a_cry_for_help_is_heard_however_it_comes(
    gateway: Gateway, how: str, worker: Any
) -> None:
    gateway.worker.mode = worker
    body, headers = CRIES[how]
    async with gateway.client.post("/api/messages", data=body, headers=headers) as response:
        answer = await response.json(content_type="application/json")
    assert (response.status, answer["crisis"], answer["pinned_help"]) == (200, True, True)
    assert answer["messages"][0]["kind"] == "crisis"
    assert "116 123" in texts(answer)


async def test_a_cry_for_help_over_the_limit_is_heard(start: Start) -> None:
    gateway = await start(address_limit="1/minute")
    await gateway.say("hello")
    assert (await gateway.client.post("/api/messages", json={"text": "hello"})).status == 429
    assert (await gateway.say(CRISIS))["crisis"]


async def test_a_crisis_answer_has_buttons_that_work_with_the_worker_dead(start: Start) -> None:
    gateway = await start(worker=False)
    crisis = await gateway.say(CRISIS)
    for button in crisis["messages"][0]["buttons"]:
        async with await gateway.press(button["id"], crisis["conversation"]) as response:
            assert (response.status, (await response.json())["crisis"]) == (200, True)


async def test_a_concern_has_the_help_behind_a_button(gateway: Gateway) -> None:
    answer = await gateway.say(CONCERN)
    button = answer["messages"][-1]["buttons"][0]
    assert button["label"] == HELP.help_button
    async with await gateway.press(button["id"], answer["conversation"]) as response:
        assert "116 123" in texts(await response.json())


@pytest.mark.parametrize("said", ["hello", CRISIS, "x" * 501, ""])
async def test_every_message_gets_help_while_the_detector_loads(start: Start, said: str) -> None:
    def slow() -> PhraseScreen:
        import time

        time.sleep(0.5)
        return PhraseScreen()

    gateway = await start(load_screen=slow, loaded=False)
    if said:
        assert "116 123" in texts(await gateway.say(said))
    async with gateway.client.get("/health/ready") as response:
        assert (response.status, await response.json()) == (
            503,
            {**READY, "detector": "loading"},
        )
    await asyncio.sleep(0.7)
    assert texts(await gateway.say("hello")).endswith("1: hello")
    async with gateway.client.get("/health/ready") as response:
        assert (response.status, await response.json()) == (
            200,
            READY,
        )


async def test_every_message_gets_help_when_the_detector_cannot_be_loaded(start: Start) -> None:
    def broken() -> PhraseScreen:
        raise OSError("no such file")

    gateway = await start(load_screen=broken)
    assert "116 123" in texts(await gateway.say("hello"))
    async with gateway.client.get("/health/ready") as response:
        assert (response.status, (await response.json())["detector"]) == (503, "failed")


async def test_every_message_gets_help_when_the_detector_has_a_bug(start: Start) -> None:
    gateway = await start(load_screen=BrokenScreen)
    for text in ("hello", "a longer text " * 40):
        assert "116 123" in texts(await gateway.say(text))


async def test_health(start: Start) -> None:
    gateway = await start(worker=False)
    async with gateway.client.get("/health/live") as response:
        assert response.status == 200
    async with gateway.client.get("/health/ready") as response:
        assert (response.status, await response.json()) == (
            503,
            {**READY, "dialogue": "down"},
        )


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nothing", 404),
        ("GET", "/api/messages", 405),
        ("PUT", "/api/conversations/x", 405),
        ("GET", "/nothing.css", 404),
    ],
)
async def test_other_errors_are_problems_too(
    gateway: Gateway, method: str, path: str, status: int
) -> None:
    async with gateway.client.request(method, path) as response:
        problem = await response.json(content_type="application/problem+json")
    assert (response.status, set(problem)) == (status, {"type", "title", "status", "detail"})
    if status == 405:
        assert response.headers["Allow"]


@pytest.mark.parametrize(
    "path", ["/", "/chat", "/help-now", "/widget.js", "/health/live", "/nothing", "/api/messages"]
)
async def test_every_response_is_guarded(gateway: Gateway, path: str) -> None:
    async with gateway.client.get(path) as response:
        headers = response.headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors" in policy
    assert (headers["X-Content-Type-Options"], headers["Referrer-Policy"]) == (
        "nosniff",
        "no-referrer",
    )
    assert "microphone=()" in headers["Permissions-Policy"]
    assert "Server" not in headers
    assert headers["Cache-Control"] == {
        "/": "public, max-age=300",
        "/help-now": "public, max-age=300",
        "/widget.js": "no-cache",
    }.get(path, "no-store")


async def test_a_conversation_is_in_no_cache(gateway: Gateway) -> None:
    for answer in (
        await gateway.client.post("/api/conversations"),
        await gateway.client.post("/api/messages", json={"text": "hello"}),
    ):
        assert answer.headers["Cache-Control"] == "no-store"


async def test_a_reply_that_may_name_a_sponsor_is_not_kept(gateway: Gateway) -> None:
    id_ = (await gateway.open())["conversation"]
    message = {"conversation": id_, "text": "hello", "idempotency_key": "k"}
    said = []
    for cookie in ("signpost_sponsor=a-token", "signpost_sponsor=a-token", ""):
        async with gateway.client.post(
            "/api/messages", json=message, headers={"Cookie": cookie}
        ) as response:
            said.append(texts(await response.json()))
    assert said == ["1: hello", "2: hello", "3: hello"]
