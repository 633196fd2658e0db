"""Every answer about a case: short, plain, from the page, and never a promise."""

import re
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
import textstat
import yaml

from bot.eligibility.engine import judge
from bot.eligibility.models import Case, Criteria, State
from bot.eligibility.wording import Told, Writer
from bot.knowledge import Knowledge
from bot.knowledge.models import Status
from bot.language.text import normalise
from bot.reading.case import Reader
from tests.eligibility.conftest import TODAY

ROWS: list[dict[str, Any]] = yaml.safe_load(
    (Path(__file__).parent / "cases.yml").read_text(encoding="utf-8")
)
ONE_MAX, MORE_MAX, CHARACTERS_MAX = 120, 190, 1200
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
        "Not ruled out by what you told me: Swaleside, Community Pathway, First Step Trust, SOVA Support Link.",
    ]


def test_what_the_page_has_no_rule_on_is_said(writer: Writer) -> None:
    told = writer.answer(Case({"sex": "male", "origin": "london", "age": (41, 41)}), ["swaleside"])
    assert "• No rule on the page for this service: age; the home area." in told.text


@pytest.mark.parametrize(
    ("services", "row"),
    [
        (["belmarsh", "swaleside"], ("not met", "no rule")),
        (["belmarsh", "swaleside", "sova"], ("not met", "no rule", "no rule")),
    ],
)
def test_two_or_three_services_stand_side_by_side(
    writer: Writer, services: list[str], row: tuple[str, ...]
) -> None:
    told = writer.answer(Case({"sex": "male", "origin": "elsewhere"}), services)
    assert told.table is not None
    assert told.table.columns[1:] == tuple(map(writer._label, services))
    assert ("from London", *row) in told.table.rows
    assert all(label in told.text for label in told.table.columns[1:])


def test_more_services_than_a_phone_has_room_for_stand_in_groups(writer: Writer) -> None:
    services = ["belmarsh", "swaleside", "sova", "community"]
    told = writer.answer(Case({"sex": "male", "origin": "elsewhere"}), services)
    assert told.table is None
    assert "Does not fit: Belmarsh" in told.text


def test_two_rules_of_the_page_on_one_fact_are_two_rows(writer: Writer) -> None:
    """Aylesbury asks for signs of an emerging disorder, Belmarsh for personality difficulties."""
    told = writer.answer(Case({"personality": "yes"}), ["aylesbury", "belmarsh"])
    assert told.table is not None
    assert ("signs of an emerging personality disorder", "met", "no rule") in told.table.rows
    assert ("personality difficulties", "no rule", "met") in told.table.rows


def test_a_part_that_comes_to_no_is_told_with_its_whole(writer: Writer) -> None:
    told = writer.answer(Case({"months_left": (4, 4), "age": (19, 19)}), ["aylesbury"])
    assert "Aylesbury: I can't tell yet." in told.text
    assert (
        "Aylesbury Intervention Service: no, going by the page. It is for those with 12 months or more left to serve (4 months left)."
        in told.text
    )


def test_a_conflict_is_asked_about(writer: Writer) -> None:
    assert writer.answer(Case({}, ("age",)), ["aylesbury"]).text.startswith(
        "You told me two different things about age. Which one is right?"
    )


@pytest.mark.parametrize("status", [Status.UNDER_REVIEW, Status.WITHDRAWN])
def test_a_services_status_comes_first_and_is_on_its_label(
    held: Knowledge, criteria: Criteria, status: Status
) -> None:
    sova = held.services["sova"].model_copy(update={"status": status})
    writer = Writer(held.model_copy(update={"services": {**held.services, "sova": sova}}), criteria)
    case = Case({"area": "london", "custody": "community"})
    told = writer.answer(case, ["sova"])
    assert told.text.startswith("Please note: SOVA Support Link is ")
    assert f"SOVA Support Link ({status.value.replace('_', ' ')})" in writer.answer(case, []).text
    assert ("SOVA Support Link (withdrawn) may fit" in told.text) is False
    assert ("may fit" in told.text) is (status is Status.UNDER_REVIEW)


def test_the_summary_has_a_row_for_each_service(writer: Writer, criteria: Criteria) -> None:
    told = writer.summary(
        [Case({"sex": "female", "origin": "london", "area": "london", "age": (24, 24)})], TODAY
    )
    assert told.table is not None
    assert len(told.table.rows) == len(criteria.services)
    assert "a woman" in told.text
    assert "aged 24" in told.text
    assert "25 November 2026" in told.text
    assert "last checked 22 November 2026" in told.source


def test_the_summary_of_two_people_tells_them_apart(writer: Writer, criteria: Criteria) -> None:
    told = writer.summary([Case({"age": (19, 19)}), Case({"age": (24, 24)})], TODAY)
    assert told.table is not None
    assert len(told.table.rows) == 2 * len(criteria.services)
    assert told.table.rows[0][0].startswith("The 19-year-old: ")
    assert told.table.rows[-1][0].startswith("The 24-year-old: ")


def test_each_cell_of_the_summary_is_the_criterions_own_state(
    writer: Writer, criteria: Criteria
) -> None:
    case = Case({"sex": "male", "origin": "elsewhere", "violence": "yes", "high_risk": "no"})
    told = writer.summary([case], TODAY)
    assert told.table is not None
    for service, (_, outcome, met, not_met, not_said) in zip(
        criteria.services, told.table.rows, strict=True
    ):
        found = judge(criteria, case, service)
        assert outcome == criteria.words.outcomes[found.outcome]
        for cell, state in ((met, State.MET), (not_met, State.NOT_MET)):
            labels = [criteria.criteria[id_].label for id_ in found.having(state)]
            assert cell == ", ".join(labels)
        for id_ in found.having(State.NOT_GIVEN):
            taken = criteria.criteria[id_].needs != "always"
            assert taken or criteria.criteria[id_].label in not_said


SILENT = [
    ("transgender", "It says nothing about transgender people."),
    ("immigration", "nothing about immigration status or detention."),
    ("hospital", "nothing about hospital orders or secure hospitals."),
    ("remand", "nothing about people on remand."),
]


@pytest.mark.parametrize(("fact", "note"), SILENT)
def test_where_the_page_is_silent_it_is_said_and_nothing_is_decided(
    writer: Writer, fact: str, note: str
) -> None:
    told = writer.answer(Case({fact: "yes"}), ["belmarsh"])
    assert note in told.text
    assert "I can't tell yet" in told.text


def test_no_service_is_named_for_under_18s(writer: Writer) -> None:
    note = "The page names no service for under 18s."
    assert note in writer.answer(Case({"age": (17, 17)}), ["aylesbury"]).text
    assert note not in writer.answer(Case({"age": (18, 18)}), ["aylesbury"]).text


def test_what_may_fit_is_named_with_whom_it_is_for(writer: Writer) -> None:
    told = writer.answer(Case({"area": "london", "custody": "community"}), [])
    assert (
        "SOVA Support Link may fit. It is for people in London, some at sentence end." in told.text
    )


FOUR = Case(
    {
        "sex": "female",
        "origin": "london",
        "area": "london",
        "opd": "yes",
        "custody": "community",
        "probation": "yes",
        "excluded": "yes",
    }
)


def test_of_more_than_three_that_may_fit_the_rest_stand_behind_buttons(writer: Writer) -> None:
    told = writer.answer(FOUR, [])
    fits = [line for line in told.text.splitlines() if "may fit. It is for" in line]
    assert [line.split(" may fit")[0] for line in fits] == [
        "• Women in Prison",
        "• Community Pathway",
        "• SOVA Support Link",
    ]
    assert "• More may fit: 1. See the buttons below." in told.text
    assert told.more == ("first_step_trust",)
    fewer = writer.answer(Case({**FOUR.facts, "opd": "no"}), [])
    assert "More may fit" not in fewer.text
    assert fewer.more == ()


def test_what_misses_least_is_named_first(writer: Writer) -> None:
    case = Case({"sex": "male", "personality": "yes", "violence": "yes", "excluded": "no"})
    (unknown,) = [
        line for line in writer.answer(case, []).text.splitlines() if "I can't tell yet" in line
    ]
    places = [unknown.index(name) for name in ("Swaleside", "Community Pathway", "Belmarsh")]
    assert places == sorted(places)


def test_every_answer_ends_with_the_one_next_step_that_the_page_holds(
    answers: list[tuple[str, tuple[str, ...], Told]],
) -> None:
    ends = {told.text.splitlines()[-1].split("The service decides. ")[-1] for _, _, told in answers}
    assert ends == {
        "To refer, see the downloads section.",
        "For others, see the downloads section.",
    }


@pytest.mark.parametrize(
    ("facts", "services", "end"),
    [
        ({"sex": "female"}, ["belmarsh"], "For others,"),
        ({"sex": "female"}, ["belmarsh", "swaleside"], "For others,"),
        ({"sex": "female"}, ["belmarsh", "sova"], "To refer,"),
        ({"sex": "male"}, ["belmarsh"], "To refer,"),
    ],
)
def test_the_next_step_after_a_no_is_another_service(
    writer: Writer, facts: dict[str, Any], services: list[str], end: str
) -> None:
    assert end in writer.answer(Case(facts), services).text.splitlines()[-1]


RULES = [
    # what a question about people in general names -> the lines of its answer
    (
        {"age": (22, 999)},
        [
            "• Aylesbury: it is for those aged 18 to 21.",
            "• No rule on age: Belmarsh, Swaleside, Community Pathway, Women in Prison, First Step Trust, SOVA Support Link.",
        ],
    ),
    (
        {"sex": "male", "stuck": "yes"},
        [
            "• Belmarsh, Swaleside: it is for men who are 'stuck' or at risk of further offending.",
            "• No rule on being 'stuck': Aylesbury, Community Pathway, Women in Prison, First Step Trust, SOVA Support Link.",
        ],
    ),
    (
        {"months_left": (0, 11)},
        [
            "• Aylesbury Intervention Service: it is for those with 12 months or more left to serve.",
            "• No rule on time left: Aylesbury, Belmarsh, Swaleside, Community Pathway, Women in Prison, First Step Trust, SOVA Support Link.",
        ],
    ),
]


@pytest.mark.parametrize(("facts", "lines"), RULES)
def test_a_question_about_people_in_general_has_the_rules_first(
    writer: Writer, facts: dict[str, Any], lines: list[str]
) -> None:
    told = writer.rules(Case(facts))
    assert told.text.splitlines()[1:3] == lines
    assert "see the downloads section" in told.text
