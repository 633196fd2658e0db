"""Puts what is held into words: several services in one reply, notices that come first, the source
line that comes last.
"""

import re
from collections.abc import Iterator, Sequence

from bot.knowledge.models import (
    SHORT_MAX,
    WORDS_MAX,
    Found,
    Knowledge,
    Overall,
    Said,
    Service,
    Status,
    Topic,
    count_words,
)
from bot.knowledge.statements import without_verdict

SLACK = 10
"""Words that two answers side by side may have over one: with the source they still fit in 120 or
so.
"""


def fill(text: str, names: str) -> str:
    """Puts the name of a service into a sentence that all services share."""
    return text.replace("{service}", names).replace("{Service}", names[:1].upper() + names[1:])


def fact(knowledge: Knowledge, service: Service, term_id: str) -> str | None:
    """What is so at a service about one word; None where nothing is said of it for this service."""
    own, term = own_fact(knowledge, service, term_id), knowledge.terms.get(term_id)
    return own or (fill(term.elsewhere, service.short_name) if term and term.elsewhere else None)


def own_fact(knowledge: Knowledge, service: Service, term_id: str) -> str | None:
    """What a service, or its whole, itself says of one word."""
    return next(
        (
            holder.facts[term_id]
            for holder in knowledge.whole_of(service)
            if term_id in holder.facts
        ),
        None,
    )


def filled(knowledge: Knowledge, text: str) -> str:
    """A text with the help lines that it quotes."""
    for id_, line in knowledge.lines.items():
        text = text.replace(f"{{{id_}}}", line)
    return text


def overall(knowledge: Knowledge, said: Overall, brief: bool = False) -> str:
    """An answer that belongs to no service, with its help lines and its list of services."""
    if brief and said.short:
        return filled(knowledge, said.short)
    text = filled(knowledge, said.text)
    return "\n".join(
        [
            text,
            *(_lines(knowledge, said.list) if said.list else ()),
            *([said.close] if said.close else ()),
        ]
    )


def _lines(knowledge: Knowledge, topic: str) -> Iterator[str]:
    """A part of a service has no line of its own: its whole speaks for it."""
    for service in knowledge.services.values():
        said = service.answers.get(topic)
        if said and said.line and service.parent is None:
            yield _bullet(knowledge, service, said.line)


def _bullet(knowledge: Knowledge, service: Service, text: str) -> str:
    return "• " + knowledge.general.notices.heading.replace("{service}", service.label).replace(
        "{answer}", text
    )


def gather(
    knowledge: Knowledge, parts: Sequence[tuple[Service, Said | str]], brief: bool = False
) -> str:
    """One service's answer as it is; two beside each other; more as lines. The longest form that
    fits, or the short one where it must be `brief`.
    """
    room = WORDS_MAX + SLACK if len(parts) == 2 else WORDS_MAX
    for short in (True,) if brief else (False, True):
        texts = [_form(service, said, short) for service, said in parts]
        if len(parts) == 1 or sum(map(count_words, texts)) <= room:
            return "\n\n".join(texts)
    return "\n".join(
        _bullet(knowledge, service, said.line)
        if isinstance(said, Said) and said.line
        else "• " + _opening(_form(service, said, True))
        for service, said in parts
    )


def _form(service: Service, said: Said | str, short: bool) -> str:
    if isinstance(said, str):
        return said
    return fill(said.short if short and said.short else said.text, service.short_name)


def shortened(text: str) -> str:
    """Whole sentences, or lines of a list, from the beginning: as many as share a reply with
    another answer.
    """
    ends = [0, *(end.start() for end in re.finditer(r"(?<=[.!?])\s+", text)), len(text)]
    return text[
        : next((end for end in reversed(ends[2:]) if count_words(text[:end]) <= SHORT_MAX), ends[1])
    ]


def _opening(text: str) -> str:
    """The first sentence, but never only "Yes." or "No."."""
    sentences = re.split(r"(?<=[.!?])\s+", text)
    return " ".join(sentences[:2] if count_words(sentences[0]) <= 2 else sentences[:1])


def unmentioned(knowledge: Knowledge, topic: Topic, term_id: str, text: str) -> str:
    """Says first that the page does not have the word that was asked about; then comes what it has."""
    term = knowledge.terms.get(term_id)
    if term is None or term.on_page or topic.kind != "service" or term.word.lower() in text.lower():
        return text
    notice = knowledge.general.notices.not_mentioned.replace("{term}", term.word)
    return f"{notice} {without_verdict(text)}"  # its "Yes" is to another question


def sources(knowledge: Knowledge, founds: Sequence[Found]) -> str:
    """Where the answers are from, when that was last checked, and that it may have changed: once
    for all that come from the same place.
    """
    lines = []
    for basis in dict.fromkeys(found.basis for found in founds):
        same = [found for found in founds if found.basis == basis]
        checked = min(found.checked for found in same)
        sections = ", ".join(dict.fromkeys(section for found in same for section in found.sections))
        template = str(getattr(knowledge.general.sources, basis))
        lines.append(
            template.replace("{section}", sections).replace(
                "{date}", f"{checked.day} {checked:%B %Y}"
            )
        )
    return " ".join(lines)


def notices(knowledge: Knowledge, services: Sequence[Service], text: str) -> Iterator[str]:
    """What must be said first: a service that is asked about, or named in the answer, is under
    review or withdrawn.
    """
    told: set[str] = set()
    for service in knowledge.services.values():
        status = knowledge.status_of(service)
        if status is Status.CURRENT or service.parent in told:
            continue
        # A part is concerned when its whole is asked about, and a whole when its part is.
        if any(
            service in knowledge.whole_of(meant) or meant in knowledge.whole_of(service)
            for meant in services
        ) or _is_named(service, text):
            told.add(service.id)
            yield fill(str(getattr(knowledge.general.notices, status.value)), service.short_name)


def _is_named(service: Service, text: str) -> bool:
    names = "|".join(
        re.escape(name) for name in (service.label, service.short_name, *service.aliases)
    )
    return re.search(rf"\b(?:{names})\b", text, re.IGNORECASE) is not None
