"""The sentence encoder with its last layers taught the intents, as `bot.training.encoder` teaches
it crisis language (docs/adr/0003).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError
from bot.language import encoder
from bot.language.encoder import TOKENIZER, Encoder
from bot.training import encoder as tuning

FROZEN = 3
"""The first layers that stay as they are: the last of them is what the regression looks at."""
ROUNDS, MOST_ROUNDS, STEPS = 4, 8, 300
"""So many times over the examples; more often, up to this, where that makes fewer than this many
batches.
"""

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
"""`bot.language.encoder.Encoder.encode_deep`, of the plain encoder or of a tuned one."""


@dataclass(frozen=True)
class Tuned:
    """`encode` gives the tuned vectors and, beside them, those of the last layer that was left
    alone: only these are as good as new to the examples that were learnt from. `head` (384,
    intents) and `bias` (intents,) are the output layer, and `model` is the encoder as an ONNX file.
    """

    encode: Encode
    head: NDArray[np.float32]
    bias: NDArray[np.float32]
    model: bytes


Tune = Callable[[Sequence[str], Sequence[int]], Tuned]
"""Of texts and their intents' numbers."""


def tuner(models: Path, progress: Callable[[str], None] = lambda _: None) -> Tune:
    """Tunes the encoder whose tokenizer is in `models`: two minutes of CPU for 5,000 texts. Raises
    ModelError without the official weights.
    """

    def tune(texts: Sequence[str], labels: Sequence[int]) -> Tuned:
        from safetensors.numpy import load_file

        tokenize = Encoder.tokenizer(models / TOKENIZER)
        batches = -(-len(texts) // tuning.BATCH)
        rounds = max(ROUNDS, min(MOST_ROUNDS, STEPS // batches))
        progress(f"intent encoder: learning from {len(texts)} examples, {rounds} rounds")
        weights = load_file(encoder.source("model.safetensors", encoder.WEIGHTS_SHA256))
        ids = [tokenize(text) for text in texts]
        # One kind for all: the second task of the crisis corpus says nothing here.
        found = tuning.tune(
            weights,
            ids,
            np.array(labels),
            np.zeros(len(labels), dtype=np.int64),
            epochs=rounds,
            frozen=FROZEN,
        )
        model: bytes = encoder.onnx_graph(
            found.weights, quantised=True, middle=FROZEN
        ).SerializeToString()
        return Tuned(
            Encoder(model, models / TOKENIZER).encode_deep, found.head.T, found.bias, model
        )

    return tune


def opener(models: Path) -> Callable[[Path | None], Encode]:
    """Opens the tuned encoder of a file, or the plain one for None. Raises ModelError where it
    can't be read.
    """

    def opened(file: Path | None) -> Encode:
        if file is None:
            return Encoder.load(models).encode_deep
        try:
            return Encoder(file, models / TOKENIZER).encode_deep
        except Exception as error:  # onnxruntime has exceptions of its own for a broken file
            raise ModelError(
                f"{file}: cannot be loaded ({type(error).__name__}); run `python -m bot train`"
            ) from None

    return opened
