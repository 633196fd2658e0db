"""How one answer follows another: what leans on the last answer gets the part of it that was asked
for, and nobody reads the same text twice running. Pure.

The context is the last answer's topic, services and word, and the ids of what was said.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from bot.knowledge import wording
from bot.knowledge.models import (
    ABOUT,
    ANY,
    DEFAULT,
    DIFFERENCE,
    LEAN,
    OTHER,
    Found,
    Held,
    Knowledge,
    Question,
    Service,
)
from bot.knowledge.statements import id_of, is_not_held, nearness, split, without_verdict

NOTICE = "forum notice"
"""The section of the answers on sponsors, the forum and crises."""
NEXT_MAX = 2
"""Statements that are added at a time."""
NEXT_WORDS = 45
LEAN_MIN = 0.45
"""Nearness from which on a statement is worth saying to what nobody understood."""
REWORDED = frozenset({"meaning", "unanswered"})
"""Follow-ups that want the same again in other words."""
_LONG = re.compile(r"[a-z]{5,}")
SAID_MAX = 40
"""Ids that are remembered: the last reply's first, then those of its statements, then older ones."""


def remembered(text: str, said: Sequence[str]) -> list[str]:
    """The ids to remember after `text` was said."""
    new = [id_of(text), *(id_of(statement) for statement in split(text))]
    return list(dict.fromkeys([*new, *said]))[:SAID_MAX]


def is_said_again(text: str, said: Sequence[str]) -> bool:
    """Whether the last reply was this one, or began with the same statements in any order."""
    if not said or said[0] == id_of(text):
        return bool(said)
    statements = {id_of(statement) for statement in split(text)}
    return len(statements) > 1 and statements == set(said[1 : 1 + len(statements)])


def is_held(text: str, said: Sequence[str]) -> bool:
    """Whether this reply was given lately."""
    return id_of(text) in said


def topic_of(knowledge: Knowledge, question: Question) -> str | None:
    """What a follow-up asks; None where it asks on about the last topic, or is none."""
    follow = knowledge.thread.kinds.get(question.follow)
    if follow is None or follow.topic is None:
        return None
    before = knowledge.topics.get(question.previous_topic)
    fits = before is None or any(
        topic in {question.previous_topic, ANY} or (topic == "" and before.kind == "service")
        for topic in follow.after
    )
    return follow.topic if fits else None


def others(knowledge: Knowledge, services: Sequence[str], asked: str, text: str) -> tuple[str, ...]:
    """Which are meant by "the other one": the other parts of the same whole, the other prisons or
    the other partners; of those, the ones that hold something on what is asked. "The other half" of
    a whole is its parts.
    """
    known = [knowledge.services[id_] for id_ in services if id_ in knowledge.services]
    if not known:
        return ()
    last = known[0]

    parts = tuple(s.id for s in knowledge.services.values() if s.parent == last.id)
    if parts and re.search(knowledge.thread.of_parts, text.lower()):
        return parts

    def is_like(service: Service) -> bool:
        if last.parent is not None:
            return service.parent == last.parent
        return service.parent is None and (service.prison, service.small) == (
            last.prison,
            last.small,
        )

    alike = [s for s in knowledge.services.values() if is_like(s) and s not in known]
    holding = [
        s
        for s in alike
        if (said := knowledge.said(s, asked)) is not None and said.held is not Held.NONE
    ]
    return tuple(service.id for service in holding or alike)


def placed(knowledge: Knowledge, text: str, last: Sequence[str]) -> str:
    """What is meant by a place in the list that was said last, "the second one": the id of a word or
    a service, "" for none. `last`: the word and the services of the last answer.
    """
    form, plain = knowledge.thread, knowledge.thread.plain(text)
    at = next((at for said, at in form.places.items() if re.search(said, plain)), None)
    listed = next((form.ordered[id_] for id_ in last if id_ in form.ordered), ())
    if not listed:  # "and the last one?" after the first one
        listed = next((ids for ids in form.ordered.values() if not {*last}.isdisjoint(ids)), ())
    return "" if at is None or not -len(listed) <= at < len(listed) else listed[at]


def is_of_last(knowledge: Knowledge, question: Question, asked: str) -> bool:
    """Whether a general question is about the last service: "who runs it?"."""
    form = knowledge.thread.of_last
    return (
        asked in form.topics
        and bool(question.remembered)
        and re.search(form.said, question.text.lower()) is not None
    )


def followed(
    knowledge: Knowledge,
    question: Question,
    asked: str,
    services: Sequence[Service],
    found: Found,
    said: Sequence[str],
) -> Found:
    """What a follow-up gets: the statements on the last subject that answer it, or that the page
    does not say, what is nearest, and who would know.
    """
    thread = knowledge.thread
    kind = thread.kinds.get(question.follow)
    known = who_knows(knowledge, asked)
    own = list(_on(knowledge, asked, services, question.term, found))
    if kind and kind.topic == asked and kind.not_said is None:
        return found
    if question.follow == LEAN or (kind and kind.topic and kind.not_said is None):
        wide = _by_nearness([*own, *_around(knowledge, asked, services)], question.near)
        near = [s for s in wide if nearness(question.near, s) >= LEAN_MIN]
        if near and is_not_held(near[0]):  # that it is not held is the answer
            return _put(found, [near[0], known], Held.NONE)
        return _put(found, [thread.lean, *_some(near), known], Held.PARTIAL)
    if kind is None or question.follow == OTHER:
        return found
    if question.follow == DIFFERENCE:
        return _beside_each_other(knowledge, asked, services, found)
    if question.follow == "ask_whom":
        return _put(found, [known], Held.PARTIAL)
    if kind.around:
        own += _around(knowledge, asked, services)
    new = own if kind.again else _unsaid(own, said)  # what was said last may be what it asks of
    if kind.not_said is not None:
        overall = knowledge.general.answers.get(asked)
        # "How many" after what is said of sponsors asks for no number of a phone.
        elsewhere = kind.topic is not None and overall is not None and overall.section == NOTICE
        hits = [s for s in new if not elsewhere and re.search(kind.holds, s) and not is_not_held(s)]
        if kind.shares and (wanted := set(_LONG.findall(question.text))):
            hits = [s for s in hits if not wanted.isdisjoint(_LONG.findall(s.lower()))]
        if hits:
            return _put(found, [kind.lead or "", hits[0]], Held.PARTIAL)
        if kind.of_page and overall is not None and overall.basis != "page":
            return _put(found, [_again(knowledge, asked, services) or found.text], Held.PARTIAL)
        unheld = [s for s in new if is_not_held(s) and re.search(kind.unheld, s)]
        return _put(found, [*(unheld[:1] or [kind.not_said]), known], Held.NONE)
    meaning = question.follow == "meaning"
    explained = _unsaid(_explained(knowledge, question.term, asked), said) if meaning else []
    new = [*explained, *new]
    again = _again(knowledge, asked, services)
    reworded = question.follow in REWORDED and not explained
    if reworded and again and not any(id_of(part) in said for part in split(again)):
        return _put(found, [kind.lead or "", again], Held.PARTIAL)
    more = _some(new)
    if not more and question.follow in REWORDED:
        more = [s for s in own if is_not_held(s)][:1]  # that it is not held is the answer
    return _put(
        found,
        [kind.lead or "", *(more or [thread.no_more]), *([] if new else [known])],
        Held.PARTIAL,
    )


def _beside_each_other(
    knowledge: Knowledge, asked: str, services: Sequence[Service], found: Found
) -> Found:
    """What is told apart by "what's the difference?": the parts of the last service where it has
    some, else all services on the last topic.
    """
    wholes = {service.parent or service.id for service in services}
    parts = [service for service in knowledge.services.values() if service.parent in wholes]
    term = knowledge.topics[asked].kind == "term"
    if len(parts) > 1 and (term or any(asked in part.answers for part in parts)):
        said = [(part, part.answers[ABOUT]) for part in parts if ABOUT in part.answers]
        return replace(found, text=wording.gather(knowledge, said, brief=True))
    overall = knowledge.general.answers.get(asked)
    if not services or overall is None:
        return found
    return replace(found, text=wording.overall(knowledge, overall))


def otherwise(
    knowledge: Knowledge,
    question: Question,
    asked: str,
    services: Sequence[Service],
    found: Found,
    said: Sequence[str],
) -> Found:
    """Instead of the same text twice running: what is nearest to how it was asked now, the answer's
    second wording, what is nearest of what was not said yet, or who can be asked.
    """
    again = _again(knowledge, asked, services)
    # Where nothing is held, what is near is about something else.
    around = (
        statement
        for statement in _around(knowledge, asked, services)
        if nearness(question.near, statement) >= LEAN_MIN and found.held is not Held.NONE
    )
    own = list(_on(knowledge, asked, services, question.term, found))
    new = _unsaid((*own, *around), said)
    known = who_knows(knowledge, asked)
    term = knowledge.terms.get(question.term)
    rule = term.rule if term is not None and not services else None
    choices: Iterable[list[str]] = (
        [rule] if rule else [],
        [again] if again and (asked == ABOUT or not services) else [],
        _nearest(own, question.near, polar=_is_polar(knowledge, question)),
        [again] if again else [],
        _some(_by_nearness(new, question.near) if question.near else new),
        [knowledge.thread.no_more, known],
        [knowledge.thread.no_more_again],
    )
    for choice in choices:
        text = " ".join(without_verdict(part) for part in choice if part)
        if text and not is_said_again(text, said):
            return replace(found, text=text)
    return found


def _again(knowledge: Knowledge, asked: str, services: Sequence[Service]) -> str:
    """A topic's second wording, where it has one: of one service, the short form."""
    if len(services) == 1:
        said = knowledge.said(services[0], asked)
        return wording.fill(said.short, services[0].short_name) if said and said.short else ""
    overall = knowledge.general.answers.get(asked)
    again = overall.again if overall and not services else None
    return wording.filled(knowledge, again) if again else ""


def who_knows(knowledge: Knowledge, topic: str) -> str:
    """Whom to ask on a topic."""
    lines = knowledge.thread.who_knows
    return wording.filled(knowledge, lines.get(topic) or lines.get(DEFAULT, ""))


def _put(found: Found, texts: Iterable[str], held: Held) -> Found:
    said = dict.fromkeys(without_verdict(text) for text in texts if text)
    return replace(found, text=" ".join(said), held=held)


def _unsaid(statements: Iterable[str], said: Sequence[str]) -> list[str]:
    return [statement for statement in statements if id_of(statement) not in said]


def _some(statements: Sequence[str]) -> list[str]:
    """The first few, by number and words."""
    chosen: list[str] = []
    for statement in statements[:NEXT_MAX]:
        if not chosen or sum(len(s.split()) for s in [*chosen, statement]) <= NEXT_WORDS:
            chosen.append(statement)
    return chosen


def _is_polar(knowledge: Knowledge, question: Question) -> bool:
    polar = knowledge.thread.polar
    return bool(polar) and re.search(polar, question.text.lower()) is not None


def _nearest(own: Sequence[str], near: Mapping[str, float], *, polar: bool) -> list[str]:
    """What is nearest of a subject; and, to a question for more than yes or no, what is not held on
    it.
    """
    ordered = [s for s in _by_nearness(own, near) if nearness(near, s) >= LEAN_MIN]
    if ordered and is_not_held(ordered[0]):
        return ordered[:1]
    unheld = [s for s in (ordered[1:] if polar else own) if is_not_held(s)]
    return ordered[:1] and list(dict.fromkeys([ordered[0], *unheld]))[:2]


def _by_nearness(statements: Sequence[str], near: Mapping[str, float]) -> list[str]:
    unique = list(dict.fromkeys(statements))
    return sorted(unique, key=lambda statement: -nearness(near, statement))


def _on(
    knowledge: Knowledge, asked: str, services: Sequence[Service], term_id: str, found: Found
) -> Iterator[str]:
    """Statements on a subject: of the topic, of the word, and facts that belong to the topic."""
    seen: set[str] = set()
    for text in _texts(knowledge, asked, services, term_id, found):
        for statement in split(text):
            if statement not in seen and not statement.endswith(":"):
                seen.add(statement)
                yield statement


def _texts(
    knowledge: Knowledge, asked: str, services: Sequence[Service], term_id: str, found: Found
) -> Iterator[str]:
    yield found.text
    topic, term = knowledge.topics[asked], knowledge.terms.get(term_id)
    for service in services:
        if term and (fact := wording.own_fact(knowledge, service, term_id)):
            yield fact
        if said := knowledge.said(service, asked):
            yield from (wording.fill(t, service.short_name) for t in (said.short, said.text) if t)
        for holder in knowledge.whole_of(service):
            for id_, fact in holder.facts.items():
                if knowledge.terms[id_].topic == topic.reports:
                    yield fact
    if term and not services:
        yield term.text
    elif term:
        told = split(term.text)
        yield " ".join(s for s in told if not _is_of_others(knowledge, services, s))
    elif not services:
        overall = knowledge.general.answers[asked]
        yield from (wording.filled(knowledge, t) for t in (overall.short, overall.text) if t)


def _is_of_others(knowledge: Knowledge, services: Sequence[Service], statement: str) -> bool:
    """Whether a statement on a word is about services that were not asked about: what Swaleside's
    workshops are on says nothing of Belmarsh.
    """
    meant = {holder.label for service in services for holder in knowledge.whole_of(service)}
    named = {s.label for s in knowledge.services.values() if s.label in statement}
    return bool(named) and named.isdisjoint(meant)


def _around(knowledge: Knowledge, asked: str, services: Sequence[Service]) -> Iterator[str]:
    """Statements on the same services, or on what is offered next after a topic of no service."""
    for service in services:
        for holder in knowledge.whole_of(service):
            for said in holder.answers.values():
                yield from split(wording.fill(said.text, service.short_name))
            for fact in holder.facts.values():
                yield from split(fact)
    if not services:
        for follow in knowledge.topics[asked].next:
            topic, _, service_id = follow.partition(":")
            overall = knowledge.general.answers.get(topic)
            if overall and not service_id and overall.basis == "page" and not overall.list:
                yield from split(wording.filled(knowledge, overall.text))


def _explained(knowledge: Knowledge, term_id: str, asked: str) -> tuple[str, ...]:
    """What the word means that was asked about, or what the topic rests on."""
    term = knowledge.terms.get(term_id)
    overall = knowledge.general.answers.get(knowledge.thread.explains.get(asked, ""))
    if term or overall is None:
        return split(term.text) if term else ()
    return split(wording.filled(knowledge, overall.text))
