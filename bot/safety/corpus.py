"""The corpus: our own rows of crisis language and of what only looks like it, as YAML groups of one row a line.

`bot/safety/corpus/*.yml` trains the classifier, `corpus/calibration/*.yml` sets its thresholds, and `corpus/heldout/*.yml` does neither.
The intent classifier's examples of messages that are about something else altogether are ordinary messages here too.
"""

from dataclasses import dataclass
from pathlib import Path

import yaml

from bot.errors import ContentError
from bot.safety.screening import Label, Who

CORPUS = Path(__file__).parent / "corpus"
CALIBRATION = CORPUS / "calibration"
HELD_OUT = CORPUS / "heldout"
OUT_OF_SCOPE = Path(__file__).parent.parent.parent / "data" / "nlu" / "out_of_scope.yml"


@dataclass(frozen=True, slots=True)
class Row:
    text: str
    label: Label
    who: Who
    category: str


def load(directory: Path = CORPUS) -> tuple[Row, ...]:
    """All rows of the files of a directory, in a fixed order. Raises ContentError for a file that cannot be read."""
    rows: list[Row] = []
    for file in sorted(directory.glob("*.yml")):
        try:
            for group in yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader)):  # noqa: S506
                label, who, category = Label(group["label"]), Who(group.get("who", Who.NOT_APPLICABLE)), group["category"]
                rows.extend(Row(line.strip(), label, who, category) for line in group["rows"].splitlines() if line.strip())
        except (OSError, yaml.YAMLError, KeyError, ValueError, TypeError) as error:
            raise ContentError(file, 1, f"is not a corpus file: {error}") from None
    return tuple(rows)


def training() -> tuple[Row, ...]:
    """What the classifier learns from. Raises ContentError for a file that cannot be read."""
    return (*load(CORPUS), *_out_of_scope())


def _out_of_scope() -> tuple[Row, ...]:
    try:
        (group,) = (entry for entry in yaml.safe_load(OUT_OF_SCOPE.read_text(encoding="utf-8"))["nlu"] if entry["intent"] == "out_of_scope")
        texts = [line.removeprefix("- ").strip() for line in group["examples"].splitlines() if line.strip()]
    except (OSError, yaml.YAMLError, KeyError, ValueError, TypeError) as error:
        raise ContentError(OUT_OF_SCOPE, 1, f"is not a file of examples of out_of_scope: {error}") from None
    return tuple(Row(text, Label.NONE, Who.NOT_APPLICABLE, "everyday") for text in texts)
