"""Hours, absence and cover: who is to be asked now, and how it is said."""

from dataclasses import replace
from datetime import date, datetime

import pytest

from bot.settings import ROOT
from bot.sponsors.content import load_sponsor_words
from bot.sponsors.hours import parse_hours
from bot.sponsors.model import (
    Absence,
    Entry,
    Route,
    Status,
    checked_route,
    from_record,
    reach,
    to_record,
)
from bot.sponsors.wording import card
from tests.sponsors.examples import WEDNESDAY_NIGHT, WEDNESDAY_NOON, listing, sponsor

WORDS = load_sponsor_words(ROOT / "bot" / "content")

# Hours, a time, whether they hold then.
HOLD = [
    ("Mon-Fri 09:00-17:00", datetime(2026, 11, 25, 9, 0), True),
    ("Mon-Fri 09:00-17:00", datetime(2026, 11, 25, 17, 0), False),
    ("Mon-Fri 09:00-17:00", datetime(2026, 11, 28, 12, 0), False),
    ("Mon-Fri 9:00-17:00; Sat 10:00-12:00", datetime(2026, 11, 28, 11, 59), True),
    ("Tue, Thu 09:00-17:00", datetime(2026, 11, 25, 12, 0), False),
    ("Mon-Fri 9:30-17:45", datetime(2026, 11, 25, 9, 15), False),
    ("Mon-Fri 9:30-17:45", datetime(2026, 11, 25, 17, 44), True),
    ("Fri 22:00-06:00", datetime(2026, 11, 27, 22, 0), True),
    ("Fri 22:00-06:00", datetime(2026, 11, 28, 6, 0), False),
    ("Fri 22:00-06:00", datetime(2026, 11, 28, 5, 0), True),
    ("Fri 22:00-06:00", datetime(2026, 11, 27, 5, 0), False),
    ("Sun 22:00-06:00", datetime(2026, 11, 30, 1, 0), True),
    ("Wed 00:00-00:00", datetime(2026, 11, 25, 23, 59), True),
    ("always", datetime(2026, 12, 25, 3, 0), True),
]
BAD_HOURS = [
    "",
    "9-5",
    "Mon",
    "Mon-Fri",
    "Mon-Fri 9-17",
    "Fri-Mon 09:00-17:00",
    "Mo-Fr 09:00-17:00",
    "Mon-Fri 25:00-26:00",
    "Xyz 09:00-17:00",
    "Mon-Wed-Fri 09:00-10:00",
]


@pytest.mark.parametrize(("hours", "at", "hold"), HOLD)
def test_hours_hold(hours: str, at: datetime, hold: bool) -> None:
    parsed = parse_hours(hours)
    assert parsed.hold(at) is hold
    assert parse_hours(str(parsed)) == parsed


@pytest.mark.parametrize(
    ("typed", "written"),
    [
        ("Mon–Fri 9:00–17:00", "Mon-Fri 09:00-17:00"),
        ("tue - thu 09:00 - 17:00;sat 10:00-12:00", "Tue-Thu 09:00-17:00; Sat 10:00-12:00"),
        ("Mon,Tue 09:00-17:00", "Mon-Tue 09:00-17:00"),
        ("Mon, Wed-Thu 09:00-17:00", "Mon, Wed, Thu 09:00-17:00"),
        (" Always ", "always"),
    ],
)
def test_hours_have_one_form(typed: str, written: str) -> None:
    assert str(parse_hours(typed)) == written


@pytest.mark.parametrize("hours", BAD_HOURS)
def test_bad_hours_are_refused_in_words(hours: str) -> None:
    with pytest.raises(ValueError, match=r"hours look like|is not"):
        parse_hours(hours)


BAD_ROUTES = [
    ("phone", "ring me"),
    ("phone", ""),
    ("email", "sam"),
    ("email", "a b@c.example"),
    ("text", "07700 900123 ext 4"),
    ("in_person", "x" * 121),
]


@pytest.mark.parametrize(("kind", "value"), BAD_ROUTES)
def test_bad_contacts_are_refused(kind: str, value: str) -> None:
    with pytest.raises(ValueError, match=r"phone number|email address|text messages|must"):
        checked_route(kind, value)  # type: ignore[arg-type]


def test_a_sponsor_survives_the_way_into_json_and_back() -> None:
    one = replace(
        sponsor(),
        routes=(
            checked_route("phone", "020 7946 0123 ext 4", "always"),
            checked_route("in_person", "The PIPE office"),
        ),
    )
    assert from_record(to_record(one)) == one


TODAY = date(2026, 11, 25)
AWAY, COVER = (
    Entry("s1", sponsor(), absence=Absence(TODAY, date(2026, 12, 1))),
    Entry("s2", sponsor("b2", "Alex Specimen", role="therapist")),
)
# Who is in the listing, the time, what is read, and what is not.
CARDS = [
    (
        [Entry("s1", sponsor())],
        WEDNESDAY_NOON,
        [
            "Your sponsor is Sam Example (psychologist).",
            "020 7946 0101 (Mon-Fri 09:00-17:00)",
            "on duty now",
        ],
        ["not on duty"],
    ),
    ([Entry("s1", sponsor())], WEDNESDAY_NIGHT, ["should not be on duty now"], []),
    (
        [Entry("s1", replace(sponsor(), routes=(Route("phone", "020 7946 0101"),)))],
        WEDNESDAY_NOON,
        ["Phone: 020 7946 0101"],
        ["duty", "hours"],
    ),
    (
        [AWAY, COVER],
        WEDNESDAY_NOON,
        ["Sam Example, is away until 1 December 2026.", "Alex Specimen (therapist) is covering"],
        ["Your sponsor is Sam"],
    ),
    ([AWAY, COVER], datetime(2026, 12, 2, 12), ["Your sponsor is Sam Example"], ["Alex", "away"]),
    (
        [replace(AWAY, absence=Absence(TODAY))],
        WEDNESDAY_NOON,
        ["is away at the moment", "no name of anybody who covers"],
        ["020 7946"],
    ),
    (
        [AWAY, replace(COVER, absence=Absence(TODAY)), Entry("s3", sponsor("b3", "Kim Invented"))],
        WEDNESDAY_NOON,
        ["Kim Invented (psychologist) is covering"],
        ["Alex"],
    ),
    (
        [replace(AWAY, status=Status.LEFT, absence=None), COVER],
        WEDNESDAY_NOON,
        ["is no longer here", "Alex Specimen"],
        ["Your sponsor is"],
    ),
]


@pytest.mark.parametrize(("entries", "now", "read", "unread"), CARDS)
def test_the_card_says_whom_to_ask_now(
    entries: list[Entry], now: datetime, read: list[str], unread: list[str]
) -> None:
    text = card(WORDS, listing(*entries), now).as_text()
    assert [part for part in read if part not in text] == []
    assert [part for part in unread if part in text] == []


def test_nothing_is_said_of_duty_where_no_hours_are_known() -> None:
    assert (
        reach(
            listing(Entry("s1", replace(sponsor(), routes=(Route("email", "sam@trust.example"),)))),
            WEDNESDAY_NOON,
        ).on_duty
        is None
    )
