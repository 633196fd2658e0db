"""Whose request begins when."""

import asyncio

from bot.gateway.http.turns import Turns


async def test_nobody_waits_behind_all_requests_of_one_address() -> None:
    turns, begun = Turns(), list[str]()

    async def request(address: str, name: str) -> None:
        await turns.begin(address)
        begun.append(name)

    flood = [request("192.0.2.66", f"flood {n}") for n in range(50)]
    await asyncio.gather(*flood, request("192.0.2.1", "other"))
    assert begun.index("other") <= 1
    assert begun[-1] == "flood 49"


async def test_who_has_gone_is_passed_over_and_nothing_is_kept_of_an_address() -> None:
    turns, begun = Turns(), list[int]()

    async def request(number: int) -> None:
        await turns.begin("192.0.2.1")
        begun.append(number)

    tasks = [asyncio.create_task(request(number)) for number in range(4)]
    await asyncio.sleep(0)
    tasks[2].cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert begun == [0, 1, 3]
    await asyncio.sleep(0.01)
    assert not turns._waiting


async def test_a_slow_answer_holds_up_nobody_behind_the_same_address() -> None:
    turns, ended = Turns(), list[str]()

    async def request(name: str, seconds: float) -> None:
        await turns.begin("192.0.2.1")
        await asyncio.sleep(seconds)
        ended.append(name)

    await asyncio.gather(request("slow", 0.2), request("quick", 0.0))
    assert ended == ["quick", "slow"]
