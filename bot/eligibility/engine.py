"""Holds a case against the criteria of a service. Pure, and monotonic: what is added to a case
never turns a no into a yes.
"""

from collections.abc import Iterable, Sequence

from bot.eligibility.models import (
    NO_LIMIT,
    Case,
    Criteria,
    Criterion,
    Finding,
    Judgement,
    Outcome,
    State,
    Value,
)


def judge(criteria: Criteria, case: Case, service: str) -> Judgement:
    """Raises KeyError for a service without criteria."""
    findings = tuple(
        Finding(id_, state(criteria, case, criteria.criteria[id_]))
        for id_ in criteria.services[service]
        if is_asked(case, criteria.criteria[id_])
    )
    return Judgement(service, _outcome(criteria, case, findings), findings)


def is_asked(case: Case, criterion: Criterion) -> bool:
    """Whether a service asks for a criterion at all, for this case."""
    return criterion.when is None or case.facts.get(criterion.when) == "yes"


def judge_all(
    criteria: Criteria, case: Case, services: Iterable[str] = ()
) -> tuple[Judgement, ...]:
    """The services that are named, or all of them where none is."""
    wanted = tuple(service for service in services if service in criteria.services)
    return tuple(judge(criteria, case, service) for service in wanted or criteria.services)


def state(criteria: Criteria, case: Case, criterion: Criterion) -> State:
    """One criterion against a case. What was not said is never taken as met."""
    if criterion.any_of:
        parts = [criteria.criteria[part] for part in criterion.any_of]
        states = [state(criteria, case, part) for part in parts]
        if any(
            found is State.NOT_MET and part.needs == "unless_said"
            for part, found in zip(parts, states, strict=True)
        ):
            return State.NOT_MET
        if State.MET in states:
            return State.MET
        return State.NOT_MET if set(states) == {State.NOT_MET} else State.NOT_GIVEN
    given = _given(case, criterion)
    if given is None:
        return State.NOT_GIVEN
    return State.MET if criterion.needs == "never" else _held_against(criterion, given)


def _given(case: Case, criterion: Criterion) -> Value | None:
    """What a case says of a criterion's fact: of a time that may end early, from then on."""
    given = case.facts.get(criterion.fact or "")
    sooner = case.facts.get(criterion.sooner or "")
    if not isinstance(sooner, tuple):
        return given
    low, high = given if isinstance(given, tuple) else (sooner[0], NO_LIMIT)
    return min(low, sooner[0]), high


def _held_against(criterion: Criterion, given: Value) -> State:
    if isinstance(given, str):
        if given in criterion.open:
            return State.NOT_GIVEN
        return State.MET if given in criterion.values else State.NOT_MET
    low, high = given
    least = low if criterion.least is None else criterion.least
    most = high if criterion.most is None else criterion.most
    if high < least or low > most:
        return State.NOT_MET
    return State.MET if least <= low and high <= most else State.NOT_GIVEN


def is_missing(criteria: Criteria, case: Case, found: Finding) -> bool:
    """Whether a criterion stands in the way of a yes. What is taken for granted does so where
    something was said that leaves it open.
    """
    if found.state is not State.NOT_GIVEN:
        return False
    needs = criteria.criteria[found.criterion].needs
    return needs == "always" or (
        needs == "unless_said"
        and any(fact in case.facts for fact in criteria.facts_of(found.criterion))
    )


def _outcome(criteria: Criteria, case: Case, findings: Iterable[Finding]) -> Outcome:
    outcome = Outcome.YES
    for found in findings:
        if found.state is State.NOT_MET:
            return Outcome.NO
        if is_missing(criteria, case, found):
            outcome = Outcome.UNKNOWN
    return outcome


def table(
    criteria: Criteria, case: Case, services: Sequence[str]
) -> tuple[tuple[str, tuple[State, ...]], ...]:
    """Each thing that one of the services asks for, by its label, with its state at each service:
    `NO_RULE` where that one does not ask for it.

    Criteria of two services that ask for the same are one row. What is taken for granted has a row
    where something was said of it.
    """
    rows: dict[str, list[State]] = {}
    for column, service in enumerate(services):
        for id_ in criteria.services[service]:
            criterion = criteria.criteria[id_]
            if not is_asked(case, criterion) or (
                criterion.needs != "always" and criterion.fact not in case.facts
            ):
                continue
            states = rows.setdefault(
                criterion.row or criterion.label, [State.NO_RULE] * len(services)
            )
            states[column] = state(criteria, case, criterion)
    return tuple((label, tuple(states)) for label, states in rows.items())


def open_facts(
    criteria: Criteria, case: Case, services: Sequence[str], skipped: Iterable[str] = ()
) -> tuple[str, ...]:
    """The facts that could still change an outcome and can be asked for, the one that matters to
    most services first.

    `skipped` were asked and are not known. Conflicts come before everything else.
    """
    done = {*case.facts, *skipped}
    counts: dict[str, int] = {fact: len(criteria.services) for fact in case.conflicts}
    for judgement in judge_all(criteria, case, services):
        if judgement.outcome is Outcome.UNKNOWN:
            missing = [
                found.criterion for found in judgement.findings if is_missing(criteria, case, found)
            ]
            for fact in {fact for id_ in missing for fact in criteria.facts_of(id_)}:
                counts[fact] = counts.get(fact, 0) + 1
    asked = [
        fact
        for fact in criteria.facts
        if fact in counts and fact not in done and criteria.facts[fact].ask
    ]
    return tuple(sorted(asked, key=lambda fact: -counts[fact]))
