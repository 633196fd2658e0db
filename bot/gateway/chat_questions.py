"""What people ask of the chat itself ("large print", "I'm deaf"): `chat.yml`, checked, and the
answer to it. Needs no dialogue and no training.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from bot import yamlfile
from bot.errors import ContentError
from bot.language.phrases import first_said, says
from bot.safety.help import HelpContent
from bot.widget.strings import Strings

FILE = "chat.yml"
Words = Annotated[str, Field(min_length=1)]


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Question(_Content):
    """`phrases` as bot.language.phrases reads them; any of them asks it."""

    phrases: Annotated[tuple[Words, ...], Field(min_length=1)]
    text: Words


class ChatContent(_Content):
    """All of `chat.yml`. `words_max`: a longer message is about something else."""

    words_max: Annotated[int, Field(ge=1)]
    questions: Mapping[str, Question]


@dataclass(frozen=True, slots=True)
class ChatQuestions:
    """Answers them. `answers` are phrases with what is said to them, words and lines filled in;
    a message with one of the `ordinary` phrases is about something else.
    """

    words_max: int
    ordinary: tuple[str, ...]
    answers: tuple[tuple[tuple[str, ...], str], ...]

    def answer(self, text: str) -> str:
        """What to say to a message that asks one of them; "" for every other message."""
        if len(text.split()) > self.words_max or says(text, self.ordinary):
            return ""
        return first_said(text, ((said, phrases) for phrases, said in self.answers))


def load_chat_questions(
    content: Path, strings: Strings, help_content: HelpContent
) -> ChatQuestions:
    """Raises ContentError, also where a text names words or a line that are not there."""
    read = yamlfile.load(content / FILE, ChatContent)
    named = {
        **{name: word for name, word in strings if isinstance(word, str)},
        **{name: line.text for name, line in help_content.lines.items()},
        "lines_label": help_content.lines_label,
    }
    answers = []
    for name, question in read.questions.items():
        try:
            answers.append((question.phrases, question.text.format_map(named)))
        except (KeyError, ValueError) as error:
            problem = f"questions.{name}.text: there is no {error}"
            raise ContentError(content / FILE, 1, problem) from None
    return ChatQuestions(read.words_max, help_content.ordinary, tuple(answers))
