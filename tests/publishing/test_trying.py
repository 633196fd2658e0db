"""The child that checks a draft: it says what `python -m bot check` says, and always ends."""

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bot.publishing import trying
from bot.publishing.trying import CannotTry
from bot.publishing.versions import Versions
from bot.settings import ROOT, Settings

CONTENT = ROOT / "bot/content"
BOMB = b"a0: &a0 [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"a%d: &a%d [%s]\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 10)
)
"""A few lines of YAML that unfold to more than any memory holds."""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, bytes]:
    return Versions(tmp_path / "versions", CONTENT).live()


def test_it_says_what_the_check_says(files: dict[str, bytes], tmp_path: Path) -> None:
    settings = Settings(run=tmp_path)
    assert trying.check(settings, files).problems == ()
    files["services/belmarsh.yml"] += b"\nnonsense: true\n"
    (problem, *_) = trying.check(settings, files).problems
    assert problem.startswith("services/belmarsh.yml:")
    assert "nonsense" in problem


def test_what_would_never_end_is_ended(
    files: dict[str, bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(trying, "CHECK_SECONDS", 8)
    files["services/belmarsh.yml"] = BOMB
    with pytest.raises(CannotTry):
        trying.check(Settings(run=tmp_path), files)


def test_who_stops_the_desk_does_not_wait_for_it(files: dict[str, bytes], tmp_path: Path) -> None:
    files["services/belmarsh.yml"] = BOMB
    with ThreadPoolExecutor(1) as thread:
        checking = thread.submit(trying.check, Settings(run=tmp_path), files)
        while not trying._running:
            time.sleep(0.05)
        began = time.monotonic()
        trying.stop()
        with pytest.raises(CannotTry):
            checking.result(timeout=30)
    assert time.monotonic() - began < 30
    assert not trying._running
