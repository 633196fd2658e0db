"""What a user typed, made readable for programs: one form for the same letters, and never a
command.

Both functions are pure, idempotent, and take any `str`, lone surrogates included. Standard library
only, so that the gateway has them from its first second; ftfy is imported when a text looks like
mojibake, and not before.
"""

import re
import unicodedata

# Letters of Cyrillic and Greek that look like a Latin one.
_LOOKALIKES = str.maketrans(
    "аеорсухіјѕһԁԛԝѵАВЕКМНОРСТУХІЈЅҺԌԚԜѴαορνικτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧ",
    "aeopcyxijshdqwvABEKMHOPCTYXIJSHGQWVaopviktuxABEZHIKMNOPTYX",
)
# Latin letters that NFKC leaves alone: small capitals, script, dotless.
_LATIN_VARIANTS = str.maketrans("ᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢɑɡɩʋ", "abcdefghijklmnoprstuvwyzagiv")
_ENCLOSED = {
    **{0x1F1E6 + i: chr(97 + i) for i in range(26)},  # regional indicators used as letters
    **{
        start + i: chr(97 + i) for start in (0x1F150, 0x1F170) for i in range(26)
    },  # negative circled and squared letters
}
_WORD = re.compile(r"\w+")
_LATIN = re.compile(r"[A-Za-zÀ-ɏ]")
_MOJIBAKE = re.compile("[ÃÂâÐÑØÙ][\u0080-\u00bf€™œ‚„†‡ˆ‰‹Œ‘’“”•–—˜š›ž¡-¿]")
_FLAGS = re.compile("[\U0001f1e6-\U0001f1ff]{2}(?![\U0001f1e6-\U0001f1ff])")
_SLASHES = "/\\⁄∕⧸⟋╱⼃ノ᜵"
_COMMAND = re.compile(rf"^[\s{re.escape(_SLASHES)}]+")
_DROPPED = {"Cf", "Cs", "Co", "Cn"}
_MARKS_KEPT = 2


def normalise(text: str) -> str:
    """The text for reading and matching: NFKC, no invisible characters, Latin look-alikes undone,
    white space collapsed to single spaces.

    Letters of other scripts stay as they are, unless they stand in a word together with Latin
    letters.
    """
    previous = None
    for _ in range(
        4
        # each step may make work for another; a few rounds reach the fixed point that idempotence asks
        # for
    ):
        if text == previous:
            break
        previous, text = text, _pass(text)
    return text


def neutralise(text: str) -> str:
    """The normalised text with nothing in front that Rasa could take for a command (`/intent{...}`,
    `/restart`, `EXTERNAL: ...`).
    """
    text = normalise(text)
    while True:
        shorter = _COMMAND.sub("", text).removeprefix("EXTERNAL:").strip()
        if shorter == text:
            return text
        text = shorter


def _pass(text: str) -> str:
    if _MOJIBAKE.search(text):
        from ftfy import fix_encoding

        text = fix_encoding(text)
    if not text.isascii():
        text = unicodedata.normalize(
            "NFKC", text.translate(_ENCLOSED) if not _only_flags(text) else text
        )
        text = _without_invisible(text)
        text = _without_lookalikes(text.translate(_LATIN_VARIANTS))
        text = unicodedata.normalize("NFKC", text)
    elif not text.isprintable():
        text = "".join(c if c.isprintable() else " " if c.isspace() else "" for c in text)
    return " ".join(text.split())


def _only_flags(text: str) -> bool:
    """Two regional indicators are a country's flag; longer rows spell words."""
    letters = sum("\U0001f1e6" <= c <= "\U0001f1ff" for c in text)
    return (
        letters > 0
        and letters == 2 * len(_FLAGS.findall(text))
        and not any("\U0001f150" <= c <= "\U0001f189" for c in text)
    )


def _without_invisible(text: str) -> str:
    kept: list[str] = []
    marks = 0
    for char in text:
        category = unicodedata.category(char)
        if char.isspace():
            kept.append(" ")
        elif (
            category == "Cc"
            or category in _DROPPED
            or "\ufe00" <= char <= "\ufe0f"
            or char in "ᅠㅤᅟ⠀"
        ):
            continue
        elif category in {"Mn", "Me"}:
            marks += 1
            overlay = "\u0334" <= char <= "\u0338" or category == "Me"  # struck through
            if marks <= _MARKS_KEPT and not overlay:
                kept.append(char)
        else:
            marks = 0
            kept.append(char)
    return "".join(kept)


def _without_lookalikes(text: str) -> str:
    latin_text = len(_LATIN.findall(text)) * 2 > sum(c.isalpha() for c in text)

    def plain(match: re.Match[str]) -> str:
        word = match.group()
        changed = word.translate(_LOOKALIKES)
        # A word of another script in a Latin sentence keeps its letters, unless every one of them
        # passes for Latin.
        return changed if _LATIN.search(word) or (latin_text and changed.isascii()) else word

    return _WORD.sub(plain, text)
