"""New content is taken whole or not at all, and no conversation notices."""

import asyncio
import shutil
from pathlib import Path

import pytest

from bot import snapshots
from bot.gateway import front
from bot.settings import ROOT
from tests.conftest import edit
from tests.gateway.conftest import Gateway, Start, texts
from tests.gateway.fakes import CRISIS

BEFORE, AFTER = "I did not get any words", "There were no words in it"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(front, "LOOK_SECONDS", 0.02)


@pytest.fixture
def content(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "bot" / "content", tmp_path / "content"))


def serve(content: Path, run: Path) -> str:
    snapshots.serve(snapshots.take(content, run))
    return snapshots.version(content)


async def state(gateway: Gateway, run: Path) -> dict[str, object]:
    async with gateway.client.get("/health", headers={"Authorization": "Bearer secret"}) as said:
        return dict(await said.json())


async def nothing(gateway: Gateway) -> str:
    """What is said to a message without words."""
    async with gateway.client.post("/api/messages", json={"text": " "}) as response:
        return str((await response.json())["detail"])


@pytest.fixture
async def gateway(start: Start, run: Path, content: Path) -> Gateway:
    (run / "operator.token").write_text("secret")
    serve(content, run)
    return await start(content=run / snapshots.LINK)


async def test_every_door_says_the_new_words_and_a_conversation_goes_on(
    gateway: Gateway, run: Path, content: Path
) -> None:
    opened = await gateway.open()
    assert texts(await gateway.say("one", opened["conversation"])).startswith("1:")
    assert BEFORE in await nothing(gateway)
    edit(content / "notices.yml", BEFORE, AFTER)
    version = serve(content, run)
    for _ in range(300):
        if (await state(gateway, run))["content"] == version:
            break
        await asyncio.sleep(0.05)
    assert AFTER in await nothing(gateway)
    assert texts(await gateway.say("two", opened["conversation"])).startswith("2:")
    button = opened["messages"][0]["buttons"][0]["id"]
    assert (await gateway.press(button, opened["conversation"])).status == 200
    assert (await gateway.say(CRISIS, opened["conversation"]))["crisis"]


async def test_content_that_cannot_be_taken_changes_nothing(
    gateway: Gateway, run: Path, content: Path
) -> None:
    before = (await state(gateway, run))["content"]
    edit(content / "notices.yml", BEFORE, AFTER)
    edit(content / "crisis.yml", "\nunavailable:", "\nunavailible:")
    serve(content, run)  # the supervisor would not have
    for _ in range(300):
        if (now := await state(gateway, run))["reload"] == "failed":
            break
        await asyncio.sleep(0.05)
    assert (now["reload"], now["content"]) == ("failed", before)
    assert BEFORE in await nothing(gateway)
    assert (await gateway.say(CRISIS))["crisis"]


async def test_it_is_told_where_the_supervisor_could_not_take_it(
    gateway: Gateway, run: Path
) -> None:
    assert (await state(gateway, run))["reload"] == "ok"
    (run / snapshots.FAILED).touch()
    assert (await state(gateway, run))["reload"] == "failed"


async def test_only_the_operator_sees_all_states(gateway: Gateway) -> None:
    async with gateway.client.get("/health") as response:
        assert response.status == 404


def test_a_version_is_one_of_names_and_words(content: Path) -> None:
    before = snapshots.version(content)
    assert before == snapshots.version(content)
    (content / "terms.yml").rename(content / "words.yml")
    moved = snapshots.version(content)
    edit(content / "notices.yml", BEFORE, AFTER)
    assert len({before, moved, snapshots.version(content)}) == 3


def test_the_snapshot_before_the_one_that_is_served_is_kept_and_no_more(
    content: Path, run: Path
) -> None:
    versions = []
    for number in range(4):
        (content / "notices.yml").write_text(str(number))
        versions.append(serve(content, run))
    assert {path.name for path in run.glob("content-*")} == {
        f"content-{version}" for version in versions[-2:]
    }
    assert (run / "content").resolve().name == f"content-{versions[-1]}"
