"""The released models: nothing is lost in their compact form, what is damaged or stale is told, and
what serves or makes the models teaches nothing.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from bot import models as model_files
from bot.errors import ModelError
from bot.language import encoder
from bot.language.encoder import TOKENIZER, Encoder
from bot.models import RELEASE, RELEASE_CARD, RELEASED_FROM, content_hash, read_card, stale_encoders
from bot.reading.calibration import Out
from bot.training import package
from bot.training.crisis import BLOCK
from bot.training.intents import released
from bot.training.release import description
from tests.conftest import ROOT
from tests.language.test_encoder import SENTENCES

FROZEN = 3
OUTS = (
    Out(4, "b", {"a": -1.5, "b": 2.25}, 0.5),
    Out(9, "a", {"a": 1.0, "b": -30.0}, -1.25),
)


def taught() -> dict[str, np.ndarray]:
    """The official weights with their upper layers changed, as teaching would."""
    from safetensors.numpy import load_file

    rng = np.random.default_rng(0)
    weights: dict[str, np.ndarray] = load_file(
        encoder.source("model.safetensors", encoder.WEIGHTS_SHA256)
    )
    for name, value in weights.items():
        if name.startswith(tuple(f"encoder.layer.{at}." for at in range(FROZEN, encoder.LAYERS))):
            weights[name] = value + rng.normal(0, 0.003, value.shape).astype(np.float32)
    return weights


@pytest.fixture(scope="module")
def weights() -> dict[str, np.ndarray]:
    return taught()


@pytest.fixture(scope="module")
def folder(weights: dict[str, np.ndarray], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small release: two intents, a crisis encoder, and a card."""
    made = tmp_path_factory.mktemp("release")
    layers, head = package.pack(weights, FROZEN, BLOCK), np.eye(3, 384, dtype=np.float32)
    package.write_crisis(made, package.CrisisEncoder(layers, head, head[:, 0]))
    intents = package.IntentEncoder(layers, head[:2], head[:2, 0], ("a", "b"), OUTS)
    package.write_intents(made, intents)
    files = {name: model_files.sha256(made / name) for name in (package.CRISIS, package.INTENTS)}
    (made / RELEASE_CARD).write_text(json.dumps({"files": files}), encoding="utf-8")
    return made


@pytest.fixture
def copied(folder: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(folder, tmp_path / "release"))


def test_nothing_of_a_sentence_is_lost_in_the_compact_form(
    weights: dict[str, np.ndarray], folder: Path, models: Path, tmp_path: Path
) -> None:
    """Beside the float weights: of what int8 costs the whole encoder, this is no more."""
    import onnx

    compact = package.whole(package.read_crisis(folder).layers)
    vectors = []
    for name, given in (("float", weights), ("compact", compact)):
        onnx.save(encoder.onnx_graph(given, quantised=False), tmp_path / name)
        vectors.append(Encoder(tmp_path / name, models / TOKENIZER).encode(SENTENCES))
    assert (vectors[0] * vectors[1]).sum(axis=1).min() >= 0.999


def test_what_is_built_from_the_compact_form_is_what_was_taught(
    weights: dict[str, np.ndarray], folder: Path
) -> None:
    """The thresholds were set with the encoder of the training: it must be the same one."""
    compact = package.whole(package.read_crisis(folder).layers)
    built, direct = (
        encoder.onnx_graph(given, quantised=True, block=BLOCK) for given in (compact, weights)
    )
    for one, other in zip(built.graph.initializer, direct.graph.initializer, strict=True):
        if one.name.endswith(".int8"):
            assert one == other
    again = package.pack(compact, FROZEN, BLOCK)
    kept = package.read_crisis(folder).layers
    assert all(np.array_equal(again[name], kept[name]) for name in kept if "int8" in name)


def test_what_was_held_out_comes_back(folder: Path) -> None:
    found = package.read_intents(folder)
    assert (found.intents, found.outs) == (("a", "b"), OUTS)


def test_an_intent_that_the_release_does_not_know_has_no_opinion_of_its_encoder(
    folder: Path, models: Path
) -> None:
    tune, outs = released(models, folder)
    tuned = tune([], [], ["a", "newer"])
    assert (tuned.known.tolist(), tuned.head.shape) == ([True, False], (384, 2))
    assert not tuned.head[:, 1].any()
    assert tuned.head[0, 0] == 1
    assert outs == OUTS


def _cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:1000])


DAMAGE: dict[str, Callable[[Path], object]] = {
    "missing": Path.unlink,
    "cut": _cut,
    "another": lambda path: path.write_bytes(b"another"),
}


@pytest.mark.parametrize("damage", DAMAGE)
@pytest.mark.parametrize(
    ("name", "read", "part"),
    [
        (package.CRISIS, package.read_crisis, "crisis"),
        (package.INTENTS, package.read_intents, "intents"),
    ],
)
def test_a_damaged_file_is_named_with_the_command_that_mends_it(
    copied: Path, damage: str, name: str, read: Callable[[Path], object], part: str
) -> None:
    DAMAGE[damage](copied / name)
    with pytest.raises(ModelError, match=f"{name}: .*python -m bot release {part}"):
        read(copied)


def test_a_file_that_the_card_names_and_nobody_can_read(copied: Path) -> None:
    (copied / package.CRISIS).write_bytes(b"rubbish")
    files = {package.CRISIS: model_files.sha256(copied / package.CRISIS)}
    (copied / RELEASE_CARD).write_text(json.dumps({"files": files}), encoding="utf-8")
    with pytest.raises(ModelError, match=r"crisis\.safetensors: cannot be read"):
        package.read_crisis(copied)


@pytest.mark.parametrize("text", [None, "{", "[]"])
def test_without_a_card_nothing_is_used(copied: Path, text: str | None) -> None:
    (copied / RELEASE_CARD).unlink()
    if text is not None:
        (copied / RELEASE_CARD).write_text(text)
    with pytest.raises(ModelError, match=r"card\.json: .*python -m bot release"):
        package.read_crisis(copied)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Data with one row of each kind, and a card of what was learnt from it."""
    files = {
        "data/crisis/train/a.yml": "- label: none\n  category: x\n  rows: |\n    hello\n",
        "data/nlu/a.yml": "nlu:\n- intent: greet\n  examples: |\n    - hi\n",
        "bot/reading/grammar/spelling.yml": "u: you\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    card = {
        part: {"learnt_from": content_hash(RELEASED_FROM[part], tmp_path)}
        for part in ("crisis", "intents")
    }
    (tmp_path / RELEASE_CARD).write_text(json.dumps(card))
    return tmp_path


CHANGES = [
    ("data/nlu/a.yml", lambda text: f"# a comment\n{text}", []),
    ("data/nlu/a.yml", lambda text: text.replace("greet", '"greet"'), []),
    ("data/nlu/a.yml", lambda text: f"{text}    - hello there\n", ["intents"]),
    ("data/nlu/b.yml", lambda _: "nlu:\n- intent: bye\n  examples: |\n    - bye\n", ["intents"]),
    ("data/crisis/train/a.yml", lambda text: f"{text}    hi\n", ["crisis"]),
    ("data/crisis/train/a.yml", lambda text: text.replace("none", "crisis"), ["crisis"]),
    ("bot/reading/grammar/spelling.yml", lambda text: f"{text}# why\n", []),
    ("bot/reading/grammar/spelling.yml", lambda _: "r: are\n", ["crisis"]),
    ("bot/reading/grammar/rules/a.yml", lambda _: "rules: []\n", []),
]


@pytest.mark.parametrize(("name", "change", "parts"), CHANGES)
def test_an_encoder_is_stale_when_its_rows_have_changed_and_not_for_a_comment(
    project: Path, name: str, change: Callable[[str], str], parts: list[str]
) -> None:
    file = project / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(change(file.read_text() if file.is_file() else ""))
    warnings = stale_encoders(project, project)
    assert len(warnings) == len(parts)
    for warning, part in zip(warnings, parts, strict=True):
        assert f"`python -m bot release {part}`" in warning


def test_the_card_for_people_is_that_of_the_release() -> None:
    text = (ROOT / "docs" / "model-card.md").read_text(encoding="utf-8")
    assert text == description(read_card(RELEASE))


def test_the_release_is_whole_and_small() -> None:
    files = [package.verified(RELEASE, name) for name in package.PARTS]
    assert sum(file.stat().st_size for file in files) <= 25_000_000


LOADED = "print(sorted(n for n in sys.modules if n.startswith(('bot.training', 'bot.evaluation'))))"
TEACHES = {"bot.training.encoder", "bot.training.release"}


def _imported(program: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; {program}; {LOADED}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
    )
    assert done.returncode == 0, done.stderr
    found: list[str] = json.loads(done.stdout.splitlines()[-1].replace("'", '"'))
    return set(found)


def test_what_makes_the_models_teaches_no_encoder() -> None:
    program = "import bot.training.train, bot.training.crisis, bot.training.intents"
    assert not _imported(program) & TEACHES


@pytest.mark.parametrize(
    "program",
    [
        "import bot.gateway.app, bot.gateway.detector, bot.supervisor",
        "import bot.dialogue.agent, bot.dialogue.worker, actions.actions, "
        "bot.nlu.intent_classifier, bot.nlu.crisis_guard, bot.nlu.case_reader, bot.nlu.entities",
    ],
)
def test_what_serves_imports_nothing_that_trains(program: str) -> None:
    assert _imported(program) == set()
