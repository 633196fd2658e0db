"""Reads a case out of one message: words to normalised facts. What is not said is not given, what
is asked is not said, and no word is kept.

Three steps: small words (`tokens.py`), what the patterns of `bot/content/eligibility/reading.yml`
find in them (`patterns.py`) with times (`times.py`), and the facts that these come to, for each
person of whom the message tells (`people.py`).
"""

import datetime
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import chain

from rapidfuzz.distance import OSA

from bot.eligibility.models import NO_LIMIT, Range, Value
from bot.language import tokens
from bot.language.patterns import Match, Patterns, longest
from bot.language.tokens import Tokens
from bot.reading import sentence, times
from bot.reading.ages import ages
from bot.reading.message import Message
from bot.reading.people import people
from bot.reading.places import places, workplaces
from bot.reading.said import Said
from bot.reading.vocabulary import PLACES, Reading

SPELT_FROM = 6
"""Letters from which a word one slip away from one of ours is taken for it, where it is no other
word.
"""
SPEAKER = frozenset({"i", "i'm", "i've", "me", "my", "we", "our"})
SENTENCED = frozenset({("custody", "prison"), ("stuck", "yes"), ("probation", "yes")})
_ASKING = re.compile(
    r"^(?:(?:and|so|but|ok|okay|also)\s+)*(?:what|whats|what's|who|where|when|why|how|which|is|are|am|"
    r"do|does|did|can|could|will|would|should|has|have|tell me|explain)\b(?! be(?:en)?\b)"
)

_WORDED = re.compile(r"\b(?:how|when|where|what|whats|what's|why|who|which|tell me)\b")


class Reader:
    """`known`: real words, which are never taken for a slip of one of ours. Raises ValueError for a
    pattern that can't be read.
    """

    def __init__(self, reading: Reading, known: Collection[str] = frozenset()) -> None:
        self._reading, self._known = reading, known
        names = [
            tuple(name.split()) for kind in PLACES for name in reading.classes[kind] if " " in name
        ]
        self._names = {
            name[0]: sorted((n for n in names if n[0] == name[0]), key=len, reverse=True)
            for name in names
        }
        classes = {
            **reading.classes,
            **{kind: [name.replace(" ", "_") for name in reading.classes[kind]] for kind in PLACES},
        }
        self._patterns = Patterns(_groups(reading), classes)
        self._spelt: dict[int, list[str]] = {}
        for word in sorted(self._patterns.words):
            if len(word) >= SPELT_FROM and word.isalpha():
                self._spelt.setdefault(len(word), []).append(word)

    def read(self, text: str, today: datetime.date) -> Said:
        """Reads one message, normalised by bot.language.text. Pure."""
        read = tokens.read(
            text,
            self._reading.spelling,
            self._respelt,
            self._names,
            self._reading.places.postcodes,
        )
        message = self._message(read)
        stretches = people(message)
        written = set(re.findall(r"\b[A-Z]+\b", text)) if text != text.upper() else set()
        short = [
            service for name, service in self._reading.abbreviations.items() if name in written
        ]
        if len(stretches) == 1 and len(stretches[0].words) == len(read.words):
            said = _said(message, today)
        else:
            each = [
                _said(self._message(_only(read, stretch.words)), today) for stretch in stretches
            ]
            said = replace(
                _said(message, today),
                facts=each[0].facts,
                conflicts=each[0].conflicts,
                weak=each[0].weak,
                about=each[0].about,
                others=tuple(each[1:]),
            )
        return replace(
            said,
            services=tuple(dict.fromkeys((*said.services, *short))),
            statement=not _asks(text),
            worded=_WORDED.search(text.lower()) is not None,
            general=_asks(text) and _is_general(message),
        )

    def _message(self, read: Tokens) -> Message:
        return Message(read, self._patterns.find(read.words), self._reading)

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


def _groups(reading: Reading) -> dict[str, Iterable[str]]:
    """Every group of patterns by its name."""
    groups: dict[str, Iterable[str]] = {
        f"fact:{fact}:{value}": p
        for fact, values in reading.facts.items()
        for value, p in values.items()
    }
    named: dict[str, Mapping[str, Iterable[str]]] = {
        "sex": reading.sex.explicit,
        "pronoun": reading.sex.pronouns,
        "age": reading.ages.model_dump(),
        "place": {value: getattr(reading.places, value) for value in PLACES},
        "time": reading.times.model_dump(),
        "time_before": reading.time_before,
        "time_after": reading.time_after,
        "service": reading.names,
        "answer": reading.answers,
        "operation": reading.operations,
        "about": reading.people.about,
    }
    groups |= {
        f"{group}:{value}": p for group, values in named.items() for value, p in values.items()
    }
    groups |= {
        f"people:{kind}": getattr(reading.people, kind)
        for kind in ("kin", "other", "item", "each", "pair", "for_me", "staff")
    }
    groups |= {
        f"people:{kind}": getattr(reading.people, kind)
        for kind in ("for_self", "probation_officer", "caseload")
    }
    for name in (
        "skip",
        "person",
        "asks",
        "offers",
        "general",
        "again",
        "asked",
        "unknown_before",
        "unknown_after",
        "not_now",
        "not_yet",
        "correction",
        "dropped_before",
        "dropped_after",
    ):
        groups[name] = getattr(reading, name)
    groups["no_sex"] = reading.sex.not_given
    return groups


def _only(read: Tokens, kept: Sequence[int]) -> Tokens:
    """Some of the words, with a mark where others stood between."""
    words: list[str] = []
    before = None
    for at in kept:
        if before is not None and at != before + 1:
            words.append(".")
        words.append(read.words[at])
        before = at
    return tokens.of(words, read.dates)


def _asks(text: str) -> bool:
    """Whether a message asks something in words or with a mark at its end: "PD? Confirmed." tells."""
    return text.rstrip().endswith("?") or any(
        _ASKING.match(part.strip().lower()) for part in re.split(r"[.;!?,\n]", text)
    )


def _is_general(message: Message) -> bool:
    """Whether people in general are spoken of, and nobody whom the writer knows."""
    known = message.of("pronoun") or message.has(
        "people:kin", "people:item", "people:pair", "people:each"
    )
    speaks = not SPEAKER.isdisjoint(message.words)
    return message.has("general") and not known and not speaks


def _said(message: Message, today: datetime.date) -> Said:
    reading = message.reading
    found = times.find(message.read, today, reading.seasons)
    all_times = [
        qualified
        for time in found
        if (qualified := sentence.qualified(message, time)) != time
        or not message.is_denied(time.start, fillers=False)
    ]
    denied_time = len(all_times) < len(found)  # "14 months, not 4"
    given: dict[str, list[Value]] = {}
    claimed: dict[str, list[Value]] = {}
    for fact, value, is_claim in _choices(message):
        (claimed if is_claim else given).setdefault(fact, []).append(value)
    for fact, value in chain(_sex(message), places(message), _staff(message), _caseload(message)):
        given.setdefault(fact, []).append(value)
    if found_ages := ages(message, all_times, today):
        given["age"] = list(found_ages)
    bare: list[Range] = []
    moves: list[Value] = []
    for time in all_times:
        meant = list(sentence.meanings(message, time, all_times))
        moves += [value_of for fact, value_of in meant if fact == "move"]
        for fact, value_of in meant:
            if fact != "move":
                given.setdefault(fact, []).append(value_of)
        if not meant and time.dates is None:
            bare.append((time.low, time.high))
    if "early" not in given and sentence.may_be_early(message):
        given["early"] = [(0, NO_LIMIT)]
    tariff = sentence.tariff(message, all_times)
    if tariff == "past":
        given["stuck"] = [*given.get("stuck", ()), "yes"]
    elif tariff == "ahead":  # "tariff up in 2031"
        given.pop("stuck", None)
    if moves:  # how far off a move is says more than that it is likely
        given["move"] = [*(v for v in given.get("move", ()) if v == "no"), *moves]
    facts, conflicts, weak = _agreed(given, reading.yields)
    for fact in list(facts):
        rules = reading.implies.get(fact, {})
        for other, implied in {**rules.get("any", {}), **rules.get(str(facts[fact]), {})}.items():
            if other not in facts and other not in conflicts:
                facts[other] = implied
    if facts.get("custody") == "community":  # "released on licence in March": no time is left
        for fact in ("months_left", "early"):
            facts.pop(fact, None)
    if not message.has("people:staff") and not SENTENCED.isdisjoint(facts.items()):
        facts.pop("offender", None)  # "never convicted" of a prisoner is said of one thing only
    claimed = {fact: values for fact, values in claimed.items() if fact not in (*facts, *conflicts)}
    facts |= _agreed(claimed, {})[0]
    numbers = [int(w) for w in message.words if w.isdigit()]
    operations = [m.key.removeprefix("operation:") for m in message.of("operation")]
    dropped = tuple(_dropped(message))
    if dropped:  # "ignore the GBH, that was someone else" begins no other case
        operations = [name for name in operations if name != "anew"]
    return Said(
        facts=facts,
        conflicts=conflicts,
        weak=tuple(dict.fromkeys((*weak, *claimed))),
        dropped=tuple(fact for fact in dropped if fact not in {*facts, *conflicts}),
        person="age" in facts or message.has("person", "sex:male", "sex:female"),
        correction=message.has("correction") or denied_time or bool(dropped),
        again=any(m.key == "again" and m.start == 0 for m in message.found),
        services=tuple(m.key.removeprefix("service:") for m in message.of("service")),
        about=tuple(dict.fromkeys(m.key.removeprefix("about:") for m in message.of("about"))),
        asks=message.has("asks"),
        offers=message.has("offers"),
        speaker=not SPEAKER.isdisjoint(message.words),
        operation=next(
            (name for name in ("anew", "compare", "suppose", "retract") if name in operations), ""
        ),
        answer=_answer(message, told=bool(facts.keys() - {"sex"})),
        number=numbers[0] if len(numbers) == 1 else None,
        months=bare[0] if len(bare) == 1 else None,
    )


def _choices(message: Message) -> Iterable[tuple[str, str, bool]]:
    """What the patterns under `facts` give, and their opposites where they are denied; and whether
    that is only what somebody claims.
    """
    by_fact: dict[str, list[Match]] = {}
    for match in message.of("fact"):
        by_fact.setdefault(match.key.split(":")[1], []).append(match)
    negated = message.reading.negated
    for fact, matches in by_fact.items():
        values = {m: m.key.split(":")[2] for m in matches}
        for match in longest(Match(fact, m.start, m.end) for m in matches):
            # The same words as a yes and as a no: the gap of the yes went over a "not".
            value = min(
                (v for m, v in values.items() if (m.start, m.end) == (match.start, match.end)),
                key=lambda v: v == "yes",
            )
            if message.is_open(match) or message.is_not_now(match) or message.is_dropped(match):
                continue
            denied = message.is_denied(match.start) or message.is_answered_no(match.end)
            if value == "yes" and not denied and message.is_broken(match, fact):
                continue
            if denied:
                if fact == "category" or value not in negated.get(fact, {}):
                    continue
                wholly = message.reading.wholly.get(fact)
                if wholly and not {*message.words[match.start : match.end]} & {*wholly}:
                    continue
                value = negated[fact][value]
            yield fact, value, denied and message.is_claim(match)


def _dropped(message: Message) -> Iterable[str]:
    """The facts that a message takes back."""
    return dict.fromkeys(
        match.key.split(":")[1] for match in message.of("fact") if message.is_dropped(match)
    )


def _sex(message: Message) -> Iterable[tuple[str, str]]:
    if message.has("no_sex"):
        return
    explicit = {
        m.key.split(":")[1]
        for m in message.of("sex")
        if not message.is_open(m) and not _is_not(message, m)
    }
    said = {at for m in message.of("fact") for at in range(m.start, m.end)}  # "RoSH: M"
    for letter, value in (("m", "male"), ("f", "female")):
        explicit |= {
            value
            for at, word in enumerate(message.words)
            if word == letter and at not in said and (at == 0 or message.is_alone(at))
        }
    for value in explicit or {
        m.key.split(":")[1] for m in message.of("pronoun") if not _is_not(message, m)
    }:
        yield "sex", value


def _is_not(message: Message, match: Match) -> bool:
    """ "She, not he"."""
    return message.words[match.start - 1 : match.start] == ("not",)


def _answer(message: Message, *, told: bool) -> str:
    """ "Another case" alone forgets the last one; with a case behind it, it begins that one."""
    if message.has("answer:forget") and not told:
        return "forget"
    plain = [at for at, word in enumerate(message.words) if word not in tokens.BREAKS]
    whole = (
        m.key.split(":")[1]
        for m in message.of("answer")
        if plain and (m.start, m.end - 1) == (plain[0], plain[-1])
    )
    return next(whole, "")


def _staff(message: Message) -> Iterable[tuple[str, str]]:
    """A member of staff who asks for help for themself, and for nobody else, is no offender."""
    others = message.of("pronoun") or message.of("age") or message.has("people:kin")
    if message.has("people:staff") and message.has("people:for_self") and not others:
        yield "offender", "no"


def _caseload(message: Message) -> Iterable[tuple[str, str]]:
    """A probation officer's own case is with probation, in the area where the officer works."""
    if message.has("people:probation_officer") and message.has("people:caseload"):
        yield "probation", "yes"
        yield from (("area", value) for value in workplaces(message))


def _agreed(
    given: Mapping[str, Sequence[Value]], yields: Mapping[str, Sequence[str]]
) -> tuple[dict[str, Value], tuple[str, ...], tuple[str, ...]]:
    """One value for each fact: ranges that overlap are narrowed, and what `yields` does so. Two that
    can't both be so are a conflict. Then the facts whose value yields to what was said before.
    """
    facts: dict[str, Value] = {}
    conflicts = []
    weak = []
    for fact, all_values in given.items():
        firm = [value for value in all_values if value not in yields.get(fact, ())]
        values = firm or all_values
        if not firm:
            weak.append(fact)
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
    return facts, tuple(conflicts), tuple(weak)
