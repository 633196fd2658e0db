"""The start-up check: a detector that misses one of the fixed phrases must not serve."""

from pathlib import Path

import yaml

from bot.errors import ModelError
from bot.reading.screening import Label, Screen

PHRASES = Path(__file__).with_name("selftest.yml")


def check(screen: Screen, phrases: Path = PHRASES) -> None:
    """Raises ModelError for the first phrase that is not labelled as it must be."""
    try:
        expected = yaml.load(phrases.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)  # noqa: S506
        pairs = [(text, Label(label)) for label, texts in expected.items() for text in texts]
    except (OSError, yaml.YAMLError, ValueError, AttributeError, TypeError) as error:
        raise ModelError(f"{phrases}: the self-test cannot be read: {error}") from None
    for text, label in pairs:
        found = screen.screen(text)
        crisis = found.label is Label.CRISIS
        if crisis != (label is Label.CRISIS):
            raise ModelError(
                f"the crisis detector fails its self-test: {text!r} is {found.label} by {found.decided_by}, and must be {label}"
            )
