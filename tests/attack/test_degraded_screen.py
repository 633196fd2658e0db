"""A screen of which a part is missing or damaged says so, and helps beside every answer meanwhile."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.errors import ModelError
from bot.gateway.app import load_screen
from bot.models import MANIFEST, REQUIRED, SCREEN, verify, write_manifest
from bot.settings import Settings
from tests.gateway.conftest import Start, texts
from tests.gateway.fakes import CRISIS, PhraseScreen


class PartOfAScreen(PhraseScreen):
    missing = "no classifier: models/safety.npz: missing"


async def test_it_is_red_loud_and_careful(start: Start, capsys: pytest.CaptureFixture[str]) -> None:
    gateway = await start(load_screen=PartOfAScreen)
    async with gateway.client.get("/health/ready") as response:
        assert (response.status, (await response.json())["detector"]) == (503, "degraded")
    assert "safety.npz" in capsys.readouterr().out
    answer = await gateway.say("hello")
    assert texts(answer).startswith("1: hello")
    assert [button["label"] for button in answer["messages"][-1]["buttons"]]
    assert answer["messages"][-1]["kind"] == "notice"
    assert (await gateway.say(CRISIS))["crisis"]


async def test_a_whole_screen_adds_nothing(start: Start) -> None:
    answer = await (await start()).say("hello")
    assert texts(answer) == "1: hello"


@pytest.fixture
def models(tmp_path: Path) -> Path:
    """Files of the right names, with nothing in them, and a manifest that fits."""
    for name in REQUIRED:
        (tmp_path / name).write_bytes(b"x")
    write_manifest(tmp_path, REQUIRED, "")
    return tmp_path


def _names_less(models: Path, name: str) -> None:
    manifest = json.loads((models / MANIFEST).read_text())
    del manifest["files"][name]
    (models / MANIFEST).write_text(json.dumps(manifest))


DAMAGE: dict[str, Callable[[Path, str], object]] = {
    "missing": lambda models, name: (models / name).unlink(),
    "damaged": lambda models, name: (models / name).write_bytes(b"y"),
    "not in the manifest": _names_less,
}


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("damage", DAMAGE)
def test_every_file_is_named_and_checked(models: Path, name: str, damage: str) -> None:
    verify(models)
    DAMAGE[damage](models, name)
    with pytest.raises(ModelError, match=name):
        verify(models)


@pytest.mark.parametrize("damage", DAMAGE)
def test_the_gateway_checks_the_screens_files_whenever_it_loads(models: Path, damage: str) -> None:
    DAMAGE[damage](models, SCREEN[0])
    screen = load_screen(Settings(models=models))
    assert SCREEN[0] in screen.missing
    assert screen.screen("I want to kill myself").label == "crisis"  # by the grammar


def test_without_a_manifest_nothing_is_loaded(models: Path) -> None:
    (models / MANIFEST).unlink()
    assert MANIFEST in load_screen(Settings(models=models)).missing
