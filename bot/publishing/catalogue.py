"""Everything that can be changed in a form: each answer as the public reads it, with its source, who
looks after it and when it was checked, and its values as they stand in the files. Pure.
"""

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal

from bot import knowledge
from bot.knowledge import Knowledge, Question
from bot.knowledge.models import Held, Service, Status
from bot.publishing.draft import digest, place
from bot.publishing.values import Value, Where, value_at
from bot.safety.help import HelpContent

GENERAL, TERMS, HELP = "general.yml", "terms.yml", "crisis.yml"
Kind = Literal["text", "list", "day", "status", "held"]


@dataclass(frozen=True, slots=True)
class Field:
    """One value. `name` is its key in a form and in the words; `optional`: it may be left empty."""

    name: str
    where: Where
    kind: Kind
    value: Value
    optional: bool = False

    @property
    def written(self) -> str:
        """As it stands in a form."""
        if isinstance(self.value, tuple):
            return "\n".join(self.value)
        if isinstance(self.value, datetime.date):
            return self.value.isoformat()
        return (self.value or "").strip()

    def read(self, typed: str) -> Value:
        """What was typed, as a value. Raises ValueError for a day that is none."""
        lines = [line.strip() for line in typed.replace("\r\n", "\n").split("\n")]
        if self.kind == "list":
            return tuple(dict.fromkeys(filter(None, lines)))
        if self.kind == "day":
            return datetime.date.fromisoformat(typed)
        text = "\n".join(lines).strip()
        if text == self.written:
            return self.value
        return text or (None if self.optional else "")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that can be opened. `group` is its file; `said`: as the public reads it."""

    file: str
    where: Where
    title: str
    said: str
    source: str
    owner: str
    checked: datetime.date
    overdue: bool
    fields: tuple[Field, ...]

    @property
    def id(self) -> str:
        return place(self.file, self.where)

    @property
    def seen(self) -> str:
        """Tells whether anybody has changed it."""
        return digest("\0".join(f"{one.name}={one.written}" for one in self.fields).encode())


class Sort(StrEnum):
    PLACE = "place"
    TITLE = "title"
    CHECKED = "checked"
    OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Show:
    """What of the list is shown, and in which order. `group` "": all of it."""

    group: str = ""
    overdue: bool = False
    sort: Sort = Sort.PLACE

    def of(self, items: list[Item]) -> list[Item]:
        shown = [
            item
            for item in items
            if self.group in ("", item.file) and (item.overdue or not self.overdue)
        ]
        match self.sort:
            case Sort.TITLE:
                shown.sort(key=lambda item: item.title.lower())
            case Sort.CHECKED:
                shown.sort(key=lambda item: item.checked)
            case Sort.OWNER:
                shown.sort(key=lambda item: item.owner)
        return shown


@dataclass(frozen=True, slots=True)
class Catalogue:
    """`data`: what each file holds, by its name; `titles`: words for what has no name of its own."""

    held: Knowledge
    help: HelpContent
    data: Mapping[str, Any]
    titles: Mapping[str, str]
    today: datetime.date

    def groups(self) -> dict[str, str]:
        """Files that can be changed here, with what they are called."""
        services = {_file(one): one.label for one in self.held.services.values()}
        return services | {name: self.titles[name] for name in (GENERAL, TERMS, HELP)}

    def items(self) -> list[Item]:
        """In the order of the files."""
        return [*self._services(), *self._general(), *self._terms(), *self._lines()]

    def find(self, id_: str) -> Item | None:
        return next((item for item in self.items() if item.id == id_), None)

    def _services(self) -> Iterator[Item]:
        for service in self.held.services.values():
            yield self._item(
                service,
                (),
                self.titles["service"],
                (service.name, ""),
                ("status", "status"),
                ("last_checked", "day"),
                ("aliases", "list"),
            )
            for topic in service.answers:
                asked = Question(topic, services=(service.id,))
                yield self._item(
                    service,
                    ("answers", topic),
                    self._topic(topic),
                    self._said(asked),
                    *_ANSWER,
                )
            for term in service.facts:
                asked = Question("terms", services=(service.id,), term=term)
                title, said = self.held.terms[term].word, self._said(asked)
                yield self._item(service, ("facts", term), title, said, ("", "text"))

    def _general(self) -> Iterator[Item]:
        general = self.held.general
        yield self._item(None, (), self.titles["all"], ("", ""), ("last_checked", "day"))
        for topic in general.answers:
            said = self._said(Question(topic))
            yield self._item(None, ("answers", topic), self._topic(topic), said, *_OVERALL)
        for topic, each in general.each.items():
            title = f"{self._topic(topic)} {self.titles['each']}"
            yield self._item(None, ("each", topic), title, (each.text, ""), *_EACH)

    def _terms(self) -> Iterator[Item]:
        general = self.held.general
        for id_, term in self.held.terms.items():
            said, source = self._said(Question("terms", term=id_))
            yield Item(
                TERMS,
                (id_,),
                term.word,
                said,
                source,
                general.owner,
                general.last_checked,
                self._is_late(general.last_checked, general.review_after_days),
                tuple(self._fields(TERMS, (id_,), _TERM)),
            )

    def _lines(self) -> Iterator[Item]:
        for id_, line in self.help.lines.items():
            where = ("lines", id_)
            yield Item(
                HELP,
                where,
                id_.replace("_", " ").capitalize(),
                line.text,
                self.help.lines_label,
                self.titles["officer"],
                line.last_verified,
                self._is_late(line.last_verified, self.help.verify_every_days),
                tuple(self._fields(HELP, where, (("text", "text"), ("last_verified", "day")))),
            )

    def _item(
        self,
        service: Service | None,
        where: Where,
        title: str,
        said: tuple[str, str],
        *fields: tuple[str, Kind],
    ) -> Item:
        file = _file(service) if service else GENERAL
        owner, checked = (
            (service.owner, service.last_checked)
            if service
            else (self.held.general.owner, self.held.general.last_checked)
        )
        return Item(
            file,
            where,
            title,
            *said,
            owner,
            checked,
            self._is_late(checked, self.held.general.review_after_days),
            tuple(self._fields(file, where, fields)),
        )

    def _fields(
        self, file: str, where: Where, fields: tuple[tuple[str, Kind], ...]
    ) -> Iterator[Field]:
        """`*text` in the tables below may be left empty; "" is the value at `where` itself."""
        for name, kind in fields:
            key = name.lstrip("*")
            at = (*where, key) if key else where
            value = value_at(self.data[file], at)
            yield Field(key or "text", at, kind, value, name.startswith("*"))

    def _said(self, question: Question) -> tuple[str, str]:
        answer = knowledge.answer(self.held, question)
        return answer.text, answer.source

    def _topic(self, topic: str) -> str:
        return self.held.topics[topic].label

    def _is_late(self, day: datetime.date, days: int) -> bool:
        return not datetime.timedelta(0) <= self.today - day <= datetime.timedelta(days)


_ANSWER: tuple[tuple[str, Kind], ...] = (
    ("held", "held"),
    ("text", "text"),
    ("*short", "text"),
    ("*line", "text"),
)
_OVERALL: tuple[tuple[str, Kind], ...] = (
    ("held", "held"),
    ("text", "text"),
    ("*short", "text"),
    ("*again", "text"),
    ("*close", "text"),
)
_EACH: tuple[tuple[str, Kind], ...] = (("held", "held"), ("text", "text"), ("*short", "text"))
_TERM: tuple[tuple[str, Kind], ...] = (
    ("text", "text"),
    ("aliases", "list"),
    ("*rule", "text"),
    ("*elsewhere", "text"),
)
CHOICES: Mapping[str, tuple[str, ...]] = {"status": tuple(Status), "held": tuple(Held)}


def _file(service: Service) -> str:
    return f"services/{service.id}.yml"
