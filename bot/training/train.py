"""Makes everything that the service loads, from the release and the content: `python -m bot train`.

What is made goes into `models/`; `manifest.json` is written last and names each file by its hash,
so that half a training never looks whole. The same inputs give the same manifest. Nothing here
teaches an encoder: `bot.training.release` does.
"""

import contextlib
import gzip
import io
import json
import logging
import tarfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

from bot.errors import ModelError
from bot.language import encoder
from bot.models import MANIFEST, RASA_MODEL, inputs_hash, stale_encoders, write_manifest
from bot.settings import ROOT
from bot.training import crisis

METADATA, RULES = "metadata.json", "components/train_RulePolicy0/rule_policy.json"
LONG_AGO = "1970-01-01T00:00:00"

Progress = Callable[[str], None]


def train(models: Path, progress: Progress) -> None:
    """Makes the sentence encoder, the crisis classifier and the Rasa model, in that order, and then
    the manifest.

    Takes half a minute on two cores. A released encoder whose data has changed since is told of,
    and used. The last good models stay until the new ones are whole: each file is replaced in one
    step. Raises ModelError where the release is missing or damaged.
    """
    models.mkdir(parents=True, exist_ok=True)
    made_from = inputs_hash()
    for warning in stale_encoders():
        progress(f"warning: {warning}")
    (models / MANIFEST).unlink(missing_ok=True)
    progress("sentence encoder")
    encoder.ensure(models)
    progress("crisis classifier")
    crisis.ensure(models, progress)
    progress("Rasa model")
    _train_rasa(models)
    make_repeatable(models / RASA_MODEL, made_from)
    names = (p.name for p in models.iterdir() if p.suffix in {".onnx", ".npz", ".json"})
    write_manifest(models, sorted({RASA_MODEL, *names} - {MANIFEST}), made_from)


def _train_rasa(models: Path) -> None:
    with _quiet() as said:
        import rasa.model_training
        import structlog

        # Left as Rasa sets it up, structlog prints every rule that is looked at.
        structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
        result = rasa.model_training.train(
            domain=str(ROOT / "domain.yml"),
            config=str(ROOT / "config.yml"),
            training_files=[str(ROOT / "data")],
            output=str(models),
            fixed_model_name=RASA_MODEL.removesuffix(".tar.gz"),
        )
    if result.model is None:
        raise ModelError(
            f"{said.getvalue()}\nRasa could not train a model (code {result.code}); "
            "its own message is above"
        )


@contextlib.contextmanager
def _quiet() -> Iterator[io.StringIO]:
    """Keeps what Rasa prints: warnings of its own libraries, and bars for a tenth of a second."""
    said = io.StringIO()
    with (
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(said),
        warnings.catch_warnings(action="ignore"),
    ):
        yield said


def make_repeatable(archive: Path, made_from: str) -> None:
    """Puts what the model was made from in the place of Rasa's random ids, one fixed time in the place of now,
    and sorts the one set that Rasa writes as a list, so that the same model is the same file.
    """
    made, unfinished = io.BytesIO(), archive.with_suffix(".new")
    with tarfile.open(archive) as old, tarfile.open(fileobj=made, mode="w") as new:
        for member in sorted(old.getmembers(), key=lambda one: one.name):
            file = old.extractfile(member)
            content = file.read() if file else b""
            if member.name == METADATA:
                content = _fixed(content, made_from)
            elif member.name == RULES:
                content = _sorted(content)
            plain = tarfile.TarInfo(member.name)
            plain.type, plain.mode, plain.size = member.type, 0o755, len(content)
            new.addfile(plain, io.BytesIO(content))
    # The weights hardly shrink: a higher level only takes longer.
    unfinished.write_bytes(gzip.compress(made.getvalue(), compresslevel=1, mtime=0))
    unfinished.replace(archive)


def _fixed(metadata: bytes, made_from: str) -> bytes:
    given = {
        "trained_at": LONG_AGO,
        "model_id": made_from,
        "output_fingerprint": made_from,
        "project_fingerprint": None,  # of the remote repository that this is a clone of
    }
    found = json.loads(metadata, object_hook=lambda part: {k: given.get(k, part[k]) for k in part})
    return json.dumps(found, sort_keys=True).encode()


def _sorted(rules: bytes) -> bytes:
    """The order of this list means nothing: it is a set's, and another one in each process."""
    found = json.loads(rules)
    found["lookup"]["rules_not_in_stories"].sort()
    return json.dumps(found).encode()
