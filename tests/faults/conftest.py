"""A real Redis to be harmed, and a gateway on a real port that needs it."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.keyfile import add_key
from tests.gateway.conftest import run, start
from tests.redis_server import RedisServer, redis_server

__all__ = ["run", "start"]


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisServer]:
    (tmp_path / "redis").mkdir()
    with redis_server(tmp_path / "redis") as started:
        yield started


@pytest.fixture
def shared(server: RedisServer, tmp_path: Path) -> dict[str, Any]:
    """Settings of a gateway that shares conversations and limits."""
    add_key(tmp_path / "keys")
    return {
        "conversations": server.url,
        "conversations_keys": tmp_path / "keys",
        "rate_limit_storage": f"async+{server.url}",
    }
