"""Judges each word of a message: is it somebody's name? Pure; a linear model over what the word is,
how it is written and what stands around it, trained on `data/privacy` by `bot.training.names`.

The rules of `bot.privacy.names` are one of its features: they are right mostly, but know neither
"Precious works on C wing" nor that a ward may be called after somebody. The weights are whole
numbers in a text file, so that the same message gets the same verdict on every machine.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path

from bot.language.identify import rows, word_list
from bot.privacy import names

FOLDER = Path(__file__).parent
WEIGHTS = FOLDER / "name_weights.txt"
KINDS = FOLDER / "word_kinds.txt"
SURNAMES = FOLDER / "surnames.txt"
PHRASES = FOLDER / "phrases.txt"
BIAS = "bias"
SCALE = 100
"""A weight of so much is 1 in the logarithm of the odds."""
SURE_AGAINST, SURE_FOR, SURE_OF_MORE = -100, 50, 200
"""A word that the rules take for a name is none below the first. One that they don't is a name above
the second, or above the third where more speaks against it: it is that of a place, is written small
behind a name, or is in no list of names (a slip, a rare word, another language).
"""

_TOKEN = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]|\n")
_ALPHA = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_ENDS = frozenset('.!?\n:;"“(')
_LISTED = frozenset("FWSf")
"""Marks of a word that a list of names has."""
_ONE_NAME = re.compile(r" |-|\. ?|")
"""Between two words of one name."""
_WINDOWS: tuple[tuple[str, tuple[tuple[str, int], ...]], ...] = tuple(
    (spec, tuple((part[0], int(part[1:])) for part in spec.split()))
    for spec in (
        *("w-1", "w+1", "w-2", "w+2", "w-3", "w+3", "k-1", "k+1", "k-2", "k+2", "c-1", "c+1"),
        *("w-2 w-1", "w-1 w+1", "w+1 w+2", "k-2 k-1", "k-1 k+1", "k+1 k+2"),
        *("w-2 k-1", "k-2 w-1", "w+1 k+2", "k+1 w+2", "w-3 w-2 w-1", "w+1 w+2 w+3"),
    )
)
"""What of the words around is looked at: the word, its kind or its class, and how far away."""


@cache
def _kinds() -> dict[str, tuple[str, str]]:
    fields = (row.split() for row in rows(KINDS))
    return {word: (f"k{kind}", usual) for kind, usual, *words in fields for word in words}


@cache
def _surnames() -> frozenset[str]:
    return word_list(SURNAMES)


@cache
def _phrases() -> frozenset[str]:
    return frozenset(rows(PHRASES))


@cache
def _weights() -> dict[str, int]:
    """Rows of a whole number, a blank and the feature that it is the weight of."""
    pairs = (row.split(" ", 1) for row in rows(WEIGHTS))
    return {feature: int(weight) for weight, feature in pairs}


def spans(text: str) -> list[tuple[int, int]]:
    """Where the names are: (start, end) in `text`, in order, without overlap."""
    weights = _weights()
    bias = weights.get(BIAS, 0)

    def score(features: Iterator[str]) -> int:
        return bias + sum(weights.get(feature, 0) for feature in features)

    return Tokens(text).judged(score)


class Tokens:
    """The words, numbers and signs of a message, with what is known of each."""

    def __init__(self, text: str) -> None:
        self._text = text
        self.found = list(_TOKEN.finditer(text))
        self._ruled = names.spans(text)
        self._lists = names.lists()
        words = [re.sub("['’]", "", match.group().lower()) for match in self.found]
        self._placed = names.within(words, names.places())
        self._said = names.within(words, _phrases())
        self._case = self._case_of_text()
        described = [self._described(at) for at in range(len(self.found))]
        self._of = {
            "b": [each[0] for each in described],
            "c": [each[1] + each[4] for each in described],
            "w": [each[2] for each in described],
            "k": [each[3] for each in described],
        }
        self._class = [each[1] for each in described]
        self._shape = [each[4] for each in described]
        self._rule = [
            any(start < match.end() and match.start() < end for start, end in self._ruled)
            for match in self.found
        ]

    def judged(self, score: Callable[[Iterator[str]], int]) -> list[tuple[int, int]]:
        """The names by the score of each word's features, read from left to right."""
        tags: list[bool] = []
        for at, ruled in enumerate(self._rule):
            before = bool(tags) and tags[-1]
            if at in self._said:
                tags.append(False)
            elif self.could_be(at):
                tags.append(score(self.features(at, before)) > self._sure(at, before))
            else:
                tags.append(ruled)
        return list(self._joined(self._with_initials(tags)))

    def _sure(self, at: int, before: bool) -> int:
        if self._rule[at]:
            return SURE_AGAINST
        small, unknown = self._shape[at][0] == "l", not _LISTED & set(self._class[at])
        unknown = unknown and (small or self._starts(at))
        doubtful = at in self._placed or (before and small) or unknown
        return SURE_OF_MORE if doubtful else SURE_FOR

    def could_be(self, at: int) -> bool:
        """Whether the model is asked. The rules decide of an everyday word that is in no list of
        names; a number is no name.
        """
        known = self._class[at]
        return (
            known != "" and len(self._of["b"][at]) > 1 and ("O" not in known or known[0] in "FWS")
        )

    def features(self, at: int, before: bool) -> Iterator[str]:
        """What is known of a word. `before`: the word before it is a name."""
        word, known, shape = self._of["w"][at], self._class[at], self._shape[at]
        start = self._starts(at)
        written = f"{shape}{self._case}{'^' if start else ''}"
        capital = "C" if shape[0] == "c" and self._case == "m" and not start else "?"
        listed, base = known.rstrip("1234"), self._of["b"][at]
        rule = f"{self._ruled_at(at - 1):d}{self._ruled_at(at):d}{self._ruled_at(at + 1):d}"
        gaps = f"{self._gap(at)}{self._gap(at + 1)}"
        yield from (f"b {base}", f"c {known}", f"s {written}", f"cs {known} {written}")
        yield from (
            f"k {self._of['k'][at]}",
            f"ks {self._of['k'][at]} {shape}",
            f"g {gaps} {shape}",
        )
        yield from (f"3 {base[-3:]} {listed}", f"n {min(len(self.found), 6)} {listed}")
        yield from (f"r {rule[1]}", f"r {rule}", f"rc {rule[1]} {known}", f"rs {rule[1]} {written}")
        after_name = f"{before:d}"
        yield from (
            f"p {after_name}",
            f"pc {after_name} {known}",
            f"ps {after_name} {shape} {gaps}",
        )
        yield f"pw {after_name} {self._at('w', at - 1)}"
        for spec, parts in _WINDOWS:
            seen = f"{spec} {' '.join(self._at(what, at + off) for what, off in parts)}"
            yield seen
            yield f"{seen} | {listed}"
            yield f"{seen} | {capital}"
        for off in (-1, 1):
            seen = f"{off:+} {self._at('w', at + off)} |"
            yield f"{seen} {word}"
            yield f"{seen} {known} {written}"

    def _at(self, what: str, at: int) -> str:
        if at < 0:
            return "<s>"
        return self._of[what][at] if at < len(self.found) else "</s>"

    def _ruled_at(self, at: int) -> bool:
        return 0 <= at < len(self._rule) and self._rule[at]

    def _gap(self, at: int) -> str:
        if not 0 < at < len(self.found):
            return "|"
        return "_" if self.found[at - 1].end() < self.found[at].start() else "-"

    def _starts(self, at: int) -> bool:
        return at == 0 or self.found[at - 1].group() in _ENDS

    def _case_of_text(self) -> str:
        """How the whole is written: in small letters, in capitals, each word with one, or mixed."""
        words = [
            m.group() for m in self.found if len(m.group()) > 1 and _ALPHA.fullmatch(m.group())
        ]
        capitals = sum(word[0].isupper() for word in words)
        if not any(letter.islower() for letter in self._text):
            return "u"
        if capitals == 0:
            return "l"
        many = len(words) >= names.TITLE_CASE_FROM
        return "t" if many and capitals > names.TITLE_CASE_SHARE * len(words) else "m"

    def _described(self, at: int) -> tuple[str, str, str, str, str]:
        """The word in lower case, its class, how it is named to others, its kind, its shape."""
        token = self.found[at].group()
        if not _ALPHA.fullmatch(token):
            sign = "0" * len(token) if token.isdigit() else "x0" if token[0].isalnum() else token
            return sign, "", sign, sign, "0"
        base, lists = _base(token), self._lists
        first = names.is_first(base)
        kind, usual = _kinds().get(base, ("", "5"))
        marks = (
            ("F", first),
            ("W", base in lists.words_too),
            ("S", base in _surnames()),
            ("f", not first and len(base) > 4 and base[-1] == "s" and names.is_first(base[:-1])),
            ("O", base in lists.ordinary),
            ("N", base in lists.not_names),
            ("P", at in self._placed or base in lists.places_too),
        )
        known = "".join(mark for mark, holds in marks if holds)
        if not known and usual == "5":
            known = "~" if not names.is_strange(base) else "?"
        if first and base not in lists.ordinary:
            named = "<F>"
        elif known[:1] in {"W", "O", "N"} or base in lists.of_rules or usual in "12":
            named = base
        else:
            named = {"P": "<P>", "S": "<S>"}.get(known[:1], "<U>")
        return base, known + usual, named, kind or named, _shape(token)

    def _with_initials(self, tags: list[bool]) -> list[bool]:
        """ "S. Rahman": the letter is of the name."""
        for at in range(len(tags) - 1, 0, -1):
            dot = self.found[at - 1].group() == "."
            before = at - 1 - dot
            letter = self.found[before].group() if before >= 0 else ""
            if not tags[at] or len(letter) != 1 or not letter.isupper():
                continue
            if self._shape[at][0] == "c" and (dot or letter.lower() not in names.NO_INITIALS):
                tags[before:at] = [True] * (at - before)
        return tags

    def _joined(self, tags: Sequence[bool]) -> Iterator[tuple[int, int]]:
        start = end = -1
        owns = False
        for match in (match for match, tag in zip(self.found, tags, strict=True) if tag):
            word = names.without_s(match.group())
            if start >= 0 and not owns and _ONE_NAME.fullmatch(self._text[end : match.start()]):
                end = match.start() + len(word)
            else:
                if start >= 0:
                    yield start, end
                start, end = match.start(), match.start() + len(word)
            owns = word != match.group()
        if start >= 0:
            yield start, end


def _base(token: str) -> str:
    return names.base(token) if token[0].isalpha() else token


def _shape(word: str) -> str:
    """How a word is written: l small, c with a capital, u in capitals, m mixed, i one letter."""
    if len(word) == 1:
        shape = "i"
    elif word.isupper():
        shape = "u"
    elif word[0].isupper() and (word[1:].islower() or re.search(r"['’-]|^Ma?c", word)):
        shape = "c"
    else:
        shape = "m" if any(letter.isupper() for letter in word) else "l"
    return shape + ("'" if names.without_s(word) != word else "")
