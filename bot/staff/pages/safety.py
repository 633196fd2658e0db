"""What a safety officer has beside the counts: reports that the screen was wrong, and the hazard log."""

import asyncio
from collections.abc import Mapping

import yaml
from aiohttp import web

from bot.gateway.http.responses import html
from bot.settings import ROOT
from bot.staff.reports import Reports, Wrong
from bot.staff.views import Mistake, Shell, Views, Visitor

HAZARDS = ROOT / "docs" / "clinical-safety" / "hazard-log.md"
CATEGORIES = ROOT / "bot" / "reading" / "grammar" / "categories.yml"


class SafetyPages:
    """These pages, for one directory."""

    def __init__(self, views: Views, reports: Reports) -> None:
        self._views, self._reports = views, reports
        self._categories = sorted(yaml.safe_load(CATEGORIES.read_text(encoding="utf-8")))

    async def reports(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        done = self._views.done(request.query)
        return await self._page(Shell(visitor, done))

    async def report(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Takes one of few choices for each thing: there is nowhere to write words."""
        wrong, category = form.get("wrong", ""), form.get("category", "")
        mistakes: list[Mistake] = []
        if wrong not in list(Wrong):
            mistakes.append(self._views.mistake("wrong", "wrong"))
        if category and category not in self._categories:
            mistakes.append(self._views.mistake("category", "category"))
        if mistakes:
            return await self._page(Shell(visitor, mistakes=tuple(mistakes)), 400)
        await self._reports.add(visitor.signed_in.name, Wrong(wrong), category)
        raise web.HTTPSeeOther("/crisis/reports?done=reported")

    async def close(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        if not await self._reports.close(int(request.match_info["number"]), visitor.signed_in.name):
            raise web.HTTPNotFound
        raise web.HTTPSeeOther("/crisis/reports?done=looked_into")

    async def hazards(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """The hazard log as it is written. An image of the service has no docs: "" there."""
        try:
            text = await asyncio.to_thread(HAZARDS.read_text, encoding="utf-8")
        except OSError:
            text = ""
        return html(self._views.page("hazards.html", Shell(visitor), text=text))

    async def _page(self, shell: Shell, status: int = 200) -> web.Response:
        page = self._views.page(
            "reports.html",
            shell,
            reports=await self._reports.all(),
            categories=self._categories,
        )
        return html(page, status)
