"""The conversations that are going on: in memory, bounded, forgotten when idle. Ids are made here
and nowhere else.
"""

import secrets
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar
from weakref import WeakValueDictionary

from bot.conversation import Memory
from bot.networks import network_of
from bot.turn import Button
from bot.widget.pages import ChatPage

BUTTONS_MAX = 60
"""Buttons that still work, per conversation: those of the last ten answers or so."""
ANSWERS_MAX = 10
"""Answers that can still be called helpful or not, per conversation."""
SHOWN_MAX, SHOWN_CHARACTERS = 60, 16_000
"""Entries, and characters in them, that a page without JavaScript can show again: some thirty
turns.
"""
PER_ADDRESS = 500
"""Conversations of one address: a wing behind one address, several times over."""
NETWORK_TIMES = 4
"""Times as many for the /48 that it is in."""
PAGES_MAX = 2_000
"""Conversations that are kept for such a page at a time: 32 MB or so. With one more, the first of
them shows only what is said from then on.
"""

StoreState = Literal["memory", "ready", "down"]
"""Of what conversations or limits are kept in: this process's memory, or one that is shared."""
Issued = TypeVar("Issued")


@dataclass(slots=True, weakref_slot=True)
class Session:
    """One conversation, with the buttons that we issued in it, and the topics of its last answers,
    by their ids.
    """

    memory: Memory
    used: float
    address: str = ""
    """Whom it is counted for."""
    buttons: OrderedDict[str, Button] = field(default_factory=OrderedDict)
    answers: OrderedDict[str, str] = field(default_factory=OrderedDict)
    page: ChatPage = field(default_factory=ChatPage)
    """What a page without JavaScript shows, which cannot keep its own words. Empty for every other
    conversation.
    """
    helped: bool = False
    """The line with a number was in view before this conversation began."""

    @property
    def keeps_help(self) -> bool:
        """Whether its pages have the line with a number."""
        return self.helped or self.memory.crisis

    @property
    def id(self) -> str:
        return self.memory.id

    def issue(self, button: Button) -> str:
        """A new id for a button. The oldest ones stop working."""
        return _issue(self.buttons, button, BUTTONS_MAX)

    def ask_about(self, topic: str) -> str:
        """A new id under which it can be said, once, whether an answer on this topic helped."""
        return _issue(self.answers, topic, ANSWERS_MAX)


def _issue(issued: OrderedDict[str, Issued], what: Issued, maximum: int) -> str:
    id_ = secrets.token_urlsafe(9)
    issued[id_] = what
    if len(issued) > maximum:
        issued.popitem(last=False)
    return id_


class _Holders:
    """Which ids each holder has, longest unused first; at most `maximum` of one holder."""

    def __init__(self, maximum: int) -> None:
        self._maximum = maximum
        self._held: dict[str, OrderedDict[str, None]] = {}

    def use(self, holder: str, id_: str) -> None:
        held = self._held.setdefault(holder, OrderedDict())
        held[id_] = None
        held.move_to_end(id_)

    def drop(self, holder: str, id_: str) -> None:
        held = self._held[holder]
        del held[id_]
        if not held:
            del self._held[holder]

    def too_many(self, holder: str) -> str:
        """The id with which a holder has too many, or ""."""
        held = self._held.get(holder)
        return next(iter(held)) if held and len(held) > self._maximum else ""

    def of_who_holds_most(self) -> str:
        most = max(self._held, key=lambda holder: len(self._held[holder]))
        return next(iter(self._held[most]))


class Conversations:
    """At most `maximum` conversations, and `per_address` of one address; more, and whoever holds
    most loses the one longest idle. Seconds are monotonic: no clock change can revive one.
    """

    def __init__(
        self,
        maximum: int,
        idle_seconds: float,
        now: Callable[[], float] = time.monotonic,
        per_address: int = PER_ADDRESS,
    ) -> None:
        self._maximum, self._idle, self._now = maximum, idle_seconds, now
        self._by_address, self._by_network = (
            _Holders(per_address),
            _Holders(per_address * NETWORK_TIMES),
        )
        self._sessions: OrderedDict[str, Session] = OrderedDict()  # longest idle first
        self._pages: WeakValueDictionary[str, Session] = (
            WeakValueDictionary()
        )  # those with a `page`, in the order in which they began

    def __len__(self) -> int:
        return len(self._sessions)

    @property
    def state(self) -> StoreState:
        """Of what keeps them."""
        return "memory"

    def find(self, id_: str | None) -> Session | None:
        """The conversation of an id that we issued and have not forgotten."""
        self.forget_idle()
        return self._sessions.get(id_ or "")

    async def load(self, id_: str | None) -> Session | None:
        """As `find`, wherever the conversation was kept: asked once by whoever takes a request."""
        return self.find(id_)

    async def save(self, session: Session) -> None:
        """Keeps what a request changed: here it is kept as it is."""

    async def drop(self, id_: str) -> None:
        """Forgets a conversation, known or not, wherever it was kept."""
        self.forget(id_)

    async def tidy(self) -> None:
        """Puts right what could not be done at once: called every second. Never raises."""

    async def close(self) -> None:
        """Lets go of what keeps them."""

    def new(self) -> Session:
        """A conversation that exists only once it is kept: a refused message leaves nothing behind."""
        return Session(Memory(secrets.token_urlsafe(24)), self._now())

    def keep(self, session: Session, address: str) -> None:
        """Adds a new conversation of an address. With too many, one is forgotten: of the address,
        of its network, or of the network that holds most.
        """
        session.address = address
        self._sessions[session.id] = session
        self.touch(session)
        for one_too_many in (
            self._by_address.too_many(address),
            self._by_network.too_many(network_of(address)),
        ):
            self.forget(one_too_many)
        if len(self._sessions) > self._maximum:
            self.forget(self._by_network.of_who_holds_most())

    def show(self, session: Session, page: ChatPage) -> None:
        """Keeps what a page without JavaScript shows of a conversation, within bounds and only as
        long as the conversation itself.
        """
        entries = page.entries[-SHOWN_MAX:]
        while sum(len(entry.text) for entry in entries) > SHOWN_CHARACTERS:
            entries = entries[1:]
        session.page = replace(page, entries=entries)
        self._pages[session.id] = session
        if len(self._pages) > PAGES_MAX:
            first = next(iter(self._pages))
            self._pages.pop(first).page = ChatPage()

    def touch(self, session: Session) -> None:
        """Notes that a conversation was just used; one that was forgotten while it was being
        answered stays so.
        """
        if session.id in self._sessions:
            session.used = self._now()
            self._sessions.move_to_end(session.id)
            self._by_address.use(session.address, session.id)
            self._by_network.use(network_of(session.address), session.id)

    def forget(self, id_: str) -> None:
        """Forgets a conversation, known or not."""
        self._let_go(id_)

    def _let_go(self, id_: str) -> None:
        if session := self._sessions.pop(id_, None):
            self._by_address.drop(session.address, id_)
            self._by_network.drop(network_of(session.address), id_)

    def forget_idle(self) -> None:
        """Forgets all that have been idle for too long."""
        oldest_allowed = self._now() - self._idle
        while (
            self._sessions and (first := next(iter(self._sessions.values()))).used < oldest_allowed
        ):
            self._let_go(first.id)


class Alone(Conversations):
    """Those of a gateway that is to share them and cannot: it answers all the same."""

    @property
    def state(self) -> StoreState:
        return "down"
