"""What words come to which facts, what they don't, and what is never in the output."""

import datetime
import json
from typing import Any

import pytest

from bot.language.text import normalise
from bot.reading.case import Reader, as_output, from_output
from tests.eligibility.conftest import TODAY

FACTS: list[tuple[str, dict[str, Any]]] = [
    # ages
    ("19 y/o", {"age": (19, 19)}),
    ("she turned nineteen", {"age": (19, 19), "sex": "female"}),
    ("in his early twenties", {"age": (20, 23), "sex": "male"}),
    ("a lad of twenty-one", {"age": (21, 21), "sex": "male"}),
    ("over 30", {"age": (31, 999)}),
    ("not 18 yet", {"age": (0, 17)}),
    ("born 14/03/2006", {"age": (20, 20)}),
    ("born in 2007", {"age": (18, 19)}),
    # times against 25 November 2026
    ("14 mths to serve", {"months_left": (14, 14), "custody": "prison"}),
    ("8m left", {"months_left": (8, 8), "custody": "prison"}),
    ("just under a year left", {"months_left": (0, 11), "custody": "prison"}),
    ("two and a half years to go", {"months_left": (30, 30), "custody": "prison"}),
    ("release November 2027", {"months_left": (11, 12), "custody": "prison"}),
    ("CRD 24/11/2027", {"months_left": (11, 11), "custody": "prison"}),
    ("CRD 25/11/2027", {"months_left": (12, 12), "custody": "prison"}),
    ("serving 4 years, 15 months left", {"months_left": (15, 15), "custody": "prison"}),
    ("he did ten years", {"sex": "male"}),
    ("parole hearing in June", {"move": "yes"}),
    ("no parole for six years", {"move": "no"}),
    ("no realistic prospect of a progressive move", {"move": "no"}),
    # who
    ("i'm his mum", {"sex": "male"}),
    ("his wife is 40", {"sex": "male"}),
    ("transgender prisoner", {"custody": "prison"}),
    ("Women in Prison", {}),
    # places
    ("from Croydon", {"origin": "london", "area": "london"}),
    ("grew up in Essex, lives in Hackney", {"origin": "elsewhere", "area": "london"}),
    ("not from London", {"origin": "elsewhere", "area": "elsewhere"}),
    ("HMP Leeds", {"custody": "prison"}),
    ("in Feltham", {"custody": "prison", "prison": "elsewhere"}),
    ("his family live in Hackney", {"sex": "male"}),
    ("London Pathways Progression Unit", {}),
    # what is denied, asked or not known
    ("no history of violence", {"violence": "no"}),
    ("Violence: none.", {"violence": "no"}),
    ("victim of domestic violence", {}),
    ("do you need a personality disorder diagnosis", {}),
    ("PD: not screened", {}),
    ("not sure if he's violent", {"sex": "male"}),
    ("not on the OPD pathway", {"opd": "no"}),
    ("on the opd pathway? not sure", {}),
    ("no, he's from Luton", {"sex": "male", "origin": "elsewhere", "area": "elsewhere"}),
    ("high risk of self-harm", {}),
    ("complex PTSD", {}),
    # criteria
    ("s.18", {"violence": "yes"}),
    ("knocked back by parole twice", {"stuck": "yes"}),
    ("IPP", {}),
    ("screened in", {"opd": "yes", "personality": "yes"}),
    ("can't settle, won't do his sentence plan", {"settled": "unsettled", "sex": "male"}),
    ("settled and ready for therapy", {"settled": "settled", "ready": "yes"}),
    ("not ready for treatment", {"ready": "no"}),
    ("unemployed", {}),
]


@pytest.mark.parametrize(("text", "facts"), FACTS)
def test_facts(reader: Reader, text: str, facts: dict[str, Any]) -> None:
    said = reader.read(normalise(text), TODAY)
    assert dict(said.facts) == facts
    assert said.conflicts == ()


@pytest.mark.parametrize(
    ("text", "conflict"),
    [
        ("he is 19. No, wait: she is 19", "sex"),
        ("aged 19, aged 24", "age"),
        ("6 months left, 18 months left", "months_left"),
    ],
)
def test_two_values_are_a_conflict_and_no_guess(reader: Reader, text: str, conflict: str) -> None:
    said = reader.read(text, TODAY)
    assert conflict in said.conflicts
    assert conflict not in said.facts


NAMES = (
    "Mr Testcase Exampleton, A1234BC, born 3/2/1985, 020 7946 0123, from Barking, PD, GBH, stuck"
)


def test_nothing_of_the_words_is_in_the_output(reader: Reader) -> None:
    said = reader.read(normalise(NAMES), TODAY)
    written = json.dumps(as_output(said)).lower()
    assert said.facts["age"] == (41, 41)
    assert [
        part
        for part in ("exampleton", "testcase", "1234", "1985", "7946", "barking")
        if part in written
    ] == []


def test_the_output_is_read_back_as_it_was(reader: Reader) -> None:
    said = reader.read("actually he's 22 with 14 months left, IS?", TODAY)
    assert said.services == ("aylesbury_is",)
    assert from_output(json.loads(json.dumps(as_output(said)))) == said


ANSWERS = [
    ("yes", "yes"),
    ("Nope.", "no"),
    ("I don't know", "unknown"),
    ("stop", "stop"),
    ("start again please", "forget"),
    ("yes he can visit", ""),
]


@pytest.mark.parametrize(("text", "answer"), ANSWERS)
def test_answers(reader: Reader, text: str, answer: str) -> None:
    assert reader.read(normalise(text), TODAY).answer == answer


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "?!",
        "🙂",
        "x" * 500,
        "31/31/2031",
        "born 30/02/2005",
        "29 February",
        "999999999999 years",
        "- - -",
        "y" * 40 + "o",
    ],
)
@pytest.mark.parametrize(
    "today",
    [TODAY, datetime.date(2028, 2, 29), datetime.date(2026, 12, 31), datetime.date(2027, 1, 1)],
)
def test_nothing_breaks_it(reader: Reader, text: str, today: datetime.date) -> None:
    reader.read(normalise(text), today)
