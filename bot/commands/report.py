"""`python -m bot report ...`: what the people who answer for the service can see of it. Counts
only; there are no words to show.
"""

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from bot.errors import SignpostError
from bot.settings import load_settings

app = typer.Typer(help="Show counts of what the service met.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `crisis` a command of its own while it is the only one."""


@app.command()
def crisis(
    days: Annotated[
        int, typer.Option(min=1, help="So many of the last days that have anything.")
    ] = 31,
) -> None:
    """Count crisis language by day and category, whom it was about, what decided, and how often
    help was opened.
    """
    from bot.safety import audit

    settings = load_settings()
    try:
        counts = audit.count(settings.audit)
    except OSError as error:
        raise SignpostError(f"SIGNPOST_AUDIT: {settings.audit}: {error.strerror}") from None
    shown = sorted({day for day, *_ in counts.rows})[-days:]
    console = Console(highlight=False, soft_wrap=True)
    if not shown:
        console.print(f"{settings.audit}: nothing recorded", markup=False)
    by_day = Table("day", "kind", "category", "who", "count")
    for (day, *what), number in sorted(counts.rows.items()):
        if day in shown:
            by_day.add_row(day, *what, str(number))
    decided = Table("version", "decided by", "count")
    for (version, by), number in sorted(
        counts.deciders.items(), key=lambda item: (item[0][0], -item[1])
    ):
        decided.add_row(version, by, str(number))
    for table in (by_day, decided):
        if table.rows:
            console.print(table)
    if counts.capped:
        console.print(
            f"{counts.capped} times one address sent more within an hour than is counted",
            markup=False,
        )
    if counts.unreadable:
        console.print(f"{counts.unreadable} lines could not be read", markup=False)
