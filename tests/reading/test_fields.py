"""Fields of a form, and levels of which two are a range."""

from typing import Any

import pytest

from bot.language.text import normalise
from bot.reading.case import Reader
from bot.reading.fields import OPEN, level
from tests.eligibility.conftest import TODAY


@pytest.mark.parametrize(
    ("text", "value", "words"),
    [
        ("high", "yes", 1),
        ("very high", "yes", 2),
        ("low", "no", 1),
        ("medium", "middle", 1),
        ("low to high", OPEN, 3),
        ("medium high", OPEN, 2),
        ("medium bordering on high", OPEN, 4),
        ("high / very high", "yes", 4),
        ("from low to high", "yes", 4),
        ("was high , now low", "no", 5),
        ("high but now medium", "middle", 4),
        ("h / m", OPEN, 3),
        ("high / m / 20", "yes", 1),
        ("high , m , 20", "yes", 1),
        ("high , low", "yes", 1),
        ("violence", "", 0),
    ],
)
def test_a_level_and_what_is_joined_to_it(text: str, value: str, words: int) -> None:
    assert level(text.split(), 0, "middle") == (value, words)


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        ("Risk of reoffending: low", {"reoffending": "no", "high_risk": None}),
        ("Reoffending risk is assessed as high", {"reoffending": "yes", "high_risk": None}),
        ("Reoffending: medium", {"reoffending": None, "high_risk": None}),
        ("OGRS band: low", {"reoffending": "no", "high_risk": None}),
        ("RoSH level: medium to high", {"high_risk": None}),
        ("Overall risk: was medium, now high", {"high_risk": "yes"}),
        ("High risk? Not really. Age 20", {"high_risk": None}),
        ("High risk? Definitely. Age 20", {"high_risk": "yes"}),
        ("Therapy: declined", {"ready": "no"}),
        ("Treatment: wants it", {"ready": "yes"}),
        ("Therapy: completed", {"ready": None}),
        ("Motivation for treatment: low", {"ready": "no"}),
        ("Settled? Far from it. Ready? No.", {"settled": "unsettled", "ready": "no"}),
        ("Settled: mixed", {"settled": None}),
        ("Progress: none since May", {"stuck": "yes"}),
        ("Progress: steady", {"stuck": "no"}),
        ("he makes progress: none can say how", {"stuck": None}),
        ("Parole: no date yet", {"move": None}),
        ("Next step: cat C in 2027", {"move": "yes"}),
        ("Move within 2 years: unlikely", {"move": "no"}),
        ("Diagnosis: none formally", {"personality": None}),
    ],
)
def test_a_field_gives_its_fact(reader: Reader, text: str, facts: dict[str, Any]) -> None:
    found = reader.read(normalise(text), TODAY).facts
    assert {fact: found.get(fact) for fact in facts} == facts
