"""Tries and sessions of "Find my sponsor" that several gateways share, in the Redis that has their
conversations: names are hashed with a key, what is kept is sealed and gone by itself. A sponsor's
name or contact is never there: whoever takes a session in reads it from the directory.

While Redis does not do its part, each gateway counts by itself and knows its own sessions.
"""

import hashlib
import hmac
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from bot.gateway.records import Seal
from bot.gateway.store import Fault, Store
from bot.keyfile import derived
from bot.sponsors.sessions import SESSIONS_MAX, WHOLE_SECONDS, name_of
from bot.sponsors.tries import (
    FORGET_SECONDS,
    TRIES,
    WAIT_FIRST,
    WAIT_MAX,
    WINDOW_SECONDS,
    Counts,
    Tried,
)

PREFIX = "signpost:sponsor:"

_READ = """
local time = redis.call('TIME')
local now = time[1] + time[2] / 1000000
local function read(key)
  local kept = redis.call('GET', key)
  return kept and cjson.decode(kept) or {tries = {}, waits = 0, over = 0}
end
local function write(key, count)
  redis.call('SET', key, cjson.encode(count), 'EX', ARGV[1])
end
"""
# As bot.sponsors.tries.Tries does it, by the clock of Redis. KEYS: the address, the address with the
# reference. ARGV: seconds to live, the window, the first and the longest wait, and what each key
# allows. Says the seconds to wait, or counts and says 0. A clock that was set back makes nobody wait
# longer than the longest wait.
_BEGIN = (
    _READ
    + """
local counts, wait = {}, 0
for n, key in ipairs(KEYS) do
  counts[n] = read(key)
  local left = counts[n].over - now
  if left <= tonumber(ARGV[4]) then wait = math.max(wait, left) end
end
if wait > 0 then return tostring(wait) end
for n, key in ipairs(KEYS) do
  local count, tries = counts[n], {}
  if count.over == 0 then
    for _, tried in ipairs(count.tries) do
      if now - tried < tonumber(ARGV[2]) then table.insert(tries, tried) end
    end
  end
  table.insert(tries, now)
  count.tries, count.over = tries, 0
  if #tries >= tonumber(ARGV[4 + n]) then
    count.over = now + math.min(ARGV[3] * 2 ^ count.waits, ARGV[4])
    count.waits = count.waits + 1
  end
  write(key, count)
end
return '0'
"""
)
_FORGIVE = (
    _READ
    + """
for _, key in ipairs(KEYS) do
  local count = read(key)
  if #count.tries > 0 then
    if count.over > 0 then
      count.over, count.waits = 0, count.waits - 1
    end
    table.remove(count.tries)
    write(key, count)
  end
end
"""
)
# KEYS: the session. ARGV: what is kept, its longest life, how long it may be idle.
_GIVE = """
redis.call('HSET', KEYS[1], 'record', ARGV[1], 'ends', redis.call('TIME')[1] + ARGV[2])
redis.call('EXPIRE', KEYS[1], ARGV[3])
"""
# KEYS: the session. ARGV: how long it may be idle. Says what is kept and how long it may last.
_USE = """
local kept = redis.call('HMGET', KEYS[1], 'record', 'ends')
if not kept[1] then return false end
local left = kept[2] - redis.call('TIME')[1]
if left <= 0 then
  redis.call('DEL', KEYS[1])
  return false
end
redis.call('EXPIRE', KEYS[1], math.min(left, ARGV[1]))
return {kept[1], left}
"""


@dataclass(frozen=True, slots=True)
class Kept:
    """A session without what it shows; it may last `left_seconds` longer."""

    person: str
    code: str
    conversation: str
    left_seconds: float


class SharedSponsors(Counts):
    """As `Counts`, over all gateways; and the sessions that they opened."""

    def __init__(
        self, url: str, keys: tuple[bytes, ...], address_tries: int, idle_seconds: float
    ) -> None:
        super().__init__(address_tries)
        self._store, self._seal = Store(url, "shared sponsor sessions"), Seal(keys)
        self._naming, self._idle = derived(keys[0], b"signpost sponsor names"), round(idle_seconds)
        self._gone: set[str] = set()
        """Keys of what ended here and is there still."""

    async def begin(self, tried: Tried) -> float:
        if wait := await super().begin(tried):
            return wait
        most = self.address_tries * tried.times_as_many
        limits = [round(FORGET_SECONDS), WINDOW_SECONDS, WAIT_FIRST, WAIT_MAX, most, TRIES]
        try:
            wait = float(await self._store.run(_BEGIN, self._keys(tried), limits))
        except Fault:
            return 0.0
        if wait:  # it is not made
            await super().forgive(tried)
        return wait

    async def forgive(self, tried: Tried) -> None:
        await super().forgive(tried)
        with suppress(Fault):  # in a minute it is forgotten
            await self._store.run(_FORGIVE, self._keys(tried), [round(FORGET_SECONDS)])

    async def give_out(self, token: str, person: str, code: str, conversation: str) -> bool:
        """Tells the other gateways of a session. What the conversation was opened for before ends."""
        name = name_of(token)
        record = {"person": person, "code": code, "conversation": conversation}
        sealed = self._seal.close(name, record)
        whole = round(WHOLE_SECONDS)
        try:
            before = await self._store.call(
                self._store.redis.set, self._of(conversation), name, ex=whole, get=True
            )
            if before and before.decode() != name:
                await self._store.call(self._store.redis.delete, self._session(before.decode()))
            await self._store.run(_GIVE, [self._session(name)], [sealed, whole, self._idle])
        except Fault:
            return False
        return True

    async def use(self, token: str) -> Kept | Literal["none", "unknown"]:
        """The session of a token, and notes that it was used; or that there is none (any more)."""
        name = name_of(token)
        key = self._session(name)
        if key in self._gone:
            return "none"
        try:
            said = await self._store.run(_USE, [key], [self._idle])
        except Fault:
            return "unknown"
        record = self._seal.open(name, said[0]) if said else None
        return Kept(**record, left_seconds=float(said[1])) if record else "none"

    async def end(self, token: str) -> None:
        """Ends a session everywhere, at once or as soon as Redis is back."""
        self._gone.add(self._session(name_of(token)))
        if len(self._gone) > SESSIONS_MAX:
            self._gone.pop()  # it ends by itself within minutes
        await self.tidy()

    async def end_conversation(self, conversation: str) -> None:
        """Ends what a conversation was opened for, known or not."""
        of = self._of(conversation)
        with suppress(Fault):  # the conversation is forgotten: nothing shows in it
            if name := await self._store.call(self._store.redis.getdel, of):
                self._gone.add(self._session(name.decode()))
        await self.tidy()

    async def tidy(self) -> None:
        """Does there what was done here. Never raises."""
        with suppress(Fault):
            for key in tuple(self._gone):
                await self._store.call(self._store.redis.delete, key)
                self._gone.discard(key)

    async def close(self) -> None:
        await self._store.close()

    def _keys(self, tried: Tried) -> list[str]:
        return [
            f"{PREFIX}{{tries}}:{kind}:{self._name(key)}"
            for kind, key in (("address", tried.address), ("pair", tried.pair))
        ]

    def _session(self, name: str) -> str:
        return f"{PREFIX}session:{self._name(name)}"

    def _of(self, conversation: str) -> str:
        return f"{PREFIX}of:{self._name(conversation)}"

    def _name(self, text: str) -> str:
        """What something is called there: an address is too easily guessed behind a plain hash."""
        return hmac.new(self._naming, text.encode(), hashlib.sha256).hexdigest()[:40]
