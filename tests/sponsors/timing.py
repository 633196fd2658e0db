"""`python -m tests.sponsors.timing [PAIRS]`: can the time that a refusal takes tell who is in the
directory?

Makes a directory of its own in a temporary folder, serves it, and asks over HTTP, in pairs and in
random order: a reference that is there, with a wrong, a revoked or an expired code, and one that
nobody has. Prints for each the area under the ROC curve of a reader of clocks: 0.5 is a coin, and
0.45 to 0.55 is allowed. Each try has an address of its own, as from as many people, so that none of
them has to wait.
"""

import asyncio
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from aiohttp import web
from rich.console import Console
from rich.progress import track

from bot.gateway.app import SPONSORS, create_app
from bot.gateway.http.connections import SERVER_OPTIONS
from bot.settings import Settings
from bot.sponsors.administration import Administration
from bot.sponsors.codes import new_code
from bot.sponsors.hashing import CodeHasher
from bot.sponsors.keys import add_key, read_keys
from bot.sponsors.model import Route, Sponsor
from bot.sponsors.store import Directory
from tests.gateway.fakes import PhraseScreen

PAIRS = 2000
BOUND = 0.05
KINDS = ("wrong code", "revoked", "expired")
PEOPLE = 200
"""Of each kind: a reference takes five tries a minute."""
SEED = 1


def auc(one: list[float], other: list[float]) -> float:
    """The probability that a value of `one` is larger than one of `other`, ties counted as half
    (Mann and Whitney).
    """
    ranked = sorted([(value, 1) for value in one] + [(value, 0) for value in other])
    ranks, at = 0.0, 0
    while at < len(ranked):
        end = at
        while end < len(ranked) and ranked[end][0] == ranked[at][0]:
            end += 1
        ranks += sum(mine for _, mine in ranked[at:end]) * (at + 1 + end) / 2
        at = end
    return (ranks - len(one) * (len(one) + 1) / 2) / (len(one) * len(other))


async def fill(directory: Directory) -> dict[str, list[tuple[str, str]]]:
    """References with the code to try, by kind."""
    await directory.upgrade()
    past = Administration(directory, lambda: datetime.now(UTC) - timedelta(days=2))
    administration, hasher = Administration(directory), CodeHasher()
    await administration.add(
        Sponsor(
            "belmarsh-1",
            "Sam Example",
            "psychologist",
            "belmarsh",
            (Route("phone", "020 7946 0101"),),
        )
    )
    tries: dict[str, list[tuple[str, str]]] = {kind: [] for kind in KINDS}
    for kind in KINDS:
        for number in range(PEOPLE):
            reference = f"{kind[0].upper()}{number:05}"
            await administration.assign(reference, "belmarsh-1")
            issued = await (past if kind == "expired" else administration).issue(
                hasher, reference, days=1
            )
            if kind == "revoked":
                await administration.revoke(reference)
            tries[kind].append((reference, new_code() if kind == "wrong code" else issued.code))
    hasher.close()
    return tries


async def measure(
    folder: Path, pairs: int, console: Console
) -> dict[str, tuple[list[float], list[float]]]:
    """Seconds that refusals took: of references that are there, and of those that are not, by kind."""
    keys, url = folder / "keys", f"sqlite:///{folder}/sponsors.db"
    add_key(keys)
    directory = Directory(url, read_keys(keys))
    console.print(f"filling a directory with {PEOPLE * len(KINDS)} people")
    tries = await fill(directory)
    await directory.close()
    app = await create_app(
        Settings(run=folder, sponsor_database=url, sponsor_keys=keys, proxy_hops=1), PhraseScreen
    )
    runner = web.AppRunner(app, **SERVER_OPTIONS)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    await app[SPONSORS].loaded.wait()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/sponsor"
    chance = random.Random(SEED)
    found: dict[str, tuple[list[float], list[float]]] = {kind: ([], []) for kind in KINDS}
    async with aiohttp.ClientSession() as session:

        async def seconds(reference: str, code: str, number: int) -> float:
            headers = {
                "X-Forwarded-For": f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
            }
            started = time.perf_counter()
            async with session.post(
                address, data={"reference": reference, "code": code}, headers=headers
            ) as response:
                await response.read()
            assert response.status == 403, response.status
            return time.perf_counter() - started

        for number in range(20):  # the first ones load things
            await seconds(f"X{number:05}", new_code(), number)
        for number in track(range(pairs), "asking", console=console):
            kind = KINDS[number % len(KINDS)]
            there, nobody = (
                tries[kind][number // len(KINDS) % PEOPLE],
                (f"N{number:05}", new_code()),
            )
            both = [(0, there), (1, nobody)]
            chance.shuffle(both)
            for which, (reference, code) in both:
                found[kind][which].append(await seconds(reference, code, 100 + 2 * number + which))
    await runner.cleanup()
    return found


def main() -> int:
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else PAIRS
    console = Console(stderr=True)
    with tempfile.TemporaryDirectory(prefix="signpost-") as folder:
        found = asyncio.run(measure(Path(folder), pairs, console))
    found["all"] = (
        [t for there, _ in found.values() for t in there],
        [t for _, nobody in found.values() for t in nobody],
    )
    worst = 0.0
    for kind, (there, nobody) in found.items():
        area = auc(there, nobody)
        worst = abs(area - 0.5) if kind == "all" else worst
        medians = " and ".join(
            f"{statistics.median(times) * 1000:.1f}" for times in (there, nobody)
        )
        print(f"{kind:>10}: {len(there)} pairs, median {medians} ms, AUC {area:.3f}")
    print(f"|AUC - 0.5| = {worst:.3f}, has to be below {BOUND}")
    return 0 if worst < BOUND else 1


if __name__ == "__main__":
    sys.exit(main())
