"""Who is who in a message: "A) M 20 ... B) F 41 ...", "my mate was 22 ... i'm 20", "both 23".

A message is cut into stretches of words, each about one person. People who are only mentioned
beside somebody else ("his co-defendant") are left out; what is said of "both" is said of each.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from bot.language import tokens
from bot.language.patterns import Match
from bot.reading.message import OWNERS, Message

SELF, ITEM, KIN, OTHER, HEADED, FIRST = "self", "item", "kin", "other", "headed", ""
_I_AM = (("i", "am"), ("i", "was"), ("i", "turned"))
_OWNER = {"his": "male", "her": "female"}
_SEX_OF_LETTER = {"m": "male", "f": "female"}
_JOINTS = frozenset({"and", "but", "while", "whereas", "plus", "+"})
A_CASE = 4
"""Things that are told of somebody who is only mentioned, from which on a message is about that one."""
BEFORE_AN_ITEM = 6
"""Words of "for the Belmarsh unit it's"."""
HEAD_WITHIN = 2
"""Words between "M" and "34", or between "he" and "19"."""
ADULT_AGES = range(14, 100)
JOINED = {("and",), ("to",), ("or",), ("-",)}
COUNTED = {("month",), ("months",), ("year",), ("years",), ("week",), ("weeks",), ("days",)}
OLD = {("old",), ("olds",), ("of",)}
"""What makes a number a time, and what makes it an age after all: "19 years old"."""


@dataclass(slots=True)
class Stretch:
    """`kind` is how the person was brought in, `name` tells two of a kind apart."""

    kind: str
    name: str
    words: list[int] = field(default_factory=list)
    age: str = ""
    sex: str = ""


def people(message: Message) -> list[Stretch]:
    """One stretch for each person that the message tells apart by an age, a list or a relation; one
    for the whole of any other message.
    """
    if pair := next((m for m in message.found if m.key == "people:pair"), None):
        return _pair(message, pair)
    found: list[Stretch] = [Stretch(FIRST, "")]
    shared: list[int] = []
    current, sharing = found[0], -1
    listed = len([m for m in message.found if m.key == "people:item"]) > 1
    for start, end in _pieces(message, listed=listed):
        span = range(start, end)
        here = [m for m in message.found if m.start in span]
        if any(m.key == "people:each" for m in here):
            sharing = message.read.sentence[start]
        if sharing == message.read.sentence[start] and not _heads(message, here, span):
            shared += span
            continue
        ended = message.words[start - 1] if start else ""
        named = ended == ";" and any(m.key.startswith("about:") for m in here)
        if current.kind == OTHER and ended in tokens.SENTENCE and not named:
            current = found[0]  # a new sentence goes back to the one whom the message is about
        current = _whose(message, here, start, end, found, current, listed=listed)
        current.words += span
    return _told_apart(message, found, shared)


def compared(message: Message) -> list[Stretch]:
    """Two where "the same but from Kent" stands behind a whole case in one message, and none where
    the message only compares.
    """
    match = next((m for m in message.found if m.key == "operation:compare"), None)
    if match is None:
        return []
    start = match.start
    while start and message.words[start - 1] not in tokens.BREAKS:
        start -= 1
    first = Stretch(FIRST, "", list(range(start)))
    second = Stretch(ITEM, "compared", list(range(start, len(message.words))))
    return [first, second] if _told(message, first) >= A_CASE and _tells(message, second) else []


def _heads(message: Message, here: Sequence[Match], span: range) -> bool:
    """Whether a piece brings somebody in: what does not, behind "both", is said of both."""
    brought = ("people:kin", "people:other", "people:item")
    sex_or_age = _head(message, here, span.start, span.stop)
    return not any(m.key == "people:each" for m in here) and (
        any(m.key in brought for m in here) or any(sex_or_age)
    )


def _pair(message: Message, pair: Match) -> list[Stretch]:
    """ "Two lads, 19 and 24": everything else is said of each, but what begins with "the older one"."""
    numbers = [at for at in range(pair.start, pair.end) if message.words[at].isdigit()][-2:]
    joint = range(numbers[0] + 1, numbers[1])
    owners = _members(message, pair, [int(message.words[at]) for at in numbers])
    return [
        Stretch(
            HEADED,
            message.words[own],
            [
                at
                for at in range(len(message.words))
                if at == own or (at not in {*numbers, *joint} and owners.get(at, which) == which)
            ],
        )
        for which, own in enumerate(numbers)
    ]


def _members(message: Message, pair: Match, ages: Sequence[int]) -> dict[int, int]:
    """Words that are said of one of two, and of which: "the older has 8 months left, the younger 14"."""
    owners: dict[int, int] = {}
    starts = [m for m in message.found if m.key == "people:member" and m.start >= pair.end]
    ends = [*(m.start for m in starts[1:]), len(message.words)]
    for m, until in zip(starts, ends, strict=False):
        words = {*message.words[m.start : m.end]}
        which = next((at for at, age in enumerate(ages) if str(age) in words), None)
        if which is None:
            which = 0 if words & {"one", "one's", "first"} else 1
            if words & {"older", "elder", "younger"} and ages[0] != ages[1]:
                which = ages.index(min(ages) if "younger" in words else max(ages))
        for at in range(m.start, until):
            if message.read.sentence[at] != message.read.sentence[m.start]:
                break
            # The age is told already, and "the 19 year old" is no second one.
            owners[at] = which if message.words[at] != str(ages[which]) else -1
    return owners


def _pieces(message: Message, *, listed: bool) -> Iterator[tuple[int, int]]:
    """A cut after each mark and before each "and"; in a list, before its items instead."""
    start = 0
    kin = {m.start for m in message.found if m.key == "people:kin"}
    items = {
        _with_its_service(message, m.start)
        for m in message.found
        if m.key == "people:item" and listed
    }
    for at, word in enumerate(message.words):
        if at > start and (
            at in items
            or message.words[at - 1] in tokens.BREAKS
            or (at in kin and message.words[at - 1].isdigit())  # "i am 24 my brother is 20"
            or (word in _JOINTS and not listed)
        ):
            yield start, at
            start = at
    if start < len(message.words):
        yield start, len(message.words)


def _with_its_service(message: Message, item: int) -> int:
    """ "For SOVA it's the younger one": where the clause begins that names a service before."""
    start = item
    while start and message.words[start - 1] not in tokens.BREAKS:
        start -= 1
    named = any(start <= m.start < item for m in message.of("about"))
    return start if named and item - start <= BEFORE_AN_ITEM else item


def _whose(
    message: Message,
    here: Sequence[Match],
    start: int,
    end: int,
    found: list[Stretch],
    current: Stretch,
    *,
    listed: bool,
) -> Stretch:
    """Whom one piece is about."""

    def known(kind: str, name: str) -> Stretch:
        for stretch in found:
            if (stretch.kind, stretch.name) == (kind, name):
                return stretch
        found.append(Stretch(kind, name))
        return found[-1]

    if listed:
        return known(ITEM, str(start)) if any(m.key == "people:item" for m in here) else current
    for key, kind in (("people:other", OTHER), ("people:kin", KIN)):
        for m in here:
            if m.key == key:
                return known(kind, " ".join(message.words[m.start : m.end]))
    age, sex = _head(message, here, start, end)
    owner = _OWNER.get(current.name.split(" ")[0]) if current.kind == OTHER else None
    if owner and any(m.key == f"pronoun:{owner}" for m in here):
        current = found[0]  # "his dad is from Leeds but he's from Tooting"
    if any(
        message.words[at] in {"i'm", "me"} or message.words[at : at + 2] in _I_AM
        for at in range(start, end)
    ):
        return known(SELF, "")
    if (
        age
        and (current.age or current.kind == OTHER)
        and ((sex and (sex, age) != (current.sex, current.age)) or current.kind == OTHER)
        and not message.has("correction")
    ):
        found.append(Stretch(HEADED, f"{sex}{age}", age=age, sex=sex))
        return found[-1]
    in_couple = any(m.key == "people:couple" for m in here)
    if sex and message.has("people:couple") and not in_couple:
        return _of_couple(found, sex, age)
    if sex and current.sex and sex != current.sex:  # "Aylesbury for him, Women in Prison for her"
        return next((s for s in found if s.sex == sex), current)
    if age and not current.age:
        current.age, current.sex = age, sex or current.sex
    elif sex and not current.sex:
        current.sex = sex
    return current


def _of_couple(found: list[Stretch], sex: str, age: str) -> Stretch:
    """ "Husband and wife: he's in Lewes, she's on licence": he and she are two."""
    known = next((s for s in found if s.sex == sex and s.kind == HEADED), None)
    if known is None:
        found.append(known := Stretch(HEADED, sex, age=age, sex=sex))
    return known


def _head(message: Message, here: Sequence[Match], start: int, end: int) -> tuple[str, str]:
    """The age and the sex that a piece gives in so many words: "M 34", "she's 24"."""
    sex = ""
    for m in here:
        if m.key.startswith(("sex:", "pronoun:")):
            sex = m.key.split(":")[1]
    for at in range(start, end):
        sex = sex or _SEX_OF_LETTER.get(message.words[at], "")
    other = {"age:past", "age:nearly"}  # of another time, and so no second person's
    past = {at for m in here if m.key in other for at in range(m.start, m.end)}
    ages = [
        message.words[at]
        for m in here
        if m.key.startswith("age:")
        for at in range(m.start, m.end)
        if at not in past and _may_be_an_age(message.words, at)
    ]
    ages += [
        message.words[at]
        for at in range(start, end)
        if _may_be_an_age(message.words, at) and message.is_alone(at)
    ]
    return (ages[0] if ages else ""), sex


def _may_be_an_age(words: Sequence[str], at: int) -> bool:
    """Not "14 months", nor the "14" of "14 and 20 months"."""
    if not words[at].isdigit() or int(words[at]) not in ADULT_AGES:
        return False
    joined = words[at + 1 : at + 2] in JOINED and len(words) > at + 2
    last = at + 2 if joined and words[at + 2].isdigit() else at
    return words[last + 1 : last + 2] not in COUNTED or words[last + 2 : last + 3] in OLD


def _told_apart(message: Message, found: Sequence[Stretch], shared: list[int]) -> list[Stretch]:
    whole = [Stretch(FIRST, "", list(range(len(message.words))))]
    for stretch in found:
        if not stretch.age:
            stretch.age = next(
                (
                    age
                    for m in message.of("age")
                    if m.start in stretch.words
                    for at in range(m.start, m.end)
                    if (age := message.words[at]).isdigit()
                ),
                "",
            )
    apart = [
        s
        for s in found
        if s.words
        and (
            s.age
            or (s.kind in {ITEM, KIN, HEADED} and _tells(message, s))
            or (s.kind == ITEM and _is_timed(message, s))
            or (s.kind == OTHER and _is_asked_for(message, s))
        )
    ]
    if len(apart) < 2:
        # Somebody who is only mentioned beside the one whom the message is about says nothing of
        # that one.
        main = [s for s in found if s.kind != OTHER]
        mentioned = [s for s in found if s.kind == OTHER and s.words]
        about_them = message.has("operation:anew", "operation:compare") or any(
            s.name.split(" ")[0] not in OWNERS or _told(message, s) >= A_CASE for s in mentioned
        )
        if any(_tells(message, s) for s in main) or not about_them:
            left = {
                at
                for s in found
                if s.kind == OTHER
                for at in s.words
                if message.words[at] not in OWNERS  # "his wife" tells that he is a man
            }
            return [Stretch(FIRST, "", [at for at in whole[0].words if at not in left])]
        return whole
    others = [s for s in apart if s.kind != OTHER or _is_asked_for(message, s)]
    speaker = [s for s in apart if s.kind == SELF]
    if not message.has("people:each"):
        told_of = [s for s in others if s.kind != SELF]  # "i'm 50 and my son is 20"
        mine = speaker and message.has("people:for_me")
        apart = speaker if mine else told_of or others or apart
    for stretch in (s for s in apart if s.kind == OTHER):
        _of_their_own(message, stretch)
    first = next((s for s in found if s.kind == FIRST), None)
    couple = {at for m in message.found if m.key == "people:couple" for at in range(m.start, m.end)}
    lead = [] if first is None or first in apart else [at for at in first.words if at not in couple]
    for stretch in apart:
        stretch.words = sorted({*lead, *stretch.words, *shared})
    return apart


def _of_their_own(message: Message, stretch: Stretch) -> None:
    """ "His sister" is no he: the word goes, and the relation says who she is."""
    words = {message.words[at] for at in stretch.words}
    classes = message.reading.classes
    for sex, kin in (("male", "kin_m"), ("female", "kin_f")):
        if not words.isdisjoint(classes[kin]):
            stretch.sex = sex
    stretch.words = [at for at in stretch.words if message.words[at] not in OWNERS]


def _is_asked_for(message: Message, stretch: Stretch) -> bool:
    """ "His sister is 30, on the pathway - Women in Prison?", "and his mate M 23, same?": they are
    asked for too.
    """
    return any(
        m.start in stretch.words
        and (m.key == "operation:compare" or message.words[m.start - 1 : m.start] == (";",))
        for m in message.found
        if m.key.startswith("about:") or m.key == "operation:compare"
    )


def _tells(message: Message, stretch: Stretch) -> bool:
    """Whether something is said of somebody beside being there."""
    return _told(message, stretch) > 0


def _is_timed(message: Message, stretch: Stretch) -> bool:
    """ "The other 5 months"."""
    words = message.words
    return any(words[at].isdigit() and words[at + 1 : at + 2] in COUNTED for at in stretch.words)


def _told(message: Message, stretch: Stretch) -> int:
    """How much is said of somebody."""
    words = set(stretch.words)
    return sum(
        m.start in words and m.key.startswith(("fact:", "age:", "place:", "time:"))
        for m in message.found
    )
