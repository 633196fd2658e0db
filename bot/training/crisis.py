"""Trains the crisis classifier from our corpus: the tuned sentence encoder `safety.onnx`, and
`safety.npz` with everything else.

Each file says what it was made from, so that a change of the grammar alone does not tune the
encoder again.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError
from bot.language import encoder
from bot.reading.crisis_grammar import GRAMMAR, Grammar, Reading
from bot.reading.crisis_model import (
    FILE,
    RECIPE,
    TUNED,
    TUNED_SHARE,
    WORD_SCALE,
    Classifier,
    flag_names,
    flags,
    grams,
    sentence,
    tuned_encoder,
)
from bot.reading.screening import Label, Who
from bot.training.corpus import CALIBRATION, TRAIN, Row, load, question_files, training
from bot.training.encoder import tune

CARD = "safety.json"
HEAD = "safety-head.npz"
LABELS = (Label.NONE, Label.CONCERN, Label.CRISIS)
BLOCK = 128
"""Of the quantised encoder: a fifth faster than blocks of 32, and the output layer was fitted to
what it has to tell apart.
"""
LEAST_COUNT = 2
"""A gram in fewer rows than this is not learned."""
STRENGTH = 5.0
"""Of the logistic regressions (scikit-learn's C)."""
FALSE_ALARMS, FALSE_ALARMS_GUARDED, FALSE_ALARMS_CONCERN = 0.015, 0.01, 0.15
"""Thresholds leave this share of the `none` rows of `data/crisis/calibration` above them. Those are
near misses by design.
"""

Progress = Callable[[str], None]


def ensure(models: Path, progress: Progress = lambda _: None) -> Path:
    """Makes the files unless they are there and made from these inputs; minutes of CPU. Needs the
    sentence encoder's files in `models`.
    """
    target = models / FILE
    grammar = Grammar()
    tuned_from = _digest(
        [*sorted(TRAIN.glob("*.yml")), *question_files(), GRAMMAR / "spelling.yml"]
    )
    others = [
        *sorted(CALIBRATION.glob("*.yml")),
        *sorted(GRAMMAR.rglob("*.yml")),
    ]
    made_from = _digest([*others], tuned_from)
    card = _card(models)
    if (
        card.get("tuned_from") != tuned_from
        or not (models / TUNED).is_file()
        or not (models / HEAD).is_file()
    ):
        _tune(models, grammar, progress)
        card = {"tuned_from": tuned_from}
        (models / CARD).write_text(json.dumps(card), encoding="utf-8")
    if card.get("made_from") != made_from or not _loads(models):
        with np.load(models / HEAD, allow_pickle=False) as head:
            data = fit(
                training(),
                load(CALIBRATION),
                grammar,
                head["weight"],
                head["bias"],
                tuned_encoder(models).encode,
                progress,
            )
        unfinished = target.with_suffix(".new.npz")
        np.savez(unfinished, **data)
        unfinished.replace(target)
        (models / CARD).write_text(json.dumps({**card, "made_from": made_from}), encoding="utf-8")
    return target


def _tune(models: Path, grammar: Grammar, progress: Progress) -> None:
    import onnx
    from safetensors.numpy import load_file
    from tokenizers import Tokenizer

    rows = training()
    tokenizer: Any = Tokenizer.from_file(str(models / encoder.TOKENIZER))
    tokenizer.no_padding()
    ids = [tokenizer.encode(sentence(grammar.reader.tokens(row.text))).ids for row in rows]
    labels = np.array([LABELS.index(row.label) for row in rows])
    names = sorted({(row.label, row.category) for row in rows})
    kinds = np.array([names.index((row.label, row.category)) for row in rows])
    progress(f"crisis encoder: learning from {len(rows)} rows")
    tuned = tune(
        load_file(encoder.source("model.safetensors", encoder.WEIGHTS_SHA256)),
        ids,
        labels,
        kinds,
        progress,
    )
    unfinished = models / f"{TUNED}.new"
    onnx.save(encoder.onnx_graph(tuned.weights, quantised=True, block=BLOCK), unfinished)
    unfinished.replace(models / TUNED)
    np.savez(models / HEAD, weight=tuned.head, bias=tuned.bias)


def fit(
    rows: Sequence[Row],
    calibration: Sequence[Row],
    grammar: Grammar,
    head: NDArray[np.float32],
    head_bias: NDArray[np.float32],
    encode: Callable[[Sequence[str]], NDArray[np.float32]],
    progress: Progress = lambda _: None,
) -> dict[str, Any]:
    """The arrays of the model file: the tuned output layer, logistic regressions over words and
    rules, and the thresholds.
    """
    progress(f"crisis classifier: words and rules of {len(rows)} rows")
    readings = [grammar.read(row.text) for row in rows]
    data = _regressions(rows, readings, grammar)
    words_share = np.float32(1 - TUNED_SHARE)
    labels = slice(0, len(LABELS))
    for name in ("flags_weight", "bias"):
        data[name][labels] *= words_share
    data["sparse"][:, labels] *= words_share
    data["head"] = head * np.float32(TUNED_SHARE)
    data["bias"][labels] += head_bias * np.float32(TUNED_SHARE)
    progress("crisis classifier: thresholds")
    classifier = Classifier(data)
    read = [grammar.read(row.text) for row in calibration]
    opinions = [
        classifier.judge(reading, encode([sentence(reading.tokens)])[0]) for reading in read
    ]
    none = np.array([row.label is Label.NONE for row in calibration])
    crisis, either = (
        np.array([o.crisis for o in opinions]),
        np.array([o.crisis + o.concern for o in opinions]),
    )
    data["threshold"] = np.quantile(crisis[none], 1 - FALSE_ALARMS)
    data["guarded_threshold"] = max(
        np.quantile(crisis[none], 1 - FALSE_ALARMS_GUARDED), data["threshold"]
    )
    data["concern_threshold"] = np.quantile(either[none], 1 - FALSE_ALARMS_CONCERN)
    return data


def _regressions(
    rows: Sequence[Row], readings: Sequence[Reading], grammar: Grammar
) -> dict[str, Any]:
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    counts = Counter(gram for reading in readings for gram in grams(reading.tokens))
    vocabulary = sorted(gram for gram, n in counts.items() if n >= LEAST_COUNT)
    idf = np.log((1 + len(rows)) / (1 + np.array([counts[gram] for gram in vocabulary]))) + 1
    names = flag_names(sorted(grammar.rules), sorted(grammar.guards))
    categories = sorted({row.category for row in rows if row.label is Label.CRISIS})
    outputs = len(LABELS) + 1 + len(categories)
    data: dict[str, Any] = {
        "recipe": np.array(RECIPE),
        "flags": np.array(names),
        "grams": np.array(vocabulary),
        "idf": idf.astype(np.float32),
        "categories": np.array(categories),
        "head": np.zeros((len(LABELS), encoder.DIMENSIONS), np.float32),
        "flags_weight": np.zeros((outputs, len(names)), np.float32),
        "sparse": np.zeros((len(vocabulary), outputs), np.float32),
        "bias": np.zeros(outputs, np.float32),
        **{name: np.array(0.5) for name in ("threshold", "guarded_threshold", "concern_threshold")},
    }
    unfitted = Classifier(data)
    found = [unfitted.sparse(reading.tokens) for reading in readings]
    ends = np.cumsum([0, *(len(places) for places, _ in found)])
    places = np.concatenate([np.array(at, dtype=np.int64) for at, _ in found])
    words = csr_matrix(
        (np.concatenate([weights for _, weights in found]), places, ends),
        shape=(len(rows), len(vocabulary)),
    )
    features = hstack(
        [words, csr_matrix(np.vstack([flags(reading, names) for reading in readings]))]
    ).tocsr()
    everything = np.ones(len(rows), bool)
    not_none = np.array([row.label is not Label.NONE for row in rows])
    crisis = np.array([row.label is Label.CRISIS for row in rows])
    coefficients, intercepts = [], []
    for keep, answers in (
        (everything, [LABELS.index(row.label) for row in rows]),
        (not_none, [row.who is Who.OTHER for row in rows]),
        (crisis, [row.category for row in rows]),
    ):
        model = LogisticRegression(C=STRENGTH, max_iter=400).fit(
            features[keep], np.array(answers)[keep]
        )
        coefficients.append(model.coef_)
        intercepts.append(model.intercept_)
    weights = np.vstack(coefficients).astype(np.float32)
    data["sparse"] = np.ascontiguousarray(weights[:, : len(vocabulary)].T)
    data["flags_weight"], data["bias"] = (
        weights[:, len(vocabulary) :].copy(),
        np.concatenate(intercepts).astype(np.float32),
    )
    return data


def _digest(files: Iterable[Path], also: str = "") -> str:
    whole = hashlib.sha256(f"{also}{RECIPE}{WORD_SCALE}{encoder.RECIPE}".encode())
    for file in files:
        whole.update(f"{file.name}\0".encode() + file.read_bytes())
    return whole.hexdigest()


def _card(models: Path) -> dict[str, str]:
    try:
        card = json.loads((models / CARD).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return card if isinstance(card, dict) else {}


def _loads(models: Path) -> bool:
    try:
        Classifier.load(models)
    except ModelError:
        return False
    return True
