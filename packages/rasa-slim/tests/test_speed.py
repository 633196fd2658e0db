"""The fast ways compute what Rasa's own ways compute."""

import itertools
import json
from typing import Any

import pytest
from rasa.core.policies.rule_policy import SHOULD_NOT_BE_SET, RulePolicy
from rasa.engine.exceptions import GraphComponentException
from rasa.engine.graph import ExecutionContext, GraphComponent, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.events import Event
from rasa_slim import speed


class Arithmetic(GraphComponent):  # type: ignore[misc]
    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: Any, resource: Any, execution_context: Any
    ) -> "Arithmetic":
        return cls()

    def add(self, a: int, b: int) -> int:
        return a + b

    def double(self, a: int) -> int:
        return 2 * a

    def fail(self, a: int) -> int:
        raise RuntimeError("failed on purpose")


def node(function: str, **needs: str) -> SchemaNode:
    return SchemaNode(
        needs=needs,
        uses=Arithmetic,
        constructor_name="create",
        fn=function,
        config={},
        is_target=True,
        is_input=False,
    )


GRAPH = GraphSchema(
    {
        "fail": node("fail", a="x"),
        "sum": node("add", a="doubled", b="y"),
        "doubled": node("double", a="x"),
        "deep": node("add", a="sum", b="doubled"),
    }
)


@pytest.fixture(autouse=True)
def installed() -> None:
    speed.install()
    speed.install()  # once more changes nothing


@pytest.fixture
def runner() -> DaskGraphRunner:
    return DaskGraphRunner(GRAPH, None, ExecutionContext(GRAPH))


@pytest.mark.parametrize("targets", [["doubled"], ["sum"], ["deep"], ["deep", "doubled"]])
@pytest.mark.parametrize(("x", "y"), [(1, 2), (5, 0)])
def test_a_graph_runs_as_with_dask(
    runner: DaskGraphRunner, targets: list[str], x: int, y: int
) -> None:
    inputs = {"x": x, "y": y}
    assert runner.run(inputs, targets) == DaskGraphRunner.run.__wrapped__(runner, inputs, targets)


def test_a_failing_node_fails_as_with_dask(runner: DaskGraphRunner) -> None:
    for run in (DaskGraphRunner.run, DaskGraphRunner.run.__wrapped__):
        with pytest.raises(GraphComponentException):
            run(runner, {"x": 1}, ["fail"])


@pytest.mark.parametrize("name", ["user", "action", "slot", "bot", "active_loop"])
def test_event_types_are_found(name: str) -> None:
    assert Event.resolve_by_type(name).type_name == name


def test_an_unknown_event_type_is_an_error_each_time() -> None:
    for _ in range(2):
        with pytest.raises(ValueError, match="Unknown event name 'nonsense'"):
            Event.resolve_by_type("nonsense")


def state(action: str = "", intent: str = "", **slots: Any) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if action:
        found["prev_action"] = {"action_name": action}
    if intent:
        found["user"] = {"intent": intent}
    if slots:
        found["slots"] = slots
    return found


RULES = [
    [state("action_listen", "greet")],
    [state("action_listen", "greet", case=SHOULD_NOT_BE_SET)],
    [state("action_listen", SHOULD_NOT_BE_SET)],
    [state("action_listen", "bye")],
    [state("action_listen")],
    [state("action_greet")],
    [state("action_listen", "greet"), state("action_greet")],
    [state("action_listen", "bye"), state("action_greet", "bye")],
    [{"prev_action": {"action_text": "hello"}}],
    [state()],
    [state(), state("action_listen", "greet")],
]
STATES = [
    state(),
    state("action_listen"),
    state("action_listen", "greet"),
    state("action_listen", "greet", case="open"),
    state("action_listen", "bye"),
    state("action_greet", "greet"),
    state("action_greet", "bye"),
    {"prev_action": {"action_text": "hello"}},
    state("action_other"),
]


def test_the_same_rules_hold_as_with_rasas_own_search() -> None:
    policy = object.__new__(RulePolicy)
    lookup = {json.dumps(rule): "action" for rule in RULES}
    held = set()
    for length in (0, 1, 2, 3):
        for states in map(list, itertools.product(STATES, repeat=length)):
            wanted = RulePolicy._get_possible_keys.__wrapped__(policy, lookup, states)
            assert policy._get_possible_keys(lookup, states) == wanted
            held |= wanted if length else set()
    assert held == set(lookup)  # or the search would not have been tried on them
