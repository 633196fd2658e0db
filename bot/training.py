"""Trains everything that the service loads, and says when that is out of date.

What is made goes into `models/`; `manifest.json` is written last and names each file by its hash, so that half a training never looks whole.
"""

import hashlib
import json
import logging
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.errors import ModelError
from bot.settings import ROOT

RASA_MODEL = "signpost.tar.gz"
MANIFEST = "manifest.json"
# What the models are made from. Answers are not among it: editing one needs no training.
INPUTS = ("config.yml", "domain.yml", "data", "bot/nlu", "bot/language", "bot/safety", "packages/rasa-slim/src", "uv.lock")

Progress = Callable[[str], None]


def _input_files(root: Path) -> Iterator[Path]:
    for name in INPUTS:
        path = root / name
        yield from [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file() and p.suffix != ".pyc")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def inputs_hash(root: Path = ROOT) -> str:
    """One hash over the names and bytes of everything that the models are made from."""
    whole = hashlib.sha256()
    for path in _input_files(root):
        whole.update(f"{path.relative_to(root).as_posix()}\0{_sha256(path)}\n".encode())
    return whole.hexdigest()


def read_manifest(models: Path) -> dict[str, str]:
    """File name to sha256 of each model file. Raises ModelError where there is no readable manifest."""
    try:
        files = json.loads((models / MANIFEST).read_text(encoding="utf-8"))["files"]
        return {str(name): str(digest) for name, digest in files.items()}
    except (OSError, ValueError, KeyError, AttributeError, TypeError):
        raise ModelError(f"{models / MANIFEST}: not there or not readable; run `python -m bot train`") from None


def verify(models: Path) -> None:
    """Raises ModelError unless every model file is there and is the one that the training wrote."""
    for name, digest in read_manifest(models).items():
        path = models / name
        if not path.is_file():
            raise ModelError(f"{path}: missing; run `python -m bot train`")
        if _sha256(path) != digest:
            raise ModelError(f"{path}: not the file that the training wrote; run `python -m bot train`")


def is_current(models: Path) -> bool:
    """True where the models are whole and were made from the inputs as they are now."""
    try:
        verify(models)
        return bool(json.loads((models / MANIFEST).read_text(encoding="utf-8"))["inputs"] == inputs_hash())
    except (ModelError, KeyError):
        return False


def train(models: Path, progress: Progress) -> None:
    """Makes the sentence encoder, the crisis classifier and the Rasa model, in that order, and then the manifest.

    Takes about eight minutes on two cores. The last good models stay until the new ones are whole: each file is replaced in one step.
    """
    import rasa.model_training
    import structlog

    from bot.language import encoder
    from bot.safety import train as safety

    # Left as Rasa sets it up, structlog prints every rule that is looked at.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    models.mkdir(parents=True, exist_ok=True)
    made_from = inputs_hash()
    (models / MANIFEST).unlink(missing_ok=True)
    progress("sentence encoder")
    encoder.ensure(models)
    progress("crisis classifier")
    safety.ensure(models, progress)
    progress("Rasa model")
    result = rasa.model_training.train(
        domain=str(ROOT / "domain.yml"),
        config=str(ROOT / "config.yml"),
        training_files=[str(ROOT / "data")],
        output=str(models),
        fixed_model_name=RASA_MODEL.removesuffix(".tar.gz"),
    )
    if result.model is None:
        raise ModelError(f"Rasa could not train a model (code {result.code}); its own message is above")
    names = [RASA_MODEL, *sorted(p.name for p in models.iterdir() if p.suffix in {".onnx", ".npz", ".json"} and p.name != MANIFEST)]
    manifest = {"inputs": made_from, "files": {name: _sha256(models / name) for name in names}}
    unfinished = models / f"{MANIFEST}.new"
    unfinished.write_text(json.dumps(manifest, indent=1), encoding="utf-8")
    unfinished.replace(models / MANIFEST)
