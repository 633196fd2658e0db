"""The front desk: every message, from whichever door, is counted, brought to its conversation,
answered, and given buttons to go on with.
"""

import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace

import structlog

from bot.conversation import Conversation, Reply, Said
from bot.gateway.api.feedback import Feedback
from bot.gateway.api.models import AnswerOut, ButtonOut, MessageOut, OpenedOut, TableOut, Tell
from bot.gateway.conversations import Conversations, Session
from bot.gateway.http.limits import Limits
from bot.gateway.metrics import Metrics
from bot.gateway.notices import Notices
from bot.gateway.source import SOURCE, Source
from bot.gateway.sponsors import Sponsors
from bot.gateway.unanswered import Unanswered
from bot.safety.replies import HELP_PAYLOAD
from bot.sponsors.unanswered import Kind
from bot.turn import Button, Message

SUMMARY = "/case_summary"
"""The payload of the button to a page to print: a page of its own, and so no button of the
conversation.
"""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Incoming:
    """A message as it came in, already bounded. `refused` names why its body cannot be taken, and
    `text` is then what could be read of it.

    `ours` is a payload that a page of ours stands for, and no user can send.
    """

    address: str
    unlimited: bool = False
    conversation: str | None = None
    text: str = ""
    button: str = ""
    refused: str = ""
    sponsor: str = ""
    """The token of a sponsor session, of the request's cookie."""
    ours: str = ""
    key: str = ""
    """The client's name for this message, or ""."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """`refused` names why the message was not taken (a key of REFUSALS), or is ""; `answer` then
    holds the sentence that says so. `gives_help`: the screen found something, however little, and the
    last message says where help is.
    """

    answer: AnswerOut
    refused: str = ""
    gives_help: bool = False

    @property
    def said(self) -> str:
        """All of the answer's messages: a refusal may be followed by where help is."""
        return "\n\n".join(message.text for message in self.answer.messages)


class Desk:
    """Takes messages. Never raises for one: a user always gets an answer."""

    def __init__(
        self,
        conversation: Conversation,
        conversations: Conversations,
        limits: Limits,
        notices: Notices,
        greeting: str,
        sponsors: Sponsors,
        steps: Mapping[str, str],
        feedback: Feedback,
        metrics: Metrics,
        unanswered: Unanswered,
    ) -> None:
        """`steps`: the payloads of the steps after a crisis answer, by what their buttons say."""
        self._conversation, self._conversations, self._limits, self._notices = (
            conversation,
            conversations,
            limits,
            notices,
        )
        self._sponsors, self._steps = sponsors, steps
        starters = tuple(Button(s.label, s.payload) for s in notices.starters)
        self.feedback, self._metrics, self._unanswered = feedback, metrics, unanswered
        self._greeting = Message(greeting.strip(), buttons=starters)

    async def open(self, address: str, *, unlimited: bool = False) -> OpenedOut | None:
        """A new conversation, or None where the address has had too many."""
        if not unlimited and not await self._limits.allow(address):
            return None
        session = self._conversations.new()
        self._conversations.keep(session, address)
        await self._conversations.save(session)
        only_help = self._conversation.only_help()
        first = only_help.messages if only_help else (self._greeting,)
        return OpenedOut(
            conversation=session.id,
            messages=tuple(_rendered(message, session) for message in first),
        )

    async def close(self, conversation: str, sponsor: str = "") -> None:
        """Forgets a conversation, known or not, and whose sponsor it may show. With the token of a
        sponsor session: ends that one too, and the conversation that it was for.
        """
        for ended in (conversation, await self._sponsors.end(sponsor) if sponsor else ""):
            await self._conversations.drop(ended)
            if ended:
                await self._sponsors.end_conversation(ended)

    async def take(self, incoming: Incoming) -> Outgoing:
        """Answers one message. What is over the limit is answered in a crisis, and begins no
        conversation: else one address could push out everybody else's.
        """
        started = time.perf_counter()
        known = await self._conversations.load(incoming.conversation)
        await self._sponsors.bring_in(incoming.sponsor)
        session, over = known or self._conversations.new(), False
        try:
            over = not incoming.unlimited and not await self._limits.allow(
                incoming.address, known.id if known else ""
            )
            SOURCE.set(Source(incoming.address, session.id, over))
            if over and not self._limits.may_be_read(incoming.address, len(incoming.text)):
                reply = self._conversation.safety_reply()
            else:
                reply = await self._answer(incoming, session, is_new=known is None, over=over)
        except Exception as error:
            # No message may end in silence. What failed is a bug; its words may hold the user's,
            # and are not logged.
            _log.error("turn failed", error=type(error).__name__, where=_where(error))
            reply = self._conversation.safety_reply()
        outcome = reply.refused or (
            "crisis" if reply.crisis else "safety" if reply.safety else "answered"
        )
        seconds = time.perf_counter() - started
        _log.info("turn", outcome=outcome, ms=round(seconds * 1000, 1))
        topic = "" if reply.refused or reply.safety else reply.topic
        if reply.not_held and not reply.pinned_help:
            self._unanswered.count(reply.topic, Kind.NOT_HELD)
        self._metrics.count("signpost_turns_total", outcome=outcome, topic=topic)
        self._metrics.time(outcome, seconds)
        if reply.refused:
            if known is not None:
                await self._conversations.save(known)
            answer = _out(reply, session, known.id if known else "")
            return Outgoing(answer, reply.refused, _gives_help(reply))
        if known is None and over:
            return Outgoing(_out(replace(reply, messages=_buttonless(reply)), session, ""))
        if known is None:
            self._conversations.keep(session, incoming.address)
        answer = _out(reply, session, session.id)
        outgoing = Outgoing(answer.model_copy(update={"tell": self._tell(reply, answer)}))
        await self._conversations.save(session)
        links = self._sponsors.links(incoming.sponsor, session.id)
        named = {shown: link for shown, link in links.items() if shown in outgoing.said}
        if not named:
            return outgoing
        return Outgoing(outgoing.answer.model_copy(update={"links": named}))

    async def judge(self, conversation: str, answer: str, *, helpful: bool) -> bool:
        """Counts that an answer helped or did not. False where it is not there to be judged (any
        more).
        """
        session = await self._conversations.load(conversation)
        topic = session.answers.pop(answer, None) if session else None
        if session is None or topic is None:
            return False
        await self._conversations.save(session)
        self.feedback.count(topic, "yes" if helpful else "no")
        if not helpful:
            self._unanswered.count(topic, Kind.UNHELPFUL)
        return True

    def _tell(self, reply: Reply, answer: AnswerOut) -> Tell:
        """Whether the team may be told what was asked. Never where there was a crisis, or something
        near one: nobody reads it today.
        """
        is_near = reply.pinned_help or _gives_help(reply)
        if is_near or not answer.feedback or not self._unanswered.is_open:
            return ""
        return "now" if reply.not_held else "if_unhelpful"

    async def _answer(
        self, incoming: Incoming, session: Session, *, is_new: bool, over: bool
    ) -> Reply:
        pressed = session.buttons.get(incoming.button)
        payload = incoming.ours or (pressed.payload if pressed else "")
        if is_new and incoming.conversation and not payload:
            # The label of a next step after a crisis, from a conversation that is gone by now.
            payload = self._steps.get(incoming.text.strip(), "")
        refused = incoming.refused or ("button_gone" if incoming.button and not payload else "")
        refused = "too_many" if over else refused
        note = self._sponsors.note(incoming.sponsor, session.id)
        # A reply that may name somebody's own sponsor is not kept: it would outlast their session.
        key = "" if incoming.sponsor else incoming.key
        reply = await self._conversation.answer(
            Said(incoming.text, payload, refused, note, key), session.memory
        )
        if not is_new:
            self._conversations.touch(session)
        elif incoming.conversation and not reply.crisis and not reply.refused:
            forgotten = Message(self._notices.forgotten, kind="notice")
            return replace(reply, messages=(forgotten, *reply.messages))
        return reply


def _gives_help(reply: Reply) -> bool:
    """Whether a message has the help behind its button."""
    return any(button.payload == HELP_PAYLOAD for m in reply.messages for button in m.buttons)


def _buttonless(reply: Reply) -> tuple[Message, ...]:
    """A button is good in its conversation only: where none is kept, it would be dead."""
    return tuple(replace(message, buttons=()) for message in reply.messages)


def _rendered(message: Message, session: Session) -> MessageOut:
    buttons = tuple(
        ButtonOut(id=session.issue(button), label=button.label)
        for button in message.buttons
        if button.payload != SUMMARY
    )
    table = TableOut(**asdict(message.table)) if message.table else None
    return MessageOut(
        text=message.text, kind=message.kind, source=message.source, buttons=buttons, table=table
    )


def _out(reply: Reply, session: Session, conversation: str) -> AnswerOut:
    return AnswerOut(
        conversation=conversation,
        messages=tuple(_rendered(message, session) for message in reply.messages),
        topic=reply.topic,
        crisis=reply.crisis,
        eligibility=dict(reply.eligibility),
        pinned_help=reply.pinned_help,
        feedback=""
        if reply.crisis or reply.safety or reply.refused
        else session.ask_about(reply.topic),
        summary=next(
            (
                button.label
                for m in reply.messages
                for button in m.buttons
                if button.payload == SUMMARY
            ),
            "",
        ),
    )


def _where(error: Exception) -> str:
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    return f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else ""
