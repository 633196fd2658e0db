"""What `python -m bot train` adds to Rasa's own training."""

import io
import json
import tarfile
from pathlib import Path

from bot.training.train import METADATA, RULES, make_repeatable

A_MODEL = {
    METADATA: '{"model_id": "x", "trained_at": "1", "project_fingerprint": "x",'
    ' "nodes": [{"output_fingerprint": "x"}]}',
    RULES: '{"lookup": {"rules_not_in_stories": ["a", "b"]}}',
    "components/a.json": '{"a": 1}',
}
THE_SAME = {
    "components/a.json": '{"a": 1}',
    RULES: '{"lookup": {"rules_not_in_stories": ["b", "a"]}}',
    METADATA: '{"model_id": "y", "trained_at": "2", "project_fingerprint": null,'
    ' "nodes": [{"output_fingerprint": "y"}]}',
}
ANOTHER = {**A_MODEL, "components/a.json": '{"a": 2}'}


def made(path: Path, files: dict[str, str], made_from: str = "0123") -> bytes:
    """The archive, as Rasa packs it and as it is afterwards."""
    with tarfile.open(path, "w:gz") as tar:
        for at, (name, text) in enumerate(files.items()):
            info = tarfile.TarInfo(name)
            info.size, info.mtime = len(text), at
            tar.addfile(info, io.BytesIO(text.encode()))
    make_repeatable(path, made_from)
    return path.read_bytes()


def test_the_same_model_is_the_same_file(tmp_path: Path) -> None:
    """Rasa gives each training random ids and the time, and packs files as it finds them."""
    one, same, another, from_others = (
        made(tmp_path / "one", A_MODEL),
        made(tmp_path / "same", THE_SAME),
        made(tmp_path / "another", ANOTHER),
        made(tmp_path / "from_others", A_MODEL, "4567"),
    )
    assert one == same
    assert one not in (another, from_others)


def test_nothing_else_of_the_model_is_touched(tmp_path: Path) -> None:
    made(tmp_path / "one", A_MODEL)
    with tarfile.open(tmp_path / "one") as tar:
        files = {member.name: tar.extractfile(member) for member in tar.getmembers()}
        content = {name: json.load(file) for name, file in files.items() if file}
    assert content["components/a.json"] == {"a": 1}
    assert content[RULES] == json.loads(A_MODEL[RULES])
    assert content[METADATA]["nodes"] == [{"output_fingerprint": "0123"}]
