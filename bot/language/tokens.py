"""A message as small words, with its dates and number words made plain. What looks like a prison
number is gone before anything else.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from bot.language.notation import Dates, Postcodes, plain

BREAKS = frozenset(",.;:?!()&")
"""Between two clauses: no pattern's gap goes over one."""
SENTENCE = frozenset(".;?!")

_PLAIN = str.maketrans("’‘“”–—", "''  --")
_SECTION = re.compile(r"\bs\.?\s?(18|20|47)\b")
_IS = re.compile(
    r"\b((?:my|our) (?!mate|friend|pal)[a-z]+)'s(?= (?:on|out|inside|stuck|now|high|low|not|only|just|\d\d)\b)"
)
"""Where "my son's" is "my son is"."""
_WORD = re.compile(r"[a-z]+(?:['_][a-z]+)*|\d+(?:\.\d+)?|[^\sa-z\d]")
_UNITS = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine"]
_TEENS = [
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
NUMBER_WORDS = {
    **{w: i for i, w in enumerate(_UNITS, 1)},
    **{w: i for i, w in enumerate(_TEENS, 10)},
    **{w: 10 * i for i, w in enumerate(_TENS, 2)},
}
"""One to nineteen, and the tens up to ninety."""
_ORDINALS = {
    **{f"{word}th": NUMBER_WORDS[word] for word in _TEENS if word != "twelve"},
    "twentieth": 20,
    "thirtieth": 30,
}
_LAST_ORDINALS = [
    "first",
    "second",
    "third",
    "fourth",
    "fifth",
    "sixth",
    "seventh",
    "eighth",
    "ninth",
]
_BIRTHDAY = "birthday"
_COUNTED = frozenset(
    ["year", "years", "month", "months", "week", "weeks", "day", "days", "wing", "wings"]
)
NOWHERE = Postcodes()
_AND_A_HALF = ["and", "a", "half"]
Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Tokens:
    """`words` in small letters; `dates` by the word that stands for one; `clause` is the number of
    each word's clause, `sentence` of its sentence.
    """

    words: tuple[str, ...]
    dates: Mapping[str, Dates]
    clause: tuple[int, ...]
    sentence: tuple[int, ...]


def read(
    text: str,
    spelling: Mapping[str, str],
    respelt: Callable[[str], str] = str,
    names: Mapping[str, Sequence[Words]] = MappingProxyType({}),
    postcodes: Postcodes = NOWHERE,
) -> Tokens:
    """Takes normalised text (bot.language.text).

    `names`: by their first word, names of several words, longest first, that become one
    ("tower_hamlets"). `postcodes`: which are in London, and which are not.
    """
    text, dates = plain(text.lower().translate(_PLAIN), postcodes)
    text = _SECTION.sub(r"s \1", text)
    text = _IS.sub(r"\1 is", text)
    text = re.sub(r"\s-+\s|\s?\|\s?", " ; ", text)
    text = re.sub(r"(?<=[a-z])-(?=[a-z\d])|(?<=\d)-(?=[a-z])", " ", text)
    text = re.sub(r"(?<![a-z])'|'(?![a-z])", " ", text)
    text = re.sub(r"(?<=\d)(st|nd|rd|th)\b", "", text)
    words = [respelt(w) for word in _WORD.findall(text) for w in spelling.get(word, word).split()]
    return of(_joined(_numbers(words), names), dates)


def of(words: Sequence[str], dates: Mapping[str, Dates]) -> Tokens:
    """Words with the clauses and sentences that they stand in."""
    clause, sentence = [0], [0]
    for word in words[:-1]:
        clause.append(clause[-1] + (word in BREAKS))
        sentence.append(sentence[-1] + (word in SENTENCE))
    return Tokens(tuple(words), dates, tuple(clause[: len(words)]), tuple(sentence[: len(words)]))


def _joined(words: Sequence[str], names: Mapping[str, Sequence[Words]]) -> list[str]:
    """Each name of several words as one word."""
    found: list[str] = []
    at = 0
    while at < len(words):
        name = next(
            (
                name
                for name in names.get(words[at], ())
                if tuple(words[at : at + len(name)]) == name
            ),
            (words[at],),
        )
        found.append("_".join(name))
        at += len(name)
    return found


def _numbers(words: Sequence[str]) -> list[str]:
    """Number words as digits; "one" to "nine" only where something is counted ("no one" is nobody)."""
    found: list[str] = []
    at = 0
    while at < len(words):
        word, after = words[at], words[at + 1] if at + 1 < len(words) else ""
        if word in _TENS and after in _UNITS:
            found.append(str(NUMBER_WORDS[word] + NUMBER_WORDS[after]))
            at += 2
            continue
        if word in _ORDINALS and after == _BIRTHDAY:
            found.append(str(_ORDINALS[word]))
            at += 1
            continue
        if word in _TENS and after in _LAST_ORDINALS and words[at + 2 : at + 3] == [_BIRTHDAY]:
            found.append(str(NUMBER_WORDS[word] + _LAST_ORDINALS.index(after) + 1))
            at += 2
            continue
        counts = word in NUMBER_WORDS and (
            word not in _UNITS
            or after in _COUNTED
            or (after in {"to", "or"} and words[at + 2 : at + 3] and words[at + 2] in NUMBER_WORDS)
            or list(words[at + 1 : at + 4]) == _AND_A_HALF
        )
        found.append(str(NUMBER_WORDS[word]) if counts else word)
        at += 1
    return found
