"""Custom actions of the test model."""

import asyncio
import time
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import SlotSet
from rasa_sdk.executor import CollectingDispatcher

SOURCE = "From the example page, checked 1 May 2026."


class ActionTell(Action):
    def name(self) -> str:
        return "action_tell"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Any]:
        dispatcher.utter_message(
            text=f"It is an example.\n\nA second part.\n\n{SOURCE}",
            buttons=[{"title": "More", "payload": '/inform{"service": "example"}'}],
            source=SOURCE,
            topic="example_topic",
            kind="answer",
            eligibility={"example": "unknown"},
        )
        return [SlotSet("last_topic", "remembered_topic")]


class ActionRemembered(Action):
    def name(self) -> str:
        return "action_remembered"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Any]:
        dispatcher.utter_message(text=f"It was {tracker.get_slot('service')}.", not_held=True)
        return []


class ActionBreakDown(Action):
    def name(self) -> str:
        return "action_break_down"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Any]:
        dispatcher.utter_message(text="So far all is well.")
        raise ValueError(f"can't read {tracker.latest_message['text']!r}")


class ActionWait(Action):
    def name(self) -> str:
        return "action_wait"

    async def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Any]:
        await asyncio.sleep(0.02)
        dispatcher.utter_message(text=f"It was {tracker.get_slot('service')}, {tracker.sender_id}.")
        return []


class ActionHang(Action):
    def name(self) -> str:
        return "action_hang"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Any]:
        time.sleep(3600)
        return []


class ActionAfraid(Action):
    def name(self) -> str:
        return "action_afraid"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Any]:
        dispatcher.utter_message(
            text="Please talk to somebody now.", kind="crisis", topic="crisis_policy"
        )
        dispatcher.utter_message(text="Here is who.", kind="answer", topic="crisis_policy")
        return []


class ActionNonsense(Action):
    def name(self) -> str:
        return "action_nonsense"

    def run(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]
    ) -> list[Any]:
        dispatcher.utter_message(text="This is never heard.")
        return [{"event": "nonsense"}]
