"""A gateway as a process of its own, with neither detector nor dialogue: it answers with the help."""

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.conftest import ROOT, free_port, is_live


@contextlib.contextmanager
def gateway_alone(
    folder: Path,
    stderr: Any = subprocess.DEVNULL,
    files: tuple[int, int] | None = None,
    **settings: str,
) -> Iterator[str]:
    """Its address. `folder` becomes SIGNPOST_RUN; `files` are its soft and its hard limit of them."""

    def limit_files() -> None:
        if files is not None:
            resource.setrlimit(resource.RLIMIT_NOFILE, files)

    port = free_port()
    env = {
        **os.environ,
        "PORT": str(port),
        "SIGNPOST_RUN": str(folder),
        "SIGNPOST_MODELS": str(folder / "none"),
        "SIGNPOST_AUDIT": str(folder / "audit"),
        **settings,
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "bot.gateway"],
        cwd=ROOT,
        env=env,
        stderr=stderr,
        process_group=0,
        preexec_fn=limit_files,
    )
    url = f"http://127.0.0.1:{port}"
    try:
        deadline = time.monotonic() + 20
        while not is_live(url):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        yield url
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def say(url: str, text: str, timeout: float = 10) -> str:
    """What a message is answered, as it comes."""
    request = urllib.request.Request(
        f"{url}/api/messages",
        json.dumps({"text": text}).encode(),
        {"Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=timeout) as response:
        return str(response.read().decode())
