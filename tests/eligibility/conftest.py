"""The real content, read once."""

import datetime

import pytest

from bot import knowledge
from bot.eligibility.content import load_criteria, load_reading
from bot.eligibility.models import Criteria
from bot.eligibility.wording import Writer
from bot.knowledge import Knowledge
from bot.reading.case import Reader
from bot.settings import ROOT

CONTENT = ROOT / "bot" / "content"
TODAY = datetime.date(2026, 11, 25)


@pytest.fixture(scope="session")
def held() -> Knowledge:
    return knowledge.load(CONTENT)


@pytest.fixture(scope="session")
def criteria(held: Knowledge) -> Criteria:
    return load_criteria(CONTENT, held)


@pytest.fixture(scope="session")
def reader(criteria: Criteria) -> Reader:
    return Reader(load_reading(CONTENT, criteria))


@pytest.fixture(scope="session")
def writer(held: Knowledge, criteria: Criteria) -> Writer:
    return Writer(held, criteria)
