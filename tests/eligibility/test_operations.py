"""What a second message does to a case: short dialogues, each with what it comes to."""

from typing import Any

import pytest
from hypothesis import given

from bot.eligibility import talk as talks
from bot.eligibility.models import Case, Criteria, Value
from bot.eligibility.operations import Operation, after, contradicted, operation, without
from bot.eligibility.talk import Talk
from bot.eligibility.wording import Writer
from bot.language.text import normalise
from bot.reading.case import Reader
from bot.reading.said import Said
from tests.eligibility.conftest import TODAY
from tests.eligibility.test_engine import FACTS

LPPU = "M 36, Enfield, PD, robbery, stuck, open conditions likely in 10 months"
YOUNG = "M 19, Aylesbury, high risk, emerging PD, 20 months left"

DIALOGUES: list[tuple[str, str, str, str, dict[str, Any]]] = [
    # first message, service, second message -> operation, facts that are otherwise than after the first one (None: no longer given)
    (LPPU, "belmarsh", "he is also settled on the wing now", "add", {"settled": "settled"}),
    (YOUNG, "aylesbury_is", "10m left", "add", {"months_left": (10, 10)}),
    (LPPU, "belmarsh", "previous for arson and ABH, still stuck, at risk of reoffending", "add", {"reoffending": "yes"}),
    (LPPU, "belmarsh", "sorry, she's a woman", "correct", {"sex": "female"}),
    (LPPU, "belmarsh", "She, not he. Sorry.", "correct", {"sex": "female"}),
    (YOUNG, "aylesbury_is", "correction: 8 months, not 20", "correct", {"months_left": (8, 8)}),
    (YOUNG, "aylesbury_is", "my mistake, he's 22", "correct", {"age": (22, 22)}),
    (LPPU, "belmarsh", "oops, 31 months", "correct", {"move": "no"}),
    (YOUNG, "aylesbury", "what if he was 22", "suppose", {"age": (22, 22)}),
    (YOUNG, "aylesbury_is", "what if it was 7 months left?", "suppose", {"months_left": (7, 7)}),
    (LPPU, "belmarsh", "would it be the same if he was from Dover?", "suppose", {"origin": "elsewhere", "area": "elsewhere"}),
    (LPPU, "belmarsh", "same but in Kent", "compare", {"origin": "elsewhere", "area": "elsewhere"}),
    (LPPU, "belmarsh", "M, 36, Ipswich, same history. LPPU?", "compare", {"origin": "elsewhere", "area": "elsewhere"}),
    (YOUNG, "aylesbury", "another one: M 23, low risk", "anew",
     {"age": (23, 23), "high_risk": "no", "personality": None, "months_left": None, "custody": None}),
    (YOUNG, "aylesbury", "different case now: woman, 30, Barnet, OPD pathway", "anew",
     {"age": (30, 30), "sex": "female", "origin": "london", "area": "london", "opd": "yes",
      "high_risk": None, "months_left": None, "custody": None}),
    (YOUNG, "aylesbury", "and my other son, 22?", "anew",
     {"age": (22, 22), "high_risk": None, "personality": None, "months_left": None, "custody": None}),
    (LPPU, "belmarsh", "M 50, Cardiff, PD, GBH, unsettled", "anew",
     {"age": (50, 50), "origin": "elsewhere", "area": "elsewhere", "settled": "unsettled", "stuck": None, "move": None, "custody": None}),
]  # fmt: skip


def talk_after(
    criteria: Criteria, reader: Reader, text: str, talk: Talk, services: list[str]
) -> Talk | None:
    said = reader.read(normalise(text), TODAY)
    return talks.told(criteria, talk, said, "out_of_scope", services)


@pytest.mark.parametrize(
    ("first", "service", "second", "kind", "changed"),
    DIALOGUES,
    ids=[f"{d[2][:40]}" for d in DIALOGUES],
)
def test_a_second_message(
    criteria: Criteria,
    reader: Reader,
    first: str,
    service: str,
    second: str,
    kind: str,
    changed: dict[str, Any],
) -> None:
    before = talk_after(criteria, reader, first, Talk(), [service])
    assert before is not None
    found = talk_after(criteria, reader, second, before, [])
    assert found is not None
    assert found.operation == kind
    now = (found.supposed or found.case).facts
    told = {*before.case.facts, *now}
    assert {
        fact: now.get(fact) for fact in told if now.get(fact) != before.case.facts.get(fact)
    } == changed
    assert (found.supposed is not None) is (kind == "suppose")
    if kind == "suppose":
        assert found.case == before.case
    if kind != "anew" or "another" in second:
        assert found.services == (service,)


ABOUT_SOMETHING_ELSE = [
    "can we visit him",
    "when is the forum checked",
    "what does swaleside offer",
    "who runs it",
    "thanks",
]


@pytest.mark.parametrize("text", ABOUT_SOMETHING_ELSE)
def test_a_question_changes_nothing(criteria: Criteria, reader: Reader, text: str) -> None:
    before = talk_after(criteria, reader, LPPU, Talk(), ["belmarsh"])
    assert before is not None
    assert talk_after(criteria, reader, text, before, []) is None


def test_where_a_sponsor_is_looked_for_is_no_more_of_the_case(
    criteria: Criteria, reader: Reader
) -> None:
    before = talk_after(criteria, reader, LPPU, Talk(), ["belmarsh"])
    assert before is not None
    said = reader.read("i'm in Hackney and need my sponsor", TODAY)
    assert talks.told(criteria, before, said, "ask_sponsor_find", []) is None
    assert talks.told(criteria, before, said, "out_of_scope", []) is not None


def test_what_the_last_message_said_of_somebody_else_is_taken_back(
    criteria: Criteria, reader: Reader
) -> None:
    first = talk_after(criteria, reader, LPPU, Talk(), ["belmarsh"])
    assert first is not None
    second = talk_after(criteria, reader, "he's settled and 41", first, [])
    assert second is not None
    assert second.case.facts["settled"] == "settled"
    third = talk_after(criteria, reader, "no that was my brother", second, [])
    assert third is not None
    assert "settled" not in third.case.facts
    assert third.operation == "retract"


def test_each_fact_knows_its_message(criteria: Criteria, reader: Reader) -> None:
    first = talk_after(criteria, reader, LPPU, Talk(), ["belmarsh"])
    assert first is not None
    second = talk_after(criteria, reader, "he's settled", first, [])
    assert second is not None
    assert second.case.said_in["violence"] == 1
    assert second.case.said_in["settled"] == 2
    assert Talk.from_slot(second.as_slot()).case == second.case


@given(FACTS, FACTS)
def test_no_operation_changes_the_case_that_it_is_given(
    facts: dict[str, Value], more: dict[str, Value]
) -> None:
    case = Case(facts, said_in=dict.fromkeys(facts, 1))
    kept = Case(dict(facts), said_in=dict.fromkeys(facts, 1))
    for kind in Operation:
        found = after(case, Said(more), kind, 2)
        assert case == kept
        assert kind is Operation.RETRACT or all(found.facts[fact] == more[fact] for fact in more)
    assert without(after(case, Said(more), Operation.ADD, 2), 2).facts.items() <= facts.items()


@pytest.mark.parametrize(
    ("held", "given_now", "fact"),
    [
        ({"age": (19, 19)}, {"age": (22, 22)}, ("age",)),
        ({"age": (18, 25)}, {"age": (22, 22)}, ()),
        ({"sex": "male"}, {"sex": "female"}, ("sex",)),
        ({"sex": "male"}, {"stuck": "yes"}, ()),
    ],
)
def test_contradicted(
    held: dict[str, Value], given_now: dict[str, Value], fact: tuple[str, ...]
) -> None:
    assert contradicted(Case(held), given_now) == fact


def test_out_of_prison_there_is_no_time_left_in_it() -> None:
    case = Case({"custody": "prison", "prison": "elsewhere", "months_left": (4, 4)})
    found = after(case, Said({"custody": "community"}), Operation.CORRECT, 2)
    assert dict(found.facts) == {"custody": "community"}


def test_three_facts_that_agree_are_no_other_case() -> None:
    case = Case({"age": (30, 30), "sex": "male"})
    more: dict[str, Value] = {"stuck": "yes", "violence": "yes", "personality": "yes"}
    assert operation(case, Said(more), 3) is Operation.ADD
    assert operation(case, Said({**more, "age": (40, 40)}), 4) is Operation.ANEW


PEOPLE: list[tuple[str, list[dict[str, Any]]]] = [
    ("A) M 19, Aylesbury, low risk. B) F 35, Ealing, OPD pathway.",
     [{"age": (19, 19), "sex": "male", "high_risk": "no"}, {"age": (35, 35), "sex": "female", "area": "london"}]),
    ("1) M 24 Hackney PD GBH 2) M 31 Leeds PD ABH. Belmarsh?",
     [{"age": (24, 24), "origin": "london"}, {"age": (31, 31), "origin": "elsewhere"}]),
    ("a 20 year old man, and a 35 year old woman in Lambeth, on the pathway, Aylesbury for him, WIP for her",
     [{"age": (20, 20)}, {"age": (35, 35), "opd": "yes"}]),
    ("I have two: a 20 year old man at Aylesbury; and a 35 year old woman in Lambeth", [{"age": (20, 20)}, {"age": (35, 35)}]),
    ("two lads, 18 and 23, both high risk", [{"age": (18, 18), "high_risk": "yes"}, {"age": (23, 23), "high_risk": "yes"}]),
    ("my son is 20 and my nephew is 24, aylesbury?", [{"age": (20, 20)}, {"age": (24, 24)}]),
    ("one is 20, the other is 25, both in Aylesbury", [{"age": (20, 20), "custody": "prison"}, {"age": (25, 25), "custody": "prison"}]),
    ("M 20 high risk, Aylesbury; F 30 Lambeth on the pathway", [{"age": (20, 20), "sex": "male"}, {"age": (30, 30), "sex": "female", "opd": "yes"}]),
    # one person, though others are mentioned
    ("M 33 Camden PD GBH stuck, his co-defendant is 45 and from Hull", [{"age": (33, 33), "origin": "london"}]),
    ("my pal was 23 when they turned him down. i'm 19, in aylesbury. can i go", [{"age": (19, 19)}]),
    ("my mum asks about my brother, he's 20", [{"age": (20, 20), "sex": "male"}]),
    ("his wife is 40 and he is 25, from Ilford", [{"age": (25, 25), "sex": "male", "origin": "london"}]),
    ("me and my cellmate are both 23", [{"age": (23, 23)}]),
    ("stabbed his friend, PD, stuck, M 30", [{"age": (30, 30), "personality": "yes", "violence": "yes"}]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted"), PEOPLE, ids=[p[0][:40] for p in PEOPLE])
def test_whose_fact_it_is(reader: Reader, text: str, wanted: list[dict[str, Any]]) -> None:
    said = reader.read(normalise(text), TODAY)
    found = [said, *said.others]
    assert len(found) == len(wanted)
    for person, facts in zip(found, wanted, strict=True):
        assert {fact: person.facts.get(fact) for fact in facts} == facts
        assert person.conflicts == ()


def test_two_people_are_answered_each_by_name_of_the_difference(
    criteria: Criteria, reader: Reader, writer: Writer
) -> None:
    talk = talk_after(
        criteria, reader, "two lads, 18 and 23, both high risk, signs of PD", Talk(), ["aylesbury"]
    )
    assert talk is not None
    told = writer.people([(talk.case, talk.services), *talk.others])
    assert "The 18-year-old:" in told.text
    assert "The 23-year-old:\nAylesbury: no, going by the page." in told.text
    assert talks.all_outcomes(criteria, talk, {})["aylesbury"] == "unknown"


def test_each_of_two_is_held_against_the_service_that_stands_beside(
    criteria: Criteria, reader: Reader
) -> None:
    text = "A) for Aylesbury: M 19, high risk, emerging PD, in Aylesbury. B) for Women in Prison: F 35, Ealing, OPD pathway."
    talk = talk_after(criteria, reader, text, Talk(), ["aylesbury", "women_in_prison"])
    assert talk is not None
    assert talks.all_outcomes(criteria, talk, {}) == {"aylesbury": "yes", "women_in_prison": "yes"}
    assert Talk.from_slot(talk.as_slot()).others == talk.others


def test_what_the_case_is_now_is_one_line(writer: Writer, criteria: Criteria) -> None:
    for kind in Operation:
        line = writer.now(Case({"sex": "male", "age": (40, 40)}), kind)
        assert "a man, aged 40" in line
        assert "\n" not in line
    assert writer.now(Case(), Operation.ADD) == ""
