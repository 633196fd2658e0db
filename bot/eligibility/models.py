"""Cases and criteria as frozen values. What is held against what is in `engine.py`; what words give
which fact is in `reader.py`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot.knowledge.models import Id, Label, Line

Range = tuple[int, int]
"""Least and most, both included: an age in years, a time in months. "Over 30" is (31, 999)."""
Value = str | Range
"""What is given for one fact: an id such as "male", or a range of numbers."""
NO_LIMIT = 999
PLACES = frozenset({"origin", "area"})
"""Where somebody is from, and where somebody is or goes: one question about London, asked in two
ways.
"""


class Outcome(StrEnum):
    """What the page's criteria come to for one service. Never that somebody gets a place: the
    service decides that.
    """

    YES = "yes"
    """Every criterion that the page states is met by what was given."""
    NO = "no"
    """At least one is contradicted."""
    UNKNOWN = "unknown"


class State(StrEnum):
    """One criterion against one case."""

    MET = "met"
    NOT_MET = "not_met"
    NOT_GIVEN = "not_given"
    NO_RULE = "no_rule"
    """The page does not say, for this service."""


@dataclass(frozen=True, slots=True)
class Case:
    """What was said of one person, as normalised values by fact id: no word of the message, no
    name. What was not said is not in it.

    `conflicts` are facts for which one message gave two values: they are not in `facts`, and have
    to be asked about. `said_in`: which message about the case said a fact, from 1 on.
    """

    facts: Mapping[str, Value] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()
    said_in: Mapping[str, int] = field(default_factory=dict)

    def with_facts(
        self, given: Mapping[str, Value], conflicts: tuple[str, ...] = (), message: int = 0
    ) -> "Case":
        """The case after more was said: what comes last holds, and a conflict that is now settled
        is gone.
        """
        facts = {
            fact: value for fact, value in {**self.facts, **given}.items() if fact not in conflicts
        }
        left = tuple(
            fact for fact in dict.fromkeys((*self.conflicts, *conflicts)) if fact not in given
        )
        said_in = {**self.said_in, **dict.fromkeys(given, message)}
        return Case(facts, left, {fact: said_in.get(fact, message) for fact in facts})


@dataclass(frozen=True, slots=True)
class Finding:
    criterion: str
    state: State


@dataclass(frozen=True, slots=True)
class Judgement:
    """A service's criteria, each with its state, in the order of the page."""

    service: str
    outcome: Outcome
    findings: tuple[Finding, ...]

    def having(self, state: State) -> tuple[str, ...]:
        """The criteria in one state."""
        return tuple(found.criterion for found in self.findings if found.state is state)


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Choice(_Content):
    """A button below a question: `value` is an id, or [least, most]."""

    label: Label
    value: Value


class Fact(_Content):
    """Something that a case can hold. `said` tells a value back in a few words; of a number, `{n}`
    stands for it.
    """

    ask: Line | None = None
    """The question, where it is worth asking."""
    answers: tuple[Choice, ...] = ()
    word: str
    """How it is named: "time left"."""
    note: Line | None = None
    """Said where it is given: a thing of which the page is silent, and who decides."""
    silence: bool = False
    """Worth saying that the page has no rule on it, at a service that has none."""
    said: Mapping[str, str] = Field(default_factory=dict)


class Criterion(_Content):
    """One criterion of the page. Exactly one of `fact` and `any_of` says what it is held against."""

    section: str
    """Where the page states it."""
    label: str
    """A noun phrase: "from London"."""
    row: str = ""
    """Its label in a table, where another service asks for the same in other words: "a man"."""
    rule: str = ""
    """Said when it is contradicted: "it is for men from London"."""
    fact: Id | None = None
    values: Annotated[tuple[Id, ...], Field(alias="is")] = ()
    """The values that meet it; any other value contradicts it."""
    open: tuple[Id, ...] = ()
    """Values that neither meet nor contradict it."""
    least: int | None = None
    most: int | None = None
    sooner: Id | None = None
    """A fact that may make the number smaller: early release, of the time left to serve."""
    any_of: tuple[Id, ...] = ()
    """Met if one of these criteria is, contradicted if all are."""
    when: Id | None = None
    """Asked for only where this fact is "yes": the page reserves co-working, and nothing else, for the
    highest risk and complexity.
    """
    needs: Literal["always", "unless_said", "never"] = "always"
    """`always`: without it nothing fits. `unless_said`: taken for granted (a prisoner), and only
    its opposite counts; of several in `any_of`, it counts against them all ("not with probation").
    `never`: the page says that it is no bar.
    """

    @model_validator(mode="after")
    def _one_test(self) -> "Criterion":
        if bool(self.fact) == bool(self.any_of):
            raise ValueError("needs either fact or any_of")
        if (
            self.fact
            and not self.values
            and self.least is None
            and self.most is None
            and self.needs != "never"
        ):
            raise ValueError("needs is, least or most")
        return self


class Words(_Content):
    """The sentences of an answer. `{service}` is a service's label, `{why}` and `{list}` what the
    engine found, `{case}` what was told.
    """

    yes: str
    no: str
    unknown: str
    met: str
    not_met: str
    not_given: str
    no_rule: str
    part: str
    others: str
    conflict: str
    under_18: str
    sooner: str
    changed: Mapping[str, str]
    people: Mapping[str, str]
    close: str
    refer: str
    elsewhere: str
    overview: str
    overview_best: str
    overview_yes: str
    overview_more: str
    overview_no: str
    overview_unknown: str
    rules: str
    rules_of: str
    rules_none: str
    table: str
    table_start: str
    states: Mapping[State, str]
    outcomes: Mapping[Outcome, str]
    nothing: str
    forgotten: str
    stopped: str
    summary: str
    summary_case: str
    summary_nothing: str
    columns: tuple[str, str, str, str, str]


class Buttons(_Content):
    """Labels."""

    ask: Label
    refer: Label
    more: Label
    forget: Label
    unknown: Label
    stop: Label
    summary: Label


class Criteria(_Content):
    """`bot/content/eligibility/criteria.yml`."""

    asks: Mapping[str, int]
    """Intent to the number of facts from which a message with it is a case; `other` for all that
    are not named.
    """
    facts: Mapping[Id, Fact]
    criteria: Mapping[Id, Criterion]
    services: Mapping[Id, tuple[Id, ...]]
    """Service id to its criteria, in the order of the page."""
    words: Words
    buttons: Buttons

    def facts_of(self, criterion: str) -> Iterator[str]:
        """The facts that can decide a criterion, in order."""
        entry = self.criteria[criterion]
        yield from (fact for fact in (entry.fact, entry.sooner) if fact)
        for part in entry.any_of:
            yield from self.facts_of(part)
