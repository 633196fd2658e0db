"""How many messages one address and one conversation may send."""

import asyncio
import hmac
import ipaddress
import math
import re
import time
from collections.abc import Callable
from typing import Any, Literal, Protocol

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler
from limits import RateLimitItem, parse
from limits.aio.strategies import FixedWindowRateLimiter
from limits.storage import storage_from_string

from bot.conversation import TEXT_MAX
from bot.gateway.breaker import Breaker
from bot.gateway.conversations import StoreState
from bot.gateway.http.turns import Turns
from bot.gateway.source import SOURCE, Source
from bot.settings import Settings

STORAGE_SECONDS = 0.1
"""A crisis answer waits for this at most, and nobody else's for the next REST_SECONDS."""
REST_SECONDS = 1.0
OWN_MEMORY = "async+memory://"
WINDOWS_MAX = 10_000
"""With more, those that are over are forgotten."""
FORWARDED = ("X-Forwarded-For", "Forwarded")
UNREAD_SECONDS = 3600.0
"""So long an address that could not be read is told of on `/health/ready`."""
WRITTEN = re.compile(
    r'"?(?:\[(?P<v6>[0-9a-fA-F:.]+)\](?::\d{1,5})?|(?P<v4>[\d.]+):\d{1,5}|(?P<bare>[0-9a-fA-F:.]+))"?'
)

_log = structlog.get_logger(__name__)


class Limits:
    """Counts messages. What is over a limit is still screened; it is only not answered otherwise."""

    def __init__(self, settings: Settings, now: Callable[[], float] = time.monotonic) -> None:
        self._address, self._conversation = (
            parse(settings.address_limit),
            parse(settings.conversation_limit),
        )
        self._own = _OwnWindows(now)
        self._shared: _Limiter = (
            self._own
            if settings.rate_limit_storage == OWN_MEMORY
            else FixedWindowRateLimiter(_storage(settings.rate_limit_storage))
        )
        self._breaker = Breaker(1, REST_SECONDS)
        self.retry_seconds = max(self._address.get_expiry(), self._conversation.get_expiry())

    @property
    def state(self) -> StoreState:
        if self._shared is self._own:
            return "memory"
        return "down" if self._breaker.is_open else "ready"

    @property
    def remembered(self) -> int:
        """How many windows this process counts in."""
        return len(self._own)

    def may_be_read(self, address: str, characters: int) -> bool:
        """Of what an address sends over its limit, as many characters are screened as it may send
        within it. Then everything is answered with the help, unread, or reading it would keep
        others waiting.
        """
        return self._own.add(
            ("characters", address),
            characters,
            self._address.amount * TEXT_MAX,
            self._address.get_expiry(),
        )

    async def allow(self, address: str, conversation: str = "") -> bool:
        """Counts one message. False where it is one too many for its address or its conversation
        ("": a new one).
        """
        wanted = [
            (self._address, "address", address),
            *([(self._conversation, "conversation", conversation)] if conversation else []),
        ]
        if self._shared is self._own:
            return await _hit(self._own, wanted)
        if self._breaker.lets_through():
            try:
                async with asyncio.timeout(STORAGE_SECONDS):
                    allowed = await _hit(self._shared, wanted)
                self._breaker.record(in_vain=False)
                return allowed
            except Exception as error:
                self._breaker.record(in_vain=True)
                _log.warning("rate limit storage failed", error=type(error).__name__)
        # A store of limits that is down must neither stop the service nor lift the limits: this
        # process counts by itself meanwhile.
        return await _hit(self._own, wanted)


def _storage(uri: str) -> Any:
    # A timeout of Redis's own may swallow a cancellation: bot/gateway/shared.py.
    options: dict[str, Any] = {"socket_timeout": None} if "redis" in uri else {}
    return storage_from_string(uri, implementation="redispy", **options)


class _Limiter(Protocol):
    async def hit(self, item: RateLimitItem, *identifiers: str) -> bool: ...


class _OwnWindows:
    """Fixed windows in this process's memory. Seconds are monotonic, and not the wall clock's as
    those of the library: a clock set back would refuse an address for as long.
    """

    def __init__(self, now: Callable[[], float]) -> None:
        self._now = now
        self._windows: dict[tuple[str, ...], tuple[float, int]] = {}
        """Until when each lasts, and how many it has seen."""

    def __len__(self) -> int:
        return len(self._windows)

    async def hit(self, item: RateLimitItem, *identifiers: str) -> bool:
        return self.add(identifiers, 1, item.amount, item.get_expiry())

    def add(self, identifiers: tuple[str, ...], cost: int, amount: int, seconds: float) -> bool:
        """Counts so much. False where it is more than `amount` within the window."""
        now = self._now()
        if len(self._windows) > WINDOWS_MAX:
            self._windows = {
                key: window for key, window in self._windows.items() if window[0] > now
            }
        until, seen = self._windows.get(identifiers, (0.0, 0))
        if until <= now:
            until, seen = now + seconds, 0
        self._windows[identifiers] = until, seen + cost
        return seen + cost <= amount


async def _hit(limiter: _Limiter, wanted: list[tuple[RateLimitItem, str, str]]) -> bool:
    return all([await limiter.hit(item, kind, key) for item, kind, key in wanted])


class Caller:
    """Whom a request is counted for."""

    def __init__(
        self,
        proxy_hops: int,
        operator_token: str,
        header: str = FORWARDED[0],
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """`header`: the one of FORWARDED that the proxies write. Only one is looked at: the other
        would be the client's own.
        """
        self._hops, self._token, self._header, self._now = proxy_hops, operator_token, header, now
        self._unread_until = -math.inf
        self._turns = Turns()

    def is_operator(self, request: web.BaseRequest) -> bool:
        """True for a request that carries the operator's token."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return bool(self._token) and hmac.compare_digest(
            given.encode("utf-8", "replace"), self._token.encode()
        )

    @property
    def middleware(self) -> "web.middleware":  # type: ignore[valid-type]
        """Lets a request begin when it is its address's turn, and says whom all that it sets off is
        for.
        """

        @web.middleware
        async def in_turn(request: web.Request, handler: Handler) -> web.StreamResponse:
            address = self.address(request)
            await self._turns.begin(address)
            SOURCE.set(Source(address))
            return await handler(request)

        return in_turn

    @property
    def addresses(self) -> Literal["ok", "unreadable"]:
        """Whether all addresses that the proxies wrote lately could be read."""
        return "ok" if self._now() >= self._unread_until else "unreadable"

    def address(self, request: web.BaseRequest) -> str:
        """The nearest address that a proxy of ours saw; for IPv6 its /64, which is one household's.

        Each proxy appends whom it heard from: the right end of the header is ours, and its left end
        is anybody's invention. One that cannot be read is counted for the connection that it came
        by, so that it has no limit in common with others.
        """
        peer = request.remote or ""
        seen = [*_forwarded(request, self._header), peer]
        address = seen[-1 - self._hops] if self._hops < len(seen) else seen[-1]
        is_elsewhere = len(seen) == 1 and any(
            name in request.headers for name in FORWARDED if name != self._header
        )
        if self._hops and (is_elsewhere or _read(address) is None):
            self._warn(is_elsewhere)
        counted = _read(address)
        return counted if counted is not None else _connection_of(request)

    def _warn(self, is_elsewhere: bool) -> None:
        """Once an hour: it would be every request's."""
        if self._now() >= self._unread_until:
            _log.warning(
                "addresses in the proxy's header cannot be read: their limits do not hold",
                header=self._header,
                problem="in another header" if is_elsewhere else "not an address",
            )
        self._unread_until = self._now() + UNREAD_SECONDS


def _forwarded(request: web.BaseRequest, header: str) -> list[str]:
    """The addresses in a header that proxies append to, as they wrote them."""
    parts = [
        part.strip() for value in request.headers.getall(header, []) for part in value.split(",")
    ]
    return [_for_of(part) for part in parts] if header == "Forwarded" else parts


def _for_of(element: str) -> str:
    """`for` of an element of RFC 7239, section 4, or ""."""
    pairs = (pair.strip().partition("=") for pair in element.split(";"))
    return next((value for name, _, value in pairs if name.lower() == "for"), "")


def _read(written: str) -> str | None:
    """An address as it is counted: with or without a port, quotes and brackets (RFC 7239, section
    6; some proxies write X-Forwarded-For so too). None where it is no address.
    """
    if match := WRITTEN.fullmatch(written.strip()):
        try:
            return _counted_as(ipaddress.ip_address(match["v6"] or match["v4"] or match["bare"]))
        except ValueError:
            return None
    return None


def _counted_as(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    if isinstance(address, ipaddress.IPv6Address):
        return str(address.ipv4_mapped or ipaddress.ip_network((address, 64), strict=False))
    return str(address)


def _connection_of(request: web.BaseRequest) -> str:
    name = request.transport.get_extra_info("peername") if request.transport else None
    return f"connection {name}" if name else f"request {id(request)}"
