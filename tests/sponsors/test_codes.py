"""Codes that can be read out and typed, and that never stay in the chat."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.sponsors.codes import (
    ALPHABET,
    DRAWN,
    LENGTH,
    looks_like_code,
    mask_codes,
    new_code,
    new_reference,
    read_code,
    read_reference,
)

CODE = "3VV4-6HNJ-TQDQ-CV4Q"
BARE = CODE.replace("-", "")
LOOK_ALIKES = ("0OQ", "1IL", "2Z", "5S", "6G", "8B", "UV")


def test_codes_have_bits_enough_and_no_two_symbols_that_look_alike() -> None:
    assert DRAWN * math.log2(len(ALPHABET)) >= 64
    assert len(set(ALPHABET)) == len(ALPHABET) == 23
    assert all(len(set(alike) & set(ALPHABET)) <= 1 for alike in LOOK_ALIKES)
    assert not set(ALPHABET) & set("AEIOU")
    assert len({new_code() for _ in range(1000)}) == 1000


READ = [
    CODE,
    BARE,
    CODE.lower(),
    "3vv4 6hnj tqdq cv4q",
    " 3VV4–6HNJ–TQDQ–CV4Q\n",
    "3VV46HNJ TQDQCV4Q",
    "３ＶＶ４ ６ＨＮＪ ＴＱＤＱ ＣＶ４Ｑ",
    "3VV4.6HNJ_TQDQ.CV4Q",
]
UNREAD = [
    "",
    "3VV4-6HNJ-TQDQ-CV4",
    f"{CODE}2",
    CODE.replace("Q", "O"),
    "A" * LENGTH,
    "i want to kill myself",
    "2" * 5000,
]


@pytest.mark.parametrize("typed", READ)
def test_a_code_is_read_however_it_is_typed(typed: str) -> None:
    assert read_code(typed) == BARE


@pytest.mark.parametrize("typed", UNREAD)
def test_what_is_no_code_is_not_read(typed: str) -> None:
    assert read_code(typed) is None


def test_every_wrong_symbol_and_every_swap_is_noticed() -> None:
    for code in (new_code().replace("-", "") for _ in range(30)):
        assert read_code(code) == code
        for at in range(LENGTH):
            assert all(
                read_code(code[:at] + wrong + code[at + 1 :]) is None
                for wrong in ALPHABET
                if wrong != code[at]
            )
            for other in range(at):
                swapped = list(code)
                swapped[at], swapped[other] = swapped[other], swapped[at]
                assert code[at] == code[other] or read_code("".join(swapped)) is None


MASKED = [
    (f"my code is {CODE}", "my code is [x]"),
    (f"{CODE.lower()} thats it", "[x] thats it"),
    ("3VV4 6HNJ TQDQ CV4Q", "[x]"),
    (f"code:{BARE}.", "code:[x]."),
    ("3VV4-6HNJ-TQDQ-CV4", "[x]"),  # the last one left out
    ("3VV4-6HNJ-TQDQ-CV4QQ", "[x]"),
    ("3VV4-6HNO-TQDO-CV4Q", "[x]"),  # two letters misread
    ("3 V V 4 6 H N J T Q D Q C V 4 Q", "[x]"),
]
LEFT = [
    "i want to kill myself",
    "call me on 07700 900123 or 020 7946 0123",
    "he was there from 2019 till 2021 and then left",
    "why try my gym",
    "hmm hmm hmm hmm hmm",
    "Male 41, Croydon, screened in for PD, past tariff, Cat C, parole in Sept: Belmarsh?",
    "4234 2342 2342 3427",
    "LPP-0042",
]


@pytest.mark.parametrize(("text", "masked"), MASKED)
def test_a_code_in_a_message_is_masked(text: str, masked: str) -> None:
    assert mask_codes(text, "[x]") == masked


@pytest.mark.parametrize("text", LEFT)
def test_ordinary_messages_are_left_alone(text: str) -> None:
    assert mask_codes(text, "[x]") == text


@given(
    st.text(max_size=40),
    st.text(max_size=40),
    st.sampled_from(["-", " ", "", " - "]),
    st.booleans(),
)
def test_no_code_of_ours_survives(before: str, after: str, gap: str, small: bool) -> None:
    code = new_code()
    typed = code.replace("-", gap)
    masked = mask_codes(f"{before} {typed.lower() if small else typed} {after}", "[x]")
    assert code.replace("-", "") not in "".join(masked.upper().split()).replace("-", "")


def test_masking_takes_no_time_over_long_rows() -> None:
    rows = (
        "2C " * 20_000,
        "2C" * 20_000,
        "2C-" * 20_000,
        "".join(random.Random(1).choices(ALPHABET + " -", k=60_000)),
    )
    assert all(isinstance(mask_codes(row, ""), str) for row in rows)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (CODE, True),
        ("3VV4-6HNJ-TQDQ", False),
        ("", True),
        ("i want to die", False),
        ("help", False),
    ],
)
def test_words_where_a_code_should_be_are_told_from_a_code(typed: str, meant: bool) -> None:
    assert looks_like_code(typed) is meant


REFERENCES = [
    ("LPP-0042", "LPP0042"),
    (" lpp 0042 ", "LPP0042"),
    ("lpp–0042", "LPP0042"),
    ("4711", "4711"),
    ("X7K9Q", "X7K9Q"),
]
NO_REFERENCES = [
    "",
    "abc",
    "sam example",
    "samexample",
    "LPP/0042",
    "0042'; --",
    "1" * 33,
    "i want to kill myself",
    "LPP\x000042é",
]
PERSONAL = ["A1234BC", "a1234bc", "943 476 5919", "01/02/1990".replace("/", "-"), "19900201"]


@pytest.mark.parametrize(("typed", "read"), REFERENCES)
def test_references_have_one_form(typed: str, read: str) -> None:
    assert read_reference(typed) == new_reference(typed) == read


@pytest.mark.parametrize("typed", NO_REFERENCES)
def test_what_cannot_be_a_reference_is_refused(typed: str) -> None:
    assert read_reference(typed) is None
    with pytest.raises(ValueError, match="letters and digits"):
        new_reference(typed)


@pytest.mark.parametrize("typed", PERSONAL)
def test_no_reference_says_who_somebody_is(typed: str) -> None:
    with pytest.raises(ValueError, match="prison number"):
        new_reference(typed)
