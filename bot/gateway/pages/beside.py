"""Words that came in a form beside what was pressed: "Clear", "I am done", "Back to the chat". They
are not a message, but they may be a cry for help, and so the screen sees them as well.
"""

from aiohttp import web

from bot.gateway.api.models import AnswerOut
from bot.gateway.desk import Desk, Incoming
from bot.gateway.http.limits import Caller


async def heard(desk: Desk, caller: Caller, request: web.Request, words: str) -> AnswerOut | None:
    """What the service says to such words, in a conversation of its own; None where they are
    nothing but words.
    """
    if not words.strip():
        return None
    outgoing = await desk.take(
        Incoming(
            caller.address(request),
            caller.is_operator(request),
            text=words,
            refused="unreadable",
        )
    )
    return None if outgoing.refused else outgoing.answer
