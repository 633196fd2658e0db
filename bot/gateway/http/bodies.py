"""Reads what a client sends: bounded in size and time, and never without a look for words in it.

A body that we refuse may still hold a cry for help, so all that arrived of it is kept for the
screen.
"""

import asyncio
import json
import re
import zlib
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote_to_bytes

import aiohttp
from aiohttp import web

FORM = "application/x-www-form-urlencoded"
BODY_MAX = 8 * 1024
"""Bytes: 500 characters of any script, escaped, and the two ids, several times over."""
READ_MAX, END_MAX = 64 * 1024, 2 * 1024
"""Bytes: of a body that is too large, so much is read for its end, and so much of that is screened
with its start. People say the worst last.
"""
READ_SECONDS = 5.0
"""A phone on a bad line sends 8 KB in less; who sends a byte a second is holding a connection open
on purpose.
"""

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_NAMES = re.compile(r"""["']?\b(?:conversation|button|text|do)\b["']?\s*[:=]""")
_MARKS = re.compile(r"[\[\]{}\"&\ufffd]+")
_CONTROLS = {"n": "\n", "r": "\n", "t": " ", "b": "", "f": ""}


@dataclass(frozen=True, slots=True)
class Body:
    """The first bytes of a body, at most BODY_MAX, and why it cannot be taken (a key of `refused`
    in notices.yml), or "". Of one that is too large, the last END_MAX are there as well, after a
    line of their own.
    """

    data: bytes
    refused: str = ""


async def read_body(request: web.BaseRequest, media_type: str) -> Body:
    """Reads a body that should be of one media type. Raises nothing for what a client can do wrong;
    a client that is gone raises as ever.
    """
    data, refused = bytearray(), ""
    # Of what is announced as larger than all that we read, the end never comes.
    limit = READ_MAX if (request.content_length or 0) <= READ_MAX else BODY_MAX + 1
    try:
        async with asyncio.timeout(READ_SECONDS):
            while len(data) < limit and (chunk := await request.content.read(limit - len(data))):
                data += chunk
    except TimeoutError:
        refused = "too_slow"
    except aiohttp.http_exceptions.BadHttpMessage:  # chunks that are not as announced
        refused = "unreadable"
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        data, refused = _unpacked(data), "packed"
    elif request.content_type != media_type:
        refused = refused or "wrong_type"
    if len(data) <= BODY_MAX:
        return Body(bytes(data), refused)
    end = data[max(BODY_MAX, len(data) - END_MAX) :]
    too_large = refused if refused == "packed" else "too_large"
    return Body(bytes(data[:BODY_MAX] + b"\n" + end), too_large)


def _unpacked(data: bytearray) -> bytearray:
    """The first bytes of a gzip or deflate body, for the screen; as it came, where it is neither. A
    bomb makes no more of it than READ_MAX.
    """
    try:
        return bytearray(zlib.decompressobj(wbits=zlib.MAX_WBITS | 32).decompress(data, READ_MAX))
    except zlib.error:
        return data


def form_of(body: Body, known: frozenset[str]) -> dict[str, str] | None:
    """The fields of a form of ours, or None for anything else."""
    if body.refused:
        return None
    try:
        fields = parse_qsl(
            body.data.decode("ascii"),
            keep_blank_values=True,
            strict_parsing=True,
            errors="strict",
            max_num_fields=len(known),
        )
    except ValueError:
        return None
    form = dict(fields)
    return (
        form if form.keys() <= known and not any("\0" in value for value in form.values()) else None
    )


def words_in(data: bytes) -> str:
    """Whatever words a body holds, be it broken JSON, a form, or neither: for the screen, never for
    anything else.
    """
    text = data.decode(_encoding(data), errors="replace")
    if "%" in text or ("+" in text and " " not in text):
        text = unquote_to_bytes(text.replace("+", " ")).decode("utf-8", errors="replace")
    text = _NAMES.sub(" ", _ESCAPE.sub(_unescaped, text))
    return " ".join(_MARKS.sub(" ", text).split())


def _encoding(data: bytes) -> str:
    """As JSON's own rule tells UTF-8, UTF-16 and UTF-32 apart; a Windows text that is not UTF-8 is
    read as such.
    """
    guess = json.detect_encoding(data)
    if guess.startswith("utf-8"):
        try:
            data.decode("utf-8")
        except UnicodeDecodeError as error:
            # Cut off within a character is still UTF-8.
            return "utf-8" if error.start >= len(data) - 3 else "cp1252"
    return guess


def _unescaped(match: re.Match[str]) -> str:
    escape = match.group(1)
    return chr(int(escape[1:], 16)) if len(escape) == 5 else _CONTROLS.get(escape, escape)
