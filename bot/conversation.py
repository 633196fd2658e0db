"""One turn of a conversation, from what a user sent to what the bot answers. Read this file first.

A turn is an ordered list of steps (`Conversation.steps`). Any step may end the turn with an answer;
the last one always does, so that nobody ever meets silence. Crisis language comes first, even in a
message that cannot be taken otherwise, and its answer needs nothing but this process. No HTTP and
no Rasa here: both are at the edges, behind the two protocols below.
"""

import asyncio
import datetime
import hashlib
from collections import OrderedDict, deque
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

from bot.language.text import neutralise
from bot.privacy.personal import Cleaned, clean
from bot.reading.screening import Label, Screening
from bot.safety import replies
from bot.safety.audit import Event, Kind, event_of
from bot.safety.replies import HelpContent, Writer
from bot.sponsors.codes import mask_codes
from bot.turn import Message, Turn, TurnResult

TEXT_MAX = 500
"""Characters. Rasa takes 1.1 s for 8,000 of them and blocks everybody else meanwhile (notes on
threats: at most 500 before Rasa).
"""
TOO_LONG, TOO_MANY = "too_long", "too_many"
SPONSOR_TOPIC = "sponsor_find"
"""What a question after one's own sponsor is reported as (topics.yml)."""
EARLIER_MAX = 3
"""Messages that the screen sees beside the current one, because a crisis may be told in several
short ones.
"""
REPLIES_MAX = 2
"""Replies that a message sent again still gets: nobody sends one again after several others."""
STEP_WORDS_MAX, CALM_WORDS_MAX = 12, 9
"""Words of a next step, and of a word that help is there, that the classifier alone takes for a
crisis. More may well tell of one.
"""
CHEERFUL = "smalltalk"
"""The topic of greetings, thanks and goodbyes. Those have no source, and what they get at other
times does not fit after a crisis.
"""
ELSEWHERE = "contact"
"""What an answer is reported as that says whom to turn to."""
CHAT = "bot_identity"
"""And that of what is asked of the chat itself."""
HELP, UNSURE, SMALL_TALK = "help", "unsure", "small_talk"
"""What the last answer was, where it must not come twice running in the same words."""
NOT_UNDERSTOOD = "out_of_scope"
"""And that of what nobody understands: after a crisis, "I can't answer that" is no answer."""


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

    `key` names the message, where the client gives it a name: sent again under the same one, it is
    the same message if it says the same, and gets the reply that it got.
    """

    text: str = ""
    payload: str = ""
    refused: str = ""
    sponsor: str = ""
    key: str = ""

    @property
    def name(self) -> str:
        """What it is known by when it is sent again, "" without a key. A client that uses a key
        twice must not have a cry for help answered with what was said before, so the words count
        too; they can't be read from it.
        """
        if not self.key:
            return ""
        said = "\0".join((self.key, self.text, self.payload))
        return hashlib.sha256(said.encode(errors="surrogatepass")).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Reply:
    """What the user gets. `safety`: nothing could answer, and this says where help is; `refused`:
    why the message was not taken; `pinned_help`: from now on, keep the help in view; `not_held`:
    this says that what was asked is not held, or was not understood.
    """

    messages: tuple[Message, ...]
    topic: str = "out_of_scope"
    eligibility: Mapping[str, str] = field(default_factory=dict)
    crisis: bool = False
    safety: bool = False
    refused: str = ""
    pinned_help: bool = False
    not_held: bool = False


@dataclass(slots=True)
class Memory:
    """All that is known of a conversation. In this process's memory and nowhere else, unless several
    gateways share it (bot/gateway/shared.py).
    """

    id: str
    state: str = ""
    """The dialogue's own, opaque here."""
    earlier: deque[str] = field(default_factory=lambda: deque(maxlen=EARLIER_MAX))
    crisis: bool = False
    """There was a crisis answer: help stays in view from then on."""
    helped_last: bool = False
    """The last answer was one: what comes next may say that it was a joke."""
    turns_since_help: int = 0
    """Turns since the last answer that had to do with the crisis."""
    ordinary_since_help: bool = False
    """Something that only an ordinary question asks was asked since then."""
    last_said: str = ""
    """HELP, UNSURE or SMALL_TALK: what the last answer was, so that it is worded anew where it comes
    again.
    """
    last_crisis: Screening | None = None
    """What the last crisis was: in doubt its answer is said again."""
    writer: Writer = Writer.SELF
    """Who writes, as far as the crisis told: the next steps hang on it."""
    steps_taken: set[str] = field(default_factory=set)
    replies: OrderedDict[str, Reply] = field(default_factory=OrderedDict)
    """The last replies, by the names of their messages."""
    order: AbstractAsyncContextManager[Any] = field(default_factory=asyncio.Lock)
    """Held from before the dialogue answers until the turn is over: a conversation's turns reach it
    one at a time, in the order in which they came.
    """


NOTHING_FOUND = Screening(Label.NONE)


@dataclass(slots=True)
class _Turn:
    said: Said
    memory: Memory
    held: AsyncExitStack
    """What is let go of when the turn is over."""
    text: str = ""
    cleaned: dict[str, Cleaned] = field(default_factory=dict)
    """What was taken out of words, by the words: raw and made harmless they are mostly the same."""
    tells_of_a_person: bool = False
    screening: Screening = NOTHING_FOUND
    led_on: bool = False
    """Answered by the small dialogue after a crisis."""
    taken_back: bool = False
    last_said: str = ""
    """What the memory is to hold of the answer."""
    was_asked: bool = False
    """Answered by the dialogue."""
    understood: bool = False
    """Which knew a word of what was asked."""
    is_repeated: bool = False
    """The reply is the one that the message got when it came for the first time."""


def _category(memory: Memory) -> str:
    """Of the last crisis."""
    return memory.last_crisis.category if memory.last_crisis else ""


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
        in_their_language: Callable[[str], str] = lambda _: "",
        about_the_chat: Callable[[str], str] = lambda _: "",
        only_help: Callable[[], str] = lambda: "",
        withhold: Callable[[TurnResult], TurnResult] = lambda result: result,
    ) -> None:
        """`refusals`: the sentence for each reason in `Said.refused`; `dont_share`: what to say of
        personal data in a message; `code_typed`: what to say to somebody who typed an access code.

        `deadline`: seconds that the dialogue has for an answer. `record` takes what the crisis
        audit counts; it must neither wait nor raise. `in_their_language`: what to say to a message
        that is not in English, "" for one that is; `about_the_chat`: to one that asks how to read,
        print or use the chat, "" for any other.

        `only_help`: what everybody is told while the operator lets nothing but help through, "" at
        all other times; `withhold`: an answer without what the operator has switched off.
        """
        self._screener, self._dialogue, self._deadline, self._today = (
            screener,
            dialogue,
            deadline,
            today,
        )
        self._help, self._refusals, self._record = help_content, refusals, record
        self._in_their_language, self._about_the_chat = in_their_language, about_the_chat
        self._only_help, self._withhold = only_help, withhold
        self._dont_share, self._code_typed = (
            Message(dont_share, kind="notice"),
            Message(code_typed, kind="notice"),
        )
        self.steps: tuple[Step, ...] = (
            self.give_help_asked_for,
            self.screen_for_crisis,
            self.lead_on_from_a_crisis,
            self.give_only_help,
            self.refuse_what_cannot_be_taken,
            self.make_harmless,
            self.turn_codes_away,
            self.take_out_personal_data,
            self.answer_about_the_chat,
            self.answer_in_their_language,
            self.ask_the_dialogue,
        )

    async def answer(self, said: Said, memory: Memory) -> Reply:
        """Takes one turn and updates `memory`. A message that was answered gets that answer again."""
        if first := memory.replies.get(said.name):
            return first
        async with AsyncExitStack() as held:
            turn = _Turn(said, memory, held)
            reply = await self._take(turn)
            if turn.is_repeated:
                return reply
            reply = self._with_aftercare(reply, turn)
            if said.key and not (reply.refused or reply.safety):  # those may be tried again
                memory.replies[said.name] = reply
                if len(memory.replies) > REPLIES_MAX:
                    memory.replies.popitem(last=False)
            return reply

    async def _take(self, turn: _Turn) -> Reply:
        for step in self.steps:
            if (reply := await step(turn)) is not None:
                return reply
        return self.safety_reply(turn.said.sponsor)

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
        last, writer = turn.memory.last_crisis, turn.memory.writer
        if screening.label is not Label.NONE and turn.memory.crisis and last is not None:
            screening = replies.as_said_by(screening, last, writer)
        turn.screening = screening
        if screening.label is not Label.NONE:
            self._record(event_of(screening))
        if screening.label is Label.CRISIS and self._only_leads_on(turn):
            return None
        if screening.label is not Label.CRISIS:
            words = mask_codes(turn.said.text, "")[:TEXT_MAX]
            turn.memory.earlier.append(self._cleaned(words, turn).text)
            return None
        return self._answer_crisis(screening, turn)

    def _cleaned(self, text: str, turn: _Turn) -> Cleaned:
        if text not in turn.cleaned:
            turn.cleaned[text] = clean(text, self._today())
        return turn.cleaned[text]

    def _only_leads_on(self, turn: _Turn) -> bool:
        """While help is pinned, whether a few words that sound like a crisis, and that no rule
        knows, are a next step, which gives help too ("im shaking"), or say that help is there in
        words that cannot mean the danger ("police are here", but not "hes coming").
        """
        text = turn.said.text
        if not turn.memory.crisis or turn.screening.by_rule or turn.said.refused:
            return False
        words = len(text.split())
        if words > STEP_WORDS_MAX:
            return False
        if replies.aftercare_step(self._help, text, category=_category(turn.memory)):
            return True
        calm = self._help.calm.get(replies.calm_step(self._help, text) or "")
        return calm is not None and calm.sure and words <= CALM_WORDS_MAX

    def _answer_crisis(self, screening: Screening, turn: _Turn) -> Reply:
        memory, last = turn.memory, turn.memory.last_crisis
        again = memory.last_said == HELP and replies.is_same_help(self._help, last, screening)
        turn.last_said = "" if again else HELP
        message = replies.crisis_reply(self._help, screening, turn.said.sponsor, again=again)
        self._remember(screening, memory)
        return self._crisis(message)

    def _remember(self, crisis: Screening, memory: Memory) -> None:
        """What the steps after this crisis hang on."""
        memory.last_crisis, writer = crisis, replies.writer_of(crisis)
        # nobody comes out of a cell by a word, but who wrote about a son may speak of themselves
        about_another = memory.writer in {Writer.RELATIVE, Writer.PROFESSIONAL}
        if not memory.crisis or writer is not Writer.SELF or about_another:
            memory.writer = writer
        # answered: those words must not make a crisis of the next message too
        memory.earlier.clear()

    def _answer_concern_as_crisis(self, turn: _Turn) -> Reply:
        found = replace(turn.screening, label=Label.CRISIS)
        self._record(event_of(found))
        return self._answer_crisis(found, turn)

    async def lead_on_from_a_crisis(self, turn: _Turn) -> Reply | None:
        """ "They're not answering", "I can't call", "an officer is with me": each has a next step
        for as long as help is pinned. What is in doubt then gets the help again.
        """
        memory, text, helped_last = turn.memory, turn.said.text, turn.memory.helped_last
        if not memory.crisis or turn.said.refused not in {"", TOO_MANY} or not text:
            return None
        category = _category(memory)
        soon = not memory.ordinary_since_help and self._is_soon(memory)
        if step := replies.aftercare_step(
            self._help, text, directly=helped_last, soon=soon, category=category
        ):
            return self._next_step(step, turn)
        if calm := replies.calm_step(self._help, text, category):
            turn.led_on = True
            return Reply(
                (replies.calm_reply(self._help, calm, memory.writer),), topic="crisis_policy"
            )
        if turn.screening.label is not Label.NONE:
            return self._answer_concern_as_crisis(turn)
        if helped_last and replies.is_false_alarm(self._help, text):
            turn.led_on = turn.taken_back = True
            return Reply((replies.false_alarm_reply(self._help),), topic="crisis_policy")
        if helped_last and replies.is_in_doubt(self._help, text) and memory.last_crisis:
            return self._answer_crisis(memory.last_crisis, turn)
        return None

    async def give_only_help(self, turn: _Turn) -> Reply | None:
        """While the operator has switched everything else off: why, and where help is. Whatever was
        sent, and in whatever state.
        """
        return self.only_help(turn.said.sponsor)

    async def refuse_what_cannot_be_taken(self, turn: _Turn) -> Reply | None:
        """Kindly, with what to do instead."""
        if turn.said.refused:
            return self._refusal(turn.said.refused)
        return self._refusal(TOO_LONG) if len(turn.said.text.strip()) > TEXT_MAX else None

    async def make_harmless(self, turn: _Turn) -> Reply | None:
        """Nothing typed can be a command to Rasa; only a button of ours carries one. Normalised
        text may be longer or shorter than what came.
        """
        if turn.said.payload:
            return None
        turn.text = neutralise(turn.said.text)
        if not turn.text:
            return self._refusal("empty")
        return self._refusal(TOO_LONG) if len(turn.text) > TEXT_MAX else None

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
        cleaned = self._cleaned(turn.text, turn)
        turn.text, turn.tells_of_a_person = cleaned.text, bool(cleaned.found)
        return Reply((self._dont_share,), topic="privacy") if cleaned.is_bare else None

    async def answer_about_the_chat(self, turn: _Turn) -> Reply | None:
        """Large print, easy read, printing, "I'm deaf": the same on every day, with the dialogue
        down too.
        """
        words = self._about_the_chat(turn.text) if turn.text else ""
        return Reply((Message(words, kind="notice"),), topic=CHAT) if words else None

    async def answer_in_their_language(self, turn: _Turn) -> Reply | None:
        """We read English only. Who writes in another language is told so in their own, with where
        help is, and not answered cheerfully about something else.
        """
        words = self._in_their_language(turn.text) if turn.text else ""
        if not words:
            return None
        return Reply((replies.language_reply(self._help, words),), topic=ELSEWHERE)

    async def ask_the_dialogue(self, turn: _Turn) -> Reply | None:
        """A worker answers, within the deadline, in which waiting for the turn before this one is
        included.
        """
        memory = turn.memory
        try:
            async with asyncio.timeout(self._deadline):
                await turn.held.enter_async_context(memory.order)
                if earlier := memory.replies.get(turn.said.name):  # answered while this one waited
                    turn.is_repeated = True
                    return earlier
                result = await self._dialogue.take(
                    Turn(
                        memory.id,
                        turn.text,
                        turn.said.payload,
                        memory.state,
                        None if turn.said.payload else turn.screening,
                    )
                )
                if result is None or not result.messages:
                    return None
                memory.state = result.state
                if not result.crisis:
                    result = self._withhold(result)
        except TimeoutError:
            return None
        if result.crisis:  # the dialogue's classifier and the screen agree, each too weak alone
            self._record(Event(Kind.CRISIS, decided_by="dialogue"))
            self._remember(replace(turn.screening, label=Label.CRISIS), memory)
        elif result.concern and memory.crisis:
            return self._answer_concern_as_crisis(turn)
        elif result.concern and turn.screening.label is Label.NONE:
            turn.screening = replace(turn.screening, label=Label.CONCERN, decided_by="dialogue")
            self._record(event_of(turn.screening))
        turn.was_asked, turn.understood = True, result.understood
        first = (self._dont_share,) if turn.tells_of_a_person else ()
        last = (
            (Message(turn.said.sponsor, kind="notice"),)
            if turn.said.sponsor and result.topic == SPONSOR_TOPIC
            else ()
        )
        return Reply(
            (*first, *result.messages, *last),
            result.topic,
            result.eligibility,
            result.crisis,
            not_held=result.not_held or result.topic == NOT_UNDERSTOOD,
        )

    def safety_reply(self, sponsor: str = "") -> Reply:
        """What everybody can be told when nothing else can answer: where help is."""
        return Reply((replies.safety_reply(self._help, sponsor),), safety=True)

    def only_help(self, sponsor: str = "") -> Reply | None:
        """What everybody is told in help-only mode, which has no end that anybody could name; None
        at all other times.
        """
        words = self._only_help()
        if not words:
            return None
        return Reply((replies.safety_reply(self._help, sponsor, words),), safety=True)

    def _next_step(self, step: str, turn: _Turn) -> Reply:
        memory = turn.memory
        known = self._help.steps.get(step)
        if known is not None and known.is_writer:
            memory.writer = known.is_writer
        message = replies.aftercare_reply(
            self._help, step, memory.steps_taken, turn.said.sponsor, memory.writer
        )
        memory.steps_taken.add(step)
        self._record(Event(Kind.HELP, step if known else "help"))
        return self._crisis(message)

    def _crisis(self, message: Message) -> Reply:
        return Reply((message,), topic="crisis_policy", crisis=True)

    def _refusal(self, reason: str) -> Reply:
        return Reply((Message(self._refusals[reason], kind="notice"),), refused=reason)

    def _is_soon(self, memory: Memory) -> bool:
        """Whether the crisis is so near that what is in doubt is about it."""
        return memory.turns_since_help < self._help.after_crisis_misfits.turns

    def _in_a_crisis(self, reply: Reply, turn: _Turn) -> Reply:
        """An ordinary answer where there was a crisis: no cheer, no "I can't answer that", and not
        soon after it what answers another question than a person in need has.
        """
        memory, text = turn.memory, turn.said.text
        if turn.led_on or turn.said.payload or not turn.was_asked:
            return reply
        again = memory.last_said == UNSURE
        unsure = replies.unsure_reply(self._help, memory.writer, again=again)
        in_doubt = self._is_soon(memory) and not replies.is_answered(
            self._help, text, ordinary_since=memory.ordinary_since_help
        )
        if reply.topic == NOT_UNDERSTOOD and (
            in_doubt or not turn.understood
        ):  # what stands before may explain a word
            turn.last_said = "" if again else UNSURE
            return replace(reply, messages=(*reply.messages[:-1], unsure))
        if reply.topic == CHEERFUL and not any(message.source for message in reply.messages):
            # Right after a crisis answer "please" is no small talk.
            if memory.helped_last or memory.last_said == SMALL_TALK:
                turn.last_said = "" if again else UNSURE
                return replace(reply, messages=(unsure,))
            turn.last_said = SMALL_TALK
            return replace(reply, messages=(replies.after_crisis_reply(self._help, memory.writer),))
        if in_doubt and reply.topic in self._help.after_crisis_misfits.topics:
            turn.last_said = "" if again else UNSURE
            return replace(reply, messages=(unsure,))
        return reply

    def _with_aftercare(self, reply: Reply, turn: _Turn) -> Reply:
        """After a crisis the help stays in view, and small talk is not cheerful; a concern adds one
        gentle line with the help behind a button.
        """
        memory = turn.memory
        if memory.crisis and not (reply.safety or reply.refused or reply.crisis):
            reply = self._in_a_crisis(reply, turn)
        memory.crisis = memory.crisis or reply.crisis
        if not reply.refused:
            memory.helped_last = (
                reply.crisis or turn.taken_back
            )  # a joke may be said to be one twice
            helps = reply.crisis or turn.led_on
            memory.turns_since_help = 0 if helps else memory.turns_since_help + 1
            asked = turn.was_asked and replies.is_ordinary(self._help, turn.said.text)
            memory.ordinary_since_help = not helps and (memory.ordinary_since_help or asked)
            memory.last_said = turn.last_said
        shows_help = (
            reply.crisis
            or reply.refused == TOO_LONG  # that refusal says where help is
            or any(replies.has_help_button(message) for message in reply.messages)
        )
        if turn.screening.label is Label.CONCERN and not shows_help:
            reply = replace(reply, messages=(*reply.messages, replies.concern_reply(self._help)))
        return replace(reply, pinned_help=turn.memory.crisis)
