"""Words of the staff desk that depend on what happened: `bot/content/staff.yml`, checked."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator

from bot import yamlfile
from bot.publishing.catalogue import CHOICES, GENERAL, HELP, TERMS, Sort
from bot.sponsors.model import KINDS_OF_CHANGE
from bot.sponsors.unanswered import Closing, Kind
from bot.staff.changes import Show
from bot.staff.grouping import Asked, Order
from bot.staff.model import Part, Role

FILE = "staff.yml"
Words = Annotated[str, Field(min_length=1)]
DONE = (
    *("reported", "looked_into", "away", "back", "confirmed", "handed", "imported", "switched"),
    *("closed", "ready", "out", "drafted", "published", "same"),
)
WRONGS = ("false-alarm", "miss")
ANSWERS = ("right", "wrong", "over")
FIELDS = (
    *("status", "last_checked", "last_verified", "aliases", "held"),
    *("text", "short", "line", "again", "close", "rule", "elsewhere"),
)
TITLES = ("service", "all", "each", "officer", GENERAL, TERMS, HELP)
ERRORS = (
    *("refused", "busy", "password", "code", "first", "last", "order", "cover", "to", "file"),
    *("changed", "references", "reference", "part", "part_unknown", "meanwhile", "host", "how"),
    *("lapsed", "forbidden", "not_found", "failed", "unavailable", "whom", "many"),
    *("wrong", "category", "provider_down", "provider_refused", "provider_role"),
    *("empty", "names", "choice", "checked", "future", "meanwhile_item", "not_editable"),
    *("question", "help_lines", "meanwhile_content", "note", "unpublished", "content_file"),
    *("content_broken", "content_failed"),
)


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class PartWords(_Model):
    title: Words
    lead: Words


class FieldWords(_Model):
    label: Words
    hint: str = ""


class ContentWords(_Model):
    """Words of the pages on which answers are changed. `choices` are statuses, and how much is held."""

    titles: Mapping[str, Words]
    fields: Mapping[str, FieldWords]
    choices: Mapping[str, Words]
    sorts: Mapping[str, Words]


class StaffWords(_Model):
    """All of `staff.yml`. `{reference}` in `errors.reference`."""

    name: Words
    answering: Words
    wrongs: Mapping[str, Words]
    answers: Mapping[str, Words]
    roles: Mapping[str, Words]
    parts: Mapping[str, PartWords]
    shows: Mapping[str, Words]
    orders: Mapping[str, Words]
    askeds: Mapping[str, Words]
    kinds: Mapping[str, Words]
    closings: Mapping[str, Words]
    changes: Mapping[str, Words]
    done: Mapping[str, Words]
    errors: Mapping[str, Words]
    content: ContentWords

    @model_validator(mode="after")
    def _has_each(self) -> "StaffWords":
        content = {f"content.{name}": words for name, words in self.content}
        needed: dict[str, Iterable[str]] = {
            "content.titles": TITLES,
            "content.fields": FIELDS,
            "content.choices": (choice for choices in CHOICES.values() for choice in choices),
            "content.sorts": Sort,
            "roles": Role,
            "parts": Part,
            "shows": Show,
            "orders": Order,
            "askeds": Asked,
            "kinds": Kind,
            "closings": Closing,
            "changes": KINDS_OF_CHANGE,
            "done": DONE,
            "wrongs": WRONGS,
            "answers": ANSWERS,
            "errors": ERRORS,
        }
        for name, keys in needed.items():
            if wrong := sorted({**dict(self), **content}[name].keys() ^ {str(key) for key in keys}):
                raise ValueError(f"{name}: missing or not known: {', '.join(wrong)}")
        return self


def load_staff_words(content: Path) -> StaffWords:
    """Reads `staff.yml` in the content folder. Raises ContentError with the line of the mistake."""
    return yamlfile.load(content / FILE, StaffWords)
