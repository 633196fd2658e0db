"""Contrast, computed from the colours in tokens.css, in light and in dark: 4.5:1 for text, 3:1 for
what only has to be seen (WCAG 1.4.3, 1.4.11).
"""

import re

import pytest

from bot.settings import ROOT

CSS = (ROOT / "bot" / "widget" / "tokens.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([\w-]+): (?:var\([\w-]+, )?(#[0-9a-f]{6})", part))
    for part in CSS.split("@media")
)
SCHEMES = {"light": LIGHT, "dark": {**LIGHT, **DARK}}

TEXT = [
    ("ink", "paper"), ("ink", "back"), ("ink", "mine"), ("ink", "red-back"),
    ("soft-ink", "paper"), ("soft-ink", "back"), ("soft-ink", "mine"), ("soft-ink", "red-back"),
    ("link", "paper"), ("link", "back"), ("link", "red-back"),
    ("red", "red-back"), ("on-blue", "blue"), ("on-green", "green"), ("on-focus", "focus"),
]  # fmt: skip
EDGES = [
    ("line", "paper"),
    ("line", "back"),
    ("soft-ink", "paper"),
    ("red", "paper"),
    ("link", "paper"),
    ("focus", "on-focus"),
]


def luminance(colour: str) -> float:
    """As WCAG 2.2 defines it."""
    channels = (int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_the_formula() -> None:
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.01)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(
    ("front", "back", "least"),
    [*((*pair, 4.5) for pair in TEXT), *((*pair, 3.0) for pair in EDGES)],
)
def test_contrast(scheme: str, front: str, back: str, least: float) -> None:
    colours = SCHEMES[scheme]
    assert contrast(colours[front], colours[back]) >= least
