"""One turn, from the gateway's question to the answer: no HTTP here, and nothing is remembered
afterwards.
"""

from dataclasses import asdict

from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage

from bot.dialogue import state
from bot.dialogue.actions import failures
from bot.dialogue.output import TurnChannel
from bot.dialogue.tracker_store import tracker_of_this_turn
from bot.errors import SignpostError
from bot.language.text import neutralise
from bot.reading.screening import Label, from_output
from bot.turn import Turn, TurnResult

OUT_OF_SCOPE = "out_of_scope"
SCREENING = "screening"
"""Under this name the gateway's screening goes into Rasa's message, and the one decision comes out."""


class TurnError(SignpostError):
    """The turn could not be taken. The message never holds anything of what the user said; the
    cause may, and is not to be logged as text.
    """


async def take(agent: Agent, turn: Turn) -> TurnResult:
    """Takes one turn. Raises TurnError when anything fails, an action included, and when the bot
    would have been silent.
    """
    domain = agent.domain
    tracker = state.decode(turn.state, turn.conversation, domain)
    channel = TurnChannel()
    # The gateway has made typed text harmless already. Here it is done again, because this is where
    # it would be executed.
    message = UserMessage(
        turn.payload or neutralise(turn.text),
        channel,
        turn.conversation,
        input_channel=channel.name(),
        metadata={SCREENING: asdict(turn.screening)} if turn.screening else None,
    )
    failed: list[BaseException] = []
    token = failures.set(failed)
    try:
        with tracker_of_this_turn(tracker):
            # Past the agent's lock: the gateway sends a conversation's turns one at a time, and
            # there is nothing shared to protect.
            await agent.processor.handle_message(message)
    except Exception as error:
        raise TurnError("Rasa failed") from error
    finally:
        failures.reset(token)
    if failed:
        raise TurnError("an action failed") from failed[0]
    said = channel.said
    if not said.messages or tracker.latest_action_name != state.LISTEN:
        raise TurnError("Rasa gave no answer")
    topic = said.topic or str(tracker.get_slot("last_topic") or OUT_OF_SCOPE)
    decided = from_output((tracker.latest_message.parse_data or {}).get(SCREENING))
    return TurnResult(
        tuple(said.messages),
        topic,
        said.eligibility,
        said.crisis,
        state.encode(tracker, domain),
        concern=decided is not None and decided.label is Label.CONCERN,
        services=said.services,
        understood=said.understood,
        not_held=said.not_held,
    )
