"""The operator's token: who can read the service's own folder on its own machine is not rate
limited (`python -m bot ask`).
"""

import os
import secrets
from pathlib import Path

TOKEN_FILE = "operator.token"  # noqa: S105
DRAINING = "draining"
"""A file in the run folder: the service answers as ever, and will soon be stopped."""


def write_operator_token(run: Path) -> None:
    """Writes a new token, in one step and for our user's eyes only. Raises OSError."""
    new = run / f"{TOKEN_FILE}.new"
    new.unlink(missing_ok=True)
    with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_urlsafe(32))
    new.replace(run / TOKEN_FILE)


def read_operator_token(run: Path) -> str:
    """The token that the supervisor wrote at its start, or "" where there is none."""
    file = run / TOKEN_FILE
    return file.read_text(encoding="ascii").strip() if file.is_file() else ""
