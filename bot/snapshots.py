"""Copies of the content that the service reads: checked, taken whole, and swapped by one link
(`<run>/content`), so that half an edit is never served. Standard library only.
"""

import hashlib
import re
import shutil
from contextlib import suppress
from datetime import date
from pathlib import Path

LINK, PREFIX = "content", "content-"
REQUEST = "reload"
"""A file that `python -m bot reload` leaves in the run directory, and that goes when it is done."""
FAILED = "reload-failed"
"""A file that is there while the newest content could not be taken."""
_CHECKED = re.compile(r"^last_checked: (\d{4}-\d{2}-\d{2})$", re.MULTILINE)


def version(content: Path) -> str:
    """The start of one hash over all files of the content, with their names."""
    whole = hashlib.sha256()
    for file in sorted(path for path in content.rglob("*") if path.is_file()):
        whole.update(f"{file.relative_to(content)}\0{file.stat().st_size}\0".encode())
        whole.update(file.read_bytes())
    return whole.hexdigest()[:12]


def oldest_check(content: Path) -> date | None:
    """When the part of the content that was checked longest ago was checked."""
    found = [
        date.fromisoformat(day)
        for file in content.rglob("*.yml")
        for day in _CHECKED.findall(file.read_text(encoding="utf-8"))
    ]
    return min(found, default=None)


def take(content: Path, run: Path) -> Path:
    """Copies the content into the run directory, unless this version is there. Raises OSError."""
    half = run / f"{PREFIX}new"
    shutil.rmtree(half, ignore_errors=True)
    shutil.copytree(content, half)
    snapshot = run / f"{PREFIX}{version(half)}"
    if snapshot.is_dir():
        shutil.rmtree(half)
    else:
        half.rename(snapshot)
    return snapshot


def serve(snapshot: Path) -> None:
    """From now on this one is served. Only the one before it is kept beside it. Raises OSError."""
    link = snapshot.parent / LINK
    before = link.resolve()
    new = link.with_name(f"{LINK}.new")
    new.unlink(missing_ok=True)
    new.symlink_to(snapshot.name)
    new.replace(link)
    for old in snapshot.parent.glob(f"{PREFIX}*"):
        if old.name not in {snapshot.name, before.name} and old.is_dir():
            with suppress(OSError):
                shutil.rmtree(old)
