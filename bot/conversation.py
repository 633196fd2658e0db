"""One turn of a conversation, from what a user sent to what the bot answers. Read this file first.

A turn is an ordered list of steps (`Conversation.steps`). Any step may end the turn with an answer;
the last one always does, so that nobody ever meets silence. Crisis language comes first, even in a
message that cannot be taken otherwise, and its answer needs nothing but this process. No HTTP and
no Rasa here: both are at the edges, behind the two protocols below.
"""

import asyncio
import datetime
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Protocol

from bot.language.text import neutralise
from bot.privacy.personal import clean
from bot.reading.screening import Label, Screening
from bot.safety import replies
from bot.safety.audit import Event, Kind, event_of
from bot.safety.replies import HelpContent
from bot.sponsors.codes import mask_codes
from bot.turn import Message, Turn, TurnResult

TEXT_MAX = 500
"""Characters. Rasa takes 1.1 s for 8,000 of them and blocks everybody else meanwhile (notes on
threats: at most 500 before Rasa).
"""
SPONSOR_TOPIC = "sponsor_find"
"""What a question after one's own sponsor is reported as (topics.yml)."""
EARLIER_MAX = 3
"""Messages that the screen sees beside the current one, because a crisis may be told in several
short ones.
"""
CHEERFUL = "smalltalk"
"""The topic of greetings, thanks and goodbyes. Those have no source, and what they get at other
times does not fit after a crisis.
"""


class Screener(Protocol):
    async def screen(
        self, text: str, earlier: tuple[str, ...], *, behind_others: bool
    ) -> Screening | None:
        """Screens a message. None: nothing can screen it now, and help has to be shown whatever it
        says.

        `behind_others`: it will not be answered otherwise, so that a flood of its like must not
        keep other people's messages waiting.
        """
        ...


class Dialogue(Protocol):
    async def take(self, turn: Turn) -> TurnResult | None:
        """Lets a dialogue worker answer. None: none of them can. Never raises, but may be slow: the
        caller limits the time.
        """
        ...


@dataclass(frozen=True, slots=True)
class Said:
    """What a user sent: typed `text`, or the `payload` of a button that we issued.

    `refused` names why the edge cannot take the message (a key of `refused` in
    bot/content/notices.yml); `text` is then whatever could be read of it, which is screened and not
    used otherwise. `sponsor` is what can be said of the writer's own sponsor, or "": it was looked
    up beside the chat (bot/sponsors), and reaches neither the dialogue nor the memory.
    """

    text: str = ""
    payload: str = ""
    refused: str = ""
    sponsor: str = ""


@dataclass(slots=True)
class Memory:
    """All that is known of a conversation, in this process's memory and nowhere else."""

    id: str
    state: str = ""
    """The dialogue's own, opaque here."""
    earlier: deque[str] = field(default_factory=lambda: deque(maxlen=EARLIER_MAX))
    crisis: bool = False
    """There was a crisis answer: help stays in view from then on."""
    helped_last: bool = False
    """The last answer was one: what comes next may say that nobody picks up, or that it was a joke.
    """
    steps_taken: set[str] = field(default_factory=set)
    order: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held while the dialogue answers: a conversation's turns reach it one at a time, in the order
    in which they came.
    """


@dataclass(frozen=True, slots=True)
class Reply:
    """What the user gets. `safety`: nothing could answer, and this says where help is; `refused`:
    why the message was not taken; `pinned_help`: from now on, keep the help in view.
    """

    messages: tuple[Message, ...]
    topic: str = "out_of_scope"
    eligibility: Mapping[str, str] = field(default_factory=dict)
    crisis: bool = False
    safety: bool = False
    refused: str = ""
    pinned_help: bool = False


NOTHING_FOUND = Screening(Label.NONE)


@dataclass(slots=True)
class _Turn:
    said: Said
    memory: Memory
    text: str = ""
    tells_of_a_person: bool = False
    screening: Screening = NOTHING_FOUND


Step = Callable[[_Turn], Awaitable[Reply | None]]


class Conversation:
    """Takes turns. One for the whole service: what belongs to a conversation is in its `Memory`."""

    def __init__(
        self,
        screener: Screener,
        dialogue: Dialogue,
        help_content: HelpContent,
        refusals: Mapping[str, str],
        dont_share: str,
        code_typed: str,
        deadline: float,
        today: Callable[[], datetime.date] = datetime.date.today,
        record: Callable[[Event], None] = lambda _: None,
    ) -> None:
        """`refusals`: the sentence for each reason in `Said.refused`; `dont_share`: what to say of
        personal data in a message; `code_typed`: what to say to somebody who typed an access code.

        `deadline`: seconds that the dialogue has for an answer. `record` takes what the crisis
        audit counts; it must neither wait nor raise.
        """
        self._screener, self._dialogue, self._deadline, self._today = (
            screener,
            dialogue,
            deadline,
            today,
        )
        self._help, self._refusals, self._record = help_content, refusals, record
        self._dont_share, self._code_typed = (
            Message(dont_share, kind="notice"),
            Message(code_typed, kind="notice"),
        )
        self.steps: tuple[Step, ...] = (
            self.give_help_asked_for,
            self.screen_for_crisis,
            self.lead_on_from_a_crisis,
            self.refuse_what_cannot_be_taken,
            self.make_harmless,
            self.turn_codes_away,
            self.take_out_personal_data,
            self.ask_the_dialogue,
        )

    async def answer(self, said: Said, memory: Memory) -> Reply:
        """Takes one turn and updates `memory`."""
        turn = _Turn(said, memory)
        for step in self.steps:
            reply = await step(turn)
            if reply is not None:
                return self._with_aftercare(reply, turn)
        return self._with_aftercare(self.safety_reply(said.sponsor), turn)

    async def give_help_asked_for(self, turn: _Turn) -> Reply | None:
        """The help button and the next steps below a crisis answer: given here, so that they work
        when nothing else does.
        """
        step = replies.step_of_payload(turn.said.payload)
        return None if step is None else self._next_step(step, turn)

    async def screen_for_crisis(self, turn: _Turn) -> Reply | None:
        """The first thing done with any words, as they came, readable or not, refused or not."""
        if not turn.said.text:
            return None
        will_be_refused = bool(turn.said.refused) or len(turn.said.text) > TEXT_MAX
        screening = await self._screener.screen(
            turn.said.text, tuple(turn.memory.earlier), behind_others=will_be_refused
        )
        if screening is None:
            return self.safety_reply(turn.said.sponsor)
        turn.screening = screening
        if screening.label is not Label.NONE:
            self._record(event_of(screening))
        if screening.label is not Label.CRISIS:
            turn.memory.earlier.append(
                clean(mask_codes(turn.said.text, "")[:TEXT_MAX], self._today()).text
            )
            return None
        # answered: those words must not make a crisis of the next message too
        turn.memory.earlier.clear()
        return self._crisis(replies.crisis_reply(self._help, screening, turn.said.sponsor))

    async def lead_on_from_a_crisis(self, turn: _Turn) -> Reply | None:
        """ "They're not answering", "I can't call", "I was only joking": each has a next step once
        help was given.
        """
        if not turn.memory.helped_last or turn.said.refused:
            return None
        if step := replies.aftercare_step(self._help, turn.said.text):
            return self._next_step(step, turn)
        if replies.is_false_alarm(self._help, turn.said.text):
            return Reply((replies.false_alarm_reply(self._help),), topic="crisis_policy")
        return None

    async def refuse_what_cannot_be_taken(self, turn: _Turn) -> Reply | None:
        """Kindly, with what to do instead."""
        if turn.said.refused:
            return self._refusal(turn.said.refused)
        return self._refusal("too_long") if len(turn.said.text.strip()) > TEXT_MAX else None

    async def make_harmless(self, turn: _Turn) -> Reply | None:
        """Nothing typed can be a command to Rasa; only a button of ours carries one. Normalised
        text may be longer or shorter than what came.
        """
        if turn.said.payload:
            return None
        turn.text = neutralise(turn.said.text)
        if not turn.text:
            return self._refusal("empty")
        return self._refusal("too_long") if len(turn.text) > TEXT_MAX else None

    async def turn_codes_away(self, turn: _Turn) -> Reply | None:
        """An access code goes no further than here, and what was written around it is not answered
        as if it were a question.
        """
        is_code = mask_codes(turn.text, "") != turn.text
        return Reply((self._code_typed,), topic=SPONSOR_TOPIC) if is_code else None

    async def take_out_personal_data(self, turn: _Turn) -> Reply | None:
        """Names, dates of birth, numbers and addresses go no further. What is left is answered;
        where nothing is, the request not to share is all.
        """
        cleaned = clean(turn.text, self._today())
        turn.text, turn.tells_of_a_person = cleaned.text, bool(cleaned.found)
        return Reply((self._dont_share,), topic="privacy") if cleaned.is_bare else None

    async def ask_the_dialogue(self, turn: _Turn) -> Reply | None:
        """A worker answers, within the deadline, in which waiting for the turn before this one is
        included.
        """
        memory = turn.memory
        try:
            async with asyncio.timeout(self._deadline), memory.order:
                result = await self._dialogue.take(
                    Turn(memory.id, turn.text, turn.said.payload, memory.state)
                )
                if result is None or not result.messages:
                    return None
                memory.state = result.state
        except TimeoutError:
            return None
        if result.crisis:  # found by the dialogue's own screen, which has less to go by
            self._record(Event(Kind.CRISIS, decided_by="dialogue"))
        first = (self._dont_share,) if turn.tells_of_a_person else ()
        last = (
            (Message(turn.said.sponsor, kind="notice"),)
            if turn.said.sponsor and result.topic == SPONSOR_TOPIC
            else ()
        )
        return Reply(
            (*first, *result.messages, *last), result.topic, result.eligibility, result.crisis
        )

    def safety_reply(self, sponsor: str = "") -> Reply:
        """What everybody can be told when nothing else can answer: where help is."""
        return Reply((replies.safety_reply(self._help, sponsor),), safety=True)

    def _next_step(self, step: str, turn: _Turn) -> Reply:
        message = replies.aftercare_reply(
            self._help, step, turn.memory.steps_taken, turn.said.sponsor
        )
        turn.memory.steps_taken.add(step)
        self._record(Event(Kind.HELP, step if step in self._help.aftercare else "help"))
        return self._crisis(message)

    def _crisis(self, message: Message) -> Reply:
        return Reply((message,), topic="crisis_policy", crisis=True)

    def _refusal(self, reason: str) -> Reply:
        return Reply((Message(self._refusals[reason], kind="notice"),), refused=reason)

    def _with_aftercare(self, reply: Reply, turn: _Turn) -> Reply:
        """After a crisis the help stays in view, and small talk is not cheerful; a concern adds one
        gentle line with the help behind a button.
        """
        if (
            turn.memory.crisis
            and reply.topic == CHEERFUL
            and not any(message.source for message in reply.messages)
        ):
            reply = replace(reply, messages=(replies.after_crisis_reply(self._help),))
        turn.memory.crisis = turn.memory.crisis or reply.crisis
        if not reply.refused:
            turn.memory.helped_last = reply.crisis
        if turn.screening.label is Label.CONCERN and not reply.crisis:
            reply = replace(reply, messages=(*reply.messages, replies.concern_reply(self._help)))
        return replace(reply, pinned_help=turn.memory.crisis)
