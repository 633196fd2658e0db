"""From a question that is understood to an answer from the content. Pure: the same question and content give the same answer.

An answer is looked for from the narrowest place outwards: what a service says of one word, what a service says of a topic, what its parent says,
the honest sentence that nothing is held for it, and, where no service is meant, what is so for all of them.
"""

import datetime
from collections.abc import Iterable

from bot.knowledge import wording
from bot.knowledge.models import (
    MISS,
    SWITCH,
    WHOLE,
    WORDS_MAX,
    Answer,
    Found,
    Held,
    Knowledge,
    Question,
    Service,
    Status,
    Suggestion,
    Term,
    count_words,
)

ABOUT, WHO_FOR, MEANING = "about", "who_for", "terms"
WORD_TOPICS = frozenset({MEANING, ABOUT, "services", "where", "offer", MISS})
"""Topics that a word can answer: "does Belmarsh have a PIPE?" may be understood as any of them."""
SUGGESTIONS_MIN, SUGGESTIONS_MAX = 2, 3


def answer(knowledge: Knowledge, question: Question) -> Answer:
    """Answers any question; one that nothing is held on gets an answer that says so. Unknown ids are ignored."""
    asked = _asked(knowledge, question)
    services = _services(knowledge, question, asked)
    found = _by_word(knowledge, question.term, asked, services) or _by_topic(knowledge, question.term, asked, services)
    return Answer(
        text="\n\n".join([*wording.notices(knowledge, services, found.text), found.text]),
        source=wording.source(knowledge, found),
        topic=found.topic,
        suggestions=_suggestions(knowledge, asked, services),
        asked=asked,
        services=tuple(service.id for service in services),
        held=found.held,
    )


def _asked(knowledge: Knowledge, question: Question) -> str:
    topic = question.topic
    if topic == SWITCH:
        before = knowledge.topics.get(question.previous_topic)
        topic = question.previous_topic if before and before.kind == "service" else ABOUT
    elif topic == MEANING and question.services and question.term not in knowledge.terms:
        # "What does SOVA mean" names no word of terms.yml, but a service.
        topic = ABOUT
    return topic if topic in knowledge.topics else MISS


def _services(knowledge: Knowledge, question: Question, asked: str) -> tuple[Service, ...]:
    """Which services are meant: those that are named, else the one that the word belongs to, else those of the conversation."""
    ids: Iterable[str] = question.services
    term = knowledge.terms.get(question.term)
    if not ids and knowledge.topics[asked].kind == "service":
        by_word = term is not None and asked in WORD_TOPICS
        if term and term.service and not by_word:
            ids = (term.service,)
        elif not by_word or _is_known_there(knowledge, question):
            ids = question.remembered
    named = {id_: knowledge.services[id_] for id_ in ids if id_ in knowledge.services}
    if len(named) > 1 or term or (WHOLE in named and asked not in named[WHOLE].answers):
        # "LPP's Belmarsh unit" is Belmarsh; "how many places has LPP" and "does LPP have a PIPE" are about all services.
        named.pop(WHOLE, None)
    # "Engagement at Swaleside" names the whole and the part: the part is meant.
    parents = {service.parent for service in named.values()}
    return tuple(service for id_, service in named.items() if id_ not in parents)


def _is_known_there(knowledge: Knowledge, question: Question) -> bool:
    """Whether the services of the conversation have something to say of the word: "is it a PIPE?"."""
    return any(wording.fact(knowledge, knowledge.services[id_], question.term) for id_ in question.remembered if id_ in knowledge.services)


def _by_word(knowledge: Knowledge, term_id: str, asked: str, services: tuple[Service, ...]) -> Found | None:
    """An answer about one word: what a service says of it, the rule on it, or what it means."""
    term = knowledge.terms.get(term_id)
    if term is None or asked not in {*WORD_TOPICS, WHO_FOR}:
        return None
    facts = [(service, fact) for service in services if (fact := wording.fact(knowledge, service, term_id))]
    if facts:
        text = wording.gather(knowledge, facts)
        if asked == WHO_FOR and len(services) == 1:
            criteria = _by_topic(knowledge, "", asked, services).text
            if count_words(text) + count_words(criteria) <= WORDS_MAX:
                text = f"{text}\n\n{criteria}"
        topic = knowledge.topics[asked].reports if asked == WHO_FOR else term.topic
        return Found(text, topic, Held.FULL, _sections(services), _checked(services))
    if asked == WHO_FOR:
        return None if services or not term.rule else _of_term(knowledge, term, term.rule, knowledge.topics[asked].reports)
    return _of_term(knowledge, term, term.text, term.topic) if asked == MEANING or not services else None


def _of_term(knowledge: Knowledge, term: Term, text: str, topic: str) -> Found:
    held = Held.FULL if term.on_page else Held.NONE
    return Found(text, topic, held, (term.section,), knowledge.general.last_checked, "page" if term.on_page else "explained")


def _by_topic(knowledge: Knowledge, term_id: str, asked: str, services: tuple[Service, ...]) -> Found:
    """An answer about a topic, for the services that are meant or for all."""
    topic, general = knowledge.topics[asked], knowledge.general
    each = general.each.get(asked)
    parts = [(service, said) for service in services if (said := knowledge.said(service, asked) or each)]
    if not parts:
        overall = general.answers[asked]
        text = wording.unmentioned(knowledge, topic, term_id, wording.overall(knowledge, overall))
        return Found(text, topic.reports or knowledge.services[WHOLE].topic, overall.held, (overall.section,), general.last_checked, overall.basis)
    if each is not None and all(said is each for _, said in parts):
        text = wording.fill(each.text, " and ".join(service.short_name for service in services))
    else:
        text = wording.gather(knowledge, parts)
    held = {said.held for _, said in parts}
    reports = topic.reports or services[0].topic
    text = wording.unmentioned(knowledge, topic, term_id, text)
    return Found(text, reports, held.pop() if len(held) == 1 else Held.PARTIAL, _sections(services), _checked(services))


def _sections(services: Iterable[Service]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(service.section for service in services))


def _checked(services: Iterable[Service]) -> datetime.date:
    return min(service.last_checked for service in services)


def _suggestions(knowledge: Knowledge, asked: str, services: tuple[Service, ...]) -> tuple[Suggestion, ...]:
    """Two or three next questions, only such as hold an answer."""
    first = services[0].id if len(services) == 1 else ""
    if len(services) > 1:
        wanted = [(ABOUT if asked == WHO_FOR else WHO_FOR, service.id) for service in services]
    else:
        follows = (follow.partition(":") for follow in knowledge.topics[asked].next)
        wanted = [(topic, service_id or (first if knowledge.topics[topic].kind == "service" else "")) for topic, _, service_id in follows]
    held = [choice for choice in wanted if _is_held(knowledge, *choice)]
    spare = [choice for choice in ((ABOUT, first), ("services", "")) if choice not in held and choice[0] != asked]
    chosen = [*held, *spare[: max(0, SUGGESTIONS_MIN - len(held))]][:SUGGESTIONS_MAX]
    return tuple(_suggestion(knowledge, topic, service_id) for topic, service_id in chosen)


def _is_held(knowledge: Knowledge, topic: str, service_id: str) -> bool:
    if not service_id:
        return True
    said = knowledge.said(knowledge.services[service_id], topic)
    return said is not None and said.held is not Held.NONE


def _suggestion(knowledge: Knowledge, topic: str, service_id: str) -> Suggestion:
    entry = knowledge.topics[topic]
    if not service_id:
        return Suggestion(entry.label, topic, "")
    service = knowledge.services[service_id]
    label, status = entry.label_at.replace("{service}", service.label), knowledge.status_of(service)
    if status is not Status.CURRENT:
        label = knowledge.general.notices.button.replace("{label}", label).replace("{status}", status.value.replace("_", " "))
    return Suggestion(label, topic, service_id)
