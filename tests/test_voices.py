"""Our held-out questions (tests/data/voices.yml, questions.yml), asked of the running service, each in a conversation of its own.

A floor for all together, and not a test for each: a row that is missed is a reason to understand its kind better, never its wording.
What must not happen in any row (`never`, a crisis answer to an ordinary question) has no floor.
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml

from bot.client import Reply, connect
from tests.conftest import ROOT, Service

FLOOR = 0.9


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
    missed += [f"does not say {wanted}" for wanted in row.get("says", []) if not any(option.lower() in reply for option in wanted.split("||"))]
    barred = ["answered as a crisis"] if answer.crisis else []
    barred += [never for never in row.get("never", []) if (re.search(never[3:], reply) if never.startswith("re:") else never.lower() in reply)]
    return Marked(row["text"], tuple(missed), tuple(barred))


async def test_held_out_questions_are_answered(service: Service) -> None:
    marked = []
    async with connect(service.url, service.run) as signpost:
        for row in _rows():
            conversation = await signpost.open()
            if "after" in row:
                await conversation.say(row["after"])
            marked.append(_mark(row, await conversation.say(row["text"])))
    wrong = [mark for mark in marked if mark.missed or mark.barred]
    report = "\n".join(f"{mark.text!r}: {', '.join((*mark.missed, *mark.barred))}" for mark in wrong)
    print(f"{len(marked) - len(wrong)} of {len(marked)} right\n{report}")
    assert not [mark for mark in marked if mark.barred], report
    assert len(wrong) <= (1 - FLOOR) * len(marked), report
