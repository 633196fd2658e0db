"""What is said of a fact decides what it is: each statement, denial, doubt, other time and other
person, with each fact that a case can hold. A wrong yes or no here is a false verdict.
"""

import pytest

from bot.language.text import normalise
from bot.reading.case import Reader
from tests.eligibility.conftest import TODAY

STATES = {
    # what somebody is -> the fact, its value, and the opposite ("": a denial leaves it open)
    "stuck": ("stuck", "yes", "no"),
    "high risk": ("high_risk", "yes", "no"),
    "on probation": ("probation", "yes", "no"),
    "on the OPD pathway": ("opd", "yes", "no"),
    "settled": ("settled", "settled", "unsettled"),
    "ready for treatment": ("ready", "yes", "no"),
    "a complex case": ("complex", "yes", "no"),
    "excluded from mainstream employment services": ("excluded", "yes", "no"),
    "in prison": ("custody", "prison", "community"),
    "on licence": ("custody", "community", ""),
}
HAVINGS = {
    "a personality disorder": ("personality", "yes", "no"),
    "personality difficulties": ("personality", "yes", "no"),
    "PD": ("personality", "yes", "no"),
    "a history of violence": ("violence", "yes", "no"),
    "violence": ("violence", "yes", "no"),
    "GBH": ("violence", "yes", ""),  # who has none may have done something else
}
SO, NOT_SO, OPEN = "so", "not so", "open"
IS = {
    SO: [
        "he is {}",
        "he's {}",
        "he is currently {}",
        "he is still {}",
        "he remains {}",
        "he is now {}",
        "he's {} again",
        "he has been {} since May",
        "they say he's {}",
    ],
    NOT_SO: [
        "he is not {}",
        "he isn't {}",
        "he is no longer {}",
        "he isn't {} any more",
        "he has never been {}",
        "he's been told he's not {}",
        "he is neither {} nor unwell",
        "he is hardly {}",
    ],
    OPEN: [
        "he used to be {}",
        "formerly {}",
        "he will be {}",
        "he will soon be {}",
        "he is about to be {}",
        "he's going to be {}",
        "he should be {} by June",
        "he hopes to be {}",
        "he could become {}",
        "he may be {}",
        "he might be {}",
        "he could be {}",
        "possibly {}",
        "maybe {}",
        "perhaps he's {}",
        "I don't know if he is {}",
        "waiting to hear whether he is {}",
        "unless he is {}",
        "only if {}",
        "once he's {}",
        "until he is {}",
        "he'd be {} if they let him",
        "I wouldn't say he is {}",
        "he's far from {}",
        "he's anything but {}",
        "do you have to be {}?",
        "does he need to be {}?",
        "what does {} mean?",
        "his brother is {}",
        "his dad is {}",
    ],
}
HAS = {
    SO: ["he has {}", "he's got {}", "he has {}, no doubt", "not only {} but more"],
    NOT_SO: [
        "he hasn't got {}",
        "he doesn't have {}",
        "no {}",
        "nil {}",
        "no evidence of {}",
        "no signs of {}",
        "without {}",
        "without any {}",
        "absence of {}",
        "{}: no",
        "{}: none known",
        "he has never had {}",
        "we found no {}",
    ],
    OPEN: [
        "possible {}",
        "suspected {}",
        "query {}",
        "{} suspected",
        "{} unlikely",
        "{} n/k",
        "{} not known",
        "{} tbc",
        "{} unconfirmed",
        "{} denied",
        "he might have {}",
        "they think he may have {}",
        "unless he has {}",
        "worried about {}",
        "screening for {}",
        "awaiting assessment for {}",
        "no mention of {}",
        "he was wrongly said to have {}",
        "cleared of {}",
        "family history of {}",
        "his dad has {}",
        "his brother has {}",
        "do you need {}?",
        "is {} needed?",
    ],
}
WAS = ["he was {}", "he had been {}", "previously {}", "he was {} until last year"]
EVENTS = {"excluded from mainstream employment services"}
"""That somebody was turned away counts: it is no state that has passed."""

SAYS_MORE = {"he has never been in prison": "home"}
"""Who was never in prison has no licence either."""

ROWS = [
    (
        sentence.format(words),
        fact,
        SAYS_MORE.get(sentence.format(words), {SO: yes, NOT_SO: no, OPEN: ""}[kind]),
    )
    for phrases, sentences in ((STATES, IS), (HAVINGS, HAS))
    for kind, each in sentences.items()
    for sentence in each
    for words, (fact, yes, no) in phrases.items()
] + [
    (sentence.format(words), fact, "")
    for sentence in WAS
    for words, (fact, _, _) in STATES.items()
    if words not in EVENTS
]


@pytest.mark.parametrize("fact", sorted({fact for _, fact, _ in ROWS}))
def test_a_statement_decides_what_it_says_and_nothing_else(reader: Reader, fact: str) -> None:
    wrong = {}
    for text, about, value in ROWS:
        if about == fact:
            said = reader.read(normalise(text), TODAY)
            found = said.facts.get(fact, "")
            if found != value or fact in said.conflicts:
                wrong[text] = found
    assert wrong == {}


@pytest.mark.parametrize(
    ("text", "violence"),
    [
        ("?violence", ""),
        ("M 30, ?violence", ""),
        ("violence? yes", "yes"),
        ("used to be violent", ""),
        ("ABH, no GBH", "yes"),
    ],
)
def test_notations_of_doubt(reader: Reader, text: str, violence: str) -> None:
    assert reader.read(normalise(text), TODAY).facts.get("violence", "") == violence
