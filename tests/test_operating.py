"""What an operator does to the running service, with real processes: switches and new content."""

import asyncio
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot import snapshots
from bot.commands.client import Conversation, connect
from tests.conftest import ROOT, Service, edit, is_ready, start_service, stop_service
from tests.test_supervisor import children, masters, until

CRISIS = "I want to kill myself"
BEFORE, AFTER = "has family visits.", "has family visits, says this test."


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(
        shutil.copytree(ROOT / "bot/content", tmp_path_factory.mktemp("edited") / "content")
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, content: Path) -> Iterator[Service]:
    """A service with content of its own, which is edited here."""
    started = start_service(
        tmp_path_factory.mktemp("operating") / "run",
        SIGNPOST_CONTENT=str(content),
        SIGNPOST_ADDRESS_LIMIT="100000/minute",
        SIGNPOST_CONVERSATION_LIMIT="100000/minute",
    )
    yield started
    assert stop_service(started) == 0


def bot(service: Service, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *args],
        cwd=ROOT,
        env=service.env,
        capture_output=True,
        text=True,
        timeout=200,
    )


def log_of(service: Service) -> str:
    return (service.run.parent / f"{service.run.name}.log").read_text(errors="replace")


async def seconds_until(conversation: Conversation, question: str, words: str) -> float:
    started = time.monotonic()
    while words not in (await conversation.say(question)).text:
        assert time.monotonic() - started < 30, "it did not happen in time"
        await asyncio.sleep(0.1)
    return time.monotonic() - started


@pytest.mark.parametrize(
    ("switch", "back", "question", "words"),
    [
        ("help-only on", "help-only off", "Family visits at Belmarsh?", "can't answer questions"),
        (
            "service belmarsh off",
            "service belmarsh on",
            "Who is Belmarsh for?",
            "about the Belmarsh",
        ),
        (
            "topic family_visits off",
            "topic family_visits on",
            "Family visits?",
            "questions on this",
        ),
    ],
)
async def test_a_switch_works_within_five_seconds_and_the_crisis_answer_always(
    whole: Service, switch: str, back: str, question: str, words: str
) -> None:
    async with connect(whole.url, whole.run) as signpost:
        conversation = await signpost.open()
        usual = (await conversation.say(question)).text
        assert words not in usual
        assert (await asyncio.to_thread(bot, whole, "switch", *switch.split())).returncode == 0
        assert await seconds_until(conversation, question, words) < 5
        assert (await (await signpost.open()).say(CRISIS)).crisis
        assert switch in (await asyncio.to_thread(bot, whole, "switch")).stdout
        assert (await asyncio.to_thread(bot, whole, "switch", *back.split())).returncode == 0
        assert await seconds_until(await signpost.open(), question, usual[:40]) < 5


@pytest.mark.timeout(240)
async def test_new_content_comes_in_while_people_talk(whole: Service, content: Path) -> None:
    question, topics, crises = "Family visits at Belmarsh?", set[str](), list[float]()
    async with connect(whole.url, whole.run) as signpost:
        kept = await signpost.open()
        assert BEFORE in (await kept.say(question)).text
        edit(content / "services/belmarsh.yml", BEFORE, AFTER)
        reloading = asyncio.create_task(asyncio.to_thread(bot, whole, "reload"))
        while not reloading.done():
            answer = await (await signpost.open()).say(question)
            topics.add(answer.topic)
            started = time.monotonic()
            assert (await (await signpost.open()).say(CRISIS)).crisis
            crises.append(time.monotonic() - started)
            await asyncio.sleep(0.3)  # people think, and the machine has a model to load
        done = reloading.result()
        assert (done.returncode, done.stderr) == (0, "")
        assert topics == {"family_visits"}  # nobody was told to try again later
        assert max(crises) < 2
        assert AFTER in (await (await signpost.open()).say(question)).text
        assert (await kept.say("and at Swaleside?")).topic == "family_visits"


async def test_content_with_a_mistake_changes_nothing(whole: Service, content: Path) -> None:
    served = (whole.run / snapshots.LINK).resolve()
    good = (content / "notices.yml").read_text(encoding="utf-8")
    with (content / "notices.yml").open("a") as file:
        file.write("nonsense: true\n")
    try:
        refused = await asyncio.to_thread(bot, whole, "reload")
        assert refused.returncode == 1
        assert "notices.yml:" in refused.stderr
        assert "nonsense" in refused.stderr
        whole.process.send_signal(signal.SIGHUP)
        for _ in range(100):
            if "not reloaded" in log_of(whole):
                break
            await asyncio.sleep(0.1)
        assert "what was there goes on" in log_of(whole)
        assert (
            whole.run / snapshots.FAILED
        ).exists()  # and so an alert: tests/gateway/test_reload.py
    finally:
        (content / "notices.yml").write_text(good, encoding="utf-8")
    assert (whole.run / snapshots.LINK).resolve() == served
    async with connect(whole.url, whole.run) as signpost:
        assert (await (await signpost.open()).say("Family visits at Belmarsh?")).topic
        assert (await (await signpost.open()).say(CRISIS)).crisis


def test_the_stand_by_has_new_content_too(whole: Service, content: Path) -> None:
    title = 'title: "I need help now'
    edit(content / "crisis.yml", title, f"{title}, says this test")
    assert bot(whole, "reload").returncode == 0
    (master,) = masters(whole.process, "bot.gateway")
    (worker,) = children(master)
    os.kill(worker, signal.SIGSTOP)
    with urllib.request.urlopen(f"{whole.url}/help-now", timeout=20) as response:
        assert "says this test" in response.read().decode()
    until(lambda: not Path(f"/proc/{worker}").exists())
    until(lambda: is_ready(whole.url), seconds=60)


def test_the_audit_of_switches_names_nothing(whole: Service) -> None:
    lines = (whole.run.parent / "audit" / "switches.jsonl").read_text().splitlines()
    assert {key for line in lines for key in json.loads(line)} == {"at", "kind", "state"}
    assert "belmarsh" not in "".join(lines)
