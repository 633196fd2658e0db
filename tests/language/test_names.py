"""Names are found however they are spelt, and nothing else is taken for one."""

import pytest

from bot.language.names import NameFinder

ALIASES = {
    "belmarsh": ("service", "belmarsh"),
    "the lppu": ("service", "belmarsh"),
    "lppu": ("service", "belmarsh"),
    "swaleside": ("service", "swaleside"),
    "swaleside pipe": ("service", "swaleside"),
    "aylesbury": ("service", "aylesbury"),
    "first step trust": ("service", "first_step_trust"),
    "women in prison": ("service", "women_in_prison"),
    "community pathway": ("service", "community"),
    "pipe": ("term", "pipe"),
    "key worker": ("term", "keyworker"),
    "keyworker": ("term", "keyworker"),
    "funding": ("term", "cost"),
    "personality disorder": ("term", "personality_disorder"),
}

# What is typed: what is found, and where.
FOUND = [
    ("places at belmarsh?", [("belmarsh", "belmarsh")]),
    ("BELMARSH", [("belmarsh", "BELMARSH")]),
    ("what's the LPPU's phone number", [("belmarsh", "the LPPU")]),
    ("swalside", [("swaleside", "swalside")]),
    ("is swaylside ok", [("swaleside", "swaylside")]),
    ("swaleised!!", [("swaleside", "swaleised")]),
    ("belmarch or aylsbury", [("belmarsh", "belmarch"), ("aylesbury", "aylsbury")]),
    ("aylesbry", [("aylesbury", "aylesbry")]),
    ("bel marsh", [("belmarsh", "bel marsh")]),
    ("belmarshs rules", [("belmarsh", "belmarshs")]),
    ("belmarsh/swaleside", [("belmarsh", "belmarsh"), ("swaleside", "swaleside")]),
    ("the swaleside pipe", [("swaleside", "swaleside pipe")]),
    ("pipe at swaleside", [("pipe", "pipe"), ("swaleside", "swaleside")]),
    ("first stp trust", [("first_step_trust", "first stp trust")]),
    ("womeninprison", [("women_in_prison", "womeninprison")]),
    ("comunity  pathway", [("community", "comunity  pathway")]),
    ("key-worker", [("keyworker", "key-worker")]),
    ("pesonality disoder", [("personality_disorder", "pesonality disoder")]),
    ("is there funding", [("cost", "funding")]),
]
NOT_FOUND = [
    "",
    "   ",
    "👍 жизнь",
    "x" * 500,
    "he is in salisbury",
    "a type of marsh",
    "i was finding it hard",  # a word, so no misspelt "funding"
    "first trust",
    "women in a prison",
    "pope",
]


@pytest.fixture(scope="module")
def names(words: dict[str, int]) -> NameFinder:
    return NameFinder(ALIASES, words)


@pytest.mark.parametrize(("text", "expected"), FOUND)
def test_found(names: NameFinder, text: str, expected: list[tuple[str, str]]) -> None:
    assert [(named.id, text[named.start : named.end]) for named in names.find(text)] == expected


@pytest.mark.parametrize("text", NOT_FOUND)
def test_not_found(names: NameFinder, text: str) -> None:
    assert names.find(text) == ()


def test_only_a_name_that_is_spelt_right_is_exact(names: NameFinder) -> None:
    assert [named.exact for named in names.find("Belmarsh, swalside")] == [True, False]


def test_masked_names_leave_the_rest_as_it_was(names: NameFinder) -> None:
    text = "How many places at Swalside's PIPE, or the LPPU?"
    assert names.mask(text, {"service": "there"}) == "How many places at there's PIPE, or there?"
    assert names.mask(text, {}) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("How many places? And who can go?", ("How many places?", "And who can go?")),
        ("hi. is it free", ("hi.", "is it free")),
        ("no stop here", ("no stop here",)),
        ("", ()),
    ],
)
def test_sentences(names: NameFinder, text: str, expected: tuple[str, ...]) -> None:
    assert names.sentences(text) == expected
