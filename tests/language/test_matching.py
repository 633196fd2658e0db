"""Patterns are looked for only where a message has their rarest word, and found all the same."""

import pytest

from bot.language.matching import NUMBER, Item, Matchers, gap, one_of

ANY = gap(["."])
COMMON = frozenset(["the", "my", "a"])


def rarity(words: frozenset[str]) -> tuple[bool, int, int]:
    return NUMBER in words, len(words & COMMON), len(words)


def digit() -> Item:
    return one_of([NUMBER])


@pytest.fixture
def matchers() -> Matchers:
    found = Matchers(rarity)
    visit = [one_of(["my", "the"]), ANY, one_of(["visit", "visits"])]
    found.add("visit", [visit, [one_of(["see"])]])
    found.add("time", [[digit(), one_of(["months", "years"])]])
    found.add("number", [[digit()]])
    found.add("soon", [[one_of(["very"], is_optional=True), one_of(["soon"]), ANY, ANY]])
    return found


def spans(matchers: Matchers, text: str) -> list[tuple[str, str]]:
    words = text.split()
    return [(name, " ".join(words[start:end])) for name, start, end in matchers.find(words)]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("when is my next visit", [("visit", "my next visit")]),
        ("can i see him", [("visit", "see")]),
        ("my next . visit", []),
        ("12 months left", [("time", "12 months"), ("number", "12")]),
        ("wing 4", [("number", "4")]),
        ("nothing of the kind", []),
        ("", []),
        # every way in which it can be met, with and without what may be left out
        ("very soon . then", [("soon", "very soon"), ("soon", "soon")]),
        ("soon he is", [("soon", "soon"), ("soon", "soon he"), ("soon", "soon he is")]),
        ("my visit the visit", [("visit", "my visit"), ("visit", "the visit")]),
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
        ([NUMBER], ["number"]),  # and not "time", whose rarest word is another
    ],
)
def test_only_patterns_whose_rarest_word_is_there_are_tried(
    matchers: Matchers, words: list[str], wanted: list[str]
) -> None:
    assert [name for name, _ in matchers.near(words)] == wanted


def test_a_pattern_that_may_match_nothing_is_refused(matchers: Matchers) -> None:
    with pytest.raises(ValueError, match="no item that must be there"):
        matchers.add("empty", [[ANY]])
