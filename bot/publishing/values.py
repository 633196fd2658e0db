"""Changes one value in the text of a YAML file. Everything else stays as it is, byte for byte:
comments, order, quotes, line ends. Pure.

A value is found by its place in the text, written in the style that it had, and the whole is read
again: where that does not give exactly what was asked for, the next style is tried.
"""

import copy
import datetime
import json
from collections.abc import Iterator
from typing import Any

import yaml

from bot.errors import SignpostError

Where = tuple[str, ...]
"""The keys that lead to a value."""
Value = str | datetime.date | tuple[str, ...] | None
"""What a form can hold: a text, a day, a list of texts; None is a key that is not there."""
WIDTH = 160
"""Characters of a line that is written anew, as the content files are."""
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class NotEditable(SignpostError):
    """This value can't be changed in place: it has to be changed in the file."""


def value_at(data: Any, where: Where) -> Value:
    """The value at a place of a file's data; None where there is none."""
    for key in where:
        if not isinstance(data, dict) or key not in data:
            return None
        data = data[key]
    if isinstance(data, list):
        return tuple(map(str, data))
    if isinstance(data, datetime.date):
        return data
    return None if data is None else str(data)


def read(text: str) -> Any:
    """A file's data. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_Loader)  # noqa: S506 - it is one of the safe loaders


def with_value(text: str, where: Where, value: Value) -> str:
    """The text with another value at `where`. Raises NotEditable."""
    data = read(text)
    before = value_at(data, where)
    if before == value:
        return text
    root = yaml.compose(text, Loader=_Loader)
    if root is None:
        raise NotEditable("there is nothing in this file")
    if value is None:
        tries = _without(text, root, where)
    elif before is None:
        tries = _added(text, root, where, value)
    elif isinstance(value, tuple):
        tries = _listed(text, _node(root, where), value)
    else:
        tries = _replaced(text, root, where, value)
    for changed, wanted in tries:
        if _is(changed, data, where, wanted):
            return changed
    raise NotEditable(f"{'.'.join(where)}: can't be changed here: change it in the file")


def _is(text: str, data: Any, where: Where, wanted: object) -> bool:
    """Whether a text holds the old data with one thing changed, and nothing else."""
    expected = copy.deepcopy(data)
    holder = expected
    for key in where[:-1]:
        holder = holder[key]
    if wanted is None:
        holder.pop(where[-1], None)
    else:
        holder[where[-1]] = wanted
    try:
        return bool(read(text) == expected)
    except yaml.YAMLError:
        return False


Tries = Iterator[tuple[str, object]]
"""Texts that may be right, the best first, each with the data that it should hold at the place."""


def _node(node: yaml.Node, where: Where) -> yaml.Node:
    for key in where:
        node = _entry(node, key)[1]
    return node


def _entry(node: yaml.Node, key: str) -> tuple[yaml.Node, yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            if pair[0].value == key:
                return pair[0], pair[1]
    raise NotEditable(f"{key}: is not there")


def _span(text: str, node: yaml.Node) -> tuple[int, int]:
    """Where a value stands, without the empty space that a block takes in behind it."""
    start = node.start_mark.index
    return start, start + len(text[start : node.end_mark.index].rstrip())


def _replaced(text: str, root: yaml.Node, where: Where, value: str | datetime.date) -> Tries:
    key, node = _entry(_node(root, where[:-1]), where[-1])
    start, end = _span(text, node)
    if isinstance(value, datetime.date):
        yield text[:start] + value.isoformat() + text[end:], value
        return
    if not isinstance(node, yaml.ScalarNode):
        return
    old, newline = text[start:end], _newline(text)
    if node.style == ">" and value == " ".join(value.split()):
        indent = " " * (key.start_mark.column + 2)
        header, *lines = old.splitlines()
        if lines:
            indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())] or indent
        folded = newline.join(
            [header, *(indent + line for line in _refolded(lines, value, WIDTH - len(indent)))]
        )
        tail = "\n" if str(node.value).endswith("\n") else ""
        yield text[:start] + folded + text[end:], value + tail
    if node.style == "|":
        header, *lines = old.splitlines()
        indent = lines[0][: len(lines[0]) - len(lines[0].lstrip())] if lines else "  "
        tail = "\n" if str(node.value).endswith("\n") else ""
        literal = [indent + line if line else "" for line in value.split("\n")]
        yield text[:start] + newline.join([header, *literal]) + text[end:], value + tail
    if not node.style:
        yield text[:start] + value + text[end:], value
    yield text[:start] + _quoted(value) + text[end:], value


def _refolded(old: list[str], value: str, width: int) -> list[str]:
    """The text in lines. Lines before the first changed word and behind the last stay as they are,
    so that a reader of the difference sees the change alone.
    """
    lines, words = [line.split() for line in old], value.split()
    first = 0
    while first < len(lines) and lines[first] and words[: len(lines[first])] == lines[first]:
        words = words[len(lines[first]) :]
        first += 1
    last = len(lines)
    while last > first and lines[last - 1] and words[-len(lines[last - 1]) :] == lines[last - 1]:
        words = words[: -len(lines[last - 1])]
        last -= 1
    filled = list[str]()
    for word in words:
        if filled and len(filled[-1]) + 1 + len(word) <= width:
            filled[-1] += f" {word}"
        else:
            filled.append(word)
    return [" ".join(line) for line in lines[:first]] + filled + [" ".join(x) for x in lines[last:]]


def _quoted(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _listed(text: str, node: yaml.Node, value: tuple[str, ...]) -> Tries:
    """A list: what stays keeps its place and its line; what is new comes last."""
    if not isinstance(node, yaml.SequenceNode) or not value:
        return
    kept = [item for item in node.value if item.value in value]
    had = {item.value for item in node.value}
    added = [item for item in dict.fromkeys(value) if item not in had]
    wanted = [item.value for item in kept] + added
    if node.flow_style:
        start, end = _span(text, node)
        for written in (wanted, list(map(_quoted, wanted))):
            yield f"{text[:start]}[{', '.join(written)}]{text[end:]}", wanted
        return
    newline, column = _newline(text), node.start_mark.column
    after = _line_end(text, _span(text, node.value[-1])[1])
    for written in (added, list(map(_quoted, added))):
        lines = "".join(f"{newline}{' ' * column}- {item}" for item in written)
        changed = text[:after] + lines + text[after:]
        for item in reversed([item for item in node.value if item not in kept]):
            begin = text.rfind("\n", 0, item.start_mark.index) + 1
            until = _line_end(text, _span(text, item)[1])
            changed = changed[:begin] + changed[min(until + len(newline), len(changed)) :]
        yield changed, wanted


def _line_end(text: str, index: int) -> int:
    """Where the line ends that something stands on: before its line break."""
    end = text.find("\n", index)
    end = len(text) if end < 0 else end
    return end - 1 if end and text[end - 1 : end + 1] == "\r\n" else end


def _added(text: str, root: yaml.Node, where: Where, value: Value) -> Tries:
    """A key that was not there, behind the last one of a block."""
    holder = _node(root, where[:-1])
    if not isinstance(holder, yaml.MappingNode) or holder.flow_style or not holder.value:
        return
    column, newline = holder.value[0][0].start_mark.column, _newline(text)
    after = _line_end(text, _span(text, holder.value[-1][1])[1])
    begin = f"{newline}{' ' * column}{where[-1]}: "
    if isinstance(value, str):
        if value == " ".join(value.split()):
            inner = " " * (column + 2)
            lines = _refolded([], value, WIDTH - column - 2)
            if len(lines) > 1:
                folded = newline.join([">-", *(inner + line for line in lines)])
                yield text[:after] + begin + folded + text[after:], value
            else:
                yield text[:after] + begin + value + text[after:], value
        yield text[:after] + begin + _quoted(value) + text[after:], value


def _without(text: str, root: yaml.Node, where: Where) -> Tries:
    """Without a key, and the lines that it stands on."""
    key, node = _entry(_node(root, where[:-1]), where[-1])
    begin = text.rfind("\n", 0, key.start_mark.index) + 1
    end = _line_end(text, _span(text, node)[1])
    yield text[:begin] + text[min(end + len(_newline(text)), len(text)) :], None
