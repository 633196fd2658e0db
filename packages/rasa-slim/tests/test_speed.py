"""The fast ways compute what Rasa's own ways compute."""

from typing import Any

import pytest
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
