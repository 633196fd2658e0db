"""`python -m bot content`: the content's versions at the command line, for those who prefer files.
Nothing heavy is imported until a command needs it.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.errors import SignpostError
from bot.settings import Settings, load_settings

if TYPE_CHECKING:
    from bot.publishing.draft import Files
    from bot.publishing.versions import Version, Versions

app = typer.Typer(help="The content's versions: docs/staff.md.", no_args_is_help=True)
COMMAND_LINE = "command line"

Note = Annotated[str, typer.Option(help="What changes and why.")]


@app.command()
def versions() -> None:
    """List what was published, newest first."""
    for one in _versions(load_settings()).all():
        print(f"{one.number}  {one.at}  {one.who}  {one.note}".rstrip())


@app.command(name="export")
def export_(
    file: Annotated[Path, typer.Argument(help="A zip, or one YAML file of the content by name.")],
    version: Annotated[int, typer.Option(help="Of which version. 0: as it is now.")] = 0,
) -> None:
    """Write the content's files out, exactly as they are."""
    from bot.publishing.archive import packed

    kept = _versions(load_settings())
    files: Files = kept.files(_found(kept, version)) if version else kept.live()
    if file.suffix != ".zip":
        known = [name for name in files if name.rpartition("/")[2] == file.name]
        if len(known) != 1:
            raise SignpostError(f"{file.name}: is no file of the content")
    try:
        file.write_bytes(packed(files) if file.suffix == ".zip" else files[known[0]])
    except OSError as error:
        raise SignpostError(f"{file}: {error.strerror}") from None


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="A zip, or one YAML file of the content by name.")],
    note: Note,
) -> None:
    """Publish the files in FILE as a new version: checked first, and whole or not at all."""
    from bot.publishing.archive import read_for

    settings = load_settings()
    kept = _versions(settings)
    live = kept.live()
    try:
        given = read_for(live, file.name, file.read_bytes())
    except OSError as error:
        raise SignpostError(f"{file}: {error.strerror}") from None
    _publish(settings, kept, live, {**live, **given}, note)


@app.command()
def back(
    version: Annotated[int, typer.Argument(help="A number of `content versions`.")], note: Note
) -> None:
    """Publish an earlier version's files as a new version."""
    settings = load_settings()
    kept = _versions(settings)
    _publish(settings, kept, kept.live(), kept.files(_found(kept, version)), note)


def _publish(
    settings: Settings, kept: "Versions", live: "Files", files: "Files", note: str
) -> None:
    from bot.commands import operate
    from bot.publishing import trying
    from bot.publishing.draft import mark

    for problem in trying.check(settings, files).problems:
        raise SignpostError(problem)
    said = ["no service runs here; it takes this when it starts"]

    def take() -> None:
        if operate.is_running(settings):
            said[:] = [operate.reload(settings)]

    version = kept.publish(files, mark(live), COMMAND_LINE, note, take)
    print(f"version {version.number}: {said[0]}")


def _versions(settings: Settings) -> "Versions":
    from bot.publishing.versions import Versions

    kept = Versions(settings.content_versions, settings.content)
    kept.mend()
    return kept


def _found(kept: "Versions", number: int) -> "Version":
    found = next((one for one in kept.all() if one.number == number), None)
    if found is None:
        raise SignpostError(f"there is no version {number}")
    return found
