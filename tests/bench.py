"""`make bench`: starts, memory and speed of the service, beside plain `rasa run` + `rasa run
actions` with the same model, in one run.

Prints the machine, its load and a table; asserts nothing, since machines are noisy: compare the
columns, not the days.
"""

import asyncio
import itertools
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import aiohttp

from tests.conftest import ROOT, free_port, start_service, stop_service
from tests.processes import cpu_seconds, pss_mb, rss_mb, tree

QUESTIONS = (
    "What is the Belmarsh unit?",
    "how many places at swaleside",
    "can I visit my son there",
    "What time is the forum checked?",
)
CRISIS = ("i want to kill myself tonight",)
MESSAGES = 200
WORKERS = 2
FIRST = 20
"""Turns whose median stands for the first and for the last ones of a conversation."""


def _until(works: Callable[[], bool], started: float) -> float:
    while not works():
        if time.monotonic() - started > 120:
            raise SystemExit("it did not start within two minutes")
        time.sleep(0.02)
    return time.monotonic() - started


def _answers(url: str, body: bytes | None = None) -> bool:
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=10) as response:
            return bool(response.status == 200 and response.read())
    except OSError:
        return False


async def _load(
    url: str,
    body: Callable[[int, str], dict[str, Any]],
    clients: int,
    texts: Sequence[str] = QUESTIONS,
) -> tuple[list[float], float]:
    """Milliseconds of each message, and messages a second, with so many clients at once."""
    numbers = iter(range(MESSAGES))
    times: list[float] = []

    async def client(http: aiohttp.ClientSession, who: int) -> None:
        for number in numbers:
            started = time.perf_counter()
            async with http.post(url, json=body(who, texts[number % len(texts)])) as response:
                response.raise_for_status()
                await response.read()
            times.append((time.perf_counter() - started) * 1000)

    async with aiohttp.ClientSession() as http:
        started = time.perf_counter()
        await asyncio.gather(*(client(http, who) for who in range(clients)))
        return times, MESSAGES / (time.perf_counter() - started)


def _measure(
    pids: list[int], url: str, body: Callable[[int, str], dict[str, Any]]
) -> dict[str, str]:
    # Another conversation has the first turns of the process, which are slower than any other.
    asyncio.run(_load(url, lambda _, text: body(1, text), 1))
    grown, _ = asyncio.run(_load(url, body, 1))
    before = cpu_seconds(pids)
    alone, _ = asyncio.run(_load(url, body, 1))
    cpu = (cpu_seconds(pids) - before) * 1000 / MESSAGES
    _, rate = asyncio.run(_load(url, body, 8))
    _, crisis = asyncio.run(_load(url, body, 8, CRISIS))
    quantiles = statistics.quantiles(alone, n=100)
    grows = statistics.median(grown[-FIRST:]) / statistics.median(grown[:FIRST])
    return {
        "turns 181 to 200, by turns 1 to 20": f"{grows:.2f}",
        "p50 ms": f"{statistics.median(alone):.1f}",
        "p99 ms": f"{quantiles[98]:.1f}",
        "CPU ms a message, all processes": f"{cpu:.1f}",
        "messages/s, 8 clients": f"{rate:.0f}",
        "crisis messages/s, 8 clients": f"{crisis:.0f}",
    }


def _machine() -> str:
    names = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return f"{names[0] if names else 'unknown processor'}, {len(os.sched_getaffinity(0))} cores"


def ours(folder: Path) -> dict[str, str]:
    started = time.monotonic()
    service = start_service(
        folder / "run",
        SIGNPOST_WORKERS=str(WORKERS),
        SIGNPOST_ADDRESS_LIMIT="1000000/minute",
        SIGNPOST_CONVERSATION_LIMIT="1000000/minute",
    )
    ready = time.monotonic() - started
    first = _until(
        lambda: _answers(
            f"{service.url}/api/messages",
            b'{"conversation": null, "text": "What is the Belmarsh unit?"}',
        ),
        started,
    )
    pids = _all_of(service.process.pid)
    conversations = {who: service.url and asyncio.run(_open(service.url)) for who in range(8)}
    row = {"ready s": f"{ready:.1f}", "first answer s": f"{first:.1f}"}
    row |= _measure(
        pids,
        f"{service.url}/api/messages",
        lambda who, text: {"conversation": conversations[who], "text": text},
    )
    worker = next(
        pid
        for pid in reversed(pids)
        if b"bot.dialogue" in Path(f"/proc/{pid}/cmdline").read_bytes()
    )
    row["dialogue worker, RSS MB"] = f"{rss_mb(worker):.0f}"
    row["dialogue worker, PSS MB"] = f"{pss_mb(worker):.0f}"
    row["all processes, PSS MB"] = f"{sum(map(pss_mb, pids)):.0f}"
    stop_service(service)
    return row


def _all_of(root: int) -> list[int]:
    """The service is ready with its first worker: the others are forked in the next moment."""
    time.sleep(1)
    return tree(root)


async def _open(url: str) -> str:
    async with aiohttp.ClientSession() as http, http.post(f"{url}/api/conversations") as response:
        return str((await response.json())["conversation"])


def vanilla(folder: Path) -> dict[str, str]:
    port, actions = free_port(), free_port()
    (folder / "endpoints.yml").write_text(
        f"action_endpoint:\n  url: http://127.0.0.1:{actions}/webhook\n"
    )
    rasa = str(Path(sys.executable).parent / "rasa")
    env = {**os.environ, "SANIC_HOST": "127.0.0.1"}
    quiet: dict[str, Any] = {
        "cwd": ROOT,
        "env": env,
        "stdout": subprocess.DEVNULL,
        "stderr": subprocess.DEVNULL,
    }
    started = time.monotonic()
    processes = [
        subprocess.Popen([rasa, "run", "actions", "-p", str(actions)], **quiet),
        subprocess.Popen(
            [rasa, "run", "-m", "models/signpost.tar.gz", "-i", "127.0.0.1", "-p", str(port), "--endpoints", str(folder / "endpoints.yml"),
             "--credentials", "credentials.yml"], **quiet,
        ),
    ]  # fmt: skip
    try:
        url = f"http://127.0.0.1:{port}/webhooks/rest/webhook"
        ready = _until(lambda: _answers(f"http://127.0.0.1:{port}/"), started)
        first = _until(
            lambda: _answers(url, b'{"sender": "first", "message": "What is the Belmarsh unit?"}'),
            started,
        )
        pids = list(itertools.chain.from_iterable(tree(p.pid) for p in processes))
        row = {"ready s": f"{ready:.1f}", "first answer s": f"{first:.1f}"}
        row |= _measure(pids, url, lambda who, text: {"sender": f"{who}", "message": text})
        row["all processes, PSS MB"] = f"{sum(map(pss_mb, pids)):.0f}"
        return row
    finally:
        for process in processes:
            process.send_signal(signal.SIGTERM)
        for process in processes:
            process.wait(timeout=30)


def main() -> None:
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        columns = {
            f"Signpost, {WORKERS} workers": ours(folder),
            "rasa run + rasa run actions": vanilla(folder),
        }
    print(f"{_machine()}; load {load:.1f} before, {os.getloadavg()[0]:.1f} after\n")
    print("| | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns))
    for figure in next(iter(columns.values())):
        print(
            f"| {figure} | "
            + " | ".join(column.get(figure, "–") for column in columns.values())
            + " |"
        )


if __name__ == "__main__":
    main()
