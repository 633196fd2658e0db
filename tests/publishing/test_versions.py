"""Versions: published whole or not at all, whatever fails and whenever the process is killed, and
back to any of them byte for byte. Drafts: nothing that somebody wrote is lost.
"""

import errno
import json
import os
import signal
import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import pytest

from bot.errors import SignpostError
from bot.publishing import versions as module
from bot.publishing.archive import NotImported, known, packed, unpacked
from bot.publishing.draft import Draft, Edit, Whole, changed, digest, dumped, loaded, mark
from bot.publishing.versions import IN_THE_FILES, CannotPublish, Changed, Versions
from tests.conftest import ROOT

FIRST = {
    "crisis.yml": b"line: 116 123\r\n",
    "general.yml": "owner: a\nsay: é  # note\n".encode(),
    "services/a.yml": b"status: current\ntext: one",
}
SECOND = {**FIRST, "general.yml": b"owner: b\n", "services/b.yml": b"id: b\n"}


@pytest.fixture
def content(tmp_path: Path) -> Path:
    for name, data in FIRST.items():
        (tmp_path / "content" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "content" / name).write_bytes(data)
    return tmp_path / "content"


@pytest.fixture
def versions(tmp_path: Path, content: Path) -> Versions:
    return Versions(tmp_path / "versions", content)


def publish(versions: Versions, files: dict[str, bytes], note: str = "a note") -> int:
    return versions.publish(files, mark(versions.live()), "robin.pretend", note).number


def test_what_is_published_is_live_and_what_was_there_is_a_version_too(versions: Versions) -> None:
    assert publish(versions, SECOND) == 2
    assert versions.live() == SECOND
    new, old = versions.all()
    assert (new.who, new.note, new.parent) == ("robin.pretend", "a note", 1)
    assert (old.who, old.parent) == (IN_THE_FILES, 0)
    assert versions.files(new) == SECOND
    assert versions.files(old) == FIRST


def test_any_version_comes_back_byte_for_byte_as_a_new_one(versions: Versions) -> None:
    publish(versions, SECOND)
    publish(versions, {**SECOND, "crisis.yml": b"line: 999\n"})
    oldest = versions.all()[-1]
    assert publish(versions, versions.files(oldest), "back to 1") == 4
    assert versions.live() == FIRST  # what was added since is gone
    assert [version.number for version in versions.all()] == [4, 3, 2, 1]


def test_what_is_changed_by_hand_is_noted_before_the_next_version(
    versions: Versions, content: Path
) -> None:
    publish(versions, SECOND)
    (content / "general.yml").write_bytes(b"owner: by hand\n")
    assert publish(versions, FIRST) == 4
    assert [version.who for version in versions.all()][1] == IN_THE_FILES
    assert versions.files(versions.all()[1])["general.yml"] == b"owner: by hand\n"


def test_what_changed_since_somebody_looked_is_not_overwritten(
    versions: Versions, content: Path
) -> None:
    seen = mark(versions.live())
    (content / "general.yml").write_bytes(b"owner: by hand\n")
    with pytest.raises(Changed):
        versions.publish(SECOND, seen, "robin.pretend", "")
    assert versions.live()["general.yml"] == b"owner: by hand\n"
    assert versions.all() == []


def test_a_service_that_refuses_it_takes_everything_back(versions: Versions) -> None:
    asked = list[dict[str, bytes]]()

    def take() -> None:
        asked.append(versions.live())
        if len(asked) == 1:
            raise SignpostError("not reloaded")

    with pytest.raises(SignpostError, match="not reloaded"):
        versions.publish(SECOND, mark(FIRST), "robin.pretend", "", take)
    assert asked == [SECOND, FIRST]  # and is asked to take what was there
    assert versions.live() == FIRST
    assert [version.number for version in versions.all()] == [1]


ALL_WRITES = 10
"""Three files and their version, the journal, two files and their version, two live files."""


@pytest.mark.parametrize("writes", range(1, ALL_WRITES + 2))
@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EROFS])
def test_a_disk_that_fails_at_any_write_changes_nothing(
    versions: Versions, monkeypatch: pytest.MonkeyPatch, writes: int, error: int
) -> None:
    put, count = module._put, [0]

    def failing(file: Path, data: bytes) -> None:
        count[0] += 1
        if count[0] == writes:
            raise OSError(error, os.strerror(error))
        put(file, data)

    monkeypatch.setattr(module, "_put", failing)
    if writes <= ALL_WRITES:
        with pytest.raises(CannotPublish, match="nothing was changed"):
            publish(versions, SECOND)
        assert versions.live() == FIRST
        assert {version.number for version in versions.all()} <= {1}
    else:
        publish(versions, SECOND)
        assert versions.live() == SECOND
    monkeypatch.setattr(module, "_put", put)
    assert publish(versions, {**SECOND, "crisis.yml": b"x: 1\n"}) <= 4
    assert versions.live()["crisis.yml"] == b"x: 1\n"


KILLED = """
import os, signal, sys
from pathlib import Path
from bot.publishing import versions as module
from bot.publishing.draft import mark
from bot.publishing.versions import Versions
put, left = module._put, [int(sys.argv[3])]
def dying(file, data):
    left[0] -= 1
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    put(file, data)
module._put = dying
versions = Versions(Path(sys.argv[1]), Path(sys.argv[2]))
files = {**versions.live(), "general.yml": b"owner: b\\n", "services/b.yml": b"id: b\\n"}
versions.publish(files, mark(versions.live()), "robin.pretend", "")
"""


@pytest.mark.parametrize("writes", range(1, ALL_WRITES + 2))
def test_killed_between_two_files_it_is_mended_at_the_next_start(
    versions: Versions, tmp_path: Path, content: Path, writes: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", KILLED, tmp_path / "versions", content, str(writes)], cwd=ROOT
    )
    assert done.returncode in {-signal.SIGKILL, 0}
    versions.mend()
    was = SECOND if done.returncode == 0 else FIRST
    assert versions.live() == was
    assert not list(content.rglob(".*"))
    assert not versions.mend()
    publish(versions, {**was, "crisis.yml": b"x: 1\n"})
    assert versions.live()["crisis.yml"] == b"x: 1\n"


def test_it_is_between_two_files_that_the_test_above_kills(
    versions: Versions, tmp_path: Path, content: Path
) -> None:
    subprocess.run([sys.executable, "-c", KILLED, tmp_path / "versions", content, "10"], cwd=ROOT)
    live = versions.live()
    assert (live["general.yml"], "services/b.yml" in live) == (b"owner: b\n", False)


def test_a_version_that_was_tampered_with_is_not_taken(versions: Versions, tmp_path: Path) -> None:
    publish(versions, SECOND)
    (tmp_path / "versions" / "objects" / digest(b"owner: b\n")).write_bytes(b"owner: mallory\n")
    with pytest.raises(CannotPublish, match="is not what was published"):
        versions.files(versions.all()[0])
    (tmp_path / "versions" / "2.json").write_text("{}")
    with pytest.raises(CannotPublish, match="cannot be read"):
        versions.all()


@pytest.mark.parametrize("name", ["../x.yml", "/etc/x.yml", "other/x.yml", "x.txt", ".x.yml"])
def test_no_other_file_is_ever_written(versions: Versions, tmp_path: Path, name: str) -> None:
    with pytest.raises(CannotPublish, match="no name of a content file"):
        publish(versions, {**FIRST, name: b"x: 1\n"})
    assert versions.live() == FIRST
    for data in (packed({name: b"x: 1\n"}), b"x: 1\n"):
        with pytest.raises(NotImported, match="no name of a content file"):
            unpacked(name, data)


def test_a_folder_that_is_read_only_is_said(
    versions: Versions, content: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert versions.why_not() == ""
    monkeypatch.setattr("os.access", lambda path, mode: path != content / "services")
    assert versions.why_not() == f"{content / 'services'} cannot be written to"
    with pytest.raises(CannotPublish, match="cannot be written to"):
        publish(versions, SECOND)


# Import and export


def test_export_and_import_are_exact() -> None:
    assert unpacked("x.zip", packed(FIRST)) == FIRST
    assert packed(FIRST) == packed(dict(reversed(FIRST.items())))
    for name, data in FIRST.items():
        assert unpacked(name, data) == {name: data}


def zipped(*sizes: int) -> bytes:
    whole = BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, size in enumerate(sizes):
            archive.writestr(f"services/a{number}.yml", b"#" * size)
    return whole.getvalue()


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"PK\x03\x04 and no zip", "not a zip"),
        (zipped(9_000_000), "too large"),
        (zipped(*[1] * 101), "too large"),
        (packed(FIRST)[:-30], "not a zip"),
        (packed({"crisis.yml": b"\xff\xfe"}), "not UTF-8"),
        (packed({}), "there is no file in it|not a zip|no name"),
    ],
)
def test_what_is_no_content_is_refused(data: bytes, why: str) -> None:
    with pytest.raises(NotImported, match=why):
        unpacked("given.zip", data)


def test_what_has_no_place_in_the_content_is_refused() -> None:
    live = ("crisis.yml", "services/a.yml")
    for path in ("crisis.yml", "services/a.yml", "services/new.yml"):
        assert known({path: b""}, live) == {path: b""}
    for path in ("wrong.yml", "eligibility/more.yml"):
        with pytest.raises(NotImported, match=f"{path}: is no file of the content"):
            known({"crisis.yml": b"", path: b""}, live)


# Drafts

STATUS = Edit("services/a.yml", ("status",), "current", "withdrawn")
TEXT = Edit("services/a.yml", ("text",), "one", "two")


def test_a_draft_changes_what_it_says_on_whatever_is_there() -> None:
    draft = Draft().with_edit(STATUS)
    files, clashes = draft.onto({**FIRST, "services/a.yml": b"status: current\ntext: other"})
    assert files["services/a.yml"] == b"status: withdrawn\ntext: other"
    assert clashes == ()
    assert changed(FIRST, files) == ("services/a.yml",)


def test_two_changes_of_one_value_clash_and_neither_is_lost() -> None:
    draft = Draft().with_edit(STATUS).with_edit(TEXT)
    now = {**FIRST, "services/a.yml": b"status: under_review\ntext: one"}
    files, (clash,) = draft.onto(now)
    assert files["services/a.yml"] == b"status: under_review\ntext: two"
    assert (clash.change, clash.now) == (STATUS, "under_review")
    mine = draft.settled(now, STATUS.place)
    assert mine.onto(now)[0]["services/a.yml"] == b"status: withdrawn\ntext: two"
    theirs = draft.without(STATUS.place)
    assert theirs.onto(now)[0]["services/a.yml"] == b"status: under_review\ntext: two"


def test_a_change_that_somebody_made_already_is_no_clash() -> None:
    now = {**FIRST, "services/a.yml": b"status: withdrawn\ntext: one"}
    assert Draft().with_edit(STATUS).onto(now) == (now, ())


def test_a_change_taken_back_is_none() -> None:
    draft = Draft().with_edit(STATUS)
    back = Edit("services/a.yml", ("status",), "withdrawn", "current")
    assert not draft.with_edit(back)


def test_a_whole_file_clashes_with_another_one() -> None:
    draft = Draft().with_whole(Whole("general.yml", digest(FIRST["general.yml"]), "owner: c\n"))
    assert draft.onto(FIRST)[0]["general.yml"] == b"owner: c\n"
    files, (clash,) = draft.onto(SECOND)
    assert (files, clash.change.file) == (SECOND, "general.yml")
    assert draft.settled(SECOND, "general.yml").onto(SECOND)[0]["general.yml"] == b"owner: c\n"


def test_a_draft_is_kept_whole(versions: Versions, tmp_path: Path) -> None:
    draft = (
        Draft()
        .with_whole(Whole("general.yml", "", "owner: “c”\r\n"))
        .with_edit(STATUS)
        .with_edit(Edit("crisis.yml", ("a",), ("x", "y"), ("y",)))
    )
    assert loaded(dumped(draft)) == draft
    versions.keep_draft("robin.pretend", draft)
    assert versions.draft("robin.pretend") == draft
    assert versions.draft("somebody.else") == Draft()
    versions.keep_draft("robin.pretend", Draft())
    assert not list((tmp_path / "versions" / "drafts").iterdir())
    (tmp_path / "versions" / "drafts" / "robin.pretend.json").write_text(json.dumps([]))
    assert versions.draft("robin.pretend") == Draft()
