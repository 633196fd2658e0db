"""The custom actions, thin on purpose: the tracker's values go in, bot.knowledge or bot.safety
answers, and the dispatcher says it.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import eligibility, mapping
from bot import knowledge
from bot.knowledge import thread
from bot.knowledge.answers import answer
from bot.knowledge.models import Held, Knowledge
from bot.reading.crisis import load_detector
from bot.reading.screening import Label, Screen, Screening
from bot.safety.replies import (
    HelpContent,
    aftercare_reply,
    crisis_reply,
    load_help,
    step_of_payload,
)
from bot.settings import load_settings

Events = list[dict[str, Any]]


# Loaded at the first message and once a process: importing this file costs nothing, and a
# pre-forked worker shares what its parent loaded.
@cache
def _knowledge() -> Knowledge:
    return knowledge.load(load_settings().content)


@cache
def _help() -> HelpContent:
    return load_help(load_settings().content)


@cache
def _detector() -> Screen:
    return load_detector(load_settings().models)


def _screen(parsed: Mapping[str, Any]) -> Screening:
    """What the pipeline found in the message, or what the detector finds now if no CrisisGuard has
    seen it.
    """
    text = str(parsed.get("text") or "")
    found = mapping.screening_in(parsed)
    if found is not None:
        return found
    return Screening(Label.NONE) if mapping.is_button(text) else _detector().screen(text)


def _say_crisis(dispatcher: CollectingDispatcher, screening: Screening) -> Events:
    dispatcher.utter_message(**mapping.crisis_message(crisis_reply(_help(), screening)))
    return [SlotSet("crisis_shown", True), SlotSet("misses", 0)]


class ActionAnswer(Action):
    """Answers whatever was asked from the content."""

    def name(self) -> str:
        return "action_answer"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        screening = _screen(tracker.latest_message)
        if screening.label is Label.CRISIS:
            return _say_crisis(dispatcher, screening)
        if (told := eligibility.about_a_case(tracker)) is not None:
            return eligibility.say(dispatcher, told)
        if (rules := eligibility.rules_for(tracker)) is not None:
            return eligibility.say_rules(dispatcher, tracker, rules)
        asked = mapping.questions(_knowledge(), tracker.latest_message, tracker.slots)
        said = tuple(tracker.get_slot("said") or ())
        found = answer(_knowledge(), *asked, said=said)
        dispatcher.utter_message(
            **mapping.answer_message(_knowledge(), eligibility.with_the_case(tracker, found)),
            eligibility=eligibility.outcomes(tracker, found),
            services=mapping.services_about(found, asked),
            understood=found.understood,
            not_held=found.held is Held.NONE,
        )
        return [
            SlotSet(slot, value)
            for slot, value in mapping.slots_after(found, asked, tracker.slots).items()
        ]


class ActionSmallTalk(Action):
    """Greetings, thanks and the like: domain.yml has the words, in several wordings where they may
    be wanted twice running, under `utter_` and the intent.
    """

    def name(self) -> str:
        return "action_small_talk"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        intent = (tracker.latest_message.get("intent") or {}).get("name") or ""
        said = tuple(tracker.get_slot("said") or ())
        chosen = mapping.wording_of(domain["responses"][f"utter_{intent}"], said)
        dispatcher.utter_message(**chosen)
        return [SlotSet("said", thread.remembered(chosen["text"], said))]


class ActionDefaultFallback(ActionAnswer):
    """Where no rule knows what to do. The intent is none of ours, so the answer is that we have
    none, with topics to pick.
    """

    def name(self) -> str:
        return "action_default_fallback"


class ActionCrisisStep(Action):
    """A button below the crisis answer. The gateway answers it before Rasa; this is for `rasa
    shell` and other channels.
    """

    def name(self) -> str:
        return "action_crisis_step"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        step = step_of_payload(str(tracker.latest_message.get("text") or ""))
        dispatcher.utter_message(**mapping.crisis_message(aftercare_reply(_help(), step or "")))
        return [SlotSet("crisis_shown", True)]


class ActionCrisis(Action):
    """The crisis answer. Who has this intent was found to be in a crisis by bot.nlu.crisis_guard,
    or pressed a button for it.
    """

    def name(self) -> str:
        return "action_crisis"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> Events:
        screening = _screen(tracker.latest_message)
        return _say_crisis(
            dispatcher,
            screening
            if screening.label is Label.CRISIS
            else Screening(Label.CRISIS, decided_by="intent"),
        )
