"""`python -m bot evaluate ...`: how good the models are on what they have not seen, reprinted from
the data in this repository.
"""

import datetime
from pathlib import Path
from typing import Annotated

import typer

from bot.settings import ROOT, load_settings

app = typer.Typer(help="Measure the models on what they have not seen.", no_args_is_help=True)
CRISIS_PICTURE = ROOT / "docs" / "img" / "crisis.png"
INTENTS_PICTURE = ROOT / "docs" / "img" / "intents.png"


@app.command()
def crisis(
    file: Annotated[
        Path | None,
        typer.Argument(
            help="JSON lines with text, label, category and perhaps who. Default: our held-out rows."
        ),
    ] = None,
    picture: Annotated[
        Path, typer.Option(help="Where the picture of our held-out rows goes.")
    ] = CRISIS_PICTURE,
    held_out_rows: Annotated[
        bool,
        typer.Option(
            "--held-out-rows",
            help="List held-out rows too: those that have been read are no longer held out.",
        ),
    ] = False,
) -> None:
    """Measure the crisis screen and the whole service: recall and false alarms by category and
    length with intervals, layer by layer, with typos, and our near misses.
    """
    from bot.evaluation import crisis as evaluate

    models = load_settings().models
    if file is not None:
        for line in evaluate.counts_of(models, evaluate.read_rows(file)):
            print(line)
        return
    found = evaluate.evaluate_all(models)
    for line in evaluate.lines_of(found, held_out_rows):
        print(line)
    evaluate.draw(found, picture)
    if found.mixes.missed or found.service_mixes.missed:
        print("a statement of danger is hidden by ordinary words: this must not be released")
        raise typer.Exit(1)


@app.command()
def answers(
    failures: Annotated[
        bool, typer.Option("--failures", help="List the questions that are not answered right.")
    ] = False,
) -> None:
    """Ask the whole service our own questions: the share that is answered right, by user, kind and
    topic.
    """
    from bot.evaluation import answers as evaluate

    for line in evaluate.lines_of(evaluate.evaluate(), failures=failures):
        print(line)


@app.command()
def names(
    failures: Annotated[
        bool, typer.Option("--failures", help="List the names that stay, and what is touched.")
    ] = False,
) -> None:
    """Count the names that are taken out of messages, and the ordinary messages that are touched."""
    from bot.evaluation import names as evaluate

    for line in evaluate.lines(datetime.datetime.now(datetime.UTC).date(), failures):
        print(line)


@app.command()
def intents(
    picture: Annotated[Path, typer.Option(help="Where the picture goes.")] = INTENTS_PICTURE,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="Without tuning the encoder: some 2 points worse, and a minute instead of ten.",
        ),
    ] = False,
) -> None:
    """Cross-validate the intent classifier on data/nlu: confusions, calibration and out of scope,
    as tables and as a picture.
    """
    from bot.evaluation import confusion, examples
    from bot.reading.intents import Options
    from bot.training.release import intent_tuner

    settings = load_settings()
    found = confusion.cross_validate(
        examples.load(), settings, Options(), None if quick else intent_tuner(settings.models)
    )
    for line in confusion.tables(found):
        print(line)
    confusion.draw(found, picture)
