"""Whatever a case holds: what is added never turns a no into a yes, and the order of facts does not
matter.
"""

import random
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot import knowledge
from bot.eligibility.content import load_criteria
from bot.eligibility.engine import judge, judge_all, open_facts, state, table
from bot.eligibility.models import Case, Outcome, State, Value
from bot.errors import ContentError
from bot.settings import ROOT
from tests.eligibility.conftest import CONTENT

CRITERIA = load_criteria(CONTENT, knowledge.load(CONTENT))
RANGES = st.tuples(st.integers(0, 99), st.integers(0, 99)).map(lambda pair: (min(pair), max(pair)))
FACTS: st.SearchStrategy[dict[str, Value]] = st.fixed_dictionaries(
    {},
    optional={
        fact: RANGES if fact in {"age", "months_left"} else st.sampled_from(sorted(entry.said))
        for fact, entry in CRITERIA.facts.items()
        if entry.said
    },
)
SOURCE = ROOT / "tests" / "data" / "history_and_pathways.txt"


def outcomes(case: Case) -> dict[str, Outcome]:
    return {j.service: j.outcome for j in judge_all(CRITERIA, case)}


@given(FACTS, FACTS)
def test_what_is_added_never_turns_a_no_into_anything_else(
    facts: dict[str, Value], more: dict[str, Value]
) -> None:
    before, after = outcomes(Case(facts)), outcomes(Case({**more, **facts}))
    for service, outcome in before.items():
        assert outcome is not Outcome.NO or after[service] is Outcome.NO
        assert after[service] is not Outcome.YES or outcome is not Outcome.NO


@given(FACTS, st.randoms())
def test_the_order_of_facts_does_not_matter(facts: dict[str, Value], chance: random.Random) -> None:
    shuffled = list(facts.items())
    chance.shuffle(shuffled)
    assert outcomes(Case(facts)) == outcomes(Case(dict(shuffled)))


@given(FACTS)
def test_a_yes_has_every_criterion_met_and_a_no_names_one_that_is_not(
    facts: dict[str, Value],
) -> None:
    for j in judge_all(CRITERIA, Case(facts)):
        needed = [f.state for f in j.findings if CRITERIA.criteria[f.criterion].needs == "always"]
        assert (j.outcome is Outcome.NO) == bool(j.having(State.NOT_MET))
        assert j.outcome is not Outcome.YES or set(needed) <= {State.MET}


@given(FACTS)
def test_only_what_could_change_an_outcome_is_asked(facts: dict[str, Value]) -> None:
    """Each question has an answer that changes some state, and when there is none left nothing is
    unknown but what can't be asked.
    """
    case = Case(facts)
    for fact in open_facts(CRITERIA, case, ()):
        assert fact not in facts
        after = [
            judge_all(CRITERIA, Case({**facts, fact: answer.value}))
            for answer in CRITERIA.facts[fact].answers
        ]
        assert any(found != judge_all(CRITERIA, case) for found in after)


EACH_FACT: list[dict[str, Value]] = [
    {fact: value}
    for fact, entry in CRITERIA.facts.items()
    for value in (
        [(0, 11), (12, 17), (18, 21), (22, 99)] if fact in {"age", "months_left"} else entry.said
    )
]


@pytest.mark.parametrize("pair", list(combinations(CRITERIA.services, 2)), ids=":".join)
def test_a_fact_is_in_the_cells_of_its_rules_and_in_no_other(pair: tuple[str, str]) -> None:
    """Every pair of services against every value of every fact."""
    for facts in EACH_FACT:
        case = Case(facts)
        decided = [
            (column, found)
            for _, states in table(CRITERIA, case, pair)
            for column, found in enumerate(states)
            if found in {State.MET, State.NOT_MET}
        ]
        wanted = [
            (column, found)
            for column, service in enumerate(pair)
            for id_ in CRITERIA.services[service]
            if set(CRITERIA.facts_of(id_)) & set(facts)
            and (CRITERIA.criteria[id_].when or "") in {"", *facts}
            and (CRITERIA.criteria[id_].needs == "always" or CRITERIA.criteria[id_].fact in facts)
            and (found := state(CRITERIA, case, CRITERIA.criteria[id_]))
            in {State.MET, State.NOT_MET}
        ]
        assert sorted(decided) == sorted(wanted), facts


@given(FACTS, st.sampled_from(list(combinations(CRITERIA.services, 2))))
def test_every_cell_of_every_pair_is_the_criterions_own_state(
    facts: dict[str, Value], pair: tuple[str, str]
) -> None:
    """Met, not met or not given where the service asks for it, and `no_rule` only where it does not."""
    case = Case(facts)
    rows = table(CRITERIA, case, pair)
    for column, service in enumerate(pair):
        asked = [
            CRITERIA.criteria[id_]
            for id_ in CRITERIA.services[service]
            if (CRITERIA.criteria[id_].when or "") in {"", *facts}
            and (CRITERIA.criteria[id_].needs == "always" or CRITERIA.criteria[id_].fact in facts)
        ]
        shown = [states[column] for _, states in rows if states[column] is not State.NO_RULE]
        assert sorted(shown) == sorted(state(CRITERIA, case, criterion) for criterion in asked)


PAIRS = list(combinations(CRITERIA.services, 2))


@pytest.mark.parametrize("pair", PAIRS, ids=["-".join(pair) for pair in PAIRS])
def test_a_no_of_one_service_hides_no_rule_of_it(pair: tuple[str, str]) -> None:
    """A woman of 40 out of prison is a no nearly everywhere; each rule has its row all the same."""
    case = Case({"sex": "female", "age": (40, 40), "custody": "community", "area": "elsewhere"})
    rows = table(CRITERIA, case, pair)
    for column, service in enumerate(pair):
        rules = [
            id_
            for id_ in CRITERIA.services[service]
            if CRITERIA.criteria[id_].when is None
            and (
                CRITERIA.criteria[id_].needs == "always"
                or CRITERIA.criteria[id_].fact in case.facts
            )
        ]
        assert sum(states[column] is not State.NO_RULE for _, states in rows) == len(rules)


def test_nothing_said_is_nothing_known() -> None:
    assert set(outcomes(Case()).values()) == {Outcome.UNKNOWN}
    assert open_facts(CRITERIA, Case(), ["sova"]) == ("custody", "area")
    assert open_facts(CRITERIA, Case(), ["sova"], skipped=["area", "custody"]) == ()


@pytest.mark.parametrize(
    ("months", "state"),
    [
        ((12, 12), "met"),
        ((11, 11), "not_met"),
        ((11, 12), "not_given"),
        ((0, 11), "not_met"),
        ((12, 999), "met"),
    ],
)
def test_a_range_is_met_only_as_a_whole(months: Value, state: str) -> None:
    found = {
        f.criterion: f.state.value
        for f in judge(CRITERIA, Case({"months_left": months}), "aylesbury_is").findings
    }
    assert found["twelve_months"] == state


def test_a_conflict_is_asked_first_and_is_not_a_fact() -> None:
    case = Case({"sex": "male"}).with_facts({}, conflicts=("age",))
    assert "age" not in case.facts
    assert open_facts(CRITERIA, case, ["belmarsh"])[0] == "age"
    assert case.with_facts({"age": (20, 20)}).conflicts == ()


def test_every_section_is_one_of_the_page() -> None:
    lines = set(SOURCE.read_text(encoding="utf-8").splitlines())
    assert {criterion.section for criterion in CRITERIA.criteria.values()} <= lines


MISTAKES = [
    ("fact: origin, is: [london]}", "fact: orign, is: [london]}", "there is no fact orign"),
    ("any_of: [stuck, reoffending]", "any_of: [stuck, nothing]", "nothing is no criterion"),
    (
        "section: Swaleside, label: more settled",
        "section: Brixton, label: more settled",
        "no service has the section Brixton",
    ),
    ("  sova: [in_london,", "  sova: [in_paris,", "there is no criterion in_paris"),
    ("  sova: [in_london,", "  nova: [in_london,", "there is no such service"),
    ("may fit. What you told", "will be accepted. What you told", "promises something"),
    ("fact: category, needs: never", "fact: category, needs: perhaps", "needs: Input should be"),
]


@pytest.mark.parametrize(("right", "wrong", "problem"), MISTAKES)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, right: str, wrong: str, problem: str
) -> None:
    text = (CONTENT / "eligibility" / "criteria.yml").read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "eligibility").mkdir()
    (tmp_path / "eligibility" / "criteria.yml").write_text(
        text.replace(right, wrong, 1), encoding="utf-8"
    )
    with pytest.raises(ContentError) as caught:
        load_criteria(tmp_path, knowledge.load(CONTENT))
    assert problem in str(caught.value)
    assert caught.value.line > 1


OFF_PROBATION = [
    # what is given -> whether the rule on London probation is met
    ({"probation": "no"}, State.NOT_MET),
    ({"probation": "no", "custody": "community"}, State.NOT_MET),
    ({"probation": "no", "custody": "prison"}, State.NOT_MET),
    ({"probation": "yes"}, State.MET),
    ({"custody": "prison"}, State.MET),
    ({"custody": "community"}, State.NOT_GIVEN),
    ({}, State.NOT_GIVEN),
]


@pytest.mark.parametrize(("facts", "wanted"), OFF_PROBATION)
def test_what_is_taken_for_granted_counts_against_all_ways_of_meeting_a_rule(
    facts: dict[str, Value], wanted: State
) -> None:
    assert state(CRITERIA, Case(facts), CRITERIA.criteria["london_probation"]) is wanted
