"""kill -9 in the middle of an import and of issuing codes, twenty times each: nothing half written,
and nothing lost that was acknowledged.
"""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from bot.settings import ROOT
from bot.sponsors.hashing import CodeHasher
from bot.sponsors.keys import read_keys
from bot.sponsors.store import Directory
from tests.sponsors.examples import HEADINGS

KILLS = 20
PEOPLE = 400


def a_roster(turn: int) -> str:
    rows = [
        f",s-{turn}-{n},Sam Example,psychologist,belmarsh,020 7946 01{n:02},,,,,,,,"
        for n in range(20)
    ]
    rows += [f"LPP-{turn}-{n:04},s-{turn}-{n % 20}{',' * 12}" for n in range(PEOPLE)]
    return "\n".join([HEADINGS, *rows])


@pytest.fixture
def env(url: str, directory: Directory, key_file: Path) -> dict[str, str]:
    return {**os.environ, "SIGNPOST_SPONSOR_DATABASE": url, "SIGNPOST_SPONSOR_KEYS": str(key_file)}


@pytest.mark.timeout(240)
def test_an_import_that_is_killed_is_there_as_a_whole_or_not_at_all(
    url: str, env: dict[str, str], key_file: Path, tmp_path: Path
) -> None:
    rosters = []
    for turn in range(KILLS):
        rosters.append(tmp_path / f"{turn}.csv")
        rosters[-1].write_text(a_roster(turn), encoding="utf-8")
    # One process for all, forking for each: what is killed has the libraries loaded, so that the
    # kill falls into the work.
    command = [sys.executable, "-m", "tests.sponsors.victim", "import", *map(str, rosters)]
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=True, timeout=200
    )
    acknowledged = set(done.stdout.split())

    async def counted() -> list[int]:
        directory, found = Directory(url, read_keys(key_file)), []
        for turn in range(KILLS):
            references = [f"LPP{turn}{n:04}" for n in range(PEOPLE)]
            async with directory.reading() as connection:
                hashes = ", ".join(
                    f"'{directory.keyring.hashed('reference', reference)}'"
                    for reference in references
                )
                found.append(
                    int(
                        (
                            await connection.execute(
                                text(
                                    f"SELECT count(*) FROM person WHERE reference_hash IN ({hashes})"
                                )
                            )
                        ).scalar_one()
                    )
                )
        await directory.close()
        return found

    found = asyncio.run(counted())
    assert set(found) <= {0, PEOPLE}
    assert {str(turn) for turn, number in enumerate(found) if number == PEOPLE} >= acknowledged
    assert len(acknowledged) < KILLS, "no kill fell into an import: make the roster longer"


@pytest.mark.timeout(240)
def test_no_code_that_was_printed_is_lost(url: str, env: dict[str, str], key_file: Path) -> None:
    command = [sys.executable, "-m", "tests.sponsors.victim", "issue", str(KILLS)]
    done = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=True, timeout=200
    )
    printed = dict(line.split() for line in done.stdout.splitlines())
    assert len(printed) >= KILLS

    async def lost() -> list[str]:
        directory, hasher, gone = Directory(url, read_keys(key_file)), CodeHasher(), []
        for reference, code in printed.items():
            candidate = await directory.candidate(reference, datetime.now(UTC))
            if not (
                candidate and candidate.is_live and await hasher.verify(code, candidate.hashed)
            ):
                gone.append(reference)
        async with directory.reading() as connection:
            halves = "SELECT count(*) FROM access_code WHERE length(hashed) < 90 OR person_id NOT IN (SELECT id FROM person)"
            assert (await connection.execute(text(halves))).scalar_one() == 0
        hasher.close()
        await directory.close()
        return gone

    assert asyncio.run(lost()) == []
