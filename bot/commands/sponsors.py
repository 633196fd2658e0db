"""`python -m bot sponsors`: the directory, from an administrator's side. Nothing heavy is imported
until a command needs it.
"""

import asyncio
import csv
import os
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer
from rich.console import Console
from rich.table import Table

from bot.errors import SettingsError, SignpostError
from bot.settings import Settings, load_settings

if TYPE_CHECKING:
    from bot.sponsors.administration import Administration, Changes, Issued
    from bot.sponsors.store import Directory

app = typer.Typer(help="The directory of sponsors: docs/sponsors.md.", no_args_is_help=True)
errors = Console(stderr=True, highlight=False, soft_wrap=True)
T = TypeVar("T")

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Handle = Annotated[str, typer.Argument(help="A sponsor's short name, as in belmarsh-1.")]
Reference = Annotated[
    str | None,
    typer.Argument(
        help="A service user's reference. Left out, it is asked for, and in no shell's history."
    ),
]


@app.command()
def setup(
    to: Annotated[
        str | None,
        typer.Option(
            help="Before going back to an older version: the revision of its tables, as in 0001."
        ),
    ] = None,
) -> None:
    """Make the key file and the tables, where they are not there yet; after an update, bring the
    tables up to date.
    """
    from bot.sponsors.keys import add_key

    settings = load_settings()
    _, file = _addresses(settings)
    if not file.exists():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        add_key(file)
        errors.print(
            f"new key: {file}\nKeep a copy of it apart from the database: without it the directory cannot be read.",
            markup=False,
        )

    async def work(directory: "Directory") -> None:
        await directory.upgrade(to)

    on_directory(work, needs_tables=False)
    errors.print(f"the tables are at {to}" if to else "the directory is ready", style="green")


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV: docs/sponsors.md has the columns.")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
    yes: Yes = False,
) -> None:
    """Bring the directory to what a file says: all of it, or nothing where one row has a mistake."""
    from rich.progress import Progress

    from bot.sponsors.administration import Administration
    from bot.sponsors.roster import read_roster

    try:
        data = file.read_bytes()
    except OSError as error:
        raise SignpostError(f"{file}: {error.strerror}") from None

    async def work(directory: "Directory") -> "Changes":
        administration = Administration(directory)
        known = {entry.sponsor.handle for entry, _, _ in await administration.sponsors()}
        roster, mistakes = read_roster(data, _services(load_settings()), known)
        for mistake in mistakes:
            errors.print(f"{file}: {mistake}", style="red", markup=False)
        if mistakes:
            raise SignpostError(f"nothing was imported: {len(mistakes)} to put right")
        if not dry_run and not yes:
            planned = await administration.load(roster, dry_run=True)
            if planned.reassigned or planned.sponsors_changed:
                _confirm(_summary(planned, "would be"), yes=False)
        with Progress(console=errors, transient=True) as progress:
            bar = progress.add_task(
                "importing", total=len(roster.sponsors) + len(roster.assignments)
            )
            return await administration.load(
                roster, dry_run=dry_run, progress=lambda: progress.advance(bar)
            )

    print(_summary(on_directory(work), "would be" if dry_run else "were"), flush=True)


@app.command()
def add(
    handle: Handle,
    name: Annotated[str, typer.Option(help="As they want to be shown.")],
    role: Annotated[str, typer.Option(help="In plain words.")],
    service: Annotated[str, typer.Option(help="An id of the content, as in belmarsh.")],
    route: Annotated[
        list[str],
        typer.Option(
            help="KIND=CONTACT or KIND=CONTACT|HOURS; kinds are phone, text, email and in_person. Once for each."
        ),
    ],
    yes: Yes = False,
) -> None:
    """Add a sponsor, or change one."""
    from bot.sponsors.administration import Administration
    from bot.sponsors.model import ROUTE_KINDS, Sponsor, checked_route, checked_words
    from bot.sponsors.roster import checked_handle, checked_service

    try:
        parts = [
            (kind, *contact.partition("|"))
            for kind, _, contact in (one.partition("=") for one in route)
        ]
        kinds = {kind: (value, hours) for kind, value, _, hours in parts}
        if wrong := [kind for kind in kinds if kind not in ROUTE_KINDS]:
            raise ValueError(f"--route: {wrong[0]} is none of {', '.join(ROUTE_KINDS)}")
        routes = tuple(checked_route(kind, *kinds[kind]) for kind in ROUTE_KINDS if kind in kinds)
        service = checked_service(service, _services(load_settings()))
        sponsor = Sponsor(
            checked_handle(handle), checked_words(name), checked_words(role), service, routes
        )
    except ValueError as error:
        raise SignpostError(str(error)) from None

    async def work(directory: "Directory") -> bool:
        administration = Administration(directory)
        if any(
            entry.sponsor.handle == sponsor.handle
            for entry, _, _ in await administration.sponsors()
        ):
            _confirm(f"{sponsor.handle} is there already and is changed", yes)
        return await administration.add(sponsor)

    print(f"{sponsor.handle} was {'added' if on_directory(work) else 'changed'}")


@app.command()
def assign(handle: Handle, reference: Reference = None) -> None:
    """Assign somebody who has no sponsor yet."""
    _administer(lambda administration: administration.assign(_reference(reference), handle))
    print("assigned")


@app.command()
def reassign(handle: Handle, reference: Reference = None, yes: Yes = False) -> None:
    """Assign somebody to another sponsor. The one before stays in the history."""
    given = _reference(reference)
    _confirm(f"from now on this reference sees {handle}", yes)
    _administer(lambda administration: administration.assign(given, handle, move=True))
    print("reassigned")


@app.command()
def absent(
    handle: Handle,
    first: Annotated[
        datetime | None,
        typer.Option("--from", formats=["%Y-%m-%d"], help="The first day away. Default: today."),
    ] = None,
    last: Annotated[
        datetime | None,
        typer.Option(
            "--until",
            formats=["%Y-%m-%d"],
            help="The last day away. Default: until further notice.",
        ),
    ] = None,
    cover: Annotated[str, typer.Option(help="Who covers: a sponsor's short name.")] = "",
) -> None:
    """Note that a sponsor is away, and who covers."""
    from bot.sponsors.model import Absence

    begins = first.date() if first else date.today()
    if last and last.date() < begins:
        raise SignpostError("--until: is before the first day away")
    absence = Absence(begins, last.date() if last else None)
    _administer(lambda administration: administration.absent(handle, absence, cover))
    print(f"{handle} is away from {begins}")


@app.command()
def back(handle: Handle) -> None:
    """Note that a sponsor is back."""
    _administer(lambda administration: administration.absent(handle, None))
    print(f"{handle} is back")


@app.command()
def confirm(handle: Handle) -> None:
    """Note that a sponsor's details were looked at today and are right."""
    _administer(lambda administration: administration.confirm(handle))
    print(f"{handle} is confirmed")


@app.command()
def hand_over(
    handle: Handle,
    to: Annotated[str, typer.Argument(help="Who takes their people on: a short name.")],
    yes: Yes = False,
) -> None:
    """Assign everybody of one sponsor to another one."""
    _confirm(f"everybody who is assigned to {handle} sees {to} from now on", yes)
    print(
        f"handed over: {_administer(lambda administration: administration.hand_over(handle, to))}"
    )


@app.command()
def retire(handle: Handle, yes: Yes = False) -> None:
    """Note that a sponsor has left for good."""
    _confirm(f"{handle} is no longer shown as a sponsor", yes)
    left = _administer(lambda administration: administration.retire(handle))
    print(f"{handle} has left; {left} people are still assigned to them: reassign them")


@app.command()
def issue(
    reference: Reference = None,
    days: Annotated[int, typer.Option(min=1, max=366, help="How many days it works.")] = 90,
    yes: Yes = False,
) -> None:
    """Make a code, and print the slip that goes with it. It can be seen this once. To a printer:
    `... issue | lp`.
    """
    from bot.sponsors.administration import Administration
    from bot.sponsors.content import load_sponsor_words
    from bot.sponsors.hashing import CodeHasher
    from bot.sponsors.wording import slip

    words, given = load_sponsor_words(load_settings().content), _reference(reference)

    async def work(directory: "Directory") -> "Issued":
        administration, hasher = Administration(directory), CodeHasher()
        if await administration.has_code(given):
            _confirm("this reference has a code: it stops working", yes)
        try:
            return await administration.issue(hasher, given, days)
        finally:
            hasher.close()

    issued = on_directory(work)
    print(slip(words, issued.code, issued.expires.date()), flush=True)


@app.command()
def revoke(reference: Reference = None, yes: Yes = False) -> None:
    """Make somebody's code open nothing."""
    given = _reference(reference)
    _confirm("the code stops working", yes)
    print(
        "revoked"
        if _administer(lambda administration: administration.revoke(given))
        else "there was no code that works"
    )


@app.command()
def export(
    people: Annotated[
        bool,
        typer.Option(
            "--people", help="Assignments by opaque ids, past ones too, instead of sponsors."
        ),
    ] = False,
) -> None:
    """Print the directory as CSV, with contact data and without codes. Sponsors can be imported
    again.
    """
    from bot.sponsors.model import Route
    from bot.sponsors.roster import COLUMNS

    writer = csv.writer(sys.stdout)
    if people:
        held = _administer(lambda administration: administration.people())
        writer.writerow(("person", "sponsor", "since", "until", "code"))
        writer.writerows(
            (
                h.person,
                h.sponsor,
                h.since.isoformat(),
                h.until.isoformat() if h.until else "",
                h.code,
            )
            for h in held
        )
        return
    writer.writerow(COLUMNS)
    for entry, cover, _ in _administer(lambda administration: administration.sponsors()):
        sponsor = entry.sponsor
        routes: dict[str, Route] = {route.kind: route for route in sponsor.routes}
        row = {
            "sponsor": sponsor.handle,
            "name": sponsor.name,
            "role": sponsor.role,
            "service": sponsor.service,
            "cover": cover,
        }
        for kind, route in routes.items():
            row |= {kind: route.value, f"{kind}_hours": str(route.hours or "")}
        writer.writerow(row.get(column, "") for column in COLUMNS)


@app.command()
def audit(days: Annotated[int, typer.Option(min=1, help="How far back.")] = 30) -> None:
    """Who was looked up when, and what was changed, by opaque ids. `tried` tells references apart
    that nobody has.
    """
    records = _administer(
        lambda administration: administration.audited(datetime.now(UTC) - timedelta(days=days))
    )
    table = Table("when (UTC)", "action", "outcome", "person", "sponsor", "tried", box=None)
    for record in records:
        table.add_row(
            f"{record.at:%Y-%m-%d %H:%M:%S}",
            record.action,
            record.outcome,
            record.person,
            record.sponsor,
            record.tried,
        )
    Console(highlight=False, width=None if sys.stdout.isatty() else 120).print(table)


@app.command()
def purge(
    before: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Delete what was over before this day."),
    ] = None,
    person: Annotated[
        bool,
        typer.Option(
            "--person",
            help="Delete all that is held of one service user; the reference is asked for.",
        ),
    ] = False,
    yes: Yes = False,
) -> None:
    """Delete what is no longer needed, or one person."""
    if (before is None) is not person:
        raise SignpostError("either --before or --person is needed")
    if before is None:
        given = _reference(None)
        _confirm("everything on this reference is deleted", yes)
        _administer(lambda administration: administration.forget(given))
        print("deleted")
        return
    moment = datetime.combine(before.date(), time(), UTC)
    _confirm(f"what was over before {before.date()} is deleted", yes)
    print(f"deleted: {_administer(lambda administration: administration.purge(moment))}")


@app.command()
def backup(
    file: Annotated[Path, typer.Argument(help="A new file; nobody else may read it.")],
) -> None:
    """Copy the directory into one file, sealed as it is. The key file is not in it: keep both, and
    keep them apart.
    """
    from bot.sponsors.backup import back_up

    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise SignpostError(f"{file}: {error.strerror}") from None
    try:
        with os.fdopen(handle, "w", encoding="ascii") as opened:
            lines = on_directory(back_up)
            opened.write("\n".join(lines) + "\n")
            opened.flush()
            os.fsync(opened.fileno())
    except (OSError, SignpostError) as error:
        file.unlink(missing_ok=True)  # half a copy is none
        raise (
            error
            if isinstance(error, SignpostError)
            else SignpostError(f"{file}: {error.strerror}")
        ) from None
    print(f"backed up: {len(lines) - 2} rows")


@app.command()
def restore(
    file: Annotated[Path, typer.Argument(help="What `backup` wrote.")], yes: Yes = False
) -> None:
    """Put a backup into an empty directory: `setup` first, with the key file of the backup."""
    from bot.sponsors.backup import restore

    try:
        lines = file.read_text(encoding="ascii").splitlines()
    except (OSError, UnicodeDecodeError):
        raise SignpostError(f"{file}: cannot be read") from None
    _confirm("the directory is filled from this file", yes)
    print(f"restored: {on_directory(lambda directory: restore(directory, lines))} rows")


@app.command()
def rotate(
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Put a new key in front first.")
    ] = False,
    yes: Yes = False,
) -> None:
    """Seal everything under the newest key. Restart the service afterwards: it reads the keys at
    its start.
    """
    from bot.sponsors.keys import add_key

    if new_key:
        _confirm("a new key is added, and seals everything from now on", yes)
        add_key(_addresses(load_settings())[1])
    sealed, left = _administer(lambda administration: administration.rotate())
    print(
        f"{sealed} sponsors are under the newest key; {left} references are found by an older one: import the roster again before you drop it"
    )


def on_directory(work: "Callable[[Directory], Awaitable[T]]", *, needs_tables: bool = True) -> T:
    """Does one piece of work on the directory. Raises SignpostError; what the database says is not
    repeated, because it may hold values.
    """
    from bot.sponsors.keys import read_keys
    from bot.sponsors.store import FAILURES, Directory

    url, file = _addresses(load_settings())

    async def run() -> T:
        directory = Directory(url, read_keys(file))
        try:
            if not await _is_current(directory) and needs_tables:
                raise SignpostError(
                    "the directory's tables are missing or old: run `python -m bot sponsors setup`"
                )
            return await work(directory)
        except FAILURES as error:
            raise SignpostError(
                f"the directory's database failed ({type(error).__name__}): nothing was changed"
            ) from None
        finally:
            await directory.close()

    return asyncio.run(run())


async def _is_current(directory: "Directory") -> bool:
    try:
        return await directory.is_current()
    except Exception as error:  # on connecting, drivers have errors of their own
        raise SignpostError(
            f"SIGNPOST_SPONSOR_DATABASE: cannot be opened ({type(error).__name__})"
        ) from None


def _administer(work: "Callable[[Administration], Awaitable[T]]") -> T:
    from bot.sponsors.administration import Administration

    return on_directory(lambda directory: work(Administration(directory)))


def _addresses(settings: Settings) -> tuple[str, Path]:
    if settings.sponsor_database is None or settings.sponsor_keys is None:
        raise SettingsError(
            "SIGNPOST_SPONSOR_DATABASE and SIGNPOST_SPONSOR_KEYS are needed: docs/sponsors.md"
        )
    return settings.sponsor_database.get_secret_value(), settings.sponsor_keys


def _services(settings: Settings) -> set[str]:
    return {file.stem for file in (settings.content / "services").glob("*.yml")}


def _reference(given: str | None) -> str:
    """A reference in its one form. Asked for where it is not given."""
    from bot.sponsors.codes import new_reference

    if given is None:
        given = typer.prompt("Reference", err=True) if sys.stdin.isatty() else sys.stdin.readline()
    try:
        return new_reference(given)
    except ValueError as error:
        raise SignpostError(str(error)) from None


def _confirm(what: str, yes: bool) -> None:
    """Asks before something is done that cannot be taken back. Raises SignpostError where nobody
    can be asked.
    """
    if yes:
        return
    if not sys.stdin.isatty():
        raise SignpostError(f"{what}: add --yes to do it without being asked")
    if not typer.confirm(f"{what}. Go on?", err=True):
        raise SignpostError("nothing was changed")


def _summary(changes: "Changes", verb: str) -> str:
    counts = {
        name.replace("_", " "): number
        for name, number in asdict(changes).items()
        if isinstance(number, int)
    }
    return f"{verb}: " + ", ".join(f"{number} {name}" for name, number in counts.items())
