"""What happens to a message between a head and a screen: slips of the finger, capitals, spaces,
emoji, words before and after. For measuring only.

A detector has to find the same in a message whatever of this happens to it. Each mutation takes the
text and a generator, and so is repeatable.
"""

import random
import string
from collections.abc import Callable, Mapping

Mutation = Callable[[str, random.Random], str]

_BEFORE = (
    "hi, ",
    "hello there. sorry to bother you, ",
    "ok so ",
    "not sure if this is the right place but ",
    "When are visits at Belmarsh? ",
    "evening. ",
)
_AFTER = (
    ". anyway thanks for reading",
    " thanks",
    ". How do I get a referral form?",
    "...",
    " tbh",
    ". sorry for the long message",
)
_EMOJI = (" 😭", " 😭😭", " 🙏", " 😔", " 💔")


def typo(text: str, rng: random.Random) -> str:
    """One slip, a letter lost or two swapped, in one word in six of four letters or more, and never
    at its ends.
    """
    return " ".join(
        _slip(word, rng) if len(word) >= 4 and word.isalpha() and rng.random() < 1 / 6 else word
        for word in text.split(" ")
    )


def _slip(word: str, rng: random.Random) -> str:
    at = rng.randrange(1, len(word) - 2)
    return (
        word[:at] + word[at + 1 :]
        if rng.random() < 0.5
        else word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    )


def _full_width(text: str) -> str:
    return "".join(chr(ord(c) + 0xFEE0) if c in string.ascii_letters else c for c in text)


MUTATIONS: Mapping[str, Mutation] = {
    "typos": typo,
    "upper case": lambda text, _: text.upper(),
    "lower case": lambda text, _: text.lower(),
    "title case": lambda text, _: text.title(),
    "no punctuation": lambda text, _: "".join(c for c in text if c not in ".,!?'’\"-–:;()"),
    "double spaces": lambda text, _: text.replace(" ", "  "),
    "line breaks": lambda text, _: text.replace(" ", "\n"),
    "zero-width": lambda text, _: "\u200b".join(text),
    "full width": lambda text, _: _full_width(text),
    "control characters": lambda text, _: text.replace(" ", " \x00"),
    "emoji after": lambda text, rng: text + rng.choice(_EMOJI),
    "words before": lambda text, rng: rng.choice(_BEFORE) + text,
    "words after": lambda text, rng: text + rng.choice(_AFTER),
}
