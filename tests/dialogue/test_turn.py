"""Turns through a real Rasa agent."""

import asyncio
from typing import Any

import pytest
from rasa.core.agent import Agent

from bot.dialogue.agent import silence_rasa
from bot.dialogue.turn import TurnError, take
from bot.dialogue.worker import where
from bot.turn import Button, Message, Turn, TurnResult
from tests.dialogue.project.actions import SOURCE

TOLD = Message(
    "It is an example.\n\nA second part.",
    "answer",
    SOURCE,
    (Button("More", '/inform{"service": "example"}'),),
)


def said(result: TurnResult) -> list[str]:
    return [message.text for message in result.messages]


@pytest.mark.parametrize(
    ("turn", "messages", "topic"),
    [
        (
            {"text": "hello"},
            (Message("Good day.", buttons=(Button("Tell me", "/ask_about"),)),),
            "smalltalk",
        ),
        (
            {"payload": "/greet"},
            (Message("Good day.", buttons=(Button("Tell me", "/ask_about"),)),),
            "smalltalk",
        ),
        ({"text": "tell me about it"}, (TOLD,), "example_topic"),
        ({"payload": "/ask_about"}, (TOLD,), "example_topic"),
        ({"text": "what did i say"}, (Message("It was None."),), "out_of_scope"),
        ({"text": "xyzzy"}, (Message("I don't know."),), "out_of_scope"),
        ({"text": "  "}, (Message("I don't know."),), "out_of_scope"),
    ],
)
async def test_one_turn(
    agent: Agent, turn: dict[str, Any], messages: tuple[Message, ...], topic: str
) -> None:
    result = await take(agent, Turn("conversation", **turn))
    assert (result.messages, result.topic, result.crisis) == (messages, topic, False)


async def test_what_an_action_says_of_the_turn(agent: Agent) -> None:
    assert (await take(agent, Turn("conversation", text="tell me about it"))).eligibility == {
        "example": "unknown"
    }


@pytest.mark.parametrize(
    ("text", "not_held"), [("tell me about it", False), ("what did i say", True)]
)
async def test_whether_what_was_asked_is_held(agent: Agent, text: str, not_held: bool) -> None:
    assert (await take(agent, Turn("conversation", text=text))).not_held is not_held


async def test_one_crisis_message_makes_a_crisis_turn(agent: Agent) -> None:
    result = await take(agent, Turn("conversation", text="i am not safe"))
    assert result.crisis
    assert [message.kind for message in result.messages] == ["crisis", "answer"]
    assert result.topic == "crisis_policy"


Said = tuple[dict[str, Any], list[str]]
CONVERSATIONS: dict[str, list[Said]] = {
    "a slot": [
        ({"payload": '/inform{"service": "belmarsh"}'}, ["Noted."]),
        ({"text": "which one was it"}, ["It was belmarsh."]),
    ],
    "a form": [
        ({"text": "help me choose"}, ["Which service?"]),
        ({"payload": '/inform{"service": "swaleside"}'}, ["It was swaleside."]),
        ({"text": "which one was it"}, ["It was swaleside."]),
    ],
    "a form with something else in the middle": [
        ({"text": "help me choose"}, ["Which service?"]),
        ({"text": "hello"}, ["Good day.", "Which service?"]),
        ({"payload": '/inform{"service": "sova"}'}, ["It was sova."]),
    ],
    "after a miss": [
        ({"payload": '/inform{"service": "belmarsh"}'}, ["Noted."]),
        ({"text": "xyzzy"}, ["I don't know."]),
        ({"text": "xyzzy"}, ["I don't know."]),
        ({"text": "which one was it"}, ["It was belmarsh."]),
    ],
    "long ago": [
        ({"payload": '/inform{"service": "belmarsh"}'}, ["Noted."]),
        *([({"text": "hello"}, ["Good day."])] * 40),
        ({"text": "which one was it"}, ["It was belmarsh."]),
        ({"text": "help me choose"}, ["It was belmarsh."]),  # the form has nothing left to ask
    ],
}


@pytest.mark.parametrize("conversation", CONVERSATIONS.values(), ids=CONVERSATIONS.keys())
async def test_any_worker_takes_the_next_turn(
    agent: Agent, another_agent: Agent, conversation: list[Said]
) -> None:
    state = ""
    for number, (turn, expected) in enumerate(conversation):
        result = await take(
            (agent, another_agent)[number % 2], Turn("conversation", **turn, state=state)
        )
        assert said(result) == expected
        state = result.state


async def test_nothing_is_left_in_a_worker(agent: Agent) -> None:
    await take(agent, Turn("conversation", payload='/inform{"service": "belmarsh"}'))
    assert said(await take(agent, Turn("conversation", text="which one was it"))) == [
        "It was None."
    ]


async def test_turns_at_the_same_time_do_not_mix(agent: Agent) -> None:
    async def talk(service: str) -> list[str]:
        first = await take(
            agent, Turn(f"with {service}", payload=f'/inform{{"service": "{service}"}}')
        )
        return said(await take(agent, Turn(f"with {service}", text="slowly", state=first.state)))

    services = [f"service-{number}" for number in range(20)]
    assert await asyncio.gather(*map(talk, services)) == [
        [f"It was {service}, with {service}."] for service in services
    ]


# Commands to Rasa, as somebody may type them. The first would break down, the others forget.
COMMANDS = [
    "/break_down",
    "/break_down{}",
    "/restart",
    "/session_start",
    "/back",
    "EXTERNAL: break_down",
    '/inform{"service": "sova"}',
]


@pytest.mark.parametrize("command", COMMANDS)
@pytest.mark.parametrize(
    "disguise", ["{}", "  {}", "\u200b{}", "\t\n{}", "\ufeff {}", "//{}", "\u2060/{}"]
)
async def test_typed_text_is_never_a_command(agent: Agent, command: str, disguise: str) -> None:
    state = (
        await take(agent, Turn("conversation", payload='/inform{"service": "belmarsh"}'))
    ).state
    for typed in (disguise.format(command), disguise.format(command.replace("/", "\uff0f"))):
        result = await take(agent, Turn("conversation", text=typed, state=state))
        assert said(result) == ["I don't know."]
        assert said(
            await take(agent, Turn("conversation", text="which one was it", state=result.state))
        ) == ["It was belmarsh."]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("please fail", "an action failed"),
        ("say nothing", "Rasa gave no answer"),
        ("talk nonsense", "Rasa gave no answer"),
        ("go wrong, canary 07700 900123", "an action failed"),
    ],
)
async def test_a_failed_turn_is_an_error_without_a_word_of_the_message(
    agent: Agent, text: str, problem: str
) -> None:
    with pytest.raises(TurnError, match=f"^{problem}$") as failure:
        await take(agent, Turn("conversation", text=text))
    assert "900123" not in where(failure.value)


async def test_where_says_what_to_look_at(agent: Agent) -> None:
    with pytest.raises(TurnError) as failure:
        await take(agent, Turn("conversation", text="please fail"))
    assert where(failure.value).startswith("TurnError at ")
    assert "project/actions.py:" in where(failure.value).rpartition(" <- ValueError at ")[2]


@pytest.mark.parametrize(
    "text", ["canary hello", "canary", "canary please fail", "tell me about canary"]
)
async def test_nothing_of_a_message_is_kept_or_logged(
    agent: Agent,
    text: str,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silence_rasa()
    caplog.set_level("DEBUG")
    try:
        result: Any = await take(agent, Turn("conversation", text=text))
        assert "canary" not in result.state
    except TurnError:
        pass
    out, err = capfd.readouterr()
    assert "canary" not in out + err + caplog.text
