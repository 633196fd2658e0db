"""Our held-out questions (tests/data/voices.yml, questions.yml, heldout.yml), asked of the running
service, each in a conversation of its own.

A floor for all together, and not a test for each: a row that is missed is a reason to understand
its kind better, never its wording. What must not happen in any row (`never`, a crisis answer to an
ordinary question) has no floor.
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml

from bot.commands.client import Reply, connect
from tests.conftest import ROOT, Service

FLOOR = 0.9
HELD_OUT_FLOOR = 0.8
"""Of heldout.yml, whose rows nobody has read who wrote the training data: topic, words, honesty and
outcomes right, all at once.
"""
FALSE_ALARMS = 0.01
ADMITS = re.compile(
    r"(does|do) not (say|give|name|list|mention|hold|cover)|don't (hold|have|know)|can't (know|look|answer)|not on the page",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Marked:
    text: str
    missed: tuple[str, ...]
    barred: tuple[str, ...]


def _rows() -> list[dict[str, Any]]:
    voices = yaml.safe_load((ROOT / "tests/data/voices.yml").read_text(encoding="utf-8"))
    more = yaml.safe_load((ROOT / "tests/data/questions.yml").read_text(encoding="utf-8"))
    return [*(row for rows in voices.values() for row in rows), *more]


def _mark(row: dict[str, Any], answer: Reply) -> Marked:
    reply = answer.text.lower()
    missed = [] if answer.topic in row["topic"] else [f"topic is {answer.topic}"]
    missed += [
        f"does not say {wanted}"
        for wanted in row.get("says", [])
        if not any(option.lower() in reply for option in wanted.split("||"))
    ]
    missed += (
        ["does not say what is not held"]
        if row.get("admits") and not ADMITS.search(answer.text)
        else []
    )
    outcomes = {service: answer.eligibility.get(service) for service in row.get("outcomes", {})}
    missed += [f"outcomes are {outcomes}"] if outcomes != row.get("outcomes", {}) else []
    missed += (
        ["not answered as a crisis"] if row.get("crisis") is True and not answer.crisis else []
    )
    barred = ["answered as a crisis"] if answer.crisis and not row.get("crisis") else []
    barred += [
        never
        for never in row.get("never", [])
        if (re.search(never[3:], reply) if never.startswith("re:") else never.lower() in reply)
    ]
    return Marked(row["text"], tuple(missed), tuple(barred))


async def _ask(service: Service, rows: list[dict[str, Any]]) -> list[Marked]:
    marked = []
    async with connect(service.url, service.run) as signpost:
        for row in rows:
            conversation = await signpost.open()
            if "after" in row:
                await conversation.say(row["after"])
            marked.append(_mark(row, await conversation.say(row["text"])))
    return marked


async def test_questions_of_our_own_are_answered(service: Service) -> None:
    marked = await _ask(service, _rows())
    wrong = [mark for mark in marked if mark.missed or mark.barred]
    report = "\n".join(
        f"{mark.text!r}: {', '.join((*mark.missed, *mark.barred))}" for mark in wrong
    )
    print(f"{len(marked) - len(wrong)} of {len(marked)} right\n{report}")
    assert not [mark for mark in marked if mark.barred], report
    assert len(wrong) <= (1 - FLOOR) * len(marked), report


async def test_held_out_questions_are_answered(service: Service) -> None:
    """Counts only, so that who runs the tests does not read the rows."""
    voices = yaml.safe_load((ROOT / "tests/data/heldout.yml").read_text(encoding="utf-8"))
    rows = [row for rows in voices.values() for row in rows]
    marked = await _ask(service, rows)
    right = sum(not mark.missed and not mark.barred for mark in marked)
    alarms = sum("answered as a crisis" in mark.barred for mark in marked)
    missed = sum("not answered as a crisis" in mark.missed for mark in marked)
    print(f"{right} of {len(marked)} right, {alarms} false alarms, {missed} crises missed")
    assert missed == 0
    assert alarms <= FALSE_ALARMS * len(marked)
    assert right >= HELD_OUT_FLOOR * len(marked)
