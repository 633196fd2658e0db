"""The released models in `packages/signpost-models`, as files: the tuned layers of the encoders in
int8, their output layers, the light crisis classifier, and the card that says what all of it was
learnt from.

Only the layers that were tuned are kept: the others are those of the official weights. The numbers
are those of the ONNX files that are built from them, so that nothing is lost on the way. `release`
writes this; `python -m bot train` reads it.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError
from bot.language import encoder
from bot.models import RELEASE, read_card, sha256
from bot.reading.calibration import Out

FOLDER = RELEASE
CRISIS, INTENTS, LIGHT = "crisis.safetensors", "intents.safetensors", "crisis.npz"
PARTS = {CRISIS: "crisis", INTENTS: "intents", LIGHT: "light"}
"""Each file, and what `python -m bot release` calls it."""

Weights = dict[str, NDArray[Any]]


@dataclass(frozen=True)
class CrisisEncoder:
    """`layers` as `pack` gives them; `head` (labels, 384) and `bias` (labels,)."""

    layers: Weights
    head: NDArray[np.float32]
    bias: NDArray[np.float32]


@dataclass(frozen=True)
class IntentEncoder:
    """`head` (intents, 384) and `bias` (intents,), in the order of `intents`; `outs` are the
    opinions of a training that had not seen those messages.
    """

    layers: Weights
    head: NDArray[np.float32]
    bias: NDArray[np.float32]
    intents: tuple[str, ...]
    outs: tuple[Out, ...]


def pack(weights: Mapping[str, NDArray[Any]], frozen: int, block: int) -> Weights:
    """The layers from `frozen` on: matrices as int8 with one float32 scale for `block` weights of a
    row, and vectors as they are.
    """
    packed: Weights = {}
    for name, value in weights.items():
        if not any(name.startswith(f"encoder.layer.{at}.") for at in range(frozen, encoder.LAYERS)):
            continue
        if value.ndim == 2:
            blocks, scales = encoder.int8(value, block)
            packed[f"{name}.int8"], packed[f"{name}.scales"] = blocks.reshape(value.shape), scales
        else:
            packed[name] = value.astype(np.float32)
    return packed


def unpack(packed: Mapping[str, NDArray[Any]]) -> Weights:
    """The layers as float32, by their official names."""
    weights: Weights = {}
    for name, value in packed.items():
        if name.endswith(".int8"):
            own = name.removesuffix(".int8")
            scales = packed[f"{own}.scales"]
            blocks = value.reshape(*scales.shape, -1).astype(np.float32)
            weights[own] = (blocks * scales[..., None]).reshape(value.shape)
        elif not name.endswith(".scales"):
            weights[name] = value
    return weights


def whole(layers: Mapping[str, NDArray[Any]]) -> Weights:
    """An encoder's weights: the official ones with these layers in. Raises ModelError without the
    official weights.
    """
    from safetensors.numpy import load_file

    official = load_file(encoder.source("model.safetensors", encoder.WEIGHTS_SHA256))
    return {**official, **unpack(layers)}


def verified(folder: Path, name: str) -> Path:
    """The released file. Raises ModelError where it is missing or not the one that the card names."""
    path, mend = folder / name, f"run `python -m bot release {PARTS[name]}`"
    if not path.is_file():
        raise ModelError(f"{path}: missing; restore it from the repository, or {mend}")
    if sha256(path) != read_card(folder).get("files", {}).get(name):
        raise ModelError(
            f"{path}: not the file that card.json names; restore both from the repository, or {mend}"
        )
    return path


def read_crisis(folder: Path = FOLDER) -> CrisisEncoder:
    """Raises ModelError where the file is missing or damaged."""
    arrays, _ = _read(folder, CRISIS)
    return CrisisEncoder(_layers(arrays), arrays["head"], arrays["bias"])


def read_intents(folder: Path = FOLDER) -> IntentEncoder:
    """Raises ModelError where the file is missing or damaged."""
    arrays, intents = _read(folder, INTENTS)
    outs = tuple(
        Out(row, intents[label], dict(zip(intents, logits, strict=True)), score)
        for row, label, logits, score in zip(
            arrays["held_out.row"].tolist(),
            arrays["held_out.intent"].tolist(),
            arrays["held_out.logits"].astype(np.float64).tolist(),
            arrays["held_out.score"].astype(np.float64).tolist(),
            strict=True,
        )
    )
    return IntentEncoder(_layers(arrays), arrays["head"], arrays["bias"], intents, outs)


def write_crisis(folder: Path, found: CrisisEncoder) -> None:
    """Writes the file in one step; the card is the caller's."""
    _write(folder, CRISIS, {**found.layers, "head": found.head, "bias": found.bias}, ())


def write_intents(folder: Path, found: IntentEncoder) -> None:
    """Writes the file in one step; the card is the caller's."""
    place = {intent: at for at, intent in enumerate(found.intents)}
    outs = found.outs
    logits = [[out.logits.get(intent, -30.0) for intent in found.intents] for out in outs]
    held_out: Weights = {
        "held_out.row": np.array([out.row for out in outs], np.int32),
        "held_out.intent": np.array([place[out.intent] for out in outs], np.int32),
        "held_out.logits": np.array(logits, np.float16).reshape(len(outs), len(found.intents)),
        "held_out.score": np.array([out.score for out in outs], np.float32),
    }
    arrays = {**found.layers, **held_out, "head": found.head, "bias": found.bias}
    _write(folder, INTENTS, arrays, found.intents)


def _layers(arrays: Weights) -> Weights:
    return {name: value for name, value in arrays.items() if name.startswith("encoder.layer.")}


def _read(folder: Path, name: str) -> tuple[Weights, tuple[str, ...]]:
    from safetensors import SafetensorError, safe_open

    path = verified(folder, name)
    try:
        with safe_open(path, framework="numpy") as file:
            intents = json.loads(file.metadata()["intents"])
            return {key: file.get_tensor(key) for key in file.keys()}, tuple(intents)  # noqa: SIM118
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise ModelError(
            f"{path}: cannot be read ({type(error).__name__}); run `python -m bot release {PARTS[name]}`"
        ) from None


def _write(folder: Path, name: str, arrays: Weights, intents: Sequence[str]) -> None:
    from safetensors.numpy import save

    folder.mkdir(parents=True, exist_ok=True)
    unfinished = folder / f"{name}.new"
    ordered = {key: np.ascontiguousarray(value) for key, value in arrays.items()}
    unfinished.write_bytes(save(ordered, {"intents": json.dumps(intents)}))
    unfinished.replace(folder / name)
