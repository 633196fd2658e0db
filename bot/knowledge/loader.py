"""Reads `bot/content/` into `Knowledge` and says, with file and line, everything that is wrong with
it.
"""

import datetime
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel

from bot.errors import ContentError
from bot.knowledge.models import (
    ANY,
    DEFAULT,
    SHORT_MAX,
    WHOLE,
    Alias,
    General,
    Knowledge,
    Service,
    Term,
    Thread,
    Topic,
    count_words,
)
from bot.yamlfile import YamlFile, read

Entry = TypeVar("Entry", bound=BaseModel)


def load(content_dir: Path) -> Knowledge:
    """Reads and checks the content. Raises the first ContentError; `problems` gives them all."""
    knowledge, found = _read(content_dir)
    if found or knowledge is None:
        raise found[0]
    return knowledge


def problems(content_dir: Path) -> list[ContentError]:
    """Everything that keeps the content from being loaded, in the order of files and lines."""
    return _read(content_dir)[1]


def warnings(knowledge: Knowledge, content_dir: Path, today: datetime.date) -> list[ContentError]:
    """What still loads but needs an editor: files that are overdue for review on `today`, or
    checked in the future.
    """
    days = knowledge.general.review_after_days
    checked = {
        f"services/{service.id}.yml": (service.owner, service.last_checked)
        for service in knowledge.services.values()
    }
    checked["general.yml"] = (knowledge.general.owner, knowledge.general.last_checked)
    found = []
    for name, (owner, date) in checked.items():
        path = content_dir / name
        if date > today:
            found.append(_at_key(path, "last_checked", f"last_checked: {date} is in the future"))
        elif (today - date).days > days:
            late = (today - date).days - days
            found.append(
                _at_key(
                    path,
                    "last_checked",
                    f"last_checked: {date} is overdue for review by {late} days ({owner})",
                )
            )
    return found


def _at_key(path: Path, key: str, problem: str) -> ContentError:
    file = read(path, [])
    return file.error((key,), problem) if file else ContentError(path, 1, problem)


def _read(content_dir: Path) -> tuple[Knowledge | None, list[ContentError]]:
    found: list[ContentError] = []
    services, service_files = _services(content_dir / "services", found)
    terms, terms_file = _table(content_dir / "terms.yml", Term, found)
    topics, topics_file = _table(content_dir / "topics.yml", Topic, found)
    general_file = read(content_dir / "general.yml", found)
    general = general_file.parse(General, found) if general_file else None
    thread_file = read(content_dir / "follow_ups.yml", found)
    thread = thread_file.parse(Thread, found) if thread_file else None
    if general is None or general_file is None or terms_file is None or topics_file is None:
        return None, _sorted(found)
    lines = _help_lines(content_dir / "crisis.yml", found) | _ask_lines(
        content_dir / "sponsors.yml", found
    )
    knowledge = Knowledge(
        services=services,
        terms=terms,
        topics=topics,
        general=general,
        lines=lines,
        thread=thread or Thread(),
    )
    found.extend(_check_services(knowledge, service_files))
    found.extend(_check_whole(knowledge, general_file))
    found.extend(_check_terms(knowledge, terms_file))
    found.extend(_check_topics(knowledge, topics_file))
    found.extend(_check_general(knowledge, general_file))
    if thread_file is not None:
        found.extend(_check_thread(knowledge, thread_file))
    found.extend(_check_aliases(knowledge, service_files, terms_file))
    return knowledge, _sorted(found)


def _sorted(found: list[ContentError]) -> list[ContentError]:
    return sorted(found, key=lambda error: (str(error.file), error.line))


def _services(
    folder: Path, found: list[ContentError]
) -> tuple[dict[str, Service], dict[str, YamlFile]]:
    services, files = {}, {}
    for path in sorted(folder.glob("*.yml")):
        file = read(path, found)
        service = file.parse(Service, found) if file else None
        if file and service:
            services[service.id], files[service.id] = service, file
            if service.id != path.stem:
                found.append(
                    file.error(
                        ("id",), f"id: {service.id} must be the name of its file, {path.stem}"
                    )
                )
    if not services:
        found.append(ContentError(folder, 1, "there is no service here that can be read"))
    return dict(sorted(services.items(), key=lambda item: item[1].order)), files


def _table(
    path: Path, model: type[Entry], found: list[ContentError]
) -> tuple[dict[str, Entry], YamlFile | None]:
    """A file of entries by id."""
    file = read(path, found)
    if file is None:
        return {}, None
    entries = {str(id_): file.parse(model, found, (id_,)) for id_ in file.data}
    return {id_: entry for id_, entry in entries.items() if entry is not None}, file


def _help_lines(path: Path, found: list[ContentError]) -> dict[str, str]:
    """The lines that answers may quote. bot.safety checks the rest of that file."""
    file = read(path, found)
    lines = file.data.get("lines") if file else None
    if not isinstance(lines, dict):
        return {}
    return {
        str(id_): str(line["text"])
        for id_, line in lines.items()
        if isinstance(line, dict) and "text" in line
    }


def _ask_lines(path: Path, found: list[ContentError]) -> dict[str, str]:
    """Who can be asked about a sponsor, as `ask_<where>`. bot.sponsors checks the rest of that
    file.
    """
    file = read(path, found)
    lines = file.data.get("ask") if file else None
    return (
        {f"ask_{where}": str(text) for where, text in lines.items()}
        if isinstance(lines, dict)
        else {}
    )


def _check_services(knowledge: Knowledge, files: Mapping[str, YamlFile]) -> Iterator[ContentError]:
    for service in knowledge.services.values():
        file = files[service.id]
        if service.parent is not None:
            parent = knowledge.services.get(service.parent)
            if parent is None:
                yield file.error(("parent",), f"parent: there is no service {service.parent}")
            elif parent.parent is not None:
                yield file.error(
                    ("parent",), f"parent: {service.parent} is itself a part of {parent.parent}"
                )
        for topic, said in service.answers.items():
            where = ("answers", topic)
            if topic not in knowledge.topics:
                yield file.error(where, f"answers.{topic}: there is no such topic in topics.yml")
            if count_words(said.text) > SHORT_MAX and said.short is None:
                yield file.error(
                    where,
                    f"answers.{topic}: needs a short form too, as its text is longer than {SHORT_MAX} words",
                )
            for key, text in (("text", said.text), ("short", said.short), ("line", said.line)):
                yield from _check_gaps(file, (*where, key), text or "", ())
        for term in service.facts:
            if term not in knowledge.terms:
                yield file.error(
                    ("facts", term), f"facts.{term}: there is no such term in terms.yml"
                )


def _check_whole(knowledge: Knowledge, file: YamlFile) -> Iterator[ContentError]:
    if WHOLE not in knowledge.services:
        yield file.error((), f"services/{WHOLE}.yml is missing: it stands for all services")


def _check_terms(knowledge: Knowledge, file: YamlFile) -> Iterator[ContentError]:
    for id_, term in knowledge.terms.items():
        if not term.on_page and "the page does not" not in term.text.lower():
            yield file.error(
                (id_, "text"),
                f'{id_}.text: must say openly that "the page does not" mention this word',
            )
        for key, id_of_service in (("service", term.service), ("part", term.part)):
            if id_of_service is not None and id_of_service not in knowledge.services:
                yield file.error((id_, key), f"{id_}.{key}: there is no service {id_of_service}")
        yield from _check_gaps(file, (id_, "text"), term.text, ())
        yield from _check_gaps(file, (id_, "rule"), term.rule or "", ())
        yield from _check_gaps(
            file, (id_, "elsewhere"), term.elsewhere or "", ("service", "Service")
        )


def _check_topics(knowledge: Knowledge, file: YamlFile) -> Iterator[ContentError]:
    seen: dict[str, str] = {}
    for id_, topic in knowledge.topics.items():
        for index, intent in enumerate(topic.intents):
            if intent in seen:
                yield file.error(
                    (id_, "intents", index),
                    f"{id_}.intents: {intent} belongs to {seen[intent]} already",
                )
            seen[intent] = id_
        for index, follow in enumerate(topic.next):
            next_topic, _, next_service = follow.partition(":")
            if next_topic not in knowledge.topics or (
                next_service and next_service not in knowledge.services
            ):
                yield file.error(
                    (id_, "next", index), f"{id_}.next: there is no such topic or service: {follow}"
                )
        if id_ not in knowledge.general.answers:
            yield file.error(
                (id_,), f"{id_}: has no answer in general.yml for when no service is named"
            )
        if topic.kind == "service" and id_ not in knowledge.general.each:
            yield file.error(
                (id_,),
                f"{id_}: has no sentence under `each` in general.yml for a service that holds nothing on it",
            )


def _check_general(knowledge: Knowledge, file: YamlFile) -> Iterator[ContentError]:
    general = knowledge.general
    for group, topics in (("answers", general.answers), ("each", general.each)):
        for topic in topics:
            if topic not in knowledge.topics:
                yield file.error(
                    (group, topic), f"{group}.{topic}: there is no such topic in topics.yml"
                )
    for topic, overall in general.answers.items():
        for key, text in (("text", overall.text), ("again", overall.again)):
            yield from _check_gaps(
                file, ("answers", topic, key), text or "", tuple(knowledge.lines)
            )
    for topic, said in general.each.items():
        yield from _check_gaps(file, ("each", topic, "text"), said.text, ("service", "Service"))
        yield from _check_gaps(
            file, ("each", topic, "short"), said.short or "", ("service", "Service")
        )
    for key, allowed in {
        "page": ("section", "date"),
        "explained": ("date",),
        "bot": ("date",),
    }.items():
        yield from _check_gaps(file, ("sources", key), getattr(general.sources, key), allowed)
    named = ("service", "Service")
    for key, allowed in {
        "under_review": named,
        "withdrawn": named,
        "button": ("label", "status"),
        "heading": ("service", "answer"),
        "not_held": named,
        "not_mentioned": ("term",),
        "part_elsewhere": ("part", "service", "whole"),
    }.items():
        yield from _check_gaps(file, ("notices", key), getattr(general.notices, key), allowed)


def _check_thread(knowledge: Knowledge, file: YamlFile) -> Iterator[ContentError]:
    for kind, follow in knowledge.thread.kinds.items():
        for topic in (*follow.after, *([follow.topic] if follow.topic else ())):
            if topic not in {"", ANY, *knowledge.topics}:
                yield file.error(
                    ("kinds", kind), f"kinds.{kind}: there is no such topic in topics.yml: {topic}"
                )
        for pattern in (*follow.said, follow.holds, follow.unheld):
            try:
                re.compile(pattern)
            except re.error as error:
                yield file.error(("kinds", kind), f"kinds.{kind}: {pattern}: {error}")
    for lead in knowledge.thread.leads:
        for topic in (lead.topic, *lead.after):
            if topic not in knowledge.topics:
                yield file.error(
                    ("leads",), f"leads: there is no such topic in topics.yml: {topic}"
                )
        if lead.term is not None and lead.term not in knowledge.terms:
            yield file.error(("leads",), f"leads: there is no such term in terms.yml: {lead.term}")
    groups = [("named", (*named.topics, *named.near)) for named in knowledge.thread.named]
    for key, topics in [*groups, ("of_last", knowledge.thread.of_last.topics)]:
        for topic in topics:
            if topic not in knowledge.topics:
                yield file.error((key,), f"{key}: there is no such topic in topics.yml: {topic}")
    for pattern in knowledge.thread.places:
        try:
            re.compile(pattern)
        except re.error as error:
            yield file.error(("places",), f"places: {pattern}: {error}")
    for id_, listed in knowledge.thread.ordered.items():
        for named in (id_, *listed):
            if named not in {*knowledge.terms, *knowledge.services}:
                yield file.error(
                    ("ordered", id_), f"ordered.{id_}: there is no such term or service: {named}"
                )
    for topic in knowledge.thread.which_of:
        if topic not in knowledge.topics:
            yield file.error(
                ("which_of",), f"which_of: there is no such topic in topics.yml: {topic}"
            )
    for pair in knowledge.thread.explains.items():
        for topic in pair:
            if topic not in knowledge.topics:
                yield file.error(
                    ("explains", pair[0]),
                    f"explains: there is no such topic in topics.yml: {topic}",
                )
    for topic, line in knowledge.thread.who_knows.items():
        if topic != DEFAULT and topic not in knowledge.topics:
            yield file.error(
                ("who_knows", topic), f"who_knows.{topic}: there is no such topic in topics.yml"
            )
        yield from _check_gaps(file, ("who_knows", topic), line, tuple(knowledge.lines))


def _check_gaps(
    file: YamlFile, where: tuple[str, ...], text: str, allowed: tuple[str, ...]
) -> Iterator[ContentError]:
    for name in re.findall(r"\{(.*?)\}", text):
        if name not in allowed:
            yield file.error(where, f"{'.'.join(where)}: {{{name}}} can't be filled in here")


def _check_aliases(
    knowledge: Knowledge, files: Mapping[str, YamlFile], terms_file: YamlFile
) -> Iterator[ContentError]:
    seen: dict[str, Alias] = {}
    for file, where, alias, meant in _aliases(knowledge, files, terms_file):
        name = alias.lower()
        if not name.strip():
            yield file.error(where, "aliases: a name is empty")
        elif name in seen:
            yield file.error(
                where, f'aliases: "{alias}" names {seen[name].kind} {seen[name].id} already'
            )
        else:
            seen[name] = meant


def _aliases(
    knowledge: Knowledge, files: Mapping[str, YamlFile], terms_file: YamlFile
) -> Iterator[tuple[YamlFile, tuple[str | int, ...], str, Alias]]:
    for service in knowledge.services.values():
        for index, alias in enumerate(service.aliases):
            yield files[service.id], ("aliases", index), alias, Alias("service", service.id)
    for id_, term in knowledge.terms.items():
        for index, alias in enumerate(term.aliases):
            yield terms_file, (id_, "aliases", index), alias, Alias("term", id_)
