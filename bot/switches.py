"""What is switched off while the service runs: `<run>/switches`, with a line for each thing that is
not as usual, in the words of `python -m bot switch`. Standard library only.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, get_args

from bot.errors import SignpostError

FILE = "switches"
AUDIT_FILE = "switches.jsonl"
"""Beside the crisis audit."""

Kind = Literal["help-only", "service", "sponsors", "topic"]
KINDS: tuple[Kind, ...] = get_args(Kind)
NAMED: tuple[Kind, ...] = ("service", "topic")
"""Kinds of which there are several: a switch of theirs has a name."""
ALWAYS_ON = "crisis_policy"
"""The topic that nothing switches off: what to do in a crisis."""


@dataclass(frozen=True, slots=True, order=True)
class Switch:
    """One thing that can be switched. `name` is a service's or a topic's id, else ""."""

    kind: Kind
    name: str = ""

    @property
    def unusual(self) -> str:
        """How it stands when it is not as usual: everything is on, and help-only mode is not."""
        return "on" if self.kind == "help-only" else "off"

    def __str__(self) -> str:
        return " ".join(part for part in (self.kind, self.name) if part)


@dataclass(frozen=True, slots=True)
class Switches:
    """All that is not as usual."""

    thrown: frozenset[Switch] = frozenset()

    @property
    def help_only(self) -> bool:
        return Switch("help-only") in self.thrown

    @property
    def sponsors_off(self) -> bool:
        return Switch("sponsors") in self.thrown

    def names(self, kind: Kind) -> frozenset[str]:
        """The services or topics that are off."""
        return frozenset(switch.name for switch in self.thrown if switch.kind == kind)

    def with_(self, switch: Switch, state: str) -> "Switches":
        """As these, with one switch on or off."""
        rest = self.thrown - {switch}
        return Switches(rest | {switch} if state == switch.unusual else rest)

    def lines(self) -> list[str]:
        """As the file holds them."""
        return [f"{switch} {switch.unusual}" for switch in sorted(self.thrown)]


HELP_ONLY = Switches(frozenset({Switch("help-only")}))
"""What holds where nobody can tell what was switched off."""


def parse(words: Iterable[str]) -> tuple[Switch, str]:
    """`service belmarsh off` as a switch and how it is to stand. Raises SignpostError."""
    kind, *rest = list(words) or [""]
    if kind not in KINDS:
        raise SignpostError(f"{kind!r} is none of {', '.join(KINDS)}")
    if len(rest) != (2 if kind in NAMED else 1) or rest[-1] not in {"on", "off"}:
        raise SignpostError(f"write: {kind}{' ID' if kind in NAMED else ''} on|off")
    if rest[0] == ALWAYS_ON:
        raise SignpostError(f"{ALWAYS_ON}: what to do in a crisis is always answered")
    return Switch(kind, rest[0] if kind in NAMED else ""), rest[-1]


def read(run: Path) -> Switches:
    """Raises SignpostError where the file is there and cannot be read as ours."""
    switches = Switches()
    try:
        lines = (run / FILE).read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return switches
    except (OSError, UnicodeDecodeError) as error:
        raise SignpostError(f"{run / FILE}: cannot be read ({type(error).__name__})") from None
    for number, line in enumerate(lines, start=1):
        try:
            switches = switches.with_(*parse(line.split()))
        except SignpostError as error:
            raise SignpostError(f"{run / FILE}:{number}: {error}") from None
    return switches


def write(run: Path, switches: Switches) -> None:
    """Writes the file whole, so that nobody ever reads half of it. Raises OSError."""
    new = run / f"{FILE}.new"
    new.write_text("".join(f"{line}\n" for line in switches.lines()), encoding="utf-8")
    new.replace(run / FILE)


def record(audit: Path, switch: Switch, state: str, now: datetime | None = None) -> None:
    """Notes what kind of thing was switched, and when; not which, nor by whom. Raises OSError."""
    audit.mkdir(mode=0o700, parents=True, exist_ok=True)
    at = (now or datetime.now(UTC)).isoformat(timespec="seconds")
    with (audit / AUDIT_FILE).open("a", encoding="ascii") as file:
        file.write(json.dumps({"at": at, "kind": switch.kind, "state": state}) + "\n")
