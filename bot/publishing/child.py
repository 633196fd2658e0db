"""`python -m bot.publishing.child`: checks a copy of the content, or answers questions from it, in
a process that ends with it. Nothing of it reaches the service that runs.

Reads a question a JSON list from standard input, writes its answer into the file that it is given.
"""

import asyncio
import json
import os
import resource
import sys
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from bot.settings import Settings, load_settings

CHECK_BYTES, CHECK_SECONDS = 3_000_000_000, 60
"""Address space, and seconds of a core, in which a check has to do: YAML can be made to unfold
without end.
"""
NICER = 10
"""The service goes before some hundred questions that nobody waits for."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A question, and what is said before it, or ""."""

    text: str
    after: str = ""


@dataclass(frozen=True, slots=True)
class Told:
    """What the service says: all that a user reads, and what it is about."""

    text: str
    topic: str
    crisis: bool = False


@dataclass(frozen=True, slots=True)
class Checked:
    problems: tuple[str, ...] = ()
    warnings: tuple[str, ...] = field(default=())


def check(content: Path) -> Checked:
    """What `python -m bot check` says, with paths as in the content folder."""
    from bot.commands import check as checking

    def short(lines: list[Any]) -> tuple[str, ...]:
        return tuple(str(line).replace(f"{content}/", "") for line in lines)

    if found := checking.problems(content):
        return Checked(short(found))
    return Checked(warnings=short(checking.warnings(content, date.today())))


def recorded() -> list[Asked]:
    """Our own test questions; none where the tests are not installed."""
    from bot.evaluation import answers

    if not (answers.QUESTIONS.is_file() and answers.VOICES.is_file()):
        return []
    return [Asked(row.text, row.after) for row in answers.rows()]


async def ask(settings: Settings, questions: list[Asked]) -> list[Told]:
    """The service's own turn, from the crisis screen to the answer, each in a new conversation."""
    from bot.conversation import Conversation, Memory, Reply, Said
    from bot.dialogue.agent import load_agent, silence_rasa
    from bot.dialogue.turn import TurnError, take
    from bot.gateway.chat_questions import load_chat_questions
    from bot.gateway.languages import Languages, load_languages
    from bot.gateway.notices import load_notices
    from bot.reading.crisis import load_detector
    from bot.reading.screening import Screening
    from bot.safety.replies import load_help
    from bot.turn import Turn, TurnResult
    from bot.widget.strings import load_strings

    content, agent = settings.content, load_agent(settings.models)
    detector = load_detector(settings.models)
    silence_rasa()

    class Screen:
        async def screen(
            self, text: str, earlier: tuple[str, ...], *, behind_others: bool
        ) -> Screening | None:
            return detector.screen(text, earlier)

    class Worker:
        async def take(self, turn: Turn) -> TurnResult | None:
            try:
                return await take(agent, turn)
            except TurnError:
                return None

    notices, help_content, strings = (
        load_notices(content),
        load_help(content),
        load_strings(content),
    )
    languages = Languages(load_languages(content))
    await languages.load()
    conversation = Conversation(
        Screen(),
        Worker(),
        help_content,
        notices.refused,
        notices.dont_share,
        notices.code_typed,
        settings.deadline_seconds,
        in_their_language=languages.answer,
        about_the_chat=load_chat_questions(content, strings, help_content).answer,
    )

    def told(reply: Reply) -> Told:
        parts = (
            part
            for message in reply.messages
            for part in (
                message.text,
                message.table.as_text() if message.table else "",
                message.source,
            )
        )
        return Told("\n\n".join(filter(None, parts)), reply.topic, reply.crisis)

    answers = []
    for number, question in enumerate(questions):
        memory = Memory(f"try-{number}")
        if question.after:
            await conversation.answer(Said(question.after), memory)
        answers.append(told(await conversation.answer(Said(question.text), memory)))
    return answers


def main(what: str, out: str) -> None:
    settings, result = load_settings(), Path(out)
    if what == "check":
        resource.setrlimit(resource.RLIMIT_AS, (CHECK_BYTES, CHECK_BYTES))
        resource.setrlimit(resource.RLIMIT_CPU, (CHECK_SECONDS, CHECK_SECONDS))
        answer: Any = asdict(check(settings.content))
    else:
        if what == "recorded":
            os.nice(NICER)
        given = [Asked(**one) for one in json.load(sys.stdin)]
        questions = given if what == "ask" else recorded()
        answers = asyncio.run(ask(settings, questions))
        answer = [
            (asdict(question), asdict(told))
            for question, told in zip(questions, answers, strict=True)
        ]
    result.write_text(json.dumps(answer), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
