"""What is said behind and before a fact: not so, not known, or somebody else's. Every way of saying it
is tried with each fact, among other facts and alone.
"""

import itertools

import pytest

from bot.language.text import normalise
from bot.reading.case import Reader
from tests.eligibility.conftest import TODAY

FACTS = [
    ("personality", "yes", "PD"),
    ("personality", "yes", "personality difficulties"),
    ("violence", "yes", "violence"),
    ("violence", "yes", "a history of violence"),
    ("high_risk", "yes", "high risk"),
    ("stuck", "yes", "stuck"),
    ("settled", "settled", "settled"),
    ("move", "yes", "cat C likely next year"),
]
NOTES = ["M 34, {}, no job yet.", "{}; he is 34", "Man of 34 - {} - any use?"]
UNKNOWN = [
    "{} - tbc", "{} tbc", "{}: tbc", "{} (tbc)", "{}, tbc", "{}? not clear", "{}? Dunno", "{} - not sure", "{}: ?",
    "{} (?)", "{} - ?", "{} to be assessed", "{} under assessment", "{} - no info", "{} maybe", "{}, possibly",
    "{}: left blank", "{} - awaiting report", "{} disputed", "{} in question", "{} to follow", "{}, or maybe not",
    "{} isn't confirmed", "{} hasn't been confirmed", "{} (not yet assessed)", "{} yes or no", "poss {}", "unclear if {}",
    "nobody has said if {}", "no one knows if {}", "nothing on file about {}", "can't say if {}", "we don't know about {}",
]  # fmt: skip
NOT_SO = ["{}: no", "{}? No", "{} = no", "{} - no", "zero {}", "no {}", "not {}"]
NOUNS = [fact for fact in FACTS if fact[0] in {"personality", "violence"} and fact[2] != "a history of violence"]  # fmt: skip
NOT_THERE = ["{} not found", "{} not present", "{} not identified", "{}: absent", "{}: none", "{} ruled out", "{} since ruled out"]  # fmt: skip
THEIRS = [
    "{} in his father", "{} in the family", "{} (mother)", "{} runs in the family", "{} on his mother's side", "his father's {}",
    "his late father's {}", "his dad had {}", "co-defendant has {}", "the victim had {}", "works with people with {}",
    "another lad on the wing has {}",
]  # fmt: skip


@pytest.mark.parametrize("said", UNKNOWN)
def test_what_is_not_known_is_not_given(reader: Reader, said: str) -> None:
    for (fact, _, words), note in itertools.product(FACTS, NOTES):
        read = reader.read(normalise(note.format(said.format(words))), TODAY)
        assert fact not in read.facts, note.format(said.format(words))


@pytest.mark.parametrize("said", NOT_SO)
def test_what_is_answered_no_is_never_met(reader: Reader, said: str) -> None:
    for (fact, value, words), note in itertools.product(FACTS, NOTES):
        read = reader.read(normalise(note.format(said.format(words))), TODAY)
        assert read.facts.get(fact) != value, note.format(said.format(words))


@pytest.mark.parametrize("said", NOT_THERE)
def test_what_was_not_found_is_contradicted(reader: Reader, said: str) -> None:
    for (fact, _, words), note in itertools.product(NOUNS, NOTES):
        read = reader.read(normalise(note.format(said.format(words))), TODAY)
        assert read.facts.get(fact) == "no", note.format(said.format(words))


@pytest.mark.parametrize("said", THEIRS)
def test_what_is_said_of_another_is_not_his(reader: Reader, said: str) -> None:
    for (fact, _, words), note in itertools.product(NOUNS, NOTES[:1]):
        read = reader.read(normalise(note.format(said.format(words))), TODAY)
        assert fact not in read.facts, note.format(said.format(words))


@pytest.mark.parametrize(
    ("text", "facts"),
    [
        # a doubt or a denial holds for one fact, unless another is joined to it
        ("GBH, suspected PD", {"violence": "yes"}),
        ("possible PD, GBH, stuck", {"violence": "yes", "stuck": "yes"}),
        ("possible PD GBH", {"violence": "yes"}),
        ("PD and violence: tbc", {}),
        ("PD? No. GBH? Yes.", {"personality": "no", "violence": "yes"}),
        ("PD - no violence", {"personality": "yes", "violence": "no"}),
        ("PD: no formal diagnosis", {}),
        ("violence in custody: none", {}),
        ("PD, not known to mental health", {"personality": "yes"}),
        ("stuck as anything but never been violent", {"stuck": "yes", "violence": "no"}),
        # the writer's own relation is the person, and a victim makes it no less his offence
        ("my brother has PD", {"personality": "yes", "sex": "male"}),
        ("son has PD, GBH", {"personality": "yes", "violence": "yes"}),
        ("GBH on his partner, PD", {"personality": "yes", "violence": "yes", "sex": "male"}),
        ("PD traits in his father, GBH", {"violence": "yes", "sex": "male"}),
        ("violence in the family home", {"violence": "yes"}),
        ("got jumped by two lads and stabbed", {}),
    ],
)
def test_how_far_it_reaches(reader: Reader, text: str, facts: dict[str, str]) -> None:
    assert dict(reader.read(normalise(text), TODAY).facts) == facts


@pytest.mark.parametrize(
    ("fact", "texts"),
    [
        ("origin", ["trial at Croydon Crown Court", "solicitor in Croydon", "exclusion zone: Hackney", "banned from Brent", "visits from London",
                    "our office is in Barnet", "was at school in Kent", "hospital in Dartford", "supports Chelsea", "the Kent police"]),
        ("stuck", ["gets stuck in to education", "stuck up for staff", "the form is stuck", "stuck for words", "would being stuck help"]),
        ("violence", ["violence reduction course", "victim of GBH", "witnessed a murder", "scared of violence", "risk of violence from others",
                      "on trial for GBH", "grew up with violence", "violent films", "violence in the prison is rising"]),
        ("personality", ["my PD officer", "nobody has mentioned PD", "self-diagnosed PD", "staff wonder about PD", "rumoured PD"]),
        ("high_risk", ["high risk wing", "high risk from others", "high risk pregnancy"]),
        ("opd", ["on the housing pathway", "identified as part of the gang", "OPD training"]),
        ("settled", ["settled the debt", "settled with his girlfriend", "settled out of court"]),
        ("ready", ["wants hep C treatment", "refused medical treatment", "wants treatment for his back"]),
        ("complex", ["complex question", "inferiority complex", "housing complex"]),
        ("move", ["moving house in 6 months", "medication review in 6 months", "court hearing in 3 months", "move in 2 weeks to a different spur",
                  "hearing test in 3 months"]),
        ("custody", ["works in a prison", "visits his mate in prison"]),
    ],
)  # fmt: skip
def test_words_that_mean_something_else_here(reader: Reader, fact: str, texts: list[str]) -> None:
    for text, note in itertools.product(texts, ["{}", "M 34. {}. Any good?"]):
        assert fact not in reader.read(normalise(note.format(text)), TODAY).facts, text


def test_what_is_not_known_now_is_taken_back(reader: Reader) -> None:
    for text in ("actually the PD isn't confirmed", "PD is under review", "not sure about his PD"):
        assert reader.read(normalise(text), TODAY).dropped == ("personality",), text
    asked = reader.read("is PD confirmed or not?", TODAY)
    assert asked.dropped == ()
