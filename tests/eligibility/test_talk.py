"""When a message tells a case, what it changes of one, and what an answer in the middle of the
questions is taken for.
"""

from typing import Any

import pytest

from bot.eligibility import talk as talks
from bot.eligibility.models import Case, Criteria
from bot.eligibility.talk import Talk
from bot.language.text import normalise
from bot.reading.case import Reader
from tests.eligibility.conftest import TODAY

CASES = [
    # text, how it was classified, services that it names, whether it is a case
    ("M 41 Croydon PD GBH stuck", "out_of_scope", [], True),
    ("my son is 20", "ask_who_for", [], True),
    ("hes got 10 months left is that enough", "ask_who_for", ["aylesbury"], True),
    ("can women go to belmarsh", "ask_who_for", ["belmarsh"], True),
    ("Is the LPPU open to someone from Bristol?", "ask_contact", ["belmarsh"], True),
    ("can he go to belmarsh", "ask_who_for", ["belmarsh"], False),
    ("does belmarsh take cat A", "ask_who_for", ["belmarsh"], False),
    ("can i visit my son, he's 20", "ask_visits", ["belmarsh"], False),
    ("my son is 20 and in Aylesbury, how long does it last", "ask_duration", ["aylesbury"], False),
    ("who is it for", "ask_who_for", ["swaleside"], False),
    ("do you take violent offenders", "ask_who_for", [], False),
    # what there is for women is asked of nobody's case
    ("my mum is on licence in Camden, what is there for women", "ask_women", [], False),
    ("she is 32, on probation in Camden, screened in for PD: anything?", "ask_women", [], True),
    # one fact is all that a service asks for
    ("the job centre turned him away because of his record", "ask_capabilities", [], True),
    ("excluded from mainstream employment services", "ask_who_for", [], True),
    ("what does excluded from mainstream employment mean", "ask_meaning", [], False),
    ("how do i complain about the job centre, they refused me", "ask_complaint", [], False),
]


@pytest.mark.parametrize(("text", "intent", "services", "expected"), CASES)
def test_is_case(
    criteria: Criteria, reader: Reader, text: str, intent: str, services: list[str], expected: bool
) -> None:
    assert (
        talks.is_case(criteria, reader.read(normalise(text), TODAY), intent, services) is expected
    )


GENERAL = [
    # text, intent, services that it names, spoken of before -> whether all rules are told, services with a verdict
    ("do you take over 21s", "ask_young_people", [], [], True, ()),
    ("do you take 25 year olds", "ask_young_people", [], [], True, ()),
    ("do you work with under 18s", "ask_young_people", [], [], True, ()),
    ("are there places for men who are stuck", "ask_who_for", [], [], True, ()),
    ("do you take over 21s", "ask_young_people", [], ["aylesbury"], False, ("aylesbury",)),
    ("do you take over 21s", "ask_young_people", [], ["belmarsh"], False, ()),
    ("is it only for young offenders", "ask_young_people", [], ["aylesbury"], False, ()),
    ("15 places for whom?", "ask_places", [], ["women_in_prison"], False, ()),
    ("what do they do for 19 year olds", "ask_young_people", [], ["aylesbury"], False, ()),
    ("can women go to belmarsh", "ask_who_for", ["belmarsh"], [], False, ("belmarsh",)),
    ("do they take people over 50 at swaleside", "ask_who_for", ["swaleside"], [], False, ()),
]


@pytest.mark.parametrize(("text", "intent", "named", "before", "rules", "verdict"), GENERAL)
@pytest.mark.parametrize("has_case", [False, True])
def test_a_question_about_people_in_general_is_no_case(
    criteria: Criteria,
    reader: Reader,
    text: str,
    intent: str,
    named: list[str],
    before: list[str],
    rules: bool,
    verdict: tuple[str, ...],
    has_case: bool,
) -> None:
    said = reader.read(normalise(text), TODAY)
    talk = Talk(BEFORE.case, tuple(before)) if has_case else Talk()
    found = talks.told(criteria, talk, said, intent, named, before)
    assert (() if found is None else found.services) == verdict
    assert found is None or not has_case or found.case == BEFORE.case
    assert talks.asks_for_rules(criteria, said, intent, [*named, *before]) is rules


@pytest.mark.parametrize(
    "text",
    ["does your lot help out probation around London", "do you work with probation in Leeds"],
)
def test_a_question_about_us_is_no_case(criteria: Criteria, reader: Reader, text: str) -> None:
    said = reader.read(normalise(text), TODAY)
    assert talks.told(criteria, Talk(), said, "out_of_scope", []) is None


@pytest.mark.parametrize(
    "text",
    ["he's 25", "a 25 year old", "25 year old", "my son is over 21", "m 22", "i'm 25, any use?"],
)
def test_one_person_is_not_people_in_general(reader: Reader, text: str) -> None:
    assert reader.read(normalise(text), TODAY).general is False


BEFORE = Talk(
    Case({"sex": "male", "age": (20, 20), "months_left": (14, 14), "violence": "yes"}),
    ("swaleside",),
)
TOLD: list[tuple[str, str, list[str], dict[str, Any] | None, tuple[str, ...]]] = [
    # text, intent, services -> facts that changed, services; None: about something else
    ("actually he's 22", "affirm", [], {"age": (22, 22)}, ("swaleside",)),
    ("sorry i meant 8 months not 14", "out_of_scope", [], {"months_left": (8, 8)}, ("swaleside",)),
    ("8 months, not 14", "ask_duration", [], {"months_left": (8, 8)}, ("swaleside",)),
    (
        "oh wait he is in croydon",
        "ask_where",
        [],
        {"origin": "london", "area": "london"},
        ("swaleside",),
    ),
    ("what about belmarsh", "switch_service", ["belmarsh"], {}, ("belmarsh",)),
    ("and belmarsh?", "ask_about", ["belmarsh"], {}, ("belmarsh",)),
    ("so would he fit", "ask_who_for", [], {}, ("swaleside",)),
    ("can we visit him", "ask_visits", [], None, ()),
    ("tell me about belmarsh", "ask_about", ["belmarsh"], None, ()),
    ("when is the forum checked", "ask_forum_hours", [], None, ()),
    ("no i mean what would he get out of it", "ask_offer", [], None, ()),
    # what supposes nothing of a case, and what does
    ("what if he just sulks", "out_of_scope", [], None, ()),
    ("what if he was a woman", "ask_who_for", [], {}, ("swaleside",)),
    ("what if he went for belmarsh", "ask_who_for", ["belmarsh"], {}, ("belmarsh",)),
    # the other service is no other person
    ("and the other one, belmarsh", "switch_service", ["belmarsh"], {}, ("belmarsh",)),
]


@pytest.mark.parametrize(("text", "intent", "services", "changed", "about"), TOLD)
def test_a_message_after_a_case(
    criteria: Criteria,
    reader: Reader,
    text: str,
    intent: str,
    services: list[str],
    changed: dict[str, Any] | None,
    about: tuple[str, ...],
) -> None:
    after = talks.told(criteria, BEFORE, reader.read(normalise(text), TODAY), intent, services)
    if changed is None:
        assert after is None
        return
    assert after is not None
    assert {
        fact: value
        for fact, value in after.case.facts.items()
        if BEFORE.case.facts.get(fact) != value
    } == changed
    assert after.services == about


@pytest.mark.parametrize(
    ("text", "before", "about"),
    [
        ("is 21 included", ("aylesbury",), ("aylesbury",)),
        ("is 21 included", ("aylesbury", "belmarsh"), ()),
        ("he's 21 and high risk", ("aylesbury",), ()),
    ],
)
def test_a_question_of_one_fact_is_about_the_last_service(
    criteria: Criteria,
    reader: Reader,
    text: str,
    before: tuple[str, ...],
    about: tuple[str, ...],
) -> None:
    said = reader.read(normalise(text), TODAY)
    talk = talks.told(criteria, Talk(), said, "ask_young_people", [], before)
    assert talk is not None
    assert talk.services == about


@pytest.mark.parametrize(
    ("before", "asked_for", "about"),
    [
        (("belmarsh",), True, ("belmarsh",)),
        (("belmarsh",), False, ()),
        (("belmarsh", "swaleside"), True, ()),
    ],
)
def test_a_case_is_held_against_the_service_whose_rules_were_asked_for(
    criteria: Criteria,
    reader: Reader,
    before: tuple[str, ...],
    asked_for: bool,
    about: tuple[str, ...],
) -> None:
    said = reader.read("i'm 35, from Ealing, two assaults", TODAY)
    talk = talks.told(criteria, Talk(), said, "ask_who_for", [], before, asked_for=asked_for)
    assert talk is not None
    assert talk.services == about


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("is it only in London", "ask_where"),
        ("which one has the London rule", "ask_who_for"),
        ("when do we get co-working", "out_of_scope"),
    ],
)
def test_a_question_about_the_services_changes_no_case(
    criteria: Criteria, reader: Reader, text: str, intent: str
) -> None:
    said = reader.read(normalise(text), TODAY)
    assert talks.told(criteria, BEFORE, said, intent, [], ("swaleside",)) is None


def test_a_message_with_a_whole_case_begins_another_one(criteria: Criteria, reader: Reader) -> None:
    after = talks.told(
        criteria, BEFORE, reader.read("woman, 31, Hackney, on licence", TODAY), "ask_who_for", []
    )
    assert after is not None
    assert "violence" not in after.case.facts


def test_a_slot_holds_the_talk_and_no_words() -> None:
    talk = Talk(
        Case({"age": (19, 21), "sex": "male"}, ("area",)), ("belmarsh",), ("violence",), "stuck"
    )
    assert Talk.from_slot(talk.as_slot()) == talk
    assert Talk().as_slot() is None
    assert Talk.from_slot(None) == Talk()


ANSWERS: list[tuple[str, str, str, Any]] = [
    # asked for, text, intent -> the value; "skipped"; None: not an answer
    ("violence", "yes", "affirm", "yes"),
    ("violence", "nope", "deny", "no"),
    ("violence", "i don't know", "deny", "skipped"),
    ("violence", "he stabbed a man", "out_of_scope", "yes"),
    ("origin", "yes", "affirm", "london"),
    ("origin", "no", "deny", "elsewhere"),
    ("origin", "no he's from Luton", "deny", "elsewhere"),
    ("age", "22", "out_of_scope", (22, 22)),
    ("months_left", "14 months", "ask_duration", (14, 14)),
    ("sex", "a woman", "ask_women", "female"),
    ("violence", "when can we visit", "ask_visits", None),
    ("violence", "what is a PIPE", "ask_meaning", None),
    ("sex", "yes", "affirm", None),
]


@pytest.mark.parametrize(("fact", "text", "intent", "value"), ANSWERS)
def test_an_answer_to_a_question(
    criteria: Criteria, reader: Reader, fact: str, text: str, intent: str, value: Any
) -> None:
    after = talks.answered(
        criteria, Talk(asking=fact), reader.read(normalise(text), TODAY), intent, []
    )
    if value is None:
        assert after is None
        return
    assert after is not None
    assert after.asking == ""
    assert after.skipped == ((fact,) if value == "skipped" else ())
    assert after.case.facts.get(fact) == (None if value == "skipped" else value)


def test_every_button_of_every_question_gives_its_value(criteria: Criteria) -> None:
    for fact, entry in criteria.facts.items():
        for index, answer in enumerate(entry.answers):
            assert (
                talks.chosen(criteria, Talk(asking=fact), talks.choice(fact, index)).case.facts[
                    fact
                ]
                == answer.value
            )
        assert talks.chosen(criteria, Talk(asking=fact), talks.choice(fact, None)).skipped == (
            fact,
        )


@pytest.mark.parametrize("id_", ["", "nothing", "age__9", "gone__0", "age__x"])
def test_a_button_that_is_none_of_ours_changes_nothing(criteria: Criteria, id_: str) -> None:
    assert talks.chosen(criteria, BEFORE, id_) == BEFORE


def test_the_questions_come_to_an_end(criteria: Criteria) -> None:
    talk, asked = Talk(Case({"age": (20, 20)})), []
    while fact := talks.next_question(criteria, talk):
        asked.append(fact)
        talk = talks.chosen(criteria, talk, talks.choice(fact, None))
    assert len(asked) == len(set(asked)) <= len(criteria.facts)
