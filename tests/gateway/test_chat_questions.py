"""What people ask of the chat itself: which of their words ask it, and what the answers hold."""

import re
from pathlib import Path

import pytest

from bot.errors import ContentError
from bot.gateway.chat_questions import ChatQuestions, load_chat_questions
from bot.safety.help import load_help
from bot.settings import ROOT
from bot.widget.strings import load_strings

CONTENT = ROOT / "bot" / "content"
STRINGS, HELP = load_strings(CONTENT), load_help(CONTENT)


@pytest.fixture(scope="module")
def questions() -> ChatQuestions:
    return load_chat_questions(CONTENT, STRINGS, HELP)


ASKED = {
    "press “Large text”": [
        "large print",
        "can you make the writing bigger",
        "the text is too small for me",
        "I need larger print please",
        "is there a big print version?",
        "how do i change the font size",
    ],
    "easy read": [
        "easy read",
        "do you have easy-read",
        "is there an easy to read version",
        "Easyread please",
    ],
    "print or copy": [
        "how do I print this",
        "can i print it out",
        "How can I save the chat?",
        "print this answer",
        "could i download this conversation",
        "email this chat to me",
    ],
    "text 85258": [
        "I'm deaf",
        "i am deaf and cant use a phone",
        "im profoundly deaf",
        "I am hard of hearing",
        "is there a BSL line",
        "do you have a textphone number",
        "can I use relay uk",
        "i can't hear on the phone",
        "I cannot speak on the phone",
    ],
}
NOT_ASKED = [
    "my brother is deaf, can he do groups",
    "is the Belmarsh unit good for deaf people",
    "where can i print the referral form",
    "what is the text number for visits",
    "he has a big sentence",
    "does he get to read and write",
    "can he save money there",
    "they never listen to us",
    "how do i copy in the offender manager on an email that i want to send about my son",
    "who can be referred",
    "fingerprints",
    "",
]


@pytest.mark.parametrize(
    ("text", "part"), [(text, part) for part, texts in ASKED.items() for text in texts]
)
def test_what_is_asked_is_answered_as_what_it_is(
    questions: ChatQuestions, text: str, part: str
) -> None:
    assert part in questions.answer(text)


@pytest.mark.parametrize("text", NOT_ASKED)
def test_everything_else_is_left_to_the_dialogue(questions: ChatQuestions, text: str) -> None:
    assert questions.answer(text) == ""


def test_no_number_is_said_that_no_line_of_the_help_holds(questions: ChatQuestions) -> None:
    held = " ".join(line.text for line in HELP.lines.values())
    said = " ".join(answer for _, answer in questions.answers)
    numbers = set(re.findall(r"\d[\d ]*\d", said))
    assert [number for number in numbers if number not in held] == []


def test_a_name_that_is_not_there_is_a_mistake(tmp_path: Path) -> None:
    (tmp_path / "chat.yml").write_text(
        "words_max: 9\nquestions:\n  deaf: {phrases: [deaf], text: 'Ring {nobody}.'}\n", "utf-8"
    )
    with pytest.raises(ContentError, match=r"questions.deaf.text: there is no 'nobody'"):
        load_chat_questions(tmp_path, STRINGS, HELP)
