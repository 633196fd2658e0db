"""What an editor sees of what had no answer: the questions that people told the team, like ones
together, and how often each topic was asked in vain. The words are nowhere but on these pages.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import TypeVar

import structlog
from aiohttp import web

from bot.gateway.http.responses import html
from bot.language.encoder import Encoder, Vectors
from bot.settings import Settings
from bot.sponsors.administration import NotAgreed
from bot.sponsors.store import Directory
from bot.sponsors.unanswered import Closing, Kind, Question
from bot.sponsors.unanswered_store import UnansweredStore
from bot.staff.accounts import Signed
from bot.staff.grouping import Asked, Order, grouped, shown
from bot.staff.views import Mistake, Shell, Views, Visitor

CLOSE_MAX = 200
"""Questions that one press closes: their ids have to fit into a form."""
Choice = TypeVar("Choice", bound=StrEnum)

_log = structlog.get_logger(__name__)


class Similarity:
    """What each question means, as a vector, in this process's memory only. The encoder is loaded
    when it is first needed, in a thread.
    """

    def __init__(self, load: Callable[[], Encoder]) -> None:
        self._load, self._one_at_a_time = load, asyncio.Lock()
        self._known: dict[str, Vectors] = {}

    async def vectors(self, questions: Sequence[Question]) -> Mapping[str, Vectors]:
        """By the ids of the questions; none where there is no encoder. What is closed is forgotten."""
        async with self._one_at_a_time:
            known = self._known
            self._known = {q.id: known[q.id] for q in questions if q.id in known}
            if new := [question for question in questions if question.id not in known]:
                try:
                    self._known |= await asyncio.to_thread(self._encoded, new)
                except Exception as error:
                    _log.error("questions cannot be grouped", error=type(error).__name__)
                    return {}
            return self._known

    def _encoded(self, questions: Sequence[Question]) -> dict[str, Vectors]:
        rows = self._load().encode([question.text for question in questions])
        return {question.id: row for question, row in zip(questions, rows, strict=True)}


class UnansweredPages:
    """These pages, for one directory."""

    def __init__(
        self, settings: Settings, views: Views, directory: Directory, similarity: Similarity
    ) -> None:
        self._views, self._directory, self._similarity = views, directory, similarity
        self._days = settings.unanswered_days

    def _store(self, visitor: Visitor) -> UnansweredStore:
        return UnansweredStore(Signed(self._directory, visitor.signed_in.name))

    async def _waiting(self, visitor: Visitor) -> list[Question]:
        since = date.today() - timedelta(days=self._days)
        return await self._store(visitor).waiting(since)

    async def listed(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """The questions, like ones together, sorted and narrowed on the server."""
        order = _chosen(Order, request.query.get("order", ""), Order.MOST)
        asked = _chosen(Asked, request.query.get("asked", ""), Asked.ANY)
        questions = await self._waiting(visitor)
        vectors = await self._similarity.vectors(questions)
        # Comparing takes a core for a moment where there are many.
        groups = await asyncio.to_thread(grouped, questions, vectors)
        page = self._views.page(
            "unanswered.html",
            Shell(visitor, self._views.done(request.query)),
            groups=shown(groups, order, asked),
            total=len(questions),
            is_grouped=bool(vectors) or not questions,
            order=order,
            orders=Order,
            asked=asked,
            askeds=Asked,
            most=CLOSE_MAX,
            days=self._days,
        )
        return html(page)

    async def close(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Shows what would be closed and asks how, then closes that and nothing else."""
        ids = form.get("which", "").split()[:CLOSE_MAX]
        questions = [one for one in await self._waiting(visitor) if one.id in ids]
        if not questions:
            raise NotAgreed("closed meanwhile")
        how = form.get("how", "")
        if form.get("sure") == "yes" and how in list(Closing):
            await self._store(visitor).close([one.id for one in questions], Closing(how))
            raise web.HTTPSeeOther("/unanswered?done=closed")
        mistakes: tuple[Mistake, ...] = ()
        if form.get("sure") == "yes":
            mistakes = (self._views.mistake("how", f"how-{next(iter(Closing)).name.lower()}"),)
        page = self._views.page(
            "unanswered_close.html",
            Shell(visitor, mistakes=mistakes),
            questions=questions,
            closings=Closing,
        )
        return html(page, 400 if mistakes else 200)

    async def topics(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """How often, by week and topic. There are no words to show."""
        counts = await self._store(visitor).counts()
        weeks = sorted({what.week for what in counts}, reverse=True)
        chosen = next((w for w in weeks if w.isoformat() == request.query.get("week")), None)
        order = _chosen(Order, request.query.get("order", ""), Order.NEWEST)
        by_topic: dict[tuple[date, str], dict[Kind, int]] = {}
        for what, number in counts.items():
            if chosen in (None, what.week):
                by_topic.setdefault((what.week, what.topic), {})[what.kind] = number
        rows = [
            (week, topic.replace("_", " "), [kinds.get(kind, 0) for kind in Kind])
            for (week, topic), kinds in sorted(by_topic.items(), key=lambda row: row[0][1])
        ]
        rows.sort(key=lambda row: sum(row[2]), reverse=True)
        if order is Order.NEWEST:
            rows.sort(key=lambda row: row[0], reverse=True)
        page = self._views.page(
            "unanswered_topics.html",
            Shell(visitor),
            rows=rows,
            weeks=weeks,
            chosen=chosen,
            kinds=Kind,
            order=order,
            orders=Order,
        )
        return html(page)


def _chosen(choices: type[Choice], wanted: str, otherwise: Choice) -> Choice:
    return choices(wanted) if wanted in list(choices) else otherwise
