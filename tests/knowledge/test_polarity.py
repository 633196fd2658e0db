"""A reply begins with "Yes" or "No" only where that is what was asked, and is true.

`HELD` is what the page says, checked by hand. Each line is put in every form of `STRAIGHT`, which
get its "Yes" or "No", and of `TURNED`, which say something else than the statement does and get the
statement alone.
"""

from typing import NamedTuple

import pytest

from bot.knowledge import Knowledge, Question, answer


class Held(NamedTuple):
    """What the page says of a `place`, as `name` says it: `has` a thing, or does not (`says`)."""

    says: str
    place: str
    name: str
    has: str
    topic: str
    term: str = ""


HELD = [
    Held("Yes", "belmarsh", "belmarsh", "family visits", "visits"),
    Held("Yes", "swaleside", "swaleside", "family visits", "visits"),
    Held("Yes", "belmarsh", "the lppu", "keyworkers", "about", "keyworker"),
    Held("Yes", "swaleside", "swaleside", "keyworkers", "about", "keyworker"),
    Held(
        "Yes",
        "belmarsh",
        "belmarsh",
        "psychological therapists",
        "about",
        "psychological_therapist",
    ),
    Held("Yes", "belmarsh", "belmarsh", "links with probation", "about", "probation"),
    Held("Yes", "swaleside", "swaleside", "links with probation", "about", "probation"),
    Held("Yes", "swaleside", "swaleside", "theatre workshops", "offer", "arts"),
    Held("Yes", "swaleside", "swaleside", "a pipe", "about", "pipe"),
    Held("Yes", "swaleside", "swaleside", "an engagement service", "about", "engagement"),
    Held("Yes", "swaleside", "swaleside", "third sector activities", "offer", "third_sector"),
    Held("Yes", "aylesbury", "aylesbury", "structured groups", "offer", "groups"),
    Held("Yes", "aylesbury", "aylesbury", "enabling environments", "about", "enabling_environment"),
    Held("Yes", "community", "the community pathway", "formulation", "offer", "formulation"),
    Held("Yes", "community", "the community pathway", "screening", "offer", "screening"),
    Held("Yes", "community", "the community pathway", "consultation", "offer", "consultation"),
    Held("Yes", "community", "the community pathway", "partners", "about", "community_partners"),
    Held(
        "Yes", "women_in_prison", "women in prison", "case management", "offer", "case_management"
    ),
    Held("Yes", "sova", "sova", "volunteers", "about", "volunteers"),
    Held("No", "belmarsh", "belmarsh", "a pipe", "about", "pipe"),
    Held("No", "aylesbury", "aylesbury", "a pipe", "about", "pipe"),
    Held("No", "community", "the community pathway", "a pipe", "about", "pipe"),
    Held("No", "belmarsh", "belmarsh", "enabling environments", "about", "enabling_environment"),
    Held("No", "swaleside", "swaleside", "enabling environments", "about", "enabling_environment"),
]
STRAIGHT = [
    "does {name} have {has}",
    "Do they have {has} at {name}?",
    "ok so has {name} got {has}",
    "can you tell me if {name} has {has}",
    "is it true that {name} has {has}",
    "hi, are there {has} at {name} please",
]
TURNED = [
    "doesn't {name} have {has}",
    "{name} doesnt have {has} does it",
    "does {name} only have {has}",
    "does everyone at {name} get {has}",
    "so there isn’t {has} at {name}?",
    "is there no {has} at {name} then",
    "what {has} does {name} have",
    "tell me about {has} at {name}",
]
PUT = [
    (form.format(name=held.name, has=held.has), held, held.says)
    for held in HELD
    for form in STRAIGHT
] + [(form.format(name=held.name, has=held.has), held, "") for held in HELD for form in TURNED]

TRAPS = [
    ("is it compulsory for offender managers to come", "offender_manager", "belmarsh", ""),
    ("would he be required to see a keyworker", "staff", "swaleside", "keyworker"),
    ("does he have to be a cat A", "who_for", "belmarsh", "security_category"),
    ("do they need to be cat C or below", "who_for", "belmarsh", "security_category"),
    # near to a statement, and something else than it says
    ("does belmarsh take men from outside london", "who_for", "belmarsh", "from_london"),
    (
        "do they have to be from london or can they be from elsewhere",
        "who_for",
        "belmarsh",
        "from_london",
    ),
    ("is the community pathway for people outside london", "who_for", "community", "from_london"),
    ("does aylesbury take low risk lads", "who_for", "aylesbury", "high_risk"),
    ("will they have a medium risk prisoner at aylesbury", "who_for", "aylesbury", "high_risk"),
    ("can he go with less than a year left", "who_for", "aylesbury_is", "time_left"),
    # narrowed by a word
    ("is belmarsh limited to category a", "who_for", "belmarsh", "security_category"),
    ("are cat cs barred from the lppu", "who_for", "belmarsh", "security_category"),
    ("is the unit reserved for cat b men", "who_for", "belmarsh", "security_category"),
    ("are men near release excluded", "who_for", "aylesbury_is", "time_left"),
    # the Intervention Service's letters, and no question
    ("IS: time to serve needed", "who_for", "aylesbury_is", "time_left"),
    ("IS in aylesbury, how long left to serve", "who_for", "aylesbury_is", "time_left"),
    ("IS and sentence length", "who_for", "aylesbury_is", "time_left"),
    ("do normal officers work on the belmarsh unit", "staff", "belmarsh", "prison_staff"),
    ("are regular screws on there", "staff", "belmarsh", "prison_staff"),
    ("are officers detailed there", "staff", "swaleside", "prison_staff"),
    ("are they handpicked", "staff", "belmarsh", "prison_staff"),
    ("does my om decide who gets on the lppu", "refer", "belmarsh", "offender_manager"),
    ("does the offender manager run the unit", "about", "belmarsh", "offender_manager"),
    ("can my om refer me", "refer", "swaleside", "offender_manager"),
    ("who decides if he gets visits", "visits", "belmarsh", ""),
    ("what happens if we want to visit", "visits", "belmarsh", ""),
    ("do i have to book family visits", "visits", "belmarsh", ""),
    ("are the visits at weekends", "visits", "swaleside", ""),
    ("can his mates come on a family visit", "visits", "swaleside", ""),
    ("are family visits better than ordinary ones", "visits", "belmarsh", ""),
    ("can he have a family visit online", "visits", "belmarsh", ""),
    ("is it for women or men", "women", "belmarsh", ""),
    ("is it not for women", "women", "swaleside", ""),
    ("is women in prison for all women", "women", "women_in_prison", ""),
    ("is women in prison only for women", "women", "women_in_prison", ""),
    ("does belmarsh use volunteers", "about", "belmarsh", "volunteers"),
    ("can i become a volunteer with sova", "about", "sova", "volunteers"),
    ("can he choose his keyworker", "about", "swaleside", "keyworker"),
    ("is the keyworker the best person to ask", "about", "swaleside", "keyworker"),
    ("will he lose his keyworker when he leaves", "about", "swaleside", "keyworker"),
    ("does he see the therapist every day", "about", "belmarsh", "psychological_therapist"),
    ("does belmarsh take only cat b", "who_for", "belmarsh", "security_category"),
    ("is it 30 men in the pipe", "about", "swaleside", "pipe"),
    ("is the pipe free of charge", "about", "swaleside", "pipe"),
    ("is the pipe full", "about", "swaleside", "pipe"),
    ("do you get paid for theatre", "offer", "swaleside", "arts"),
    ("does he have to do groups without his mates", "offer", "aylesbury", "groups"),
    ("is formulation the same as a diagnosis", "offer", "community", "formulation"),
    ("is screening better than assessment", "offer", "community", "screening"),
    ("must he do engagement", "about", "swaleside", "engagement"),
    ("are there more than three partners", "about", "community", "community_partners"),
]
OTHERS = [
    # how it is put, topic, service, word -> how the reply begins
    ("does belmarsh take cat a", "who_for", "belmarsh", "security_category", "Yes"),
    ("security category restrictions", "who_for", "belmarsh", "security_category", "The Belmarsh"),
    ("when are visits at belmarsh", "visits", "belmarsh", "", "The Belmarsh unit"),
    ("which pipe is at belmarsh", "about", "belmarsh", "pipe", "Not on the page"),
    ("is it for women", "women", "swaleside", "", "No"),
    ("is the pipe for women", "women", "swaleside", "pipe", "No"),
    ("", "women", "belmarsh", "", "No"),
]


def _begins(
    knowledge: Knowledge, text: str, topic: str, service: str, term: str
) -> tuple[str, str]:
    said = answer(knowledge, Question(topic, (service,), term, text=text)).text
    first = said.partition(" ")[0].strip(".,")
    return (first if first in {"Yes", "No"} else ""), said


def test_the_table_is_as_long_as_it_should_be() -> None:
    assert len(PUT) + len(TRAPS) + len(OTHERS) >= 300


@pytest.mark.parametrize(("text", "held", "says"), PUT, ids=[text for text, *_ in PUT])
def test_yes_or_no(knowledge: Knowledge, text: str, held: Held, says: str) -> None:
    first, said = _begins(knowledge, text, held.topic, held.place, held.term)
    assert first == says, said


@pytest.mark.parametrize(("text", "topic", "service", "term"), TRAPS)
def test_what_a_statement_does_not_say_gets_no_yes(
    knowledge: Knowledge, text: str, topic: str, service: str, term: str
) -> None:
    first, said = _begins(knowledge, text, topic, service, term)
    assert first == "", said


@pytest.mark.parametrize(("text", "topic", "service", "term", "begins"), OTHERS)
def test_beginning(
    knowledge: Knowledge, text: str, topic: str, service: str, term: str, begins: str
) -> None:
    found = answer(knowledge, Question(topic, (service,), term, text=text))
    assert found.text.startswith(begins)
