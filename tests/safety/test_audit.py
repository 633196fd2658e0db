"""The crisis audit: what a line holds and what it cannot hold, and that nothing wrong with its disk
is felt by anybody.
"""

import json
import os
import threading
import time
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from bot.gateway import audit as gateway_audit
from bot.gateway.audit import WAITING_MAX, AuditLog
from bot.reading.screening import Label, Screening, Situation, Who
from bot.safety.audit import Event, Kind, count, detector_version, event_of, file_of, outdated

NOW = datetime(2026, 11, 25, 3, 41, 7)
FOUND = Screening(Label.CRISIS, Who.SELF, "plan", "rule:noose", Situation.CUSTODY)


def log(folder: Path, days: int = 30) -> AuditLog:
    return AuditLog(folder, days, "abc123", lambda: NOW)


def test_a_line_holds_the_hour_and_how_it_was_decided_and_nothing_else(tmp_path: Path) -> None:
    audit = log(tmp_path)
    audit.record(event_of(FOUND))
    audit.close()
    (line,) = file_of(tmp_path, NOW.date()).read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {
        "hour": "2026-11-25T03",
        "kind": "crisis",
        "category": "plan",
        "who": "self",
        "decided_by": "rule:noose",
        "version": "abc123",
    }


def test_only_our_user_may_read_it(tmp_path: Path) -> None:
    audit = log(tmp_path / "audit")
    audit.record(event_of(FOUND))
    audit.close()
    assert (tmp_path / "audit").stat().st_mode & 0o077 == 0
    assert file_of(tmp_path / "audit", NOW.date()).stat().st_mode & 0o077 == 0


def test_counts_by_day_kind_category_and_who(tmp_path: Path) -> None:
    audit = log(tmp_path)
    for event in (
        event_of(FOUND),
        event_of(FOUND),
        Event(Kind.HELP, "in_cell"),
        Event(Kind.CONCERN, "low_mood", "self", "model"),
    ):
        audit.record(event)
    audit.close()
    with file_of(tmp_path, NOW.date()).open("a") as file:
        file.write('{"hour": "2026-11-2')  # the disk was full
    counts = count(tmp_path)
    assert counts.rows == {
        ("2026-11-25", "crisis", "plan", "self"): 2,
        ("2026-11-25", "help", "in_cell", ""): 1,
        ("2026-11-25", "concern", "low_mood", "self"): 1,
    }
    assert counts.deciders == {("abc123", "rule:noose"): 2}
    assert counts.unreadable == 1
    assert count(tmp_path / "never there").rows == {}


def test_a_day_is_forgotten_when_its_time_is_over(tmp_path: Path) -> None:
    kept, over = file_of(tmp_path, date(2026, 10, 26)), file_of(tmp_path, date(2026, 10, 25))
    lately = file_of(tmp_path, date(2026, 11, 15))
    for file in (kept, over, lately, tmp_path / "crisis-notes.jsonl", tmp_path / "other.txt"):
        file.write_text("", encoding="utf-8")
    assert list(outdated(tmp_path, NOW.date(), 30)) == [over]
    audit = log(tmp_path, days=30)
    audit.record(event_of(FOUND))
    audit.close()
    assert {file.name for file in tmp_path.iterdir()} == {
        kept.name,
        lately.name,
        file_of(tmp_path, NOW.date()).name,
        "crisis-notes.jsonl",
        "other.txt",
    }


def no_folder(folder: Path) -> None:
    folder.parent.joinpath("audit").write_text("a file is in its place", encoding="utf-8")


def full(folder: Path) -> None:
    folder.mkdir()
    file_of(folder, NOW.date()).symlink_to("/dev/full")


def stuck(folder: Path) -> None:
    """Opening it waits for a reader that never comes, as a disk that hangs does."""
    folder.mkdir()
    os.mkfifo(file_of(folder, NOW.date()))


@pytest.mark.parametrize("broken", [no_folder, full, stuck], ids=lambda how: how.__name__)
def test_a_store_that_is_dead_full_or_stuck_delays_nobody(
    tmp_path: Path, broken: Callable[[Path], None]
) -> None:
    broken(tmp_path / "audit")
    audit = log(tmp_path / "audit")
    started = time.monotonic()
    for _ in range(2 * WAITING_MAX):
        audit.record(event_of(FOUND))
    assert time.monotonic() - started < 1
    audit.close(seconds=0.2)
    assert time.monotonic() - started < 2
    assert not [
        thread for thread in threading.enumerate() if thread.name == "audit" and not thread.daemon
    ]


def test_a_days_file_has_a_largest_size(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway_audit, "FILE_MAX", 300)
    audit = log(tmp_path)
    for _ in range(50):
        audit.record(event_of(FOUND))
    audit.close()
    file = file_of(tmp_path, NOW.date())
    longest = max(map(len, file.read_bytes().splitlines(keepends=True)))
    assert 300 < file.stat().st_size <= 300 + longest


def test_goes_on_when_the_store_is_back(tmp_path: Path) -> None:
    (tmp_path / "audit").write_text("", encoding="utf-8")
    audit = log(tmp_path / "audit")
    for _ in range(3):
        audit.record(event_of(FOUND))
    deadline = time.monotonic() + 5
    while audit._waiting.qsize() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.05)
    (tmp_path / "audit").unlink()
    audit.record(event_of(FOUND))
    audit.close()
    assert count(tmp_path / "audit").rows.total() == 1


@pytest.mark.parametrize(
    ("card", "version"),
    [
        ('{"made_from": "0123456789abcdef"}', "0123456789ab"),
        ("{", "none"),
        ("[]", "none"),
        (None, "none"),
    ],
)
def test_the_version_is_that_of_the_training(
    tmp_path: Path, card: str | None, version: str
) -> None:
    if card is not None:
        (tmp_path / "safety.json").write_text(card, encoding="utf-8")
    assert detector_version(tmp_path) == version
