"""A sponsor's details for their own eyes: enough to see whether they are right, and little for
whoever else opens the page. Pure.
"""

import re

from bot.sponsors.model import Route

HIDDEN = "••••"
"""As long for every word, so that its length tells nothing."""
LAST_DIGITS = 4
"""Of a long number; of a short one, half."""


def masked_words(text: str) -> str:
    """The first letter of each word."""
    return " ".join(word[0] + HIDDEN for word in text.split())


def masked_route(route: Route) -> str:
    """The end of a number, the first letter and the site of an e-mail address, the first letters of
    a place.
    """
    match route.kind:
        case "phone" | "text":
            digits = re.sub(r"\D", "", route.value)
            return HIDDEN + digits[-min(LAST_DIGITS, len(digits) // 2) :]
        case "email":
            name, _, site = route.value.rpartition("@")
            return f"{name[:1]}{HIDDEN}@{site}"
    return masked_words(route.value)
