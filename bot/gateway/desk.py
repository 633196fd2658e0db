"""The front desk: every message, from whichever door, is counted, brought to its conversation,
answered, and given buttons to go on with.
"""

import time
from dataclasses import asdict, dataclass, replace

import structlog

from bot.conversation import Conversation, Reply, Said
from bot.gateway.api.feedback import Feedback
from bot.gateway.api.models import AnswerOut, ButtonOut, MessageOut, OpenedOut, TableOut
from bot.gateway.conversations import Conversations, Session
from bot.gateway.http.limits import Limits
from bot.gateway.notices import Notices
from bot.gateway.sponsors import Sponsors
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


@dataclass(frozen=True, slots=True)
class Outgoing:
    """`refused` names why the message was not taken (a key of REFUSALS), or is ""; `answer` then
    holds the sentence that says so.
    """

    answer: AnswerOut
    refused: str = ""


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
    ) -> None:
        self._conversation, self._conversations, self._limits, self._notices = (
            conversation,
            conversations,
            limits,
            notices,
        )
        self._sponsors = sponsors
        starters = tuple(Button(s.label, s.payload) for s in notices.starters)
        self.feedback = Feedback()
        self._greeting = Message(greeting.strip(), buttons=starters)

    async def open(self, address: str, *, unlimited: bool = False) -> OpenedOut | None:
        """A new conversation, or None where the address has had too many."""
        if not unlimited and not await self._limits.allow(address):
            return None
        session = self._conversations.new()
        self._conversations.keep(session)
        return OpenedOut(conversation=session.id, messages=(_rendered(self._greeting, session),))

    def close(self, conversation: str) -> None:
        """Forgets a conversation, known or not, and whose sponsor it may show."""
        self._conversations.forget(conversation)
        self._sponsors.end_conversation(conversation)

    async def take(self, incoming: Incoming) -> Outgoing:
        """Answers one message."""
        started = time.perf_counter()
        known = self._conversations.find(incoming.conversation)
        session = known or self._conversations.new()
        try:
            reply = await self._answer(incoming, session, is_new=known is None)
        except Exception as error:
            # No message may end in silence. What failed is a bug; its words may hold the user's,
            # and are not logged.
            _log.error("turn failed", error=type(error).__name__, where=_where(error))
            reply = self._conversation.safety_reply()
        outcome = reply.refused or (
            "crisis" if reply.crisis else "safety" if reply.safety else "answered"
        )
        _log.info("turn", outcome=outcome, ms=round((time.perf_counter() - started) * 1000, 1))
        if reply.refused:
            return Outgoing(_out(reply, session, known.id if known else ""), reply.refused)
        if known is None:
            self._conversations.keep(session)
        return Outgoing(_out(reply, session, session.id))

    def judge(self, conversation: str, answer: str, *, helpful: bool) -> bool:
        """Counts that an answer helped or did not. False where it is not there to be judged (any
        more).
        """
        session = self._conversations.find(conversation)
        topic = session.answers.pop(answer, None) if session else None
        if topic is None:
            return False
        self.feedback.count(topic, "yes" if helpful else "no")
        return True

    async def _answer(self, incoming: Incoming, session: Session, *, is_new: bool) -> Reply:
        pressed = session.buttons.get(incoming.button)
        payload = incoming.ours or (pressed.payload if pressed else "")
        refused = incoming.refused or ("button_gone" if incoming.button and not payload else "")
        if not incoming.unlimited and not await self._limits.allow(
            incoming.address, "" if is_new else session.id
        ):
            refused = "too_many"
        note = self._sponsors.note(incoming.sponsor, session.id)
        reply = await self._conversation.answer(
            Said(incoming.text, payload, refused, note), session.memory
        )
        if not is_new:
            self._conversations.touch(session)
        elif incoming.conversation and not reply.crisis and not reply.refused:
            forgotten = Message(self._notices.forgotten, kind="notice")
            return replace(reply, messages=(forgotten, *reply.messages))
        return reply


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
