"""Slips of the keyboard are put right; words are left alone."""

import pytest

from bot.language.spelling import Speller

EXAMPLES = [
    "who can apply for a place",
    "what does the unit do",
    "lppu",
    "can my brother visit",
    "how long is the course",
]

SLIPS = [
    ("aplly", "apply"),
    ("appy for a plcae", "apply for a place"),
    ("waht does teh unit do", "what does the unit do"),
    ("hwo long", "how long"),
    ("my borther", "my brother"),
    ("brothr", "brother"),
    ("VISTI", "visit"),
    ("corse", "course"),
    ("saturdya", "saturday"),  # a word of the language that no example has
]
LEFT = [
    "lppu",
    "visiting",
    "visits",
    "placed",
    "zxqv",
    "x",
    "",
    "12345",
    "o'clock",
    "don't",
    "жизнь",
    "👍",
    "place",
    "unit?",
    "the unit, please!",
]


@pytest.fixture(scope="module")
def speller(words: dict[str, int]) -> Speller:
    return Speller.learn(EXAMPLES, words)


@pytest.mark.parametrize(("typed", "meant"), SLIPS)
def test_put_right(speller: Speller, typed: str, meant: str) -> None:
    assert speller.correct(typed) == meant


@pytest.mark.parametrize("text", LEFT)
def test_left_alone(speller: Speller, text: str) -> None:
    assert speller.correct(text) == text


def test_words_of_the_examples_are_never_changed(speller: Speller) -> None:
    for text in EXAMPLES:
        assert speller.correct(text) == text
