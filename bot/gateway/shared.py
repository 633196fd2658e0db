"""Conversations that several gateways share, in Redis: sealed, and gone by themselves.

A gateway works on a copy of its own, as if it were alone. `load` brings in what others changed,
`save` gives out what was changed here; where both did, each field is put together from both
(`merge`). Turns reach the dialogue one at a time in the order in which Redis heard of them.

While Redis does not do its part, each gateway goes on with the copies that it has, and begins an
empty one where it has none; what was changed meanwhile is given out afterwards.
"""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field

import structlog

from bot.conversation import Memory
from bot.gateway.conversations import PER_ADDRESS, Conversations, Session, StoreState
from bot.gateway.records import Plain, Seal, merge, plain, put
from bot.gateway.store import Fault, Store

LEASE_SECONDS = 2.0
"""Whoever was not heard of for so long holds no turn any more, and waits for none."""
RENEW_SECONDS = 0.4
POLL_SECONDS = 0.02
TRIES = 5
"""Of one save, when others save the same conversation at the same time."""
PREFIX = "signpost:conversation:"

# KEYS: the conversation. ARGV: the version that is known ("" for none), the record, seconds to
# live, the token of the turn ("" for none). Says the new version; "gone" where somebody forgot the
# conversation; "other" where it has another version by now; "late" where a later turn has begun.
_SAVE = """
local version = redis.call('HGET', KEYS[1], 'version')
if ARGV[1] ~= '' and not version then return 'gone' end
local token = redis.call('HGET', KEYS[1], 'token')
if ARGV[4] ~= '' and token and token ~= ARGV[4] then return 'late' end
if (version or '') ~= ARGV[1] then return 'other' end
version = redis.call('HINCRBY', KEYS[1], 'version', 1)
redis.call('HSET', KEYS[1], 'record', ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
return tostring(version)
"""
# KEYS: the conversation, those who wait by when they came, the same by when they were last heard of.
# ARGV: who asks, the lease in microseconds, seconds to live, "again" from who has the turn already.
# The first of those who wait has the turn: says its token (the fencing token: each is higher than
# all before), or 0 for "not yet".
_ASK = """
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local waits = redis.call('ZSCORE', KEYS[2], ARGV[1])
if ARGV[4] == 'again' and not waits then return 0 end
redis.call('ZADD', KEYS[2], 'NX', now, ARGV[1])
redis.call('ZADD', KEYS[3], now, ARGV[1])
for _, silent in ipairs(redis.call('ZRANGEBYSCORE', KEYS[3], '-inf', now - ARGV[2])) do
  redis.call('ZREM', KEYS[2], silent)
  redis.call('ZREM', KEYS[3], silent)
end
redis.call('EXPIRE', KEYS[2], 60)
redis.call('EXPIRE', KEYS[3], 60)
if redis.call('ZRANGE', KEYS[2], 0, 0)[1] ~= ARGV[1] or ARGV[4] == 'again' then return 0 end
local token = redis.call('HINCRBY', KEYS[1], 'token', 1)
redis.call('EXPIRE', KEYS[1], ARGV[3])
return token
"""
_LEAVE = """
redis.call('ZREM', KEYS[1], ARGV[1])
redis.call('ZREM', KEYS[2], ARGV[1])
"""

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Shared(Session):
    """A copy of this process's own."""

    base: Plain = field(default_factory=dict)
    """What the store and this copy last agreed on."""
    version: str = ""
    """Of the record that `base` is, or "" where nothing was kept yet."""


class SharedConversations(Conversations):
    """As `Conversations`, which holds the copies. Ids are made with a key of the service, so that one
    of ours is known as such even while Redis is gone.
    """

    def __init__(
        self,
        url: str,
        keys: tuple[bytes, ...],
        maximum: int,
        idle_seconds: float,
        now: Callable[[], float] = time.monotonic,
        per_address: int = PER_ADDRESS,
    ) -> None:
        """`url`: `redis://`, `rediss://` or `unix://`. Connects when it is first used."""
        super().__init__(maximum, idle_seconds, now, per_address)
        self._seal, self._live_seconds = Seal(keys), max(1, round(idle_seconds))
        self._store = Store(url, "shared conversations")
        self._gone: dict[str, float] = {}
        """Forgotten here and not yet there, with when."""
        self._unsaved: dict[str, _Shared] = {}
        """Changed here and not yet there."""

    @property
    def state(self) -> StoreState:
        return "down" if self._store.is_down else "ready"

    def new(self) -> Session:
        return self._empty(self._seal.new_id())

    def _empty(self, id_: str) -> "_Shared":
        session = _Shared(Memory(id_), self._now())
        session.memory.order = _Order(self, session)
        session.base = plain(session)
        return session

    async def load(self, id_: str | None) -> Session | None:
        if not id_ or id_ in self._gone or not self._seal.is_ours(id_):
            return None
        session = self.find(id_)
        if isinstance(session, _Shared):
            await self._bring_in(session)
            return self.find(id_)
        session = self._empty(id_)
        # Nobody can say what was said before: it goes on as an empty one until somebody can.
        is_there = await self._bring_in(session) or self._store.is_down
        if is_there and not self.find(id_):  # nobody else brought it in meanwhile
            self.keep(session, id_)  # its address is counted where it began
        return self.find(id_)

    async def save(self, session: Session) -> None:
        if isinstance(session, _Shared):
            await self.give_out(session)

    async def give_out(self, session: _Shared, token: str = "") -> None:
        """Gives out what was changed here. The dialogue's state is given out only with the `token` of
        the turn that made it, and not where a later turn has begun.
        """
        try:
            for _ in range(TRIES):
                given = plain(session)
                if session.version and not token:
                    given["state"] = session.base["state"]
                if session.version and given == session.base:
                    return
                if session.id not in self._sessions:  # forgotten while it was being answered
                    return
                sealed = self._seal.close(session.id, given)
                known = [session.version, sealed, self._live_seconds, token]
                said = (await self._store.run(_SAVE, [self._key(session.id)], known)).decode()
                if said == "gone":
                    self._let_go(session.id)
                elif said == "late":
                    token, session.memory.state = "", session.base["state"]
                elif said == "other":
                    await self._merge_in(session)
                else:
                    session.base, session.version = given, said
                    self._unsaved.pop(session.id, None)
                    return
        except Fault:
            pass
        self._unsaved[session.id] = session

    def forget(self, id_: str) -> None:
        super().forget(id_)
        if id_ and self._seal.is_ours(id_):
            self._gone[id_] = self._now()

    def _let_go(self, id_: str) -> None:
        super()._let_go(id_)
        self._unsaved.pop(id_, None)

    async def drop(self, id_: str) -> None:
        self.forget(id_)
        with suppress(Fault):
            await self._forget_there()

    async def tidy(self) -> None:
        """Does there what was done here, and finds out how Redis is. Never raises."""
        oldest = self._now() - self._idle
        self._gone = {id_: at for id_, at in self._gone.items() if at > oldest}
        try:
            await self._forget_there()
            await self._store.call(
                self._store.redis.set, f"{PREFIX}probe", b"", 1
            )  # a replica would refuse it
        except Fault:
            return
        for session in tuple(self._unsaved.values()):
            order = session.memory.order
            if isinstance(order, _Order) and order.is_free:
                async with order:  # as a turn of its own, so that the dialogue's state goes too
                    pass
            await self.give_out(session)

    async def _forget_there(self) -> None:
        for id_ in tuple(self._gone):
            await self._store.call(self._store.redis.delete, self._key(id_))
            self._gone.pop(id_, None)

    async def close(self) -> None:
        await self._store.close()

    async def ask_for_turn(self, session: _Shared, who: str, *, again: bool = False) -> int:
        """The token of the turn, where it has come to `who`; 0 where it has not, or `again` says that
        they have it already. Raises Fault.
        """
        lease = round(LEASE_SECONDS * 1_000_000)
        asked = [who, lease, self._live_seconds, "again" if again else ""]
        key = self._key(session.id)
        return int(await self._store.run(_ASK, [key, f"{key}:waiting", f"{key}:heard"], asked))

    async def leave_turn(self, session: _Shared, who: str) -> None:
        key = self._key(session.id)
        with suppress(Fault):
            await self._store.run(_LEAVE, [f"{key}:waiting", f"{key}:heard"], [who])

    async def _bring_in(self, session: _Shared) -> bool:
        """Whether the store has the conversation. One that it had and has no longer was forgotten, or
        its time was over.
        """
        try:
            found = await self._merge_in(session)
        except Fault:
            return False
        if not found and session.version:
            self._let_go(session.id)
        return found

    async def _merge_in(self, session: _Shared) -> bool:
        version, sealed = await self._store.call(
            self._store.redis.hmget, self._key(session.id), ["version", "record"]
        )
        if version is None:
            return False
        if version.decode() == session.version:
            return True
        kept = self._seal.open(session.id, sealed)
        if kept is None:
            _log.error("a shared conversation cannot be opened: it is forgotten")
            self.forget(session.id)
            return False
        put(session, merge(session.base, plain(session), kept))
        session.base, session.version = kept, version.decode()
        if session.page.entries and session.id not in self._pages:
            self.show(session, session.page)  # counted with those of our own
        return True

    def _key(self, id_: str) -> str:
        return f"{PREFIX}{{{self._seal.name(id_)}}}"


class _Order:
    """A conversation's turns one at a time, over all gateways; over this one while Redis is gone."""

    def __init__(self, store: SharedConversations, session: _Shared) -> None:
        self._store, self._session = store, session
        self._here, self._held = asyncio.Lock(), AsyncExitStack()

    @property
    def is_free(self) -> bool:
        """Whether no turn is under way here."""
        return not self._here.locked()

    async def __aenter__(self) -> None:
        async with AsyncExitStack() as held:
            await held.enter_async_context(self._here)
            if self._session.version:  # else nobody but us knows of it
                await held.enter_async_context(self._there())
            self._held = held.pop_all()

    async def __aexit__(self, *_: object) -> None:
        await self._held.aclose()

    @asynccontextmanager
    async def _there(self) -> AsyncIterator[None]:
        store, session, who, token = self._store, self._session, secrets.token_hex(8), 0
        renewing = None
        await store.give_out(session)  # what was said, for others to hear
        try:
            try:
                while True:
                    if token := await store.ask_for_turn(session, who):
                        break
                    await asyncio.sleep(POLL_SECONDS)
                renewing = asyncio.create_task(self._renew(who))
                await store.load(session.id)  # what the turn before this one made of it
            except Fault:
                pass  # everybody goes on alone
            yield
        finally:
            if renewing:
                renewing.cancel()
            await store.give_out(session, str(token or ""))
            await store.leave_turn(session, who)

    async def _renew(self, who: str) -> None:
        """Keeps the turn, and hears what is said elsewhere meanwhile: a crisis does not wait for it."""
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            with suppress(Fault):
                await self._store.ask_for_turn(self._session, who, again=True)
            await self._store.load(self._session.id)
