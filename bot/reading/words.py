"""What a message says, letter tricks and texting undone: the words that rules and features look at.
Never shown to anybody.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from anyascii import anyascii
from rapidfuzz.distance import DamerauLevenshtein

from bot.language.text import normalise

STOP = "."
"""The token that ends a sentence."""

_LEET = str.maketrans("0134578@$!|€+", "oleastbasiiet")
_ONE_AS_I = str.maketrans("0134578@$!|€+", "oieastbasiiet")
# A letter, or a sign that belongs to one in Arabic or Indic scripts (Python's `\w` leaves those
# out); not the danda, which ends a sentence.
_LETTER = r"(?:[^\W_]|[\u064b-\u065f\u0670\u0900-\u0963\u0966-\u0dff])"
WORD = re.compile(f"{_LETTER}+")
_TOKEN = re.compile(rf"[.!?;:…\n।॥؟۔]+|{_LETTER}+(?:[$@!|*]+[^\W_]+)*|[$@][^\W_]+")
_STOPS = frozenset(".!?;:…\n।॥؟۔")
_DISGUISED = re.compile(r"(?=.*[^\W\d_])(?:.*[\d$@!|€+*].*)")
_APOSTROPHES = re.compile("['’‘`´ʼ＇]")
# Contractions whose letters alone are another word: `he'll`, `we'd`; and `ill`, `hell` where a verb
# is meant.
_CONTRACTED = re.compile("(?<=[a-z])['’‘`´ʼ＇](ll|d|re|ve)\\b")
_CONTRACTED_AS = {"ll": " will", "d": " would", "re": " are", "ve": " have"}
_ILL = re.compile(
    r"(?<!\bam )(?<!\bis )(?<!was )(?<!are )(?<!were )(?<!been )(?<!\bbe )(?<!feel )(?<!felt )(?<!feeling )(?<!very )(?<!really )(?<!mentally )"
    r"(?<!terminally )(?<!seriously )(?<!critically )(?<!fell )(?<!fall )(?<!\bget )(?<!getting )(?<!\bgot )(?<!\btoo )(?<!\bso )(?<!the )(?<!\ba )"
    r"(?<!\bim )(?<!\bhes )(?<!shes )\bill (?=[a-z])"
)
_HELL = re.compile(
    r"\bhell (?=(?:be|kill|hang|die|do|end|top|hurt|stab|cut|never|finish|jump|take|string|overdose)\b)"
)
_APART = re.compile(r"(?<!\S)(?:[^\W_][\s.\-_*·,]+){2,}[^\W_](?![^\s.!?,])")
_RUN = re.compile(r"([^\W\d_])\1{2,}")
_LATIN_MARKED = re.compile("[À-ɏḀ-ỿ]")
_ARABIC = str.maketrans(
    {
        "أ": "ا",
        "إ": "ا",
        "آ": "ا",
        "ٱ": "ا",
        "ى": "ي",
        "ة": "ه",
        "ہ": "ه",
        "ھ": "ه",
        "ک": "ك",
        "ی": "ي",
        "ے": "ي",
        "ں": "ن",
        "ـ": "",
    }
)
_TWO = re.compile(
    r"\b(want|wants|wanted|going|need|needs|have|has|like|trying|tried|got|about|ready|wish|how|where|nothing|reason)( just)? 2 (?=[a-z])"
)


@dataclass(frozen=True)
class Spelling:
    """`bot/reading/grammar/spelling.yml`."""

    words: Mapping[str, str]
    phrases: Mapping[str, str]
    emoji: Mapping[str, str]
    recover: frozenset[str]
    glue: frozenset[str]
    respell: tuple[str, ...]

    @classmethod
    def of(cls, data: Mapping[str, Any]) -> "Spelling":
        return cls(
            data["words"],
            data["phrases"],
            data["emoji"],
            frozenset(data["recover"]),
            frozenset(data["glue"]),
            tuple(data["respell"]),
        )


class Reader:
    """Turns text into tokens: lower-case words without apostrophes, and STOP where a sentence ends."""

    def __init__(self, spelling: Spelling) -> None:
        self._spelling = spelling
        self.common = spelling.glue
        emoji = "|".join(re.escape(e) for e in spelling.emoji)
        self._emoji = re.compile(f"({emoji})")
        phrases = "|".join(
            re.escape(p).replace(r"\ ", r"[\s-]+")
            for p in sorted(spelling.phrases, key=len, reverse=True)
        )
        self._phrases = re.compile(rf"\b(?:{phrases})\b")
        self._word = lru_cache(4096)(self._read_word)

    def tokens(self, text: str) -> tuple[str, ...]:
        return tuple(
            word
            for part in _TOKEN.findall(self.plain(text))
            for word in ([STOP] if part[-1] in _STOPS else self._word(part))
        )

    def plain(self, text: str) -> str:
        """The text in lower case, with what spans several words undone: emoji, letters set apart,
        `want 2`, marks on Latin letters.
        """
        text = self._emoji.sub(
            lambda m: f" {self._spelling.emoji[m.group()]} ", normalise(text).lower()
        )
        text = _CONTRACTED.sub(lambda m: _CONTRACTED_AS[m.group(1)], text)
        text = _HELL.sub("he will ", _ILL.sub("i will ", _APOSTROPHES.sub("", text)))
        text = _LATIN_MARKED.sub(lambda m: anyascii(m.group()).lower(), text).translate(_ARABIC)
        if _APART.search(text):
            text = _APART.sub(self._joined, text)
        text = _TWO.sub(r"\1\2 to ", text)
        return self._phrases.sub(
            lambda m: self._spelling.phrases[re.sub(r"[\s-]+", " ", m.group())], text
        )

    def _joined(self, match: re.Match[str]) -> str:
        """`k i l l  m y s e l f` is two words of ours; `a b c` and initials stay apart."""
        gaps = [re.sub(r"[\W_]", "", word) for word in re.split(r"\s{2,}", match.group())]
        words = [
            split
            for word in gaps
            for split in ((word,) if word in self._spelling.recover else self._unglued(word) or ())
        ]
        return " ".join(words) if words else match.group()

    def _read_word(self, word: str) -> tuple[str, ...]:
        known = self._spelling.words
        if word in known:
            return tuple(known[word].split())
        if word in self._spelling.recover or word in self._spelling.glue:
            return (word,)
        if _RUN.search(word):
            for kept in (r"\1", r"\1\1"):
                shorter = _RUN.sub(kept, word)
                if shorter in self._spelling.recover or shorter in self._spelling.glue:
                    return (shorter,)
                if shorter in known:
                    return tuple(known[shorter].split())
            word = _RUN.sub(r"\1", word)
        if not word.isalpha() and _DISGUISED.match(word):
            return self._undisguised(word)
        if not word.isascii():
            return (word,)
        return self._unglued(word) or (self._respelled(word),)

    def _undisguised(self, word: str) -> tuple[str, ...]:
        recover = self._spelling.recover
        for table in (_LEET, _ONE_AS_I):
            plain = word.translate(table)
            if plain in recover:
                return (plain,)
            if len(plain) > 5 and plain.isalpha() and (split := self._unglued(plain)):
                return split
        if "*" in word:
            hidden = re.compile(
                re.sub(
                    r"\*+", lambda m: f"[a-z]{{{len(m.group())}}}", re.sub(r"[^a-z*]", ".", word)
                )
            )
            return next(((w,) for w in sorted(recover) if hidden.fullmatch(w)), (word,))
        return (word,)

    def _unglued(self, word: str) -> tuple[str, ...] | None:
        """`killmyself` as two words, where every part is one of ours and one of them is worth it."""
        if len(word) < 4 or len(word) > 40 or not word.isascii():
            return None
        recover, glue = self._spelling.recover, self._spelling.glue
        if word in recover:
            return (word,)
        best: list[tuple[str, ...] | None] = [()] + [None] * len(word)
        for end in range(1, len(word) + 1):
            for start in range(max(0, end - 12), end):
                part, before = word[start:end], best[start]
                if before is not None and (
                    part in recover or (part in glue and (len(part) > 1 or part == "i"))
                ):
                    longer = (*before, part)
                    if best[end] is None or len(longer) < len(best[end] or ()):
                        best[end] = longer
        split = best[-1]
        if (
            split is None
            or len(split) < 2
            or max(map(len, split)) < 3
            or not (recover.intersection(split) or "life" in split or "help" in split)
        ):
            return None
        return tuple(w for part in split for w in self._spelling.words.get(part, part).split())

    def _respelled(self, word: str) -> str:
        """A slip of one letter in a long word that no other word looks like."""
        if len(word) < 6:
            return word
        near = (
            w
            for w in self._spelling.respell
            if w[0] == word[0] and DamerauLevenshtein.distance(w, word, score_cutoff=1) <= 1
        )
        return next(near, word)
