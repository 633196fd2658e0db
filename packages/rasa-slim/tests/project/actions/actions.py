from rasa_sdk import Action
from rasa_sdk.events import SlotSet


class ActionTell(Action):
    def name(self):
        return "action_tell"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="It is an example.", topic="example")
        return [SlotSet("last_topic", "example")]
