"""Two whole services behind HAProxy, with people who write all the time: one restarted after the
other, then one killed at once. Everybody is answered, in the conversation that they are in, and no
message is taken twice.
"""

import asyncio
import json
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import aiohttp
import pytest

from tests.cluster import MISSING, Cluster, cluster

PEOPLE = 8
CRISIS_SECONDS = 4.0
"""Generous: what it should be, 0.2 s, is for a machine that has nothing else to do."""
PATIENCE_SECONDS = 60.0
CRISIS = "I want to kill myself"


@pytest.fixture(scope="module")
def together(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if MISSING:
        pytest.skip(f"not here, and Debian has it: {', '.join(MISSING)}")
    limits = {
        "SIGNPOST_ADDRESS_LIMIT": "100000/minute",
        "SIGNPOST_CONVERSATION_LIMIT": "100000/minute",
    }
    with cluster(tmp_path_factory.mktemp("cluster"), **limits) as running:
        yield running


@dataclass
class Person:
    """Writes as the widget does: what was not answered is sent again, under the same key."""

    browser: aiohttp.ClientSession
    url: str
    asked: int = 0
    again: int = 0
    conversations: set[str] = field(default_factory=set)
    crises: list[float] = field(default_factory=list)

    async def say(self, text: str, key: str = "") -> Any:
        message = {
            "text": text,
            # who is in danger is somebody else: after a crisis, an answer is another one
            "conversation": None if text == CRISIS else next(iter(self.conversations), None),
            "idempotency_key": key or uuid.uuid4().hex,
        }
        self.asked += 1
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            try:
                async with self.browser.post(f"{self.url}/api/messages", json=message) as response:
                    answer = await response.json(content_type=None)
                    # a notice that says where help is: nothing else could answer just then
                    if response.status == 200 and text == CRISIS:
                        return answer
                    if response.status == 200 and answer["topic"] == "family_visits":
                        self.conversations.add(answer["conversation"])
                        return answer
            except (aiohttp.ClientError, TimeoutError, json.JSONDecodeError):
                pass
            assert time.monotonic() < deadline, f"nobody answered {text!r}"
            self.again += 1
            await asyncio.sleep(0.2)

    async def write(self, until: asyncio.Event) -> None:
        """Questions that lean on each other, each pair in a row, and now and then a cry for help."""
        while not until.is_set():
            await self.say("Family visits at Belmarsh?")
            key = uuid.uuid4().hex
            follow_up = await self.say("and at Swaleside?", key)
            said = texts(follow_up)
            assert (follow_up["topic"], "Swaleside" in said) == ("family_visits", True), said
            assert texts(await self.say("and at Swaleside?", key)) == said
            if self.asked % 5 == 0:
                started = time.monotonic()
                answer = await self.say(CRISIS)
                self.crises.append(time.monotonic() - started)
                assert "116 123" in texts(answer)
            await asyncio.sleep(0.3)


def texts(answer: Any) -> str:
    return "\n".join(message["text"] for message in answer["messages"])


@pytest.mark.timeout(400)
async def test_everybody_is_answered_whatever_happens_to_one_gateway(together: Cluster) -> None:
    done = asyncio.Event()
    people, browsers = [], []
    for n in range(PEOPLE):
        # each from an address of their own: the proxy sends an address to the same gateway
        connector = aiohttp.TCPConnector(local_addr=(f"127.0.0.{n + 2}", 0), force_close=True)
        timeout = aiohttp.ClientTimeout(total=15)
        browsers.append(aiohttp.ClientSession(connector=connector, timeout=timeout))
        people.append(Person(browsers[-1], together.url))
    writing = [asyncio.create_task(person.write(done)) for person in people]
    try:
        await asyncio.sleep(2)
        a, b = together.nodes
        for node in (a, b):
            await asyncio.to_thread(node.stop)
            node.start()
            await asyncio.to_thread(node.wait)
            await asyncio.sleep(1)  # the proxy looks twice a second
        await asyncio.to_thread(a.kill)
        await asyncio.sleep(3)
        done.set()
        await asyncio.gather(*writing)
    finally:
        for task in writing:
            task.cancel()
        await asyncio.gather(*writing, return_exceptions=True)
        for browser in browsers:
            await browser.close()
    asked, again = sum(p.asked for p in people), sum(p.again for p in people)
    crises = sorted(second for person in people for second in person.crises)
    print(f"{asked} messages, {again} sent again; {len(crises)} crises, slowest {crises[-1]:.2f} s")
    assert [len(person.conversations) for person in people] == [1] * PEOPLE  # none was lost
    assert again < asked / 10
    assert crises[-1] < CRISIS_SECONDS
