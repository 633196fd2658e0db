"""Each question of tests/data/voices.yml, asked of the running service in a conversation of its own."""

import re
from typing import Any

import pytest
import yaml

from bot.client import connect
from tests.conftest import ROOT, Service

VOICES = yaml.safe_load((ROOT / "tests/data/voices.yml").read_text(encoding="utf-8"))
ROWS = [pytest.param(row, id=f"{voice}: {row['text'][:60]}") for voice, rows in VOICES.items() for row in rows]


def _holds(reply: str, wanted: str) -> bool:
    return any(option.lower() in reply for option in wanted.split("||"))


def _breaks(reply: str, barred: str) -> bool:
    return bool(re.search(barred[3:], reply)) if barred.startswith("re:") else barred.lower() in reply


@pytest.mark.parametrize("row", ROWS)
async def test_a_question_gets_its_answer(service: Service, row: dict[str, Any]) -> None:
    async with connect(service.url, service.run) as signpost:
        conversation = await signpost.open()
        if "after" in row:
            await conversation.say(row["after"])
        answer = await conversation.say(row["text"])
    reply = answer.text.lower()
    assert not answer.crisis
    assert answer.topic in row["topic"]
    assert [wanted for wanted in row.get("says", []) if not _holds(reply, wanted)] == []
    assert [barred for barred in row.get("never", []) if _breaks(reply, barred)] == []
