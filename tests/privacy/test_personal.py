"""What tells of a person is taken out of a message, and nothing else is. All names, numbers and
addresses here are made up.
"""

import datetime

import pytest

from bot.privacy.personal import clean

TODAY = datetime.date(2026, 11, 25)

TAKEN_OUT = [
    # as it came -> what is left, kinds found
    ("is Darren Whitlock on the unit", "is someone on the unit", ["name"]),
    ("is darren whitlock on the unit", "is someone on the unit", ["name"]),
    ("my name is jaxon fairweather and im 20", "my name is someone and im 20", ["name"]),
    ("Mr Okafor said no", "someone said no", ["name"]),
    ("sarah's brother is in swaleside", "someone's brother is in swaleside", ["name"]),
    ("John-Paul Smith", "someone", ["name"]),
    ("Mohammed Ali Khan is there?", "someone is there?", ["name"]),
    ("my lad danny is 19 in aylesbury", "my lad someone is 19 in aylesbury", ["name"]),
    ("DOB 12/03/1987, cat B", "aged 39 , cat B", ["birth"]),
    ("he was born on 30th November 2005 in Croydon", "he was aged 20 in Croydon", ["birth"]),
    ("d.o.b. 4.5.85", "aged 41", ["birth"]),
    ("born in 2004, high risk", "aged 22 , high risk", ["birth"]),
    ("12-06-1999 and from Hackney", "aged 27 and from Hackney", ["birth"]),
    ("his number is A1234BC, where is he", "his number is , where is he", ["number"]),
    ("crn X123456 for consultation", "crn for consultation", ["number"]),
    ("prison no 4455 6677 can he be referred", "can he be referred", ["number"]),
    ("ring me on 07700 900123 or (020) 7946 0123", "ring me on or", ["phone", "phone"]),
    ("+44 7700 900 123", "", ["phone"]),
    ("mail me at bob.sample@somewhere.example please", "mail me at please", ["email"]),
    ("we live at 14 Acacia Avenue, SE28 0ZZ", "we live at ,", ["address", "address"]),
    ("flat 3, 22b high road", "", ["address"]),
]
LEFT_ALONE = [
    "can i visit my son in swaleside",
    "release date 12/03/2028, can he go to the IS",
    "parole hearing 3 March 2027",
    "he got 12 years at crown court in 2019",
    "20 men in a court",
    "call 116 123, 999 or 111",
    "cat b, 14 mo left, s18",
    "is he called in for a sentence plan review",
    "my name is not important",
    "is it true that South London & Maudsley and Oxleas are in it",
    "can my mum grace us with a visit in may, he will mark it",
    "first step trust, sova support link, women in prison",
    "what nick is it",
    "£12.50 or 3 to 4 months",
]


@pytest.mark.parametrize(("text", "left", "found"), TAKEN_OUT)
def test_what_tells_of_a_person_is_taken_out(text: str, left: str, found: list[str]) -> None:
    cleaned = clean(text, TODAY)
    assert (cleaned.text, sorted(cleaned.found)) == (left, sorted(found))


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_everything_else_is_left_as_it_came(text: str) -> None:
    cleaned = clean(text, TODAY)
    assert (cleaned.text, cleaned.found) == (text, ())


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("John-Paul Smith A1234BC", True),
        ("dob 12/03/1987", True),
        ("07700 900123", True),
        ("is Darren Whitlock there", False),
        ("hello", False),
        ("", False),
    ],
)
def test_a_message_of_nothing_else_is_bare(text: str, bare: bool) -> None:
    assert clean(text, TODAY).is_bare is bare


def test_dates_that_are_none_are_left_alone() -> None:
    assert clean("99/99/1999", TODAY).found == ()
