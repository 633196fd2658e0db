"""A TCP line to a server, which a test can make slow, cut, or lead elsewhere."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field


@dataclass
class Line:
    """`to` is the port that new connections lead to; `delay` the seconds that each part is held up;
    while `open` is not set, nothing passes: connections stand, as behind a firewall that drops all.
    """

    to: int
    delay: float = 0.0
    open: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    _ends: set[asyncio.StreamWriter] = field(default_factory=set)

    def hang(self) -> None:
        self.open.clear()

    def mend(self) -> None:
        self.open.set()

    def cut(self) -> None:
        """Ends all connections that there are."""
        for end in self._ends:
            end.transport.abort()

    async def lead(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._ends.add(writer)
        try:
            await self.open.wait()
            there, back = await asyncio.open_connection("127.0.0.1", self.to)
        except OSError:
            writer.transport.abort()
            return
        self._ends.add(back)
        await asyncio.gather(self._pass_on(reader, back), self._pass_on(there, writer))
        self._ends -= {writer, back}

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while some := await reader.read(65536):
                await asyncio.sleep(self.delay)
                await self.open.wait()
                writer.write(some)
        writer.close()


@asynccontextmanager
async def line(to: int) -> AsyncIterator[Line]:
    """For as long as the block runs."""
    made = Line(to)
    made.open.set()
    server = await asyncio.start_server(made.lead, "127.0.0.1", 0)
    made.port = server.sockets[0].getsockname()[1]
    try:
        yield made
    finally:
        made.mend()
        made.cut()
        server.close()
        await asyncio.sleep(0.1)  # what was on its way ends
