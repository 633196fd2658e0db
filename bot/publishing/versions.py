"""Every state of the content that was published: a manifest each (`12.json`), and the files
themselves once each, by their hash (`objects/`). The content folder stays the source: what is
changed there by other means is noted as a version of its own before the next one.
"""

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from bot.errors import SignpostError
from bot.publishing.draft import NAME, Draft, Files, digest, dumped, loaded, mark

IN_THE_FILES = "in the files"
"""Who changed what was changed by other means than here."""
LOCK, JOURNAL, OBJECTS, DRAFTS = "lock", "publishing", "objects", "drafts"


class Changed(SignpostError):
    """The content is no longer what somebody looked at."""


class CannotPublish(SignpostError):
    """Nothing was changed, and why."""


@dataclass(frozen=True, slots=True)
class Version:
    """`files`: the digest of each file; `parent` 0: it is the first."""

    number: int
    at: str
    who: str
    note: str
    parent: int
    files: Mapping[str, str]


class Versions:
    """The versions in one folder, of one content folder."""

    def __init__(self, folder: Path, content: Path) -> None:
        self._folder, self._content = folder, content.resolve()

    def live(self) -> dict[str, bytes]:
        """The content as it is in its folder. Raises OSError."""
        return {
            file.relative_to(self._content).as_posix(): file.read_bytes()
            for file in sorted(self._content.rglob("*.yml"))
        }

    def all(self) -> list[Version]:
        """Newest first. Raises CannotPublish where one can't be read."""
        found = [self._read(file) for file in self._folder.glob("[0-9]*.json")]
        return sorted(found, key=lambda version: -version.number)

    def files(self, version: Version) -> dict[str, bytes]:
        """A version's files, exactly as they were. Raises CannotPublish."""
        found = dict[str, bytes]()
        for name, known in version.files.items():
            try:
                data = (self._folder / OBJECTS / known).read_bytes()
            except OSError as error:
                raise CannotPublish(f"{self._folder / OBJECTS / known}: {error.strerror}") from None
            if digest(data) != known or not NAME.fullmatch(name):
                raise CannotPublish(f"{self._folder / OBJECTS / known}: is not what was published")
            found[name] = data
        return found

    def why_not(self) -> str:
        """Why nothing can be published here; "" where it can."""
        folders = {self._content, *(file.parent for file in self._content.rglob("*.yml"))}
        for folder in sorted(folders):
            if not os.access(folder, os.W_OK):
                return f"{folder} cannot be written to"
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            return f"{self._folder}: {error.strerror}"
        return "" if os.access(self._folder, os.W_OK) else f"{self._folder} cannot be written to"

    def publish(
        self,
        files: Files,
        seen: str,
        who: str,
        note: str,
        take: Callable[[], None] = lambda: None,
    ) -> Version:
        """Makes the content what `files` say, as a new version: whole, or not at all. `seen`: the
        mark of the content that it was made from; `take` has the service take it.

        Raises Changed, and CannotPublish, or what `take` raises, with everything as it was.
        """
        if unknown := [name for name in files if not NAME.fullmatch(name)]:
            raise CannotPublish(f"{unknown[0]}: is no name of a content file")
        with self._locked():
            self._mend()
            before = self.live()
            if mark(before) != seen:
                raise Changed("the content has changed meanwhile")
            try:
                was = self._noted(before)
                self._journal(was)
            except OSError as error:
                raise CannotPublish(f"nothing was changed: {error.strerror}") from None
            try:
                version = self._kept(files, who, note, was)
                self._write(before, files)
                take()
            except BaseException as error:
                self._mend()
                if isinstance(error, OSError):
                    raise CannotPublish(f"nothing was changed: {error.strerror}") from None
                with suppress(SignpostError):
                    take()  # a service that took half of it takes back what was there
                raise
            (self._folder / JOURNAL).unlink()
            return version

    def mend(self) -> bool:
        """Takes back what a process was publishing when it was killed. Raises CannotPublish."""
        if not (self._folder / JOURNAL).exists():
            return False
        with self._locked():
            return self._mend()

    def _mend(self) -> bool:
        try:
            told = json.loads((self._folder / JOURNAL).read_text(encoding="ascii"))
        except FileNotFoundError:
            return False
        versions = {version.number: version for version in self.all()}
        try:
            self._write(self.live(), self.files(versions[told["from"]]))
            (self._folder / f"{told['to']}.json").unlink(missing_ok=True)
            (self._folder / JOURNAL).unlink()
        except OSError as error:
            raise CannotPublish(
                f"{self._content}: half of a version is there and can't be taken back: "
                f"{error.strerror}; it is when this works again"
            ) from None
        return True

    def _noted(self, live: Files) -> Version:
        """The newest version, which is what is live: noted now where it was not."""
        newest = next(iter(self.all()), None)
        if newest is not None and newest.files == {n: digest(data) for n, data in live.items()}:
            return newest
        return self._kept(live, IN_THE_FILES, "", newest)

    def _kept(self, files: Files, who: str, note: str, parent: Version | None) -> Version:
        number = parent.number + 1 if parent else 1
        objects = self._folder / OBJECTS
        objects.mkdir(mode=0o700, exist_ok=True)
        for data in files.values():
            if not (objects / digest(data)).exists():
                _put(objects / digest(data), data)
        version = Version(
            number,
            datetime.now(UTC).isoformat(timespec="seconds"),
            who,
            note,
            parent.number if parent else 0,
            {name: digest(files[name]) for name in sorted(files)},
        )
        told = json.dumps(asdict(version), ensure_ascii=False, indent=1)
        _put(self._folder / f"{number}.json", told.encode())
        return version

    def _journal(self, was: Version) -> None:
        told = json.dumps({"from": was.number, "to": was.number + 1})
        _put(self._folder / JOURNAL, told.encode())

    def _write(self, before: Files, after: Files) -> None:
        """Makes the content folder hold `after`, a file at a time. Raises OSError."""
        for left in self._content.rglob(".*.yml.new"):
            left.unlink()
        for name, data in after.items():
            if before.get(name) != data:
                (self._content / name).parent.mkdir(exist_ok=True)
                _put(self._content / name, data)
        for name in before.keys() - after.keys():
            (self._content / name).unlink()

    def _read(self, file: Path) -> Version:
        try:
            return Version(**json.loads(file.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            raise CannotPublish(f"{file}: cannot be read") from None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Nobody else publishes meanwhile, in whatever process."""
        if why := self.why_not():
            raise CannotPublish(why)
        try:
            lock = (self._folder / LOCK).open("w")
        except OSError as error:
            raise CannotPublish(f"{self._folder}: {error.strerror}") from None
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    # Drafts: one a person, so that nothing is lost when a session is over.

    def draft(self, who: str) -> Draft:
        """What somebody has not published yet."""
        try:
            return loaded((self._folder / DRAFTS / f"{who}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError, KeyError, TypeError):
            return Draft()

    def keep_draft(self, who: str, draft: Draft) -> None:
        """Raises CannotPublish."""
        file = self._folder / DRAFTS / f"{who}.json"
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if draft:
                _put(file, dumped(draft).encode())
            else:
                file.unlink(missing_ok=True)
        except OSError as error:
            raise CannotPublish(f"{file}: {error.strerror}") from None


def _put(file: Path, data: bytes) -> None:
    """Writes a file whole, so that nobody ever reads half of it; its mode stays. Raises OSError."""
    new = file.with_name(f".{file.name}.new")
    try:
        with new.open("wb") as writing:
            writing.write(data)
            writing.flush()
            os.fsync(writing.fileno())
        if file.exists():
            shutil.copymode(file, new)
        new.replace(file)
    except OSError:
        with suppress(OSError):
            new.unlink(missing_ok=True)
        raise
