"""The detector in its thread: nobody waits for a flood, and a flood gets help too."""

import asyncio
import time

from bot.gateway.detector import BEHIND_MAX, Detector
from bot.reading.screening import Screening
from tests.gateway.fakes import CRISIS, PhraseScreen

LONG = "please " * 1000


class SlowScreen(PhraseScreen):
    """As slow with long texts as the real one."""

    def screen(self, text: str, earlier: tuple[str, ...] = ()) -> Screening:
        time.sleep(0.05 if len(text) > 500 else 0.001)
        return super().screen(text, earlier)


async def test_a_flood_of_long_messages_delays_nobody_and_gets_help() -> None:
    detector = Detector(SlowScreen)
    await detector.load()
    flood = [asyncio.create_task(detector.screen(LONG, (), behind_others=True)) for _ in range(50)]
    await asyncio.sleep(0)
    started = time.monotonic()
    found = await detector.screen(CRISIS, ())
    assert found is not None
    assert found.label == "crisis"
    assert time.monotonic() - started < 0.15  # one of the flood may be in front
    screened = [screening for screening in await asyncio.gather(*flood) if screening is not None]
    assert len(screened) == BEHIND_MAX
    assert await detector.screen(LONG, (), behind_others=True) is not None
    detector.close()


async def test_screenings_stay_in_order() -> None:
    detector = Detector(SlowScreen)
    await detector.load()
    done: list[int] = []

    async def screen(number: int, text: str) -> None:
        await detector.screen(text, ())
        done.append(number)

    await asyncio.gather(screen(0, LONG), screen(1, "short"), screen(2, LONG), screen(3, "short"))
    assert done == [0, 1, 2, 3]
    detector.close()
