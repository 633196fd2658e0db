import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT


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
