"""The start-up check of Rasa's internals."""

import pytest
import rasa
from rasa_slim import check


def test_this_rasa_is_the_one_we_know() -> None:
    assert check.problems() == []


@pytest.mark.parametrize(
    ("entry", "problem"),
    [
        (("rasa.core.agent", "Agent.load", ("model_path",)), None),
        (("rasa.core.agent", "Agent", ()), None),
        (
            ("rasa.no.such.module", "Agent", ()),
            "rasa.no.such.module.Agent is not there: No module named 'rasa.no'",
        ),
        (
            ("rasa.core.agent", "Agent.no_such_method", ()),
            "rasa.core.agent.Agent.no_such_method is not there: type object 'Agent' has no",
        ),
        (
            ("rasa.core.agent", "Agent.load", ("model_path", "colour", "size")),
            "rasa.core.agent.Agent.load takes no colour and no size",
        ),
    ],
)
def test_each_failure_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, entry: tuple[str, str, tuple[str, ...]], problem: str | None
) -> None:
    monkeypatch.setattr(check, "INTERNALS", (entry,))
    found = check.problems()
    assert len(found) == (problem is not None)
    assert all(sentence.startswith(problem or "") for sentence in found)


def test_another_rasa_is_refused_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rasa, "__version__", "3.7.0")
    assert check.problems() == [
        "Rasa is 3.7.0, and this was made for 3.6.21; check packages/rasa-slim against it first"
    ]
