"""Cases, thin on purpose: the message's facts and the slot go in, bot.eligibility decides and words
it, and the dispatcher says it.
"""

import datetime
import re
from dataclasses import asdict, replace
from functools import cache
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import mapping
from bot import knowledge
from bot.eligibility import talk as talks
from bot.eligibility.content import load_criteria
from bot.eligibility.models import Case, Criteria, Outcome
from bot.eligibility.talk import Talk
from bot.eligibility.wording import TOPIC, Told, Writer
from bot.knowledge.answers import WHO_FOR
from bot.knowledge.models import SWITCH, Answer, Knowledge
from bot.reading.said import Said, from_output
from bot.settings import load_settings

Events = list[dict[str, Any]]
ANSWER = "/case_answer"
"""The intent that the buttons of a question send."""
REPORTING = frozenset({TOPIC, "women", "young_people"})
"""Topics whose answers say who a service is for, and so report outcomes too."""


@cache
def _content() -> tuple[Knowledge, Criteria, Writer]:
    content = load_settings().content
    held = knowledge.load(content)
    criteria = load_criteria(content, held)
    return held, criteria, Writer(held, criteria)


def _said(tracker: Tracker) -> Said:
    found = tracker.latest_message.get("case")
    return from_output(found) if found else Said()


def _intent(tracker: Tracker) -> str:
    return str((tracker.latest_message.get("intent") or {}).get("name") or "")


def _named(tracker: Tracker) -> tuple[str, ...]:
    criteria, named = (
        _content()[1],
        (*mapping.values(tracker.latest_message, "service"), *_said(tracker).services),
    )
    return tuple(service for service in dict.fromkeys(named) if service in criteria.services)


def _talk(tracker: Tracker) -> Talk:
    return Talk.from_slot(tracker.get_slot("case"))


def about_a_case(tracker: Tracker) -> Talk | None:
    """The case after this message, or None where the message is an ordinary question."""
    if _asks_for_a_word(tracker) or _asks_on(tracker):
        return None
    criteria, remembered = _content()[1], tracker.get_slot("services") or ()
    return talks.told(
        criteria,
        _talk(tracker),
        _said(tracker),
        _intent(tracker),
        _named(tracker),
        tuple(service for service in remembered if service in criteria.services),
        asked_for=tracker.get_slot("last_topic") == WHO_FOR,
    )


def _asks_on(tracker: Tracker) -> bool:
    """Whether it tells nothing and asks the last question of another service, where that was not
    about the case: "and at Belmarsh?" after what the staff at Swaleside do. A button that says so
    is always about the case.
    """
    last_topic = tracker.get_slot("last_topic")
    pressed = mapping.is_button(str(tracker.latest_message.get("text") or ""))
    if pressed or _intent(tracker) != SWITCH or last_topic in {None, WHO_FOR}:
        return False
    return not talks.counted(_said(tracker))


def _asks_for_a_word(tracker: Tracker) -> bool:
    """Whether it tells nothing and asks about a word of the content: "does he need a diagnosis?",
    "which is better for him?".
    """
    said, held = _said(tracker), _content()[0]
    if said.statement or talks.counted(said) or said.others or said.operation or said.correction:
        return False
    words = mapping.values(tracker.latest_message, "term")
    stands = any(held.terms[word].stands for word in words if word in held.terms)
    return stands or bool(words and not said.asks and not _named(tracker))


def outcomes(tracker: Tracker, found: Answer) -> dict[str, str]:
    """What the criteria come to where an answer about them was given without a case: "does Belmarsh
    take cat A?".
    """
    held, criteria, _ = _content()
    if talk := _beside(tracker):
        return talks.outcomes(criteria, talk.case, talk.services, _parts(held))
    named = _named(tracker)
    said = _said(tracker)
    if found.topic not in REPORTING and not (named and (said.asks or talks.counted(said))):
        return {}
    services = named or tuple(
        service
        for service in found.services
        if service in criteria.services and found.topic == TOPIC
    )
    return talks.outcomes(
        criteria, Talk.from_slot(None).case.with_facts(said.facts), services, _parts(held)
    )


def with_the_case(tracker: Tracker, found: Answer) -> Answer:
    """An answer to what a service offers, with one line on the case that it was asked for."""
    talk = _beside(tracker)
    if talk is None:
        return found
    line = _content()[2].line(talk.case, talk.services[0])
    return replace(found, text=f"{found.text}\n\n{line}")


def _beside(tracker: Tracker) -> Talk | None:
    return talks.beside(_content()[1], _talk(tracker), _said(tracker), _named(tracker))


def _parts(held: Knowledge) -> dict[str, str]:
    return {service.id: service.parent for service in held.services.values() if service.parent}


def rules_for(tracker: Tracker) -> Told | None:
    """The rules of all services, where a question about people in general asks for them."""
    _, criteria, writer = _content()
    said, services = _said(tracker), _named(tracker) or tracker.get_slot("services") or ()
    if _asks_of_a_rule(tracker) or not talks.asks_for_rules(
        criteria, said, _intent(tracker), services
    ):
        return None
    return writer.rules(Case(said.facts))


def _asks_of_a_rule(tracker: Tracker) -> bool:
    """Whether one rule is asked of all services, by a word that has it: "which has the London rule"."""
    held = _content()[0]
    words = mapping.values(tracker.latest_message, "term")
    plain = held.thread.plain(str(tracker.latest_message.get("text") or ""))
    return re.search(held.thread.of_all, plain) is not None and any(
        held.terms[word].rule for word in words if word in held.terms
    )


def say_rules(dispatcher: CollectingDispatcher, tracker: Tracker, told: Told) -> Events:
    """Says them; no case is held."""
    held, criteria, _ = _content()
    case = Case(_said(tracker).facts)
    found = talks.outcomes(criteria, case, (), _parts(held))
    dispatcher.utter_message(**_message(told, told.text), eligibility=found)
    return [SlotSet("misses", 0), SlotSet("last_topic", WHO_FOR), SlotSet("term", None)]


def say(dispatcher: CollectingDispatcher, talk: Talk, before: str = "") -> Events:
    """Says what a case comes to, with what to do next; for an empty one, that it is forgotten."""
    held, criteria, writer = _content()
    if not talk and talk.supposed is None:
        dispatcher.utter_message(text=before or criteria.words.nothing, topic=TOPIC, kind="answer")
        return [SlotSet("case", None)]
    case = talk.supposed or talk.case
    told = (
        writer.people([(talk.case, talk.services), *talk.others])
        if talk.others
        else writer.answer(case, talk.services)
    )
    if not talk.others and (now := writer.now(case, talk.operation)):
        before = f"{before}\n\n{now}" if before else now
    message = _message(told, f"{before}\n\n{told.text}" if before else told.text)
    buttons = (
        [{"title": criteria.buttons.ask, "payload": "/case_ask"}]
        if not talk.others and talks.next_question(criteria, talk)
        else []
    )
    buttons += [
        {
            "title": criteria.buttons.more.replace("{service}", held.services[more].label),
            "payload": f'/switch_service{{"service": "{more}"}}',
        }
        for more in told.more
    ]
    found = talks.all_outcomes(criteria, talk, _parts(held))
    if len(told.services) == 1 and found[told.services[0]] != Outcome.NO:
        service = held.services[told.services[0]]
        buttons.append(
            {
                "title": criteria.buttons.refer.replace("{service}", service.label),
                "payload": f'/ask_refer{{"service": "{service.id}"}}',
            }
        )
    buttons += [
        {"title": criteria.buttons.forget, "payload": "/case_forget"},
        {"title": criteria.buttons.summary, "payload": "/case_summary"},
    ]
    dispatcher.utter_message(
        **message, buttons=buttons, eligibility=found, services=list(talk.services)
    )
    return [
        SlotSet("case", talk.as_slot()),
        SlotSet("misses", 0),
        SlotSet("services", list(told.services)[:2] or None),
        SlotSet("last_topic", WHO_FOR),
        SlotSet("term", None),
    ]


def _message(told: Told, text: str) -> dict[str, Any]:
    return {
        "text": f"{text}\n\n{told.source}",
        "source": told.source,
        "topic": TOPIC,
        "kind": "answer",
        **({"table": asdict(told.table)} if told.table else {}),
    }


class ValidateCaseForm(Action):
    """Takes an answer to a question of ours. Where the message is none, the form steps back, and
    the message is answered as any other.
    """

    def name(self) -> str:
        return "validate_case_form"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        criteria, talk, said, intent = (
            _content()[1],
            _talk(tracker),
            _said(tracker),
            _intent(tracker),
        )
        if intent == "crisis":
            return []
        over = intent in {"case_stop", "case_forget"} or said.answer == "stop"
        after = (
            talk
            if over or not talk.asking
            else _pressed(tracker) or talks.answered(criteria, talk, said, intent, _named(tracker))
        )
        if after is None:
            return []
        over = over or not talks.next_question(criteria, after)
        return [
            SlotSet("case", after.as_slot()),
            *([SlotSet("requested_slot", None)] if over else []),
        ]


def _pressed(tracker: Tracker) -> Talk | None:
    """The case after the button of a question."""
    chosen = mapping.values(tracker.latest_message, "answer")
    return (
        talks.chosen(_content()[1], _talk(tracker), chosen[0])
        if chosen and _intent(tracker) == "case_answer"
        else None
    )


class ActionAskCaseAnswer(Action):
    """Asks the question that could change most, with its buttons."""

    def name(self) -> str:
        return "action_ask_case_answer"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        held, criteria, _ = _content()
        talk = _talk(tracker)
        asking = talks.next_question(criteria, talk)
        fact = criteria.facts[asking]
        buttons = [
            {"title": answer.label, "payload": _payload(asking, index)}
            for index, answer in enumerate(fact.answers)
        ]
        buttons += [
            {"title": criteria.buttons.unknown, "payload": _payload(asking, None)},
            {"title": criteria.buttons.stop, "payload": "/case_stop"},
        ]
        found = talks.outcomes(criteria, talk.case, talk.services, _parts(held))
        dispatcher.utter_message(
            text=fact.ask, buttons=buttons, topic=TOPIC, kind="answer", eligibility=found
        )
        return [SlotSet("case", replace(talk, asking=asking).as_slot())]


def _payload(fact: str, index: int | None) -> str:
    return f'{ANSWER}{{"answer": "{talks.choice(fact, index)}"}}'


class ActionCaseResult(Action):
    """What the case comes to, when nothing more is asked."""

    def name(self) -> str:
        return "action_case_result"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        criteria = _content()[1]
        talk = _pressed(tracker) or _talk(tracker)
        words = criteria.words
        if _intent(tracker) == "case_forget":
            return say(dispatcher, Talk(), words.forgotten)
        stopped = _intent(tracker) == "case_stop" or _said(tracker).answer == "stop"
        return say(dispatcher, replace(talk, asking=""), words.stopped if stopped and talk else "")


class ActionCaseForget(Action):
    """Forgets the case; of two people, the one who is meant ("forget him")."""

    def name(self) -> str:
        return "action_case_forget"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        talk = _talk(tracker)
        if (one := talks.one_of(talk, _said(tracker))) is not None:
            return say(dispatcher, one)
        return say(dispatcher, Talk(), _content()[1].words.forgotten if talk else "")


class ActionCaseSummary(Action):
    """The case against every service, as a table to print. It changes nothing."""

    def name(self) -> str:
        return "action_case_summary"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        _, criteria, writer = _content()
        talk = _talk(tracker)
        if not talk:
            dispatcher.utter_message(
                text=criteria.words.summary_nothing, topic=TOPIC, kind="notice"
            )
            return []
        cases = [talk.case, *(case for case, _ in talk.others)]
        told = writer.summary(cases, datetime.date.today())
        dispatcher.utter_message(**_message(told, told.text))
        return []
