from pathlib import Path

import pytest

from bot.knowledge import Knowledge, load

CONTENT = Path(__file__).resolve().parents[2] / "bot" / "content"


@pytest.fixture(scope="session")
def knowledge() -> Knowledge:
    return load(CONTENT)


@pytest.fixture(scope="session")
def content() -> Path:
    return CONTENT
