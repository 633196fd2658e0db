"""Nothing that we stand on calls its makers."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

# Any model will do.
CODE = "onnxruntime.InferenceSession('models/safety.onnx', providers=['CPUExecutionProvider'])"


@pytest.mark.parametrize(("first", "tells"), [("bot", False), ("sys", True)])
def test_onnxruntime_keeps_to_itself(first: str, tells: bool, tmp_path: Path) -> None:
    """By itself it gives the machine a number and keeps, under HOME, what it is going to send."""
    places = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "TMPDIR"), str(tmp_path))
    environment = {name: value for name, value in os.environ.items() if name != "CI"} | places
    environment.pop("ORT_DISABLE_TELEMETRY", None)
    subprocess.run(
        [sys.executable, "-c", f"import {first}, onnxruntime; {CODE}"],
        cwd=ROOT,
        env=environment,
        check=True,
        timeout=60,
    )
    assert any(tmp_path.iterdir()) is tells
