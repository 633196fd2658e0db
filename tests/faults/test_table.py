"""docs/faults.md and the tests that it names are the same."""

import re
from pathlib import Path

import pytest

from tests.conftest import ROOT

TABLE = (ROOT / "docs" / "faults.md").read_text(encoding="utf-8")
ROWS = [
    tuple(cell.strip() for cell in line.strip("|").split("|"))
    for line in TABLE.splitlines()
    if line.startswith("|") and "`tests/" in line
]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_each_row_says_what_a_user_sees_and_has_its_test(row: tuple[str, ...]) -> None:
    fault, seen, test = row
    assert fault
    assert seen
    file, name = test.strip("`").split("::")
    assert re.search(rf"^(async )?def {name}\(", (ROOT / file).read_text(), re.MULTILINE)


@pytest.mark.parametrize(
    "file", sorted(Path(__file__).parent.glob("test_*.py")), ids=lambda f: f.name
)
def test_each_test_of_a_fault_has_its_row(file: Path) -> None:
    if file != Path(__file__):
        for name in re.findall(r"^(?:async )?def (test_\w+)", file.read_text(), re.MULTILINE):
            assert f"{file.relative_to(ROOT)}::{name}`" in TABLE
