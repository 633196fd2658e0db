"""What the gateway itself says: `notices.yml`, checked."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

from bot import yamlfile

FILE = "notices.yml"

REFUSALS: Mapping[str, int] = {
    "empty": 400,
    "too_long": 400,
    "unreadable": 400,
    "too_slow": 408,
    "button_gone": 410,
    "too_large": 413,
    "wrong_type": 415,
    "packed": 415,
    "too_many": 429,
}
"""Why a message is not taken, and the HTTP status that says so. Each has a sentence in
`notices.yml`.
"""

Words = Annotated[str, Field(min_length=1)]


class _Content(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Errors(_Content):
    """Errors that are not about a message."""

    not_found: Words
    not_allowed: Words
    failed: Words


class Starter(_Content):
    """A question to start with. `payload` is Rasa's, and stays in the gateway."""

    label: Words
    payload: Annotated[str, Field(pattern="^/[a-z_]+")]


class SwitchedOff(_Content):
    """What is said in the place of what the operator has switched off. `{service}` is filled in."""

    help_only: Words
    service: Words
    topic: Words
    mentioned: Words


class Notices(_Content):
    """All of `notices.yml`. `refused` has a sentence for each of REFUSALS."""

    refused: Mapping[str, Words]
    forgotten: Words
    dont_share: Words
    code_typed: Words
    switched_off: SwitchedOff
    errors: Errors
    starters: Annotated[tuple[Starter, ...], Field(max_length=6)]

    @field_validator("refused")
    @classmethod
    def _complete(cls, refused: Mapping[str, str]) -> Mapping[str, str]:
        if wrong := REFUSALS.keys() ^ refused.keys():
            raise ValueError(
                f"has to have exactly {', '.join(sorted(REFUSALS))}; not right: {', '.join(sorted(wrong))}"
            )
        return refused


def load_notices(content: Path) -> Notices:
    """Reads `notices.yml` in the content folder. Raises ContentError with the line of the mistake."""
    return yamlfile.load(content / FILE, Notices)
