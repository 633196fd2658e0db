"""Access codes and references: how they are made, read, spoken, and kept out of the chat. Pure but
for `new_code`, which draws from the system.

A code is fifteen random symbols and a check symbol, in four groups: `CDFH-2346-WXYM-7789`. 23
symbols make 67 bits. 23 is a prime, so that one check symbol finds every single wrong symbol and
every two that were swapped (a weighted sum, as in ISBN-10). Letters and digits that look alike in
print (0 O, 1 I L, 2 Z, 5 S, 6 G, 8 B, U V) have at most one of them here, and without vowels no
code spells a word.
"""

import re
import secrets
import unicodedata

ALPHABET = "2346789CDFHJKMNPQRTVWXY"
DRAWN = 15
LENGTH = DRAWN + 1
GROUP = 4

CODE_PATTERN = rf"\b(?:[{ALPHABET}{ALPHABET.lower()}][ \u2010-\u2015._-]{{0,3}}){{13,18}}\b"
"""What may be a code in the middle of a sentence, with a symbol too many or too few. JavaScript
reads it too: the widget masks what it shows.
"""
_GROUPED = r"\b[A-Za-z0-9]{4}(?:[\u2010-\u2015-][A-Za-z0-9]{4}){3}\b"
_CANDIDATE = re.compile(f"{_GROUPED}|{CODE_PATTERN}")

REFERENCE_MIN, REFERENCE_MAX = 4, 32
_REFERENCE = re.compile(rf"[A-Z0-9]{{{REFERENCE_MIN},{REFERENCE_MAX}}}")
# What must never be a reference, because it says who somebody is: a prison number (A1234BC), an NHS
# number, a date.
_DAY, _MONTH, _YEAR = r"(?:0[1-9]|[12]\d|3[01])", r"(?:0[1-9]|1[0-2])", r"(?:19|20)\d\d"
_PERSONAL = re.compile(
    rf"[A-Z]\d{{4}}[A-Z]{{2}}|\d{{10}}|{_DAY}{_MONTH}{_YEAR}|{_YEAR}{_MONTH}{_DAY}"
)


def new_code() -> str:
    """A fresh code, in groups."""
    drawn = "".join(secrets.choice(ALPHABET) for _ in range(DRAWN))
    return grouped(drawn + check_symbol(drawn))


def check_symbol(drawn: str) -> str:
    """The symbol that makes the weighted sum a multiple of 23."""
    total = sum(weight * ALPHABET.index(symbol) for weight, symbol in enumerate(drawn, start=1))
    # -total / LENGTH modulo the prime: the check symbol has the weight LENGTH.
    return ALPHABET[-total * pow(LENGTH, -1, len(ALPHABET)) % len(ALPHABET)]


def grouped(code: str) -> str:
    return "-".join(code[at : at + GROUP] for at in range(0, len(code), GROUP))


def read_code(typed: str) -> str | None:
    """The code that was typed, without its groups; None where it has a slip in it. Says nothing
    about whether anybody has that code.
    """
    code = _bare(typed)
    if len(code) != LENGTH or set(code) - set(ALPHABET):
        return None
    return code if check_symbol(code[:DRAWN]) == code[DRAWN] else None


def read_reference(typed: str) -> str | None:
    """A reference in its one form (capitals and digits); None for what cannot be one: no digit, too
    short, or not letters and digits.
    """
    reference = _bare(typed)
    return (
        reference
        if _REFERENCE.fullmatch(reference) and any(symbol.isdigit() for symbol in reference)
        else None
    )


def new_reference(typed: str) -> str:
    """A reference for the directory. Raises ValueError with a sentence where it is none, or says
    who somebody is.
    """
    reference = read_reference(typed)
    if reference is None:
        raise ValueError(
            f"a reference has {REFERENCE_MIN} to {REFERENCE_MAX} letters and digits, one digit at least, as in LPP-0042"
        )
    if _PERSONAL.fullmatch(reference):
        raise ValueError(
            "this looks like a prison number, an NHS number or a date of birth: make up a reference that says nothing"
        )
    return reference


def mask_codes(text: str, mask: str) -> str:
    """The text with everything in it that may be an access code replaced by `mask`."""
    return _CANDIDATE.sub(
        lambda match: mask if _may_be_code(match.group()) else match.group(), text
    )


def looks_like_code(typed: str) -> bool:
    """True for what is meant as a code, well typed or not: nobody's words."""
    return not mask_codes(typed, "").strip()


def _may_be_code(found: str) -> bool:
    bare = _bare(found)
    # A number and a row of consonants are no codes, unless the check symbol says so.
    return read_code(found) is not None or (
        any(symbol.isdigit() for symbol in bare) and any(symbol.isalpha() for symbol in bare)
    )


def _bare(typed: str) -> str:
    """Capitals, without white space, hyphens, dots and what cannot be seen."""
    text = unicodedata.normalize("NFKC", typed).upper()
    return "".join(
        c
        for c in text
        if not (c.isspace() or c in "-._" or unicodedata.category(c) in {"Pd", "Cf", "Cc"})
    )
