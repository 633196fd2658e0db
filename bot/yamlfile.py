"""Reads a YAML file into plain values and remembers on which line each of them stands, so that
every mistake can be shown as `file:line`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError

from bot.errors import ContentError

Where = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)
# libyaml's parser is about ten times faster; a build of PyYAML without it reads the same files.
Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TEXT = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class YamlFile:
    path: Path
    data: Any
    lines: Mapping[Where, int]
    """Line (from 1) of each value, by its path of keys and list indexes; () is the top."""

    def error(self, where: Where, problem: str) -> ContentError:
        """A mistake at a value, or at the nearest thing around it that is in the file."""
        while where and where not in self.lines:
            where = where[:-1]
        return ContentError(self.path, self.lines.get(where, 1), problem)

    def parse(
        self, model: type[Model], problems: list[ContentError], where: Where = ()
    ) -> Model | None:
        """The value at `where` as a `model`, or None with what is wrong added to `problems`."""
        value = self.data
        for key in where:
            value = value[key]
        try:
            return model.model_validate(value)
        except ValidationError as error:
            for detail in error.errors():
                at = where + tuple(detail["loc"])
                name = ".".join(str(part) for part in at)
                said = (
                    "unknown key"
                    if detail["type"] == "extra_forbidden"
                    else detail["msg"].removeprefix("Value error, ")
                )
                problems.append(self.error(at, f"{name}: {said}" if name else said))
            return None


def read(path: Path, problems: list[ContentError]) -> YamlFile | None:
    """Reads one file. A missing, broken or doubly keyed one adds to `problems`; None when there is
    nothing to go on with.
    """
    try:
        node = yaml.compose(path.read_text(encoding="utf-8"), Loader=Loader)
    except FileNotFoundError:
        problems.append(ContentError(path, 1, "this file is missing"))
        return None
    except UnicodeDecodeError:
        problems.append(ContentError(path, 1, "this file is not UTF-8 text"))
        return None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problems.append(
            ContentError(path, mark.line + 1 if mark else 1, error.problem or "this is not YAML")
        )
        return None
    except yaml.YAMLError as error:
        problems.append(ContentError(path, 1, str(error).splitlines()[0]))
        return None
    lines: dict[Where, int] = {}
    data = _value(node, (), path, lines, problems) if node else None
    if not isinstance(data, dict):
        problems.append(ContentError(path, 1, "this file must hold keys and values"))
        return None
    return YamlFile(path, data, lines)


def load(path: Path, model: type[Model]) -> Model:
    """A whole file as one model. Raises ContentError for its first mistake."""
    problems: list[ContentError] = []
    file = read(path, problems)
    parsed = file.parse(model, problems) if file else None
    if parsed is None or problems:
        raise problems[0]
    return parsed


def _value(
    node: yaml.Node, where: Where, path: Path, lines: dict[Where, int], problems: list[ContentError]
) -> Any:
    lines.setdefault(where, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [
            _value(item, (*where, index), path, lines, problems)
            for index, item in enumerate(node.value)
        ]
    if isinstance(node, yaml.MappingNode):
        found: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key, line = key_node.value, key_node.start_mark.line + 1
            if key in found:
                problems.append(ContentError(path, line, f"{key}: this key is here twice"))
            lines[(*where, key)] = line
            found[key] = _value(value_node, (*where, key), path, lines, problems)
        return found
    # Plain scalars stay what the resolver makes of them, so that dates and yes/no are typed;
    # pydantic checks them.
    return _scalar(node, path, problems)


def _scalar(node: yaml.Node, path: Path, problems: list[ContentError]) -> Any:
    if node.tag == TEXT:
        return node.value
    maker = yaml.SafeLoader("")
    try:
        return maker.construct_object(node)
    except (ValueError, yaml.YAMLError):
        problems.append(
            ContentError(path, node.start_mark.line + 1, f"{node.value}: is not a valid value")
        )
        return None
    finally:
        maker.dispose()
