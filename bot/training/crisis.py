"""Makes the crisis classifier's files in `models/`: the tuned sentence encoder `safety.onnx` from the
released layers, and `safety.npz` with everything else.

The latter is the released file too, unless the corpus or the grammar has changed since: then the
regressions over words and rules and the thresholds are fitted again, which is a minute of CPU. The
encoder is left as it was released (`bot.training.release` teaches it).
"""

import hashlib
import io
import json
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError
from bot.language import encoder
from bot.models import RELEASED_FROM, content_hash, read_card, sha256
from bot.reading.crisis import Detector
from bot.reading.crisis_grammar import Grammar, Reading
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
    tuned_encoder,
)
from bot.reading.screening import Label, Who
from bot.training import package
from bot.training.corpus import CALIBRATION, Row, light_training, load

CARD = "safety.json"
LABELS = (Label.NONE, Label.CONCERN, Label.CRISIS)
BLOCK = 128
"""Of the quantised encoder: a fifth faster than blocks of 32, and the output layer was fitted to
what it has to tell apart.
"""
LEAST_COUNT = 2
"""A gram in fewer rows than this is not learned."""
STRENGTH = 5.0
"""Of the logistic regressions (scikit-learn's C)."""
SHARES = {"": 0.0635, "guarded_": 0.03, "concern_": 0.09}
"""Thresholds leave this share of the `none` rows of `data/crisis/calibration` above them. Those are
near misses by design: of development rows, fewer than half as many.
"""

Progress = Callable[[str], None]


def ensure(
    models: Path, progress: Progress = lambda _: None, folder: Path = package.FOLDER
) -> Path:
    """Makes the files unless they are there and made from these inputs. Needs the sentence encoder's
    files in `models`. Raises ModelError where the release is missing or damaged.
    """
    target = models / FILE
    card = ensure_encoder(models, progress, folder)
    made_from = light_digest(card["encoder"])
    if card.get("made_from") != made_from or not _loads(models):
        if read_card(folder).get("light", {}).get("made_from") == made_from:
            progress("crisis classifier, as released")
            content = package.verified(folder, package.LIGHT).read_bytes()
        else:
            content = packed(fit_light(models, folder, progress))
        unfinished = target.with_suffix(".new")
        unfinished.write_bytes(content)
        unfinished.replace(target)
        card["made_from"] = made_from
    (models / CARD).write_text(json.dumps(card), encoding="utf-8")
    return target


def ensure_encoder(
    models: Path, progress: Progress = lambda _: None, folder: Path = package.FOLDER
) -> dict[str, str]:
    """Builds the encoder's ONNX file unless it is there and that of the release; gives what is known
    of the files in `models`. Raises ModelError where the release is missing or damaged.
    """
    card, released = _card(models), sha256(package.verified(folder, package.CRISIS))
    if card.get("encoder") != released or not _is(models / TUNED, card.get("onnx")):
        progress("crisis encoder, from its released layers")
        card = {"encoder": released, "onnx": _build(models, folder)}
        (models / CARD).write_text(json.dumps(card), encoding="utf-8")
    return card


def light_digest(released: str) -> str:
    """What the light part is made from: the content of the corpus and the grammar, how it is fitted,
    and the released encoder by its hash.
    """
    recipe = f"{RECIPE}{WORD_SCALE}{TUNED_SHARE}{encoder.RECIPE}{STRENGTH}{LEAST_COUNT}{SHARES}"
    content = content_hash(RELEASED_FROM["light"])
    return hashlib.sha256(f"{recipe}\0{released}\0{content}".encode()).hexdigest()


def fit_light(models: Path, folder: Path, progress: Progress = lambda _: None) -> dict[str, Any]:
    """`fit` on our corpus, with the released output layer and the encoder that is in `models`."""
    released = package.read_crisis(folder)
    return fit(
        light_training(),
        load(CALIBRATION),
        Grammar(),
        released.head,
        released.bias,
        tuned_encoder(models).encode,
        progress,
    )


def packed(data: dict[str, Any]) -> bytes:
    """The arrays as the bytes of an .npz file: the same arrays give the same bytes."""
    file = io.BytesIO()
    np.savez_compressed(file, **data)
    return file.getvalue()


def _build(models: Path, folder: Path) -> str:
    """Writes the encoder's ONNX file and gives its sha256."""
    weights = package.whole(package.read_crisis(folder).layers)
    model = encoder.onnx_graph(weights, quantised=True, block=BLOCK).SerializeToString()
    unfinished = models / f"{TUNED}.new"
    unfinished.write_bytes(model)
    unfinished.replace(models / TUNED)
    return hashlib.sha256(model).hexdigest()


def _is(path: Path, digest: str | None) -> bool:
    return path.is_file() and sha256(path) == digest


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
    data["sparse"] = data["sparse"].astype(np.float16)  # half the file, and no answer changes
    progress("crisis classifier: thresholds")
    detector = Detector(grammar, Classifier(data), encode)
    read = [grammar.read(row.text) for row in calibration]
    opinions = [detector.opinion(reading)[0] for reading in read]
    none = np.array([row.label is Label.NONE for row in calibration])
    crisis, either = (
        np.array([o.crisis for o in opinions]),
        np.array([o.crisis + o.concern for o in opinions]),
    )
    data["threshold"] = _above(crisis[none], SHARES[""])
    data["guarded_threshold"] = max(_above(crisis[none], SHARES["guarded_"]), data["threshold"])
    data["concern_threshold"] = _above(either[none], SHARES["concern_"])
    return data


def _above(scores: NDArray[np.floating[Any]], share: float) -> float:
    """The limit that this share of the scores is above; 1 where there are none."""
    return float(np.quantile(scores, 1 - share)) if len(scores) else 1.0


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
        **{f"{kind}threshold": np.array(0.5) for kind in SHARES},
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
