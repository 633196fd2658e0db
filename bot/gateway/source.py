"""Whom the work under way is for: what counts, queues and caps by address reads it here, so that
the core (bot/conversation.py) need not know of addresses.
"""

from contextvars import ContextVar
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Source:
    """`address` as `Caller.address` writes it; `conversation` is "" before there is one; `over`: the
    address or the conversation is over its limit.
    """

    address: str = ""
    conversation: str = ""
    over: bool = False


NOBODY = Source()
SOURCE: ContextVar[Source] = ContextVar("source", default=NOBODY)
"""Of the request or the message that this task works for."""
