"""One turn, step by step, with nothing around it: who answers what, and in which order."""

import asyncio
import datetime
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import pytest

from bot.conversation import REPLIES_MAX, TEXT_MAX, Conversation, Memory, Reply, Said
from bot.gateway.notices import load_notices
from bot.reading.screening import Screening
from bot.safety import replies
from bot.safety.audit import Event
from bot.settings import ROOT
from bot.turn import Button, Message, Turn, TurnResult
from tests.gateway.fakes import CONCERN, CRISIS, PhraseScreen, echo

CONTENT = ROOT / "bot" / "content"
HELP, NOTICES = replies.load_help(CONTENT), load_notices(CONTENT)
CHEER = "You're welcome!"
SAFETY = replies.safety_reply(HELP).text


@dataclass
class Screener:
    loaded: bool = True

    async def screen(
        self, text: str, earlier: tuple[str, ...], *, behind_others: bool
    ) -> Screening | None:
        return PhraseScreen().screen(text, earlier) if self.loaded else None


@dataclass
class Dialogue:
    """Echoes; or says nothing at all ("silent"), is not there ("dead"), reports a crisis of its own
    ("crisis") or a concern ("doubt"), chats ("chat"), has the help in its answer ("warm"), or
    hangs.
    """

    mode: str = "echo"
    turns: list[Turn] = field(default_factory=list)

    async def take(self, turn: Turn) -> TurnResult | None:
        self.turns.append(turn)
        if self.mode == "hang":
            await asyncio.sleep(60)
        if self.mode == "chat":
            return TurnResult((Message(CHEER),), "smalltalk")
        if self.mode == "crisis":
            return TurnResult((Message("help", kind="crisis"),), "crisis_policy", crisis=True)
        if self.mode == "lost":
            return TurnResult((Message("Sorry?"),), "out_of_scope")
        if self.mode == "warm":
            message = Message("That is hard.", buttons=(Button("Help", replies.HELP_PAYLOAD),))
            return TurnResult((message,), "smalltalk")
        if self.mode == "doubt":
            return TurnResult((Message("ok"),), concern=True)
        return {"echo": echo(turn), "silent": TurnResult(()), "dead": None}[self.mode]


def conversation(
    dialogue: Dialogue | None = None, *, loaded: bool = True, **more: Any
) -> Conversation:
    return Conversation(
        Screener(loaded),
        dialogue or Dialogue(),
        HELP,
        NOTICES.refused,
        NOTICES.dont_share,
        NOTICES.code_typed,
        deadline=0.2,
        today=lambda: datetime.date(2026, 11, 25),
        **more,
    )


async def take(
    said: Said, memory: Memory | None = None, *, mode: str = "echo", loaded: bool = True
) -> Reply:
    return await conversation(Dialogue(mode), loaded=loaded).answer(said, memory or Memory("c1"))


def text(reply: Reply) -> str:
    return "\n\n".join(message.text for message in reply.messages)


def test_the_steps_are_in_the_order_that_the_project_promises() -> None:
    assert [step.__name__ for step in conversation().steps] == [
        "give_help_asked_for",
        "screen_for_crisis",
        "lead_on_from_a_crisis",
        "give_only_help",
        "refuse_what_cannot_be_taken",
        "make_harmless",
        "turn_codes_away",
        "take_out_personal_data",
        "answer_about_the_chat",
        "answer_in_their_language",
        "ask_the_dialogue",
    ]


@pytest.mark.parametrize(
    ("typed", "passed_on"),
    [
        ("is Darren Whitlock A1234BC on the unit", "is someone on the unit"),
        (
            "my son is 19, dob 12/03/2007, can he go to aylesbury",
            "my son is 19, aged 19 , can he go to aylesbury",
        ),
    ],
)
async def test_what_tells_of_a_person_goes_no_further_and_the_rest_is_answered(
    typed: str, passed_on: str
) -> None:
    dialogue, memory = Dialogue(), Memory("c1")
    reply = await conversation(dialogue).answer(Said(typed), memory)
    assert [turn.text for turn in dialogue.turns] == [passed_on]
    assert [message.text for message in reply.messages] == [NOTICES.dont_share, f"1: {passed_on}"]
    assert list(memory.earlier) == [passed_on]


async def test_a_message_that_is_nothing_else_is_not_passed_on() -> None:
    dialogue = Dialogue()
    reply = await conversation(dialogue).answer(Said("John Sample, 07700 900123"), Memory("c1"))
    assert ([message.text for message in reply.messages], reply.topic, dialogue.turns) == (
        [NOTICES.dont_share],
        "privacy",
        [],
    )


async def test_a_name_beside_crisis_words_gets_the_crisis_answer() -> None:
    assert (
        await conversation().answer(Said(f"this is Darren Whitlock, {CRISIS}"), Memory("c1"))
    ).crisis


async def test_an_ordinary_question_goes_to_the_dialogue_and_its_state_comes_back() -> None:
    memory, dialogue = Memory("c1"), Dialogue()
    for expected in ("1: visits at Belmarsh?", "2: and Swaleside?"):
        reply = await conversation(dialogue).answer(Said(expected[3:]), memory)
        assert (text(reply), reply.crisis, reply.refused, reply.pinned_help) == (
            expected,
            False,
            "",
            False,
        )
    assert [turn.state for turn in dialogue.turns] == ["", "1"]


BAD_TIMES = {
    "nothing wrong": (Said(CRISIS), "echo"),
    "worker dead": (Said(CRISIS), "dead"),
    "worker hangs": (Said(CRISIS), "hang"),
    "too long": (Said("please read this " * 60 + CRISIS), "echo"),
    "over the limit": (Said(CRISIS, refused="too_many"), "echo"),
    "body too large": (Said(f"text {CRISIS} and", refused="too_large"), "echo"),
    "unreadable": (Said(f"{{ {CRISIS}", refused="unreadable"), "echo"),
    "button gone": (Said(CRISIS, refused="button_gone"), "echo"),
    "typed beside a button": (Said(CRISIS, payload="/ask_services"), "echo"),
    "as a command": (Said(f"/restart {CRISIS}"), "echo"),
}


@pytest.mark.parametrize("when", BAD_TIMES)
async def test_crisis_words_get_the_crisis_answer(when: str) -> None:
    said, mode = BAD_TIMES[when]
    dialogue, memory = Dialogue(mode), Memory("c1")
    reply = await conversation(dialogue).answer(said, memory)
    assert (reply.crisis, reply.pinned_help, reply.refused, reply.topic) == (
        True,
        True,
        "",
        "crisis_policy",
    )
    assert reply.messages[0].kind == "crisis"
    assert "sponsor" in text(reply)
    assert "116 123" in text(reply)
    assert dialogue.turns == []


@pytest.mark.parametrize(
    "said", [Said("hello"), Said(CRISIS), Said("x" * 600), Said("hello", refused="too_many")]
)
async def test_everybody_gets_help_until_the_detector_is_loaded(said: Said) -> None:
    reply = await take(said, loaded=False)
    assert (text(reply), reply.refused) == (SAFETY, "")


@pytest.mark.parametrize("mode", ["dead", "silent", "hang"])
async def test_nobody_meets_silence(mode: str) -> None:
    assert text(await take(Said("visits at Belmarsh?"), mode=mode)) == SAFETY


REFUSED = [
    (Said("x" * (TEXT_MAX + 1)), "too_long"),
    (Said("ﷺ" * 60), "too_long"),  # one character that becomes eighteen
    (Said(""), "empty"),
    (Said(" \u200b\n"), "empty"),
    (Said("///"), "empty"),
    (Said("hello", refused="too_many"), "too_many"),
    (Said(refused="unreadable"), "unreadable"),
]


@pytest.mark.parametrize(("said", "reason"), REFUSED)
async def test_what_cannot_be_taken_is_refused_kindly(said: Said, reason: str) -> None:
    reply = await take(said)
    assert (reply.refused, text(reply)) == (reason, NOTICES.refused[reason])


async def test_an_over_long_message_is_told_where_help_is_and_told_once() -> None:
    reply = await take(Said(f"{CONCERN} " + "x" * TEXT_MAX))
    assert reply.refused == "too_long"
    assert text(reply).count("116 123") == 1
    assert len(reply.messages) == 1


async def test_five_hundred_characters_are_taken() -> None:
    assert text(await take(Said("x" * TEXT_MAX))) == f"1: {'x' * TEXT_MAX}"


COMMANDS = [
    "/restart",
    " /restart",
    "\u200b/restart",
    "／restart",
    "\t\n//restart",
    '/ask_about{"service":"belmarsh"}',
    "EXTERNAL: restart",
    "⁄restart",
    "/ /restart",
]


@pytest.mark.parametrize("typed", COMMANDS)
async def test_nothing_typed_is_a_command(typed: str) -> None:
    dialogue = Dialogue()
    await conversation(dialogue).answer(Said(typed), Memory("c1"))
    (turn,) = dialogue.turns
    assert turn.payload == ""
    assert not turn.text.startswith(("/", "EXTERNAL"))


async def test_a_button_of_ours_is_a_command() -> None:
    dialogue = Dialogue()
    await conversation(dialogue).answer(Said(payload="/ask_services"), Memory("c1"))
    assert [(turn.text, turn.payload) for turn in dialogue.turns] == [("", "/ask_services")]


async def test_a_concern_is_answered_with_help_beside_it() -> None:
    reply = await take(Said(f"{CONCERN}, what is a PIPE?"))
    answer, gentle = reply.messages
    assert answer.text.endswith("what is a PIPE?")
    assert gentle == replies.concern_reply(HELP)
    assert (reply.crisis, reply.pinned_help) == (False, False)


async def test_an_answer_that_has_the_help_button_needs_no_second_one() -> None:
    reply = await take(Said(f"{CONCERN}, and so tired"), mode="warm")
    assert [message.text for message in reply.messages] == ["That is hard."]


async def test_what_the_screen_made_of_the_words_goes_with_them() -> None:
    dialogue = Dialogue()
    talk, memory = conversation(dialogue), Memory("c1")
    for said in (Said(f"{CONCERN}, visits?"), Said(payload="/ask_services")):
        await talk.answer(said, memory)
    typed, pressed = dialogue.turns
    assert typed.screening == PhraseScreen().screen(CONCERN)
    assert pressed.screening is None


async def test_a_concern_of_the_dialogue_is_answered_with_help_beside_it() -> None:
    reply = await take(Said("something"), mode="doubt")
    assert [message.text for message in reply.messages] == ["ok", HELP.concern]
    assert not reply.crisis


async def test_a_crisis_told_in_two_messages_is_seen_and_does_not_follow_the_user_about() -> None:
    memory = Memory("c1")
    told = [
        (await take(Said(part), memory)).crisis
        for part in ("I want to", "kill myself", "how many places are there")
    ]
    assert told == [False, True, False]


async def test_only_the_last_messages_are_remembered() -> None:
    memory = Memory("c1")
    for number in range(6):
        await take(Said(f"question {number}"), memory)
    assert list(memory.earlier) == ["question 3", "question 4", "question 5"]


async def test_help_stays_in_view_after_a_crisis() -> None:
    memory = Memory("c1")
    seen = [
        (await take(Said(said), memory)).pinned_help
        for said in ("hello", CRISIS, "what is a PIPE?", "thanks")
    ]
    assert seen == [False, True, True, True]


async def test_a_crisis_that_the_dialogue_finds_counts_too() -> None:
    memory = Memory("c1")
    assert (await take(Said("something"), memory, mode="crisis")).crisis
    assert (await take(Said("hello"), memory)).pinned_help


@pytest.mark.parametrize("mode", ["echo", "dead"])
async def test_every_button_below_a_crisis_answer_leads_on_without_a_worker(mode: str) -> None:
    memory = Memory("c1")
    pressed = []
    buttons = (await take(Said(CRISIS), memory, mode=mode)).messages[0].buttons
    while buttons:
        pressed.append(buttons[0].label)
        reply = await take(Said(payload=buttons[0].payload), memory, mode=mode)
        assert reply.crisis
        assert "116 123" in text(reply) or "85258" in text(reply)
        buttons = reply.messages[0].buttons
    assert sorted(pressed) == sorted(step.label for step in HELP.aftercare.values())


LEADS_ON = [
    ("they're not answering", "no_answer"),
    ("I can’t call", "cannot_call"),
    ("im in my cell", "in_cell"),
    ("its my son", "someone_else"),
]


@pytest.mark.parametrize(("typed", "step"), LEADS_ON)
async def test_what_is_typed_after_a_crisis_answer_leads_on(typed: str, step: str) -> None:
    memory = Memory("c1")
    await take(Said(CRISIS), memory, mode="dead")
    assert text(await take(Said(typed), memory, mode="dead")).startswith(HELP.aftercare[step].text)


async def test_a_false_alarm_is_taken_well() -> None:
    memory = Memory("c1")
    await take(Said(CRISIS), memory)
    reply = await take(Said("I was only joking"), memory)
    assert (text(reply), reply.crisis, reply.pinned_help) == (HELP.false_alarm.text, False, True)


async def test_any_concern_after_a_crisis_counts_as_one() -> None:
    memory = Memory("c1")
    for said in (CRISIS, "what is a PIPE?"):
        await take(Said(said), memory)
    assert (await take(Said(CONCERN), memory)).crisis


async def test_a_doubt_of_the_dialogue_after_a_crisis_counts_as_one() -> None:
    memory = Memory("c1")
    await take(Said(CRISIS), memory)
    assert (await take(Said("something"), memory, mode="doubt")).crisis


async def test_what_nobody_understands_after_a_crisis_leads_to_the_help() -> None:
    memory = Memory("c1")
    await take(Said(CRISIS), memory)
    reply = await take(Said("blorp"), memory, mode="lost")
    assert [message.text for message in reply.messages] == [replies.unsure_reply(HELP).text]
    told = [text(reply)] + [text(await take(Said("blorp"), memory, mode="lost")) for _ in range(3)]
    assert all(one != two for one, two in pairwise(told))


async def test_small_talk_right_after_a_crisis_answer_may_ask_for_help() -> None:
    memory = Memory("c1")
    await take(Said(CRISIS), memory)
    told = [text(await take(Said(said), memory, mode="chat")) for said in ("pls", "pls", "pls")]
    assert told[0] == replies.unsure_reply(HELP).text
    assert all(one != two for one, two in pairwise(told))


@pytest.mark.parametrize("said", ["i really do", "yes i do", "yeah i am", "meant every word"])
async def test_who_means_it_gets_help(said: str) -> None:
    memory = Memory("c1")
    await take(Said(CRISIS), memory)
    assert (await take(Said(said), memory, mode="chat")).crisis


@pytest.mark.parametrize("said", ["i do feel better", "yeah i am ok"])
async def test_who_feels_better_gets_a_word(said: str) -> None:
    memory = Memory("c1")
    await take(Said(CRISIS), memory)
    assert not (await take(Said(said), memory, mode="chat")).crisis


async def test_a_crisis_told_on_gets_the_help_in_other_words() -> None:
    memory = Memory("c1")
    told = [text(await take(Said(CRISIS), memory)) for _ in range(4)]
    assert all(one != two for one, two in pairwise(told))
    assert len({one.partition("\n\n")[2] for one in told}) == 1


async def test_what_follows_an_ordinary_question_after_a_crisis_is_answered() -> None:
    class Answers(Dialogue):
        async def take(self, turn: Turn) -> TurnResult | None:
            return TurnResult((Message("regularly"),), "staff_keyworker")

    talk, memory = conversation(Answers()), Memory("c1")
    await talk.answer(Said(CRISIS), memory)
    lost = text(await talk.answer(Said("how often do they meet"), memory))
    for said in ("so does each man get a keyworker", "how often do they meet"):
        assert text(await talk.answer(Said(said), memory)) == "regularly" != lost


async def test_what_only_tells_is_in_doubt_after_an_ordinary_question_too() -> None:
    class Answers(Dialogue):
        async def take(self, turn: Turn) -> TurnResult | None:
            return TurnResult((Message("how to complain"),), "complaint")

    talk, memory = conversation(Answers()), Memory("c1")
    unsure = replies.unsure_reply(HELP).text
    await talk.answer(Said(CRISIS), memory)
    await talk.answer(Said("how long is the visit"), memory)
    assert text(await talk.answer(Said("they just ignore me"), memory)) == unsure
    assert text(await talk.answer(Said("who do they answer to"), memory)) == "how to complain"
    for _ in range(HELP.after_crisis_misfits.turns):
        await talk.answer(Said("visits"), memory)
    assert text(await talk.answer(Said("they just ignore me"), memory)) == "how to complain"


@pytest.mark.parametrize(
    ("asked", "understood", "is_answered"),
    [
        (["how long is the visit"], True, True),
        (["how long is the visit"], False, False),
        ([], True, False),
        (["hm"] * 5, True, True),
    ],
)
async def test_what_is_not_held_on_a_word_is_said_after_a_crisis(
    asked: list[str], understood: bool, is_answered: bool
) -> None:
    class Answers(Dialogue):
        async def take(self, turn: Turn) -> TurnResult | None:
            return TurnResult((Message("not held"),), "out_of_scope", understood=understood)

    talk, memory = conversation(Answers()), Memory("c1")
    await talk.answer(Said(CRISIS), memory)
    for said in asked:
        await talk.answer(Said(said), memory)
    reply = text(await talk.answer(Said("do they pay rent"), memory))
    assert (reply == "not held") is is_answered


@pytest.mark.parametrize(
    ("between", "is_step"), [([], True), (["how long is the visit"], False), (["hm"] * 4, False)]
)
async def test_what_it_costs_is_a_step_until_something_else_is_asked(
    between: list[str], is_step: bool
) -> None:
    talk, memory = conversation(), Memory("c1")
    await talk.answer(Said(CRISIS), memory)
    for said in between:
        await talk.answer(Said(said), memory)
    assert (await talk.answer(Said("does it cost anything"), memory)).crisis is is_step
    assert (await talk.answer(Said("ive got no credit"), memory)).crisis


NOT_SOON_AFTER = [
    (Said("is this logged"), "privacy", False),
    (Said("is this chat saved"), "privacy", True),
    (Said("whose inbox"), "contact", False),
    (Said("is there an email for referrals"), "contact", True),
    (Said(payload="/ask_contact"), "contact", True),
    (Said("and men"), "eligibility", True),
]


@pytest.mark.parametrize(("said", "topic", "is_answered"), NOT_SOON_AFTER)
async def test_soon_after_a_crisis_nobody_gets_the_answer_to_another_question(
    said: Said, topic: str, is_answered: bool
) -> None:
    class Answers(Dialogue):
        async def take(self, turn: Turn) -> TurnResult | None:
            return TurnResult((Message("as ever"),), topic)

    talk, memory = conversation(Answers()), Memory("c1")
    await talk.answer(Said(CRISIS), memory)
    unsure = replies.unsure_reply(HELP).text
    assert text(await talk.answer(said, memory)) == ("as ever" if is_answered else unsure)
    for _ in range(HELP.after_crisis_misfits.turns):
        await talk.answer(Said("visits"), memory)
    assert text(await talk.answer(said, memory)) == "as ever"


async def test_a_few_words_later_nobody_says_again_that_they_are_in_a_cell() -> None:
    talk, memory = conversation(), Memory("c1")
    await talk.answer(Said(CRISIS), memory)
    await talk.answer(Said("im in my cell"), memory)
    assert "Listener" in text(await talk.answer(Said(CRISIS), memory))
    assert "Listener" in text(await talk.answer(Said("thanks"), memory))


async def test_a_joke_may_be_said_to_be_one_twice() -> None:
    memory = Memory("c1")
    told = [
        text(await take(Said(said), memory)) for said in (CRISIS, "just messing", "just a joke")
    ]
    assert told[1:] == [HELP.false_alarm.text] * 2


async def test_small_talk_after_a_crisis_is_not_cheerful() -> None:
    memory = Memory("c1")
    for said, chatty in (("thanks", True), (CRISIS, False), ("thanks", False), ("bye", False)):
        reply = await take(Said(said), memory, mode="chat")
        assert (text(reply) == CHEER) is chatty, said
    assert HELP.after_crisis.text in text(reply)
    assert [button.label for button in reply.messages[0].buttons] == [HELP.help_button]


async def test_an_answer_after_a_crisis_is_an_answer() -> None:
    memory = Memory("c1")
    await take(Said(CRISIS), memory)
    assert text(await take(Said("what can you do?"), memory)) == "1: what can you do?"


async def test_the_audit_hears_of_crisis_concern_and_help_and_of_nothing_else() -> None:
    heard: list[Event] = []
    memory = Memory("c1")
    talk = conversation(Dialogue(), record=heard.append)
    for said in ("visits?", CONCERN, CRISIS, "they're not answering", "only joking", "visits?"):
        await talk.answer(Said(said), memory)
    assert [(event.kind, event.category) for event in heard] == [
        ("concern", "distress"),
        ("crisis", "ideation"),
        ("help", "no_answer"),
    ]


async def test_words_that_lead_on_are_an_ordinary_question_at_other_times() -> None:
    memory = Memory("c1")
    assert (
        text(await take(Said("do they help men in prison"), memory))
        == "1: do they help men in prison"
    )
    await take(Said(CRISIS), memory)
    await take(Said("what is a PIPE?"), memory)
    assert (
        text(await take(Said("do they help men in prison"), memory))
        == "3: do they help men in prison"
    )


async def test_a_crisis_does_not_wait_for_the_turn_before_it() -> None:
    memory, talk = Memory("c1"), conversation(Dialogue("hang"))
    waiting = asyncio.create_task(talk.answer(Said("visits at Belmarsh?"), memory))
    await asyncio.sleep(0)
    async with asyncio.timeout(0.1):
        assert (await talk.answer(Said(CRISIS), memory)).crisis
    assert text(await waiting) == SAFETY


async def test_who_writes_in_another_language_is_told_so_and_where_help_is() -> None:
    dialogue = Dialogue()
    talk = conversation(
        dialogue, in_their_language=lambda text: "po polsku" if "odwiedzic" in text else ""
    )
    reply = await talk.answer(Said("jak moge odwiedzic syna"), Memory("c1"))
    assert (text(reply), len(reply.messages[0].buttons)) == ("po polsku", 1)
    assert dialogue.turns == []
    await talk.answer(Said("how can i visit"), Memory("c1"))
    assert len(dialogue.turns) == 1


@pytest.mark.parametrize("crisis", [False, True], ids=["at any time", "after a crisis"])
async def test_what_is_asked_of_the_chat_itself_needs_no_dialogue(crisis: bool) -> None:
    talk = conversation(
        Dialogue("dead"), about_the_chat=lambda text: "press it" if "print" in text else ""
    )
    reply = await talk.answer(Said("large print"), Memory("c1", crisis=crisis))
    assert (text(reply), reply.safety) == ("press it", False)
    assert (await talk.answer(Said("how can i visit"), Memory("c1"))).safety


async def test_in_another_language_it_stays_so_after_a_crisis_too() -> None:
    talk = conversation(Dialogue(), in_their_language=lambda _: "po polsku")
    reply = await talk.answer(Said("jak moge odwiedzic syna"), Memory("c1", crisis=True))
    assert text(reply).startswith("po polsku")


async def test_over_the_limit_the_steps_after_a_crisis_still_work() -> None:
    memory = Memory("c1", crisis=True)
    reply = await take(Said("nobody is answering", refused="too_many"), memory)
    assert (reply.crisis, reply.refused) == (True, "")


async def test_a_key_that_is_used_twice_hides_no_other_message() -> None:
    talk, memory = conversation(), Memory("c1")
    assert not (await talk.answer(Said("visits?", key="a"), memory)).crisis
    assert (await talk.answer(Said(CRISIS, key="a"), memory)).crisis


async def test_a_message_sent_again_gets_the_reply_that_it_got() -> None:
    dialogue, memory = Dialogue(), Memory("c1")
    talk = conversation(dialogue)
    replies = [await talk.answer(Said("visits?", key=key), memory) for key in ("a", "a", "b", "")]
    assert [text(reply) for reply in replies] == [
        "1: visits?",
        "1: visits?",
        "2: visits?",
        "3: visits?",
    ]
    assert len(dialogue.turns) == 3


async def test_a_message_sent_again_while_it_waits_is_taken_once() -> None:
    dialogue, memory = Dialogue(), Memory("c1")
    talk = conversation(dialogue)
    async with memory.order:
        asked = [asyncio.create_task(talk.answer(Said("visits?", key="a"), memory)) for _ in "12"]
        await asyncio.sleep(0)
    assert [text(reply) for reply in await asyncio.gather(*asked)] == ["1: visits?"] * 2
    assert len(dialogue.turns) == 1


@pytest.mark.parametrize(
    ("said", "mode"),
    [(Said("visits?", key="a"), "dead"), (Said("hello", refused="too_many", key="a"), "echo")],
)
async def test_what_was_not_answered_may_be_tried_again(said: Said, mode: str) -> None:
    memory, dialogue = Memory("c1"), Dialogue(mode)
    await conversation(dialogue).answer(said, memory)
    assert text(await conversation().answer(Said("visits?", key="a"), memory)) == "1: visits?"


async def test_a_crisis_that_is_sent_again_is_counted_once() -> None:
    counted: list[Event] = []
    talk, memory = conversation(record=counted.append), Memory("c1")
    for _ in range(2):
        assert (await talk.answer(Said(CRISIS, key="a"), memory)).crisis
    assert len(counted) == 1


async def test_only_the_last_replies_are_kept() -> None:
    memory, talk = Memory("c1"), conversation()
    said = [Said("visits?", key=str(number)) for number in range(REPLIES_MAX + 3)]
    for one in said:
        await talk.answer(one, memory)
    assert list(memory.replies) == [one.name for one in said[3:]]
