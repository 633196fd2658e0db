"""The real service, started once for all tests that talk to it: `service.url`, and `service.env` to
run commands beside it.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from bot.evaluation.service import (
    Service,
    free_port,
    is_live,
    is_ready,
    start_service,
    stop_service,
)

__all__ = [
    "ROOT",
    "Service",
    "edit",
    "free_port",
    "is_live",
    "is_ready",
    "start_service",
    "stop_service",
]

ROOT = Path(__file__).resolve().parent.parent

# An example that takes long on a busy machine shows nothing.
settings.register_profile("signpost", deadline=None)
settings.load_profile("signpost")


def edit(file: Path, before: str, after: str) -> None:
    """Changes some words of a file, which have to be in it."""
    text = file.read_text(encoding="utf-8")
    assert before in text
    file.write_text(text.replace(before, after), encoding="utf-8")


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    started = start_service(tmp_path_factory.mktemp("service") / "run")
    yield started
    stop_service(started)
