"""What the browser tests have from npm."""

import json
import subprocess
from pathlib import Path

HERE = Path(__file__).parent
MODULES = HERE / "node_modules"

RUN_AXE = """() => axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] })
  .then((found) => found.violations)"""
"""A script that gives the violations of WCAG 2.2 A and AA, and of axe-core's own good practice,
once axe-core is in the page.
"""


def packages() -> Path:
    """The folder with the packages of package.json in the versions that it names, fetched by
    package-lock.json where they are not there yet.
    """
    wanted: dict[str, str] = json.loads((HERE / "package.json").read_text())["dependencies"]
    if {name: _installed(name) for name in wanted} != wanted:
        subprocess.run(
            ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            cwd=HERE,
            check=True,
            capture_output=True,
        )
    return MODULES


def _installed(name: str) -> str | None:
    description = MODULES / name / "package.json"
    return str(json.loads(description.read_text())["version"]) if description.is_file() else None
