"""The crisis classifier's files in `models/`: the released ones, or fitted again where the corpus or
the grammar has changed since.
"""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.errors import ModelError
from bot.models import RELEASE, read_card
from bot.reading.crisis_model import FILE, TUNED, Classifier
from bot.training import crisis, package

RELEASED = read_card(RELEASE)["light"]["made_from"]


@pytest.fixture
def unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    """The data as it was when the release was made, whatever it is now."""
    monkeypatch.setattr(crisis, "light_digest", lambda _: RELEASED)


@pytest.fixture
def changed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Other data than the release was made from; what is fitted then, and how often."""
    fitted: list[Path] = []

    def fit_light(models: Path, *_: Any) -> dict[str, Any]:
        fitted.append(models)
        with np.load(RELEASE / package.LIGHT, allow_pickle=False) as data:
            return {**data, "threshold": np.array(0.75)}

    monkeypatch.setattr(crisis, "light_digest", lambda _: "another")
    monkeypatch.setattr(crisis, "fit_light", fit_light)
    return fitted


@pytest.mark.usefixtures("unchanged")
def test_from_unchanged_data_it_is_the_released_one(tmp_path: Path) -> None:
    crisis.ensure(tmp_path)
    assert (tmp_path / FILE).read_bytes() == (RELEASE / package.LIGHT).read_bytes()
    made = (tmp_path / TUNED).stat().st_mtime_ns
    crisis.ensure(tmp_path)
    assert (tmp_path / TUNED).stat().st_mtime_ns == made


def test_from_changed_data_the_light_part_is_fitted_again_once(
    tmp_path: Path, changed: list[Path]
) -> None:
    crisis.ensure(tmp_path)
    crisis.ensure(tmp_path)
    assert changed == [tmp_path]
    assert Classifier.load(tmp_path).threshold == 0.75


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize("name", [FILE, TUNED])
def test_a_damaged_file_is_made_again(tmp_path: Path, name: str) -> None:
    crisis.ensure(tmp_path)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[:1000])
    crisis.ensure(tmp_path)
    assert (tmp_path / name).read_bytes() == whole


@pytest.mark.usefixtures("unchanged")
@pytest.mark.parametrize(("name", "part"), [(package.CRISIS, "crisis"), (package.LIGHT, "light")])
def test_without_a_released_file_it_says_which_and_what_mends_it(
    tmp_path: Path, name: str, part: str
) -> None:
    folder = Path(shutil.copytree(RELEASE, tmp_path / "release"))
    (folder / name).unlink()
    (tmp_path / "models").mkdir()
    with pytest.raises(ModelError, match=f"{name}: missing.*python -m bot release {part}"):
        crisis.ensure(tmp_path / "models", folder=folder)


def test_the_release_notes_what_it_was_made_from() -> None:
    card = json.loads((RELEASE / "card.json").read_text(encoding="utf-8"))
    assert set(card["files"]) == set(package.PARTS)
    assert all(card[part]["date"] for part in package.PARTS.values())
