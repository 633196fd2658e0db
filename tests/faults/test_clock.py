"""The wall clock is set forward or back: nothing is deleted by it that is not old, and nobody's turn
comes too early or too late.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.clock import DOUBT, JUMP, WEEK, WallClock
from bot.gateway.audit import AuditLog
from bot.safety.audit import Event, Kind, file_of
from bot.sponsors.administration import Administration
from bot.sponsors.hashing import CodeHasher
from bot.sponsors.keys import add_key, read_keys
from bot.sponsors.lookup import LookUp
from bot.sponsors.sessions import Sessions
from bot.sponsors.store import Directory
from tests.sponsors.test_directory import roster

NOW = datetime.now(UTC)
DAY = timedelta(days=1)
YEARS = 3 * 365 * DAY
HELP = Event(Kind.HELP, "page")


@dataclass
class Time:
    """Both clocks of a machine."""

    wall: datetime = field(default_factory=lambda: NOW)
    ran: float = 0.0

    def now(self) -> datetime:
        return self.wall

    def steady(self) -> float:
        return self.ran

    def pass_by(self, span: timedelta) -> None:
        self.wall += span
        self.ran += span.total_seconds()


@pytest.mark.parametrize(
    ("last", "jumps", "then", "may"),
    [
        (None, 0 * DAY, 0 * DAY, True),  # the first start of all
        (WEEK, 0 * DAY, 400 * DAY, True),
        (WEEK, JUMP, 0 * DAY, True),
        (WEEK, JUMP + timedelta(hours=1), 0 * DAY, False),
        (WEEK, YEARS, 0 * DAY, False),
        (WEEK, YEARS, 400 * DAY, False),  # until it is set right, or the service started again
        (WEEK, -YEARS, 0 * DAY, True),
        (2 * WEEK, 0 * DAY, 0 * DAY, True),
        (2 * WEEK + DAY, 0 * DAY, 0 * DAY, False),
        (2 * WEEK + DAY, 0 * DAY, DOUBT - timedelta(hours=1), False),
        (2 * WEEK + DAY, 0 * DAY, DOUBT, True),  # it was a quiet service, and nobody objected
        (2 * WEEK + DAY, YEARS, DOUBT, False),
    ],
)
def test_a_clock_that_jumped_deletes_nothing(
    last: timedelta | None, jumps: timedelta, then: timedelta, may: bool
) -> None:
    machine = Time()
    clock = WallClock(machine.now, machine.steady)
    written = None if last is None else NOW - last
    clock.may_delete(written)
    machine.wall += jumps
    machine.pass_by(then)
    assert clock.may_delete(written) is may


@pytest.mark.parametrize("jump", [YEARS, -YEARS], ids=["forward", "back"])
async def test_the_sponsor_audit_outlives_a_clock_that_jumps(
    tmp_path: Path, jump: timedelta
) -> None:
    add_key(tmp_path / "keys")
    directory = Directory(f"sqlite:///{tmp_path}/sponsors.db", read_keys(tmp_path / "keys"))
    await directory.upgrade()
    await directory.note("look-up", "refused", person=None, reference="LPP0001")
    machine = Time()
    look_up = LookUp(directory, Sessions(), machine.now, steady=machine.steady)
    machine.wall += jump
    await look_up.forget_audit(365)
    assert await directory.last_audited(NOW + DAY) is not None
    # The host was switched off, and has another clock since.
    again = LookUp(directory, Sessions(), machine.now, steady=machine.steady)
    await again.forget_audit(365)
    assert await directory.last_audited(NOW + DAY) is not None
    machine.wall -= jump
    machine.pass_by(366 * DAY)
    await look_up.forget_audit(365)
    assert await directory.last_audited(NOW + DAY) is None
    await look_up.close()
    await again.close()


@pytest.mark.parametrize("jump", [YEARS, -YEARS], ids=["forward", "back"])
def test_the_crisis_audit_outlives_a_clock_that_jumps(tmp_path: Path, jump: timedelta) -> None:
    machine = Time()

    def write(audit: AuditLog) -> None:
        audit.record(HELP)
        audit.close()

    def started() -> AuditLog:
        return AuditLog(tmp_path, 30, "abc123", machine.now, machine.steady)

    write(started())
    first = file_of(tmp_path, machine.wall.date())
    running = started()
    machine.wall += jump
    write(running)
    assert first.exists()
    write(started())
    assert first.exists()
    assert file_of(tmp_path, machine.wall.date()).exists()  # written on, by the clock there is
    machine.wall -= jump
    machine.pass_by(31 * DAY)
    late = started()
    write(late)
    assert first.exists()  # nothing was written for a month
    machine.pass_by(DOUBT)
    late = started()
    machine.pass_by(DOUBT)
    write(late)
    assert not first.exists()


async def test_a_clock_set_back_opens_nothing_that_was_revoked(tmp_path: Path) -> None:
    """What it does open is a code that was over by time alone, for as long as the clock is wrong."""
    add_key(tmp_path / "keys")
    directory = Directory(f"sqlite:///{tmp_path}/sponsors.db", read_keys(tmp_path / "keys"))
    await directory.upgrade()
    administration, hasher = Administration(directory), CodeHasher()
    await administration.load(roster())
    machine = Time()
    look_up = LookUp(directory, Sessions(), machine.now, steady=machine.steady)

    async def opens(code: str) -> bool:
        return (await look_up.look_up("LPP0001", code, "192.0.2.1", "")).kind == "found"

    try:
        code = (await administration.issue(hasher, "LPP0001")).code
        assert await opens(code)
        machine.pass_by(YEARS)
        assert not await opens(code)
        machine.wall -= YEARS
        assert await opens(code)
        await administration.revoke("LPP0001")
        assert not await opens(code)
        machine.wall -= YEARS
        assert not await opens(code)
    finally:
        hasher.close()
        await look_up.close()
