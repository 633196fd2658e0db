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

from rapidfuzz.distance import OSA

from bot.eligibility.models import Range, Value
from bot.eligibility.which import the_one
from bot.language import tokens
from bot.language.patterns import Patterns
from bot.language.tokens import Tokens
from bot.reading.facts import doubted, dropped, facts_of, withdrawn
from bot.reading.message import Message
from bot.reading.people import OTHER, Stretch, compared, people
from bot.reading.referred import describes, referred
from bot.reading.said import Said
from bot.reading.vocabulary import PLACES, Reading

SPELT_FROM, SLIPS_FROM = 6, 9
"""Letters from which a word one slip away from one of ours is taken for it, where it is no other
word; and those from which it may be two.
"""
SPEAKER = frozenset({"i", "i'm", "i've", "me", "my", "we", "our"})
COUNTED = frozenset({"month", "months", "week", "weeks", "day", "days"})
"""Words behind a number that is a time, and no answer by itself."""
WHICH = {("which",), ("what",)}
FEW, BESIDE_A_NAME = 4, 2
"""Words of a message that tells something, and those that may stand beside a name which is all of its
last sentence.
"""
PEOPLE = (
    "kin",
    "other",
    "item",
    "each",
    "pair",
    "for_me",
    "staff",
    "for_self",
    "probation_officer",
    "caseload",
    "which",
    "member",
    "left_out",
    "couple",
)
"""The groups of patterns under `people` in reading.yml; those of `about` have a name each."""
OPERATIONS = ("compare", "anew", "suppose", "retract")
"""What a message may do to a case, the strongest first."""
_SUBJECT = r"(?:he|she|they|it|we|i|you|there|this|that|the|my|his|her|our|their|any\w*|some\w*)\b"
_ASKING = re.compile(
    r"^(?:(?:and|so|but|ok|okay|also)\s+)*(?:"
    r"(?:what|whats|what's|who|where|when|why|how|which|tell me|explain)\b"
    r"|(?:am|are|do|does|can|could|will|would|should)\b(?!'|\s(?:not|be|been)\b)"
    r"|is\b(?!'|\s(?:be|been|now|not|also|still|in|on|at|from|aged|stuck|settled|high|low|medium|ready|"
    r"screened|past|serving|back|out|due|diagnosed|actually|currently)\b)"
    rf"|(?:has|have|did|was|were)\s{_SUBJECT}"
    rf"|(?:is|are|do|does|did|can|could|will|would|should|has|have|wo|ca)n'?t\s{_SUBJECT})"
)
"""How a question begins. "Has PD" and "can't settle" tell, with nobody named."""
_MONTHS_OR_MAN = re.compile(r"(?<![\w.])(\d{1,2})m\b")
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
        uncut, stretches = message, people(message)
        if len(stretches) == 1:
            stretches = compared(message) or stretches
        several = len(stretches) > 1
        pointed = referred(message, several=several)
        which, left_out = (
            describes(self._message(_only(read, words)), today) if words else {}
            for words in (pointed.meant, pointed.left_out)
        )
        taken = {*pointed.left_out, *(pointed.meant if several else ())}
        if taken:
            read = _only(read, [at for at in range(len(read.words)) if at not in taken])
            message = self._message(read)
            stretches = people(message)
        asks = _asks(text)
        written = set(re.findall(r"\b[A-Z]+\b", text)) if text != text.upper() else set()
        short = [
            service for name, service in self._reading.abbreviations.items() if name in written
        ]
        if len(stretches) == 1 and len(stretches[0].words) == len(read.words):
            said = _said(message, today)
        else:
            each = _alike([self._said_of(read, stretch, today) for stretch in stretches])
            each = _timed_alike(each)
            only = the_one([person.facts for person in each], which, left_out)
            first, others = (each[only], ()) if only is not None else (each[0], tuple(each[1:]))
            whole = _said(message, today)
            said = replace(
                whole,
                facts=first.facts,
                conflicts=first.conflicts,
                weak=first.weak,
                about=first.about,
                others=others,
                operation=""
                if any(person.operation == "compare" for person in each[1:])
                else whole.operation,
            )
        if not (asks or said.others or said.facts.keys() - {"sex"}):
            said = _doubted(said, message)
        return replace(
            said,
            which=which,
            left_out=left_out,
            asks=said.asks or _ends_with_a_name(message),
            short=_short(text, said.facts),
            answer=_answer(uncut, told=bool(said.facts.keys() - {"sex"})),
            services=tuple(dict.fromkeys((*said.services, *short))),
            statement=not asks,
            unknown=message.has("unknown_before", "unknown_after"),
            worded=_WORDED.search(text.lower()) is not None,
            general=asks and _is_general(message),
        )

    def _said_of(self, read: Tokens, stretch: Stretch, today: datetime.date) -> Said:
        """What is said of one of several people; of a relative, with the sex that the word gives."""
        said = _said(self._message(_only(read, stretch.words)), today)
        if stretch.kind != OTHER or not stretch.sex:
            return said
        return replace(said, facts={**said.facts, "sex": stretch.sex})

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
        word = f"{word[:-2]}ies" if word.endswith("ys") else word
        for slips in range(1 + (len(word) >= SLIPS_FROM) + 1):
            near = [
                right
                for n in range(len(word) - slips, len(word) + slips + 1)
                for right in self._spelt.get(n, ())
                if right[0] == word[0] and OSA.distance(word, right, score_cutoff=slips) <= slips
            ]
            if near:
                return near[0] if len(near) == 1 else word
        return word


def _ends_with_a_name(message: Message) -> bool:
    """ "Woman, 52, from Islington. Women in Prison?" asks whether she fits."""
    words = message.words
    if len(words) < FEW or words[-1] != "?":
        return False
    start = max(
        (at + 1 for at, word in enumerate(words[:-1]) if word in tokens.SENTENCE), default=0
    )
    named = {at for m in message.of("about") for at in range(m.start, m.end) if at >= start}
    return bool(start and named) and len(words) - 1 - start - len(named) <= BESIDE_A_NAME


def _short(text: str, facts: Mapping[str, Value]) -> Range | None:
    """ "16m" in a message that says no more of a case: a man's age, or months."""
    found = _MONTHS_OR_MAN.findall(text.lower())
    return (int(found[0]),) * 2 if len(found) == 1 and facts.keys() <= {"sex", "age"} else None


def _alike(each: Sequence[Said]) -> list[Said]:
    """ "M 40, Camden, stuck and M 33, Leeds, same profile": what is told of the first holds for both."""
    return [
        replace(person, facts={**each[0].facts, **person.facts})
        if person.operation == "compare"
        else person
        for person in each
    ]


def _timed_alike(each: Sequence[Said]) -> list[Said]:
    """ "One has 8 months left, the other 2 years": what is left is told of both."""
    left = next((p.facts for p in each if "months_left" in p.facts), None)
    if left is None:
        return list(each)
    return [
        replace(person, facts={**person.facts, "custody": "prison", "months_left": person.months})
        if person.months and "months_left" not in {*person.facts, *person.conflicts}
        else person
        for person in each
    ]


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
        "withdrawn": reading.withdrawn,
        "about": reading.people.about,
        "people": {kind: getattr(reading.people, kind) for kind in PEOPLE},
    }
    groups |= {
        f"{group}:{value}": p for group, values in named.items() for value, p in values.items()
    }
    for name, field in reading.fields.items():
        groups[f"label:{name}"] = field.labels
        groups |= {f"value:{name}:{value}": p for value, p in field.values.items()}
    for name in (
        "asides",
        "earlier",
        "this_one",
        "skip",
        "person",
        "asks",
        "offers",
        "general",
        "about_us",
        "again",
        "asked",
        "unknown_before",
        "unknown_beside",
        "opinion",
        "unknown_after",
        "denied_after",
        "not_now",
        "not_yet",
        "correction",
        "restated",
        "dropped_before",
        "dropped_after",
        "theirs_before",
        "theirs_named",
        "theirs_after",
    ):
        groups[name] = getattr(reading, name)
    groups["writers"] = reading.places.writers
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
    known = (
        message.of("pronoun")
        or message.has("people:kin", "people:pair", "people:each")
        # "one has 8 months left" tells of somebody, "which one has the London rule" of a service
        or any(
            m.key == "people:item" and message.words[m.start - 1 : m.start] not in WHICH
            for m in message.found
        )
    )
    speaks = not SPEAKER.isdisjoint(message.words)
    if known or speaks:
        return False
    nobody = not (message.of("age") or message.of("sex") or message.has("person"))
    return message.has("general") or (nobody and message.has("about_us"))


def _said(message: Message, today: datetime.date) -> Said:
    found = facts_of(message, today)
    facts, taken_back = found.values, dropped(message)
    restated = not facts.keys() - {"sex"} and message.has("restated")
    numbers = [
        int(word)
        for at, word in enumerate(message.words)
        if word.isdigit()
        and not message.is_denied(at, fillers=False)  # "26 not 20"
        and COUNTED.isdisjoint(message.words[at + 1 : at + 3])
    ]
    return Said(
        facts=facts,
        conflicts=found.conflicts,
        weak=found.weak,
        dropped=tuple(
            fact
            for fact in dict.fromkeys((*taken_back, *withdrawn(message)))
            if fact not in {*facts, *found.conflicts}
        ),
        person="age" in facts or message.has("person", "sex:male", "sex:female"),
        correction=message.has("correction") or found.denied_time or restated or bool(taken_back),
        again=any(m.key == "again" and m.start == 0 for m in message.found),
        services=tuple(m.key.removeprefix("service:") for m in message.of("service")),
        about=tuple(dict.fromkeys(m.key.removeprefix("about:") for m in message.of("about"))),
        asks=message.has("asks"),
        offers=message.has("offers"),
        speaker=not SPEAKER.isdisjoint(message.words),
        operation=_operation(message, taken_back),
        number=numbers[0] if len(numbers) == 1 else None,
        months=found.bare[0] if len(found.bare) == 1 else None,
    )


def _doubted(said: Said, message: Message) -> Said:
    """ "The PD isn't confirmed": what is told of nothing else takes back what was held."""
    facts = [fact for fact in doubted(message) if fact not in {*said.conflicts, *said.dropped}]
    return replace(said, dropped=(*said.dropped, *facts), correction=said.correction or bool(facts))


def _operation(message: Message, taken_back: Sequence[str]) -> str:
    """What the words do to a case. "Ignore the GBH, that was someone else" begins no other one."""
    found = {m.key.removeprefix("operation:") for m in message.of("operation")}
    if taken_back:
        found.discard("anew")
    return next((name for name in OPERATIONS if name in found), "")


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
