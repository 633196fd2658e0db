"""The command line: `python -m bot --help`. Each command imports what it needs itself, so that none
waits for another's libraries.
"""

import asyncio
import dataclasses
import json
import sys
import time
from collections.abc import Iterator
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bot import __version__
from bot.commands import evaluate, report
from bot.commands.content import app as content
from bot.commands.sponsors import app as sponsors
from bot.commands.staff import app as staff
from bot.errors import SignpostError
from bot.settings import Settings, load_settings

app = typer.Typer(
    help="LPP Signpost.", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
)
app.add_typer(evaluate.app, name="evaluate")
app.add_typer(report.app, name="report")
app.add_typer(sponsors, name="sponsors")
app.add_typer(staff, name="staff")
app.add_typer(content, name="content")
errors = Console(stderr=True, highlight=False, soft_wrap=True)

Lines = Annotated[str, typer.Argument(metavar="FILE|-", help="JSON lines; - reads standard input.")]
Url = Annotated[
    str | None,
    typer.Option(help="The service to talk to. Default: the local one, by HOST and PORT."),
]


def _version(wanted: bool) -> None:
    if wanted:
        print(__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """LPP Signpost."""


def main() -> None:
    """Runs the command line; an error that is meant for people is one line on stderr, and exit code
    1.
    """
    try:
        app()
    except SignpostError as error:
        errors.print(str(error), style="red", markup=False)
        sys.exit(1)


def _local(settings: Settings, url: str | None) -> str:
    return (
        url
        or f"http://{'127.0.0.1' if settings.host == '0.0.0.0' else settings.host}:{settings.port}"  # noqa: S104
    )


def _rows(source: str, required: str) -> Iterator[dict[str, Any]]:
    """The rows of a JSON lines file. Raises SignpostError naming file and line. A line that is not
    JSON is taken as plain text.
    """
    try:
        lines = (
            (sys.stdin.buffer.read() if source == "-" else Path(source).read_bytes())
            .decode("utf-8")
            .splitlines()
        )
    except OSError as error:
        raise SignpostError(f"{source}: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise SignpostError(f"{source}: not UTF-8 at byte {error.start}") from None
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line) if line.lstrip().startswith("{") else {required: line.strip()}
        except ValueError as error:
            raise SignpostError(f"{source}:{number}: not JSON: {error}") from None
        if not isinstance(row.get(required), str):
            raise SignpostError(f"{source}:{number}: needs a text in {required!r}")
        yield row


def _print(row: dict[str, Any]) -> None:
    print(json.dumps(row, ensure_ascii=False), flush=True)


@app.command()
def serve() -> None:
    """Serve the chat. Settings come from the environment: see docs/deploy.md."""
    from bot import supervisor

    sys.exit(supervisor.serve(load_settings()))


@app.command()
def new_key(
    file: Annotated[
        Path, typer.Argument(help="The file of SIGNPOST_CONVERSATIONS_KEYS; it need not be there.")
    ],
) -> None:
    """Put a new key in front of those in a key file. Every gateway needs the same file."""
    from bot.keyfile import add_key

    try:
        add_key(file)
    except OSError as error:
        raise SignpostError(f"{file}: {error.strerror}") from None


@app.command()
def train(
    if_stale: Annotated[
        bool, typer.Option("--if-stale", help="Only where no current model is there.")
    ] = False,
) -> None:
    """Make the models from the released encoders and the content: about a minute."""
    from bot.models import is_current
    from bot.training.train import train as train_models

    models = load_settings().models
    if if_stale and is_current(models):
        return
    started = time.monotonic()

    def progress(what: str) -> None:
        errors.print(f"[{time.monotonic() - started:5.1f} s] training: {what}", markup=False)

    train_models(models, progress)
    errors.print(f"[{time.monotonic() - started:5.1f} s] trained: {models}", markup=False)


class Part(StrEnum):
    """What can be released by itself."""

    CRISIS = "crisis"
    INTENTS = "intents"
    LIGHT = "light"
    ALL = "all"


@app.command()
def release(
    part: Annotated[
        Part,
        typer.Argument(
            help="crisis or intents: teach that encoder; light: only the crisis regressions."
        ),
    ] = Part.ALL,
) -> None:
    """For maintainers: teach the encoders anew and write packages/signpost-models. Minutes of CPU."""
    from bot.models import RELEASE
    from bot.training import release as training

    settings, started = load_settings(), time.monotonic()

    def progress(what: str) -> None:
        errors.print(f"[{time.monotonic() - started:5.1f} s] release: {what}", markup=False)

    if part in {Part.CRISIS, Part.ALL}:
        training.release_crisis(settings, RELEASE, progress)
    if part is Part.LIGHT:
        training.release_light(settings, RELEASE, progress)
    if part in {Part.INTENTS, Part.ALL}:
        training.release_intents(settings, RELEASE, progress)
    training.describe(RELEASE)
    progress(f"written: {RELEASE} and {training.DESCRIPTION}; now `python -m bot train`")


@app.command()
def check() -> None:
    """Check the content: every mistake with its file and line, and what is overdue for review."""
    from bot.commands.check import problems, warnings

    settings = load_settings()
    found = problems(settings.content)
    for problem in found:
        errors.print(str(problem), style="red", markup=False)
    if found:
        sys.exit(1)
    for warning in warnings(settings.content, date.today()):
        errors.print(f"warning: {warning}", style="yellow", markup=False)
    errors.print("content: no mistakes", style="green")


@app.command()
def switch(
    words: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[help-only|service ID|sponsors|topic ID] [on|off]",
            help="Nothing: list what is not as usual.",
        ),
    ] = None,
) -> None:
    """Switch a part off and on while the service runs: `help-only on` gives everybody nothing but the
    help, `service belmarsh off`, `topic family_visits off` and `sponsors off` withdraw one thing.
    The crisis answer works whatever is switched.
    """
    from bot.commands import operate

    settings = load_settings()
    print(operate.switch(settings, words) if words else operate.listed(settings))


@app.command()
def reload() -> None:
    """Have the running service take the content as it is now: checked first, and whole or not at all."""
    from bot.commands import operate

    print(operate.reload(load_settings()))


@app.command()
def embed(url: Url = None) -> None:
    """Print the tag that puts the chat on a page, with the hash of its script. A change of content
    or settings changes the hash.
    """
    from bot.safety.replies import load_help
    from bot.widget.pages import Pages
    from bot.widget.strings import load_strings

    settings = load_settings()
    pages = Pages(
        load_strings(settings.content),
        load_help(settings.content),
        settings.exit_url,
        kiosk_seconds=settings.kiosk_seconds,
    )
    script = pages.assets["/widget.js"]
    print(
        f'<script type="module" src="{_local(settings, url).rstrip("/")}/widget.js" integrity="{script.integrity}" crossorigin></script>'
    )
    sites = " ".join(settings.origins) or "none but its own (SIGNPOST_ORIGINS)"
    errors.print(
        f"{len(script.packed):,} bytes compressed, in all; sites that may embed it: {sites}",
        markup=False,
    )


@app.command()
def ask(file: Lines, url: Url = None) -> None:
    """Ask the running service each row of {"id", "text", "after"?} in a new conversation, and print
    its replies as JSON lines.
    """
    from bot.commands.client import connect

    settings = load_settings()

    async def run() -> None:
        async with connect(_local(settings, url), settings.run) as service:
            for number, row in enumerate(_rows(file, "text"), start=1):
                conversation = await service.open()
                if row.get("after"):
                    await conversation.say(row["after"])
                started = time.perf_counter()
                reply = await conversation.say(row["text"])
                _print(
                    {
                        "id": row.get("id", str(number)),
                        "reply": reply.text,
                        "crisis_fired": reply.crisis,
                        "topic": reply.topic,
                        "eligibility": reply.eligibility,
                        **({"refused": True} if reply.refused else {}),
                        "ms": round((time.perf_counter() - started) * 1000, 1),
                    }
                )

    asyncio.run(run())


@app.command()
def screen(file: Lines) -> None:
    """Screen each row of {"text"} (or plain line) for crisis language, with no service running, and
    print JSON lines.
    """
    from bot.language import encoder
    from bot.reading.crisis import load_detector
    from bot.training import crisis as safety

    settings = load_settings()
    settings.models.mkdir(parents=True, exist_ok=True)
    encoder.ensure(settings.models)
    safety.ensure(settings.models, lambda what: errors.print(f"training: {what}", markup=False))
    detector = load_detector(settings.models)
    for row in _rows(file, "text"):
        started = time.perf_counter()
        screening = detector.screen(row["text"])
        _print(
            {
                "text": row["text"],
                **dataclasses.asdict(screening),
                "ms": round((time.perf_counter() - started) * 1000, 1),
            }
        )


@app.command()
def chat(url: Url = None) -> None:
    """Chat with the running service in the terminal. A number presses a button; Ctrl-D ends."""
    from bot.commands.client import Reply, connect

    settings = load_settings()
    console = Console(highlight=False)

    def show(reply: Reply) -> None:
        console.print(f"\n{reply.text}\n", style="bold red" if reply.crisis else "", markup=False)
        for number, (_, label) in enumerate(reply.buttons, start=1):
            console.print(f"  {number}. {label}", markup=False)

    async def run() -> None:
        async with connect(_local(settings, url), settings.run) as service:
            conversation = await service.open()
            buttons: tuple[tuple[str, str], ...] = ()
            while True:
                try:
                    typed = (await asyncio.to_thread(console.input, "> ")).strip()
                except EOFError:
                    return
                if not typed:
                    continue
                pressed = typed.isdigit() and 1 <= int(typed) <= len(buttons)
                reply = await (
                    conversation.press(buttons[int(typed) - 1][0])
                    if pressed
                    else conversation.say(typed)
                )
                buttons = reply.buttons
                show(reply)

    asyncio.run(run())
