"""What comes after a crisis answer, for each writer, with the dialogue dead: a small dialogue of its
own, as long as help is pinned.
"""

import pytest
import yaml

from bot.conversation import Conversation, Memory, Reply, Said
from bot.gateway.notices import load_notices
from bot.reading.crisis import Detector
from bot.reading.screening import Screening
from bot.safety import replies
from bot.safety.help import Writer
from bot.settings import ROOT
from bot.turn import Turn, TurnResult

CONTENT = ROOT / "bot" / "content"
HELP, NOTICES = replies.load_help(CONTENT), load_notices(CONTENT)
DATA = yaml.safe_load((ROOT / "tests/data/aftercare.yml").read_text(encoding="utf-8"))
CONVERSATIONS = [
    (writer, turns) for writer, told in DATA.items() for turns in told["conversations"]
]
SAFETY = replies.safety_reply(HELP).text


class Screener:
    def __init__(self, detector: Detector) -> None:
        self._detector = detector

    async def screen(
        self, text: str, earlier: tuple[str, ...], *, behind_others: bool
    ) -> Screening | None:
        return self._detector.screen(text, earlier)


class Dead:
    async def take(self, turn: Turn) -> TurnResult | None:
        return None


def conversation(detector: Detector) -> Conversation:
    return Conversation(
        Screener(detector),
        Dead(),
        HELP,
        NOTICES.refused,
        NOTICES.dont_share,
        NOTICES.code_typed,
        deadline=0.2,
    )


def kind_of(reply: Reply, writer: Writer, crisis: str) -> str:
    """What a reply is, in the words of the table."""
    text = "\n\n".join(message.text for message in reply.messages)
    if text == SAFETY:
        return "ordinary"
    if text == HELP.false_alarm.text:
        return "retracted"
    again = "\n\n".join((HELP.crisis_again, crisis.partition("\n\n")[2]))
    if text in {crisis, again}:
        return "help"
    for name, step in HELP.steps.items():
        if text.startswith(step.words_for(writer).text):
            return name
    if text.startswith(HELP.aftercare_again.words_for(writer).text):
        return "again"
    for name, calm in HELP.calm.items():
        if text.startswith(calm.to.get(writer, calm.text)):
            return f"calm: {name}"
    return text


@pytest.mark.parametrize(("writer", "turns"), CONVERSATIONS, ids=lambda value: str(value)[:60])
async def test_what_comes_next_is_understood(
    detector: Detector, writer: str, turns: list[tuple[str, str]]
) -> None:
    talk = conversation(detector)
    memory = Memory("c1")
    first = await talk.answer(Said(DATA[writer]["crisis"]), memory)
    assert (first.crisis, memory.writer) == (True, Writer(writer))
    answers = [await talk.answer(Said(typed), memory) for typed, _ in turns]
    found = [kind_of(answer, Writer(writer), first.messages[0].text) for answer in answers]
    assert found == [expected for _, expected in turns]
    assert all(answer.pinned_help for answer in answers)


# What came first, and words after it that may tell of the danger itself.
DANGER_GOES_ON = [
    ("my husband beat me up again and im scared he will kill me", "hes here"),
    ("my husband beat me up again and im scared he will kill me", "hes coming up the stairs"),
    ("my husband beat me up again and im scared he will kill me", "my husband is on his way"),
    ("my husband beat me up again and im scared he will kill me", "someone is here with a knife"),
    ("my stepdad hits me im 12", "my mum is coming home with him"),
    ("I want to kill myself", "my mate is with me and hes got tablets too"),
    ("my son says he wants to die", "hes with me on the roof"),
    ("my son says he wants to die", "hes with me hes not breathing right"),
    ("I want to kill myself", "my brothers with us hes drunk and shouting"),
    ("I want to kill myself", "feel better now ive decided"),
    ("I want to kill myself", "im better off gone"),
    ("I want to kill myself", "im fine with dying"),
    ("I want to kill myself", "goodbye everyone"),
    ("I want to kill myself", "its ok im going to sleep for good"),
]


@pytest.mark.parametrize(("first", "then"), DANGER_GOES_ON)
async def test_no_calm_word_is_said_to_what_may_be_the_danger(
    detector: Detector, first: str, then: str
) -> None:
    talk = conversation(detector)
    memory = Memory("c1")
    assert (await talk.answer(Said(first), memory)).crisis
    reply = await talk.answer(Said(then), memory)
    text = "\n\n".join(message.text for message in reply.messages)
    calm = {words for calm in HELP.calm.values() for words in (calm.text, *calm.to.values())}
    assert not [words for words in calm if text.startswith(words)]


# An attempt, and what is told of it piece by piece: each is an emergency, and none a question.
OF_AN_ATTEMPT = [
    ("ive taken an overdose", "like half an hour ago"),
    ("ive taken an overdose", "whole box"),
    ("ive taken an overdose", "my antidepressants and some vodka"),
    ("ive taken an overdose", "dont know how many"),
    ("ive taken an overdose", "around thirty"),
    ("ive taken an overdose", "just now in the bathroom"),
    ("my daughter has taken an overdose", "maybe an hour ago"),
    ("my daughter has taken an overdose", "paracetamol"),
]


@pytest.mark.parametrize(("first", "then"), OF_AN_ATTEMPT)
async def test_what_is_told_of_an_attempt_is_an_emergency(
    detector: Detector, first: str, then: str
) -> None:
    talk = conversation(detector)
    memory = Memory("c1")
    told = await talk.answer(Said(first), memory)
    reply = await talk.answer(Said(then), memory)
    assert kind_of(reply, memory.writer, told.messages[0].text) == "urgent"
