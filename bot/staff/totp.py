"""One-time codes of an authenticator app: RFC 6238 with its usual values (SHA-1, 30 seconds, six
digits). Pure.
"""

import base64
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.constant_time import bytes_eq
from cryptography.hazmat.primitives.twofactor.hotp import HOTP

SECRET_BYTES = 20
STEP_SECONDS = 30
DIGITS = 6
DRIFT_STEPS = 1
"""A phone's clock may be so many steps off, either way."""


def code_at(secret: bytes, step: int) -> str:
    """The code of a step (seconds since 1970 // STEP_SECONDS)."""
    return HOTP(secret, DIGITS, hashes.SHA1()).generate(step).decode()  # noqa: S303


def step_of(secret: bytes, typed: str, seconds: float, last: int) -> int | None:
    """The step whose code was typed at a time (seconds since 1970), later than the last one that was
    taken: a code opens something once. None: it is no such code.
    """
    code = "".join(typed.split()).encode()
    now = int(seconds) // STEP_SECONDS
    for step in range(now - DRIFT_STEPS, now + DRIFT_STEPS + 1):
        if step > last and bytes_eq(code_at(secret, step).encode(), code):
            return step
    return None


def written(secret: bytes) -> str:
    """A secret as authenticator apps take it by hand: base32 in groups of four."""
    text = base64.b32encode(secret).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def link(secret: bytes, issuer: str, name: str) -> str:
    """The otpauth address that such apps open."""
    key = written(secret).replace(" ", "")
    label = f"{quote(issuer, safe='')}:{quote(name, safe='')}"
    return f"otpauth://totp/{label}?secret={key}&issuer={quote(issuer, safe='')}"
