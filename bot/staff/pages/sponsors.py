"""What a co-ordinator does: the list, one sponsor, a roster, codes. Everything is done by the
functions behind `python -m bot sponsors`, signed with who did it.
"""

import asyncio
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime

from aiohttp import web

from bot.gateway.http.responses import html
from bot.settings import Settings
from bot.sponsors.administration import Administration, Changes, NotAgreed
from bot.sponsors.checks import ASKED_FOR, Checks
from bot.sponsors.codes import new_reference
from bot.sponsors.content import SponsorWords
from bot.sponsors.hashing import CodeHasher
from bot.sponsors.model import Absence
from bot.sponsors.roster import Mistake as Rejected
from bot.sponsors.roster import Roster, read_roster
from bot.sponsors.store import Directory
from bot.sponsors.wording import slip
from bot.staff.accounts import Signed
from bot.staff.changes import Line, Show, columns, is_confirmed, not_mentioned, shown
from bot.staff.pages import answering
from bot.staff.sessions import Sessions
from bot.staff.tables import arranged
from bot.staff.views import Mistake, Shell, Views, Visitor, day_typed
from bot.widget.pages import paragraphs

REJECTED_MAX = 200
"""Rows that a page names: a file that is no roster has a mistake in each of its lines."""
SLIPS_MAX = ASK_MAX = 50
SLIPS_SECONDS = 15 * 60
"""For so long codes stay on the screen, as long as a session that nobody uses. A limit by WCAG 2.2.1
that is essential: a secret must not stay on a screen that was left.
"""


class SponsorPages:
    """These pages, for one directory."""

    def __init__(
        self,
        settings: Settings,
        views: Views,
        directory: Directory,
        hasher: CodeHasher,
        sessions: Sessions,
        slip_words: SponsorWords,
    ) -> None:
        self._views, self._directory, self._hasher, self._sessions, self._slip_words = (
            views,
            directory,
            hasher,
            sessions,
            slip_words,
        )
        self._link_start = answering.start_of_links(settings)
        self._services = sorted(file.stem for file in (settings.content / "services").glob("*.yml"))

    def _administration(self, visitor: Visitor) -> Administration:
        return Administration(Signed(self._directory, visitor.signed_in.name))

    async def _lines(self, visitor: Visitor) -> list[Line]:
        administration = self._administration(visitor)
        confirmed = await administration.confirmed()
        checks = await Checks(self._directory).all()
        return [
            Line(entry, cover, people, confirmed.get(entry.id), checks.get(entry.id))
            for entry, cover, people in await administration.sponsors()
        ]

    async def listed(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """The list, narrowed on the server: `show` and `service` name nobody."""
        wanted, service = request.query.get("show", ""), request.query.get("service", "")
        show = Show(wanted) if wanted in list(Show) else Show.ALL
        service = service if service in self._services else ""
        lines, now = await self._lines(visitor), datetime.now(UTC)
        listed, sort = arranged(
            shown(lines, show, service, now, date.today()),
            columns(date.today()),
            request.query.get("sort", ""),
        )
        page = self._views.page(
            "sponsors.html",
            Shell(visitor, self._views.done(request.query)),
            lines=listed,
            sort=sort,
            counts={one: len(shown(lines, one, "", now, date.today())) for one in Show},
            show=show,
            service=service,
            services=self._services,
            today=date.today(),
            now=now,
            asks=self._link_start is not None,
            is_confirmed=lambda line: is_confirmed(line, now),
        )
        return html(page)

    async def one(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        return await self._one_page(request, Shell(visitor, self._views.done(request.query)))

    async def _one_page(
        self, request: web.Request, shell: Shell, status: int = 200
    ) -> web.Response:
        lines, now = await self._lines(shell.visitor), datetime.now(UTC)
        line = _line_of(request, lines)
        page = self._views.page(
            "sponsor.html",
            shell,
            line=line,
            others=[one for one in lines if one is not line and not one.left],
            today=date.today(),
            now=now,
            asks=self._link_start is not None,
            confirmed=is_confirmed(line, now),
        )
        return html(page, status)

    async def away(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Notes first and last day away, and who covers."""
        lines = await self._lines(visitor)
        line = _line_of(request, lines)
        mistakes: list[Mistake] = []
        first, last = day_typed(form, "first"), day_typed(form, "last")
        if first is None:
            mistakes.append(self._views.mistake("first", "first-day"))
        if last is None and any(form.get(f"last-{part}") for part in ("day", "month", "year")):
            mistakes.append(self._views.mistake("last", "last-day"))
        if first and last and last < first:
            mistakes.append(self._views.mistake("order", "last-day"))
        cover = form.get("cover", "")
        if cover and cover not in _takers(lines, line):
            mistakes.append(self._views.mistake("cover", "cover"))
        if mistakes or first is None:
            shell = Shell(visitor, mistakes=tuple(mistakes), typed=form)
            return await self._one_page(request, shell, 400)
        handle = line.entry.sponsor.handle
        await self._administration(visitor).absent(handle, Absence(first, last), cover)
        raise web.HTTPSeeOther(f"/sponsors/{line.entry.id}?done=away")

    async def back(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        line = _line_of(request, await self._lines(visitor))
        await self._administration(visitor).absent(line.entry.sponsor.handle, None)
        raise web.HTTPSeeOther(f"/sponsors/{line.entry.id}?done=back")

    async def confirm(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Notes that what is written of a sponsor is right today."""
        line = _line_of(request, await self._lines(visitor))
        await self._administration(visitor).confirm(line.entry.sponsor.handle)
        raise web.HTTPSeeOther(f"/sponsors/{line.entry.id}?done=confirmed")

    async def ask_form(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Asks once more before links are made. The address has opaque ids only."""
        return await self._ask_page(visitor, request.query.getall("whom", []), is_sure=False)

    async def ask(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Makes links and shows them this once: the co-ordinator sends them, we send nothing."""
        return await self._ask_page(visitor, form.get("whom", "").split(), is_sure=True)

    async def _ask_page(
        self, visitor: Visitor, ids: Sequence[str], *, is_sure: bool
    ) -> web.Response:
        if self._link_start is None:
            raise web.HTTPNotFound
        lines = [
            line for line in await self._lines(visitor) if line.entry.id in ids and not line.left
        ]
        if len(lines) != len(set(ids)) or not 1 <= len(lines) <= ASK_MAX:
            shell = Shell(visitor, mistakes=(self._views.mistake("whom"),))
            return html(self._views.page("ask.html", shell, lines=[], now=None), 400)
        if not is_sure:
            shell, now = Shell(visitor), datetime.now(UTC)
            return html(self._views.page("ask.html", shell, lines=lines, now=now))
        checks = Checks(Signed(self._directory, visitor.signed_in.name))
        tokens = await checks.ask([line.entry.id for line in lines])
        # Sent again (by "reload"), the form would make the links that were sent worthless.
        shell = Shell(replace(visitor, csrf=self._sessions.renew(visitor.token)))
        links = [(line, self._link_start + tokens[line.entry.id]) for line in lines]
        page = self._views.page("links.html", shell, links=links, days=ASKED_FOR.days)
        return html(page, headers={"Refresh": f"{SLIPS_SECONDS}; url=/sponsors"})

    async def hand_over(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Asks once more, and then gives everybody of one sponsor to another: as many as the page
        that asked said, or it asks anew.
        """
        lines = await self._lines(visitor)
        line, to = _line_of(request, lines), form.get("to", "")
        if to not in _takers(lines, line):
            shell = Shell(visitor, mistakes=(self._views.mistake("to", "to"),), typed=form)
            return await self._one_page(request, shell, 400)
        if form.get("sure") != "yes" or form.get("people") != str(line.people):
            taker = next(one for one in lines if one.entry.sponsor.handle == to)
            page = self._views.page("hand_over.html", Shell(visitor), line=line, to=taker)
            return html(page)
        administration = self._administration(visitor)
        await administration.hand_over(line.entry.sponsor.handle, to, agreed=line.people)
        raise web.HTTPSeeOther(f"/sponsors/{line.entry.id}?done=handed")

    async def import_form(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        self._sessions.keep(visitor.token, b"")
        return html(self._views.page("import.html", Shell(visitor), services=self._services))

    async def preview(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """What a roster would do. Nothing is changed; the file waits in memory to be confirmed."""
        if not visitor.upload:
            shell = Shell(visitor, mistakes=(self._views.mistake("file", "file"),))
            page = self._views.page("import.html", shell, services=self._services)
            return html(page, 400)
        self._sessions.keep(visitor.token, visitor.upload)
        return await self._preview_page(visitor)

    async def import_(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Does what the page before showed, and nothing else: where that is no longer what would
        happen, it is shown anew.
        """
        if not visitor.upload:
            raise web.HTTPSeeOther("/sponsors/import")
        administration = self._administration(visitor)
        roster, mistakes, _ = await self._read(administration, visitor.upload)
        if mistakes:
            return await self._preview_page(visitor)
        try:
            await administration.load(
                roster,
                agreed=lambda changes: form.get("sure") == _mark(visitor.upload, changes),
            )
        except NotAgreed:
            return await self._preview_page(visitor, self._views.mistake("changed"))
        self._sessions.keep(visitor.token, b"")
        raise web.HTTPSeeOther("/sponsors?done=imported")

    async def _read(
        self, administration: Administration, upload: bytes
    ) -> tuple[Roster, list[Rejected], set[str]]:
        """What a file asks for, its mistakes, and the handles that the directory has already."""
        known = {entry.sponsor.handle for entry, _, _ in await administration.sponsors()}
        roster, mistakes = await asyncio.to_thread(read_roster, upload, self._services, known)
        return roster, mistakes, known

    async def _preview_page(self, visitor: Visitor, *more: Mistake) -> web.Response:
        administration = self._administration(visitor)
        roster, mistakes, known = await self._read(administration, visitor.upload)
        if mistakes:
            self._sessions.keep(visitor.token, b"")
        planned = None if mistakes else await administration.load(roster, dry_run=True)
        page = self._views.page(
            "preview.html",
            Shell(visitor, mistakes=more),
            rejected=mistakes[:REJECTED_MAX],
            wrong=len(mistakes),
            planned=planned,
            mark=_mark(visitor.upload, planned) if planned else "",
            gone=[] if mistakes else not_mentioned(roster, known),
        )
        return html(page, 400 if mistakes or more else 200)

    async def codes_form(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        return html(self._views.page("codes.html", Shell(visitor), most=SLIPS_MAX))

    async def codes(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Makes codes and shows them this once, a page each to print. All references are looked at
        before the first code is made.
        """
        administration, typed = self._administration(visitor), form.get("references", "")
        names = list(dict.fromkeys(line.strip() for line in typed.split("\n") if line.strip()))
        mistakes: list[Mistake] = []
        references: list[str] = []
        if not 1 <= len(names) <= SLIPS_MAX:
            mistakes.append(self._views.mistake("references", "references"))
        else:
            for name in names:
                try:
                    reference = new_reference(name)
                except ValueError:
                    reference = ""
                if reference and await administration.has_person(reference):
                    references.append(reference)
                    continue
                text = self._views.words.errors["reference"].replace("{reference}", name[:40])
                mistakes.append(Mistake(text, "references"))
        shell = Shell(visitor, mistakes=tuple(mistakes), typed={"references": typed})
        if mistakes:
            return html(self._views.page("codes.html", shell, most=SLIPS_MAX), 400)
        if form.get("sure") != "yes":
            working = [one for one in references if await administration.has_code(one)]
            page = self._views.page(
                "codes_sure.html", shell, references=references, working=working
            )
            return html(page)
        # Sent again (by "reload"), the form would make the codes on paper worthless.
        shell = Shell(replace(visitor, csrf=self._sessions.renew(visitor.token)))
        slips = [
            paragraphs(slip(self._slip_words, issued.code, issued.expires.date()))
            for issued in await administration.issue_all(
                self._hasher, list(dict.fromkeys(references))
            )
        ]
        page = self._views.page("slips.html", shell, slips=slips, seconds=SLIPS_SECONDS)
        return html(page, headers={"Refresh": f"{SLIPS_SECONDS}; url=/sponsors/codes"})


def _line_of(request: web.Request, lines: list[Line]) -> Line:
    """The sponsor of an address. Raises HTTPNotFound."""
    for line in lines:
        if line.entry.id == request.match_info["id"]:
            return line
    raise web.HTTPNotFound


def _takers(lines: list[Line], but: Line) -> set[str]:
    """Handles of those who can cover for somebody or take their people on."""
    return {line.entry.sponsor.handle for line in lines if line is not but and not line.left}


def _mark(upload: bytes, changes: Changes) -> str:
    """Tells one plan from another: the file, since the lines hold no details, and what it would do."""
    return hashlib.sha256(upload + repr(changes.lines).encode()).hexdigest()
