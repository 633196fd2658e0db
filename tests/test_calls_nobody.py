"""Nothing that we stand on calls its makers."""

import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT

# Any model will do.
CODE = "onnxruntime.InferenceSession('models/safety.onnx', providers=['CPUExecutionProvider'])"


def test_onnxruntime_keeps_to_itself(tmp_path: Path) -> None:
    """By itself it gives the machine a number and keeps, under HOME, what it is going to send."""
    subprocess.run(
        [sys.executable, "-c", f"import bot, onnxruntime; {CODE}"],
        cwd=ROOT,
        # Nothing that would keep it quiet anyway, as CI's variables do.
        env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
        check=True,
        timeout=60,
    )
    assert list(tmp_path.iterdir()) == []
