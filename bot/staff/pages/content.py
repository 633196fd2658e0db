"""What an editor does: reads every answer as the public does, drafts changes, tries them, publishes
them as a version, and goes back to an earlier one. The checks are those of `python -m bot check`.
"""

import asyncio
import datetime
import difflib
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from aiohttp import web

from bot import knowledge
from bot.commands import operate
from bot.errors import SignpostError
from bot.gateway.http.responses import html
from bot.publishing import trying
from bot.publishing.archive import NotImported, packed, read_for
from bot.publishing.catalogue import CHOICES, Catalogue, Field, Item, Show, Sort
from bot.publishing.child import Asked, Checked, Told
from bot.publishing.draft import Clash, Draft, Edit, Files, Whole, changed, digest, mark, place
from bot.publishing.values import Value, read
from bot.publishing.versions import Changed, Version, Versions
from bot.safety.help import load_help
from bot.settings import Settings
from bot.staff.accounts import Accounts
from bot.staff.model import may_publish
from bot.staff.views import Mistake, Shell, Views, Visitor, day_typed

QUESTION_MAX, NOTE_MAX = 500, 200
PROBLEMS_MAX = 20
KEPT_MAX = 4
"""States of the content that are kept read: the live one, and drafts that are worked on."""
EVERYTHING = "all"
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Working:
    """The live content, and somebody's draft on it."""

    live: dict[str, bytes]
    draft: Draft
    files: dict[str, bytes]
    clashes: tuple[Clash, ...]

    @property
    def changed(self) -> tuple[str, ...]:
        return changed(self.live, self.files)


@dataclass(frozen=True, slots=True)
class Tried:
    """A question, and what somebody would be told: now, and with the draft."""

    asked: Asked
    now: Told
    then: Told


class ContentPages:
    """These pages, for the content of one service on this machine."""

    def __init__(self, settings: Settings, views: Views, accounts: Accounts) -> None:
        self._settings, self._views, self._accounts = settings, views, accounts
        self._versions = Versions(settings.content_versions, settings.content)
        self._child = asyncio.Lock()
        self._catalogues, self._recorded = dict[str, Catalogue](), dict[str, list[Told]]()

    def mend(self) -> None:
        """Takes back what was half published when the desk was killed. Raises SignpostError."""
        if self._versions.mend():
            self._take()

    def _take(self) -> None:
        """Has a service that runs on this machine take the content. Raises SignpostError."""
        if operate.is_running(self._settings):
            operate.reload(self._settings)

    # Reading

    async def listed(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Every answer as the public reads it, filtered and sorted here."""
        working = await self._working(visitor)
        catalogue = await self._catalogue(working.live)
        groups, query = catalogue.groups(), request.query
        group = query.get("group", next(iter(groups)))
        show = Show(
            group if group in groups else "",
            query.get("show") == "overdue",
            Sort(query["sort"]) if query.get("sort") in list(Sort) else Sort.PLACE,
        )
        items = catalogue.items()
        mine = {(edit.file, edit.where) for edit in working.draft.edits}
        page = self._views.page(
            "content.html",
            Shell(visitor, self._views.done(request.query)),
            items=show.of(items),
            show=show,
            groups=groups,
            sorts=list(Sort),
            overdue=sum(item.overdue for item in items),
            drafted={i.id for i in items if any((i.file, f.where) in mine for f in i.fields)},
            draft=working.draft,
            why_not=await asyncio.to_thread(self._versions.why_not),
        )
        return html(page)

    async def item(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        item, live = await self._found(visitor, request.query.get("at", ""))
        return self._item_page(Shell(visitor), item, live)

    def _item_page(self, shell: Shell, item: Item, live: Item, status: int = 200) -> web.Response:
        typed = dict(shell.typed) or _typed(item)
        return html(
            self._views.page(
                "content_item.html",
                Shell(shell.visitor, shell.done, shell.mistakes, typed),
                item=item,
                live=live,
                choices=CHOICES,
            ),
            status,
        )

    # Drafting

    async def save(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Puts what was typed into the draft, where `bot check` has nothing against it."""
        item, live = await self._found(visitor, form.get("at", ""))
        working = await self._working(visitor)
        draft, mistakes = working.draft, list[Mistake]()
        clashing = draft.clashing(working.live)
        for field in item.fields:
            try:
                after = self._read(field, form)
            except ValueError as error:
                mistakes.append(self._views.mistake(str(error), _id(field)))
                continue
            if after == field.value:
                continue
            if (at := place(item.file, field.where)) in clashing:
                draft = draft.without(at)  # what is there now has been seen
            draft = draft.with_edit(Edit(item.file, field.where, field.value, after))
        if form.get("seen") != item.seen:
            mistakes.insert(0, self._views.mistake("meanwhile_item", _id(item.fields[-1])))
        if not mistakes:
            mistakes = await self._mistakes_of(draft, working.live, item)
        if mistakes:
            shell = Shell(visitor, mistakes=tuple(mistakes), typed=form)
            return self._item_page(shell, item, live, 400)
        await asyncio.to_thread(self._versions.keep_draft, visitor.signed_in.name, draft)
        raise web.HTTPSeeOther("/content/draft?done=drafted")

    def _read(self, field: Field, form: Mapping[str, str]) -> Value:
        """Raises ValueError with the code of the mistake."""
        if field.kind == "day":
            if (day := day_typed(form, "checked")) is None:
                raise ValueError("checked")
            if day > datetime.date.today():
                raise ValueError("future")
            return day
        value = field.read(form.get(field.name, ""))
        if field.kind in CHOICES and value not in CHOICES[field.kind]:
            raise ValueError("choice")
        if not value and not field.optional:
            raise ValueError("names" if field.kind == "list" else "empty")
        return value

    async def _mistakes_of(
        self, draft: Draft, live: Files, item: Item | None = None
    ) -> list[Mistake]:
        """What is wrong with the content, were the draft published."""
        files, _ = await asyncio.to_thread(draft.onto, live)
        fields, clashing = item.fields if item else (), draft.clashing(live)
        if item and any(place(item.file, field.where) in clashing for field in fields):
            return [self._views.mistake("not_editable")]
        checked = await self._check(files)
        return [
            Mistake(problem, next((_id(f) for f in fields if ".".join(f.where) in problem), ""))
            for problem in checked.problems[:PROBLEMS_MAX]
        ]

    async def draft(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        return await self._draft_page(Shell(visitor, self._views.done(request.query)))

    async def _draft_page(
        self, shell: Shell, status: int = 200, tried: Tried | None = None
    ) -> web.Response:
        working = await self._working(shell.visitor)
        catalogue = await self._catalogue(working.live)
        groups = catalogue.groups()
        named = {
            place(item.file, field.where): (groups[item.file], item.title, field.name, item.id)
            for item in catalogue.items()
            for field in item.fields
        }
        page = self._views.page(
            "content_draft.html",
            shell,
            draft=working.draft,
            clashes=working.draft.clashing(working.live),
            named=named,
            tried=tried,
            why_not=await asyncio.to_thread(self._versions.why_not),
            may=may_publish(shell.visitor.signed_in.role, working.changed),
        )
        return html(page, status)

    async def change_draft(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Drops one change (`drop`), or takes mine instead of what is there now (`keep`)."""
        working = await self._working(visitor)
        draft, at = working.draft, form.get("at", "")
        draft = draft.settled(working.live, at) if form.get("do") == "keep" else draft.without(at)
        await asyncio.to_thread(self._versions.keep_draft, visitor.signed_in.name, draft)
        raise web.HTTPSeeOther("/content/draft?done=drafted")

    # Trying

    async def try_(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """What one question is answered, now and with the draft. It is not kept."""
        question = form.get("question", "").strip()[:QUESTION_MAX]
        shell = Shell(visitor, typed={"question": question})
        if not question:
            wrong = (self._views.mistake("question", "question"),)
            return await self._draft_page(Shell(visitor, mistakes=wrong), 400)
        working, asked = await self._working(visitor), Asked(question)
        now, then = await self._in_a_child(
            lambda: (
                trying.ask(self._settings, working.live, asked),
                trying.ask(self._settings, working.files, asked),
            )
        )
        return await self._draft_page(shell, tried=Tried(asked, now, then))

    async def compare(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Which of the recorded test questions would be answered otherwise."""
        working = await self._working(visitor)

        def both() -> list[Tried]:
            asked = trying.recorded(self._settings, working.files)
            known = self._recorded.get(live := mark(working.live))
            if known is None:
                known = [told for _, told in trying.recorded(self._settings, working.live)]
                self._recorded = {live: known}
            return [Tried(q, now, then) for (q, then), now in zip(asked, known, strict=True)]

        every = await self._in_a_child(both)
        page = self._views.page(
            "content_compare.html",
            Shell(visitor),
            asked=len(every),
            others=[tried for tried in every if tried.now != tried.then],
        )
        return html(page)

    # Publishing

    async def publish(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Asks once more, and publishes exactly what that page showed."""
        working = await self._working(visitor)
        if not working.changed or working.clashes:
            raise web.HTTPSeeOther("/content/draft")
        answer = await self._confirmed(
            Shell(visitor, typed=form), working.live, working.files, "/content/publish"
        )
        if answer is not None:
            return answer
        await asyncio.to_thread(self._versions.keep_draft, visitor.signed_in.name, Draft())
        raise web.HTTPSeeOther("/content/versions?done=published")

    async def back(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Publishes an earlier version's files as a new version."""
        version = await self._version(request)
        live = await asyncio.to_thread(self._versions.live)
        files = await asyncio.to_thread(self._versions.files, version)
        if live == files:
            raise web.HTTPSeeOther(f"/content/versions/{version.number}?done=same")
        path = f"/content/versions/{version.number}/back"
        answer = await self._confirmed(
            Shell(visitor, typed=form), live, files, path, version.number
        )
        if answer is not None:
            return answer
        raise web.HTTPSeeOther("/content/versions?done=published")

    async def _confirmed(
        self, shell: Shell, live: Files, files: Files, path: str, back_to: int = 0
    ) -> web.Response | None:
        """The page that asks, until it is answered; None once it is published."""
        form, visitor, mistakes = shell.typed, shell.visitor, list[Mistake]()
        note, sure = " ".join(form.get("note", "").split())[:NOTE_MAX], form.get("sure", "")
        if not may_publish(visitor.signed_in.role, changed(live, files)):
            return await self._draft_page(
                Shell(visitor, mistakes=(self._views.mistake("help_lines"),)), 403
            )
        agreed = mark(live) + mark(files)
        if sure and sure != agreed:
            mistakes.append(self._views.mistake("meanwhile_content"))
        elif sure and not note:
            mistakes.append(self._views.mistake("note", "note"))
        elif sure:
            problems = (await self._check(files)).problems
            mistakes += [Mistake(problem) for problem in problems[:PROBLEMS_MAX]]
        if sure and not mistakes:
            try:
                await self._published(visitor, live, files, note)
            except Changed:
                mistakes.append(self._views.mistake("meanwhile_content"))
            except SignpostError as error:
                why = self._views.words.errors["unpublished"].replace("{why}", str(error))
                mistakes.append(Mistake(why))
            else:
                return None
        page = self._views.page(
            "content_publish.html",
            Shell(visitor, mistakes=tuple(mistakes), typed={"note": note}),
            differences=_differences(live, files),
            agreed=agreed,
            path=path,
            back_to=back_to,
            is_running=await asyncio.to_thread(operate.is_running, self._settings),
        )
        return html(page, 400 if mistakes else 200)

    async def _published(self, visitor: Visitor, live: Files, files: Files, note: str) -> None:
        """The line first: what cannot be recorded is not done. Raises SignpostError."""
        who = visitor.signed_in.name
        await self._accounts.note(who, "publish", "begun", f"{len(changed(live, files))} files")
        try:
            version = await asyncio.to_thread(
                self._versions.publish, files, mark(live), who, note, self._take
            )
        except BaseException:
            await self._accounts.note(who, "publish", "failed")
            raise
        await self._accounts.note(who, "publish", "done", f"version {version.number}")

    # Versions

    async def versions(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        every = await asyncio.to_thread(self._versions.all)
        live = await asyncio.to_thread(self._versions.live)
        now = {name: digest(data) for name, data in live.items()}
        page = self._views.page(
            "content_versions.html",
            Shell(visitor, self._views.done(request.query)),
            versions=every,
            is_live=bool(every) and every[0].files == now,
            changes={one.number: _files_changed(one, every) for one in every},
        )
        return html(page)

    async def version(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        version = await self._version(request)
        every = {one.number: one for one in await asyncio.to_thread(self._versions.all)}
        files = await asyncio.to_thread(self._versions.files, version)
        before: Files = {}
        if version.parent in every:
            before = await asyncio.to_thread(self._versions.files, every[version.parent])
        page = self._views.page(
            "content_version.html",
            Shell(visitor, self._views.done(request.query)),
            version=version,
            differences=_differences(before, files) if before else [],
            is_live=files == await asyncio.to_thread(self._versions.live),
        )
        return html(page)

    async def _version(self, request: web.Request) -> Version:
        """Raises HTTPNotFound."""
        number = int(request.match_info["number"])
        for version in await asyncio.to_thread(self._versions.all):
            if version.number == number:
                return version
        raise web.HTTPNotFound

    # Import and export

    async def export(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """The files, byte for byte: live, of a version, or with the draft; one of them, or a zip."""
        query, name = request.query, "content"
        files: Files = await asyncio.to_thread(self._versions.live)
        if query.get("draft"):
            working, name = await self._working(visitor), "draft"
            files = {file: working.files[file] for file in working.changed if file in working.files}
        elif number := query.get("version", ""):
            every = await asyncio.to_thread(self._versions.all)
            found = next((one for one in every if str(one.number) == number), None)
            if found is None:
                raise web.HTTPNotFound
            files, name = await asyncio.to_thread(self._versions.files, found), f"version-{number}"
        if one := query.get("file"):
            if one not in files:
                raise web.HTTPNotFound
            return _download(files[one], one.rpartition("/")[2], "application/yaml")
        return _download(packed(files), f"signpost-{name}.zip", "application/zip")

    async def import_form(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        return self._import_page(Shell(visitor))

    def _import_page(self, shell: Shell, status: int = 200) -> web.Response:
        return html(self._views.page("content_import.html", shell), status)

    async def import_(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Puts whole files into the draft, where `bot check` has nothing against them."""
        working = await self._working(visitor)
        try:
            if not visitor.upload:
                raise NotImported(self._views.words.errors["content_file"])
            given = read_for(working.live, visitor.upload_name, visitor.upload)
        except NotImported as error:
            wrong = (Mistake(str(error), "file"),)
            return self._import_page(Shell(visitor, mistakes=wrong), 400)
        draft = working.draft
        for name, data in given.items():
            if working.live.get(name) != data:
                base = digest(working.live[name]) if name in working.live else ""
                draft = draft.with_whole(Whole(name, base, data.decode()))
        if draft == working.draft:
            raise web.HTTPSeeOther("/content/draft?done=same")
        if mistakes := await self._mistakes_of(Draft(draft.wholes), working.live):
            return self._import_page(Shell(visitor, mistakes=tuple(mistakes)), 400)
        await asyncio.to_thread(self._versions.keep_draft, visitor.signed_in.name, draft)
        raise web.HTTPSeeOther("/content/draft?done=drafted")

    # What all of them need

    async def _working(self, visitor: Visitor) -> Working:
        def read_all() -> Working:
            live, draft = self._versions.live(), self._versions.draft(visitor.signed_in.name)
            files, clashes = draft.onto(live)
            return Working(live, draft, files, clashes)

        return await asyncio.to_thread(read_all)

    async def _catalogue(self, files: Files) -> Catalogue:
        """Raises ContentError where somebody has broken the content by hand."""
        today = datetime.date.today()
        key = f"{today} {mark(files)}"
        if key not in self._catalogues:
            found = await asyncio.to_thread(
                _catalogue_of, files, self._views.words.content.titles, today
            )
            while len(self._catalogues) >= KEPT_MAX:
                del self._catalogues[next(iter(self._catalogues))]
            self._catalogues[key] = found
        return self._catalogues[key]

    async def _found(self, visitor: Visitor, id_: str) -> tuple[Item, Item]:
        """An item with the draft, and as it is live. Raises HTTPNotFound."""
        working = await self._working(visitor)
        with_draft = (await self._catalogue(working.files)).find(id_)
        if with_draft is None:
            raise web.HTTPNotFound
        live = (await self._catalogue(working.live)).find(id_)
        return with_draft, live or with_draft

    async def _check(self, files: Files) -> Checked:
        return await self._in_a_child(lambda: trying.check(self._settings, files))

    async def _in_a_child(self, work: Callable[[], T]) -> T:
        """One at a time: each loads all that the service has."""
        async with self._child:
            return await asyncio.to_thread(work)


def _id(field: Field) -> str:
    """The id of what to put right."""
    return "checked-day" if field.kind == "day" else field.name


def _typed(item: Item) -> dict[str, str]:
    """What a form has in it at first."""
    typed = dict[str, str]()
    for field in item.fields:
        if isinstance(field.value, datetime.date):
            day = field.value
            parts = {"day": day.day, "month": day.month, "year": day.year}
            typed |= {f"checked-{name}": str(part) for name, part in parts.items()}
        else:
            typed[field.name] = field.written
    return typed


def _catalogue_of(files: Files, titles: Mapping[str, str], today: datetime.date) -> Catalogue:
    with tempfile.TemporaryDirectory(prefix="signpost-read-") as folder:
        content = Path(folder)
        for name, given in files.items():
            (content / name).parent.mkdir(exist_ok=True)
            (content / name).write_bytes(given)
        held, help_content = knowledge.load(content), load_help(content)
        data = {name: read(text.decode()) for name, text in files.items()}
        return Catalogue(held, help_content, data, titles, today)


def _differences(before: Files, after: Files) -> list[tuple[str, list[tuple[str, str]]]]:
    """The files that differ, and their lines with what happened to each: "-", "+" or "" """
    found = []
    for name in changed(before, after):
        old, new = (
            state.get(name, b"").decode(errors="replace").splitlines() for state in (before, after)
        )
        lines = list(difflib.unified_diff(old, new, n=1, lineterm=""))[2:]
        marked = [(line[0].strip(), line[1:]) for line in lines if not line.startswith("@@")]
        found.append((name, marked))
    return found


def _files_changed(version: Version, every: list[Version]) -> int:
    parent = next((one.files for one in every if one.number == version.parent), {})
    return sum(
        parent.get(name) != version.files.get(name) for name in parent.keys() | version.files.keys()
    )


def _download(data: bytes, name: str, media_type: str) -> web.Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=data, content_type=media_type, headers=headers)
