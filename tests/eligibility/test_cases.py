"""Our own table of cases (cases.yml): words in, an outcome for each service out."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.eligibility import talk as talks
from bot.eligibility.engine import judge_all
from bot.eligibility.models import Case, Criteria
from bot.eligibility.talk import Talk
from bot.language.text import normalise
from bot.privacy.personal import clean
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


DIALOGUES: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "dialogues.yml").read_text(encoding="utf-8")
)


def wanted(row: dict[str, Any]) -> dict[str, str]:
    return {
        SERVICES[short]: outcome
        for key, outcome in KEYS.items()
        for short in str(row.get(key, "")).split()
    }


@pytest.mark.parametrize(
    "row", DIALOGUES, ids=[row.get("then", row["text"])[:50] for row in DIALOGUES]
)
def test_second_message(criteria: Criteria, reader: Reader, row: dict[str, Any]) -> None:
    about = [SERVICES[short] for short in row["about"].split()]
    talk: Talk | None = Talk()
    for text in (row["text"], *([row["then"]] if "then" in row else [])):
        assert talk is not None
        said = reader.read(normalise(clean(text, TODAY).text), TODAY)
        talk = talks.told(criteria, talk, said, "out_of_scope", about)
    assert talk is not None
    found = talks.all_outcomes(criteria, talk, {})
    assert {service: found[service] for service in wanted(row)} == wanted(row)


@pytest.mark.parametrize("row", ROWS, ids=[row["text"][:50] for row in ROWS])
def test_case(criteria: Criteria, reader: Reader, row: dict[str, Any]) -> None:
    said = reader.read(normalise(clean(row["text"], TODAY).text), TODAY)
    found = {
        j.service: j.outcome.value for j in judge_all(criteria, Case(said.facts, said.conflicts))
    }
    assert wanted(row)
    assert {service: found[service] for service in wanted(row)} == wanted(row), dict(said.facts)
