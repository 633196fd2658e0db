"""The hazard log names the test of each control: each has to be there, and the log has to say that
nobody has accepted it yet.
"""

import re

import pytest

from tests.conftest import ROOT

FOLDER = ROOT / "docs" / "clinical-safety"
LOG = (FOLDER / "hazard-log.md").read_text(encoding="utf-8")


def named_tests() -> list[tuple[str, str]]:
    """(file, test) of each reference; `::name` alone is in the file that was named last; "" where a
    whole file is meant.
    """
    found, file = [], ""
    for path, test in re.findall(r"`(tests/[\w/]+\.py)?(?:::(\w+))?`", LOG):
        file = path or file
        if path or test:
            found.append((file, test))
    return found


@pytest.mark.parametrize(("file", "test"), named_tests())
def test_every_control_has_its_test(file: str, test: str) -> None:
    source = (ROOT / file).read_text(encoding="utf-8")
    assert not test or re.search(rf"^(async )?def {test}\(", source, re.MULTILINE), (
        f"{file} has no {test}"
    )


def test_every_hazard_has_controls_and_ratings() -> None:
    hazards = re.split(r"^## H\d+: ", LOG, flags=re.MULTILINE)[1:]
    assert len(hazards) >= 9
    for hazard in hazards:
        for part in ("**Effect**", "**Initial**", "**Controls**", "**Residual**", "tests/"):
            assert part in hazard, hazard.splitlines()[0]


@pytest.mark.parametrize("name", ["README.md", "hazard-log.md"])
def test_it_says_that_it_waits_for_review(name: str) -> None:
    assert re.search(
        r"needs a named Clinical Safety Officer's review",
        (FOLDER / name).read_text(encoding="utf-8"),
        re.IGNORECASE,
    )
