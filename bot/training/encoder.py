"""Teaches the last layers of the sentence encoder what crisis language is: BERT's backward pass,
AdamW and cross-entropy in plain numpy.

Frozen MiniLM sentences lie together when they are about the same thing, and "I want to die" and "he
no longer wants to die" are. Tuned on our corpus, its last layers part them (docs/adr/0004 has the
figures). There is no torch in the environment, and this is all of it that is needed. The lower
layers stay as they are and run once for each row. Deterministic on one machine.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

FROZEN, LAYERS, HEADS = 1, 6, 12
"""The first FROZEN of MiniLM's LAYERS stay as they are."""
EPOCHS, BATCH, RATE, WARM_UP, DROPOUT, DECAY = 4, 32, 2e-4, 0.1, 0.15, 0.01
HEAD_RATE = 10.0
"""The new output layer learns so many times faster."""
SECOND_TASK = 0.3
"""Weight of telling categories apart, beside the labels: it keeps rare kinds of crisis from being
learned by their words alone.
"""
SCALE = 8.0
"""Length of a sentence's vector before the output layer. The encoder gives length 1."""
TOKENS_MAX = 96
HALVES = 2
"""Threads, each with its part of a batch. Fixed, and not the machine's cores: the sums would
differ.
"""
AVERAGED = 0.3
"""The weights are the mean over the last steps of training, this share of them: steadier than the
last step's alone.
"""

Array = NDArray[np.float32]
Weights = dict[str, Array]

_DENSE = (
    "attention.self.query",
    "attention.self.key",
    "attention.self.value",
    "attention.output.dense",
    "intermediate.dense",
    "output.dense",
)
_QUERY, _KEY, _VALUE, _JOIN, _WIDE, _NARROW = _DENSE
_NORM_1, _NORM_2 = "attention.output.LayerNorm", "output.LayerNorm"
_f = np.float32


@dataclass(frozen=True)
class Tuned:
    """The encoder's weights with the tuned layers in, and the output layer for the labels: (labels,
    384) and (labels,), for vectors of length 1.
    """

    weights: Weights
    head: Array
    bias: Array


def tune(
    weights: Mapping[str, Array],
    ids: Sequence[Sequence[int]],
    labels: NDArray[np.int64],
    kinds: NDArray[np.int64],
    progress: Callable[[str], None] = lambda _: None,
    epochs: int = EPOCHS,
    frozen: int = FROZEN,
    seed: int = 0,
) -> Tuned:
    """Trains on rows of word piece ids, their labels (from 0) and their kinds (a finer division).
    About 40 s of CPU an epoch of 5,000 rows. `seed`: of the rows' order and the dropout.

    Two threads share each batch; BLAS has one in each, for more of its own spin against each other
    as soon as the machine has anything else to do.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1), ThreadPoolExecutor(HALVES) as threads:
        return _tune(weights, ids, labels, kinds, progress, epochs, frozen, threads, seed)


def _tune(
    weights: Mapping[str, Array],
    ids: Sequence[Sequence[int]],
    labels: NDArray[np.int64],
    kinds: NDArray[np.int64],
    progress: Callable[[str], None],
    epochs: int,
    frozen: int,
    threads: ThreadPoolExecutor,
    seed: int,
) -> Tuned:
    start, rng = np.random.default_rng(seed), np.random.default_rng(seed)
    dice = rng.spawn(HALVES)  # each thread throws its own, so that their order does not matter
    hidden = _lower(weights, ids, frozen)
    layers = [_layer(weights, at) for at in range(frozen, LAYERS)]
    n_labels, outputs = int(labels.max()) + 1, int(labels.max() + kinds.max()) + 2
    head: Weights = {
        "weight": start.normal(0, 0.02, (outputs, hidden[0].shape[-1])).astype(_f),
        "bias": np.zeros(outputs, _f),
    }
    parts = [*layers, head]
    optimiser = _AdamW(parts, steps=epochs * -(-len(hidden) // BATCH), fast=head, threads=threads)
    for epoch in range(epochs):
        loss = 0.0
        for rows in _batches(hidden, rng):
            halves = [half for half in np.array_split(rows, HALVES) if len(half)]
            work = [
                threads.submit(
                    _learn,
                    layers,
                    head,
                    [hidden[i] for i in half],
                    labels[half],
                    kinds[half],
                    n_labels,
                    len(rows),
                    own,
                )
                for half, own in zip(halves, dice, strict=False)
            ]
            done = [job.result() for job in work]
            loss += sum(part for part, _ in done)
            found = [gradients for _, gradients in done]
            optimiser.step(
                [
                    {name: sum(half[at][name] for half in found) for name in part}  # type: ignore[misc]
                    for at, part in enumerate(parts)
                ]
            )
        progress(f"crisis encoder: round {epoch + 1} of {epochs}, loss {loss / len(hidden):.3f}")
    optimiser.take_average()
    tuned = dict(weights)
    for at, layer in zip(range(frozen, LAYERS), layers, strict=True):
        tuned.update({f"encoder.layer.{at}.{name}": value for name, value in layer.items()})
    return Tuned(tuned, head["weight"][:n_labels] * _f(SCALE), head["bias"][:n_labels])


def _learn(
    layers: Sequence[Weights],
    head: Weights,
    rows: Sequence[Array],
    labels: NDArray[np.int64],
    kinds: NDArray[np.int64],
    n_labels: int,
    batch: int,
    rng: np.random.Generator,
) -> tuple[float, list[Weights]]:
    """The loss of some rows of a batch, and its gradients in the layers' and the output layer's
    weights.
    """
    x, mask = _padded(rows)
    away = _away(mask)
    kept = []
    for layer in layers:
        x, memory = _forward(layer, x, away, rng)
        kept.append(memory)
    length = mask.sum(1, keepdims=True)
    mean = (x * mask[:, :, None]).sum(1) / length
    norm = np.linalg.norm(mean, axis=1, keepdims=True)
    unit = mean / norm
    drop = _dropout(unit.shape, rng)
    seen = unit * drop * _f(SCALE)
    scores = seen @ head["weight"].T + head["bias"]
    loss_1, d_1 = _cross_entropy(scores[:, :n_labels], labels)
    loss_2, d_2 = _cross_entropy(scores[:, n_labels:], kinds)
    d_scores = np.hstack([d_1, _f(SECOND_TASK) * d_2]) / _f(batch)
    d_head = {"weight": d_scores.T @ seen, "bias": d_scores.sum(0)}
    d_unit = d_scores @ head["weight"] * drop * _f(SCALE)
    d_mean = (d_unit - unit * (d_unit * unit).sum(1, keepdims=True)) / norm
    d_x = (d_mean / length)[:, None, :] * mask[:, :, None]
    gradients: list[Weights] = [d_head]
    for layer, memory in zip(reversed(layers), reversed(kept), strict=True):
        d_x, d_layer = _backward(layer, memory, d_x)
        gradients.insert(0, d_layer)
    return loss_1 + SECOND_TASK * loss_2, gradients


def _layer(weights: Mapping[str, Array], at: int) -> Weights:
    prefix = f"encoder.layer.{at}."
    return {
        name.removeprefix(prefix): value.astype(_f)
        for name, value in weights.items()
        if name.startswith(prefix)
    }


def _lower(weights: Mapping[str, Array], ids: Sequence[Sequence[int]], frozen: int) -> list[Array]:
    """Each row after the frozen layers: (tokens, 384)."""
    layers = [_layer(weights, at) for at in range(frozen)]
    words = weights["embeddings.word_embeddings.weight"]
    places = (
        weights["embeddings.position_embeddings.weight"]
        + weights["embeddings.token_type_embeddings.weight"][0]
    )
    order = sorted(range(len(ids)), key=lambda i: len(ids[i]))
    hidden: list[Array] = [words[:0]] * len(ids)
    for start in range(0, len(order), 2 * BATCH):
        rows = order[start : start + 2 * BATCH]
        x, mask = _padded(
            [words[list(ids[i][:TOKENS_MAX])] + places[: len(ids[i][:TOKENS_MAX])] for i in rows]
        )
        x, _ = _norm(
            x, weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"]
        )
        for layer in layers:
            x, _ = _forward(layer, x, _away(mask), None)
        for at, i in enumerate(rows):
            hidden[i] = x[at, : len(ids[i])].copy()
    return hidden


def _batches(hidden: Sequence[Array], rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Rows of about the same length together, batches in a random order."""
    lengths = np.array([len(x) for x in hidden]) + rng.uniform(0, 4, len(hidden))
    order = np.argsort(lengths, kind="stable")
    starts = np.arange(0, len(order), BATCH)
    for start in rng.permutation(starts):
        yield order[start : start + BATCH]


def _padded(rows: Sequence[Array]) -> tuple[Array, Array]:
    longest = max(map(len, rows))
    x, mask = (
        np.zeros((len(rows), longest, rows[0].shape[-1]), _f),
        np.zeros((len(rows), longest), _f),
    )
    for at, row in enumerate(rows):
        x[at, : len(row)], mask[at, : len(row)] = row, 1
    return x, mask


def _away(mask: Array) -> Array:
    """What attention adds so that nothing is seen of the padding."""
    return ((1 - mask) * _f(-1e4))[:, None, None, :]


def _dropout(shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    return (rng.random(shape, dtype=_f) > DROPOUT).astype(_f) / _f(1 - DROPOUT)


def _cross_entropy(scores: Array, answers: NDArray[np.int64]) -> tuple[float, Array]:
    """The sum over rows, and its gradient in the scores."""
    p = np.exp(scores - scores.max(1, keepdims=True))
    p /= p.sum(1, keepdims=True)
    rows = np.arange(len(answers))
    loss = float(-np.log(p[rows, answers] + 1e-9).sum())
    p[rows, answers] -= 1
    return loss, p


def _dense(x: Array, layer: Weights, name: str) -> Array:
    # One large product is far faster than one a row.
    flat: Array = x.reshape(-1, x.shape[-1]) @ layer[f"{name}.weight"].T + layer[f"{name}.bias"]
    return flat.reshape(*x.shape[:-1], -1)


def _dense_back(d: Array, x: Array, layer: Weights, name: str, found: Weights) -> Array:
    flat: Array = d.reshape(-1, d.shape[-1])
    found[f"{name}.weight"], found[f"{name}.bias"] = (
        flat.T @ x.reshape(-1, x.shape[-1]),
        flat.sum(0),
    )
    back: Array = flat @ layer[f"{name}.weight"]
    return back.reshape(*d.shape[:-1], -1)


def _norm(x: Array, scale: Array, shift: Array) -> tuple[Array, tuple[Array, Array]]:
    centred = x - x.mean(-1, keepdims=True)
    inverse = 1 / np.sqrt((centred * centred).mean(-1, keepdims=True) + _f(1e-12))
    unit = centred * inverse
    return unit * scale + shift, (unit, inverse)


def _norm_back(
    d: Array, memory: tuple[Array, Array], layer: Weights, name: str, found: Weights
) -> Array:
    unit, inverse = memory
    width = d.shape[-1]
    found[f"{name}.weight"], found[f"{name}.bias"] = (
        (d * unit).reshape(-1, width).sum(0),
        d.reshape(-1, width).sum(0),
    )
    d_unit = d * layer[f"{name}.weight"]
    back: Array = inverse * (
        d_unit - d_unit.mean(-1, keepdims=True) - unit * (d_unit * unit).mean(-1, keepdims=True)
    )
    return back


def _heads(x: Array) -> Array:
    return x.reshape(*x.shape[:2], HEADS, -1).transpose(0, 2, 1, 3)


def _joined(x: Array) -> Array:
    return x.transpose(0, 2, 1, 3).reshape(x.shape[0], x.shape[2], -1)


def _forward(
    layer: Weights, x: Array, away: Array, rng: np.random.Generator | None
) -> tuple[Array, dict[str, Any]]:
    """One layer, and what its backward pass needs. With `rng`, dropout."""
    from scipy.special import erf

    query, key, value = (_heads(_dense(x, layer, name)) for name in (_QUERY, _KEY, _VALUE))
    attention = query @ key.transpose(0, 1, 3, 2) * _f(query.shape[-1] ** -0.5) + away
    attention = np.exp(attention - attention.max(-1, keepdims=True))
    attention /= attention.sum(-1, keepdims=True)
    context = _joined(attention @ value)
    out = _dense(context, layer, _JOIN)
    drop_1 = _dropout(out.shape, rng) if rng else _f(1)
    middle, norm_1 = _norm(x + out * drop_1, layer[f"{_NORM_1}.weight"], layer[f"{_NORM_1}.bias"])
    wide = _dense(middle, layer, _WIDE)
    phi = _f(0.5) * (1 + erf(wide * _f(2**-0.5)))
    gelu = wide * phi
    out = _dense(gelu, layer, _NARROW)
    drop_2 = _dropout(out.shape, rng) if rng else _f(1)
    y, norm_2 = _norm(middle + out * drop_2, layer[f"{_NORM_2}.weight"], layer[f"{_NORM_2}.bias"])
    return y, {
        "x": x, "query": query, "key": key, "value": value, "attention": attention, "context": context, "drop_1": drop_1, "norm_1": norm_1,
        "middle": middle, "wide": wide, "phi": phi, "gelu": gelu, "drop_2": drop_2, "norm_2": norm_2,
    }  # fmt: skip


def _backward(layer: Weights, memory: dict[str, Any], d: Array) -> tuple[Array, Weights]:
    """From the gradient in a layer's output to that in its input, and those in its weights."""
    found: Weights = {}
    d = _norm_back(d, memory["norm_2"], layer, _NORM_2, found)
    d_gelu = _dense_back(d * memory["drop_2"], memory["gelu"], layer, _NARROW, found)
    wide = memory["wide"]
    d_wide = d_gelu * (memory["phi"] + wide * np.exp(_f(-0.5) * wide * wide) * _f(0.39894228))
    d = d + _dense_back(d_wide, memory["middle"], layer, _WIDE, found)
    d = _norm_back(d, memory["norm_1"], layer, _NORM_1, found)
    d_context = _heads(_dense_back(d * memory["drop_1"], memory["context"], layer, _JOIN, found))
    attention = memory["attention"]
    d_value = attention.transpose(0, 1, 3, 2) @ d_context
    d_attention = d_context @ memory["value"].transpose(0, 1, 3, 2)
    d_scores = (
        attention
        * (d_attention - (d_attention * attention).sum(-1, keepdims=True))
        * _f(memory["query"].shape[-1] ** -0.5)
    )
    d_query, d_key = d_scores @ memory["key"], d_scores.transpose(0, 1, 3, 2) @ memory["query"]
    for name, part in ((_QUERY, d_query), (_KEY, d_key), (_VALUE, d_value)):
        d = d + _dense_back(_joined(part), memory["x"], layer, name, found)
    return d, found


class _AdamW:
    """Adam with decoupled decay, warm-up, linear fall, and gradients clipped to length 1."""

    def __init__(
        self, parts: Sequence[Weights], steps: int, fast: Weights, threads: ThreadPoolExecutor
    ) -> None:
        self._places = [(part, name) for part in parts for name in part]
        self._first = [np.zeros_like(part[name]) for part, name in self._places]
        self._second = [np.zeros_like(part[name]) for part, name in self._places]
        self._parts, self._steps, self._fast, self._taken, self._averaged = parts, steps, fast, 0, 0
        self._mean = [np.zeros_like(part[name]) for part, name in self._places]
        self._threads = threads

    def step(self, gradients: Sequence[Weights]) -> None:
        self._taken += 1
        flat = [
            found[name] for part, found in zip(self._parts, gradients, strict=True) for name in part
        ]
        length = np.sqrt(sum(float((g * g).sum()) for g in flat))
        clip = _f(min(1.0, 1 / (length + 1e-6)))
        done = self._taken / self._steps
        rate = RATE * (done / WARM_UP if done < WARM_UP else (1 - done) / (1 - WARM_UP))

        def update(at: int) -> None:
            (part, name), first, second, gradient = (
                self._places[at],
                self._first[at],
                self._second[at],
                flat[at] * clip,
            )
            first += _f(0.1) * (gradient - first)
            second += _f(0.02) * (gradient * gradient - second)
            change = (
                first
                / _f(1 - 0.9**self._taken)
                / (np.sqrt(second / _f(1 - 0.98**self._taken)) + _f(1e-8))
            )
            if part[name].ndim == 2:
                change = change + _f(DECAY) * part[name]
            part[name] -= _f(rate * (HEAD_RATE if part is self._fast else 1)) * change
            if self._averaged:
                self._mean[at] += (part[name] - self._mean[at]) / _f(self._averaged)

        self._averaged += done >= 1 - AVERAGED
        list(self._threads.map(update, range(len(flat))))

    def take_average(self) -> None:
        """Puts the mean of the last steps in the weights' place."""
        for (part, name), mean in zip(self._places, self._mean, strict=True):
            part[name][...] = mean
