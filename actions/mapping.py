"""From what Rasa understood to a question, and from an answer to what Rasa says. Pure: no tracker,
no dispatcher, no file.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from typing import Any, TypedDict

from bot.knowledge import thread
from bot.knowledge.answers import MEANING
from bot.knowledge.models import (
    ABOUT,
    AGAIN,
    INITIALS,
    LEAN,
    MISS,
    SWITCH,
    Answer,
    Knowledge,
    Lead,
    Question,
    Suggestion,
)
from bot.reading.screening import Screening, from_output
from bot.turn import Message

MISSED_AGAIN = "out_of_scope_again"
"""The topic that answers the second such message in a row: the choices, and no third guess."""
OPEN = frozenset({MISS, "services", "trusts", "contact", "complaint", "person", "privacy"})
"""General topics that a question on what is not held may be taken for."""
KEPT = frozenset({"places", "who_for"})
"""Topics that are asked of a word as well: "how many have they got of them?"."""
SHORT = 5
"""Words of a message that says too little to be about something new: "how do i book"."""
BARE = 2
"""Words of a message that is no more than a name: "Belmarsh?"."""
TERMS_MAX = 2
"""Words explained in one reply."""

_MISSES_MAX = 2
_BUTTON = re.compile(r'/\w+(\{"\w+": "\w+"\})?')


class RasaButton(TypedDict):
    title: str
    payload: str


def is_button(text: str) -> bool:
    """True for a payload of ours (`/ask_about{"service": "belmarsh"}`), which nobody typed."""
    return _BUTTON.fullmatch(text) is not None


def screening_in(parsed: Mapping[str, Any]) -> Screening | None:
    """What bot.nlu.crisis_guard found in this message; None where it did not run (a button, or
    another pipeline).
    """
    return from_output(parsed.get("screening"))


def values(parsed: Mapping[str, Any], entity: str) -> tuple[str, ...]:
    """The ids of one kind that the message names, each once, in the order of the message."""
    return tuple(
        dict.fromkeys(
            found["value"] for found in parsed.get("entities") or () if found["entity"] == entity
        )
    )


def questions(
    knowledge: Knowledge, parsed: Mapping[str, Any], slots: Mapping[str, Any]
) -> tuple[Question, ...]:
    """What is asked, part by part: intents and entities, with what the conversation was about. Ids
    that the content does not know are dropped.

    Parts are what bot.reading.questions found; a button, or a message of another pipeline, is one
    part.
    """
    parts = _without_bare_switch(knowledge, parsed.get("questions") or (parsed,))
    asked: list[Question] = []
    for part in parts:
        before = asked[-1].term if asked else ""
        if asked:  # what comes second may lean on what came first
            last = asked[-1].topic
            # "why not? i'm his wife": what comes first may itself ask on about the last topic
            last_topic = last if last in knowledge.topics else slots.get("last_topic")
            slots = {**slots, "last_topic": last_topic, "term": before}
        asked += _questions(knowledge, part, slots, before, alone=len(parts) == 1)
    return tuple(asked)


def _without_bare_switch(
    knowledge: Knowledge, parts: Sequence[Mapping[str, Any]]
) -> Sequence[Mapping[str, Any]]:
    """ "What about the community one, what are the tiers?" asks one thing, of what is named first."""
    first = parts[0]
    intent = (first.get("intent") or {}).get("name") or ""
    if len(parts) == 1 or knowledge.topic_of(intent) != SWITCH:
        return parts
    second = parts[1]
    if not values(second, "service"):
        named = [e for e in first.get("entities") or () if e["entity"] == "service"]
        second = {**second, "entities": [*(second.get("entities") or ()), *named]}
    return [second, *parts[2:]]


def _questions(
    knowledge: Knowledge,
    part: Mapping[str, Any],
    slots: Mapping[str, Any],
    before: str,
    *,
    alone: bool,
) -> Iterator[Question]:
    """Asking again about another service ("what about Swaleside?") keeps the word that was asked
    about ("is there a PIPE at Belmarsh?").

    Two words that are to be explained ("what are OPD and PIPE?") are two questions. `before` is the
    word of the part before this one: where nothing is held on it, that was said there.
    """
    topic = knowledge.topic_of((part.get("intent") or {}).get("name") or "")
    words, follow = str(part.get("words") or ""), str(part.get("follow") or "")
    text = knowledge.thread.plain(words)
    last_topic = str(slots.get("last_topic") or "")
    if not follow and text:
        topic = _meant(knowledge, part, topic, text, last_topic)
    lead = _lead(knowledge, text, topic, {last_topic, str(slots.get("term") or "")})
    if lead is not None:
        topic, follow = lead.topic, ""
    elif topic == MISS and alone and last_topic and _leans(knowledge, part, text):
        topic, follow = last_topic, LEAN
    if topic == ABOUT and _switches(knowledge, part, text, last_topic):
        topic = SWITCH
    held_word = str(slots.get("term") or "") in knowledge.terms
    repeats = held_word and re.search(knowledge.thread.repeating, text) is not None
    if topic == MISS and (slots.get("misses") or 0) >= 1 and MISSED_AGAIN in knowledge.topics:
        topic = MISSED_AGAIN
    terms = [
        term
        for term in values(part, "term")
        if term in knowledge.terms and (term != before or knowledge.terms[term].on_page)
    ]
    named = tuple(terms)
    if lead is not None and lead.term:
        terms = [lead.term]
    spoken = ""
    if not follow and _may_ask_for_a_term(knowledge, topic):
        spoken = knowledge.term_asked(text)
    if spoken and not terms:
        terms = [spoken]
    if not (terms or follow) and _may_be_of_initials(knowledge, topic, words):
        terms = [INITIALS]
    if topic == AGAIN and (terms or values(part, "service")):
        # "there are PIPEs at Belmarsh, is that right?" is about what it names, not about what was
        # said before
        topic = ABOUT
    asks_on = topic in {SWITCH, AGAIN} or (topic == MISS and _points_back(knowledge, text))
    if (asks_on or follow or repeats) and not terms and held_word:
        terms = [str(slots["term"])]
        if repeats and topic not in KEPT:
            topic = MEANING if re.search(r"\bwhat", text) else ABOUT
    services = [service for service in values(part, "service") if service in knowledge.services]
    remembered = [s for s in slots.get("services") or () if s in knowledge.services]
    if len(remembered) == 1 and re.search(knowledge.thread.of_all, text):
        remembered = []  # "which one takes cat A?" asks of all
    last = (str(slots.get("term") or ""), *remembered)
    if not services and (placed := thread.placed(knowledge, text, last)):
        terms = [term for term in terms if term in named]
        kind = knowledge.thread.kinds.get(follow)
        if kind is not None and kind.topic == topic:
            follow = ""  # "what does the last one do?" does not lean on the last topic
        elif asks_on or topic == MISS or (follow and topic in knowledge.topics):
            topic, follow = SWITCH, ""
        if placed in knowledge.services:
            services, terms = [placed], [] if topic == SWITCH else terms
        elif topic == SWITCH or not terms:
            terms = [placed]
    if not (services or follow) and re.search(knowledge.thread.other_one, text):
        owners = _owners(knowledge, named)
        asked = topic if topic in knowledge.topics else last_topic
        services = owners[:1] or list(thread.others(knowledge, remembered, asked, text))
        if owners and topic == SWITCH:
            terms = []  # "the other one, the PIPE" says by a word which
    # "And treatment?" after Engagement at Swaleside means the other part of it.
    parts = _parts_meant(knowledge, services, terms, () if services else remembered)
    if parts and not services and last_topic and _is_bare(knowledge, text):
        topic = SWITCH
    terms = [term for term in terms if knowledge.terms[term].part not in parts]
    terms = [term for term in terms if not knowledge.terms[term].yields] or terms
    standing = [term for term in [*terms, spoken] if term and knowledge.terms[term].stands]
    if standing and standing[0] not in terms:
        # "Do you get paid on the PIPE?": the word that is named says of which service.
        services += [o for o in _owners(knowledge, terms) if o not in services]
    terms = standing[:1] or terms
    explains_several = (
        alone and topic in knowledge.topics and knowledge.topics[topic].words == "answer"
    )
    for term in (terms[:TERMS_MAX] if explains_several else terms[:1]) or [""]:
        yield Question(
            topic=topic,
            services=(*services, *parts),
            term=term,
            remembered=tuple(remembered),
            previous_topic=last_topic,
            text=text,
            near=part.get("near") or {},
            follow=follow,
            beside="" if explains_several else next(iter(terms[1:]), ""),
            readings=tuple(
                reading
                for intent in part.get("readings") or ()
                if (reading := knowledge.topic_of(intent)) in knowledge.topics
            ),
        )


def _owners(knowledge: Knowledge, terms: Iterable[str]) -> list[str]:
    """The services that words belong to."""
    return [owner for term in terms if (owner := knowledge.terms[term].service)]


def _lead(knowledge: Knowledge, text: str, topic: str, last: Set[str]) -> Lead | None:
    """What these words ask after the last topic, or a word of that name: "who runs it?"."""
    return next(
        (
            lead
            for lead in knowledge.thread.leads
            if (not lead.after or not last.isdisjoint(lead.after))
            and (not lead.taken or topic in lead.taken)
            and re.search(lead.said, text)
        ),
        None,
    )


def _meant(
    knowledge: Knowledge, part: Mapping[str, Any], topic: str, text: str, last_topic: str
) -> str:
    """The topic that a question was taken for, or the next best where it cannot be that one: "how
    do we arrange one" after visits asks for no sponsor, whose word it does not have. A message that
    only tells of a service asks about it.
    """
    services = [s for s in values(part, "service") if s in knowledge.services]
    tells = re.search(knowledge.thread.asks, text) is None
    if topic == MISS and len(services) == 1 and tells and not values(part, "term"):
        return ABOUT
    names = services or values(part, "term")
    leans = last_topic and (len(text.split()) <= SHORT or _points_back(knowledge, text))
    if not (names or leans):
        return topic
    if not _is_unnamed(knowledge, topic, text, last_topic):
        return topic
    if names and tells:
        return ABOUT
    others = map(knowledge.topic_of, part.get("others") or ())
    instead = (
        other
        for other in others
        if other != topic and not _is_unnamed(knowledge, other, text, last_topic)
    )
    return next(instead, ABOUT if names else MISS)


def _is_unnamed(knowledge: Knowledge, topic: str, text: str, last_topic: str) -> bool:
    """Whether a topic has to be asked by a word of its own, and is not."""
    return any(
        topic in named.topics
        and last_topic not in {*named.topics, *named.near}
        and re.search(named.said, text) is None
        for named in knowledge.thread.named
    )


def _switches(knowledge: Knowledge, part: Mapping[str, Any], text: str, last_topic: str) -> bool:
    """Whether a message asks the last question of the service that it names: "an swaleside",
    "Belmarsh?".
    """
    if not last_topic or not values(part, "service"):
        return False
    if re.search(knowledge.thread.switching, text):
        return True
    bare = len(text.split()) <= BARE and not values(part, "term")
    return bare and last_topic not in {ABOUT, "services", MISS}


def _may_ask_for_a_term(knowledge: Knowledge, topic: str) -> bool:
    """Whether a question of this topic may be one about a term that it does not name."""
    return topic in OPEN or (
        topic in knowledge.topics and knowledge.topics[topic].kind in {"service", "term"}
    )


def _may_be_of_initials(knowledge: Knowledge, topic: str, text: str) -> bool:
    """Whether a question hangs on letters that nobody here knows: "is there a CSIP for him"."""
    entry = knowledge.topics.get(topic)
    may_be = topic == MISS or (entry is not None and entry.kind != "general")
    return may_be and INITIALS in knowledge.terms and knowledge.initials_unknown_in(text)


def _points_back(knowledge: Knowledge, text: str) -> bool:
    """Whether a message speaks of something that was named before: "does Belmarsh have one"."""
    return re.search(knowledge.thread.leaning, text) is not None


def _leans(knowledge: Knowledge, part: Mapping[str, Any], text: str) -> bool:
    """Whether a part that nobody understood, and that names nothing, is about what was said last."""
    named = values(part, "service") or values(part, "term")
    if knowledge.term_asked(text):
        return False  # "is it voluntary": nothing is held on that, whatever was said last
    near = max((part.get("near") or {}).values(), default=0.0)
    short = len(text.split()) <= SHORT and near >= thread.LEAN_MIN
    return not named and (short or _points_back(knowledge, text))


def _is_bare(knowledge: Knowledge, text: str) -> bool:
    """Whether a message is no more than a name: "and treatment?", "treatment i mean"."""
    words = re.findall(r"[a-z]+", text)
    return len([word for word in words if word not in knowledge.thread.around_a_name]) <= 1


def _parts_meant(
    knowledge: Knowledge,
    services: Sequence[str],
    terms: Sequence[str],
    remembered: Sequence[str] = (),
) -> list[str]:
    """Parts of a service that words stand for, as their whole or another part is named beside them:
    "engagement or treatment?"; or was spoken of last (`remembered`).
    """
    parts = [
        part
        for term in terms
        if (part := knowledge.terms[term].part) in knowledge.services and part
    ]
    named = [*services, *parts, *remembered]

    def family(id_: str) -> str:
        return knowledge.services[id_].parent or id_

    return [
        part
        for part in parts
        if part not in services and sum(family(other) == family(part) for other in named) > 1
    ]


def services_about(answer: Answer, asked: Sequence[Question]) -> list[str]:
    """Whom an answer is about: the services that it says, and all that were named."""
    named = (service for question in asked for service in question.services)
    return list(dict.fromkeys((*answer.services, *named)))


def slots_after(
    answer: Answer, asked: Sequence[Question], before: Mapping[str, Any]
) -> dict[str, Any]:
    """What to remember. A miss leaves the thread as it was, so that a follow-up still finds it."""
    said = thread.remembered(answer.text, before.get("said") or ())
    if answer.topic == MISS:
        return {"misses": min((before.get("misses") or 0) + 1, _MISSES_MAX), "said": said}
    return {
        "misses": 0,
        "said": said,
        "services": list(answer.services) or before.get("services"),
        "term": asked[-1].term or None,
        # what was not understood of a service was answered by what it is
        "last_topic": ABOUT if answer.asked == MISS and answer.services else answer.asked,
    }


def buttons(knowledge: Knowledge, suggestions: Iterable[Suggestion]) -> list[RasaButton]:
    """Rasa's buttons: the payload is the topic's first intent, with the service as its entity."""
    made: list[RasaButton] = []
    for label, topic, service in suggestions:
        entities = json.dumps({"service": service}) if service else ""
        made.append({"title": label, "payload": f"/{knowledge.topics[topic].intents[0]}{entities}"})
    return made


def answer_message(knowledge: Knowledge, answer: Answer) -> dict[str, Any]:
    """The arguments of `dispatcher.utter_message`. `source`, `topic` and `kind` go into the event's
    metadata, for the worker's channel.
    """
    return {
        "text": f"{answer.text}\n\n{answer.source}" if answer.source else answer.text,
        "buttons": buttons(knowledge, answer.suggestions),
        "source": answer.source,
        "topic": answer.topic,
        "kind": "answer",
    }


def wording_of(wordings: Sequence[Mapping[str, Any]], said: Sequence[str]) -> dict[str, Any]:
    """The first of a response's wordings that was not said lately: what `utter_message` takes."""
    new = [w for w in wordings if not thread.is_held(w["text"], said)]
    chosen = (
        new[0]
        if new
        else next((w for w in wordings if not thread.is_said_again(w["text"], said)), wordings[0])
    )
    return {
        "text": chosen["text"],
        "buttons": list(chosen.get("buttons") or ()),
        **(chosen.get("metadata") or {}),
    }


def crisis_message(message: Message) -> dict[str, Any]:
    """The same for the crisis answer, which comes from bot.safety as it is to be read."""
    return {
        "text": f"{message.text}\n\n{message.source}" if message.source else message.text,
        "buttons": [
            {"title": button.label, "payload": button.payload} for button in message.buttons
        ],
        "source": message.source,
        "topic": "crisis_policy",
        "kind": "crisis",
    }
