"""Where the dialogue listens. Standard library only: the supervisor looks there too."""

import os
from pathlib import Path

SOCKET = "dialogue.sock"
"""A link to the socket of the master that serves. Its successor, which has read other content, sets
it to its own once its model is loaded: no turn ever finds nobody there.
"""


def own_socket(run: Path, pid: int | None = None) -> Path:
    """Of one master, by default this one. It goes when the master ends."""
    return run / f"dialogue-{pid or os.getpid()}.sock"


def take_over(run: Path) -> None:
    """From now on this master serves."""
    new = run / f"{SOCKET}.new"
    new.unlink(missing_ok=True)
    new.symlink_to(own_socket(run).name)
    new.replace(run / SOCKET)
