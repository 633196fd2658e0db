"""Whatever is broken, by whichever door: crisis words get the crisis answer, or, where nothing can
screen them, the help. Never less.
"""

import json
import os
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from bot.gateway.detector import LoadedScreen
from bot.reading.crisis import load_detector
from tests.gateway.conftest import Gateway, Start
from tests.gateway.fakes import CRISIS, BrokenScreen
from tests.test_states import WORKS_NOW, names_the_forum_as_a_place


async def _json(gateway: Gateway, text: str) -> tuple[str, bool]:
    async with gateway.client.post("/api/messages", json={"text": text}) as response:
        answer = await response.json(content_type=None)
        return json.dumps(answer, ensure_ascii=False), answer.get("crisis", False)


async def _form(gateway: Gateway, text: str) -> tuple[str, bool]:
    async with gateway.client.post(
        "/chat", data={"conversation": "", "text": text, "do": "send"}
    ) as response:
        page = await response.text()
        return page, "crisis" in page


async def _raw(gateway: Gateway, text: str) -> tuple[str, bool]:
    async with gateway.client.post(
        "/api/messages", data=b"{ not json: " + text.encode() + b" \xff"
    ) as response:
        answer = await response.json(content_type=None)
        return json.dumps(answer, ensure_ascii=False), answer.get("crisis", False)


DOORS: Mapping[str, Callable[[Gateway, str], Awaitable[tuple[str, bool]]]] = {
    "JSON": _json,
    "form": _form,
    "broken JSON": _raw,
}


def _never_loads() -> LoadedScreen:
    raise OSError("no such file")


def _in_the_middle_of_training() -> LoadedScreen:
    """The models are being made anew: none of them is there."""
    return load_detector(Path("/nowhere"))


@dataclass(frozen=True)
class Fault:
    """`screens`: something can still screen, so that the answer has to be the crisis answer and not
    only the help.
    """

    start: Mapping[str, Any] = field(default_factory=dict)
    worker: str = "answer"
    before: int = 0
    text: str = CRISIS
    screens: bool = True


FAULTS = {
    "nothing": Fault(),
    "no worker": Fault({"worker": False}),
    "the worker hangs": Fault(worker="hang"),
    "the worker dies": Fault(worker="die"),
    "the worker fails": Fault(worker="fail"),
    "the worker talks nonsense": Fault(worker="babble"),
    "the limit is reached": Fault({"address_limit": "1/minute"}, before=3),
    "too long": Fault(text="please " * 80 + CRISIS),
    "too large": Fault(text=CRISIS + " please" * 2000),
    "odd letters": Fault(text="Ｉ ｗａｎｔ ｔｏ ｋｉｌｌ ｍｙｓｅｌｆ"),
    "in the middle of training": Fault({"load_screen": _in_the_middle_of_training}),
    "the screen does not load": Fault({"load_screen": _never_loads}, screens=False),
    "the screen has a bug": Fault({"load_screen": BrokenScreen}, screens=False),
    "the audit is a file": Fault({"audit": "file"}),
    "the audit is full": Fault({"audit": "full"}),
    "the audit is stuck": Fault({"audit": "stuck"}),
}


def _audit(how: str, folder: Path) -> Path:
    from datetime import date

    from bot.safety.audit import file_of

    place = folder / "audit"
    if how == "file":
        place.write_text("", encoding="utf-8")
        return place
    place.mkdir()
    if how == "full":
        file_of(place, date.today()).symlink_to("/dev/full")
    else:
        os.mkfifo(file_of(place, date.today()))
    return place


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize("name", FAULTS)
async def test_crisis_words_are_answered(
    start: Start, tmp_path: Path, name: str, door: str
) -> None:
    fault = FAULTS[name]
    options = dict(fault.start)
    if "audit" in options:
        options["audit"] = _audit(options["audit"], tmp_path)
    gateway = await start(**options)
    gateway.worker.mode = fault.worker  # type: ignore[assignment]
    for _ in range(fault.before):
        await DOORS[door](gateway, "hello")
    text, crisis = await DOORS[door](gateway, fault.text)
    assert crisis or not fault.screens
    assert "sponsor" in text
    assert WORKS_NOW.search(text)
    assert not names_the_forum_as_a_place(text.replace("\\n", " "))


async def test_the_audit_gets_what_happened_and_not_a_word_of_it(
    tmp_path: Path, start: Start
) -> None:
    gateway = await start(audit=tmp_path / "audit")
    crisis = await gateway.say(CRISIS)
    await gateway.press(crisis["messages"][0]["buttons"][0]["id"], crisis["conversation"])
    async with gateway.client.get("/help-now"):
        pass
    await gateway.client.close()
    (file,) = (tmp_path / "audit").iterdir()
    written = file.read_text(encoding="utf-8")
    assert [json.loads(line)["kind"] for line in written.splitlines()] == ["crisis", "help", "help"]
    for secret in ("kill", "myself", crisis["conversation"], "127.0.0.1"):
        assert secret not in written
