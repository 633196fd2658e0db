"""What an organisation's own sign-in says of somebody, and what role that gives here. Pure."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.staff.model import Role

NAME_MAX = 25
MARK = 6
"""Characters of the subject's hash in a name: nobody can choose somebody else's name over there and
be taken for them in our log.
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """Somebody whom the provider vouches for. `subject` is a hash: it tells them from everybody, and
    says nothing else. `name` is what the desk calls them; no local account can have it.
    """

    subject: str
    name: str
    role: Role | None


def identity_of(
    claims: Mapping[str, Any], claim: str, roles: Sequence[tuple[str, str]]
) -> Identity:
    """Reads an ID token that was checked before. `roles`: pairs of a value of `claim` and a role."""
    subject = hashlib.sha256(f"{claims['iss']}\n{claims['sub']}".encode()).hexdigest()
    given = str(claims.get("preferred_username") or claims.get("email") or "")
    plain = re.sub(r"[^a-z0-9.-]", "", given.lower().partition("@")[0])[:NAME_MAX]
    return Identity(
        subject, f"{plain or 'somebody'}@{subject[:MARK]}", role_of(claims, claim, roles)
    )


def role_of(claims: Mapping[str, Any], claim: str, roles: Sequence[tuple[str, str]]) -> Role | None:
    """The first role of the mapping that the claim has a value for. None: there is none, and nothing
    is guessed from anything else.
    """
    held = claims.get(claim)
    values = {held} if isinstance(held, str) else set()
    if isinstance(held, list):
        values = {value for value in held if isinstance(value, str)}
    return next((Role(role) for value, role in roles if value in values), None)
