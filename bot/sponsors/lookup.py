"""A look-up, step by step: counted, hashed, judged, put into the audit, and only then answered.
Without HTTP and without words.

Whatever is wrong with a reference and its code takes the same steps and the same time. Whatever is
wrong with the store is one answer.
"""

import asyncio
import ipaddress
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar

import structlog

from bot.clock import WallClock
from bot.errors import SignpostError
from bot.networks import network_of
from bot.sponsors import codes
from bot.sponsors.hashing import CodeHasher
from bot.sponsors.model import Listing
from bot.sponsors.sessions import Sessions
from bot.sponsors.store import Candidate, Directory
from bot.sponsors.tries import Counts, Tried

SHARED_TIMES = 10
"""An address that many people share, a prison's way out say, may try so many times as often."""
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
ADDRESS_TRIES = 60
STORE_SECONDS = 3.0
"""Longer than this for all that a look-up asks of it, and the store counts as down."""
FORGET_SECONDS = 60.0
"""A year's audit at once."""
CLOSE_SECONDS = 2.0
T = TypeVar("T")

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`token` is of the session that was opened; `wait` is in seconds."""

    kind: Literal["found", "refused", "mistyped", "wait", "unavailable"]
    token: str = ""
    wait: int = 0


class LookUp:
    """One for the gateway."""

    def __init__(
        self,
        directory: Directory,
        sessions: Sessions,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
        counts: Counts | None = None,
        shared: tuple[Network, ...] = (),
        steady: Callable[[], float] = time.monotonic,
    ) -> None:
        """Addresses in `shared` networks may make SHARED_TIMES as many tries."""
        self._directory, self._sessions, self._now = directory, sessions, now
        self._clock = WallClock(now, steady)
        self._hasher = CodeHasher()
        self._counts, self._shared = counts or Counts(ADDRESS_TRIES), shared
        self._is_current = False
        self._left: set[asyncio.Task[Any]] = set()
        """What was given up and still tidies up."""

    async def look_up(self, reference: str, code: str, address: str, conversation: str) -> Outcome:
        """Opens a session for `conversation` where a typed code opens what a typed reference stands
        for. Never raises.
        """
        read_reference, read_code = codes.read_reference(reference), codes.read_code(code)
        if read_reference is None or read_code is None:
            return Outcome(
                "mistyped"
            )  # anybody can tell that without the directory, so it says nothing of what is in it
        pair = f"{address} {self._directory.keyring.hashed('reference', read_reference)}"
        tried = Tried(address, pair, SHARED_TIMES if self._is_shared(address) else 1)
        if wait := await self._counts.begin(tried):
            return Outcome("wait", wait=int(wait) + 1)
        outcome = await self._judged(read_reference, read_code, address, conversation)
        if outcome.kind != "refused":  # right, or it failed by a fault of ours
            await self._counts.forgive(tried)
        return outcome

    def _is_shared(self, address: str) -> bool:
        """`address` is one of IP, or the network of one household."""
        try:
            place = ipaddress.ip_network(address)
        except ValueError:
            return False
        return any(
            place.version == network.version and place.subnet_of(network)  # type: ignore[arg-type]
            for network in self._shared
        )

    async def _judged(self, reference: str, code: str, address: str, conversation: str) -> Outcome:
        try:
            token = await self._try(reference, code, address, conversation)
        except Exception as error:
            return Outcome(_unavailable(error))
        return Outcome("refused") if token is None else Outcome("found", token)

    async def _try(self, reference: str, code: str, address: str, conversation: str) -> str | None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        candidate = await self._ask(self._candidate(reference))
        left = STORE_SECONDS - (loop.time() - began)
        hashed = candidate.hashed if candidate else None
        fits = await self._hasher.verify(code, hashed, network_of(address))
        opens = candidate is not None and fits and candidate.is_live
        listing = await self._ask(self._noted(reference, candidate, opens), left)
        # Somebody who is in the directory has a sponsor: forgetting the one deletes the other.
        if candidate is None or listing is None:
            return None
        return self._sessions.open(candidate.person, candidate.code, listing, conversation)

    async def _candidate(self, reference: str) -> Candidate | None:
        await self._check_tables()
        return await self._directory.candidate(reference, self._now())

    async def _noted(
        self, reference: str, candidate: Candidate | None, opens: bool
    ) -> Listing | None:
        """Puts a try into the audit, and then reads what it opens."""
        person = candidate.person if candidate else None
        await self._directory.note(
            "look-up", "found" if opens else "refused", person=person, reference=reference
        )
        return await self._directory.listing(person) if person and opens else None

    async def _ask(self, work: Coroutine[Any, Any, T], seconds: float = STORE_SECONDS) -> T:
        """What the store says. Raises TimeoutError after so many seconds, and waits for nothing then:
        a driver that is told to stop says goodbye to its server first, for seconds where that hangs.
        """
        asking = asyncio.create_task(work)
        self._left.add(asking)
        asking.add_done_callback(self._forget_task)
        try:
            done, _ = await asyncio.wait({asking}, timeout=seconds)
        finally:
            asking.cancel()  # nothing, where it is done
        if not done:
            raise TimeoutError
        return asking.result()

    def _forget_task(self, task: asyncio.Task[Any]) -> None:
        self._left.discard(task)
        if not task.cancelled():
            task.exception()  # looked at: asyncio would print it, and whatever it quotes

    async def refresh(self, token: str) -> Literal["found", "over", "unavailable"]:
        """Reads a session's listing again, and ends it where its code no longer opens anything.
        Never raises.
        """
        session = self._sessions.find(token)
        if session is None:
            return "over"
        try:
            listing = await self.listing(session.person, session.code, STORE_SECONDS)
        except Exception as error:
            return _unavailable(error)
        if listing is None:
            self._sessions.end(token)
            return "over"
        session.listing = listing
        return "found"

    async def listing(self, person: str, code: str, seconds: float) -> Listing | None:
        """What a code still opens; None where it opens nothing any more. Raises what the store does,
        and TimeoutError.
        """
        return await self._ask(self._reread(person, code), seconds)

    async def _reread(self, person: str, code: str) -> Listing | None:
        if not await self._directory.is_live(person, code, self._now()):
            return None
        return await self._directory.listing(person)

    async def forget_audit(self, days: int) -> None:
        """Deletes what the audit has from more than `days` ago, unless the clock is in doubt. Logs
        what goes wrong; never raises: it is tried again tomorrow.
        """
        try:
            await self._ask(self._forget_old(days), FORGET_SECONDS)
        except Exception as error:
            _unavailable(error)

    async def _forget_old(self, days: int) -> None:
        await self._check_tables()
        last = await self._directory.last_audited(self._clock.week_ago())
        if not self._clock.may_delete(last):
            _log.error("sponsor audit is kept whole: the clock may have been set forward")
            return
        gone = await self._directory.forget_audit(self._now() - timedelta(days=days))
        if gone:
            _log.info("old lines of the sponsor audit deleted", lines=gone)

    async def _check_tables(self) -> None:
        """Once it is right it stays so: only a new version of this code needs other tables."""
        if not self._is_current:
            self._is_current = await self._directory.is_current()
            if not self._is_current:
                raise SignpostError(
                    "the directory's tables are not those of this version: run `python -m bot sponsors setup`"
                )

    async def close(self) -> None:
        """Never raises: what else is to be closed comes after it."""
        self._hasher.close()
        if self._left:  # what still tidies up needs the driver, and would wait for ever without it
            await asyncio.wait(self._left, timeout=CLOSE_SECONDS / 2)
        try:
            await self._ask(self._directory.close(), CLOSE_SECONDS / 2)
        except Exception as error:
            _log.warning("sponsor directory did not close", error=type(error).__name__)


def _unavailable(error: Exception) -> Literal["unavailable"]:
    """Fails closed, whatever failed: a driver has errors of its own, and a bug must not tell one
    reference from another either.
    """
    # Only our own sentences are safe to log: a database quotes values.
    _log.error(
        "sponsor look-up unavailable",
        error=type(error).__name__,
        detail=str(error) if isinstance(error, SignpostError) else "",
    )
    return "unavailable"
