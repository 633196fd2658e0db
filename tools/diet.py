"""Rasa's own default pipeline on a public intent set, by the protocol of
`bot.evaluation.public_sets`: `python -m tools.diet FOLDER [SET [SEED ...]]`.

Rasa 3.6 as it comes wants TensorFlow and Python 3.10 or older, so it gets an environment of its own
in `var/diet`, from the versions in `tools/diet.txt` (2 GB, some minutes). PYTHON_DIET names the
interpreter; by default `python3.10`. The draws and the typos are those of the benchmark. About ten
minutes a seed for HWU64 on one core.
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from bot.errors import SignpostError
from bot.evaluation.public_sets import SEEDS, SHOTS, Row, draw, mistype, rows
from bot.settings import ROOT

ENVIRONMENT = ROOT / "var" / "diet"
_here = Path(__file__).parent


def environment() -> Path:
    """The interpreter that has Rasa's default pipeline. Raises SignpostError where there is no
    Python that it runs on, or no way to install it.
    """
    python = ENVIRONMENT / "bin" / "python"
    ready = ENVIRONMENT / "ready"
    if not ready.exists():
        base = shutil.which(os.environ.get("PYTHON_DIET", "python3.10"))
        if base is None:
            raise SignpostError(
                "Rasa as it comes needs Python 3.10 or older: name one in PYTHON_DIET"
            )
        try:
            subprocess.run([base, "-m", "venv", "--clear", ENVIRONMENT], check=True)
            subprocess.run(
                [
                    python,
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "-r",
                    _here / "diet.txt",
                ],
                check=True,
            )
        except subprocess.CalledProcessError as error:
            raise SignpostError(f"Rasa as it comes could not be installed ({error})") from None
        ready.touch()
    return python


def measure(python: Path, train: Sequence[Row], test: Sequence[Row], seed: int) -> dict[str, float]:
    """One training, judged by the test set as it is and with typos; percentages, milliseconds of
    CPU a message, seconds, megabytes.
    """
    chance = random.Random(100 + seed)
    texts = [text for text, _ in test] + [mistype(text, chance) for text, _ in test]
    with tempfile.TemporaryDirectory(prefix="diet-") as name:
        folder = Path(name)
        (folder / "train.json").write_text(json.dumps(train))
        (folder / "test.json").write_text(json.dumps(texts))
        # One core, as in `bot.evaluation.public_sets`.
        alone = {
            "OMP_NUM_THREADS": "1",
            "TF_NUM_INTRAOP_THREADS": "1",
            "TF_NUM_INTEROP_THREADS": "1",
            "TF_CPP_MIN_LOG_LEVEL": "3",
        }
        quiet = {
            "RASA_TELEMETRY_ENABLED": "false",
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
            "LOG_LEVEL": "ERROR",
        }
        done = subprocess.run(
            [python, "-W", "ignore", _here / "diet_worker.py", folder],
            env=os.environ | alone | quiet,
            cwd=folder,
        )
        if done.returncode:
            raise SignpostError(
                f"Rasa's default pipeline failed (code {done.returncode}); its own message is above"
            )
        answers: dict[str, Any] = json.loads((folder / "answers.json").read_text())
    right = [
        answer == intent
        for answer, (_, intent) in zip(answers.pop("intents"), [*test, *test], strict=True)
    ]
    return {
        "accuracy": 100 * mean(right[: len(test)]),
        "with typos": 100 * mean(right[len(test) :]),
        **answers,
    }


def main(arguments: Sequence[str]) -> None:
    """Prints a Markdown line a seed, and the mean."""
    if not arguments:
        raise SignpostError("usage: python -m tools.diet FOLDER [SET [SEED ...]]")
    folder, name = Path(arguments[0]), (arguments[1:2] or ["hwu64"])[0]
    train, test = rows(folder / f"{name}-train.jsonl"), rows(folder / f"{name}-test.jsonl")
    python = environment()
    print(
        "| Rasa's default pipeline | accuracy | with typos | ms CPU | training s CPU | model MB |\n|---|---|---|---|---|---|",
        flush=True,
    )
    found = []
    for seed in map(int, arguments[2:] or SEEDS):
        found.append(measure(python, draw(train, SHOTS, seed), test, seed))
        _print(f"{name}, seed {seed}", found[-1])
    _print(f"{name}, mean", {key: mean(figures[key] for figures in found) for key in found[0]})


def _print(name: str, figures: dict[str, float]) -> None:
    print(
        f"| {name} | " + " | ".join(f"{value:.1f}" for value in figures.values()) + " |", flush=True
    )


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except SignpostError as error:
        sys.exit(str(error))
