"""Texts as statements: the smallest pieces that can be said by themselves. Pure.

A statement is a sentence with what leans on it ("It is ...", "They ..."), or a list with its
heading. It is known by an id, so that a conversation can remember what was said without holding a
word of it.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache

ID_BYTES = 4
_END = re.compile(r"(?<=[.!?])\s+")
_LEANS = re.compile(
    r"(?:it|its|they|their|these|this|that|those|he|his|she|her|the other|the cause|either|both|some|others|so|here|day or night)\b"
)
_BARE = re.compile(r"(?:yes|no)(?:, not on the page)?[.,]", re.IGNORECASE)
BULLET = "•"


_VERDICT = re.compile(r"(?:yes|no)(?:, going by the page)?[.,]\s+", re.IGNORECASE)


def without_verdict(text: str) -> str:
    """The text without the "Yes" or "No" that it begins with: what it states stands by itself."""
    found = _VERDICT.match(text)
    return text if found is None else text[found.end() :][:1].upper() + text[found.end() + 1 :]


@lru_cache(maxsize=4096)
def split(text: str) -> tuple[str, ...]:
    """The statements of a text, in order; joined by spaces or line breaks they are the text."""
    return tuple(
        statement
        for paragraph in text.split("\n\n")
        for block in _blocks(paragraph.splitlines())
        for statement in _sentences(block)
    )


@lru_cache(maxsize=4096)
def id_of(statement: str) -> str:
    """A short id, the same in every process, with or without a "Yes" before it. White space at line
    ends does not count.
    """
    plain = " ".join(without_verdict(statement).split())
    return hashlib.blake2s(plain.encode(), digest_size=ID_BYTES).hexdigest()


def is_not_held(statement: str) -> bool:
    """Whether it says that the page does not hold something."""
    return re.match(r"(?:LPP's |The )page does not\b", statement) is not None


def nearness(near: Mapping[str, float], statement: str) -> float:
    """How near a statement is to a question (`Question.near`)."""
    return near.get(id_of(statement), 0.0)


def _blocks(lines: Sequence[str]) -> Iterator[str]:
    """Lines of a list together with the line above them; every other line by itself."""
    block: list[str] = []
    for line in lines:
        in_list = line.startswith(BULLET)
        if block and not in_list:
            yield "\n".join(block)
            block = []
        block.append(line)
    if block:
        yield "\n".join(block)


def _sentences(block: str) -> Iterator[str]:
    if BULLET in block:
        yield block
        return
    held: list[str] = []
    for sentence in _END.split(block):
        leans = _LEANS.match(sentence[:1].lower() + sentence[1:]) is not None
        if held and not leans and not _BARE.fullmatch(held[-1]):
            yield " ".join(held)
            held = []
        held.append(sentence)
    if held:
        yield " ".join(held)
