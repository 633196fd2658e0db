"""Starts `child.py` on a copy of a draft: the same checks and the same answers as the service's, and
nothing that runs is touched.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bot.errors import SignpostError
from bot.publishing.child import Asked, Checked, Told
from bot.publishing.draft import Files
from bot.settings import ROOT, Settings

CHECK_SECONDS, ASK_SECONDS = 300, 600


_running = set[subprocess.Popen[str]]()


class CannotTry(SignpostError):
    """The child ended without an answer."""


def check(settings: Settings, files: Files) -> Checked:
    """What is wrong with files, and what is overdue in them. Raises CannotTry."""
    told = _child(settings, files, "check", [], CHECK_SECONDS)
    return Checked(tuple(told["problems"]), tuple(told["warnings"]))


def ask(settings: Settings, files: Files, question: Asked) -> Told:
    """What somebody would be told. Raises CannotTry."""
    [[_, told]] = _child(settings, files, "ask", [question], ASK_SECONDS)
    return Told(**told)


def recorded(settings: Settings, files: Files) -> list[tuple[Asked, Told]]:
    """What our own test questions are answered. Raises CannotTry."""
    pairs = _child(settings, files, "recorded", [], ASK_SECONDS)
    return [(Asked(**asked), Told(**told)) for asked, told in pairs]


def _child(
    settings: Settings, files: Files, what: str, questions: list[Asked], seconds: float
) -> Any:
    with tempfile.TemporaryDirectory(prefix="signpost-draft-") as folder:
        content, out = Path(folder) / "content", Path(folder) / "answer.json"
        for name, data in files.items():
            (content / name).parent.mkdir(parents=True, exist_ok=True)
            (content / name).write_bytes(data)
        try:
            child = subprocess.Popen(  # noqa: S603 - nothing of it is somebody's
                [sys.executable, "-m", "bot.publishing.child", what, str(out)],
                cwd=ROOT,
                env={
                    **os.environ,
                    "SIGNPOST_CONTENT": str(content),
                    "SIGNPOST_MODELS": str(settings.models),
                    "OMP_NUM_THREADS": "1",
                    "OPENBLAS_NUM_THREADS": "1",
                },
                text=True,
                stdin=subprocess.PIPE,
                # What it says of itself may hold the words of a question.
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            given = json.dumps([{"text": one.text, "after": one.after} for one in questions])
            _finish(child, given, seconds)
            return json.loads(out.read_text(encoding="utf-8"))
        except (subprocess.SubprocessError, OSError, ValueError) as error:
            raise CannotTry(
                f"the draft could not be checked or tried: {type(error).__name__}"
            ) from None


def _finish(child: subprocess.Popen[str], given: str, seconds: float) -> None:
    """Waits until it is done. Raises SubprocessError and OSError."""
    with child:
        _running.add(child)
        try:
            child.communicate(given, timeout=seconds)
        except BaseException:
            child.kill()
            raise
        finally:
            _running.discard(child)
    if child.returncode:
        raise subprocess.CalledProcessError(child.returncode, "child")


def stop() -> None:
    """Ends every child that runs: who stops the desk does not wait for a trial."""
    for child in list(_running):
        child.kill()
