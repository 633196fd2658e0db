"""What the user gets when a worker dies, hangs, fails or talks nonsense: help, soon."""

import asyncio
import time
from typing import Any

import pytest

from bot.gateway.breaker import Breaker
from bot.safety import replies
from bot.settings import ROOT
from tests.gateway.conftest import Start, texts
from tests.gateway.fakes import CRISIS

SAFETY = replies.safety_reply(replies.load_help(ROOT / "bot" / "content")).text


async def timed(coroutine: Any) -> tuple[str, float]:
    started = time.monotonic()
    answer = await coroutine
    return texts(answer), time.monotonic() - started


@pytest.mark.parametrize("mode", ["die", "fail", "babble"])
async def test_a_worker_that_fails_makes_way_for_help_at_once(start: Start, mode: Any) -> None:
    gateway = await start()
    gateway.worker.mode = mode
    said, seconds = await timed(gateway.say("hello"))
    assert (said, seconds < 0.5) == (SAFETY, True)


async def test_no_worker_at_all(start: Start) -> None:
    gateway = await start(worker=False)
    said, seconds = await timed(gateway.say("hello"))
    assert (said, seconds < 0.5) == (SAFETY, True)


async def test_a_worker_that_dies_in_mid_turn_is_followed_by_another(start: Start) -> None:
    gateway = await start()
    first = await gateway.say("hello")
    gateway.worker.mode = "die_once"
    assert texts(await gateway.say("and then?", first["conversation"])) == "2: and then?"


async def test_what_was_said_before_is_kept_when_a_turn_fails(start: Start) -> None:
    gateway = await start()
    first = await gateway.say("one")
    gateway.worker.mode = "fail"
    await gateway.say("two", first["conversation"])
    gateway.worker.mode = "answer"
    assert texts(await gateway.say("three", first["conversation"])) == "2: three"


async def test_a_hanging_worker_costs_the_deadline_and_then_nothing(start: Start) -> None:
    gateway = await start(deadline_seconds=0.15, breaker=Breaker(limit=3, rest=0.6))
    gateway.worker.mode = "hang"
    for _ in range(3):
        said, seconds = await timed(gateway.say("hello"))
        assert said == SAFETY
        assert 0.15 <= seconds < 0.4
    said, seconds = await timed(gateway.say("hello"))
    assert (said, seconds < 0.1) == (SAFETY, True)  # the breaker is open
    answer, seconds = await timed(gateway.say(CRISIS))
    assert "116 123" in answer
    assert seconds < 0.1
    gateway.worker.mode = "answer"
    await asyncio.sleep(0.7)
    assert texts(await gateway.say("hello")) == "1: hello"


async def test_waiting_for_the_turn_before_counts_towards_the_deadline(start: Start) -> None:
    gateway = await start(deadline_seconds=0.3)
    opened = await gateway.open()
    gateway.worker.mode = "hang"
    started = time.monotonic()
    answers = await asyncio.gather(
        *(gateway.say("hello", opened["conversation"]) for _ in range(3))
    )
    assert [texts(answer) for answer in answers] == [SAFETY] * 3
    assert time.monotonic() - started < 0.6


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_breaker_opens_rests_tries_once_and_closes() -> None:
    clock = Clock()
    breaker = Breaker(limit=5, rest=30, now=clock)
    for _ in range(4):
        breaker.record(in_vain=True)
    assert breaker.lets_through()
    breaker.record(in_vain=True)
    assert not breaker.lets_through()
    clock.now = 30.0
    assert [breaker.lets_through() for _ in range(3)] == [True, False, False]
    breaker.record(in_vain=True)  # still hanging
    clock.now = 59.0
    assert not breaker.lets_through()
    clock.now = 60.0
    assert breaker.lets_through()
    breaker.record(in_vain=False)
    assert [breaker.lets_through() for _ in range(3)] == [True, True, True]


def test_one_answer_in_between_starts_the_count_anew() -> None:
    breaker = Breaker(limit=2)
    for in_vain in (True, False, True):
        breaker.record(in_vain=in_vain)
    assert breaker.lets_through()
