"""Reads a case out of one message: words to normalised facts. What is not said is not given, what
is asked is not said, and no word is kept.

Three steps: small words (`tokens.py`), what the patterns of `bot/content/eligibility/reading.yml`
find in them (`patterns.py`) with times (`times.py`), and the facts that these come to.
"""

import datetime
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from typing import Any

from pydantic import BaseModel, ConfigDict
from rapidfuzz.distance import OSA

from bot.eligibility.models import NO_LIMIT, Range, Value
from bot.language import tokens
from bot.language.patterns import Match, Patterns, longest
from bot.language.tokens import Tokens
from bot.reading import times
from bot.reading.times import Time

AGES = range(10, 100)
"""Years that a number can be an age."""
BARE_AGES = range(14, 100)
"""The same where a number stands alone between two commas."""
NEAR = 6
"""Words between a time and what it belongs to."""
NEGATED_WITHIN, ASKED_WITHIN, UNKNOWN_WITHIN, UNKNOWN_AFTER = 3, 5, 6, 3
"""Words between a match and what denies it, asks about it or leaves it open (see reading.yml)."""
PLACE_WITHIN = 3
"""Words before a place that say whether somebody is from there or is there."""
SPELT_FROM = 6
"""Letters from which a word one slip away from one of ours is taken for it, where it is no other
word.
"""
TWO_YEARS = 24
"""Months in which a progressive move has to be realistic (the page, Belmarsh)."""

PLACES = ("london", "elsewhere")
"""Classes of names, hundreds of them: a name of several words is read as one, so that each class is
one lookup.
"""

Patterned = Mapping[str, tuple[str, ...]]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class Sex(_Model):
    explicit: Patterned
    pronouns: Patterned
    not_given: tuple[str, ...]


class Ages(_Model):
    exact: tuple[str, ...]
    over: tuple[str, ...]
    under: tuple[str, ...]
    nearly: tuple[str, ...]
    born: tuple[str, ...]


class Places(_Model):
    london: tuple[str, ...]
    elsewhere: tuple[str, ...]
    origin_before: tuple[str, ...]
    area_before: tuple[str, ...]
    weak_before: tuple[str, ...]
    prison_beside: tuple[str, ...]


class TimesOf(_Model):
    left: tuple[str, ...]
    move: tuple[str, ...]
    past: tuple[str, ...]


class Reading(_Model):
    """`bot/content/eligibility/reading.yml`: every key is explained there."""

    spelling: Mapping[str, str]
    skip: tuple[str, ...]
    classes: Mapping[str, tuple[str, ...]]
    sex: Sex
    person: tuple[str, ...]
    ages: Ages
    decades: Mapping[str, int]
    places: Places
    times: TimesOf
    time_less: tuple[str, ...]
    time_nearly: tuple[str, ...]
    time_more: tuple[str, ...]
    seasons: Mapping[str, int]
    facts: Mapping[str, Patterned]
    negation: tuple[str, ...]
    fillers: tuple[str, ...]
    somebody: tuple[str, ...]
    negated: Mapping[str, Mapping[str, str]]
    asked: tuple[str, ...]
    unknown_before: tuple[str, ...]
    unknown_after: tuple[str, ...]
    implies: Mapping[str, Mapping[str, Mapping[str, str]]]
    answers: Patterned
    correction: tuple[str, ...]
    asks: tuple[str, ...]
    again: tuple[str, ...]
    names: Patterned
    abbreviations: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Said:
    """What one message says. `conflicts`: facts with two values. `person`: somebody is meant, not
    the rule in general.

    `services` are those named by an abbreviation in capitals, or by a word that names a part only
    beside another. `asks`: whether somebody fits is asked, in words ("is he suitable"), whatever
    else the message may be taken for. `again`: it leans on what was said before ("and Swaleside?").
    `answer` is "yes", "no", "unknown", "stop" or "forget" where the message says that; `number` and
    `months` are what stands in it without saying of what, for an answer to a question of ours
    ("22", "14 months").
    """

    facts: Mapping[str, Value] = field(default_factory=dict)
    conflicts: tuple[str, ...] = ()
    person: bool = False
    correction: bool = False
    services: tuple[str, ...] = ()
    asks: bool = False
    again: bool = False
    answer: str = ""
    number: int | None = None
    months: Range | None = None


class Reader:
    """`known`: real words, which are never taken for a slip of one of ours. Raises ValueError for a
    pattern that can't be read.
    """

    def __init__(self, reading: Reading, known: Collection[str] = frozenset()) -> None:
        self._reading, self._known = reading, known
        places = [
            tuple(name.split()) for kind in PLACES for name in reading.classes[kind] if " " in name
        ]
        self._names = {
            name[0]: sorted((n for n in places if n[0] == name[0]), key=len, reverse=True)
            for name in places
        }
        classes = {
            **reading.classes,
            **{kind: [name.replace(" ", "_") for name in reading.classes[kind]] for kind in PLACES},
        }
        groups: dict[str, Iterable[str]] = {
            f"fact:{fact}:{value}": p
            for fact, values in reading.facts.items()
            for value, p in values.items()
        }
        groups |= {f"sex:{value}": p for value, p in reading.sex.explicit.items()}
        groups |= {f"pronoun:{value}": p for value, p in reading.sex.pronouns.items()}
        groups |= {f"age:{kind}": p for kind, p in reading.ages.model_dump().items()}
        groups |= {f"place:{value}": getattr(reading.places, value) for value in PLACES}
        groups |= {f"time:{kind}": p for kind, p in reading.times.model_dump().items()}
        groups |= {f"service:{service}": p for service, p in reading.names.items()}
        groups |= {f"answer:{value}": p for value, p in reading.answers.items()}
        for name in (
            "skip",
            "person",
            "asks",
            "again",
            "asked",
            "unknown_before",
            "unknown_after",
            "correction",
            "time_less",
            "time_nearly",
            "time_more",
        ):
            groups[name] = getattr(reading, name)
        groups["no_sex"] = reading.sex.not_given
        self._patterns = Patterns(groups, classes)
        self._spelt: dict[int, list[str]] = {}
        for word in sorted(self._patterns.words):
            if len(word) >= SPELT_FROM and word.isalpha():
                self._spelt.setdefault(len(word), []).append(word)

    def read(self, text: str, today: datetime.date) -> Said:
        """Reads one message, normalised by bot.language.text. Pure."""
        read = tokens.read(text, self._reading.spelling, self._respelt, self._names)
        said = _Message(read, self._patterns.find(read.words), self._reading).said(today)
        written = set(re.findall(r"\b[A-Z]+\b", text)) if text != text.upper() else set()
        short = (
            service for name, service in self._reading.abbreviations.items() if name in written
        )
        return replace(said, services=tuple(dict.fromkeys((*said.services, *short))))

    def _respelt(self, word: str) -> str:
        ours = self._patterns.words
        if (
            len(word) < SPELT_FROM
            or word in self._known
            or not word.isalpha()
            or not ours.isdisjoint({word, word.removesuffix("s"), f"{word}s"})
        ):
            return word  # "offenders" are not one offender
        lengths = range(len(word) - 1, len(word) + 2)
        near = [
            right
            for n in lengths
            for right in self._spelt.get(n, ())
            if right[0] == word[0] and OSA.distance(word, right, score_cutoff=1) <= 1
        ]
        return near[0] if len(near) == 1 else word


class _Message:
    """One message on its way to facts."""

    def __init__(self, read: Tokens, found: Sequence[Match], reading: Reading) -> None:
        self._read, self._words, self._reading = read, read.words, reading
        self._times: Sequence[Time] = ()
        self._skipped = {at for m in found if m.key == "skip" for at in range(m.start, m.end)}
        # "His wife is 40" says nothing of his age, but that he is a man.
        kept = ("skip", "pronoun:male", "pronoun:female")
        self._found = [
            m for m in found if m.key in kept or not self._skipped.issuperset(range(m.start, m.end))
        ]

    def said(self, today: datetime.date) -> Said:
        found = times.find(self._read, today, self._reading.seasons)
        all_times = [
            self._qualified(t) for t in found if not self._is_denied(t.start, fillers=False)
        ]
        denied_time = len(all_times) < len(found)  # "14 months, not 4"
        self._times = all_times
        given: dict[str, list[Value]] = {}
        for fact, value in chain(self._choices(), self._sex(), self._places()):
            given.setdefault(fact, []).append(value)
        if ages := self._ages(all_times, today):
            given["age"] = ages
        bare = []
        for time in all_times:
            fact, value_of = self._time(time)
            if fact:
                given.setdefault(fact, []).append(value_of)
            elif time.dates is None:
                bare.append((time.low, time.high))
        facts, conflicts = _agreed(given)
        for fact in list(facts):
            rules = self._reading.implies.get(fact, {})
            for other, value in (rules.get("any") or rules.get(str(facts[fact])) or {}).items():
                if other not in facts and other not in conflicts:
                    facts[other] = value
        numbers = [int(w) for w in self._words if w.isdigit()]
        return Said(
            facts=facts,
            conflicts=conflicts,
            person="age" in facts
            or any(m.key in {"person", "sex:male", "sex:female"} for m in self._found),
            correction=any(m.key == "correction" for m in self._found) or denied_time,
            again=any(m.key == "again" and m.start == 0 for m in self._found),
            services=tuple(
                m.key.removeprefix("service:") for m in self._found if m.key.startswith("service:")
            ),
            asks=any(m.key == "asks" for m in self._found),
            answer=self._answer(),
            number=numbers[0] if len(numbers) == 1 else None,
            months=bare[0] if len(bare) == 1 else None,
        )

    # Guards

    def _before(self, key: str, at: int, within: int) -> bool:
        """A match of a group that ends at most `within` words before, in the same clause."""
        return any(
            m.key == key
            and m.end <= at <= m.end + within
            and self._read.clause[m.start] == self._read.clause[at]
            for m in self._found
        )

    def _is_denied(self, at: int, *, fillers: bool = True) -> bool:
        """One of the words of negation stands shortly before; words such as "a history of" between
        don't count.
        """
        left, here = NEGATED_WITHIN if fillers else 0, at - 1
        while here >= 0 and left >= 0 and self._read.clause[here] == self._read.clause[at]:
            # "No, he's from Luton" answers; it denies nothing.
            if self._words[here] in self._reading.negation and not (
                self._words[here] == "no" and self._words[here + 1] in self._reading.somebody
            ):
                return True
            left -= self._words[here] not in self._reading.fillers or not fillers
            here -= 1
        return False

    def _is_answered_no(self, at: int) -> bool:
        """ "Violence: none." """
        rest = [*self._words[at : at + 3], "."]
        return (
            rest[0] in {":", ";", "="}
            and rest[1] in {"no", "none", "nil", "n"}
            and (rest[2] in tokens.BREAKS)
        )

    def _is_open(self, match: Match) -> bool:
        """Asked about as a rule, or said not to be known."""
        if self._before("asked", match.start, ASKED_WITHIN) or self._before(
            "unknown_before", match.start, UNKNOWN_WITHIN
        ):
            return True
        return any(
            m.key == "unknown_after" and self._follows(match.end, m.start) for m in self._found
        )

    def _follows(self, end: int, start: int) -> bool:
        """In the same clause and few words on, or right behind its mark: "PD: not screened", "on
        the pathway? Not sure".
        """
        same = (
            end <= start <= end + UNKNOWN_AFTER
            and self._read.clause[end - 1] == self._read.clause[start]
        )
        return same or (start == end + 1 and self._words[end] in {":", "?", "("})

    # Facts

    def _choices(self) -> Iterable[tuple[str, str]]:
        """What the patterns under `facts` give, and their opposites where they are denied."""
        by_fact: dict[str, list[Match]] = {}
        for match in self._found:
            if match.key.startswith("fact:"):
                by_fact.setdefault(match.key.split(":")[1], []).append(match)
        for fact, matches in by_fact.items():
            values = {m: m.key.split(":")[2] for m in matches}
            for match in longest(Match(fact, m.start, m.end) for m in matches):
                # The same words as a yes and as a no: the gap of the yes went over a "not".
                value = min(
                    (v for m, v in values.items() if (m.start, m.end) == (match.start, match.end)),
                    key=lambda v: v == "yes",
                )
                if self._is_open(match):
                    continue
                if self._is_denied(match.start) or self._is_answered_no(match.end):
                    if fact == "category" or value not in self._reading.negated.get(fact, {}):
                        continue
                    value = self._reading.negated[fact][value]
                yield fact, value

    def _sex(self) -> Iterable[tuple[str, str]]:
        if any(m.key == "no_sex" for m in self._found):
            return
        explicit = {
            m.key.split(":")[1]
            for m in self._found
            if m.key.startswith("sex:") and not self._is_open(m)
        }
        for letter, value in (("m", "male"), ("f", "female")):
            explicit |= {
                value
                for at, word in enumerate(self._words)
                if word == letter and (at == 0 or self._is_alone(at))
            }
        for value in explicit or {
            m.key.split(":")[1] for m in self._found if m.key.startswith("pronoun:")
        }:
            yield "sex", value

    def _is_alone(self, at: int) -> bool:
        """The only word of its clause."""
        clause = self._read.clause
        return all(
            word in tokens.BREAKS
            for i, word in enumerate(self._words)
            if clause[i] == clause[at] and i != at
        )

    def _places(self) -> Iterable[tuple[str, str]]:
        """Where somebody is from (`origin`) and is or goes (`area`); each stands for the other
        where that is not said.
        """
        places = self._reading.places
        found: dict[str, list[str]] = {"origin": [], "area": [], "": []}
        for match in longest(
            Match("place", m.start, m.end) for m in self._found if m.key.startswith("place:")
        ):
            value = next(
                m.key.split(":")[1]
                for m in self._found
                if m.key.startswith("place:") and (m.start, m.end) == (match.start, match.end)
            )
            beside = {
                *self._words[max(0, match.start - 1) : match.start],
                *self._words[match.end : match.end + 1],
            }
            if not beside.isdisjoint(places.prison_beside) or self._is_open(match):
                continue
            if self._is_denied(match.start):
                if value == "elsewhere":
                    continue
                value = "elsewhere"
            found[self._role(match)].append(value)
        for role, other in (("origin", "area"), ("area", "origin")):
            for value in found[role] or found[""] or found[other]:
                yield role, value

    def _role(self, place: Match) -> str:
        """Whether somebody is from a place ("origin") or is there or goes there ("area"); "" where
        it is said bare.
        """
        places, weak = self._reading.places, False
        for at in range(place.end - 1, max(-1, place.start - PLACE_WITHIN - 1), -1):
            word = self._words[at]
            if self._read.clause[at] != self._read.clause[place.start] or (
                at < place.start and self._is_place(at)
            ):
                break
            if word in places.origin_before or word in places.area_before:
                return "origin" if word in places.origin_before else "area"
            weak = weak or word in places.weak_before
        return "area" if weak else ""

    def _is_place(self, at: int) -> bool:
        return any(m.key.startswith("place:") and m.start <= at < m.end for m in self._found)

    def _ages(self, all_times: Sequence[Time], today: datetime.date) -> list[Value]:
        in_times = {
            at for time in all_times if not time.dates for at in range(time.start, time.end)
        }
        ages: list[Value] = []
        for match in self._found:
            kind = match.key.removeprefix("age:") if match.key.startswith("age:") else ""
            if kind == "born":
                ages += [
                    _born(t.dates, today)
                    for t in all_times
                    if t.dates and match.end <= t.start <= match.end + 3
                ]
                continue
            numbers = [
                at
                for at in range(match.start, match.end)
                if kind and self._is_age(at, in_times, AGES)
            ]
            if not numbers:
                continue
            low, high = (int(self._words[at]) for at in (numbers[0], numbers[-1]))
            ages.append(
                {
                    "over": (high + 1, NO_LIMIT),
                    "under": (0, low - 1),
                    "nearly": (low - 1, low - 1),
                }.get(kind, (low, high))
            )
        ages += [
            (int(self._words[at]),) * 2
            for at in range(len(self._words))
            if self._is_age(at, in_times, BARE_AGES) and self._is_alone(at)
        ]
        return ages + list(self._decades())

    def _is_age(self, at: int, in_times: Collection[int], ages: range) -> bool:
        word, before, after = (
            self._words[at],
            self._words[at - 1] if at else "",
            self._words[at + 1] if at + 1 < len(self._words) else "",
        )
        if (
            not word.isdigit()
            or int(word) not in ages
            or at in in_times
            or before in {"s", "sec", "section"}
        ):
            return False
        return after not in {"places", "men", "%", "s"} or (
            after == "s" and before in {"under", "over"}
        )

    def _decades(self) -> Iterable[Range]:
        for at, word in enumerate(self._words):
            tens = self._reading.decades.get(word, 0)
            if (
                word.isdigit()
                and int(word) % 10 == 0
                and int(word) in AGES
                and self._words[at + 1 : at + 2] == ("s",)
            ):
                tens = int(word)
            near = set(self._words[max(0, at - 2) : at])
            if tens and (near & {"in", "his", "her", "my", "early", "mid", "late"}):
                low, high = (
                    (0, 3)
                    if "early" in near
                    else (4, 6)
                    if "mid" in near
                    else (7, 9)
                    if "late" in near
                    else (0, 9)
                )
                yield (
                    (13, 19)
                    if tens < 20 and not near & {"late"}
                    else (tens - tens % 10 + low, tens - tens % 10 + high)
                )

    # Times

    def _qualified(self, time: Time) -> Time:
        kinds = {
            m.key.removeprefix("time_"): m.start
            for m in self._found
            if m.key.startswith("time_") and m.end == time.start
        }
        first = min(kinds, key=lambda kind: kinds[kind], default="")
        return times.qualified(time, first) if time.dates is None else time

    def _time(self, time: Time) -> tuple[str, Value]:
        """The fact that a time gives: how much is left, or whether a move comes within two years.
        ("", "") for a time of something else.
        """
        anchors = [
            (self._distance(m, time), m.key != "time:left", m)
            for m in self._found
            if m.key in {"time:left", "time:move", "time:past"}
        ]
        near = sorted(
            (a for a in anchors if a[0] <= NEAR),
            key=lambda a: (a[0], a[1], a[2].key == "time:past"),
        )
        if not near or time.high < 0:
            return "", ""
        anchor = near[0][2]
        if any(self._distance(anchor, other) < near[0][0] for other in self._times):
            return "", ""  # "serving 4 years, 15 months left": what is left is the other time
        if anchor.key == "time:left":
            return "months_left", (max(0, time.low), time.high)
        if anchor.key == "time:move":
            denied = self._is_denied(min(anchor.start, time.start))
            if time.low > TWO_YEARS or (time.low == TWO_YEARS and time.high > TWO_YEARS):
                return "move", "no"
            if time.high <= TWO_YEARS:
                return "move", "no" if denied else "yes"
        return "", ""

    def _distance(self, match: Match, time: Time) -> int:
        """Words between; a comma counts as two, and the end of a sentence as too many."""
        first, last = (
            (match.end, time.start) if match.end <= time.start else (time.end, match.start)
        )
        between = self._words[first:last]
        if first > last:
            return 0
        return NEAR + 1 if tokens.SENTENCE & set(between) else len(between) + between.count(",")

    def _answer(self) -> str:
        if any(m.key == "answer:forget" for m in self._found):
            return "forget"
        plain = [at for at, word in enumerate(self._words) if word not in tokens.BREAKS]
        whole = (
            m.key.split(":")[1]
            for m in self._found
            if m.key.startswith("answer:")
            and plain
            and (m.start, m.end - 1) == (plain[0], plain[-1])
        )
        return next(whole, "")


def _born(dates: tokens.Dates, today: datetime.date) -> Range:
    return times.years_between(dates[1], today), times.years_between(dates[0], today)


def _agreed(given: Mapping[str, Sequence[Value]]) -> tuple[dict[str, Value], tuple[str, ...]]:
    """One value for each fact: ranges that overlap are narrowed. Two that can't both be so are a
    conflict.
    """
    facts: dict[str, Value] = {}
    conflicts = []
    for fact, values in given.items():
        ranges = [value for value in values if not isinstance(value, str)]
        if ranges:
            both = max(low for low, _ in ranges), min(high for _, high in ranges)
            if both[0] <= both[1]:
                facts[fact] = both
                continue
        elif len(set(values)) == 1:
            facts[fact] = values[0]
            continue
        if fact == "category":  # no outcome hangs on it, and a move is told by the second one
            facts[fact] = values[0]
            continue
        conflicts.append(fact)
    return facts, tuple(conflicts)


def as_output(said: Said) -> dict[str, Any]:
    """For a message's parse data: plain JSON."""
    return {
        "facts": {fact: list(v) if isinstance(v, tuple) else v for fact, v in said.facts.items()},
        "conflicts": list(said.conflicts),
        "person": said.person,
        "correction": said.correction,
        "services": list(said.services),
        "asks": said.asks,
        "again": said.again,
        "answer": said.answer,
        "number": said.number,
        "months": list(said.months) if said.months else None,
    }


def from_output(output: Mapping[str, Any]) -> Said:
    """What `as_output` made."""
    facts: dict[str, Value] = {
        fact: v if isinstance(v, str) else (int(v[0]), int(v[1]))
        for fact, v in output["facts"].items()
    }
    months = output["months"]
    return Said(
        facts,
        tuple(output["conflicts"]),
        bool(output["person"]),
        bool(output["correction"]),
        tuple(output["services"]),
        bool(output["asks"]),
        bool(output["again"]),
        str(output["answer"]),
        output["number"],
        (int(months[0]), int(months[1])) if months else None,
    )
