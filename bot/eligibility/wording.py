"""From judgements to what is said: one service by criterion, two side by side, more in groups.
Sentences are in criteria.yml.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from bot.eligibility.engine import is_missing, judge
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
TOPIC = "eligibility"


@dataclass(frozen=True, slots=True)
class Told:
    """An answer: text, its source line, a table where one is clearer, and the services it is about."""

    text: str
    source: str
    services: tuple[str, ...]
    table: Table | None = None


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
        table = None
        if len(meant) == 1:
            lines = [
                *self._one(case, meant[0], wholes & set(services)),
                *self._others(case, meant[0]),
            ]
        elif len(meant) == 2:
            lines, table = (
                [self._verdict(case, found) for found in meant],
                self._side_by_side(meant),
            )
        else:
            lines = self._groups(
                case,
                meant
                or [judge(self._criteria, case, service) for service in self._criteria.services],
            )
        if case.conflicts:
            lines.insert(
                0,
                self._words.conflict.replace(
                    "{list}", ", ".join(self._criteria.facts[fact].word for fact in case.conflicts)
                ),
            )
        close = (
            self._words.close
            if table or [found.outcome for found in meant] == [Outcome.NO]
            else f"{self._words.close} {self._words.refer}"
        )
        return self._told("\n".join(lines) + f"\n\n{close}", meant, table)

    def summary(self, case: Case) -> Told:
        """All services by criterion, as a table to print."""
        found = [judge(self._criteria, case, service) for service in self._criteria.services]
        rows = tuple(
            (
                self._label(j.service),
                self._words.outcomes[self._outcome(j)],
                *(", ".join(self._labels(j.having(state))) for state in (State.MET, State.NOT_MET)),
                ", ".join(self._labels(self._missing(case, j))),
            )
            for j in found
        )
        told = ", ".join(
            self._said(fact, case.facts[fact])
            for fact in self._criteria.facts
            if fact in case.facts
        )
        text = f"{self._words.summary_case.replace('{case}', told)}\n\n{self._words.close} {self._words.refer}"
        return self._told(text, found, Table(self._words.summary, self._words.columns, rows))

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

    def _side_by_side(self, found: Sequence[Judgement]) -> Table:
        """A row for each thing that is asked for; what was not said does not matter where the
        answer is no already.
        """
        rows: dict[
            tuple[str | None, tuple[str, ...], tuple[str, ...]], tuple[str, list[State]]
        ] = {}
        for column, j in enumerate(found):
            for finding in j.findings:
                criterion = self._criteria.criteria[finding.criterion]
                if criterion.needs == "unless_said" or (
                    finding.state is State.NOT_GIVEN and j.outcome is Outcome.NO
                ):
                    continue
                label, states = rows.setdefault(
                    (criterion.fact, criterion.values, criterion.any_of),
                    (criterion.label, [State.NO_RULE] * len(found)),
                )
                states[column] = finding.state
                # "A man" and "a young man" are one thing.
                rows[criterion.fact, criterion.values, criterion.any_of] = (
                    min(label, criterion.label, key=len),
                    states,
                )
        cells = tuple(
            (label, *(self._words.states[state] for state in states))
            for label, states in rows.values()
        )
        return Table(
            self._words.table,
            (self._words.table_start, *(self._label(j.service) for j in found)),
            cells,
        )

    def _groups(self, case: Case, found: Sequence[Judgement]) -> list[str]:
        """All services by outcome. A part that comes to the same as its whole is not named beside
        it.
        """
        by_id = {j.service: j for j in found}
        shown = [
            j
            for j in found
            if (whole := by_id.get(self._parent(j.service))) is None
            or self._outcome(whole) is not self._outcome(j)
        ]
        lines = [self._words.overview]
        for outcome, words in (
            (Outcome.YES, self._words.overview_yes),
            (Outcome.UNKNOWN, self._words.overview_unknown),
            (Outcome.NO, self._words.overview_no),
        ):
            if group := [j for j in shown if self._outcome(j) is outcome]:
                lines.append(words.replace("{list}", "; ".join(self._listed(case, group, outcome))))
        return lines

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
            "one"
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
