"""Every sentence of "Find my sponsor": `bot/content/sponsors.yml`, checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from bot import yamlfile
from bot.sponsors.codes import ALPHABET

FILE = "sponsors.yml"
Words = Annotated[str, Field(min_length=1)]


class _Words(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Ask(_Words):
    """Who can be asked, by where somebody is."""

    unit: Words
    custody: Words
    probation: Words
    relative: Words


class PageWords(_Words):
    """`{n}` in `kiosk` is a number of seconds; `off`: looking up is switched off for now."""

    title: Words
    lead: Words
    without: Words
    off: Words
    how: Words
    reference: Words
    code: Words
    code_hint: Words
    find: Words
    private: Words
    ask_title: Words
    back: Words
    end: Words
    ended: Words
    kiosk: Words


class Errors(_Words):
    """`{seconds}` in `wait`."""

    refused: Words
    mistyped: Words
    wait: Words
    unavailable: Words


class CardWords(_Words):
    """`{name}`, `{role}`, `{date}`, `{value}`, `{route}` and `{hours}` are filled in."""

    sponsor: Words
    away_until: Words
    away: Words
    left: Words
    cover: Words
    no_cover: Words
    phone: Words
    text: Words
    email: Words
    in_person: Words
    hours: Words
    always: Words
    on_duty: Words
    off_duty: Words


class ChatWords(_Words):
    find: Words


class SponsorWords(_Words):
    """All of `sponsors.yml`."""

    ask: Ask
    page: PageWords
    errors: Errors
    card: CardWords
    chat: ChatWords
    slip: Annotated[tuple[Words, ...], Field(min_length=1)]
    spoken: Mapping[str, Words]

    @field_validator("slip")
    @classmethod
    def _shows_the_code(cls, slip: tuple[str, ...]) -> tuple[str, ...]:
        if missing := [
            gap for gap in ("{code}", "{date}") if not any(gap in line for line in slip)
        ]:
            raise ValueError(f"has to have {' and '.join(missing)} in it")
        return slip

    @field_validator("spoken")
    @classmethod
    def _says_every_symbol(cls, spoken: Mapping[str, str]) -> Mapping[str, str]:
        if wrong := sorted(spoken.keys() ^ set(ALPHABET)):
            raise ValueError(
                f"has to have each symbol of a code once; not right: {', '.join(wrong)}"
            )
        return spoken


def load_sponsor_words(content: Path) -> SponsorWords:
    """Reads `sponsors.yml` in the content folder. Raises ContentError with the line of the mistake."""
    return yamlfile.load(content / FILE, SponsorWords)
