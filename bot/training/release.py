"""Trains everything that the service loads, and says when that is out of date.

What is made goes into `models/`; `manifest.json` is written last and names each file by its hash,
so that half a training never looks whole.
"""

import logging
from collections.abc import Callable
from pathlib import Path

from bot.errors import ModelError
from bot.models import MANIFEST, RASA_MODEL, inputs_hash, write_manifest
from bot.settings import ROOT

Progress = Callable[[str], None]


def train(models: Path, progress: Progress) -> None:
    """Makes the sentence encoder, the crisis classifier and the Rasa model, in that order, and then
    the manifest.

    Takes about eight minutes on two cores. The last good models stay until the new ones are whole:
    each file is replaced in one step.
    """
    import rasa.model_training
    import structlog

    from bot.language import encoder
    from bot.training import crisis as safety

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
        raise ModelError(
            f"Rasa could not train a model (code {result.code}); its own message is above"
        )
    names = (p.name for p in models.iterdir() if p.suffix in {".onnx", ".npz", ".json"})
    write_manifest(models, sorted({RASA_MODEL, *names} - {MANIFEST}), made_from)
