"""`python -m tests.dialogue.bench [MODELS ACTIONS]`: what a worker and a turn cost, with and
without rasa_slim.speed, for docs/adr/0001.

Without arguments it trains and takes the small test model, so that what is measured is Rasa and our
glue, and no classifier.
"""

import asyncio
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bot.models import RASA_MODEL, write_manifest

TURNS = 300


def memory(what: str) -> float:
    """MB of this process: what = Rss or Pss."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{what}:"))


def measure(models: Path, actions: str, fast: bool) -> None:
    """Prints one line. In a process of its own, because what is patched stays so."""
    from bot.dialogue import agent as agents
    from bot.dialogue.agent import load_agent, silence_rasa, warm_up
    from bot.dialogue.turn import take
    from bot.turn import Turn

    if not fast:
        vars(agents)["install_speed"] = lambda: None
    agent = load_agent(models, actions)
    warm_up(agent)
    silence_rasa()
    ready = time.process_time()

    async def talk() -> float:
        state = ""
        before = time.process_time()
        for number in range(TURNS):
            state = (
                await take(
                    agent,
                    Turn(
                        "conversation", text=("hello", "tell me about it")[number % 2], state=state
                    ),
                )
            ).state
        return (time.process_time() - before) / TURNS * 1000

    print(
        f"{'rasa_slim.speed' if fast else 'Rasa as it is':17} {ready:15.1f} {memory('Rss'):8.0f} {asyncio.run(talk()):15.1f}",
        flush=True,
    )


def main() -> None:
    if sys.argv[1:2] == ["measure"]:
        measure(Path(sys.argv[2]), sys.argv[3], sys.argv[4] == "fast")
        return
    with tempfile.TemporaryDirectory() as folder:
        models, actions = sys.argv[1:3] or (folder, "tests.dialogue.project.actions")
        if models == folder:
            rasa = [
                str(Path(sys.executable).parent / "rasa"),
                "train",
                "--out",
                folder,
                "--fixed-model-name",
                RASA_MODEL.removesuffix(".tar.gz"),
            ]
            subprocess.run(
                rasa, cwd=Path(__file__).parent / "project", check=True, capture_output=True
            )
            write_manifest(Path(folder), [RASA_MODEL], "")
        print(f"{'':17} {'CPU s to start':>15} {'RSS MB':>8} {'CPU ms a turn':>15}", flush=True)
        for how in ("plain", "fast"):
            subprocess.run(
                [sys.executable, "-m", "tests.dialogue.bench", "measure", models, actions, how],
                check=True,
            )


if __name__ == "__main__":
    main()
