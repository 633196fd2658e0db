"""The gateway stands before anything heavy is loaded."""

import os
import re
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

from bot.errors import ContentError
from bot.gateway.notices import load_notices
from bot.settings import ROOT
from tests.conftest import free_port

HEAVY = ("rasa", "rasa_sdk", "spacy", "sklearn", "onnxruntime", "numpy", "scipy")


def test_nothing_heavy_is_imported() -> None:
    code = f"import sys, bot.gateway.__main__; print([name for name in {HEAVY} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_the_screen_does_without_spacy() -> None:
    code = "import sys, bot.reading.crisis_grammar as g; g.Grammar(); print('spacy' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


def first_answer(run: Path) -> tuple[str, float]:
    """What the first message to a new gateway is answered, and how many seconds after its start."""
    port = free_port()
    env = {**os.environ, "PORT": str(port), "SIGNPOST_RUN": str(run), "SIGNPOST_MODELS": str(run)}
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/api/messages",
        b'{"text": "hello"}',
        {"Content-Type": "application/json"},
    )
    started = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.gateway"], cwd=ROOT, env=env, stderr=subprocess.DEVNULL
    )
    try:
        while True:
            assert time.monotonic() - started < 20
            try:
                with urllib.request.urlopen(request, timeout=5) as response:
                    return response.read().decode(), time.monotonic() - started
            except OSError:
                time.sleep(0.02)
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(timeout=20) == 0


def test_it_listens_within_two_seconds_and_helps_from_the_first(tmp_path: Path) -> None:
    answers = [first_answer(tmp_path) for _ in range(3)]
    assert all("116 123" in answer for answer, _ in answers)
    assert (
        min(seconds for _, seconds in answers) < 2
    )  # the best of three: other tests may be busy on the same machine


def test_what_it_says_by_itself_names_intents_that_there_are() -> None:
    domain = (ROOT / "domain.yml").read_text(encoding="utf-8")
    for starter in load_notices(ROOT / "bot" / "content").starters:
        assert re.search(rf"^  - {starter.payload.removeprefix('/')}\b", domain, re.MULTILINE), (
            starter
        )


MISTAKES = [
    ("forgotten:", "forgoten:", "forgotten: Field required"),
    ('  empty: "I did', '  emptied: "I did', "not right: emptied, empty"),
    ("refused:", "refused", ""),
    ('payload: "/ask_refer"', 'payload: "ask_refer"', "payload"),
]


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES)
def test_a_mistake_in_the_notices_is_named_by_line(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    text = (ROOT / "bot" / "content" / "notices.yml").read_text(encoding="utf-8")
    assert right in text
    (tmp_path / "notices.yml").write_text(text.replace(right, wrong), encoding="utf-8")
    with pytest.raises(ContentError, match=rf"notices\.yml:\d+: .*{said}"):
        load_notices(tmp_path)
