"""What an operator can switch off while the service runs, and that the crisis answer does not
notice.
"""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bot import switches
from bot.commands import operate
from bot.errors import SignpostError
from bot.gateway import front, switchboard
from bot.gateway.notices import load_notices
from bot.gateway.switchboard import Withdrawn, withdrawn, withhold
from bot.settings import ROOT, Settings
from bot.switches import Switch, Switches, parse
from bot.turn import Button, Message, Table, TurnResult
from tests.gateway.conftest import Gateway, Start, texts
from tests.gateway.fakes import CRISIS

CONTENT = ROOT / "bot" / "content"
WORDS = load_notices(CONTENT).switched_off
BELMARSH = Withdrawn("belmarsh", "the Belmarsh unit", "Belmarsh")
STATES = (
    "help-only on",
    "service belmarsh off",
    "sponsors off",
    "topic about_lpp off",
)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(switchboard, "LOOK_SECONDS", 0.02)
    monkeypatch.setattr(front, "LOOK_SECONDS", 0.02)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(run=tmp_path / "run", audit=tmp_path / "audit")


def write(run: Path, *lines: str) -> None:
    now = Switches()
    for line in lines:
        now = now.with_(*parse(line.split()))
    switches.write(run, now)


# The file and the command


@pytest.mark.parametrize("line", STATES)
def test_a_switch_is_kept_as_it_is_said_and_taken_back(tmp_path: Path, line: str) -> None:
    write(tmp_path, line)
    assert switches.read(tmp_path).lines() == [line]
    switch, state = parse(line.split())
    back = switches.read(tmp_path).with_(switch, {"on": "off", "off": "on"}[state])
    assert back == Switches()


def test_without_a_file_everything_is_as_usual(tmp_path: Path) -> None:
    assert switches.read(tmp_path) == Switches()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("forum off", "none of help-only, service, sponsors, topic"),
        ("service off", "service ID on|off"),
        ("help-only", "help-only on|off"),
        ("sponsors maybe", "sponsors on|off"),
        ("topic crisis_policy off", "always answered"),
        ("service lpp off", "none of"),
        ("service atlantis off", "none of aylesbury"),
        ("topic weather off", "none of about_lpp"),
    ],
)
def test_what_cannot_be_switched_is_refused_in_words(
    settings: Settings, words: str, said: str
) -> None:
    with pytest.raises(SignpostError) as refused:
        operate.switch(settings, words.split())
    assert said in str(refused.value)
    assert not (settings.run / switches.FILE).exists()


def test_the_command_lists_what_is_not_as_usual(settings: Settings) -> None:
    assert operate.listed(settings) == "everything is as usual"
    for words in ("topic family_visits off", "help-only on", "help-only off", "service sova off"):
        operate.switch(settings, words.split())
    assert operate.listed(settings) == "service sova off\ntopic family_visits off"


def test_the_audit_holds_the_kind_and_the_time_and_no_more(tmp_path: Path) -> None:
    at = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)
    switches.record(tmp_path, Switch("service", "belmarsh"), "off", at)
    assert (tmp_path / switches.AUDIT_FILE).read_text() == (
        '{"at": "2026-11-27T08:30:00+00:00", "kind": "service", "state": "off"}\n'
    )


def test_a_switch_works_where_the_audit_cannot_be_written(settings: Settings) -> None:
    settings.audit.write_text("a file where the folder should be")
    assert "not in the audit" in operate.switch(settings, ["sponsors", "off"])
    assert switches.read(settings.run).sponsors_off


def test_a_file_that_is_not_ours_is_named_by_line_and_written_anew(settings: Settings) -> None:
    settings.run.mkdir()
    (settings.run / switches.FILE).write_text("sponsors off\nnonsense\n")
    with pytest.raises(SignpostError, match="switches:2: 'nonsense'"):
        operate.listed(settings)
    assert "unreadable" in operate.switch(settings, ["help-only", "on"])
    assert operate.listed(settings) == "help-only on"


# What is left of an answer


def result(
    text: str, services: tuple[str, ...] = (), topic: str = "offer", **more: Any
) -> TurnResult:
    buttons = (
        Button("Belmarsh", '/ask_about{"service": "belmarsh"}'),
        Button("All", "/ask_services"),
    )
    outcomes = {"belmarsh": "may_fit", "swaleside": "no"}
    message = Message(text, source="The page.", buttons=buttons, **more)
    return TurnResult((message,), topic, outcomes, state="s", services=services)


SIDE_BY_SIDE = Table("Rules", ("Rule", "Belmarsh"), (("age", "met"),))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (result("It has courses.", ("belmarsh",)), ["service"]),
        (result("Both have courses.", ("swaleside", "belmarsh")), ["service"]),
        (result("A secret.", topic="gone"), ["topic"]),
        (result("Belmarsh and Swaleside have courses."), ["answer", "mentioned"]),
        (result("As the table says.", table=SIDE_BY_SIDE), ["answer", "mentioned"]),
        (result("Swaleside has courses.", ("swaleside",)), ["answer"]),
        (result("He lives in Belmarshton."), ["answer"]),
    ],
)
def test_an_honest_line_stands_for_what_is_off(given: TurnResult, said: list[str]) -> None:
    left = withhold(given, [BELMARSH], frozenset({"gone"}), WORDS)
    lines = {
        "service": WORDS.service.replace("{service}", BELMARSH.name),
        "mentioned": WORDS.mentioned.replace("{service}", BELMARSH.name),
        "topic": WORDS.topic,
        "answer": given.messages[0].text,
    }
    assert [message.text for message in left.messages] == [lines[name] for name in said]
    assert [button.label for message in left.messages for button in message.buttons] == ["All"]
    assert "belmarsh" not in left.eligibility
    assert (left.topic, left.state) == (given.topic, given.state)


def test_a_service_is_off_with_its_parts() -> None:
    assert [service.id for service in withdrawn(CONTENT, frozenset({"swaleside"}))] == [
        "swaleside",
        "swaleside_engagement",
        "swaleside_treatment",
    ]


# In a gateway


async def until_told(gateway: Gateway, words: str) -> str:
    """What is answered once it holds these words."""
    for _ in range(100):
        said = texts(await gateway.say("hello"))
        if words in said:
            return said
        await asyncio.sleep(0.02)
    raise AssertionError(said)


@pytest.mark.parametrize("state", [*STATES, "all"])
async def test_the_crisis_answer_works_in_every_state(start: Start, run: Path, state: str) -> None:
    write(run, *STATES if state == "all" else [state])
    gateway = await start()
    conversation = (await gateway.open())["conversation"]
    answer = await gateway.say(CRISIS, conversation)
    assert answer["crisis"]
    assert answer["topic"] == "crisis_policy"
    assert "116 123" in texts(answer)
    pressed = await gateway.press(answer["messages"][0]["buttons"][0]["id"], conversation)
    assert (await pressed.json())["crisis"]
    assert answer["pinned_help"]


async def test_help_only_gives_everybody_the_help_and_honest_words(start: Start, run: Path) -> None:
    gateway = await start(address_limit="2/minute")
    usual = await gateway.open()
    button = usual["messages"][0]["buttons"][0]["id"]
    write(run, "help-only on")
    said = await until_told(gateway, WORDS.help_only)
    assert "116 123" in said
    pressed = await gateway.press(button, usual["conversation"])
    assert WORDS.help_only in texts(await pressed.json())
    async with gateway.client.post("/api/messages", json={"text": "x" * 600}) as long:
        assert WORDS.help_only in texts(await long.json())


async def test_help_only_is_the_first_thing_that_is_said(start: Start, run: Path) -> None:
    write(run, "help-only on")
    opened = await (await start()).open()
    assert texts(opened).startswith(WORDS.help_only)
    assert [m["buttons"] for m in opened["messages"]] == [[]]


async def test_a_topic_that_is_off_is_not_answered(start: Start, run: Path) -> None:
    gateway = await start()
    write(run, "topic about_lpp off")
    assert await until_told(gateway, WORDS.topic) == WORDS.topic


async def test_switches_hold_from_the_first_message_after_a_restart(
    start: Start, run: Path
) -> None:
    write(run, "topic about_lpp off")
    assert texts(await (await start()).say("hello")) == WORDS.topic


async def test_with_a_file_that_nobody_can_read_only_help_is_given(start: Start, run: Path) -> None:
    (run / switches.FILE).write_text("nonsense\n")
    gateway = await start()
    assert WORDS.help_only in texts(await gateway.say("hello"))
    write(run)
    await until_told(gateway, "hello")


async def test_a_file_that_becomes_unreadable_changes_nothing(start: Start, run: Path) -> None:
    write(run, "topic about_lpp off")
    gateway = await start()
    (run / switches.FILE).write_text("nonsense\n")
    await asyncio.sleep(0.2)
    assert texts(await gateway.say("hello")) == WORDS.topic
