"""From judgements to what is said: one service by criterion, two or three side by side, more in
groups. Sentences are in criteria.yml.
"""

import datetime
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from bot.eligibility.engine import is_missing, judge, judge_all, table
from bot.eligibility.models import (
    NO_LIMIT,
    PLACES,
    Case,
    Criteria,
    Judgement,
    Outcome,
    State,
    Value,
)
from bot.knowledge import wording
from bot.knowledge.models import Found, Held, Knowledge, Service, Status
from bot.turn import Table

MISSING_MAX = 2
"""Criteria that are named beside a service in a list of many."""
ADULT = 18
COLUMNS_MAX = 3
"""Services that still stand side by side on a phone."""
BEST = 3
"""Services that are named with whom they are for."""
TOPIC = "eligibility"


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: text, its source line, a table where one is clearer, the services it is about, and
    those that may fit too and stand behind a button.
    """

    text: str
    source: str
    services: tuple[str, ...]
    table: Table | None = None
    more: tuple[str, ...] = ()


class Writer:
    """Writes answers for one content."""

    def __init__(self, knowledge: Knowledge, criteria: Criteria) -> None:
        self._knowledge, self._criteria, self._words = knowledge, criteria, criteria.words

    def answer(self, case: Case, services: Sequence[str]) -> Told:
        """About the services that are named, or about all of them."""
        # A part and its whole: the part is meant first.
        wholes = {self._parent(service) for service in services}
        meant = [
            judge(self._criteria, case, service)
            for service in self._criteria.services
            if service in services and service not in wholes
        ]
        table: Table | None = None
        more: tuple[str, ...] = ()
        if len(meant) == 1:
            lines = [
                *self._one(case, meant[0], wholes & set(services)),
                *self._others(case, meant[0]),
            ]
        elif 1 < len(meant) <= COLUMNS_MAX:
            lines, table = (
                [self._verdict(case, found) for found in meant],
                self._side_by_side(case, meant),
            )
        else:
            judged = meant or list(judge_all(self._criteria, case))
            lines = self._groups(case, judged, self._words.overview_more)
            more = tuple(j.service for j in self._group(case, judged, Outcome.YES)[BEST:])
        if case.conflicts:
            lines.insert(
                0,
                self._words.conflict.replace(
                    "{list}", ", ".join(self._criteria.facts[fact].word for fact in case.conflicts)
                ),
            )
        lines += self._notes(case, settled=self._all_no(meant))
        if self._may_end_sooner(case, services):
            lines.append(self._words.sooner)
        text = "\n".join(lines) + f"\n\n{self._close(meant)}"
        return replace(self._told(text, meant, table), more=more)

    def _close(self, found: Sequence[Judgement]) -> str:
        """Who decides, and the one next step."""
        words = self._words.elsewhere if self._all_no(found) else self._words.refer
        return f"{self._words.close} {words}"

    def _all_no(self, found: Sequence[Judgement]) -> bool:
        return bool(found) and all(j.outcome is Outcome.NO for j in found)

    def rules(self, case: Case) -> Told:
        """What the services ask for of all that a question names: "do you take over 21s"."""
        rules: dict[str, list[str]] = {}
        for service in self._criteria.services:
            asked = self._rules(case, service)
            if service in self._tops() or asked != self._rules(case, self._parent(service)):
                rules.setdefault("; ".join(asked), []).append(self._label(service))
        words = ", ".join(
            entry.word
            for fact, entry in self._criteria.facts.items()
            if fact in case.facts and entry.silence
        )
        lines = [self._words.rules]
        for rule, labels in sorted(rules.items(), key=lambda row: not row[0]):
            line = self._words.rules_of if rule else self._words.rules_none
            text = line.replace("{list}", rule or words)
            lines.append(text.replace("{service}", ", ".join(labels)))
        lines += self._notes(case)
        return self._told("\n".join(lines) + f"\n\n{self._close([])}", [], None)

    def _tops(self) -> list[str]:
        return [service for service in self._criteria.services if not self._parent(service)]

    def _rules(self, case: Case, service: str) -> list[str]:
        """The rules of one service on what is given; on the sex only where nothing else is."""
        given = {fact for fact in case.facts if fact != "sex"} or set(case.facts)
        ids = self._criteria.services[service] if service else ()
        criteria = ((id_, self._criteria.criteria[id_]) for id_ in ids)
        return [
            criterion.rule
            for id_, criterion in criteria
            if criterion.rule and criterion.when is None and criterion.needs != "never"
            if not given.isdisjoint(self._criteria.facts_of(id_))
        ]

    def now(self, case: Case, operation: str) -> str:
        """One line that says what the case is, after a message changed it."""
        told = self.told(case)
        words = self._words.changed.get(operation, "")
        return words.replace("{case}", told) if told else ""

    def line(self, case: Case, service: str) -> str:
        """The verdict on one service, in a line."""
        return self._verdict(case, judge(self._criteria, case, service))

    def told(self, case: Case) -> str:
        """What was said, in a few words for each fact."""
        return ", ".join(
            self._said(fact, case.facts[fact])
            for fact in self._criteria.facts
            if fact in case.facts
        )

    def people(self, cases: Sequence[tuple[Case, Sequence[str]]]) -> Told:
        """Two people and more, each by name of what sets them apart."""
        lines: list[str] = []
        found: list[Judgement] = []
        for at, (case, services) in enumerate(cases):
            rest = [other for index, (other, _) in enumerate(cases) if index != at]
            judged = [
                judge(self._criteria, case, service)
                for service in services or self._criteria.services
            ]
            lines.append(f"{self._difference(case, rest, at)}:")
            if services:
                for j in judged:
                    lines.append(self._verdict(case, j))
                    if missing := self._labels(self._missing(case, j)):
                        lines.append(self._words.not_given.replace("{list}", "; ".join(missing)))
                found += judged
            else:
                lines += self._groups(case, judged, self._words.overview_yes)[1:]
        return self._told("\n".join(lines) + f"\n\n{self._close(found)}", found, None)

    def _difference(self, case: Case, others: Sequence[Case], at: int) -> str:
        """ "The 19-year-old", "The woman", or which in order."""
        words = self._words.people
        for fact in ("sex", "age", *self._criteria.facts):
            value = case.facts.get(fact)
            if value is None or any(other.facts.get(fact) in (value, None) for other in others):
                continue
            if fact == "age" and isinstance(value, tuple) and value[0] == value[1]:
                return words["age"].replace("{n}", str(value[0]))
            key = value if isinstance(value, str) and fact == "sex" else "one"
            return words[key].replace("{said}", self._said(fact, value))
        return words["nth"].replace("{n}", str(at + 1))

    def _notes(self, case: Case, *, settled: bool = False) -> list[str]:
        """Of what was given, that on which the page is silent; not where the rules that it has
        settle it.
        """
        notes = [
            fact.note
            for id_, fact in self._criteria.facts.items()
            if fact.note and id_ in case.facts and not settled
        ]
        age = case.facts.get("age")
        young = isinstance(age, tuple) and age[1] < ADULT
        return [*notes, *([self._words.under_18] if young else [])]

    def _may_end_sooner(self, case: Case, services: Sequence[str]) -> bool:
        """Whether a service that is meant hangs on a time that early release may make shorter."""
        return any(
            self._criteria.criteria[f.criterion].sooner in case.facts
            for j in judge_all(self._criteria, case, services)
            if j.outcome is Outcome.UNKNOWN
            for f in j.findings
            if f.state is State.NOT_GIVEN
        )

    def summary(self, cases: Sequence[Case], today: datetime.date) -> Told:
        """Everybody who was told of against all services by criterion, as a table to print."""
        judged = [
            (case, at, judge(self._criteria, case, service))
            for at, case in enumerate(cases)
            for service in self._criteria.services
        ]
        rows = tuple(
            (
                f"{self._who(cases, at)}{self._label(j.service)}",
                self._words.outcomes[self._outcome(j)],
                *(", ".join(self._labels(j.having(state))) for state in (State.MET, State.NOT_MET)),
                ", ".join(self._labels(self._missing(case, j))),
            )
            for case, at, j in judged
        )
        told = "; ".join(
            f"{self._who(cases, at)}{self.told(case)}" for at, case in enumerate(cases)
        )
        date = f"{today.day} {today:%B %Y}"
        lines = [
            self._words.summary_case.replace("{case}", told).replace("{date}", date),
            *dict.fromkeys(note for case in cases for note in self._notes(case)),
        ]
        text = "\n".join(lines) + f"\n\n{self._close([])}"
        found = [j for _, _, j in judged[: len(self._criteria.services)]]
        return self._told(text, found, Table(self._words.summary, self._words.columns, rows))

    def _who(self, cases: Sequence[Case], at: int) -> str:
        """ "The 19-year-old: ", where there is more than one."""
        rest = [case for index, case in enumerate(cases) if index != at]
        return f"{self._difference(cases[at], rest, at)}: " if rest else ""

    def _told(self, text: str, found: Sequence[Judgement], table: Table | None) -> Told:
        services = [self._knowledge.services[j.service] for j in found]
        notices = wording.notices(self._knowledge, services, text)
        sections = tuple(dict.fromkeys(service.section for service in services)) or (
            "all sections",
        )
        if len(sections) > 2:
            sections = ("all sections",)
        checked = min(
            (service.last_checked for service in services),
            default=self._knowledge.general.last_checked,
        )
        source = wording.sources(
            self._knowledge, [Found(text, TOPIC, Held.PARTIAL, sections, checked)]
        )
        return Told(
            "\n\n".join([*notices, text]), source, tuple(service.id for service in services), table
        )

    # One service

    def _one(self, case: Case, found: Judgement, wholes: Collection[str]) -> list[str]:
        """By criterion. A whole that is named beside its part has a line where it comes to
        something else; a part, where it asks for more.
        """
        lines = [self._verdict(case, found)]
        lines += [
            self._verdict(case, whole)
            for id_ in wholes
            if (whole := judge(self._criteria, case, id_)).outcome is not found.outcome
        ]
        parts = [
            part
            for part in self._criteria.services
            if self._parent(part) == found.service and found.outcome is not Outcome.NO
        ]
        lines += [
            self._verdict(case, part)
            for id_ in parts
            if (part := judge(self._criteria, case, id_)).outcome is Outcome.NO
        ]
        given = [
            fact
            for fact, entry in self._criteria.facts.items()
            if fact in case.facts and entry.silence
        ]
        ruled = {
            fact
            for id_ in self._criteria.services[found.service]
            for fact in self._criteria.facts_of(id_)
        }
        if ruled & PLACES:  # a rule on one of them is all that there is to say of London
            ruled |= PLACES
        silent = [self._criteria.facts[fact].word for fact in given if fact not in ruled]
        if found.outcome is Outcome.NO or case.conflicts:  # something else matters more
            silent = []
        for words, items in (
            (self._words.met, self._labels(found.having(State.MET))),
            (self._words.not_given, self._labels(self._missing(case, found))),
            (self._words.no_rule, silent),
        ):
            if items:
                lines.append(words.replace("{list}", "; ".join(items)))
        return lines + [
            self._further(found, part)
            for id_ in parts
            if (part := judge(self._criteria, case, id_)).outcome is not Outcome.NO
        ]

    def _further(self, whole: Judgement, part: Judgement) -> str:
        """What a part asks for beside its whole, and what a case says of it."""
        asked = [
            finding
            for finding in part.findings
            if finding.criterion not in self._criteria.services[whole.service]
        ]
        items = [
            f"{self._criteria.criteria[finding.criterion].label} ({self._words.states[finding.state]})"
            for finding in asked
        ]
        return self._words.part.replace("{service}", self._label(part.service)).replace(
            "{list}", "; ".join(items)
        )

    def _others(self, case: Case, found: Judgement) -> list[str]:
        """Where the answer is no: which services what was told does not rule out. A part does not
        stand beside its whole.
        """
        if found.outcome is not Outcome.NO:
            return []
        open_ = [
            id_
            for id_ in self._criteria.services
            if not self._parent(id_) and judge(self._criteria, case, id_).outcome is not Outcome.NO
        ]
        return (
            [self._words.others.replace("{list}", ", ".join(map(self._label, open_)))]
            if open_
            else []
        )

    def _verdict(self, case: Case, found: Judgement) -> str:
        outcome = self._outcome(found)
        words = {
            Outcome.YES: self._words.yes,
            Outcome.NO: self._words.no,
            Outcome.UNKNOWN: self._words.unknown,
        }[outcome]
        why = "; ".join(self._reasons(case, found))
        return words.replace("{service}", self._label(found.service)).replace(
            "{why}", why[:1].upper() + why[1:]
        )

    def _reasons(self, case: Case, found: Judgement) -> list[str]:
        """Each contradicted rule; what was said against it stands beside a number, where it is
        easily misheard.
        """
        reasons = []
        for id_ in found.having(State.NOT_MET):
            criterion = self._criteria.criteria[id_]
            given = case.facts.get(criterion.fact or "")
            said = (
                f" ({self._said(criterion.fact or '', given)})" if isinstance(given, tuple) else ""
            )
            reasons.append(f"{criterion.rule or criterion.label}{said}")
        return reasons

    # Several

    def _side_by_side(self, case: Case, found: Sequence[Judgement]) -> Table:
        """A row for each thing that one of them asks for, and in each cell whether it is met, not
        met, not said, or no rule of that service. Things with the same cells share a row.
        """
        rows: dict[tuple[State, ...], list[str]] = {}
        for label, states in table(self._criteria, case, [j.service for j in found]):
            rows.setdefault(states, []).append(label)
        return Table(
            self._words.table,
            (self._words.table_start, *(self._label(j.service) for j in found)),
            tuple(
                ("; ".join(labels), *(self._words.states[state] for state in states))
                for states, labels in rows.items()
            ),
        )

    def _groups(self, case: Case, found: Sequence[Judgement], rest: str) -> list[str]:
        """All services by outcome. `rest` says that more may fit than are named with whom they are
        for.
        """
        lines = [self._words.overview]
        for outcome, words in (
            (Outcome.YES, rest),
            (Outcome.UNKNOWN, self._words.overview_unknown),
            (Outcome.NO, self._words.overview_no),
        ):
            group = self._group(case, found, outcome)
            if outcome is Outcome.YES:
                best, group = group[:BEST], group[BEST:]
                lines += [self._best(j) for j in best]
            if group:
                items = "; ".join(self._listed(case, group, outcome))
                lines.append(words.replace("{list}", items).replace("{n}", str(len(group))))
        return lines

    def _group(self, case: Case, found: Sequence[Judgement], outcome: Outcome) -> list[Judgement]:
        """Those that come to one outcome, the best first: the more is met, and the less is missing.
        A part that comes to the same as its whole is not named beside it.
        """
        by_id = {j.service: j for j in found}
        group = [
            j
            for j in found
            if self._outcome(j) is outcome
            and (
                (whole := by_id.get(self._parent(j.service))) is None
                or self._outcome(whole) is not outcome
            )
        ]
        if outcome is Outcome.YES:
            return sorted(group, key=lambda j: -len(j.having(State.MET)))
        if outcome is Outcome.UNKNOWN:
            return sorted(group, key=lambda j: len(self._missing(case, j)))
        return group

    def _best(self, found: Judgement) -> str:
        """A service that may fit, with whom it is for."""
        answer = self._service(found.service).answers.get("who_for")
        line = answer.line if answer else None
        words = self._words.overview_best if line else self._words.overview_yes
        return (
            words.replace("{service}", self._label(found.service))
            .replace("{list}", self._label(found.service))
            .replace("{line}", line or "")
        )

    def _listed(self, case: Case, group: Sequence[Judgement], outcome: Outcome) -> Iterable[str]:
        """Labels, those for the same reason together: "Belmarsh, Swaleside (it is for men)"."""
        reasons: dict[str, list[str]] = {}
        for j in group:
            missing = self._labels(self._missing(case, j))
            reason = (
                self._criteria.criteria[j.having(State.NOT_MET)[0]].rule
                if outcome is Outcome.NO
                else ""
            )
            if outcome is Outcome.UNKNOWN and len(missing) <= MISSING_MAX:
                reason = ", ".join(missing)
            reasons.setdefault(reason, []).append(self._label(j.service))
        for reason, labels in reasons.items():
            yield f"{', '.join(labels)} ({reason})" if reason else ", ".join(labels)

    # Words

    def _outcome(self, found: Judgement) -> Outcome:
        """A service that is withdrawn fits nobody, whatever its criteria were."""
        withdrawn = self._knowledge.status_of(self._service(found.service)) is Status.WITHDRAWN
        return Outcome.UNKNOWN if withdrawn and found.outcome is Outcome.YES else found.outcome

    def _missing(self, case: Case, found: Judgement) -> list[str]:
        return [f.criterion for f in found.findings if is_missing(self._criteria, case, f)]

    def _labels(self, ids: Iterable[str]) -> list[str]:
        return [self._criteria.criteria[id_].label for id_ in ids]

    def _label(self, service: str) -> str:
        entry = self._service(service)
        status = self._knowledge.status_of(entry)
        if status is Status.CURRENT:
            return entry.label
        return self._knowledge.general.notices.button.replace("{label}", entry.label).replace(
            "{status}", status.value.replace("_", " ")
        )

    def _service(self, id_: str) -> Service:
        return self._knowledge.services[id_]

    def _parent(self, service: str) -> str:
        return (
            self._knowledge.services[service].parent
            if service in self._knowledge.services
            else None
        ) or ""

    def _said(self, fact: str, value: Value | None) -> str:
        """A value told back: "a man", "aged 41", "12 months left or more"."""
        said = self._criteria.facts[fact].said
        if value is None or isinstance(value, str):
            return said.get(value or "", "")
        low, high = value
        kind = (
            "any"
            if low == 0 and high >= NO_LIMIT
            else "one"
            if low == high
            else "least"
            if high >= NO_LIMIT
            else "most"
            if low == 0
            else "between"
        )
        return (
            said.get(kind, "")
            .replace("{n}", str(high if kind == "most" else low))
            .replace("{m}", str(high))
        )
