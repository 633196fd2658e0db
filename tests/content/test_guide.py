"""docs/content.md tells editors what to do: its examples are done here, as they stand."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from bot.knowledge import Knowledge, Question, answer, load, problems
from tests.content.conftest import CONTENT

GUIDE = (CONTENT.parents[1] / "docs" / "content.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^```yaml (\S+)\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL))
ROWS = "".join(re.findall(r"^```python\n(.*?)^```", GUIDE, re.MULTILINE | re.DOTALL))


def ask(topic: str, *services: str, term: str = "") -> Question:
    return Question(topic, services, term)


@pytest.fixture
def edited(tmp_path: Path) -> Path:
    """The content after an editor has followed the guide."""
    folder = Path(shutil.copytree(CONTENT, tmp_path / "content"))
    (folder / "services/harbour_project.yml").write_text(
        FILES["services/harbour_project.yml"], encoding="utf-8"
    )
    terms = folder / "terms.yml"
    terms.write_text(terms.read_text(encoding="utf-8") + FILES["terms.yml"], encoding="utf-8")
    belmarsh = folder / "services/belmarsh.yml"
    belmarsh.write_text(
        re.sub(
            r"^status: .*\n",
            FILES["services/belmarsh.yml"],
            belmarsh.read_text(encoding="utf-8"),
            flags=re.MULTILINE,
        ),
        encoding="utf-8",
    )
    return folder


def test_the_example_has_no_mistakes(edited: Path) -> None:
    assert [str(error) for error in problems(edited)] == []


def test_the_lines_of_the_example_hold(edited: Path) -> None:
    knowledge: Knowledge = load(edited)
    rows: list[tuple[Question, str, list[str], list[str]]] = eval(
        ROWS, {"ask": ask}
    )  # our own documentation
    assert len(rows) >= 3
    for question, topic, says, never in rows:
        found = answer(knowledge, question)
        assert found.topic == topic
        assert [wanted for wanted in says if wanted not in found.text] == []
        assert [barred for barred in never if barred in found.text] == []


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (ask("about", "belmarsh"), "is under review"),
        (ask("services"), "Harbour Project: a boat workshop"),
        (ask("refer", "harbour_project"), "does not say who may refer to the Harbour Project"),
        (ask("terms", term="harbour_hours"), "does not mention this word"),
    ],
)
def test_what_the_guide_promises(edited: Path, question: Question, said: Any) -> None:
    assert said in answer(load(edited), question).text
