"""Patterns are looked for only where a message has their rarest word, and found all the same."""

import pytest

from bot.language.matching import NUMBER, Item, Matchers

ANY: Item = {"ORTH": {"NOT_IN": ["."]}, "OP": "?"}
COMMON = frozenset(["the", "my", "a"])


def one_of(*words: str) -> Item:
    return {"ORTH": {"IN": list(words)}}


def rarity(words: frozenset[str]) -> tuple[bool, int, int]:
    return NUMBER in words, len(words & COMMON), len(words)


@pytest.fixture
def matchers() -> Matchers:
    found = Matchers(rarity)
    found.add("visit", [[one_of("my", "the"), ANY, one_of("visit", "visits")], [{"ORTH": "see"}]])
    found.add("time", [[{"IS_DIGIT": True}, one_of("months", "years")]])
    found.add("number", [[{"IS_DIGIT": True}]])
    return found


def spans(matchers: Matchers, text: str) -> list[tuple[str, str]]:
    words = text.split()
    document = matchers.document(words)
    return [
        (name, " ".join(words[start:end]))
        for name, matcher in matchers.near(words)
        for _, start, end in matcher(document)
    ]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("when is my next visit", [("visit", "my next visit")]),
        ("can i see him", [("visit", "see")]),
        ("my next . visit", []),
        ("12 months left", [("time", "12 months"), ("number", "12")]),
        ("wing 4", [("number", "4")]),
        ("nothing of the kind", []),
    ],
)
def test_patterns_are_found(matchers: Matchers, text: str, wanted: list[tuple[str, str]]) -> None:
    assert spans(matchers, text) == wanted


@pytest.mark.parametrize(
    ("words", "wanted"),
    [
        (["my", "the"], []),  # common words alone call for nothing
        (["visits"], ["visit"]),
        (["months"], ["time"]),
        (["4"], ["number"]),  # and not "time", whose rarest word is another
    ],
)
def test_only_patterns_whose_rarest_word_is_there_are_tried(
    matchers: Matchers, words: list[str], wanted: list[str]
) -> None:
    assert [name for name, _ in matchers.near(words)] == wanted


def test_a_pattern_that_may_match_nothing_is_refused(matchers: Matchers) -> None:
    with pytest.raises(ValueError, match="no item that must be there"):
        matchers.add("empty", [[ANY]])
