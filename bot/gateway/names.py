"""Names of hosts are looked up apart. asyncio does it in the threads that all else shares: a DNS that
hangs would take one for each try, and soon switches, new content and files would wait behind it.
"""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_threads = ThreadPoolExecutor(2, thread_name_prefix="names")
"""Whoever waits for a store has given up long before a third one could help."""


def look_up_apart(loop: asyncio.AbstractEventLoop) -> None:
    """From now on this loop looks names up in threads of their own."""

    async def getaddrinfo(
        host: Any, port: Any, *, family: int = 0, type: int = 0, proto: int = 0, flags: int = 0
    ) -> Any:
        return await loop.run_in_executor(
            _threads, socket.getaddrinfo, host, port, family, type, proto, flags
        )

    loop.getaddrinfo = getaddrinfo  # type: ignore[method-assign]
