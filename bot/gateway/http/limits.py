"""How many messages one address and one conversation may send."""

import asyncio
import hmac
import ipaddress

import structlog
from aiohttp import web
from limits import RateLimitItem, parse
from limits.aio.strategies import FixedWindowRateLimiter
from limits.storage import storage_from_string

from bot.errors import SettingsError
from bot.settings import Settings

STORAGE_SECONDS = 0.1
"""A crisis answer waits for this at most."""
_log = structlog.get_logger(__name__)


class Limits:
    """Counts messages. What is over a limit is still screened; it is only not answered otherwise."""

    def __init__(self, settings: Settings) -> None:
        self._address, self._conversation = (
            _parse(settings.address_limit),
            _parse(settings.conversation_limit),
        )
        self._shared = _limiter(settings.rate_limit_storage)
        self._own = _limiter("async+memory://")
        self.retry_seconds = max(self._address.get_expiry(), self._conversation.get_expiry())

    async def allow(self, address: str, conversation: str = "") -> bool:
        """Counts one message. False where it is one too many for its address or its conversation
        ("": a new one).
        """
        wanted = [
            (self._address, "address", address),
            *([(self._conversation, "conversation", conversation)] if conversation else []),
        ]
        try:
            async with asyncio.timeout(STORAGE_SECONDS):
                return await _hit(self._shared, wanted)
        except Exception as error:
            # A store of limits that is down must neither stop the service nor lift the limits: this
            # process counts by itself meanwhile.
            _log.warning("rate limit storage failed", error=type(error).__name__)
            return await _hit(self._own, wanted)


async def _hit(
    limiter: FixedWindowRateLimiter, wanted: list[tuple[RateLimitItem, str, str]]
) -> bool:
    return all([await limiter.hit(item, kind, key) for item, kind, key in wanted])


def _limiter(uri: str) -> FixedWindowRateLimiter:
    try:
        return FixedWindowRateLimiter(storage_from_string(uri, implementation="redispy"))
    except Exception as error:
        raise SettingsError(f"SIGNPOST_RATE_LIMIT_STORAGE: {error}") from None


def _parse(limit: str) -> RateLimitItem:
    try:
        return parse(limit)
    except ValueError as error:
        raise SettingsError(
            f"SIGNPOST_ADDRESS_LIMIT or SIGNPOST_CONVERSATION_LIMIT: {error}"
        ) from None


class Caller:
    """Whom a request is counted for."""

    def __init__(self, proxy_hops: int, operator_token: str) -> None:
        self._hops, self._token = proxy_hops, operator_token

    def is_operator(self, request: web.BaseRequest) -> bool:
        """True for a request that carries the operator's token."""
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        return bool(self._token) and hmac.compare_digest(
            given.encode("utf-8", "replace"), self._token.encode()
        )

    def address(self, request: web.BaseRequest) -> str:
        """The nearest address that a proxy of ours saw; for IPv6 its /64, which is one household's.

        Each proxy appends whom it heard from: the right end of X-Forwarded-For is ours, and its
        left end is anybody's invention.
        """
        seen = [
            part.strip()
            for header in request.headers.getall("X-Forwarded-For", [])
            for part in header.split(",")
        ]
        trusted = [*seen, request.remote or ""]
        return _counted_as(trusted[-1 - self._hops] if self._hops < len(trusted) else trusted[-1])


def _counted_as(address: str) -> str:
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if isinstance(parsed, ipaddress.IPv6Address):
        return str(parsed.ipv4_mapped or ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
