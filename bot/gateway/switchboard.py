"""The operator's switches (bot.switches) as the gateway has them: read each second, and what they
leave of an answer.
"""

import asyncio
import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from bot import switches
from bot.errors import SignpostError
from bot.gateway.notices import SwitchedOff
from bot.switches import HELP_ONLY, Switches
from bot.turn import Button, Message, TurnResult

LOOK_SECONDS = 1.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """A service that is off, or a part of one: its name in the middle of a sentence, and what it is
    called at the head of an answer.
    """

    id: str
    name: str
    label: str


class Switchboard:
    """What is off now. Where the file cannot be read, what held before goes on; at the start, when
    nobody can know, only help is given.
    """

    def __init__(self, run: Path) -> None:
        self._run, self._works = run, True
        self.now = Switches()
        try:
            self.now = switches.read(run)
        except SignpostError as error:
            self._failed(error, "only help is given until it can be")
            self.now = HELP_ONLY

    async def watch(self) -> None:
        """Follows the file for as long as it is awaited. Never raises."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            try:
                now = await asyncio.to_thread(switches.read, self._run)
            except SignpostError as error:
                self._failed(error, "what was switched before goes on")
                continue
            self._works = True
            if now != self.now:
                _log.warning("switched", unusual=now.lines())
                self.now = now

    def is_sponsors_off(self) -> bool:
        return self.now.sponsors_off

    def _failed(self, error: SignpostError, meanwhile: str) -> None:
        if self._works:
            _log.error("switches cannot be read", detail=str(error), meanwhile=meanwhile)
        self._works = False


def withdrawn(content: Path, off: frozenset[str]) -> tuple[Withdrawn, ...]:
    """The services of these ids that the content knows, with their parts. Raises ContentError."""
    if not off:
        return ()
    from bot import knowledge  # a third of a second, for what is hardly ever so

    return tuple(
        Withdrawn(service.id, service.short_name, service.label)
        for service in knowledge.load(content).services.values()
        if service.id in off or service.parent in off
    )


def withhold(
    result: TurnResult, services: Iterable[Withdrawn], topics: frozenset[str], words: SwitchedOff
) -> TurnResult:
    """An answer without what is off: in its place an honest line, where it is about nothing else;
    such a line below it, where it only names it.
    """
    services = tuple(services)
    about = [service for service in services if service.id in result.services]
    named = [service for service in services if _is_named(service, result.messages)]
    messages = tuple(replace(m, buttons=_kept(m.buttons, services)) for m in result.messages)
    eligibility = {
        id_: outcome
        for id_, outcome in result.eligibility.items()
        if id_ not in {service.id for service in services}
    }
    if result.topic in topics or about:
        said = words.topic if result.topic in topics else _fill(words.service, about)
        buttons = tuple(button for message in messages for button in message.buttons)
        return replace(result, messages=(Message(said, "notice", buttons=buttons),), eligibility={})
    if named:
        messages = (*messages, Message(_fill(words.mentioned, named), "notice"))
    return replace(result, messages=messages, eligibility=eligibility)


def _is_named(service: Withdrawn, messages: Iterable[Message]) -> bool:
    said = "\n".join(f"{m.text}\n{m.table.as_text() if m.table else ''}" for m in messages)
    return re.search(rf"\b{re.escape(service.label)}\b", said) is not None


def _kept(buttons: Iterable[Button], services: Iterable[Withdrawn]) -> tuple[Button, ...]:
    """Those that lead to none of the services, and print nothing of them."""
    gone = tuple(f'"{service.id}"' for service in services)
    return tuple(b for b in buttons if not any(id_ in b.payload for id_ in gone))


def _fill(words: str, services: Iterable[Withdrawn]) -> str:
    return words.replace("{service}", " and ".join(service.name for service in services))
