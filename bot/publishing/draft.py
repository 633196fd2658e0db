"""A draft: what somebody wants to change, as single values and as whole files, on whatever the
content is by then. Frozen values and pure functions.
"""

import datetime
import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import yaml

from bot.publishing.values import NotEditable, Value, Where, read, value_at, with_value

Files = Mapping[str, bytes]
"""The content: files by their path in its folder."""
NAME = re.compile(r"(?:(?:services|eligibility)/)?[a-z][a-z0-9_]{0,60}\.yml")
"""Paths that the content may have. No other file is ever read or written."""
HELP_FILES = frozenset({"crisis.yml", "languages.yml"})
"""Files with help lines: what somebody in a crisis reads."""


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def mark(files: Files) -> str:
    """Tells one state of the content from every other."""
    lines = sorted(f"{name} {digest(data)}" for name, data in files.items())
    return digest("\n".join(lines).encode())


def changed(before: Files, after: Files) -> tuple[str, ...]:
    """The files in which two states differ."""
    return tuple(
        sorted(name for name in before.keys() | after.keys() if before.get(name) != after.get(name))
    )


@dataclass(frozen=True, slots=True)
class Edit:
    """One value that is changed. `before`: as it was when somebody changed it."""

    file: str
    where: Where
    before: Value
    after: Value

    @property
    def place(self) -> str:
        return place(self.file, self.where)


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole file that was imported. `base`: the digest of what it replaces; "": there was none."""

    file: str
    base: str
    text: str


@dataclass(frozen=True, slots=True)
class Clash:
    """A change of something that somebody else has changed meanwhile. `now`: what they made of it."""

    change: Edit | Whole
    now: Value


@dataclass(frozen=True, slots=True)
class Draft:
    """Whole files come first, and single values on top of them."""

    wholes: tuple[Whole, ...] = ()
    edits: tuple[Edit, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.wholes or self.edits)

    @property
    def files(self) -> frozenset[str]:
        """The files that it changes."""
        return frozenset(one.file for one in self.wholes) | {one.file for one in self.edits}

    def with_edit(self, edit: Edit) -> "Draft":
        """With one more change, or another one of the same value."""
        earlier = next((one for one in self.edits if one.place == edit.place), None)
        rest = tuple(one for one in self.edits if one.place != edit.place)
        if earlier is not None:
            edit = replace(edit, before=earlier.before)
        return replace(self, edits=(*rest, edit) if edit.before != edit.after else rest)

    def with_whole(self, whole: Whole) -> "Draft":
        """With a whole file, which goes over all that was changed in it."""
        return Draft(
            (*(one for one in self.wholes if one.file != whole.file), whole),
            tuple(one for one in self.edits if one.file != whole.file),
        )

    def clashing(self, files: Files) -> dict[str, Clash]:
        """What clashes, by its place."""
        return {_name(clash.change): clash for clash in self.onto(files)[1]}

    def without(self, place: str) -> "Draft":
        """Without one change: of a value, or a whole file by its name."""
        return Draft(
            tuple(one for one in self.wholes if one.file != place),
            tuple(one for one in self.edits if one.place != place),
        )

    def settled(self, files: Files, place: str) -> "Draft":
        """With the change at `place` as one of what is there now: mine goes."""
        if (clash := self.clashing(files).get(place)) is None:
            return self
        if isinstance(clash.change, Edit):
            mine = replace(clash.change, before=clash.now)
            return self.without(place).with_edit(mine)
        whole = replace(clash.change, base=digest(files.get(place, b"")) if place in files else "")
        return replace(
            self, wholes=tuple(whole if one.file == place else one for one in self.wholes)
        )

    def onto(self, files: Files) -> tuple[dict[str, bytes], tuple[Clash, ...]]:
        """The content with this draft, and what of it clashes, or can't be done, and was left out."""
        result, clashes = dict(files), list[Clash]()
        for whole in self.wholes:
            now = files.get(whole.file)
            data = whole.text.encode()
            if now != data and (digest(now) if now is not None else "") != whole.base:
                clashes.append(Clash(whole, None))
            else:
                result[whole.file] = data
        for edit in self.edits:
            now_at: Value = None
            try:
                text = result.get(edit.file, b"").decode()
                now_at = value_at(read(text), edit.where)
                if now_at == edit.before:
                    result[edit.file] = with_value(text, edit.where, edit.after).encode()
                elif now_at != edit.after:
                    clashes.append(Clash(edit, now_at))
            except (NotEditable, yaml.YAMLError, UnicodeDecodeError):
                clashes.append(Clash(edit, now_at))
        return result, tuple(clashes)


def place(file: str, where: Where) -> str:
    """A value's name in an address: `services/belmarsh.yml:answers.visits.text`."""
    return f"{file}:{'.'.join(where)}"


def _name(change: Edit | Whole) -> str:
    return change.place if isinstance(change, Edit) else change.file


def dumped(draft: Draft) -> str:
    return json.dumps(asdict(draft), default=lambda day: {"day": day.isoformat()}, indent=1)


def loaded(text: str) -> Draft:
    """Raises ValueError, KeyError or TypeError where it is not one of ours."""
    told = json.loads(text)
    return Draft(
        tuple(Whole(**one) for one in told["wholes"]),
        tuple(
            Edit(one["file"], tuple(one["where"]), _value(one["before"]), _value(one["after"]))
            for one in told["edits"]
        ),
    )


def _value(told: Any) -> Value:
    if isinstance(told, dict):
        return datetime.date.fromisoformat(told["day"])
    return tuple(told) if isinstance(told, list) else told
