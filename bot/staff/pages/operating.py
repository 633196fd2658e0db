"""What safety officers, editors and administrators see: switches, crisis counts, what is overdue,
accounts and the log. It does what the commands do, by the same functions.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from datetime import date
from typing import Any

from aiohttp import web

from bot import snapshots, switches
from bot.commands import check, operate
from bot.errors import SignpostError
from bot.gateway.http.responses import html
from bot.safety import audit
from bot.settings import Settings
from bot.staff.accounts import Accounts
from bot.staff.model import Account, Role
from bot.staff.tables import arranged
from bot.staff.views import Mistake, Shell, Views, Visitor
from bot.switches import Switch, Switches

LOG_MAX = 200
DAYS_MAX = 31
ACCOUNTS: Mapping[str, Callable[[Account], Any]] = {
    "name": lambda account: account.name,
    "role": lambda account: account.role,
    "state": lambda account: (account.is_removed, not account.is_set_up),
}
"""What the accounts can be sorted by."""


class OperatingPages:
    """These pages, for one service on this machine."""

    def __init__(self, settings: Settings, views: Views, accounts: Accounts) -> None:
        self._settings, self._views, self._accounts = settings, views, accounts
        self._checking, self._checked = asyncio.Lock(), dict[tuple[str, date], list[str]]()

    async def content(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """What `python -m bot check` says."""
        lines = await self._check()
        return html(self._views.page("content_check.html", Shell(visitor), lines=lines))

    async def _check(self) -> list[str]:
        """It takes a second or more of a core: once for each content and day, however many ask."""
        folder = self._settings.content
        async with self._checking:
            what = await asyncio.to_thread(snapshots.version, folder), date.today()
            if what not in self._checked:
                found = await asyncio.to_thread(
                    lambda: [*map(str, check.problems(folder))] or check.warnings(folder, what[1])
                )
                self._checked = {what: [line.replace(f"{folder}/", "") for line in found]}
            return self._checked[what]

    async def switches(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        done = self._views.done(request.query)
        return await self._switches_page(Shell(visitor, done))

    async def switch(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Asks once more, then does it."""
        words = [*form.get("what", "").split(), form.get("state", "")]
        try:
            wanted, state = switches.parse(words)
            if wanted not in await self._known():
                raise SignpostError(str(wanted))
        except SignpostError:
            mistake = self._views.mistake("part_unknown" if words[:-1] else "part", "what")
            return await self._switches_page(Shell(visitor, mistakes=(mistake,)), 400)
        if form.get("sure") != "yes":
            return html(
                self._views.page("switch_sure.html", Shell(visitor), wanted=wanted, state=state)
            )
        # The line first: what cannot be recorded is not done.
        who, about = visitor.signed_in.name, str(wanted)[:64]
        await self._accounts.note(who, "switch", state, about)
        try:
            await asyncio.to_thread(operate.switch, self._settings, words)
        except SignpostError:
            await self._accounts.note(who, "switch", "failed", about)
            raise
        raise web.HTTPSeeOther("/switches?done=switched")

    async def _known(self) -> list[Switch]:
        """All that can be switched, the whole first."""
        content = self._settings.content
        found = [Switch("help-only"), Switch("sponsors")]
        for kind in switches.NAMED:
            names = await asyncio.to_thread(operate.known, content, Switch(kind))
            found += [Switch(kind, name) for name in sorted(names)]
        return found

    async def _switches_page(self, shell: Shell, status: int = 200) -> web.Response:
        try:
            now: Switches | None = switches.read(self._settings.run)
        except SignpostError:
            now = None
        known = await self._known()
        page = self._views.page("switches.html", shell, now=now, known=known)
        return html(page, status)

    async def crisis(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        """Counts by day and category. There are no words to show."""
        mistakes: tuple[Mistake, ...] = ()
        counts = audit.Counts(Counter(), Counter(), 0)
        try:
            counts = await asyncio.to_thread(audit.count, self._settings.audit)
        except OSError:
            mistakes = (self._views.mistake("failed"),)
        days = sorted({day for day, *_ in counts.rows})[-DAYS_MAX:]
        rows = [(*what, number) for what, number in sorted(counts.rows.items()) if what[0] in days]
        by_kind = Counter[tuple[str, str]]()
        for (day, kind, *_), number in counts.rows.items():
            by_kind[day, kind] += number
        totals = [(day, *(by_kind[day, kind] for kind in audit.Kind)) for day in days]
        charts = {
            "category": _most(counts, audit.Kind.CRISIS, days),
            "help": _most(counts, audit.Kind.HELP, days),
            "decider": counts.deciders.most_common(),
        }
        page = self._views.page(
            "crisis.html",
            Shell(visitor, mistakes=mistakes),
            totals=totals,
            rows=rows,
            charts=charts,
            most=max((by_kind[day, audit.Kind.CRISIS] for day in days), default=0),
            capped=counts.capped,
            unreadable=counts.unreadable,
        )
        return html(page)

    async def all_accounts(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        role, sort_by = request.query.get("role", ""), request.query.get("sort", "")
        found = [
            one for one in await self._accounts.all() if role not in list(Role) or one.role == role
        ]
        accounts, sort = arranged(found, ACCOUNTS, sort_by)
        shell = Shell(visitor)
        return html(
            self._views.page(
                "accounts.html", shell, accounts=accounts, sort=sort, role=role, roles=list(Role)
            )
        )

    async def log(
        self, request: web.Request, visitor: Visitor, form: Mapping[str, str]
    ) -> web.StreamResponse:
        action = request.query.get("action", "")
        actions = await self._accounts.actions()
        lines = await self._accounts.logged(LOG_MAX, action if action in actions else "")
        page = self._views.page(
            "log.html", Shell(visitor), lines=lines, most=LOG_MAX, actions=actions, action=action
        )
        return html(page)


def _most(counts: audit.Counts, kind: audit.Kind, days: Collection[str]) -> list[tuple[str, int]]:
    """How often each category of a kind was met on these days, the most often first."""
    found = Counter[str]()
    for (day, of_kind, category, _), number in counts.rows.items():
        if of_kind == kind and day in days:
            found[category] += number
    return found.most_common()
