"""Folder names are the architecture: who may import what, held against the code itself."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
EDGES = {"rasa", "rasa_sdk", "aiohttp", "gunicorn", "sqlalchemy", "typer"}

# Package or module: what it must not import, wherever in the file it does it. bot.dialogue.protocol is plain types, and for everybody.
FORBIDDEN = {
    "bot/language": EDGES | {"bot.safety", "bot.knowledge", "bot.nlu", "bot.gateway", "bot.dialogue"},
    "bot/privacy": EDGES | {"spacy", "bot.safety", "bot.knowledge", "bot.nlu", "bot.gateway", "bot.dialogue", "bot.language"},
    "bot/knowledge": EDGES | {"bot.safety", "bot.nlu", "bot.gateway", "bot.dialogue"},
    "bot/eligibility": EDGES | {"bot.safety", "bot.nlu", "bot.gateway", "bot.dialogue"},
    "bot/safety": EDGES | {"bot.knowledge", "bot.nlu", "bot.gateway"},
    "bot/sponsors": {
        "rasa",
        "rasa_sdk",
        "aiohttp",
        "gunicorn",
        "bot.safety",
        "bot.nlu",
        "bot.gateway",
        "bot.dialogue",
        "bot.widget",
        "bot.conversation",
    },
    **{
        f"bot/sponsors/{name}.py": EDGES | {"bot.settings"}
        for name in ("hours", "model", "codes", "roster", "content", "wording", "tries", "sessions")
    },
    "bot/conversation.py": EDGES | {"spacy", "bot.gateway", "bot.nlu"},
    "bot/gateway": {"rasa", "rasa_sdk", "bot.nlu", "actions"},
    "bot/widget": EDGES | {"bot.gateway"},
    "bot/nlu": {"aiohttp", "gunicorn", "bot.gateway", "bot.dialogue"},
    "bot/dialogue": {"bot.gateway"},
    "actions": {"aiohttp", "gunicorn", "bot.gateway", "bot.dialogue"},
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


@pytest.mark.parametrize("place", FORBIDDEN)
def test_imports_point_inwards(place: str) -> None:
    files = _files(place)
    assert files, f"{place} is gone: mend this table"
    wrong = [
        f"{file.relative_to(ROOT)} imports {name}"
        for file in files
        for name in _imports(ast.parse(file.read_text(encoding="utf-8")))
        if not name.startswith("bot.dialogue.protocol") and any(name == barred or name.startswith(f"{barred}.") for barred in FORBIDDEN[place])
    ]
    assert wrong == []


def test_the_environment_is_read_in_one_place() -> None:
    readers = {
        file.relative_to(ROOT).as_posix()
        for place in ("bot", "actions")
        for file in _files(place)
        if any(isinstance(n, ast.Attribute) and n.attr in {"environ", "getenv"} for n in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    }
    # The supervisor hands its own environment on to the processes that it starts.
    assert readers <= {"bot/settings.py", "bot/supervisor.py"}
