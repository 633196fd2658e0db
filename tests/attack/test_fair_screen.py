"""A flood from one address keeps nobody else's crisis answer waiting."""

import asyncio
import time

from bot.gateway.detector import Detector
from bot.gateway.source import SOURCE, Source
from bot.reading.screening import Screening
from tests.gateway.conftest import Start, texts
from tests.gateway.fakes import CRISIS, PhraseScreen

STRANGER = {"X-Forwarded-For": "192.0.2.66"}
USER = {"X-Forwarded-For": "198.51.100.7"}


class SlowScreen(PhraseScreen):
    """Takes 10 ms and more, by the length of the text."""

    longest = 0

    def screen(self, text: str, earlier: tuple[str, ...] = ()) -> Screening:
        SlowScreen.longest = max(SlowScreen.longest, len(text))
        time.sleep(0.01 + len(text) / 40_000)
        return super().screen(text, earlier)


async def screened_for(detector: Detector, address: str, text: str) -> Screening | None:
    SOURCE.set(Source(address))
    return await detector.screen(text, ())


async def test_addresses_are_screened_by_turns() -> None:
    detector = Detector(SlowScreen)
    await detector.load()
    flood = [asyncio.create_task(screened_for(detector, "192.0.2.66", "hello")) for _ in range(150)]
    await asyncio.sleep(0.05)
    found = await asyncio.create_task(screened_for(detector, "198.51.100.7", CRISIS))
    assert found is not None
    assert found.label == "crisis"
    assert sum(task.done() for task in flood) < 75  # a few went before, and not all
    await asyncio.gather(*flood)
    detector.close()


async def test_who_gives_up_waiting_holds_up_nobody() -> None:
    detector = Detector(SlowScreen)
    await detector.load()
    flood = [asyncio.create_task(screened_for(detector, "192.0.2.66", "hello")) for _ in range(20)]
    await asyncio.sleep(0.02)
    for task in flood[::2]:
        task.cancel()
    async with asyncio.timeout(5):
        assert await screened_for(detector, "198.51.100.7", "hello") is not None
        await asyncio.gather(*flood, return_exceptions=True)
        assert await screened_for(detector, "192.0.2.66", "hello") is not None
    detector.close()


async def test_a_long_message_is_read_in_pieces_and_wholly() -> None:
    detector = Detector(SlowScreen)
    await detector.load()
    SlowScreen.longest = 0
    for before in range(0, 7000, 700):
        text = "x " * (before // 2) + CRISIS + " x" * 300
        found = await detector.screen(text, (), behind_others=True)
        assert found is not None
        assert found.label == "crisis", before
    assert SlowScreen.longest <= 1000
    detector.close()


async def test_what_floods_is_answered_with_help_unread(start: Start) -> None:
    gateway = await start(address_limit="3/minute", proxy_hops=1)
    answers = [await gateway.say(f"{CRISIS} {'a ' * 200}", **STRANGER) for _ in range(12)]
    assert [answer["crisis"] for answer in answers[:3]] == [True] * 3
    assert not answers[-1]["crisis"]  # not even read
    assert all("116 123" in texts(answer) for answer in answers)
    assert (await gateway.say(CRISIS, **USER))["crisis"]


async def test_handshakes_are_counted_before_anything_is_kept(start: Start) -> None:
    gateway = await start(address_limit="5/minute", socketio_channel=True)
    statuses = []
    for _ in range(20):
        async with gateway.client.get("/socket.io/?EIO=4&transport=polling") as response:
            statuses.append(response.status)
    assert statuses == [200] * 5 + [429] * 15
