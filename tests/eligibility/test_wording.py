"""Every answer about a case: short, plain, from the page, and never a promise."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import textstat
import yaml

from bot.eligibility.models import Case, Criteria
from bot.eligibility.wording import Told, Writer
from bot.knowledge import Knowledge
from bot.knowledge.models import Status
from bot.language.text import normalise
from bot.reading.case import Reader
from tests.eligibility.conftest import TODAY

ROWS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "cases.yml").read_text(encoding="utf-8")
)
ONE_MAX, MORE_MAX, CHARACTERS_MAX = 120, 180, 1200
"""Words with the source for one service (docs/content.md) and for several, whose table repeats its
headings; characters of a whole reply.
"""
PROMISES = re.compile(
    r"\b(accepted|accepts you|eligible|suitable|qualif\w+|guarantee\w*|will (get|be|have))\b",
    re.IGNORECASE,
)
ADMITS = re.compile(r"the page does not say", re.IGNORECASE)


@pytest.fixture(scope="session")
def answers(
    criteria: Criteria, reader: Reader, writer: Writer
) -> list[tuple[str, tuple[str, ...], Told]]:
    """Each case of ours, for all services, for each one and for each two."""
    cases = [
        (row["text"], Case(said.facts, said.conflicts))
        for row in ROWS
        for said in [reader.read(normalise(row["text"]), TODAY)]
    ]
    scopes = [
        (),
        *((service,) for service in criteria.services),
        *combinations(criteria.services, 2),
    ]
    return [(text, scope, writer.answer(case, scope)) for text, case in cases for scope in scopes]


def whole(told: Told) -> str:
    return "\n".join(
        part
        for part in (told.text, told.table.as_text() if told.table else "", told.source)
        if part
    )


def test_no_answer_promises_anything(answers: list[tuple[str, tuple[str, ...], Told]]) -> None:
    assert {told.text for _, _, told in answers if PROMISES.search(whole(told))} == set()


def test_every_answer_fits(answers: list[tuple[str, tuple[str, ...], Told]]) -> None:
    long = [
        (scope, words)
        for _, scope, told in answers
        if (words := len(whole(told).replace("•", "").split()))
        > (ONE_MAX if len(scope) == 1 else MORE_MAX)
        or len(whole(told)) > CHARACTERS_MAX
    ]
    assert long == []


def test_every_answer_says_who_decides_what_the_page_does_not_say_and_when_it_was_checked(
    answers: list[tuple[str, tuple[str, ...], Told]],
) -> None:
    for _, _, told in answers:
        assert "The service decides." in told.text
        assert ADMITS.search(told.text)
        assert "last checked 22 November 2026" in told.source


def test_nothing_that_was_typed_is_told_back(
    answers: list[tuple[str, tuple[str, ...], Told]],
) -> None:
    typed = ("exampleton", "a1234bc", "croydon", "tottenham", "lad", "gbh", "murder")
    assert {
        told.text
        for _, _, told in answers
        if any(word in re.findall(r"\w+", whole(told).lower()) for word in typed)
    } == set()


def test_a_child_of_eleven_can_read_it(
    answers: list[tuple[str, tuple[str, ...], Told]], criteria: Criteria
) -> None:
    labels = sorted({c.label for c in criteria.criteria.values()}, key=len, reverse=True)
    hard = {}
    for _, scope, told in answers:
        if len(scope) != 1:
            continue
        plain = re.sub("|".join(map(re.escape, labels)), "a thing", told.text)
        plain = " ".join(
            f"{line.strip('• .')}." for line in plain.replace(";", ".").splitlines() if line.strip()
        )
        grade = (
            textstat.automated_readability_index(plain) + textstat.coleman_liau_index(plain)
        ) / 2
        if grade > 9:
            hard[told.text] = grade
    assert hard == {}


def test_one_service_is_answered_by_criterion(writer: Writer) -> None:
    case = Case({"sex": "male", "origin": "elsewhere", "violence": "yes", "age": (41, 41)})
    told = writer.answer(case, ["belmarsh"])
    assert told.text.splitlines()[:4] == [
        "Belmarsh: no, going by the page. It is for men from London.",
        "• Met: a man; a history of violence.",
        "• Not said: personality difficulties; 'stuck' or at risk of further offending; a realistic progressive move within two years.",
        "• The page does not say anything on: age.",
    ]


def test_two_services_stand_side_by_side(writer: Writer) -> None:
    told = writer.answer(Case({"sex": "male", "origin": "elsewhere"}), ["belmarsh", "swaleside"])
    assert told.table is not None
    assert told.table.columns[1:] == ("Belmarsh", "Swaleside")
    assert ("from London", "not met", "no rule") in told.table.rows


def test_a_part_that_comes_to_no_is_told_with_its_whole(writer: Writer) -> None:
    told = writer.answer(Case({"months_left": (4, 4), "age": (19, 19)}), ["aylesbury"])
    assert "Aylesbury: I can't tell yet." in told.text
    assert (
        "Aylesbury Intervention Service: no, going by the page. It is for those with 12 months or more left to serve (4 months left)."
        in told.text
    )


def test_a_conflict_is_asked_about(writer: Writer) -> None:
    assert writer.answer(Case({}, ("age",)), ["aylesbury"]).text.startswith(
        "You told me two things on age. Which one is right?"
    )


@pytest.mark.parametrize("status", [Status.UNDER_REVIEW, Status.WITHDRAWN])
def test_a_services_status_comes_first_and_is_on_its_label(
    held: Knowledge, criteria: Criteria, status: Status
) -> None:
    sova = held.services["sova"].model_copy(update={"status": status})
    writer = Writer(held.model_copy(update={"services": {**held.services, "sova": sova}}), criteria)
    case = Case({"area": "london"})
    told = writer.answer(case, ["sova"])
    assert told.text.startswith("Please note: SOVA Support Link is ")
    assert f"SOVA Support Link ({status.value.replace('_', ' ')})" in writer.answer(case, []).text
    assert ("SOVA Support Link (withdrawn) may fit" in told.text) is False
    assert ("may fit" in told.text) is (status is Status.UNDER_REVIEW)


def test_the_summary_has_a_row_for_each_service(writer: Writer, criteria: Criteria) -> None:
    told = writer.summary(
        Case({"sex": "female", "origin": "london", "area": "london", "age": (24, 24)})
    )
    assert told.table is not None
    assert len(told.table.rows) == len(criteria.services)
    assert "a woman" in told.text
    assert "aged 24" in told.text
