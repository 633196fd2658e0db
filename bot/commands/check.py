"""What `python -m bot check` finds in `bot/content/`: every mistake, and what is overdue for review
or verification.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from bot import knowledge
from bot.eligibility.content import load_criteria, load_reading
from bot.errors import ContentError
from bot.gateway.chat_questions import load_chat_questions
from bot.gateway.languages import load_languages, unchecked
from bot.gateway.notices import load_notices
from bot.safety.help import load_help, overdue
from bot.sponsors.content import load_sponsor_words
from bot.staff.content import load_staff_words
from bot.widget.strings import load_strings

_FILES: tuple[Callable[[Path], object], ...] = (
    load_help,
    load_notices,
    load_languages,
    load_strings,
    load_sponsor_words,
    load_staff_words,
)
"""Their own checks; those of eligibility and of `chat.yml` need other files too."""


def problems(content: Path) -> list[ContentError]:
    """Every mistake in the knowledge, and the first one in each of the other files."""
    found = knowledge.problems(content)
    for load in _FILES:
        try:
            load(content)
        except ContentError as error:
            found.append(error)
    if not found:
        found.extend(_chat_questions(content) + _eligibility(content))
    return found


def _chat_questions(content: Path) -> list[ContentError]:
    try:
        load_chat_questions(content, load_strings(content), load_help(content))
    except ContentError as error:
        return [error]
    return []


def _eligibility(content: Path) -> list[ContentError]:
    try:
        load_reading(content, load_criteria(content, knowledge.load(content)))
    except ContentError as error:
        return [error]
    return []


def warnings(content: Path, today: date) -> list[str]:
    """What an editor should look at again. Raises ContentError where the content can't be read."""
    return [
        *map(str, knowledge.warnings(knowledge.load(content), content, today)),
        *overdue(load_help(content), today),
        *unchecked(load_languages(content)),
    ]
