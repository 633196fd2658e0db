"""The backward pass of the encoder's layers, against differences; and that tuning learns."""

import numpy as np
import pytest

from bot.training import encoder as tuning

WIDTH, WIDE, TOKENS = 24, 48, 5


def small_weights(seed: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)

    def normal(*shape: int) -> np.ndarray:
        return rng.normal(0, 0.3, shape).astype(np.float32)

    weights = {
        "embeddings.word_embeddings.weight": normal(50, WIDTH),
        "embeddings.position_embeddings.weight": normal(128, WIDTH),
        "embeddings.token_type_embeddings.weight": normal(2, WIDTH),
        "embeddings.LayerNorm.weight": np.ones(WIDTH, np.float32),
        "embeddings.LayerNorm.bias": np.zeros(WIDTH, np.float32),
    }
    for at in range(tuning.LAYERS):
        for name in tuning._DENSE:
            rows, columns = {
                "intermediate.dense": (WIDE, WIDTH),
                "output.dense": (WIDTH, WIDE),
            }.get(name, (WIDTH, WIDTH))
            weights[f"encoder.layer.{at}.{name}.weight"] = normal(rows, columns)
            weights[f"encoder.layer.{at}.{name}.bias"] = normal(rows)
        for name in ("attention.output.LayerNorm", "output.LayerNorm"):
            weights[f"encoder.layer.{at}.{name}.weight"] = 1 + normal(WIDTH)
            weights[f"encoder.layer.{at}.{name}.bias"] = normal(WIDTH)
    return weights


def test_gradients_agree_with_differences() -> None:
    layer = tuning._layer(small_weights(0), 3)
    rng = np.random.default_rng(1)
    x, away = (
        rng.normal(size=(2, TOKENS, WIDTH)).astype(np.float32),
        np.zeros((2, 1, 1, TOKENS), np.float32),
    )
    direction = rng.normal(size=x.shape).astype(np.float32)

    def value() -> float:
        return float(
            (tuning._forward(layer, x, away, None)[0].astype(np.float64) * direction).sum()
        )

    _, memory = tuning._forward(layer, x, away, None)
    d_x, found = tuning._backward(layer, memory, direction)
    assert found.keys() == layer.keys()
    for array, gradient in [(x, d_x), *((layer[name], found[name]) for name in layer)]:
        for place in [tuple(rng.integers(0, size) for size in array.shape) for _ in range(4)]:
            kept, step = array[place], np.float32(5e-3)
            array[place] = kept + step
            up = value()
            array[place] = kept - step
            down = value()
            array[place] = kept
            assert abs((up - down) / (2 * step) - gradient[place]) < 0.02 * max(
                1.0, abs(gradient[place])
            )


def test_tuning_learns_the_order_of_words(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same words in another order: bags of words could not tell these apart."""
    rng = np.random.default_rng(2)
    rows, labels = [], []
    for _ in range(1000):
        first, second = rng.permutation(np.arange(10, 13))[:2]
        rows.append([1, int(first), int(second), 2])
        labels.append(int(first > second))
    answers = np.array(labels)
    losses: list[str] = []
    monkeypatch.setattr(tuning, "RATE", 2e-3)  # so small an encoder learns slowly
    tuning.tune(small_weights(3), rows, answers, answers, losses.append, epochs=10)
    first_loss, last_loss = (float(line.rsplit(" ", 1)[1]) for line in (losses[0], losses[-1]))
    assert last_loss < 0.5 * first_loss
