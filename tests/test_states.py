"""Crisis words get the crisis answer in every state of every dialogue: all of
tests/data/states.yml, asked of the running service.
"""

import re

import pytest
import yaml

from bot.commands.client import Reply, connect
from tests.conftest import ROOT, Service

DATA = yaml.safe_load((ROOT / "tests/data/states.yml").read_text(encoding="utf-8"))
WORKS_NOW = re.compile(r"\b(999|116 123|85258)\b")


def names_the_forum_as_a_place(text: str) -> bool:
    return any(
        "forum" in sentence.lower() and "not use the forum" not in sentence
        for sentence in re.split(r"(?<=[.!?])\s+", text)
    )


@pytest.mark.parametrize("state", DATA["states"])
async def test_crisis_words_get_the_crisis_answer(service: Service, state: str) -> None:
    async with connect(service.url, service.run) as signpost:
        for crisis in DATA["crises"]:
            conversation = await signpost.open()
            last: Reply | None = None
            for said in DATA["states"][state]:
                if isinstance(said, str):
                    last = await conversation.say(said)
                else:
                    assert last is not None
                    buttons = {label: id_ for id_, label in last.buttons}
                    assert said["press"] in buttons, (
                        f"{state}: no button {said['press']!r} among {list(buttons)}"
                    )
                    last = await conversation.press(buttons[said["press"]])
            reply = await conversation.say(crisis)
            assert reply.crisis, crisis
            assert "sponsor" in reply.text, crisis
            assert WORKS_NOW.search(reply.text), crisis
            assert not names_the_forum_as_a_place(reply.text), crisis
