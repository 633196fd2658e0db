"""What test_kill.py kills: children that import or issue, each killed with SIGKILL at a moment of
its own by this process, their parent.

A child says on standard output what it has acknowledged, only after the directory has it: the
number of an import, or a reference and its code.
"""

import asyncio
import os
import random
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path

from bot.settings import load_settings
from bot.sponsors.administration import Administration
from bot.sponsors.hashing import CodeHasher
from bot.sponsors.keys import read_keys
from bot.sponsors.roster import read_roster
from bot.sponsors.store import Directory
from tests.sponsors.conftest import SERVICES
from tests.sponsors.examples import sponsor


def opened() -> Directory:
    settings = load_settings()
    assert settings.sponsor_database and settings.sponsor_keys  # noqa: PT018
    return Directory(settings.sponsor_database.get_secret_value(), read_keys(settings.sponsor_keys))


def killed_after(seconds: float, work: Callable[[], None]) -> None:
    """Runs `work` in a child, and kills the child."""
    child = os.fork()
    if child == 0:
        try:
            work()
        finally:
            os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def acknowledge(what: str) -> None:
    os.write(1, f"{what}\n".encode())


def import_one(number: int, file: Path) -> None:
    async def run() -> None:
        directory = opened()
        roster, mistakes = read_roster(file.read_bytes(), SERVICES)  # noqa: ASYNC240
        assert not mistakes
        await Administration(directory).load(roster)
        acknowledge(str(number))
        await directory.close()

    asyncio.run(run())


def issue_many(turn: int) -> None:
    async def run() -> None:
        directory, hasher = opened(), CodeHasher()
        administration = Administration(directory)
        await administration.add(sponsor())
        for number in range(1000):
            reference = f"LPP{turn:02}{number:04}"
            await administration.assign(reference, "belmarsh-1")
            acknowledge(
                f"{reference} {(await administration.issue(hasher, reference)).code.replace('-', '')}"
            )

    asyncio.run(run())


def main() -> None:
    what, *given = sys.argv[1:]
    chance = random.Random(7)
    if what == "import":
        for number, file in enumerate(given):
            killed_after(
                chance.uniform(0.05, 1.2),
                lambda number=number, file=file: import_one(number, Path(file)),  # type: ignore[misc]
            )
    else:
        for turn in range(int(given[0])):
            killed_after(chance.uniform(0.3, 1.0), lambda turn=turn: issue_many(turn))  # type: ignore[misc]


if __name__ == "__main__":
    main()
