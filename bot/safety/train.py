"""Trains the crisis classifier from our corpus into `safety.npz`: always the same file from the same inputs."""

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError
from bot.language.encoder import Encoder
from bot.safety.corpus import CORPUS, Row, load
from bot.safety.model import EMBEDDING_SCALE, FILE, RECIPE, WORD_SCALE, Classifier, flag_names, flags, grams, sentence
from bot.safety.rules import GRAMMAR, Grammar, Reading
from bot.safety.screening import Label, Who

FOLDS = 5
LEAST_COUNT = 2
"""A gram in fewer rows than this is not learned."""
STRENGTH = 5.0
"""Of the logistic regression (scikit-learn's C)."""
FALSE_ALARMS, FALSE_ALARMS_GUARDED, FALSE_ALARMS_CONCERN = 0.02, 0.01, 0.10
"""The thresholds leave this share of our own `none` rows above them in cross-validation. Those rows are near misses by design; ordinary messages do far better."""

Matrix = NDArray[np.float64]


def ensure(models: Path, progress: Callable[[str], None] = lambda _: None) -> Path:
    """Makes `safety.npz` unless it is there and was made from these inputs. Needs the sentence encoder's files in `models`."""
    target = models / FILE
    digest = _inputs()
    if _made_from(target) == digest:
        return target
    data = fit(load(CORPUS), Grammar(), Encoder.load(models), progress)
    unfinished = target.with_suffix(".new.npz")
    np.savez(unfinished, inputs=np.array(digest), **data)
    unfinished.replace(target)
    return target


def fit(rows: Sequence[Row], grammar: Grammar, encoder: Encoder, progress: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """The arrays of the model file, thresholds included."""
    progress(f"crisis classifier: reading {len(rows)} rows")
    readings = [grammar.read(row.text) for row in rows]
    embeddings = np.vstack([encoder.encode([sentence(reading.tokens)]) for reading in readings])
    progress("crisis classifier: thresholds by cross-validation")
    data = _fit(rows, readings, embeddings, grammar)
    probabilities = np.zeros((len(rows), 2))
    order = np.random.default_rng(0).permutation(len(rows))
    for fold in range(FOLDS):
        test = order[fold::FOLDS]
        train = np.setdiff1d(order, test)
        classifier = Classifier(_fit([rows[i] for i in train], [readings[i] for i in train], embeddings[train], grammar))
        opinions = [classifier.judge(readings[i], embeddings[i]) for i in test]
        probabilities[test] = [(o.crisis, o.crisis + o.concern) for o in opinions]
    none = np.array([row.label is Label.NONE for row in rows])
    guarded = np.array([any(hit.guarded_by for hit in reading.hits) for reading in readings])
    data["threshold"] = np.quantile(probabilities[none & ~guarded, 0], 1 - FALSE_ALARMS)
    data["guarded_threshold"] = max(np.quantile(probabilities[none, 0], 1 - FALSE_ALARMS_GUARDED), data["threshold"])
    data["concern_threshold"] = np.quantile(probabilities[none, 1], 1 - FALSE_ALARMS_CONCERN)
    return data


def _fit(rows: Sequence[Row], readings: Sequence[Reading], embeddings: NDArray[np.float32], grammar: Grammar) -> dict[str, Any]:
    from scipy.sparse import csr_matrix, hstack
    from sklearn.linear_model import LogisticRegression

    counts = Counter(gram for reading in readings for gram in grams(reading.tokens))
    vocabulary = sorted(gram for gram, n in counts.items() if n >= LEAST_COUNT)
    idf = np.log((1 + len(rows)) / (1 + np.array([counts[gram] for gram in vocabulary]))) + 1
    names = flag_names(sorted(grammar.rules), sorted(grammar.guards))
    categories = sorted({row.category for row in rows if row.label is Label.CRISIS})
    data: dict[str, Any] = {
        "recipe": np.array(RECIPE),
        "flags": np.array(names),
        "grams": np.array(vocabulary),
        "idf": idf.astype(np.float32),
        "categories": np.array(categories),
        "threshold": np.array(0.5),
        "guarded_threshold": np.array(0.5),
        "concern_threshold": np.array(0.5),
    }
    outputs, width = 4 + len(categories), embeddings.shape[1] + len(names)
    empty = Classifier({**data, "dense": np.zeros((outputs, width)), "sparse": np.zeros((len(vocabulary), outputs)), "bias": np.zeros(outputs)})
    sparse_rows = [empty.sparse(reading.tokens) for reading in readings]
    lengths = np.cumsum([0, *(len(places) for places, _ in sparse_rows)])
    words = csr_matrix(
        (np.concatenate([w for _, w in sparse_rows]), np.concatenate([np.array(p, dtype=np.int64) for p, _ in sparse_rows]), lengths),
        shape=(len(rows), len(vocabulary)),
    )
    dense = np.hstack([embeddings * EMBEDDING_SCALE, np.vstack([flags(reading, names) for reading in readings])])
    features = hstack([csr_matrix(dense), words]).tocsr()

    def weights(keep: NDArray[np.bool_], answers: Sequence[Any]) -> tuple[Matrix, Matrix]:
        model = LogisticRegression(C=STRENGTH, max_iter=400).fit(features[keep], np.array(answers)[keep])
        return model.coef_, model.intercept_

    order = [Label.NONE, Label.CONCERN, Label.CRISIS]
    about = np.array([row.label is not Label.NONE for row in rows])
    crisis = np.array([row.label is Label.CRISIS for row in rows])
    parts = (
        weights(np.ones(len(rows), bool), [order.index(row.label) for row in rows]),
        weights(about, [row.who is Who.OTHER for row in rows]),
        weights(crisis, [row.category for row in rows]),
    )
    coefficients = np.vstack([c for c, _ in parts]).astype(np.float32)
    data["dense"], data["sparse"] = coefficients[:, :width], np.ascontiguousarray(coefficients[:, width:].T)
    data["bias"] = np.concatenate([b for _, b in parts]).astype(np.float32)
    return data


def _inputs() -> str:
    """A hash of everything that the file is made from, without the sentence encoder, which has its own."""
    here = Path(__file__).parent
    files = [*sorted(CORPUS.glob("*.yml")), *sorted(GRAMMAR.rglob("*.yml")), *(here / f"{name}.py" for name in ("model", "train", "rules", "reading"))]
    return hashlib.sha256(b"".join(f"{f.name}\0".encode() + f.read_bytes() for f in files)).hexdigest()


def _made_from(path: Path) -> str:
    try:
        Classifier.load(path.parent)
        with np.load(path, allow_pickle=False) as data:
            return str(data["inputs"])
    except (ModelError, OSError, KeyError, ValueError):
        return ""
