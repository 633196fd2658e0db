"""`python -m tests.gateway.bench`: what keeping a conversation costs the gateway a turn, in its own
memory and shared by a Redis on this machine. Prints; asserts nothing.
"""

import asyncio
import tempfile
import time
from pathlib import Path

from bot.gateway.conversations import Conversations
from bot.gateway.shared import SharedConversations
from bot.turn import Button
from tests.redis_server import running_redis

TURNS, ROUNDS = 300, 5


async def a_turn_costs(conversations: Conversations) -> float:
    """Milliseconds of this process's CPU, the least of some rounds."""
    best = float("inf")
    for _ in range(ROUNDS):
        begun = conversations.new()
        conversations.keep(begun, "192.0.2.1")
        await conversations.save(begun)
        started = time.process_time()
        for number in range(TURNS):
            session = await conversations.load(begun.id)
            assert session is not None
            session.memory.earlier.append(f"words {number}")
            async with session.memory.order:
                session.memory.state = f"{number % 10}" * 2000
            session.issue(Button("Again", '/ask_about{"service": "belmarsh"}'))
            await conversations.save(session)
        best = min(best, (time.process_time() - started) / TURNS * 1000)
    return best


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder, running_redis(Path(folder)) as redis:
        own = Conversations(10, 60)
        shared = SharedConversations(redis.url, (b"a" * 32,), 10, 60)
        print(f"in memory: {await a_turn_costs(own):.3f} ms of CPU a turn")
        print(f"shared:    {await a_turn_costs(shared):.3f} ms of CPU a turn")
        await shared.close()


if __name__ == "__main__":
    asyncio.run(main())
