"""Reads `bot/content/eligibility/` and says, with file and line, what is wrong with it."""

import re
from collections.abc import Iterator
from pathlib import Path

from bot import yamlfile
from bot.eligibility.models import Criteria
from bot.errors import ContentError
from bot.knowledge.models import Knowledge
from bot.reading.case import Reader
from bot.reading.vocabulary import Reading

FOLDER, CRITERIA, READING = "eligibility", "criteria.yml", "reading.yml"
PROMISES = re.compile(
    r"\b(accepted|eligible|suitable|qualif(y|ies)|guarantee[ds]?|will get)\b", re.IGNORECASE
)
"""What no sentence may say: a promise that a bot makes binds its owner (notes on Air Canada, NYC
MyCity).
"""


def load_criteria(content: Path, knowledge: Knowledge | None = None) -> Criteria:
    """Raises ContentError for the first mistake. With the knowledge, also where a service or a
    section is not one of its own.
    """
    path = content / FOLDER / CRITERIA
    criteria = yamlfile.load(path, Criteria)
    for where, problem in _problems(criteria, knowledge):
        file = yamlfile.read(path, [])
        raise file.error(where, problem) if file else ContentError(path, 1, problem)
    return criteria


def load_reading(content: Path, criteria: Criteria) -> Reading:
    """Raises ContentError for the first mistake, a pattern that can't be read among them."""
    path = content / FOLDER / READING
    reading = yamlfile.load(path, Reading)
    file = yamlfile.read(path, [])
    for fact, values in reading.facts.items():
        known = set(criteria.facts[fact].said) if fact in criteria.facts else set()
        for value in values:
            if value not in known:
                problem = f"facts.{fact}.{value}: criteria.yml has no such value"
                raise (
                    file.error(("facts", fact, value), problem)
                    if file
                    else ContentError(path, 1, problem)
                )
    try:
        Reader(reading)
    except ValueError as error:
        raise ContentError(path, 1, str(error)) from None
    return reading


def _problems(
    criteria: Criteria, knowledge: Knowledge | None
) -> Iterator[tuple[tuple[str | int, ...], str]]:
    for id_, criterion in criteria.criteria.items():
        if criterion.fact and criterion.fact not in criteria.facts:
            yield (
                ("criteria", id_, "fact"),
                f"criteria.{id_}.fact: there is no fact {criterion.fact}",
            )
        if criterion.sooner and criterion.sooner not in criteria.facts:
            yield (
                ("criteria", id_, "sooner"),
                f"criteria.{id_}.sooner: there is no fact {criterion.sooner}",
            )
        for part in criterion.any_of:
            if part not in criteria.criteria or criteria.criteria[part].any_of:
                yield (
                    ("criteria", id_, "any_of"),
                    f"criteria.{id_}.any_of: {part} is no criterion with a fact",
                )
        if knowledge and criterion.section not in {
            service.section for service in knowledge.services.values()
        }:
            yield (
                ("criteria", id_, "section"),
                f"criteria.{id_}.section: no service has the section {criterion.section}",
            )
    for service, ids in criteria.services.items():
        if knowledge and service not in knowledge.services:
            yield ("services", service), f"services.{service}: there is no such service"
        for id_ in ids:
            if id_ not in criteria.criteria:
                yield ("services", service), f"services.{service}: there is no criterion {id_}"
    for key, text in criteria.words.model_dump().items():
        if isinstance(text, str) and PROMISES.search(text):
            yield ("words", key), f"words.{key}: promises something"
