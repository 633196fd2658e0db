"""The one place that knows the model files: which there are, by hash, and what they were learnt from.

Training writes `manifest.json` last, so that half a training never looks whole.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from bot.errors import ModelError
from bot.settings import ROOT

RASA_MODEL = "signpost.tar.gz"
MANIFEST = "manifest.json"
LEARNT_FROM = ("config.yml", "domain.yml", "data/nlu", "data/rules.yml", "bot/reading/grammar")
"""Files and folders. Answers are not among them, nor is code: editing one needs no training."""


def sha256(path: Path) -> str:
    """The file's sha256 in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def inputs_hash(root: Path = ROOT) -> str:
    """One hash over the names and bytes of everything that the models are learnt from."""
    whole = hashlib.sha256()
    for path in _input_files(root):
        whole.update(f"{path.relative_to(root).as_posix()}\0{sha256(path)}\n".encode())
    return whole.hexdigest()


def _input_files(root: Path) -> Iterator[Path]:
    for name in LEARNT_FROM:
        path = root / name
        if path.is_file():
            yield path
        else:
            yield from sorted(p for p in path.rglob("*") if p.is_file())


def read_manifest(models: Path) -> dict[str, str]:
    """File name to sha256 of each model file. Raises ModelError where it can't be read."""
    files = _manifest(models).get("files")
    if not isinstance(files, dict):
        raise ModelError(f"{models / MANIFEST}: is not a manifest; run `python -m bot train`")
    return {str(name): str(digest) for name, digest in files.items()}


def _manifest(models: Path) -> Mapping[str, object]:
    try:
        manifest = json.loads((models / MANIFEST).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        manifest = None
    if not isinstance(manifest, dict):
        raise ModelError(
            f"{models / MANIFEST}: not there or not readable; run `python -m bot train`"
        )
    return manifest


def verify(models: Path) -> None:
    """Raises ModelError unless every model file is there and is the one that training wrote."""
    for name, digest in read_manifest(models).items():
        path = models / name
        if not path.is_file():
            raise ModelError(f"{path}: missing; run `python -m bot train`")
        if sha256(path) != digest:
            raise ModelError(
                f"{path}: not the file that the training wrote; run `python -m bot train`"
            )


def is_current(models: Path) -> bool:
    """True where the models are whole and were learnt from the inputs as they are now."""
    try:
        verify(models)
        return _manifest(models).get("inputs") == inputs_hash()
    except ModelError:
        return False


def write_manifest(models: Path, names: Iterable[str], inputs: str) -> None:
    """Names the files in `models` by their hashes, in one step."""
    manifest = {"inputs": inputs, "files": {name: sha256(models / name) for name in names}}
    unfinished = models / f"{MANIFEST}.new"
    unfinished.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    unfinished.replace(models / MANIFEST)
