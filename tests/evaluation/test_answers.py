"""What counts as a right reply, and that not fewer of our own questions get one."""

import pytest

from bot import knowledge
from bot.evaluation.answers import ANYBODY, Row, ask, faults, lines_of, right, rows
from bot.settings import ROOT
from tests.conftest import Service

PLACES = Row("how many places", "families", ("capacity",), ("20||twenty",), ("re:\\b25\\b",))
LATE = "word " * 45
FLOOR = 0.92
"""A little below what `python -m bot evaluate answers` prints."""


@pytest.mark.parametrize(
    ("row", "topic", "reply", "wrong"),
    [
        (PLACES, "capacity", "There are twenty places.", []),
        (PLACES, "contact", "There are 20 places.", ["topic contact"]),
        (PLACES, "capacity", "Some places.", ["lacks 20||twenty", "late"]),
        (PLACES, "capacity", "20, or 25.", ["says re:\\b25\\b"]),
        (PLACES, "capacity", f"{LATE} 20", ["late"]),
        (PLACES, "capacity", "Yes. There are 20.", ["yes or no"]),
    ],
)
def test_a_reply_is_right_or_has_faults(row: Row, topic: str, reply: str, wrong: list[str]) -> None:
    held = knowledge.load(ROOT / "bot" / "content")
    assert list(faults(held, row, topic, reply)) == wrong


def test_our_own_questions_have_a_user_and_a_kind() -> None:
    asked = rows()
    assert {row.user for row in asked} == {ANYBODY, "families", "service_users", "referrers"}
    assert {row.kind for row in asked} == {"held", "not held", "follow-up", "topic only"}


def test_our_own_questions_are_answered_as_well_as_ever(service: Service) -> None:
    scored = ask(service, rows())
    assert right(scored) >= FLOOR, "\n".join(lines_of(scored, failures=True))
