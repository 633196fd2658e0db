"""The rows that the crisis classifier learns from, and those that are made of them."""

import pytest

from bot.reading.screening import Label, Who
from bot.training.corpus import CALIBRATION, HELD_OUT, TRAIN, Row, load, long_mixes, mixes, training


def row(text: str, label: Label = Label.CRISIS) -> Row:
    return Row(text, label, Who.SELF, "suicide" if label is Label.CRISIS else "everyday")


QUESTIONS = [row("when are visits?", Label.NONE), row("who is my sponsor", Label.NONE)]


def test_each_half_of_a_mix_comes_first_as_often_and_the_label_is_that_of_the_row() -> None:
    rows = [row(f"cry {n}") for n in range(60)] + [row(f"day {n}", Label.NONE) for n in range(60)]
    made = mixes(rows, QUESTIONS)
    assert [sum(one.label is label for one in made) for label in (Label.CRISIS, Label.NONE)] == [
        20,
        20,
    ]
    assert all(("cry" in one.text) is (one.label is Label.CRISIS) for one in made)
    first = [one.text.startswith(("cry", "day")) for one in made]
    assert abs(sum(first) - len(first) / 2) <= 1
    assert all(any(q.text.rstrip("?") in one.text for q in QUESTIONS) for one in made)


@pytest.mark.parametrize("rows", [[], [row("a " * 30)], [row("only calm", Label.NONE)]])
def test_what_is_long_or_has_no_crisis_is_not_mixed(rows: list[Row]) -> None:
    assert mixes(rows, QUESTIONS) == ()


def test_long_ordinary_rows_are_learned_with_a_cry_inside_and_with_ordinary_words_by_turns() -> (
    None
):
    day = "We had tea, saw the shops and then the dog ran off with my shoe " * 2
    day = day.strip()
    walk = "i walked to the shops and bought some bread for the week, then i walked home"
    mixed = long_mixes(
        [
            row("i cry"),
            row("he cries"),
            row(day, Label.NONE),
            row(f"{day} again", Label.NONE),
            row("short day", Label.NONE),
            row(walk, Label.NONE),
        ]
    )
    assert [one.label for one in mixed] == [Label.CRISIS, Label.NONE]
    for one, inside, around in zip(mixed, ("i cry", walk), (day, f"{day} again"), strict=True):
        before, after = one.text.split(f" {inside} ")
        assert f"{before} {after}" == around


def test_the_corpus_is_learned_whole_and_in_a_fixed_order() -> None:
    learned = training()
    assert learned == training()
    assert len(learned) > len(load(TRAIN)) + 2000


def test_no_row_stands_in_two_parts_of_the_corpus() -> None:
    parts = [{one.text.casefold() for one in load(part)} for part in (TRAIN, CALIBRATION, HELD_OUT)]
    assert [parts[0] & parts[1], parts[0] & parts[2], parts[1] & parts[2]] == [set(), set(), set()]
