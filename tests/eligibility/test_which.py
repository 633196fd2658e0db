"""Which of two people is meant."""

import pytest

from bot.eligibility.which import ORDER, Described, the_one

PEOPLE: list[Described] = [
    {"sex": "male", "age": (20, 20), "origin": "london"},
    {"sex": "male", "age": (24, 24), "origin": "elsewhere"},
]
MEANT: list[tuple[Described, Described, int | None]] = [
    # what describes the one who is meant, what describes the one who is left out -> whom
    ({"origin": "elsewhere"}, {}, 1),
    ({"age": (20, 20)}, {}, 0),
    ({"age": (19, 21)}, {}, 0),
    ({}, {"origin": "london"}, 1),
    ({ORDER: "younger"}, {}, 0),
    ({ORDER: "older"}, {}, 1),
    ({ORDER: "second"}, {}, 1),
    ({"sex": "male"}, {}, None),
    ({"sex": "female"}, {}, None),
    ({}, {"sex": "male"}, None),
    ({}, {}, None),
]


@pytest.mark.parametrize(("meant", "left_out", "whom"), MEANT)
def test_the_only_one_who_is_described_is_meant(
    meant: Described, left_out: Described, whom: int | None
) -> None:
    assert the_one(PEOPLE, meant, left_out) == whom


def test_the_younger_of_two_of_one_age_is_nobody() -> None:
    assert the_one([{"age": (20, 20)}, {"age": (20, 20)}], {ORDER: "younger"}, {}) is None
    assert the_one([{"age": (20, 20)}, {}], {ORDER: "younger"}, {}) is None
