"""`make sbom`: the licence of each package of an SBOM (CycloneDX, as uv writes it), from what is installed.

Exit code 1 where one is not known: somebody has to look.
"""

import json
import sys
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

UNKNOWN = "UNKNOWN"
OURS = Path(__file__).resolve().parent.parent / "packages"


def licence_of(package: str) -> str:
    """As its metadata says it, in one line; "not installed" for what is for another system."""
    if (OURS / package).is_dir():
        return "ours: see LICENCE"
    try:
        said = metadata(package)
    except PackageNotFoundError:
        return "not installed"
    classes = [c for c in said.get_all("Classifier") or [] if c.startswith("License ::")]
    words = [
        " ".join(said.get_all("License-Expression") or []),
        "; ".join(line.rpartition(" :: ")[2] for line in classes),
        "".join(said.get_all("License") or []).strip().partition("\n")[0],
    ]
    return next((word for word in words if word), UNKNOWN)


def rows(sbom: Path) -> list[tuple[str, str, str]]:
    """Name, version and licence of each component, by name."""
    parts = json.loads(sbom.read_text(encoding="utf-8"))["components"]
    return sorted((p["name"], p.get("version", ""), licence_of(p["name"])) for p in parts)


def main(sbom: Path) -> int:
    found = rows(sbom)
    for row in found:
        print("\t".join(row))
    return int(any(licence == UNKNOWN for _, _, licence in found))


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
