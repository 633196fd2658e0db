"""Teaches the encoders and writes the release in `packages/signpost-models`, with its card: a
maintainer's step (`python -m bot release`), minutes of CPU. Nothing that serves or that
`python -m bot train` runs imports this.
"""

import json
import platform
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from bot.evaluation.crisis import Report, evaluate
from bot.evaluation.examples import load as load_examples
from bot.language import encoder
from bot.language.encoder import TOKENIZER, Encoder
from bot.models import RELEASE_CARD, RELEASED_FROM, content_hash, read_card, sha256
from bot.nlu import resources
from bot.reading.calibration import Out, calibrate
from bot.reading.crisis import load_detector
from bot.reading.crisis_grammar import Grammar
from bot.reading.crisis_model import sentence
from bot.reading.intents import Options
from bot.settings import ROOT, Settings
from bot.training import crisis, package
from bot.training import encoder as tuning
from bot.training.corpus import HELD_OUT, load, training
from bot.training.intents import BLOCK, FROZEN, Tune, Tuned, encoder_model, held_out

DESCRIPTION = ROOT / "docs" / "model-card.md"
SEED = 0
"""Of the trainers."""
ROUNDS, MOST_ROUNDS, STEPS = 4, 8, 300
"""The intent encoder learns so many times over the examples; more often, up to this, where that
makes fewer than this many batches.
"""

Progress = Callable[[str], None]


def release_crisis(settings: Settings, folder: Path, progress: Progress) -> None:
    """Teaches the crisis encoder our corpus and fits the light part to it. Some twenty-five minutes on
    two cores. Raises ModelError without the official weights.
    """
    learnt_from = content_hash(RELEASED_FROM["crisis"])
    rows = training()
    grammar, tokenizer = Grammar(), _tokenizer(settings.models)
    ids = [tokenizer(sentence(grammar.reader.tokens(row.text))) for row in rows]
    labels = np.array([crisis.LABELS.index(row.label) for row in rows])
    names = sorted({(row.label, row.category) for row in rows})
    kinds = np.array([names.index((row.label, row.category)) for row in rows])
    progress(f"crisis encoder: learning from {len(rows)} rows")
    tuned = tuning.tune(_official(), ids, labels, kinds, progress, seed=SEED)
    layers = package.pack(tuned.weights, tuning.FROZEN, crisis.BLOCK)
    package.write_crisis(folder, package.CrisisEncoder(layers, tuned.head, tuned.bias))
    _note(
        folder,
        package.CRISIS,
        learnt_from=learnt_from,
        rows=len(rows),
        rounds=tuning.EPOCHS,
        layers=_told(tuning.FROZEN),
    )
    release_light(settings, folder, progress)


def release_light(settings: Settings, folder: Path, progress: Progress) -> None:
    """Fits the light crisis part, its thresholds among it, beside the released encoder, and
    measures the whole on the held-out rows. Raises ModelError without that encoder.
    """
    models = settings.models
    _ready(models)
    crisis.ensure_encoder(models, progress, folder)
    made_from = crisis.light_digest(sha256(folder / package.CRISIS))
    (folder / package.LIGHT).write_bytes(crisis.packed(crisis.fit_light(models, folder, progress)))
    _note(folder, package.LIGHT, made_from=made_from)
    crisis.ensure(models, progress, folder)
    progress("crisis: measuring on the held-out rows")
    found = evaluate(load_detector(models), load(HELD_OUT))
    _note(folder, package.LIGHT, made_from=made_from, figures=_figures(found))


def release_intents(settings: Settings, folder: Path, progress: Progress) -> None:
    """Teaches the intent encoder our examples, once without a fold, which then judges, and once
    with all of them. Some five minutes on two cores for each run. Raises ModelError without the official
    weights.
    """
    learnt_from = content_hash(RELEASED_FROM["intents"])
    words = resources.words(settings.models)
    finder = resources.names(settings.content, settings.models)
    rows = [(resources.masked(one.text, finder), one.intent) for one in load_examples()]
    plain = Encoder.load(settings.models).encode_deep
    tune = intent_tuner(settings.models, progress)
    outs = next(held_out(rows, plain, words, Options(), tune))
    intents = tuple(sorted({intent for _, intent in rows}))
    labels = [intents.index(intent) for _, intent in rows]
    tuned = teach_intents(settings.models, [text.lower() for text, _ in rows], labels, progress)
    layers = package.pack(tuned.weights, FROZEN, BLOCK)
    found = package.IntentEncoder(layers, tuned.head, tuned.bias, intents, tuple(outs))
    write_intents(folder, found, learnt_from, len(rows))


def write_intents(folder: Path, found: package.IntentEncoder, learnt_from: str, rows: int) -> None:
    """Writes the intent encoder and its part of the card."""
    package.write_intents(folder, found)
    report = calibrate(found.outs, found.intents, Options().keep)[2]
    figures = {name: round(getattr(report, name), 3) for name in report.__dataclass_fields__}
    _note(
        folder,
        package.INTENTS,
        learnt_from=learnt_from,
        rows=rows,
        intents=len(found.intents),
        layers=_told(FROZEN),
        figures={**figures, "right": _right(found.outs)},
    )


def teach_intents(
    models: Path, texts: Sequence[str], labels: Sequence[int], progress: Progress
) -> tuning.Tuned:
    """The weights and the output layer after learning these texts: two minutes of CPU for 5,000.
    The tokenizer is in `models`. Raises ModelError without the official weights.
    """
    tokenizer = _tokenizer(models)
    batches = -(-len(texts) // tuning.BATCH)
    rounds = max(ROUNDS, min(MOST_ROUNDS, STEPS // batches))
    progress(f"intent encoder: learning from {len(texts)} examples, {rounds} rounds")
    return tuning.tune(
        _official(),
        [tokenizer(text) for text in texts],
        np.array(labels),
        # One kind for all: the second task of the crisis corpus says nothing here.
        np.zeros(len(labels), dtype=np.int64),
        epochs=rounds,
        frozen=FROZEN,
    )


def intent_tuner(models: Path, progress: Progress = lambda _: None) -> Tune:
    """`teach_intents` for `bot.training.intents.train`."""

    def tune(texts: Sequence[str], labels: Sequence[int], intents: Sequence[str]) -> Tuned:
        found = teach_intents(models, texts, labels, progress)
        model = encoder_model(found.weights)
        encode = Encoder(model, models / TOKENIZER).encode_deep
        return Tuned(encode, found.head.T, found.bias, model, np.ones(len(intents), np.bool_))

    return tune


def description(card: Mapping[str, Any]) -> str:
    """The card as Markdown, for people."""
    learnt, light, intents = (card.get(part, {}) for part in ("crisis", "light", "intents"))
    lines = [
        "# The released models",
        "",
        "Written by `python -m bot release`; do not edit. What they are and how they were made: ADRs",
        "[0003](adr/0003-intent-classifier.md) and [0004](adr/0004-crisis-detector.md). They find",
        "language; they do not assess anybody.",
        "",
        "| | learnt from | layers of MiniLM | on |",
        "|---|---|---|---|",
        f"| crisis encoder | {learnt.get('rows')} rows of `data/crisis/train` and `data/nlu` "
        f"| {learnt.get('layers')} | {learnt.get('date')} |",
        f"| light crisis part | the same, the grammar and `data/crisis/calibration` | | {light.get('date')} |",
        f"| intent encoder | {intents.get('rows')} examples of {intents.get('intents')} intents in "
        f"`data/nlu` | {intents.get('layers')} | {intents.get('date')} |",
        "",
        f"Seed {card.get('seed')}; {', '.join(f'{k} {v}' for k, v in card.get('versions', {}).items())}.",
        f"Official weights: sha256 `{card.get('weights')}`.",
    ]
    if found := light.get("figures"):
        lines += ["", "## Crisis language, on `data/crisis/heldout`", ""]
        for measure, shares in found.items():
            lines += [f"| {measure} | | of |", "|---|---|---|"]
            lines += [f"| {name} | {hits} | {of} |" for name, (hits, of) in shares.items()]
            lines += [""]
    if found := intents.get("figures"):
        lines += ["", "## Intents, on the examples held out", "", "| | |", "|---|---|"]
        lines += [f"| {k.replace('_', ' ')} | {v} |" for k, v in found.items() if k != "right"]
        lines += ["", "| intent | right | of |", "|---|---|---|"]
        lines += [f"| {name} | {hits} | {of} |" for name, (hits, of) in found["right"].items()]
    return "\n".join(lines).replace("\n\n\n", "\n\n").rstrip() + "\n"


def describe(folder: Path, target: Path = DESCRIPTION) -> None:
    """Writes the card for people."""
    target.write_text(description(read_card(folder)), encoding="utf-8")


def _note(folder: Path, name: str, **found: Any) -> None:
    """Puts a file that was just written, and what is known of it, into the card."""
    path = folder / RELEASE_CARD
    card = dict(read_card(folder)) if path.is_file() else {}
    card["seed"], card["weights"] = SEED, encoder.WEIGHTS_SHA256
    card["versions"] = {"python": platform.python_version(), "numpy": np.__version__}
    card["files"] = {**card.get("files", {}), name: sha256(folder / name)}
    card[package.PARTS[name]] = {**found, "date": date.today().isoformat()}
    unfinished = folder / f"{RELEASE_CARD}.new"
    unfinished.write_text(json.dumps(card, indent=1, sort_keys=True) + "\n", encoding="utf-8")
    unfinished.replace(path)


def _figures(found: Report) -> dict[str, dict[str, tuple[int, int]]]:
    return {
        "recall": {name: (share.hits, share.of) for name, share in found.recall.items()},
        "false alarms": {
            name: (share.hits, share.of) for name, share in found.false_alarms.items()
        },
    }


def _right(outs: Sequence[Out]) -> dict[str, tuple[int, int]]:
    """Of each intent's examples that were held out, how many are read as such, and of how many."""
    counts: dict[str, list[int]] = {out.intent: [0, 0] for out in sorted(outs, key=_intent)}
    for out in outs:
        counts[out.intent][0] += (
            max(out.logits, key=lambda intent: out.logits[intent]) == out.intent
        )
        counts[out.intent][1] += 1
    return {intent: (right, of) for intent, (right, of) in counts.items()}


def _intent(out: Out) -> str:
    return out.intent


def _told(frozen: int) -> str:
    return f"{frozen + 1} to {encoder.LAYERS}"


def _official() -> Any:
    from safetensors.numpy import load_file

    return load_file(encoder.source("model.safetensors", encoder.WEIGHTS_SHA256))


def _ready(models: Path) -> None:
    models.mkdir(parents=True, exist_ok=True)
    encoder.ensure(models)


def _tokenizer(models: Path) -> Callable[[str], list[int]]:
    _ready(models)
    return Encoder.tokenizer(models / TOKENIZER)
