"""Four places where Rasa spends most of a message's time on nothing, done at once. docs/adr/0001
has the figures; `bot.dialogue` calls `install`.

None changes what is computed. Only for a process that runs its custom actions itself; training and
the `rasa` commands do without.
"""

import functools
from collections.abc import Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any


def _plain_graph_runner() -> None:
    """dask plans each run of a graph of a few nodes anew. Here the order is worked out once for
    each set of targets.
    """
    from rasa.engine.runner.dask import DaskGraphRunner

    def order(runner: Any, targets: Sequence[str]) -> list[tuple[str, Sequence[str]]]:
        nodes = runner._graph_schema.minimal_graph_schema(targets).nodes
        needs = {name: tuple(node.needs.values()) for name, node in nodes.items()}
        return [
            (name, needs[name]) for name in TopologicalSorter(needs).static_order() if name in needs
        ]

    @functools.wraps(DaskGraphRunner.run)
    def run(
        self: Any, inputs: Mapping[str, Any] | None = None, targets: Sequence[str] | None = None
    ) -> dict[str, Any]:
        wanted = tuple(targets or self._graph_schema.target_names)
        orders = self.__dict__.setdefault("_orders", {})
        if wanted not in orders:
            orders[wanted] = order(self, list(wanted))
        done: dict[str, Any] = {name: (name, value) for name, value in (inputs or {}).items()}
        for name, needs in orders[wanted]:
            done[name] = self._instantiated_nodes[name](*(done[need] for need in needs))
        return {name: done[name][1] for name in wanted}

    DaskGraphRunner.run = run


def _event_types_once() -> None:
    """`resolve_by_type` walks all subclasses of Event for each event of each action."""
    from rasa.shared.core.events import Event

    Event.resolve_by_type = staticmethod(functools.cache(Event.resolve_by_type))


def _rules_by_action_and_intent() -> None:
    """The rule policy tries every rule at every step. A rule can only hold where its newest state
    has the conversation's last action, and its intent if the rule names one.
    """
    from rasa.core.policies.rule_policy import SHOULD_NOT_BE_SET, RulePolicy

    original = RulePolicy._get_possible_keys

    def place(state: Mapping[str, Any]) -> tuple[Any, Any]:
        action = (state.get("prev_action") or {}).get("action_name")
        intent = (state.get("user") or {}).get("intent")
        return action, None if intent == SHOULD_NOT_BE_SET else intent

    def index(lookup: Mapping[str, Any]) -> dict[tuple[Any, Any], list[str]]:
        found: dict[tuple[Any, Any], list[str]] = {}
        for key in lookup:
            found.setdefault(place(RulePolicy._rule_key_to_state(key)[-1]), []).append(key)
        return found

    @functools.wraps(original)
    def possible(self: Any, lookup: Mapping[str, Any], states: Sequence[Any]) -> Any:
        if not states:
            return original(self, lookup, states)
        indexes = self.__dict__.setdefault("_indexes", {})
        if id(lookup) not in indexes:  # a policy keeps its rules as long as it lives
            indexes[id(lookup)] = index(lookup)
        action, intent = place(states[-1])
        near = {(action, intent), (action, None)}
        keys = (key for where in near for key in indexes[id(lookup)].get(where, ()))
        return original(self, dict.fromkeys(keys), states)

    RulePolicy._get_possible_keys = possible


def _trust_actions_of_this_process() -> None:
    """Rasa compiles a schema of hundreds of lines for each answer of an action, and then tries each
    event against every kind of event.

    The answers here come from rasa_sdk's executor in the same process, not from a server; an event
    of an unknown kind is refused all the same, when it is made.
    """
    from rasa.core.actions.action import RemoteAction

    @functools.wraps(RemoteAction._validate_action_result)
    def trust(*_: Any) -> bool:
        return True

    RemoteAction._validate_action_result = trust


def install() -> None:
    """Imports Rasa. A second call does nothing. The originals stay reachable as `__wrapped__`."""
    from rasa.engine.runner.dask import DaskGraphRunner

    if not hasattr(DaskGraphRunner.run, "__wrapped__"):
        _plain_graph_runner()
        _event_types_once()
        _rules_by_action_and_intent()
        _trust_actions_of_this_process()
