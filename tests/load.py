"""`make load`: PEOPLE people at once who write to the service as people do, for MINUTES.

They come by the widget's API, by the page without JavaScript and by the socket.io channel, each with
an address of its own; they read and think before they write, press buttons, lose their connection
and come back, and some close the page. One message in a hundred is somebody in a crisis.

Prints what it measured, and exits with 1 where a crisis message got no crisis answer or anything
else got one, or where the service needs more memory at the end than after its third minute.
"""

import asyncio
import html
import os
import random
import re
import statistics
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import aiohttp
import socketio
import yaml

from bot.safety.help import load_help
from tests.conftest import ROOT, Service, start_service, stop_service
from tests.processes import cpu_seconds, pss_mb, tree

CRISIS_SHARE = 0.01
CASE_SHARE = 0.05
EVERYDAY_SHARE = 0.3
PRESSED = 0.25
"""How often somebody presses a button where there is one, and doesn't write."""
THINKING = (10.0, 0.8)
"""Seconds between an answer and the next message: the median, and the sigma of their logarithm."""
MESSAGES = (2, 9)
"""A conversation has so many."""
COMES_BACK = 0.08
"""How often the connection is lost between two messages: a train, a page that is loaded anew."""
CLOSES = 0.5
"""How many say that they go. The others' conversations are forgotten when they are idle."""
WAYS = {"api": 0.8, "page": 0.1, "socket": 0.1}
NUMBERS = ("116 123", "999")
MEMORY_MINUTE, MEMORY_GROWTH = 3, 1.1
BUSY = 0.7
"""How much of the cores a host should be asked for, so that a bad minute finds some left."""
HELP = load_help(ROOT / "bot/content")
OPENINGS = tuple(answer.opening for answer in HELP.answers.values())
UNANSWERED = HELP.unavailable.opening


@dataclass(frozen=True)
class Heard:
    """What came back. `crisis`: the crisis answer, with a number to call."""

    text: str
    crisis: bool
    buttons: tuple[str, ...] = ()
    at: float = field(default_factory=time.monotonic)
    """When it began to come."""


class LoadError(Exception):
    """No answer, or one that is an error: the message says which."""


class Way(Protocol):
    """One person's conversation, by one of the three ways in."""

    async def open(self) -> None: ...
    async def say(self, text: str) -> Heard: ...
    async def press(self, button: str) -> Heard: ...
    async def come_back(self) -> None: ...
    async def leave(self, *, close: bool) -> None: ...


def _is_crisis(text: str) -> bool:
    return any(number in text for number in NUMBERS) and any(said in text for said in OPENINGS)


class _Http:
    """What the two ways over plain HTTP have in common: a connection and an address."""

    def __init__(self, url: str, address: str) -> None:
        self.url, self.headers, self.conversation = url, {"X-Forwarded-For": address}, ""
        self.http = self._connect()

    def _connect(self) -> aiohttp.ClientSession:
        return aiohttp.ClientSession(
            self.url, headers=self.headers, timeout=aiohttp.ClientTimeout(total=30)
        )

    async def come_back(self) -> None:
        await self.http.close()
        self.http = self._connect()

    async def leave(self, *, close: bool) -> None:
        if close and self.conversation:
            async with self.http.post(f"/api/conversations/{self.conversation}/end"):
                pass
        await self.http.close()


class Api(_Http):
    """As the widget does it."""

    async def open(self) -> None:
        async with self.http.post("/api/conversations") as response:
            self.conversation = (await _ok(response).json())["conversation"]

    async def say(self, text: str) -> Heard:
        return await self._send({"text": text})

    async def press(self, button: str) -> Heard:
        return await self._send({"button": button})

    async def _send(self, body: dict[str, str]) -> Heard:
        message = {"conversation": self.conversation, **body}
        async with self.http.post("/api/messages", json=message) as response:
            answer = await _ok(response).json()
        self.conversation = answer["conversation"]
        text = "\n".join(m["text"] for m in answer["messages"])
        if answer["crisis"] and not any(number in text for number in NUMBERS):
            raise LoadError(f"a crisis answer without a number to {body}: {text[:60]!r}")
        buttons = tuple(b["id"] for m in answer["messages"] for b in m["buttons"])
        return Heard(text, answer["crisis"], buttons)


class Page(_Http):
    """As a browser without JavaScript does it."""

    async def open(self) -> None:
        async with self.http.get("/chat") as response:
            await _ok(response).read()

    async def say(self, text: str) -> Heard:
        return await self._send({"text": text, "do": "send"})

    async def press(self, button: str) -> Heard:
        return await self._send({"text": "", "button": button})

    async def _send(self, form: dict[str, str]) -> Heard:
        whole = {"conversation": self.conversation, **form}
        async with self.http.post("/chat", data=whole) as response:
            text = html.unescape(await _ok(response).text())
        found = re.search(r'name="conversation" value="([^"]+)"', text)
        self.conversation = found.group(1) if found else ""
        buttons = tuple(re.findall(r'name="button" value="([^"]+)"', text))
        return Heard(text, _is_crisis(text), buttons)


class Socket:
    """As a client made for Rasa's socket.io channel does it."""

    def __init__(self, url: str, address: str) -> None:
        self.url, self.address, self.conversation = url, address, ""
        self.client = socketio.AsyncClient(reconnection=False)
        self.heard: asyncio.Queue[Any] = asyncio.Queue()

    async def open(self) -> None:
        greeted = not self.conversation
        self.client = socketio.AsyncClient(reconnection=False)
        self.heard = asyncio.Queue()
        confirmed = asyncio.Event()

        def confirm(conversation: str) -> None:
            self.conversation = conversation
            confirmed.set()

        self.client.on("session_confirm", confirm)
        self.client.on("bot_uttered", self.heard.put)
        await self.client.connect(
            self.url,
            transports=["websocket"],
            headers={"X-Forwarded-For": self.address},
        )
        await self.client.emit("session_request", {"session_id": self.conversation or None})
        await asyncio.wait_for(confirmed.wait(), 30)
        if greeted:
            await self._hear()

    async def say(self, text: str) -> Heard:
        await self.client.emit("user_uttered", {"message": text})
        return await self._hear()

    press = say  # a button's payload is a message here

    async def _hear(self) -> Heard:
        """All messages of one answer: they come one right after the other."""
        said, at = [await asyncio.wait_for(self.heard.get(), 30)], time.monotonic()
        while True:
            try:
                said.append(await asyncio.wait_for(self.heard.get(), 0.05))
            except TimeoutError:
                break
        text = "\n".join(one["text"] for one in said)
        buttons = tuple(b["payload"] for one in said for b in one.get("quick_replies", ()))
        return Heard(text, _is_crisis(text), buttons, at)

    async def come_back(self) -> None:
        await self.client.disconnect()
        await self.open()

    async def leave(self, *, close: bool) -> None:
        await self.client.disconnect()


def _ok(response: aiohttp.ClientResponse) -> aiohttp.ClientResponse:
    if response.status != 200:
        raise LoadError(f"status {response.status}")
    return response


MAKES: Mapping[str, Callable[[str, str], Way]] = {"api": Api, "page": Page, "socket": Socket}


@dataclass(frozen=True)
class Lines:
    """What there is to write."""

    questions: Sequence[str]
    everyday: Sequence[str]
    cases: Sequence[str]
    crisis: Sequence[str]

    def draw(self, chance: random.Random) -> tuple[str, str]:
        """A kind and a text of it."""
        at = chance.random()
        for kind, share in (
            ("crisis", CRISIS_SHARE),
            ("case", CASE_SHARE),
            ("everyday", EVERYDAY_SHARE),
        ):
            if at < share:
                return kind, chance.choice({"case": self.cases}.get(kind) or getattr(self, kind))
            at -= share
        return "question", chance.choice(self.questions)


def load_lines() -> Lines:
    def read(path: str) -> Any:
        return yaml.safe_load((ROOT / "tests" / path).read_text(encoding="utf-8"))

    own, voices = read("data/load.yml"), read("data/voices.yml")
    return Lines(
        questions=[row["text"] for rows in voices.values() for row in rows],
        everyday=own["everyday"],
        cases=[row["text"] for row in read("eligibility/cases.yml")],
        crisis=own["crisis"],
    )


@dataclass
class Result:
    """What was measured so far; times in seconds since the start."""

    took: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    """By kind and way, milliseconds of each message."""
    errors: Counter[str] = field(default_factory=Counter)
    unanswered: int = 0
    """How many got the help because nothing else could answer."""
    conversations: int = 0
    comebacks: int = 0
    lost: list[str] = field(default_factory=list)
    """Crisis messages without a crisis answer."""
    false_alarms: list[str] = field(default_factory=list)
    memory: list[tuple[float, float]] = field(default_factory=list)
    """PSS of all processes, in MB."""

    @property
    def messages(self) -> int:
        return sum(map(len, self.took.values()))


class Person:
    """One of the people at once: when a conversation is over, the next one comes."""

    def __init__(self, number: int, url: str, lines: Lines, result: Result, until: float) -> None:
        self._chance = random.Random(number)
        self._url, self._lines, self._result, self._until = url, lines, result, until

    async def live(self) -> None:
        await self._think(self._chance.random())
        while time.monotonic() < self._until:
            name = self._chance.choices(list(WAYS), list(WAYS.values()))[0]
            way = MAKES[name](self._url, self._address())
            self._result.conversations += 1
            try:
                await way.open()
                await self._talk(way, name)
                await way.leave(close=self._chance.random() < CLOSES)
            except (
                aiohttp.ClientError,
                socketio.exceptions.SocketIOError,
                OSError,
                LoadError,
            ) as error:
                self._result.errors[f"{name}: {str(error) or type(error).__name__}"] += 1
                await way.leave(close=False)

    def _address(self) -> str:
        """One of those that are for such measurements: RFC 2544."""
        return f"198.{self._chance.randint(18, 19)}.{self._chance.randrange(256)}.{self._chance.randrange(1, 255)}"

    async def _talk(self, way: Way, name: str) -> None:
        buttons: tuple[str, ...] = ()
        for _ in range(self._chance.randint(*MESSAGES)):
            kind, text = self._lines.draw(self._chance)
            pressed = bool(buttons) and kind != "crisis" and self._chance.random() < PRESSED
            started = time.monotonic()
            try:
                heard = await (
                    way.press(self._chance.choice(buttons)) if pressed else way.say(text)
                )
            except (aiohttp.ClientError, OSError, LoadError):
                if kind == "crisis":
                    self._result.lost.append(f"{name}: {text}")
                raise
            self._result.took[f"{'button' if pressed else kind}, {name}"].append(
                (heard.at - started) * 1000
            )
            self._judge(kind, name, text, pressed, heard)
            if kind == "crisis" or time.monotonic() > self._until:
                break  # what comes after a crisis is another story, with tests of its own
            buttons = heard.buttons
            await self._think()
            if self._chance.random() < COMES_BACK:
                await way.come_back()
                self._result.comebacks += 1

    def _judge(self, kind: str, name: str, text: str, pressed: bool, heard: Heard) -> None:
        if kind == "crisis" and not heard.crisis:
            self._result.lost.append(f"{name}: {text}")
        if kind != "crisis" and not pressed and heard.crisis:
            self._result.false_alarms.append(f"{name}: {text}")
        self._result.unanswered += UNANSWERED in heard.text

    async def _think(self, share: float = 1.0) -> None:
        median, sigma = THINKING
        seconds = share * median * self._chance.lognormvariate(0, sigma)
        await asyncio.sleep(max(0.0, min(seconds, self._until - time.monotonic())))


async def measure(service: Service, people: int, seconds: float) -> tuple[Result, float]:
    """What came of it, and how much CPU a message took, in seconds."""
    result, lines, started = Result(), load_lines(), time.monotonic()
    pids = tree(service.process.pid)
    before = cpu_seconds(pids)
    crowd = [
        asyncio.create_task(Person(number, service.url, lines, result, started + seconds).live())
        for number in range(people)
    ]
    print(
        "| minute | messages/s | p95 ms | errors | unanswered | PSS MB |\n|---|---|---|---|---|---|"
    )
    minute, seen = 0, Counter[str]()
    while not all(task.done() for task in crowd):
        await asyncio.wait(crowd, timeout=10)
        now = time.monotonic() - started
        result.memory.append((now, sum(map(pss_mb, pids))))
        if now >= 60 * (minute + 1):
            minute += 1
            since = [t for key, times in result.took.items() for t in times[seen[key] :]]
            seen = Counter({key: len(times) for key, times in result.took.items()})
            print(
                f"| {minute} | {len(since) / 60:.1f} | {quantile(since, 95):.0f} | {result.errors.total()} "
                f"| {result.unanswered} | {result.memory[-1][1]:.0f} |",
                flush=True,
            )
    for task in crowd:
        task.result()
    return result, (cpu_seconds(pids) - before) / max(result.messages, 1)


def quantile(times: Sequence[float], percent: int) -> float:
    """Of milliseconds; 0 of none."""
    return (
        statistics.quantiles(times, n=100, method="inclusive")[percent - 1]
        if len(times) > 1
        else sum(times)
    )


def report(result: Result, people: int, seconds: float, cpu: float) -> None:
    """Prints tables as Markdown has them."""
    print("\n| kind, by | messages | p50 ms | p95 ms | p99 ms |\n|---|---|---|---|---|")
    kinds: dict[str, list[float]] = defaultdict(list)
    for key, times in result.took.items():
        for name in (key, f"{key.split(',')[0]}, all", "all"):
            kinds[name] += times
    for name, times in sorted(kinds.items()):
        figures = " | ".join(f"{quantile(times, percent):.0f}" for percent in (50, 95, 99))
        print(f"| {name} | {len(times)} | {figures} |")
    cores = os.cpu_count() or 1
    pause = people * seconds / max(result.messages, 1)
    print(
        f"\n{people} people at once, {seconds / 60:.0f} minutes, {cores} cores: {result.messages} messages in "
        f"{result.conversations} conversations, {result.messages / seconds:.1f} a second; {result.comebacks} came back.\n"
        f"Errors: {dict(result.errors)}. Without an answer: {result.unanswered}.\n"
        f"A message took {cpu * 1000:.0f} ms of CPU, and a person wrote one each {pause:.0f} s: "
        f"at {BUSY:.0%} of {cores} cores, {BUSY * cores / cpu * pause:.0f} people at once."
    )


def failures(result: Result) -> list[str]:
    """What this run fails for, in sentences."""
    found = [f"no crisis answer: {text}" for text in result.lost]
    found += [f"a crisis answer: {text}" for text in result.false_alarms]
    early = [mb for at, mb in result.memory if MEMORY_MINUTE * 60 <= at < (MEMORY_MINUTE + 1) * 60]
    late = [mb for at, mb in result.memory if at >= result.memory[-1][0] - 60]
    if early and statistics.mean(late) > MEMORY_GROWTH * statistics.mean(early):
        found.append(
            f"memory grew from {statistics.mean(early):.0f} MB after minute {MEMORY_MINUTE} to {statistics.mean(late):.0f} MB"
        )
    return found


def main() -> int:
    minutes = float(os.environ.get("MINUTES", "30"))
    people = int(os.environ.get("PEOPLE", "200"))
    with tempfile.TemporaryDirectory() as folder:
        service = start_service(
            Path(folder) / "run",
            SIGNPOST_WORKERS="2",
            SIGNPOST_PROXY_HOPS="1",  # each person has an address of its own
            SIGNPOST_SOCKETIO_CHANNEL="1",
        )
        try:
            result, cpu = asyncio.run(measure(service, people, minutes * 60))
        finally:
            stop_service(service)
    report(result, people, minutes * 60, cpu)
    wrong = failures(result)
    if minutes < MEMORY_MINUTE + 2:
        print(f"Too short to say anything of memory: that takes {MEMORY_MINUTE + 2} minutes.")
    for sentence in wrong:
        print(f"FAILED: {sentence}")
    print("failed" if wrong else "passed")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
