"""The people of `make load`, beside a service that makes one mistake: they have to notice."""

import random
import time
from collections import Counter
from collections.abc import Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from tests import load
from tests.load import CRISIS_SHARE, OPENINGS, Lines, Person, Result, failures, load_lines

HELP = f"{OPENINGS[0]} Samaritans: call 116 123, free."
CRISIS, ORDINARY = "in danger", "what is it"
Answer = Callable[[str], tuple[str, bool]]


def good(text: str) -> tuple[str, bool]:
    return (HELP, True) if text == CRISIS else ("An answer.", False)


def deaf(text: str) -> tuple[str, bool]:
    return "An answer.", False


def jumpy(text: str) -> tuple[str, bool]:
    return HELP, True


def without_a_number(text: str) -> tuple[str, bool]:
    return ("I am sorry.", True) if text == CRISIS else good(text)


def fails(text: str) -> tuple[str, bool]:
    if text == CRISIS:
        raise web.HTTPBadGateway
    return good(text)


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(load, "THINKING", (0.002, 0.1))
    monkeypatch.setattr(load, "WAYS", {"api": 0.5, "page": 0.5})
    monkeypatch.setattr(load, "CRISIS_SHARE", 0.3)
    monkeypatch.setattr(load, "EVERYDAY_SHARE", 0.0)
    monkeypatch.setattr(load, "CASE_SHARE", 0.0)


async def talk_to(answer: Answer) -> Result:
    """What one person who talks for a second found."""

    async def opens(request: web.Request) -> web.Response:
        return web.json_response({"conversation": "c", "messages": []})

    async def message(request: web.Request) -> web.Response:
        text, crisis = answer((await request.json()).get("text", ""))
        said = {"text": text, "buttons": []}
        return web.json_response({"conversation": "c", "messages": [said], "crisis": crisis})

    async def page(request: web.Request) -> web.Response:
        form = await request.post()
        text, _ = answer(str(form.get("text", "")))
        return web.Response(text=f"<p>{text}</p>", content_type="text/html")

    app = web.Application()
    app.add_routes(
        [
            web.post("/api/conversations", opens),
            web.post("/api/conversations/{id}/end", opens),
            web.post("/api/messages", message),
            web.get("/chat", page),
            web.post("/chat", page),
        ]
    )
    result, lines = Result(), Lines([ORDINARY], [ORDINARY], [ORDINARY], [CRISIS])
    async with TestServer(app) as server:
        url = str(server.make_url("/"))
        await Person(1, url, lines, result, time.monotonic() + 1).live()
    assert result.conversations > 4
    return result


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (good, ""),
        (deaf, "no crisis answer: "),
        (jumpy, "a crisis answer: "),
        (without_a_number, "no crisis answer: "),
        (fails, "no crisis answer: "),
    ],
    ids=lambda each: getattr(each, "__name__", ""),
)
async def test_what_is_lost_or_wrong_is_noticed(answer: Answer, failure: str) -> None:
    result = await talk_to(answer)
    found = failures(result)
    assert bool(found) is bool(failure)
    assert all(sentence.startswith(failure) for sentence in found)
    if failure:  # by whichever way it was asked
        assert len({sentence.split(": ")[1] for sentence in found}) == 2
    assert bool(result.errors) is (answer in (fails, without_a_number))


@pytest.mark.parametrize(
    ("memory", "grew"),
    [
        ([(100, 400), (185, 700), (235, 720), (400, 760), (455, 770)], False),
        ([(100, 400), (185, 700), (235, 720), (400, 800), (455, 800)], True),
        ([(100, 400), (170, 900)], False),  # too short to say
    ],
)
def test_memory_may_grow_by_a_tenth(memory: list[tuple[float, float]], grew: bool) -> None:
    found = failures(Result(memory=memory))
    assert bool(found) is grew
    assert all(sentence.startswith("memory grew from 710 MB") for sentence in found)


def test_one_in_a_hundred_is_in_a_crisis(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    chance, lines = random.Random(1), load_lines()
    drawn = Counter(lines.draw(chance)[0] for _ in range(20_000))
    assert load.CRISIS_SHARE == CRISIS_SHARE == 0.01
    assert drawn["crisis"] / 20_000 == pytest.approx(CRISIS_SHARE, rel=0.3)
    assert drawn.keys() == {"crisis", "case", "everyday", "question"}
