"""To what a time in a message belongs: what is left of the sentence, or how far off a move is."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from bot.eligibility.models import NO_LIMIT, Range, Value
from bot.language import tokens
from bot.language.patterns import Match
from bot.reading import times
from bot.reading.message import ASKED_WITHIN, Message
from bot.reading.times import Time

BEHIND = 5
"""Words behind a time that may deny it."""
NEAR = 6
"""Words between a time and what it belongs to."""
TWO_YEARS = 24
"""Months in which a progressive move has to be realistic (the page, Belmarsh)."""
HAVE = frozenset({"has", "have", "he's", "she's", "i've", "they've", "still", "only", "i'm"})
"""Words before "got" that make it what somebody has now."""
BESIDE = frozenset({",", "(", "left", "to", "go", "serve", "do", "remaining"})
"""Words that may stand between a time and what is said behind it: "a year left at most"."""
UNLIKELY = frozenset({"unlikely", "unrealistic", "impossible", "unachievable"})
LIKELY = frozenset(
    {"realistic", "realistically", "likely", "expected", "possible", "achievable", "feasible"}
    | {"anticipated", "foreseen", "foreseeable", "going", "happening", "planned"}
)
"""Behind "not", and between a move and its time, these deny it: "not likely within two years"."""
MINIMUM = frozenset({"min", "minimum", "tariff"})
IMPOSED = frozenset(
    {"sentenced", "got", "given", "received", "handed", "convicted", "imposed", "set"}
)
TERM_WITHIN, IMPOSED_WITHIN = 3, 8
"""Words between a length and "minimum", and between it and the date when it was given."""
ON_REMAND = 24
"""Months by which a minimum term may have been cut for time on remand, generously."""
TO, PRISONS = {("to",), ("into",)}, frozenset({"hmp", "hmyoi"})
"""Between "transfer" and the place to which somebody goes."""
LEFT = ("by_law", "left", "latest")
ANCHORS = (*LEFT, "early", "move", "not_before", "past")
WITH_PAROLE = (*LEFT, "early", "parole", "move", "past")
"""To what a time may belong, in the order that decides between two that are as near."""


def qualified(message: Message, time: Time) -> Time:
    """The time after what is said right before or behind it: "less than", "nearly", "or so", "at
    most".
    """
    before = {
        m.key.removeprefix("time_before:"): m.start
        for m in message.of("time_before")
        if m.end == time.start
    }
    after = [
        m.key.removeprefix("time_after:")
        for m in message.of("time_after")
        if m.start >= time.end and BESIDE.issuperset(message.words[time.end : m.start])
    ]
    first = min(before, key=lambda kind: before[kind], default="")
    if time.dates is not None:
        return time
    for kind in (first, *after):
        time = times.qualified(time, kind)
    return time


def meanings(
    message: Message, time: Time, all_times: Sequence[Time]
) -> Iterator[tuple[str, Value]]:
    """The facts that a time gives: how much is left, how soon HDC or parole may come, or whether a
    move comes within two years. None for a time of something else.
    """
    last = max(0, time.low), time.high
    anchor = _anchor(message, time, all_times, ANCHORS)
    if message.is_left_open(time.end) or (anchor and _is_open(message, time, anchor)):
        return
    if anchor in LEFT and message.is_answered_no(max(_beside(message, time, anchor).end, time.end)):
        return  # "12 months left? No, 9"
    if anchor in LEFT:
        # Release comes before the end of a sentence, or with it.
        yield "months_left", (0 if anchor == "latest" else last[0], time.high)
    elif anchor in {"early", "move"} and _is_refused(message, time, anchor):
        return
    elif anchor == "early":
        if not _is_denied(message, time, anchor) and not has_date_by_law(message, all_times):
            yield "early", last
    elif anchor == "not_before":
        if time.low > TWO_YEARS:
            yield "move", "no"
    elif anchor == "move":
        denied = _is_denied(message, time, anchor)
        if time.low > TWO_YEARS or (time.low, time.high) == (TWO_YEARS, NO_LIMIT):
            yield "move", "no"
        elif time.high <= TWO_YEARS and not (denied and time.high < TWO_YEARS):
            yield "move", "no" if denied else "yes"
        if not denied and _anchor(message, time, all_times, WITH_PAROLE) == "parole":
            yield "early", last


def tariff(message: Message, all_times: Sequence[Time]) -> str:
    """Whether the tariff is "past" or "ahead", by the date beside it; "" where none is."""
    for time in all_times:
        nearest = _nearest(message, time, ("tariff", *LEFT, "move"))
        if time.dates and nearest and nearest.key == "time:tariff":
            return "past" if time.high < 0 else "ahead"
    return ""


def minimum_term(message: Message, all_times: Sequence[Time]) -> Range | None:
    """The least that is left of "a 16 year minimum term in May this year", where it is years; None
    where it is not, or where its date is not said.
    """
    words = message.words
    for term in all_times:
        near = {*words[max(0, term.start - TERM_WITHIN) : term.end + TERM_WITHIN]}
        if term.dates or not MINIMUM & near:
            continue
        since = [
            time
            for time in all_times
            if time.dates
            and time.high <= 0
            and message.distance(Match("", term.start, term.end), time) <= IMPOSED_WITHIN
            and IMPOSED & {*words[max(0, min(time.start, term.start) - IMPOSED_WITHIN) : time.end]}
        ]
        least = term.low + since[0].low - ON_REMAND if len(since) == 1 else 0
        if least >= TWO_YEARS:
            return least, NO_LIMIT
    return None


def has_date_by_law(message: Message, all_times: Sequence[Time]) -> bool:
    """Whether the date of release by law is told: HDC beside it takes nothing off what is left."""
    return any(_anchor(message, time, all_times, ANCHORS) == "by_law" for time in all_times)


def at_most(message: Message, time: Time) -> Time:
    """ "I got 7 months": what is left, or the whole sentence, of which no more than that is left."""
    before = ("", "", *message.words[: time.start])[-2:]
    whole = before[1] in {"given", "handed"} or (before[1] == "got" and before[0] not in HAVE)
    return replace(time, low=0) if whole else time


def may_be_early(message: Message) -> bool:
    """Whether HDC is spoken of, and not as ruled out."""
    return any(
        not (message.is_denied(m.start) or message.is_answered_no(m.end))
        for m in message.found
        if m.key == "time:early"
    )


def is_past(message: Message, time: Time) -> bool:
    """ "Been here 6 months", "waiting 4 months": what is over, or the length of something."""
    nearest = _nearest(message, time, ANCHORS)
    return (
        nearest is not None
        and nearest.key == "time:past"
        and message.words[nearest.start] != "got"  # "he's got 15 months" may be what is left
    )


def _is_refused(message: Message, time: Time, anchor: str) -> bool:
    """ "Parole refused in March" says when it was refused."""
    near = _beside(message, time, anchor)
    return any(
        m.start < near.end
        and near.start < m.end
        and message.read.clause[m.start] == message.read.clause[time.start]
        for m in message.found
        if m.key == "withdrawn:move"
    )


def _is_denied(message: Message, time: Time, anchor: str) -> bool:
    """ "No parole in 6 months", "move within 2 years: no", "cat C next year is not realistic"."""
    near = _beside(message, time, anchor)
    first, last = min(near.start, time.start), max(near.end, time.end)
    between, behind = message.words[near.end : time.start], message.words[last : last + BEHIND]
    behind = behind[: next((at for at, word in enumerate(behind) if word in tokens.BREAKS), BEHIND)]
    return (
        message.is_denied(first)
        or message.is_answered_no(last)
        or not UNLIKELY.isdisjoint(between)
        or any(
            word in message.reading.negation and not LIKELY.isdisjoint(words[at + 1 : at + 3])
            for words in (between, behind)
            for at, word in enumerate(words)
        )
    )


def _is_open(message: Message, time: Time, anchor: str) -> bool:
    """ "Possible move within 2 years", "18 months left - tbc"."""
    near = _beside(message, time, anchor)
    first, last = min(near.start, time.start), max(near.end, time.end)
    return (
        message.is_doubted(first)
        or message.is_left_open(last)
        # "Open conditions: probably 2027".
        or (
            anchor == "move"
            and (
                message.is_doubted(time.start)
                or message.is_wondered(last)
                or message.before("asked", first, ASKED_WITHIN)
            )
        )
    )


def _beside(message: Message, time: Time, anchor: str) -> Match:
    """What a time belongs to, of this kind, the nearest."""
    return min(
        (m for m in message.of("time") if m.key == f"time:{anchor}"),
        key=lambda m: message.distance(m, time),
    )


def _anchor(message: Message, time: Time, all_times: Sequence[Time], kinds: Sequence[str]) -> str:
    """To what of these a time belongs, the nearest, by its name; "" where another time is nearer."""
    nearest = _nearest(message, time, kinds)
    if nearest is None or time.high < 0:
        return ""
    distance = message.distance(nearest, time)
    for other in all_times:  # "serving 4 years, 15 months left": what is left is the other time
        nearer = other.high >= 0 and message.distance(nearest, other) < distance
        if nearer and _nearest(message, other, kinds) == nearest:
            return ""
    return nearest.key.removeprefix("time:")


def _is_of_a_place(message: Message, match: Match) -> bool:
    """ "Transfer to Leeds in January" is no step forward in a sentence."""
    behind = message.words[match.end : match.end + 2]
    return (
        match.key == "time:move"
        and behind[:1] in TO
        and "progressive" not in message.words[match.start : match.end]
        and (
            not PRISONS.isdisjoint(behind[1:])
            or any(
                m.start == match.end + 1 and m.key.startswith(("place:", "fact:prison:"))
                for m in message.found
            )
        )
    )


def _nearest(message: Message, time: Time, kinds: Sequence[str]) -> Match | None:
    found = [m for m in message.of("time") if m.key.removeprefix("time:") in kinds]
    found = [
        m for m in found if message.distance(m, time) <= NEAR and not _is_of_a_place(message, m)
    ]
    clause = message.read.clause
    return min(
        found,
        key=lambda m: (
            clause[m.start] != clause[time.start],  # "stuck here 6 years, move to C next year"
            message.distance(m, time),
            kinds.index(m.key.removeprefix("time:")),
        ),
        default=None,
    )
