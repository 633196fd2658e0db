"""`python -m bot evaluate ...`: how good the models are on what they have not seen, reprinted from the data in this repository."""

from pathlib import Path
from typing import Annotated

import typer

from bot.settings import ROOT, load_settings

app = typer.Typer(help="Measure the models on what they have not seen.", no_args_is_help=True)
PICTURE = ROOT / "docs" / "img" / "intents.png"


@app.command()
def intents(
    picture: Annotated[Path, typer.Option(help="Where the picture goes.")] = PICTURE,
    quick: Annotated[bool, typer.Option("--quick", help="Without tuning the encoder: some 2 points worse, and a minute instead of ten.")] = False,
) -> None:
    """Cross-validate the intent classifier on data/nlu: confusions, calibration and out of scope, as tables and as a picture."""
    from bot.nlu import confusion, examples, tuned
    from bot.nlu.classifier import Options

    settings = load_settings()
    found = confusion.cross_validate(examples.load(), settings, Options(), None if quick else tuned.tuner(settings.models))
    for line in confusion.tables(found):
        print(line)
    confusion.draw(found, picture)
