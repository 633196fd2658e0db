"""Who may do what, and when somebody is locked out. Frozen values and pure functions."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from bot.publishing.draft import HELP_FILES


class Role(StrEnum):
    CO_ORDINATOR = "co-ordinator"
    EDITOR = "editor"
    SAFETY_OFFICER = "safety-officer"
    ADMINISTRATOR = "administrator"


class Part(StrEnum):
    """A part of the desk: whoever may open it may do all that is there."""

    SPONSORS = "sponsors"
    CONTENT = "content"
    UNANSWERED = "unanswered"
    SWITCHES = "switches"
    CRISIS = "crisis"
    ACCOUNTS = "accounts"
    LOG = "log"


ALLOWED: Mapping[Role, frozenset[Part]] = {
    Role.CO_ORDINATOR: frozenset({Part.SPONSORS}),
    Role.EDITOR: frozenset({Part.CONTENT, Part.UNANSWERED}),
    Role.SAFETY_OFFICER: frozenset({Part.CONTENT, Part.CRISIS, Part.SWITCHES}),
    Role.ADMINISTRATOR: frozenset({Part.CONTENT, Part.ACCOUNTS, Part.LOG}),
}
"""An administrator says who is let in and sees what was done, and does not see people."""

FAILURES_MAX = 5
LOCKED = timedelta(minutes=15)
INVITED = timedelta(hours=24)
PASSWORD_MIN, PASSWORD_MAX = 12, 128
"""Characters. NIST SP 800-63B asks for 8 beside a second factor and forbids rules of composition."""
_NAME = re.compile(r"[a-z][a-z0-9.-]{1,31}")


def parts(role: Role) -> tuple[Part, ...]:
    """The parts that a role may open, in the order in which they are shown."""
    return tuple(part for part in Part if part in ALLOWED[role])


def may_publish(role: Role, files: Collection[str]) -> bool:
    """Whether a role may publish changes of these content files: what somebody in a crisis reads is
    for the clinical safety officer, or an administrator.
    """
    return role is not Role.EDITOR or HELP_FILES.isdisjoint(files)


def checked_name(text: str) -> str:
    """The name that somebody signs in with. Raises ValueError with a sentence."""
    name = text.strip().lower()
    if not _NAME.fullmatch(name):
        raise ValueError(
            "a name to sign in with begins with a letter and has 2 to 32 small letters, digits, "
            "dots and hyphens, as in alex.specimen"
        )
    return name


@dataclass(frozen=True, slots=True)
class Lock:
    """How often signing in failed in a row, and until when nobody may try."""

    failures: int = 0
    until: datetime | None = None

    def holds(self, now: datetime) -> bool:
        return self.until is not None and now < self.until

    def tried(self, now: datetime) -> "Lock":
        """After one more try, counted before its outcome is known: tries that are made at once are
        counted too. The fifth locks for a quarter of an hour, and begins a new row.
        """
        failures = self.failures + 1
        if failures < FAILURES_MAX:
            return Lock(failures, None)
        return Lock(0, now + LOCKED)


@dataclass(frozen=True, slots=True)
class Account:
    """An account as others see it: nothing of it opens anything."""

    id: str
    name: str
    role: Role
    is_set_up: bool
    is_removed: bool
    lock: Lock = Lock()
