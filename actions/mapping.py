"""From what Rasa understood to a question, and from an answer to what Rasa says. Pure: no tracker, no dispatcher, no file."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypedDict

from bot.dialogue.protocol import Message
from bot.knowledge.models import Answer, Knowledge, Question, Suggestion
from bot.safety.screening import Label, Screening, Situation, Who

MISS = "out_of_scope"
"""The topic of a message that we have no answer for."""
MISSED_AGAIN = "out_of_scope_again"
"""The topic that answers the second such message in a row: the choices, and no third guess."""
SWITCH = "switch_service"
"""The topic that asks again, about another service, whatever was asked last."""

_MISSES_MAX = 2
_BUTTON = re.compile(r'/\w+(\{"\w+": "\w+"\})?')


class RasaButton(TypedDict):
    title: str
    payload: str


def is_button(text: str) -> bool:
    """True for a payload of ours (`/ask_about{"service": "belmarsh"}`), which nobody typed."""
    return _BUTTON.fullmatch(text) is not None


def screening_in(parsed: Mapping[str, Any]) -> Screening | None:
    """What bot.nlu.crisis_guard found in this message; None where it did not run (a button, or another pipeline)."""
    found = parsed.get("screening")
    if not found:
        return None
    return Screening(
        Label(found["label"]),
        Who(found.get("who", Who.NOT_APPLICABLE)),
        found.get("category", ""),
        found.get("decided_by", ""),
        Situation(found.get("situation", Situation.UNKNOWN)),
    )


def values(parsed: Mapping[str, Any], entity: str) -> tuple[str, ...]:
    """The ids of one kind that the message names, each once, in the order of the message."""
    return tuple(dict.fromkeys(found["value"] for found in parsed.get("entities") or () if found["entity"] == entity))


def question(knowledge: Knowledge, parsed: Mapping[str, Any], slots: Mapping[str, Any]) -> Question:
    """What is asked: the message's intent and entities, with what the conversation was about. Ids that the content does not know are dropped.

    Asking again about another service ("what about Swaleside?") keeps the word that was asked about ("is there a PIPE at Belmarsh?").
    """
    topic = knowledge.topic_of((parsed.get("intent") or {}).get("name") or "")
    if topic == MISS and (slots.get("misses") or 0) >= 1 and MISSED_AGAIN in knowledge.topics:
        topic = MISSED_AGAIN
    terms = [term for term in values(parsed, "term") if term in knowledge.terms]
    if topic == SWITCH and not terms:
        terms = [term for term in [str(slots.get("term") or "")] if term in knowledge.terms]
    return Question(
        topic=topic,
        services=tuple(service for service in values(parsed, "service") if service in knowledge.services),
        term=terms[0] if terms else "",
        remembered=tuple(service for service in slots.get("services") or () if service in knowledge.services),
        previous_topic=slots.get("last_topic") or "",
    )


def slots_after(knowledge: Knowledge, answer: Answer, asked: Question, before: Mapping[str, Any]) -> dict[str, Any]:
    """What to remember. A miss leaves the thread as it was, so that a follow-up still finds it.

    A topic that is about no service is not remembered: "what about Swaleside?" after the forum's hours asks about Swaleside, not for its hours.
    """
    if answer.topic == MISS:
        return {"misses": min((before.get("misses") or 0) + 1, _MISSES_MAX)}
    may_switch = answer.asked in knowledge.topics and knowledge.topics[answer.asked].kind != "general"
    return {
        "misses": 0,
        "services": list(answer.services) or before.get("services"),
        "term": asked.term or None,
        "last_topic": answer.asked if may_switch else None,
    }


def buttons(knowledge: Knowledge, suggestions: Iterable[Suggestion]) -> list[RasaButton]:
    """Rasa's buttons: the payload is the topic's first intent, with the service as its entity."""
    made: list[RasaButton] = []
    for label, topic, service in suggestions:
        entities = json.dumps({"service": service}) if service else ""
        made.append({"title": label, "payload": f"/{knowledge.topics[topic].intents[0]}{entities}"})
    return made


def answer_message(knowledge: Knowledge, answer: Answer) -> dict[str, Any]:
    """The arguments of `dispatcher.utter_message`. `source`, `topic` and `kind` go into the event's metadata, for the worker's channel."""
    return {
        "text": f"{answer.text}\n\n{answer.source}" if answer.source else answer.text,
        "buttons": buttons(knowledge, answer.suggestions),
        "source": answer.source,
        "topic": answer.topic,
        "kind": "answer",
    }


def crisis_message(message: Message) -> dict[str, Any]:
    """The same for the crisis answer, which comes from bot.safety as it is to be read."""
    return {
        "text": f"{message.text}\n\n{message.source}" if message.source else message.text,
        "buttons": [{"title": button.label, "payload": button.payload} for button in message.buttons],
        "source": message.source,
        "topic": "crisis_policy",
        "kind": "crisis",
    }
