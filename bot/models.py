"""The one place that knows the model files: which there are, by hash, and what they were learnt from.

Two folders hold models. `packages/signpost-models` is part of this repository: the encoders as a
maintainer's release taught them, with a card. `models/` is made from it and from the content by
`python -m bot train`; its `manifest.json` is written last, so that half a training never looks
whole.

What something was learnt from is compared by its content, as YAML reads it: a comment, a quote or
an indent is no change.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.errors import ModelError
from bot.settings import ROOT

RASA_MODEL = "signpost.tar.gz"
MANIFEST = "manifest.json"
RELEASE = ROOT / "packages" / "signpost-models"
RELEASE_CARD = "card.json"
CORPUS, CALIBRATION = "data/crisis/train", "data/crisis/calibration"
GRAMMAR, EXAMPLES = "bot/reading/grammar", "data/nlu"
RELEASED_FROM = {
    "crisis": (CORPUS, f"{GRAMMAR}/spelling.yml"),
    "light": (CORPUS, CALIBRATION, GRAMMAR),
    "intents": (EXAMPLES,),
}
"""What each part of the release is learnt from. The crisis parts see some questions of the examples
too, as ordinary language; one more or less of those makes no difference to them.
"""
LEARNT_FROM = (
    "config.yml",
    "domain.yml",
    "data/rules.yml",
    EXAMPLES,
    *RELEASED_FROM["light"],
    f"packages/signpost-models/{RELEASE_CARD}",
)
"""Files and folders. Answers are not among them, nor is code: editing one needs no training."""
_STALE = {
    "crisis": "the crisis encoder has not learnt from all that is in data/crisis/train now",
    "intents": "the intent encoder has not learnt from all that is in data/nlu now",
}

SCREEN = ("safety.npz", "safety.onnx", "tokenizer.json")
"""What the crisis screen loads beside its grammar."""
REQUIRED = (RASA_MODEL, *SCREEN)
"""What every manifest has to name: a file that it leaves out would be loaded unchecked."""


def sha256(path: Path) -> str:
    """The file's sha256 in hexadecimal. Raises OSError."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def content_hash(places: Iterable[str], root: Path = ROOT) -> str:
    """One hash over what is said in YAML files: those named, and all in the folders named. Which
    file of a folder says it does not count, nor does a file that is not there.
    """
    whole = hashlib.sha256()
    for place in places:
        found = sorted(hashlib.sha256(_content(path)).hexdigest() for path in _files(root / place))
        whole.update(f"{place}\0{' '.join(found)}\n".encode())
    return whole.hexdigest()


def _files(place: Path) -> Iterator[Path]:
    if place.is_dir():
        yield from (path for path in place.rglob("*") if path.is_file())
    elif place.is_file():
        yield place


def _content(path: Path) -> bytes:
    """The file as YAML reads it, or its bytes where YAML can't: that mistake is told elsewhere."""
    raw = path.read_bytes()
    try:
        data = yaml.load(raw, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))  # noqa: S506
    except yaml.YAMLError:
        return raw
    return json.dumps(data, ensure_ascii=False, sort_keys=True).encode()


def inputs_hash(root: Path = ROOT) -> str:
    """One hash over the content of everything that `python -m bot train` reads."""
    return content_hash(LEARNT_FROM, root)


def read_card(folder: Path = RELEASE) -> Mapping[str, Any]:
    """The card of the released models. Raises ModelError where it can't be read."""
    path = folder / RELEASE_CARD
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        card = None
    if not isinstance(card, dict):
        raise ModelError(
            f"{path}: not there or not readable; restore it from the repository, "
            "or run `python -m bot release all`"
        )
    return card


def stale_encoders(folder: Path = RELEASE, root: Path = ROOT) -> list[str]:
    """A warning for each released encoder whose data has changed since, with the command that mends
    it. It serves all the same. Raises ModelError without a card.
    """
    card = read_card(folder)
    return [
        f"{problem}: `python -m bot release {part}` teaches it (minutes of CPU)"
        for part, problem in _STALE.items()
        if card.get(part, {}).get("learnt_from") != content_hash(RELEASED_FROM[part], root)
    ]


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


def verify(models: Path, names: Iterable[str] | None = None) -> None:
    """Raises ModelError unless the model files are there and are those that training wrote: these
    `names`, or all.
    """
    manifest = read_manifest(models)
    for name in names if names is not None else {**manifest, **dict.fromkeys(REQUIRED)}:
        if name not in manifest:
            raise ModelError(
                f"{models / MANIFEST}: does not name {name}; run `python -m bot train`"
            )
        digest = manifest[name]
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
