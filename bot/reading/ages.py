"""How old somebody is, in years: from an age, a decade, or a date after "born". A date by itself is
no age.
"""

import datetime
from collections.abc import Collection, Iterator, Sequence

from bot.eligibility.models import NO_LIMIT, Range
from bot.language import tokens
from bot.language.notation import Dates
from bot.language.patterns import Match
from bot.reading import times
from bot.reading.message import Message
from bot.reading.times import Time

AGES = range(10, 100)
"""Years that a number can be an age."""
BARE_AGES = range(14, 100)
"""The same where a number stands alone between two commas."""
BORN_WITHIN = 3
"""Words between "born" and its date."""
MOVED = frozenset({"since", "moved", "lived", "came", "but", "until", "from"})
"""Words behind "born" after which a date is another one: "Hackney born, Leeds since 2010"."""
YEAR = 12
YEARS = 2
"""Words of "45 years"."""
CATEGORY = {("cat",), ("category",)}
TURNED = frozenset({"turned", "was", "became", "reached"})
HEAD = 4
"""Words before which a time in years that stands alone is an age."""
IS = frozenset({"is", "he's", "she's", "i'm", "aged", "age", "now", "turned"})
"""Words before "22 years 1 month" that make it an age."""
PERSON = frozenset({"m", "f", "male", "female", "man", "woman", "lad", "bloke", "lady"})
"""Words behind "38 years" that make it one."""
YEAR_WORDS = frozenset({"year", "years"})
BACK = frozenset({"in", "back", "during", "around", "by", "as", "of", "on", "last", "then"})
"""Words between an age and the date at which it was so."""
PAST_WITHIN = 3
"""Words between "was 19" and "in 2019" or "when"."""


def ages(message: Message, all_times: Sequence[Time], today: datetime.date) -> list[Range]:
    """Every age that is given, least and most."""
    in_times = {
        at
        for time in all_times
        for at in range(time.start, time.end)
        if not time.dates or time.start < at + 1 < time.end  # "20 December"
    }
    # "He'll be 22 in June" is no 22, but "he turned 22 in June" is.
    matches = [
        m
        for m in message.of("age")
        if m.key != "age:nearly" or TURNED.isdisjoint(message.words[max(0, m.start - 3) : m.start])
    ]
    below = [m for m in matches if m.key == "age:under"]  # "when he turns 18" is no 17 yet
    matches = [
        m
        for m in matches
        if m.key != "age:nearly" or not any(b.start < m.end and m.start < b.end for b in below)
    ]
    limited = {
        at
        for m in matches
        if m.key not in {"age:exact", "age:past", "age:born"}
        for at in range(m.start, m.end)
    }
    found: list[Range] = []
    for match in matches:
        kind = match.key.removeprefix("age:")
        if kind == "born":
            if message.words[match.start - 1 : match.start] in CATEGORY:
                continue  # "cat B expected in 2028"
            found += [
                _born(time.dates, today)
                for time in all_times
                if time.dates
                and match.end <= time.start <= match.end + BORN_WITHIN
                and MOVED.isdisjoint(message.words[match.end : time.start])
                and not 0 <= time.low <= YEAR  # "born 2 March": no year is said
            ][:1]
            continue
        it = message.words[match.start - 1 : match.start] == ("it",) and "age" not in message.words
        if it and kind == "exact":
            continue  # "what if it was 11"
        if message.is_answered_no(match.end):
            continue  # "aged 18-21: no"
        numbers = [
            at
            for at in range(match.start, match.end)
            if _is_age(message, at, in_times, AGES) and (kind != "exact" or at not in limited)
        ]
        if not numbers or kind == "past":
            continue
        low, high = (int(message.words[at]) for at in (numbers[0], numbers[-1]))
        then = None if kind == "nearly" else _then(message, match, all_times, today)
        if then is not None:
            if then:  # "he was 19 in 2019": a year either side for the birthday
                found.append((low + then - 1, high + then + 1))
            continue
        found.append(
            {
                "over": (high + 1, NO_LIMIT),
                "under": (0, low - 1),
                "nearly": (low - 1, low - 1),
            }.get(kind, (low, high))
        )
    found += [
        (int(message.words[at]),) * 2
        for at in range(len(message.words))
        if _is_age(message, at, in_times, BARE_AGES) and message.is_alone(at) and at not in limited
    ]
    return [*found, *_years_and_months(message, all_times), *_decades(message)]


def _born(dates: Dates, today: datetime.date) -> Range:
    """Two digits of a year are of the last century where they would lie ahead: "DOB 12/03/49"."""
    if dates[0] > today:
        dates = (
            times.replace_year(dates[0], dates[0].year - 100),
            times.replace_year(dates[1], dates[1].year - 100),
        )
    return times.years_between(dates[1], today), times.years_between(dates[0], today)


def _then(
    message: Message, match: Match, all_times: Sequence[Time], today: datetime.date
) -> int | None:
    """None for an age of today; for one of the past, the years since, or 0 where that is not said."""
    for time in all_times:
        if (
            time.dates
            and time.high < 0
            and match.end <= time.start <= match.end + PAST_WITHIN
            and BACK.issuperset(message.words[match.end : time.start])
            and message.read.sentence[match.start] == message.read.sentence[time.start]
        ):
            return today.year - time.dates[0].year
    past = any(
        m.key == "age:past" and m.start <= match.end and match.start <= m.end for m in message.found
    )
    return 0 if past else None


def _is_age(message: Message, at: int, in_times: Collection[int], allowed: range) -> bool:
    words = message.words
    word, before, after = (
        words[at],
        words[at - 1] if at else "",
        words[at + 1] if at + 1 < len(words) else "",
    )
    if (
        not word.isdigit()
        or int(word) not in allowed
        or at in in_times
        or before in {"s", "sec", "section", "ftr", "mappa"}
    ):
        return False
    return after not in {"places", "men", "%", "s"} or (
        after == "s" and before in {"under", "over"}
    )


def _years_and_months(message: Message, all_times: Sequence[Time]) -> Iterator[Range]:
    """ "17 years 11 months" or "45 yrs", alone between two marks at the head of a message, or after
    "he is".
    """
    for time in all_times:
        words = message.words
        if time.dates or not words[time.start].isdigit() or time.end - time.start < YEARS:
            continue
        before, behind = words[: time.start][-1:], words[time.end : time.end + 1]
        number, unit = int(words[time.start]), words[time.start + 1]
        ends = not {*behind} - (tokens.BREAKS | PERSON)
        heads = time.start <= HEAD and not {*before} - tokens.BREAKS
        if ends and (heads or {*before} & IS) and unit in YEAR_WORDS and number in BARE_AGES:
            yield number, number


def _decades(message: Message) -> Iterator[Range]:
    words = message.words
    for at, word in enumerate(words):
        tens = message.reading.decades.get(word, 0)
        if (
            word.isdigit()
            and int(word) % 10 == 0
            and int(word) in AGES
            and words[at + 1 : at + 2] == ("s",)
        ):
            tens = int(word)
        near = set(words[max(0, at - 2) : at])
        if not tens or not near & {"in", "his", "her", "my", "early", "mid", "late"}:
            continue
        if tens < 20:
            yield (17, 19) if "late" in near else (13, 19)
        else:
            part = next((p for p in ("early", "mid", "late") if p in near), "")
            low, high = {"early": (0, 3), "mid": (4, 6), "late": (7, 9)}.get(part, (0, 9))
            tens -= tens % 10
            yield tens + low, tens + high
