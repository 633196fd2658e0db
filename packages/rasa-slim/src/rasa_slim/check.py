"""Is the installed Rasa the one that the shims, and the service on top of them, were made for?
Asked at the start, not found out in a turn.
"""

import importlib
import inspect
from collections.abc import Iterator
from typing import Any

from rasa_slim import RASA_VERSION

# What is replaced, called or overridden, and the parameters that it must take: (module, name,
# parameters). Without parameters: it must be there.
INTERNALS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    # replaced by rasa_slim.speed
    ("rasa.engine.runner.dask", "DaskGraphRunner.run", ("self", "inputs", "targets")),
    ("rasa.engine.graph", "GraphSchema.minimal_graph_schema", ("self", "targets")),
    ("rasa.engine.graph", "GraphNode.__call__", ("self", "inputs_from_previous_nodes")),
    ("rasa.shared.core.events", "Event.resolve_by_type", ("type_name", "default")),
    ("rasa.core.actions.action", "RemoteAction._validate_action_result", ()),
    # mended by rasa_slim.shims
    ("sanic", "Sanic.run", ("self",)),
    ("sanic.response", "stream", ()),
    # used by the dialogue workers
    ("rasa.core.agent", "Agent.load", ("model_path", "tracker_store", "action_endpoint")),
    ("rasa.core.processor", "MessageProcessor.handle_message", ("self", "message")),
    (
        "rasa.core.channels.channel",
        "UserMessage.__init__",
        ("self", "text", "output_channel", "sender_id", "input_channel"),
    ),
    (
        "rasa.core.channels.channel",
        "OutputChannel.send_response",
        ("self", "recipient_id", "message"),
    ),
    ("rasa.core.tracker_store", "TrackerStore.retrieve", ("self", "sender_id")),
    ("rasa.core.tracker_store", "TrackerStore.save", ("self", "tracker")),
    ("rasa.utils.endpoints", "EndpointConfig.request", ("self", "method", "subpath")),
    ("rasa.utils.endpoints", "ClientResponseError.__init__", ("self", "status", "message", "text")),
    ("rasa.shared.core.trackers", "DialogueStateTracker.__init__", ("self", "sender_id", "slots")),
    ("rasa.shared.core.trackers", "DialogueStateTracker.update", ("self", "event", "domain")),
    ("rasa.shared.core.events", "UserUttered.__init__", ("self", "text", "intent", "entities")),
    (
        "rasa.shared.core.events",
        "ActionExecuted.__init__",
        ("self", "action_name", "hide_rule_turn"),
    ),
    (
        "rasa.shared.core.domain",
        "SessionConfig.__new__",
        ("session_expiration_time", "carry_over_slots"),
    ),
    ("rasa_sdk.executor", "ActionExecutor.run", ("self", "action_call")),
    ("rasa_sdk.executor", "ActionExecutor.register_package", ("self", "package")),
    # implemented by the NLU components
    (
        "rasa.engine.graph",
        "GraphComponent.create",
        ("config", "model_storage", "resource", "execution_context"),
    ),
    ("rasa.engine.recipes.default_recipe", "DefaultV1Recipe.register", ()),
)


def problems() -> list[str]:
    """One sentence for each thing that is not as expected; empty where all is well. Imports Rasa."""
    import rasa

    if rasa.__version__ != RASA_VERSION:
        return [
            f"Rasa is {rasa.__version__}, and this was made for {RASA_VERSION}; check packages/rasa-slim against it first"
        ]
    return [
        problem
        for module, name, parameters in INTERNALS
        for problem in _problems_of(module, name, parameters)
    ]


def _problems_of(module: str, name: str, parameters: tuple[str, ...]) -> Iterator[str]:
    try:
        found: Any = importlib.import_module(module)
        for part in name.split("."):
            found = getattr(found, part)
    except (ImportError, AttributeError) as error:
        yield f"{module}.{name} is not there: {error}"
        return
    if parameters:
        missing = [
            wanted for wanted in parameters if wanted not in inspect.signature(found).parameters
        ]
        if missing:
            yield f"{module}.{name} takes no {' and no '.join(missing)}"
