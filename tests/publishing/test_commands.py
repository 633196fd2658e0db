"""`python -m bot content`: files out and in byte for byte, and back, where no service runs."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

pytestmark = pytest.mark.timeout(600)


def test_a_file_goes_out_and_in_and_back(tmp_path: Path) -> None:
    content = shutil.copytree(ROOT / "bot/content", tmp_path / "content")
    files = {path: path.read_bytes() for path in content.rglob("*.yml")}
    environment = {
        **os.environ,
        "SIGNPOST_CONTENT": str(content),
        "SIGNPOST_CONTENT_VERSIONS": str(tmp_path / "versions"),
        "SIGNPOST_RUN": str(tmp_path / "run"),
        "PORT": "1",
    }

    def bot(*command: str, code: int = 0) -> str:
        done = subprocess.run(
            [sys.executable, "-m", "bot", "content", *command],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
        assert done.returncode == code, done.stderr
        return done.stdout + done.stderr

    file = tmp_path / "belmarsh.yml"
    bot("export", str(file))
    live = content / "services" / "belmarsh.yml"
    assert file.read_bytes() == live.read_bytes()
    file.write_bytes(file.read_bytes().replace(b"status: current", b"status: nonsense"))
    assert "services/belmarsh.yml:" in bot("import", str(file), "--note", "x", code=1)
    assert {path: path.read_bytes() for path in content.rglob("*.yml")} == files
    file.write_bytes(file.read_bytes().replace(b"status: nonsense", b"status: withdrawn"))
    assert "version 2: no service runs here" in bot("import", str(file), "--note", "it ended")
    assert live.read_bytes() == file.read_bytes()
    first, second = reversed(bot("versions").splitlines())
    assert first.startswith("1  ")
    assert second.endswith("command line  it ended")
    assert "there is no version 9" in bot("back", "9", "--note", "x", code=1)
    assert "version 3" in bot("back", "1", "--note", "it has not")
    assert {path: path.read_bytes() for path in content.rglob("*.yml")} == files
