"""What somebody reads who writes in another language: `languages.yml`, checked, and the identifier
that tells which.
"""

import asyncio
import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import structlog
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot import yamlfile
from bot.language.identify import ENGLISH, Identifier

FILE = "languages.yml"
NUMBERS = ("999", "116 123")
"""Every text names these."""

Words = Annotated[str, Field(min_length=1)]
Code = Annotated[str, Field(pattern="^[a-z]{2}$")]
_log = structlog.get_logger(__name__)


class LanguageWords(BaseModel):
    """All of `languages.yml`, by ISO 639-1 code."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    english: Words
    languages: Mapping[Code, Words]
    checked: Mapping[Code, datetime.date]

    @model_validator(mode="after")
    def _names_the_numbers(self) -> "LanguageWords":
        for code, text in self.languages.items():
            for number in NUMBERS:
                if number not in text:
                    raise ValueError(f"languages.{code}: does not name {number}")
        if unknown := sorted(self.checked.keys() - self.languages.keys()):
            raise ValueError(f"checked.{unknown[0]}: there is no such text")
        return self


def load_languages(content: Path) -> LanguageWords:
    """Raises ContentError."""
    return yamlfile.load(content / FILE, LanguageWords)


def unchecked(words: LanguageWords) -> tuple[str, ...]:
    """A warning that names the texts that no speaker has checked."""
    codes = sorted(words.languages.keys() - words.checked.keys())
    return (f"{FILE}: no speaker has checked: {', '.join(codes)}",) if codes else ()


class Languages:
    """Answers messages in other languages, once it is loaded; until then it notices none."""

    def __init__(self, words: LanguageWords) -> None:
        self._words = words
        self._identifier: Identifier | None = None

    async def load(self) -> None:
        """Takes a second, in a thread. Logs what goes wrong; never raises."""
        try:
            self._identifier = await asyncio.to_thread(Identifier, tuple(self._words.languages))
        except Exception as error:
            _log.error("languages did not load: none is noticed", error=type(error).__name__)

    def answer(self, text: str) -> str:
        """What to say to a message that is not in English; "" where it is, or nobody can tell."""
        language = self._identifier.language(text) if self._identifier else ENGLISH
        own = self._words.languages.get(language)
        return f"{own}\n\n{self._words.english}" if own else ""
