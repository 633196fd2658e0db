"""Reads the training examples in `data/nlu` with the line of each, so that what is wrong with one
can be shown as `file:line`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ContentError
from bot.settings import ROOT
from bot.yamlfile import YamlFile, read

DATA = ROOT / "data"
FOLDER = DATA / "nlu"


@dataclass(frozen=True, slots=True)
class Example:
    """`line` counts from 1."""

    text: str
    intent: str
    file: Path
    line: int

    def error(self, problem: str) -> ContentError:
        return ContentError(self.file, self.line, problem)


def load(folder: Path = FOLDER) -> list[Example]:
    """Every example, file by file. Raises ContentError for the first mistake."""
    problems: list[ContentError] = []
    found = scan(folder, problems)
    if problems:
        raise problems[0]
    return found


def scan(folder: Path, problems: list[ContentError]) -> list[Example]:
    """Every example that can be read; what can't adds to `problems`."""
    found: list[Example] = []
    for path in sorted(folder.glob("*.yml")):
        file = read(path, problems)
        if file is not None:
            found.extend(_examples(file, problems))
    return found


def _examples(file: YamlFile, problems: list[ContentError]) -> Iterator[Example]:
    groups = file.data.get("nlu")
    if not isinstance(groups, list):
        problems.append(file.error(("nlu",), "nlu: must be a list of intents with their examples"))
        return
    for number, group in enumerate(groups):
        if not isinstance(group, dict) or set(group) != {"intent", "examples"}:
            problems.append(
                file.error(
                    ("nlu", number), "must be an intent and its examples: nothing else is read"
                )
            )
            continue
        # The examples are one block of text: its first line stands below the key.
        first = file.lines["nlu", number, "examples"] + 1
        for line, text in enumerate(str(group["examples"]).splitlines(), start=first):
            stripped = text.strip()
            if stripped.startswith("- ") and stripped[2:].strip():
                yield Example(stripped[2:].strip(), str(group["intent"]), file.path, line)
            elif stripped:
                problems.append(
                    ContentError(file.path, line, 'an example must start with "- " and have a text')
                )
