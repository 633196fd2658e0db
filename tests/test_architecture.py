"""Folder names are the architecture: who may import what, held against the code itself."""

import ast
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TRAINS = {"bot.training", "bot.evaluation"}
"""Rooms that nothing which serves imports. Commands may; and the Rasa component that `rasa train`
runs does so inside its `train`: tests/training/test_package.py holds it to that.
"""
EDGES = {"rasa", "rasa_sdk", "aiohttp", "gunicorn", "sqlalchemy", "typer"}

GROUND = {
    "bot.clock",
    "bot.errors",
    "bot.keyfile",
    "bot.settings",
    "bot.turn",
    "bot.yamlfile",
    "bot.models",
    "bot.lines",
    "bot.networks",
}
"""What everybody may import."""

# Room: the rooms of ours that it may import, beside the ground and itself. Whatever is not named
# here runs back up.
MAY_IMPORT = {
    "bot/language": set(),
    "bot/privacy": {"bot.language"},
    "bot/reading": {"bot.language", "bot.eligibility"},
    "bot/safety": {"bot.language", "bot.reading"},
    "bot/knowledge": {"bot.language"},
    "bot/eligibility": {"bot.language", "bot.reading", "bot.knowledge"},
    "bot/sponsors": {"bot.language", "bot.knowledge"},
    "bot/widget": {"bot.language", "bot.reading", "bot.safety", "bot.sponsors", "bot.knowledge"},
    **{f"bot/publishing/{name}.py": {"bot.publishing"} for name in ("values", "draft", "versions")},
    "bot/conversation.py": {
        "bot.language",
        "bot.privacy",
        "bot.reading",
        "bot.safety",
        "bot.sponsors",
    },
    "actions": {"bot.knowledge", "bot.eligibility", "bot.reading", "bot.safety", "bot.sponsors"},
}
# Room: libraries of the edges that it must not import, wherever in the file it does it.
FORBIDDEN = {
    "bot/language": EDGES,
    "bot/privacy": EDGES | {"spacy"},
    "bot/reading": EDGES | {"spacy"},
    "bot/knowledge": EDGES,
    "bot/eligibility": EDGES,
    "bot/safety": EDGES,
    "bot/sponsors": {"rasa", "rasa_sdk", "aiohttp", "gunicorn"},
    **{
        f"bot/sponsors/{name}.py": EDGES | {"bot.settings"}
        for name in (
            "hours",
            "model",
            "masking",
            "codes",
            "roster",
            "content",
            "wording",
            "tries",
            "sessions",
            "unanswered",
        )
    },
    "bot/conversation.py": EDGES | {"spacy"},
    "bot/gateway": {"rasa", "rasa_sdk", "bot.nlu", "actions", "bot.staff"} | TRAINS,
    "bot/staff": {"rasa", "rasa_sdk", "bot.nlu", "bot.dialogue", "actions"} | TRAINS,
    **{
        f"bot/staff/{name}.py": EDGES | {"bot.settings"}
        for name in (
            *("model", "totp", "sessions", "content", "changes", "grouping"),
            *("identity", "tables"),
        )
    },
    **{
        f"bot/publishing/{name}.py": EDGES | {"bot.settings"} | TRAINS
        for name in ("values", "draft", "archive", "versions")
    },
    "bot/widget": EDGES,
    "bot/nlu": {"aiohttp", "gunicorn", "bot.gateway", "bot.dialogue"},
    "bot/dialogue": {"bot.gateway"} | TRAINS,
    "bot/supervisor.py": TRAINS,
    "bot/models.py": TRAINS,
    "bot/training/train.py": {"bot.training.encoder", "bot.training.release", "bot.evaluation"},
    "bot/training/crisis.py": {"bot.training.encoder", "bot.training.release", "bot.evaluation"},
    "bot/training/intents.py": {"bot.training.encoder", "bot.training.release", "bot.evaluation"},
    "actions": {"aiohttp", "gunicorn"} | TRAINS,
}


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def _files(place: str) -> list[Path]:
    path = ROOT / place
    return [path] if path.is_file() else sorted(path.rglob("*.py"))


def _wrong(place: str, is_wrong: Callable[[str], bool]) -> list[str]:
    files = _files(place)
    assert files, f"{place} is gone: mend this table"
    return [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in _imports(ast.parse(file.read_text(encoding="utf-8")))
        if is_wrong(name)
    ]


def _is_of(name: str, places: Iterable[str]) -> bool:
    return any(name == place or name.startswith(f"{place}.") for place in places)


@pytest.mark.parametrize("place", FORBIDDEN)
def test_edges_stay_at_the_edges(place: str) -> None:
    assert _wrong(place, lambda name: _is_of(name, FORBIDDEN[place])) == []


@pytest.mark.parametrize("place", MAY_IMPORT)
def test_imports_point_inwards(place: str) -> None:
    own = place.removesuffix(".py").replace("/", ".")
    allowed = MAY_IMPORT[place] | GROUND | {own}
    rooms = {f"bot.{room.stem}" for room in (ROOT / "bot").iterdir()} - {"bot.__init__"}

    def is_wrong(name: str) -> bool:
        return _is_of(name, rooms) and not _is_of(name, allowed)

    assert _wrong(place, is_wrong) == []


def test_the_environment_is_read_in_one_place() -> None:
    readers = {
        file.relative_to(ROOT).as_posix()
        for place in ("bot", "actions")
        for file in _files(place)
        if any(
            isinstance(n, ast.Attribute) and n.attr in {"environ", "getenv"}
            for n in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        )
    }
    # Three hand their own environment on to the processes that they start.
    # And what keeps onnxruntime quiet has to be said before anything imports it.
    assert readers <= {
        "bot/__init__.py",
        "bot/settings.py",
        "bot/supervisor.py",
        "bot/evaluation/service.py",
        "bot/publishing/trying.py",
    }
