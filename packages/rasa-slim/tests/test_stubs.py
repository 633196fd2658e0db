"""What is left out can be imported, stands where Rasa needs it to, and says clearly what is missing
when somebody wants to use it.
"""

import importlib
import sys
from pathlib import Path

import pytest
from rasa_slim.shims import LEFT_OUT, ONLY_FOR_TENSORFLOW, _StubFinder

# A name of our own stands for a library that is certainly not installed.
MISSING = frozenset({"left_out_example", "json.left_out_part"})


@pytest.fixture
def stubs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, _StubFinder(MISSING)])
    for name in [name for name in sys.modules if name.startswith("left_out_example")]:
        monkeypatch.delitem(sys.modules, name)


@pytest.mark.parametrize(
    "name",
    [
        "left_out_example",
        "left_out_example.a",
        "left_out_example.a.b",
        "json.left_out_part",
        "json.left_out_part.c",
    ],
)
def test_what_is_left_out_can_be_imported(stubs: None, name: str) -> None:
    assert importlib.import_module(name).__name__ == name


@pytest.mark.parametrize("name", ["left_out_exampl", "left_out_example_2", "json.another"])
def test_nothing_else_can(stubs: None, name: str) -> None:
    with pytest.raises(ModuleNotFoundError):
        importlib.import_module(name)


def test_a_stub_can_be_a_base_class_and_stand_in_an_except_clause(stubs: None) -> None:
    module = importlib.import_module("left_out_example.errors")

    class Callback(module.keras.callbacks.Callback):  # type: ignore[misc, name-defined]
        pass

    try:
        raise ValueError
    except (module.BotoCoreError, ValueError):
        pass
    assert issubclass(Callback, Exception)


@pytest.mark.parametrize("name", ["Client", "a.b.Client"])
def test_making_one_names_what_is_missing(stubs: None, name: str) -> None:
    made = importlib.import_module("left_out_example")
    for part in name.split("."):
        made = getattr(made, part)
    with pytest.raises(
        RuntimeError,
        match=rf"^left_out_example\.{name} needs a library that rasa-slim leaves out; install it",
    ):
        made("some", argument=1)


def test_an_installed_library_wins_over_its_stub(
    tmp_path: Path, stubs: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "left_out_example.py").write_text("HERE = True")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert importlib.import_module("left_out_example").HERE is True


def test_all_that_rasa_imports_is_there() -> None:
    """Every component, policy and channel of Rasa can at least be imported."""
    importlib.import_module("rasa.engine.recipes.default_components")
    importlib.import_module("rasa.core.channels")
    importlib.import_module("rasa.server")


def test_the_table_names_nothing_that_is_locked_in() -> None:
    """A library that we depend on has no place among the stubs: its absence must be an error."""
    ours = {
        "aiohttp",
        "numpy",
        "sanic",
        "sklearn",
        "sqlalchemy",
        "redis",
        "google",
        "google.protobuf",
        "rasa",
        "rasa_sdk",
    }
    assert LEFT_OUT.isdisjoint(ours)
    assert all(name.startswith("rasa.utils.tensorflow.") for name in ONLY_FOR_TENSORFLOW)
