"""The start-up hook, as a fresh interpreter sees it."""

import subprocess
import sys

import pytest


def run(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    ).stdout.strip()


WATCHERS = "[type(finder).__name__ for finder in sys.meta_path].count('_RasaImportWatcher')"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        pytest.param(
            "import sys; print('rasa_slim.hook' in sys.modules)",
            "True",
            id="it is there in every program",
        ),
        pytest.param(
            "import sys; print('rasa_slim.shims' in sys.modules, 'numpy' in sys.modules)",
            "False False",
            id="and loads nothing",
        ),
        pytest.param(
            f"import sys, json, aiohttp; print({WATCHERS})",
            "1",
            id="other imports leave it waiting",
        ),
        pytest.param(
            f"import sys, rasa; print({WATCHERS})", "0", id="it steps aside at the import of rasa"
        ),
        pytest.param(
            "import os, rasa; print(os.environ['RASA_TELEMETRY_ENABLED'])",
            "false",
            id="nothing is sent to a vendor",
        ),
        pytest.param(
            "import rasa, numpy; print(numpy.VisibleDeprecationWarning.__name__)",
            "VisibleDeprecationWarning",
            id="numpy's old name",
        ),
        pytest.param(
            "import rasa.core.agent, rasa.core.policies.rule_policy, sys; print([m for m in ('sklearn', 'skops', 'matplotlib') if m in sys.modules])",
            "[]",
            id="a lean agent",
        ),
        pytest.param(
            "import rasa.utils.plotting as p, sys; p.plot_confusion_matrix; print('matplotlib' in sys.modules)",
            "True",
            id="plots when asked for",
        ),
    ],
)
def test_hook(code: str, expected: str) -> None:
    assert run(code) == expected


def test_importing_rasa_is_silent() -> None:
    done = subprocess.run(
        [sys.executable, "-W", "default", "-c", "import rasa"],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "pkg_resources is deprecated" not in done.stderr
    assert "PyparsingDeprecationWarning" not in done.stderr
