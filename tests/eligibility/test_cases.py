"""Our own table of cases (cases.yml): words in, an outcome for each service out."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.eligibility.engine import judge_all
from bot.eligibility.models import Case, Criteria
from bot.language.text import normalise
from bot.reading.case import Reader
from tests.eligibility.conftest import TODAY

SERVICES = {
    "A": "aylesbury", "IS": "aylesbury_is", "B": "belmarsh", "S": "swaleside", "E": "swaleside_engagement", "T": "swaleside_treatment",
    "C": "community", "W": "women_in_prison", "F": "first_step_trust", "V": "sova",
}  # fmt: skip
KEYS = {"fits": "yes", "not": "no", "unknown": "unknown"}  # YAML takes yes and no for booleans
ROWS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "cases.yml").read_text(encoding="utf-8")
)


def test_there_are_enough_cases() -> None:
    assert len({row["text"] for row in ROWS}) >= 120


@pytest.mark.parametrize("row", ROWS, ids=[row["text"][:50] for row in ROWS])
def test_case(criteria: Criteria, reader: Reader, row: dict[str, Any]) -> None:
    said = reader.read(normalise(row["text"]), TODAY)
    found = {
        j.service: j.outcome.value for j in judge_all(criteria, Case(said.facts, said.conflicts))
    }
    wanted = {
        SERVICES[short]: outcome
        for key, outcome in KEYS.items()
        for short in str(row.get(key, "")).split()
    }
    assert wanted
    assert {service: found[service] for service in wanted} == wanted, dict(said.facts)
