"""`python -m bot staff`: the staff desk, and who may use it. Nothing heavy is imported until a
command needs it.
"""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from bot.commands.sponsors import on_directory
from bot.errors import SettingsError, SignpostError
from bot.settings import Settings, load_settings
from bot.staff.model import Role, checked_name

if TYPE_CHECKING:
    from bot.sponsors.store import Directory
    from bot.staff.accounts import Accounts

app = typer.Typer(help="The staff desk in the browser: docs/staff.md.", no_args_is_help=True)
T = TypeVar("T")

Name = Annotated[str, typer.Argument(help="The name to sign in with, as in alex.specimen.")]


@app.command()
def serve() -> None:
    """Serve the desk on 127.0.0.1, at SIGNPOST_STAFF_PORT. It is a process of its own: the chat does
    not need it.
    """
    from bot.gateway.http import log
    from bot.staff.app import serve as serve_desk

    settings = load_settings()
    _port(settings)
    _run(lambda accounts: accounts.all())  # what is wrong with the directory is said at once
    log.configure(settings.log_level)
    serve_desk(settings)


@app.command()
def invite(
    name: Name, role: Annotated[Role, typer.Option(help="What they are there for.")]
) -> None:
    """Make an account, or one anew, and print the link with which its owner sets it up: once, within
    a day.
    """
    settings = load_settings()
    origin = settings.staff_origin or f"http://127.0.0.1:{_port(settings)}"
    given = _name(name)
    token = _run(lambda accounts: accounts.invite(given, role))
    print(f"{origin}/set-up?invite={token}", flush=True)


@app.command()
def remove(name: Name) -> None:
    """Let somebody in no more, from their next click on."""
    given = name.strip().lower()  # it may be one that the organisation's sign-in vouches for
    _run(lambda accounts: accounts.remove(given))
    print(f"{given} is removed")


@app.command()
def readmit(name: Name) -> None:
    """Let somebody in again who was removed, and comes by your organisation's own sign-in."""
    given = name.strip().lower()
    _run(lambda accounts: accounts.readmit(given))
    print(f"{given} may come in again")


@app.command(name="list")
def list_() -> None:
    """List the accounts: name, role, and whether they are ready."""
    for account in _run(lambda accounts: accounts.all()):
        state = "removed" if account.is_removed else "ready" if account.is_set_up else "invited"
        print(f"{account.name}  {account.role.value}  {state}")


def _run(work: "Callable[[Accounts], Awaitable[T]]") -> T:
    """Does one piece of work on the accounts. Raises SignpostError."""
    from bot.sponsors.hashing import CodeHasher
    from bot.staff.accounts import Accounts

    async def on_accounts(directory: "Directory") -> T:
        hasher = CodeHasher()
        try:
            return await work(Accounts(directory, hasher))
        finally:
            hasher.close()

    return on_directory(on_accounts)


def _port(settings: Settings) -> int:
    if settings.staff_port is None:
        raise SettingsError("SIGNPOST_STAFF_PORT is needed: docs/staff.md")
    return settings.staff_port


def _name(text: str) -> str:
    try:
        return checked_name(text)
    except ValueError as error:
        raise SignpostError(str(error)) from None
