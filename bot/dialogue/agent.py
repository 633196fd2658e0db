"""Loads the model into a Rasa agent that answers in this process: no server, no action server, no
store.
"""

import asyncio
import logging
import warnings
from pathlib import Path
from typing import Any

import structlog
from rasa.core.agent import Agent
from rasa.engine.exceptions import GraphComponentException, GraphRunError
from rasa.exceptions import ModelNotFound
from rasa.shared.core.domain import SessionConfig
from rasa.shared.exceptions import RasaException
from rasa_slim.check import problems
from rasa_slim.speed import install as install_speed

from bot.dialogue.actions import ActionsInProcess
from bot.dialogue.tracker_store import TurnTrackerStore
from bot.dialogue.turn import take
from bot.errors import ModelError
from bot.models import RASA_MODEL, read_manifest, verify
from bot.reading.screening import Label, Screening
from bot.turn import Turn


def load_agent(models: Path, actions: str = "actions") -> Agent:
    """Loads `models/signpost.tar.gz` and the package `actions`.

    Raises ModelError where the model is missing, is not the one that the manifest names, can't be
    loaded, or Rasa is not the Rasa that we know.
    """
    if found := problems():
        raise ModelError(
            "Rasa is not what this service was built for:\n"
            + "\n".join(f"- {problem}" for problem in found)
        )
    archive = models / RASA_MODEL
    if not archive.is_file():
        raise ModelError(f"{archive}: missing; run `python -m bot train`")
    # before loading: a model archive can run code as it loads
    verify(models, {RASA_MODEL, *read_manifest(models)})
    install_speed()
    # Without this, structlog prints what Rasa notes at DEBUG: users' texts among it.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    endpoint = ActionsInProcess(actions)
    try:
        with warnings.catch_warnings(
            action="ignore"
        ):  # what there is to warn of was said when it was trained
            agent = Agent.load(
                archive, action_endpoint=endpoint, tracker_store=TurnTrackerStore(None)
            )
    except (RasaException, ModelNotFound, GraphRunError, GraphComponentException) as error:
        reason = (
            error.__cause__ or error
        )  # what a component of ours raised says more than Rasa's wrapping of it
        raise ModelError(f"{archive}: Rasa can't load it: {reason}") from error
    # How long a conversation lives is the gateway's business. Rasa must not start a session of its
    # own in the middle of one.
    agent.domain.session_config = SessionConfig(session_expiration_time=0, carry_over_slots=True)
    endpoint.use(agent.domain)
    return agent


def warm_up(agent: Agent) -> None:
    """Takes two turns that nobody sees, so that what loads at first use is loaded once, before the
    fork. Raises what `take` raises.
    """

    async def turns() -> None:
        await take(agent, Turn("warm-up", payload="/greet"))
        screened = Screening(Label.NONE)  # as whatever comes from the gateway
        await take(agent, Turn("warm-up", text="What can you tell me?", screening=screened))

    asyncio.run(turns())


def silence_rasa() -> None:
    """From here on nothing of Rasa's is logged in this process: at DEBUG it writes what users say,
    and at ERROR what they said when it failed.

    Our own failures are logged by `bot.dialogue.worker`, without a word of the message.
    """
    warnings.simplefilter("ignore")
    for name in ("rasa", "rasa_sdk"):
        logging.getLogger(name).handlers = [logging.NullHandler()]
        logging.getLogger(name).propagate = False
    structlog.configure(
        processors=[_drop], wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL)
    )


def _drop(*_: Any) -> Any:
    raise structlog.DropEvent
