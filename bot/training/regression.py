"""Multinomial logistic regression over dense and sparse features side by side.

scikit-learn's takes one matrix: with MiniLM's dense columns inside a sparse one it is five times
slower than this, on the same optimiser.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.reading.calibration import log_softmax

Matrix = NDArray[np.float64]


def fit(
    parts: Sequence[Any], labels: Sequence[int], classes: int, strength: float, rounds: int = 150
) -> tuple[list[Matrix], Matrix]:
    """`parts` are matrices (n, columns), numpy's or scipy's sparse ones, of the same n rows;
    `labels` are classes 0, 1, ...

    Gives the weights (columns, classes) of each part, and the biases (classes,). `strength` is
    scikit-learn's C.
    """
    from scipy.optimize import minimize

    rows = np.arange(len(labels))
    turned = [part.T.tocsr() if hasattr(part, "tocsr") else part.T for part in parts]
    ends = np.cumsum([part.shape[1] for part in parts])

    def split(flat: Matrix) -> tuple[list[Matrix], Matrix]:
        weights = flat.reshape(-1, classes)
        return np.split(weights[:-1], ends[:-1]), weights[-1]

    def cost(flat: Matrix) -> tuple[float, Matrix]:
        weights, biases = split(flat)
        logs = log_softmax(
            sum(
                (
                    part @ weight.astype(part.dtype)
                    for part, weight in zip(parts, weights, strict=True)
                ),
                biases,
            )
        )
        wrong = np.exp(logs)
        wrong[rows, labels] -= 1
        gradient = np.concatenate(
            [
                *(part @ wrong.astype(part.dtype) for part in turned),
                wrong.sum(axis=0, keepdims=True),
            ]
        ).astype(np.float64)
        decay = flat / strength
        decay[-classes:] = 0
        return -float(logs[rows, labels].sum()) + 0.5 * float(
            flat @ decay
        ), gradient.ravel() + decay

    start = np.zeros((int(ends[-1]) + 1) * classes)
    found = minimize(
        cost,
        start,
        jac=True,
        method="L-BFGS-B",
        options={"maxiter": rounds, "maxcor": 6, "gtol": 1e-3 * len(labels) ** 0.5},
    )
    return split(found.x)
