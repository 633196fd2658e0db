"""Runs inside the environment that `tools/diet.py` makes, with Rasa as it comes: trains on a
folder's `train.json`, reads its `test.json`.

`train.json` is a list of [text, intent], `test.json` a list of texts; `answers.json` becomes
{"intents": one a text, "milliseconds": CPU a message, "training_seconds" of CPU, "megabytes"}.
"""

import asyncio
import json
import logging
import sys
import time
from pathlib import Path

import rasa
import structlog
import yaml
from rasa.core.agent import Agent
from rasa.model_training import train_nlu

FALLBACK = "nlu_fallback"


def main(folder: Path) -> None:
    # Left as Rasa sets it up, structlog prints every message that is read.
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    by_intent: dict[str, list[str]] = {}
    for text, intent in json.loads((folder / "train.json").read_text()):
        by_intent.setdefault(intent, []).append(text)
    nlu = [
        {"intent": intent, "examples": "".join(f"- {text}\n" for text in texts)}
        for intent, texts in by_intent.items()
    ]
    (folder / "nlu.yml").write_text(yaml.safe_dump({"version": "3.1", "nlu": nlu}))
    # What `rasa init` writes: no pipeline of its own, so that Rasa fills in its default one.
    (folder / "config.yml").write_text(
        (Path(rasa.__file__).parent / "cli/initial_project/config.yml").read_text()
    )
    used = time.process_time()
    model = train_nlu(
        str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder), fixed_model_name="diet"
    )
    training_seconds = time.process_time() - used
    agent = Agent.load(model)

    async def read(text: str) -> str:
        ranking = (await agent.parse_message(text))["intent_ranking"]
        # The likeliest intent judges, as for our classifier: whether a message is turned away is
        # another question.
        return next((str(found["name"]) for found in ranking if found["name"] != FALLBACK), "")

    async def read_all(texts: list[str]) -> list[str]:
        return [await read(text) for text in texts]

    texts = json.loads((folder / "test.json").read_text())
    asyncio.run(read_all(texts[:20]))
    used = time.process_time()
    intents = asyncio.run(read_all(texts))
    milliseconds = 1000 * (time.process_time() - used) / max(len(texts), 1)
    megabytes = Path(str(model)).stat().st_size / 1e6
    answers = {
        "intents": intents,
        "milliseconds": milliseconds,
        "training_seconds": training_seconds,
        "megabytes": megabytes,
    }
    (folder / "answers.json").write_text(json.dumps(answers))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
