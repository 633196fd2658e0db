"""The regression is scikit-learn's on the features side by side."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.linear_model import LogisticRegression

from bot.reading.calibration import fit_temperature, log_softmax
from bot.training import regression

RANDOM = np.random.default_rng(7)


@pytest.mark.parametrize("classes", [2, 3, 5])
def test_like_scikit_learn(classes: int) -> None:
    dense, loose = (
        RANDOM.normal(size=(60, 4)),
        sparse.random(60, 9, 0.3, format="csr", random_state=3),
    )
    labels = (np.arange(60) % classes).tolist()
    weights, biases = regression.fit([dense, loose], labels, classes, strength=2.0)
    ours = log_softmax(dense @ weights[0] + loose @ weights[1] + biases)
    reference = LogisticRegression(C=4.0 if classes == 2 else 2.0, tol=1e-8, max_iter=1000).fit(
        np.hstack([dense, loose.toarray()]), labels
    )
    # Of two classes scikit-learn has one weight vector and we have two, each half as long: so
    # length costs half as much.
    assert np.exp(ours) == pytest.approx(
        reference.predict_proba(np.hstack([dense, loose.toarray()])), abs=5e-3
    )


@pytest.mark.parametrize("factor", [0.2, 1.0, 5.0])
def test_temperature_finds_back_what_logits_were_stretched_by(factor: float) -> None:
    logits = RANDOM.normal(size=(4000, 3))
    labels = [int(RANDOM.choice(3, p=np.exp(row))) for row in log_softmax(logits)]
    assert fit_temperature(logits * factor, labels) == pytest.approx(factor, rel=0.15)
