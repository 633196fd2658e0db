"""Fields of a form, and short questions with their answer: "Therapy: refuses", "Ready? Not yet",
"Risk of reoffending: low"; and levels of risk, of which two are a range: "medium to high".
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bot.language import tokens
from bot.language.patterns import Match
from bot.reading.message import Message

HIGH = frozenset({"high", "highest", "higher", "severe", "vh", "h"})
MIDDLE = frozenset({"medium", "med", "moderate", "m"})
LOW = frozenset({"low", "lowest", "lower", "standard", "l"})
LEVELS = HIGH | MIDDLE | LOW
MODERATE = {("medium",), ("med",), ("moderate",)}
"""Right before "risk of reoffending": neither a high one nor a low one."""
RANGE = frozenset(
    {"to", "or", "/", "-", "bordering", "verging", "approaching", "possibly", "maybe"}
)
"""Words between two levels that leave open which it is."""
CHANGE = frozenset({"now", "then", "currently", "but", "today"})
"""Words between two levels after which the second one holds."""
FROM = frozenset({"from", "was", "were"})
"""Words before two levels after which the second one holds."""
WEAK = frozenset({"very", "quite", "on", "still", "only", "fairly", "just", "and", "a", ","})
"""Words beside a level that say nothing of which it is."""
MARKS = frozenset({":", "=", "?", "-"})
SAYS = frozenset(
    {"is", "are", "remains", "now", "currently", "assessed", "rated", "scored", "judged"}
    | {"as", "at", "be", "to", "considered", "deemed"}
)
"""Words between the name of a field and its level, where it is written out: "is assessed as"."""
BETWEEN = 4
"""Words between two levels that belong together."""
OPEN = "open"


@dataclass(frozen=True, slots=True)
class Field:
    """Words `start` to `end` (not included) give a `value` of `fact`, or leave it `OPEN`."""

    fact: str
    value: str
    start: int
    end: int


def fields(message: Message) -> Iterator[Field]:
    """Every field whose name begins its clause, with a value that is known or that is left open."""
    words, entries = message.words, message.reading.fields
    labels = message.of("label")
    starts = {m.start for m in labels}
    for label in labels:
        if not message.begins(label):
            continue
        name = label.key.removeprefix("label:")
        at = _after(words, label.end, MARKS)
        if at > label.end and (match := _value(message, f"value:{name}:", at, starts)):
            value = match.key.rpartition(":")[2]
            yield Field(entries[name].fact, value, label.start, match.end)
        elif middle := entries[name].middle:
            says = _after(words, at, SAYS)
            value, end = level(words, says, middle)
            if value and says > label.end:
                yield Field(entries[name].fact, value, label.start, end)


def level(words: Sequence[str], start: int, middle: str) -> tuple[str, int]:
    """What the level at `start` comes to, "yes" for a high one, "no" for a low one and `middle`
    between, with another that is joined to it: `OPEN` for a range over two; and where its words end.
    "" where no level stands there.
    """
    first = _after(words, start, WEAK | FROM)
    if first >= len(words) or words[first] not in LEVELS:
        return "", start
    value, end = _side(words[first], middle), first + 1
    second = _after(words, end, RANGE | CHANGE | WEAK)
    if second > end + BETWEEN or not _are_alike(words, first, second):
        return value, end
    between = {*words[end:second]}
    if between and between <= WEAK:  # "high, low" are of two things, and "medium-high" is not
        return value, end
    last = _side(words[second], middle)
    moved = not FROM.isdisjoint(words[max(0, first - 2) : first])
    if last == value or moved or (CHANGE & between and not RANGE & between):
        return last, second + 1
    return OPEN, second + 1


def in_range(words: Sequence[str], match: Match, middle: str) -> str:
    """What words with a level in them come to, where it is one of two; "" where it stands alone."""
    levels = [at for at in range(match.start, match.end) if words[at] in LEVELS]
    if not levels:
        alone = words[match.start - 1 : match.start]
        return OPEN if middle == OPEN and alone in MODERATE else ""
    before = levels[0] - 1
    while before >= 0 and words[before] in RANGE | WEAK - {",", "and"}:
        before -= 1
    if (
        before >= 0
        and _are_alike(words, before, levels[0])
        and (before == levels[0] - 1 or RANGE & {*words[before : levels[0]]})
    ):
        value = level(words, before, middle)[0]
        return OPEN if before == levels[0] - 1 else value
    value, end = level(words, levels[-1], middle)
    return value if end > levels[-1] + 1 else ""


def _value(message: Message, group: str, at: int, starts: set[int]) -> Match | None:
    """The value that begins here, and ends with a mark, with the next field, or with the message."""
    words = message.words
    return next(
        (
            m
            for m in message.found
            if m.start == at
            and m.key.startswith(group)
            and (m.end == len(words) or m.end in starts or words[m.end] in tokens.BREAKS)
        ),
        None,
    )


def _after(words: Sequence[str], at: int, passed: frozenset[str]) -> int:
    """Where the first word stands, from `at` on, that is none of these."""
    while at < len(words) and words[at] in passed:
        at += 1
    return at


def _are_alike(words: Sequence[str], first: int, second: int) -> bool:
    """Whether both are levels, and both a letter or both a word: "high/M/20" is a man's."""
    return (
        second < len(words)
        and LEVELS.issuperset({words[first], words[second]})
        and (len(words[first]) == 1) == (len(words[second]) == 1)
    )


def _side(word: str, middle: str) -> str:
    return "yes" if word in HIGH else middle if word in MIDDLE else "no"
