"""`python -m bot switch` and `python -m bot reload`: what an operator does to the service while it
runs.
"""

import http.client
import json
import time
from pathlib import Path
from typing import Any

from bot import snapshots, switches
from bot.commands.check import problems
from bot.errors import SignpostError
from bot.gateway.api.operator import read_operator_token
from bot.settings import Settings
from bot.switches import Switch, Switches

WHOLE = "lpp"
"""The service that stands for all of them; help-only mode is there for that."""
WAIT_SECONDS = 200.0


def listed(settings: Settings) -> str:
    """What is not as usual."""
    return "\n".join(switches.read(settings.run).lines()) or "everything is as usual"


def switch(settings: Settings, words: list[str]) -> str:
    """Does what was asked, and says so. Raises SignpostError."""
    wanted, state = switches.parse(words)
    if wanted.name and wanted.name not in (there := known(settings.content, wanted)):
        raise SignpostError(f"{wanted.name!r} is none of {', '.join(sorted(there))}")
    try:
        before: Switches | None = switches.read(settings.run)
    except SignpostError:
        before = None  # written anew, whatever is in it now
    try:
        settings.run.mkdir(mode=0o700, parents=True, exist_ok=True)
        switches.write(settings.run, (before or Switches()).with_(wanted, state))
    except OSError as error:
        raise SignpostError(f"SIGNPOST_RUN: {settings.run}: {error.strerror}") from None
    said = f"{wanted} is {state}; a service that runs here follows within 5 seconds"
    try:
        switches.record(settings.audit, wanted, state)
    except OSError as error:
        said += f"\nwarning: not in the audit: {settings.audit}: {error.strerror}"
    return (
        said if before is not None else f"{said}\nwarning: what was switched before was unreadable"
    )


def reload(settings: Settings) -> str:
    """Has the running service take the content as it is now, and waits until it has. Raises
    SignpostError, and the first mistake of the content as ContentError.
    """
    for mistake in problems(settings.content):
        raise mistake
    version, request = snapshots.version(settings.content), settings.run / snapshots.REQUEST
    if not _health(settings):
        raise SignpostError(f"no service runs on port {settings.port} with {settings.run}")
    request.touch()
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        state = _health(settings)
        if (state.get("content"), state.get("dialogue_content")) == (version, version):
            return f"the service has content {version}"
        if not request.exists() and _served(settings.run) != version:
            break
        time.sleep(0.2)
    raise SignpostError("the content was not reloaded, and what was there goes on: see the log")


def is_running(settings: Settings) -> bool:
    """Whether a service of these settings runs on this machine."""
    return bool(_health(settings))


def known(content: Path, wanted: Switch) -> set[str]:
    """What there is of this kind."""
    if wanted.kind == "service":
        return {file.stem for file in (content / "services").glob("*.yml")} - {WHOLE}
    from bot import knowledge

    held = knowledge.load(content)
    own = {service.topic for service in held.services.values()}
    reported = {topic.reports for topic in held.topics.values() if topic.reports}
    return (own | reported) - {switches.ALWAYS_ON}


def _served(run: Path) -> str:
    return (run / snapshots.LINK).resolve().name.removeprefix(snapshots.PREFIX)


def _health(settings: Settings) -> dict[str, Any]:
    """What `/health` says to the operator; {} where nobody answers."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(settings.host, settings.host)  # noqa: S104
    connection = http.client.HTTPConnection(host, settings.port, timeout=5)
    token = read_operator_token(settings.run)
    try:
        connection.request("GET", "/health", headers={"Authorization": f"Bearer {token}"})
        answer = connection.getresponse()
        said = json.loads(answer.read()) if answer.status == http.HTTPStatus.OK else {}
        return said if isinstance(said, dict) else {}
    except (OSError, http.client.HTTPException, ValueError):
        return {}
    finally:
        connection.close()
