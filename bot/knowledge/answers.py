"""From a question that is understood to an answer from the content. Pure: the same question and
content give the same answer.

An answer is looked for from the narrowest place outwards: what a service says of one word, what a
service says of a topic, what its parent says, the honest sentence that nothing is held for it, and,
where no service is meant, what is so for all of them.
"""

import datetime
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import NamedTuple

from bot.knowledge import asking, polarity, premise, ranking, thread, wording
from bot.knowledge.models import (
    ABOUT,
    AGAIN,
    LEAN,
    MISS,
    OTHER,
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
    Topic,
    count_words,
)
from bot.knowledge.statements import without_verdict

WHO_FOR, MEANING, CAPABILITIES, SERVICES = "who_for", "terms", "capabilities", "services"
PLACES, OUTCOME = "places", "outcome"
SEVERAL_MAX = 140
"""Words in the answers to several questions of one message."""
SUGGESTIONS_MIN, SUGGESTIONS_MAX = 2, 3


def answer(knowledge: Knowledge, *questions: Question, said: Sequence[str] = ()) -> Answer:
    """Answers any question; one that nothing is held on gets an answer that says so. Unknown ids
    are ignored. `said` are the ids of what was said before (`thread.remembered`).

    Several questions of one message are answered in one reply, each in its short form; what is
    asked second may be about what was asked first.
    """
    parts = list(_parts(knowledge, questions, said))
    if len(parts) == 1 and thread.is_said_again(parts[0].found.text, said):
        only = parts[0]
        found = thread.otherwise(
            knowledge, questions[0], only.asked, only.services, only.found, said
        )
        parts = [only._replace(found=found)]
    first, last = parts[0], parts[-1]
    choices: tuple[tuple[str, str], ...] = ()
    if len(parts) == len(questions) == 1:
        text, choices = asking.back(
            knowledge, questions[0], first.asked, first.services, first.found
        )
        parts = [first._replace(found=replace(first.found, text=text))]
    services = list({service.id: service for part in parts for service in part.services}.values())
    texts = [part.found.text for part in parts]
    if len(texts) > 1 and sum(map(count_words, texts)) > SEVERAL_MAX:
        texts = [wording.shortened(text) for text in texts]
    text = "\n\n".join(texts)
    return Answer(
        text="\n\n".join([*wording.notices(knowledge, services, text), text]),
        source=wording.sources(knowledge, [part.found for part in parts]),
        topic=first.found.topic,
        suggestions=_suggestions(knowledge, parts, choices),
        asked=last.asked,
        services=tuple(service.id for service in last.services) or last.about,
        held=first.found.held if len(parts) == 1 else Held.PARTIAL,
        # What answers a miss is a note on this bot; a word that nothing is held on has a text.
        understood=any((part.found.topic, part.found.basis) != (MISS, "bot") for part in parts),
    )


class _Part(NamedTuple):
    """One question, and what is held on it."""

    asked: str
    services: tuple[Service, ...]
    found: Found
    about: tuple[str, ...] = ()
    """The service that the word of the question belongs to."""


def _parts(
    knowledge: Knowledge, questions: Sequence[Question], before: Sequence[str]
) -> Iterator[_Part]:
    about: tuple[str, ...] = ()
    said: set[str] = set()
    words: set[str] = set()
    for question in questions:
        asked = _asked(knowledge, question)
        services = _services(
            knowledge, replace(question, remembered=about or question.remembered), asked
        )
        brief = len(questions) > 1
        # "How many?" after a word asks of the same service, and no longer of the word.
        word = "" if thread.topic_of(knowledge, question) else question.term
        found = (
            _by_word(knowledge, word, asked, services, brief)
            or _with_fact(knowledge, word, asked, services, brief and word not in words)
            or _by_topic(knowledge, word, asked, services, brief)
        )
        if question.follow and question.previous_topic == asked:
            found = thread.followed(knowledge, question, asked, services, found, before)
        else:
            found = ranking.ranked(knowledge, question, asked, services, found)
            found = premise.corrected(knowledge, question.text, asked, services, found)
        found = replace(found, text=polarity.answered(knowledge, question.text, found.text))
        found = _with_what_is_beside(knowledge, question, asked, services, found)
        term = knowledge.terms.get(question.term)
        by_word = (
            (term.service,)
            if term and term.service
            else _reported_on(knowledge, found) or _leads_to(knowledge, asked)
        )
        about = tuple(service.id for service in services) or by_word or about
        paragraphs = [paragraph for paragraph in found.text.split("\n\n") if paragraph not in said]
        if paragraphs:
            text = "\n\n".join(paragraphs)
            if asked == MISS and found.topic != MISS and question.term:
                asked = MEANING  # what follows is about the word that answered
            yield _Part(asked, services, replace(found, text=text), by_word)
        said.update(paragraphs)
        words.add(word)  # it may only have been carried over to the part behind


def _with_what_is_beside(
    knowledge: Knowledge,
    question: Question,
    asked: str,
    services: Sequence[Service],
    found: Found,
) -> Found:
    """The answer on one word after the admission that a second one is not on the page: "do they do
    formulation for lifers?". Its "Yes" is then to half of the question.
    """
    term, topic = knowledge.terms.get(question.beside), knowledge.topics[asked]
    text = without_verdict(found.text)
    prefixed = wording.unmentioned(knowledge, topic, question.beside, text)
    if term is None or prefixed == text:
        return found
    if len(services) == 1 and (own := wording.fact(knowledge, services[0], question.beside)):
        prefixed = f"{own} {text}"
    return replace(found, text=prefixed, held=Held.PARTIAL)


def _leads_to(knowledge: Knowledge, asked: str) -> tuple[str, ...]:
    """The one service that a topic's next questions are about: "is there anything for women?" leads
    to Women in Prison, and what follows is about that.
    """
    named = {id_ for _, _, id_ in (n.partition(":") for n in knowledge.topics[asked].next) if id_}
    return tuple(named) if len(named) == 1 else ()


def _reported_on(knowledge: Knowledge, found: Found) -> tuple[str, ...]:
    """The service that an answer is about where it names it and reports its topic: what is said of
    work is about First Step Trust, and so is "how do i get on it?" behind it.
    """
    return tuple(
        service.id
        for service in knowledge.services.values()
        if service.parent is None
        and service.id != WHOLE
        and service.topic == found.topic
        and service.label in found.text
    )


def _asked(knowledge: Knowledge, question: Question) -> str:
    topic = question.topic
    before = knowledge.topics.get(question.previous_topic)
    if leads := thread.topic_of(knowledge, question):
        topic = leads
    elif question.follow in knowledge.thread.kinds and before:
        topic = question.previous_topic
    elif topic == AGAIN or (topic == SWITCH and not question.services):
        unasked = MEANING if question.term in knowledge.terms else CAPABILITIES
        topic = question.previous_topic if before else unasked
    elif topic == SWITCH:
        topic = question.previous_topic if before and before.kind == "service" else ABOUT
    elif _is_about_one(knowledge, question):
        topic = ABOUT
    return topic if topic in knowledge.topics else MISS


def _is_about_one(knowledge: Knowledge, question: Question) -> bool:
    """ "What does SOVA mean" names no word of terms.yml, but a service; and "what kind of service is
    SOVA" asks for no list of them.
    """
    if question.topic == SERVICES:
        return bool(question.services) and WHOLE not in question.services
    named = bool(question.services) and question.term not in knowledge.terms
    return question.topic == MEANING and named


def _services(knowledge: Knowledge, question: Question, asked: str) -> tuple[Service, ...]:
    """Which services are meant: those that are named, else the one that the word belongs to, else
    those of the conversation.
    """
    ids: Iterable[str] = question.services
    term = knowledge.terms.get(question.term)
    if not ids and question.follow == OTHER:
        ids = thread.others(knowledge, question.remembered, asked, question.text)
    elif not ids and term and term.service and _sets_apart(knowledge, question):
        ids = (term.service,)
    elif not ids and (
        question.topic == AGAIN
        or question.follow == LEAN
        or thread.is_of_last(knowledge, question, asked)
    ):
        ids = question.remembered
    elif not ids and knowledge.topics[asked].kind == "service":
        by_word = term is not None and knowledge.topics[asked].words == "answer"
        if term and term.service and not by_word and not _has_own(knowledge, question):
            ids = (term.service,)
        elif not by_word or _is_known_there(knowledge, question):
            ids = question.remembered
        if not ids and asked == WHO_FOR and term and term.part:
            ids = (term.part,)  # "who is engagement for?"
    elif not ids and term and term.stands and _has_own(knowledge, question):
        ids = question.remembered  # "do they promise you a job?", whatever topic that seemed to be
    named = {id_: knowledge.services[id_] for id_ in ids if id_ in knowledge.services}
    if len(named) > 1 or term or (WHOLE in named and asked not in named[WHOLE].answers):
        # "LPP's Belmarsh unit" is Belmarsh; "how many places has LPP" and "does LPP have a PIPE"
        # are about all services.
        named.pop(WHOLE, None)
    # "Engagement at Swaleside" names the whole and the part: the part is meant.
    parents = {service.parent for service in named.values()}
    return tuple(service for id_, service in named.items() if id_ not in parents)


def _is_known_there(knowledge: Knowledge, question: Question) -> bool:
    """Whether the services of the conversation have something to say of the word: "is it a PIPE?"."""
    return any(
        wording.fact(knowledge, knowledge.services[id_], question.term)
        for id_ in question.remembered
        if id_ in knowledge.services
    )


def _sets_apart(knowledge: Knowledge, question: Question) -> bool:
    """Whether a word says which service is meant: "the one with volunteers"."""
    return re.search(knowledge.thread.set_apart, question.text.lower()) is not None


def _has_own(knowledge: Knowledge, question: Question) -> bool:
    """Whether those services hold a fact of their own on it: "are they volunteers?"."""
    if _sets_apart(knowledge, question):
        return False
    return any(
        wording.own_fact(knowledge, knowledge.services[id_], question.term)
        for id_ in question.remembered
        if id_ in knowledge.services
    )


def _by_word(
    knowledge: Knowledge, term_id: str, asked: str, services: tuple[Service, ...], brief: bool
) -> Found | None:
    """An answer about one word: what a service says of it, the rule on it, or what it means.
    `brief`: it shares its reply with others.
    """
    term = knowledge.terms.get(term_id)
    if term is not None and term.topic == MISS and not services:
        return _of_term(
            knowledge, term, term.text, MISS
        )  # the word says it: this is not on the page, whatever is asked of it
    if term is not None and term.stands and not _is_of_the_notice(knowledge, asked):
        return _standing(knowledge, term_id, term, services)
    if term is None or (knowledge.topics[asked].words != "answer" and asked != WHO_FOR):
        return None
    facts = [
        (service, fact)
        for service in services
        if (fact := wording.fact(knowledge, service, term_id))
    ]
    if facts:
        text = wording.gather(knowledge, facts)
        if asked == WHO_FOR and len(services) == 1:
            criteria = _by_topic(knowledge, "", asked, services).text
            if count_words(text) + count_words(criteria) <= WORDS_MAX:
                text = f"{text}\n\n{criteria}"
        topic = knowledge.topics[asked].reports if asked == WHO_FOR and term.rule else term.topic
        return Found(text, topic, Held.FULL, _sections(services), _checked(services))
    if asked == MISS and not term.on_page and not services:
        return _of_term(knowledge, term, term.text, MISS)
    if asked == WHO_FOR and term.service in {service.id for service in services}:
        return _of_term(knowledge, term, term.rule or term.text, term.topic)
    if asked == WHO_FOR:
        rule = term.rule or ("" if term.on_page else term.text)
        return (
            None
            if services or not rule
            else _of_term(knowledge, term, rule, knowledge.topics[asked].reports)
        )
    meaning = wording.shortened(term.text) if brief else term.text
    return (
        _of_term(knowledge, term, meaning, term.topic) if asked == MEANING or not services else None
    )


def _is_of_the_notice(knowledge: Knowledge, asked: str) -> bool:
    """Whether a topic is one of sponsors, the forum or crises: those answer for themselves."""
    overall = knowledge.general.answers.get(asked)
    return overall is not None and overall.section == thread.NOTICE


def _standing(
    knowledge: Knowledge, term_id: str, term: Term, services: tuple[Service, ...]
) -> Found:
    """What is said of a word whose text is the whole answer. It is the same of several services,
    and of the one that the word belongs to.
    """
    other = len(services) == 1 and services[0].id != term.service
    fact = wording.fact(knowledge, services[0], term_id) if other else None
    return _of_term(knowledge, term, fact or term.text, term.topic)


def _with_fact(
    knowledge: Knowledge,
    term_id: str,
    asked: str,
    services: tuple[Service, ...],
    brief: bool = False,
) -> Found | None:
    """What a service says of one word first, then what it says of the topic: "do the staff
    volunteer?" asks about staff, and about that. `brief`: the word alone, as the reply is shared.

    None where the topic's own answer has the word already, or nothing is said of it. Without a
    service, a word of this topic answers by itself.
    """
    term = knowledge.terms.get(term_id)
    if term is None or not term.on_page:
        return None
    if not services:
        if knowledge.topics[asked].kind != "service":
            return None
        if term.part is not None and asked == PLACES:
            return _of_term(knowledge, term, term.text, knowledge.topics[asked].reports)
        topic = knowledge.topics[asked]
        says_more = term.topic == topic.reports or topic.words == "first"
        text = term.rule or term.text  # a criterion is what the question hangs on
        return _of_term(knowledge, term, text, term.topic) if says_more or term.rule else None
    facts = [
        (service, own)
        for service in services
        if (own := wording.own_fact(knowledge, service, term_id))
    ]
    if not facts or _only_names(knowledge, term_id, asked, services):
        return None
    fact = wording.gather(knowledge, facts)
    if term.topic != knowledge.topics[asked].reports:
        fact = without_verdict(fact)  # its "Yes" is to another question than was asked
    found = _by_topic(knowledge, "", asked, services, brief=True)
    if without_verdict(found.text) != found.text:
        return None  # "is the PIPE for women?" is answered by the topic's own yes or no
    if term.rule:
        found = replace(
            found, topic=term.topic
        )  # a word of the criteria: whatever else is asked, this is
    if brief or asked == OUTCOME:
        return replace(found, text=fact)  # that nobody can know what will happen was not asked
    if (
        term.word.lower() in found.text.lower()
        or count_words(fact) + count_words(found.text) > WORDS_MAX + wording.SLACK
    ):
        named = term.word.lower() in found.text.lower()
        of_topic = term.topic == knowledge.topics[asked].reports
        return None if named and not of_topic else replace(found, text=fact)
    return replace(found, text=f"{fact}\n\n{found.text}")


def _only_names(
    knowledge: Knowledge, term_id: str, asked: str, services: Sequence[Service]
) -> bool:
    """Whether a word that has a topic of its own says only of which service something else is asked:
    "are the officers on the PIPE specially trained?".
    """
    term = knowledge.terms[term_id]
    other = knowledge.topics[asked].reports not in {term.topic, services[0].topic}
    return other and term.topic == term_id and term.service == services[0].id


def _of_term(knowledge: Knowledge, term: Term, text: str, topic: str) -> Found:
    held = Held.FULL if term.on_page else Held.NONE
    return Found(
        text,
        topic,
        held,
        (term.section,),
        knowledge.general.last_checked,
        "page" if term.on_page else "explained",
    )


def _by_topic(
    knowledge: Knowledge,
    term_id: str,
    asked: str,
    services: tuple[Service, ...],
    brief: bool = False,
) -> Found:
    """An answer about a topic, for the services that are meant or for all. `brief`: it shares its
    reply with others.
    """
    topic, general = knowledge.topics[asked], knowledge.general
    if asked == MISS and len(services) == 1:
        about = _by_topic(knowledge, "", ABOUT, services, brief=True)
        return replace(
            about,
            text=f"{wording.fill(general.notices.not_held, _names(services))} {about.text}",
            held=Held.NONE,
        )
    each = general.each.get(asked)
    parts = [
        (service, said) for service in services if (said := knowledge.said(service, asked) or each)
    ]
    if not parts:
        overall = general.answers[asked]
        text = wording.unmentioned(
            knowledge, topic, term_id, wording.overall(knowledge, overall, brief)
        )
        return Found(
            text,
            topic.reports or knowledge.services[WHOLE].topic,
            overall.held,
            (overall.section,),
            general.last_checked,
            overall.basis,
        )
    if each is not None and all(said is each for _, said in parts):
        text = wording.fill(each.text, _names(services))
    else:
        text = wording.gather(knowledge, parts, brief)
    held = {said.held for _, said in parts}
    reports = _reported(topic, services, term_id)
    text = wording.unmentioned(knowledge, topic, term_id, text)
    return Found(
        text,
        reports,
        held.pop() if len(held) == 1 else Held.PARTIAL,
        _sections(services),
        _checked(services),
    )


def _reported(topic: Topic, services: Sequence[Service], term_id: str) -> str:
    """The public topic of an answer about services: a general question about one service has that
    service's topic.
    """
    own = len(services) == 1 and (
        (topic.own == "always" and not term_id) or (topic.own != "never" and services[0].small)
    )
    return services[0].topic if own else topic.reports or services[0].topic


def _names(services: Iterable[Service]) -> str:
    return " and ".join(service.short_name for service in services)


def _sections(services: Iterable[Service]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(service.section for service in services))


def _checked(services: Iterable[Service]) -> datetime.date:
    return min(service.last_checked for service in services)


def _suggestions(
    knowledge: Knowledge, parts: Sequence[_Part], choices: Sequence[tuple[str, str]]
) -> tuple[Suggestion, ...]:
    """Two or three next questions, only such as hold an answer, and none of those that were just
    asked. The `choices` of what was asked back come first.
    """
    just_asked = {part.asked for part in parts} if len(parts) > 1 else set()
    wanted = [
        *choices,
        *(
            choice
            for each in zip_longest(*(_follow_ups(knowledge, part) for part in parts))
            for choice in each
            if choice
        ),
    ]
    held = [
        choice
        for choice in dict.fromkeys(wanted)
        if choice[0] not in just_asked and _is_held(knowledge, *choice)
    ]
    services = parts[0].services
    spare = [(ABOUT, services[0].id if len(services) == 1 else ""), ("services", "")]
    spare = [
        choice
        for choice in spare
        if choice not in held and all(choice[0] != part.asked for part in parts)
    ]
    chosen = [*held, *spare[: max(0, SUGGESTIONS_MIN - len(held))]][:SUGGESTIONS_MAX]
    return tuple(_suggestion(knowledge, topic, service_id) for topic, service_id in chosen)


def _follow_ups(knowledge: Knowledge, part: _Part) -> list[tuple[str, str]]:
    if len(part.services) > 1:
        return [
            (ABOUT if part.asked == WHO_FOR else WHO_FOR, service.id) for service in part.services
        ]
    first = part.services[0].id if part.services else ""
    follows = (follow.partition(":") for follow in knowledge.topics[part.asked].next)
    return [
        (topic, service_id or (first if knowledge.topics[topic].kind == "service" else ""))
        for topic, _, service_id in follows
    ]


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
        label = knowledge.general.notices.button.replace("{label}", label).replace(
            "{status}", status.value.replace("_", " ")
        )
    return Suggestion(label, topic, service_id)
