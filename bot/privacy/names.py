"""Finds people's first names in a message, with the surname behind them. Pure; what it knows is in
`first_names.txt` and `names.yml`.

By position first ("my name is …", "my son Curtis", "Leon, 19"), then by the list of first names. A
name that is an everyday word too (Will, Grace, May) counts only by where it stands. A word that
nobody knows counts where a name would stand, but not a slip of the keyboard ("my son wnats").
"""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

import yaml
from rapidfuzz import process
from rapidfuzz.distance import OSA

from bot.language.identify import ordinary_words, rows, word_list

FOLDER = Path(__file__).parent
LISTS = FOLDER / "names.yml"
FIRST_NAMES = FOLDER / "first_names.txt"
PLACES = FOLDER / "places.txt"
_PHRASE_MAX = 5
"""Words of a place or a phrase."""
TITLE_CASE_FROM, TITLE_CASE_SHARE = 4, 0.7
"""Of so many words, this share with a capital: capitals say nothing in such a text."""

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
_SENTENCE_END = re.compile(r"[.!?\n:;\"“(]")
_AGE_NEXT = re.compile(
    r"\s*[,(]\s*(?:aged\s*)?\d\d\b(?!\s*(?:m|mths?|months?|yrs? left|left|/|\.\d))"
)
_ASKING = frozenset(
    ["is", "can", "could", "would", "should", "does", "has", "will", "did", "isnt", "hasnt"]
)
_POSSESSIVE = frozenset(["my", "his", "her", "our", "their", "your", "the", "a"])
_SPEAKERS = frozenset(["i", "we", "you", "they"])
_CALLED = frozenset(("called", "named"))
_I_AM = frozenset(("im", "am"))
_CALL = frozenset(("call", "calls", "calling", "called", "named"))
_AND = frozenset(("and", "n", "nd"))
_LETTERED = frozenset(("cat", "category", "wing", "block", "plan", "option", "class", "vitamin"))
"""What is told apart by a letter: "cat C. Marcus said", which is no initial."""
_NAME = re.compile(r"(?=..)[^\W\d_][^\W\d_A-Z]*(?:['’-][^\W\d_]['’\w]*)*")
"""A name as it is written: "Rahman", "O'Brien"; not "RoSH", "N15" or the second P of "L.P.P"."""
NO_INITIALS = frozenset(("i", "a", "m", "f", "h"))
"""Letters that stand for something else where no full stop is behind them: "M N15", "H RoSH"."""
_UNKNOWN_FROM = 3
"""Letters of a word with a capital where people are named, and so hardly a slip."""
_STRANGE_FROM = 4
"""Letters. Shorter words that nobody knows are slips and abbreviations."""


@dataclass(frozen=True)
class Lists:
    """Words in lower case, by what they mean for a name: `names.yml` explains each."""

    first: frozenset[str]
    ordinary: frozenset[str]
    said_to: frozenset[str]
    words_too: frozenset[str]
    people: frozenset[str]
    after: frozenset[str]
    does: frozenset[str]
    asked: frozenset[str]
    months: frozenset[str]
    places_too: frozenset[str]
    before_those: frozenset[str]
    persons: frozenset[str]
    ranks: frozenset[str]
    not_surnames: frozenset[str]
    not_names: frozenset[str]
    signed_after: frozenset[str]
    things: frozenset[str]
    particles: frozenset[str]
    done_to: frozenset[str]
    before_a_person: frozenset[str]
    before_a_thing: frozenset[str]
    places: frozenset[str]
    of_rules: frozenset[str]
    """All words of `names.yml`, but those that are names too."""
    introduced: re.Pattern[str]
    titled: re.Pattern[str]


@cache
def lists() -> Lists:
    """What the rules know, from `names.yml` and the lists of names and places."""
    data = yaml.safe_load(LISTS.read_text(encoding="utf-8"))
    words = {key: frozenset(str(value).split()) for key, value in data.items()}
    introduced = "|".join(
        re.escape(words) for words in sorted(data["introduced_by"], key=len, reverse=True)
    )
    return Lists(
        first=word_list(FIRST_NAMES),
        ordinary=ordinary_words(),
        said_to=words["said_to"],
        words_too=words["words_too"],
        people=words["people"],
        after=words["after_a_name"],
        does=words["done_by_a_name"],
        asked=words["asked_of_a_name"],
        months=words["months"],
        places_too=words["places_too"],
        before_those=words["before_those"],
        persons=words["persons"],
        ranks=words["ranks"],
        not_surnames=words["not_surnames"],
        not_names=words["not_names"],
        signed_after=words["signed_after"],
        things=words["things"],
        particles=words["particles"],
        done_to=words["done_to"],
        before_a_thing=words["before_a_thing"],
        before_a_person=words["before_a_person"] | words["done_to"],
        places=places(),
        of_rules=frozenset(
            word
            for key, value in data.items()
            if isinstance(value, str) and key != "words_too"
            for word in value.split()
        ),
        introduced=re.compile(rf"\b(?:{introduced})\b[\s:,-]+", re.IGNORECASE),
        titled=re.compile(
            rf"(?<!my )(?<!the )\b(?:{'|'.join(data['titles'])}|(?-i:Miss(?=\s[A-Z])))\.?\s+(?=[^\W\d_]{{2}})",
            re.IGNORECASE,
        ),
    )


@cache
def places() -> frozenset[str]:
    """Places, in lower case and without apostrophes: who is from one is not named by it."""
    return frozenset(rows(PLACES))


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    start: int
    end: int
    base: str
    """Lower case, without accents and without a final 's."""

    @property
    def capital(self) -> bool:
        return self.text[0].isupper()

    @property
    def owns(self) -> bool:
        """True before what is somebody's: "sarah's"."""
        return without_s(self.text) != self.text

    @property
    def letters(self) -> bool:
        """True for an abbreviation in capitals."""
        return len(self.text) > 1 and self.text.isupper()


def spans(text: str) -> list[tuple[int, int]]:
    """Where the names are: (start, end) in `text`, in order, without overlap."""
    return list(_Text(text).names())


class _Text:
    def __init__(self, text: str) -> None:
        self._text, self._lists = text, lists()
        self._words = [_word(match) for match in _WORD.finditer(text)]
        self._introduced = {match.end() for match in self._lists.introduced.finditer(text)}
        self._titled = {match.end() for match in self._lists.titled.finditer(text)}

    @cached_property
    def _placed(self) -> frozenset[int]:
        """Which words stand in the name of a place: "Abbey Wood"."""
        return within([re.sub("['’]", "", word.text.lower()) for word in self._words], places())

    def names(self) -> Iterator[tuple[int, int]]:
        at = 0
        while at < len(self._words):
            if not self._is_name(at):
                at += 1
                continue
            start = self._with_initials(at)
            at, end = self._with_surname(at)
            yield start, end

    @cached_property
    def _capitals_count(self) -> bool:
        """False where all is written in capitals, or each word with one."""
        long = [word for word in self._words if len(word.text) > 1]
        capitals = sum(word.capital for word in long)
        if not any(letter.islower() for letter in self._text):
            return False
        return len(long) < TITLE_CASE_FROM or capitals <= TITLE_CASE_SHARE * len(long)

    def _is_name(self, at: int) -> bool:
        word, lists = self._words[at], self._lists
        if word.start in self._introduced or word.start in self._titled:
            return word.base not in lists.not_surnames
        if self._base(at - 1) == "st" or (word.base in lists.places_too and self._is_a_place(at)):
            return False
        if at in self._placed and not self._means_a_person(at):
            return False
        if is_first(word.base):
            return self._base(at + 1) not in lists.things and not re.match(
                r"\.\w", self._text[word.end : word.end + 2]
            )
        known = word.base in lists.words_too
        if not known and (word.base in lists.not_names or word.base in lists.not_surnames):
            return False
        if not known and word.base in lists.ordinary:
            return False
        return self._stands_for_a_person(at, known) or self._names_dad(at)

    def _stands_for_a_person(self, at: int, known: bool) -> bool:
        """Whether a word stands where a name does. `known`: it is one of those that are names too;
        otherwise nobody knows it.
        """
        word = self._words[at]
        if self._base(at - 1) in _SPEAKERS:
            return False
        capital = word.capital and self._capitals_count and not word.letters
        if self._of_a_person(at):
            if known:
                ends = self._ends_or_goes_on(at) or self._base(at - 1) in _AND
                return capital or ends
            return capital or is_strange(word.base)
        if (known or (capital and self._starts(at))) and _AGE_NEXT.match(self._text, word.end):
            return len(word.text) > 1
        if self._signs(at):
            return known or word.capital or is_strange(word.base)
        if capital and _NAME.fullmatch(word.text) and self._initial_before(at):
            return True
        if known and self._is_done_to(at):
            return True
        if self._is_called(at) or (self._starts(at) and self._does(at)):
            return known or capital or is_strange(word.base)
        if capital and (self._is_before_a_name(at) or self._asked_of(at)):
            return known or is_strange(word.base)
        if known and capital and self._has_a_surname(at):
            return True
        if known:
            return self._asked_of(at) or (capital and self._capital_is_of_a_name(at))
        return capital and self._capital_is_of_a_stranger(at)

    def _is_before_a_name(self, at: int) -> bool:
        """ "Li Wei", "Hope and Leon": what follows is a name, with a capital too."""
        also = self._base(at + 1) == "and"
        after = at + 1 + also
        if after >= len(self._words) or not self._words[after].capital:
            return False
        gap = self._text[self._words[at].end : self._words[after].start]
        return gap in (" ", " and ") and (
            is_first(self._base(after)) or (also and self._base(after) in self._lists.words_too)
        )

    def _names_dad(self, at: int) -> bool:
        """ "errols dad": the apostrophe is left out."""
        base = self._words[at].base
        return (
            base.endswith("s") and is_first(base[:-1]) and self._base(at + 1) in self._lists.people
        )

    def _signs(self, at: int) -> bool:
        """ "thanks, Tasha", "kind regards Nimra xx": the last word, after what ends a message."""
        if re.search(r"[^\W_]", re.sub(r"\bx+\b", "", self._text[self._words[at].end :])):
            return False
        if self._words[at].base in self._lists.signed_after:
            return False
        while self._initial_before(at):
            at -= 1
        before = at - 2 if self._base(at - 1) == "you" else at - 1
        return self._base(before) in self._lists.signed_after

    def _is_done_to(self, at: int) -> bool:
        """ "tell grace i said sorry"; not "ask in april", nor "tell will he come"."""
        word, lists = self._words[at], self._lists
        return (
            self._base(at - 1) in lists.done_to
            and word.base not in lists.months | lists.places_too | _ASKING
            and (
                word.capital
                or self._base(at + 1)
                in {"i", "im", "to", "that", "about", "he", "hes", "she", "shes"}
            )
        )

    def _has_a_surname(self, at: int) -> bool:
        """ "Precious Moyo": a capital follows on a word that nobody knows."""
        if at + 1 >= len(self._words):
            return False
        word, lists = self._words[at + 1], self._lists
        return (
            self._surname(at + 1, self._words[at].end, capital_needed=True)
            and word.base not in lists.ordinary | lists.things
            and not word.letters
            and at + 1 not in self._placed
        )

    def _capital_is_of_a_stranger(self, at: int) -> bool:
        """A word that nobody knows and that has a capital, where it is no place and no thing."""
        base, before = self._words[at].base, self._base(at - 1)
        if before in self._lists.ranks | self._lists.before_a_person and self._stands_alone(at):
            return len(base) >= _UNKNOWN_FROM
        if not is_strange(base):
            return False
        if before in self._lists.ranks or self._is_before_first(at):
            return True
        return self._stands_alone(at) and before not in self._lists.before_a_thing

    def _stands_alone(self, at: int) -> bool:
        """Whether it is the only word with a capital there, and no part of a title or a firm, or of
        an abbreviation ("RoSH").
        """
        around = [self._words[i] for i in (at - 1, at + 1) if 0 <= i < len(self._words)]
        inner = any(letter.isupper() for letter in re.split(r"['’-]", self._words[at].text)[0][1:])
        capitals = any(w.capital and not (w.letters or w.text == "I") for w in around)
        return not (self._starts(at) or inner or capitals)

    def _is_before_first(self, at: int) -> bool:
        """ "for Okonkwo, Chidi": the surname first, as forms have it."""
        if at + 1 >= len(self._words) or not self._words[at + 1].capital:
            return False
        gap = self._text[self._words[at].end : self._words[at + 1].start]
        return gap == ", " and is_first(self._base(at + 1))

    def _initial_before(self, at: int) -> bool:
        """Whether the word before is an initial with its full stop: "S. Rahman"."""
        if at == 0 or len(self._words[at - 1].text) > 1 or not self._words[at - 1].capital:
            return False
        gap = self._text[self._words[at - 1].end : self._words[at].start]
        if gap == " " and (self._base(at - 1) in NO_INITIALS or not self._words[at].capital):
            return False
        return gap in (".", ". ", " ") and self._base(at - 2) not in _LETTERED

    def _with_initials(self, at: int) -> int:
        """Where a name starts that is known by its word `at`."""
        while self._initial_before(at):
            at -= 1
        return self._words[at].start

    def _is_called(self, at: int) -> bool:
        """ "they call me X", "her husband is called X", "name: X"; not "a service called X"."""
        if self._base(at - 1) == "name":
            return self._starts(at - 1)
        before = [self._base(at - 3), self._base(at - 2), self._base(at - 1)]
        persons = self._lists.persons | self._lists.people
        if before[2] in _CALLED:
            return any(base in persons or base.removesuffix("s") in persons for base in before[:2])
        return before[1] in _CALL and before[2] in {"me", "him", "her"}

    def _does(self, at: int) -> bool:
        """ "summer wants to see her dad", "X is my aunt"."""
        if self._base(at + 1) == "is":
            return self._base(at + 2) in _POSSESSIVE and not self._lists.people.isdisjoint(
                (self._base(at + 3), self._base(at + 4))
            )
        return self._base(at) in self._lists.words_too and self._base(at + 1) in self._lists.does

    def _capital_is_of_a_name(self, at: int) -> bool:
        """A capital in mid-sentence, but not that of a month; at its start, only before a verb."""
        lists, base = self._lists, self._words[at].base
        month = base in lists.months
        if "of" in (self._base(at - 1), self._base(at + 1)):
            return False
        if self._starts(at):
            return not month and self._base(at + 1) in lists.after
        return not month or not (
            self._base(at - 1) in lists.before_those
            or re.match(r"\s*\d", self._text[self._words[at].end :])
            or re.search(r"\d(?:st|nd|rd|th)?\s*$", self._text[: self._words[at].start])
        )

    def _is_a_place(self, at: int) -> bool:
        """ "in Jordan", "deported to Jordan", but not "write to Jordan"."""
        if self._base(at - 1) == "to":
            return self._base(at - 2) not in self._lists.said_to
        return self._base(at - 1) in self._lists.before_those

    def _means_a_person(self, at: int) -> bool:
        """ "My brother Lincoln", "i am Charlton"."""
        return self._of_a_person(at) or self._base(at - 1) in _I_AM

    def _of_a_person(self, at: int) -> bool:
        """ "my son X", "his mate called X", "me and X"."""
        word = self._words[at]
        if self._base(at - 1) in _AND and self._base(at - 2) == "me":
            return word.base in self._lists.words_too
        after_two = self._base(at - 1) in _CALLED or self._base(at - 1) in {"of", "to"}
        before = at - 2 if after_two else at - 1
        if self._base(before) == "law" and self._base(before - 1) == "in":
            before -= 2
        if self._base(before) not in self._lists.people or self._starts(at):
            return False
        whose = before == at - 1 and self._words[before].owns
        return self._base(before - 1) in _POSSESSIVE and not whose

    def _ends_or_goes_on(self, at: int) -> bool:
        word = self._words[at]
        return (
            word.owns
            or bool(re.match(r"\s*(?:$|[,.?!(])", self._text[word.end :]))
            or self._base(at + 1) in self._lists.after
        )

    def _asked_of(self, at: int) -> bool:
        """ "is X eligible", "can X be referred"; not "will august be too soon"."""
        after = self._base(at + 1)
        if self._words[at].base in self._lists.months and after == "be":
            return False
        return self._base(at - 1) in _ASKING and after in self._lists.asked

    def _starts(self, at: int) -> bool:
        """True for the first word of a sentence."""
        if at == 0:
            return True
        gap = self._text[self._words[at - 1].end : self._words[at].start]
        return bool(_SENTENCE_END.search(gap))

    def _base(self, at: int) -> str:
        return self._words[at].base if 0 <= at < len(self._words) else ""

    def _with_surname(self, at: int) -> tuple[int, int]:
        """The number of the word behind the name, and where the name ends."""
        first = self._words[at]
        end = first.start + len(without_s(first.text))
        if end != first.end:
            return at + 1, end
        after = at + 1
        if self._initial(after):
            end = self._words[after].end
            end += self._text[end : end + 1] == "."
            after += 1
        for capital_needed in (False, True):
            if self._base(after) in self._lists.particles and self._surname(
                after + 1, self._words[after].end, capital_needed=True
            ):
                after += 1
            elif not self._surname(after, end, capital_needed):
                break
            last = self._words[after]
            end, after = last.start + len(without_s(last.text)), after + 1
        return after, end

    def _initial(self, at: int) -> bool:
        if at >= len(self._words):
            return False
        word, before = self._words[at], self._words[at - 1]
        if not (word.capital and word.base not in {"i", "a"}) and (
            self._text[word.end : word.end + 1] != "."
        ):
            return False
        return len(word.text) == 1 and self._text[before.end : word.start] == " "

    def _surname(self, at: int, end: int, capital_needed: bool) -> bool:
        if at >= len(self._words) or self._text[end : self._words[at].start] != " ":
            return False
        word, lists = self._words[at], self._lists
        if word.base in lists.not_surnames | lists.people | lists.asked | lists.after:
            return False
        if word.base in lists.not_names or len(word.text) == 1:
            return False
        if capital_needed:
            return word.capital and self._capitals_count
        if word.capital and self._capitals_count:
            return True
        return lists.ordinary.isdisjoint(
            (word.base, word.base.removesuffix("s"))
        ) and not word.base.endswith(("ing", "ed", "ly"))


def within(words: list[str], phrases: frozenset[str]) -> frozenset[int]:
    """Which of the words, by number, stand in one of the phrases."""
    return frozenset(
        at
        for start in range(len(words))
        for long in range(1, _PHRASE_MAX + 1)
        if " ".join(words[start : start + long]) in phrases
        for at in range(start, start + long)
    )


def is_first(base: str) -> bool:
    """Whether the list of first names has it, or the first half of a double one."""
    first = lists().first
    return base in first or base.split("-")[0] in first


def base(word: str) -> str:
    """Lower case, without accents, apostrophes and a final 's."""
    plain = unicodedata.normalize("NFKD", without_s(word)).casefold()
    letters = (letter for letter in plain if not unicodedata.combining(letter))
    return re.sub("['’]", "", "".join(letters))


def _word(match: re.Match[str]) -> _Word:
    return _Word(match.group(), match.start(), match.end(), base(match.group()))


@lru_cache(maxsize=4096)
def is_strange(base: str) -> bool:
    """A word that nobody knows, and no slip in one that is known."""
    if len(base) < _STRANGE_FROM or base.endswith(("s", "ing", "ed", "ly")):
        return False
    return not process.extractOne(base, lists().ordinary, scorer=OSA.distance, score_cutoff=1)


def without_s(word: str) -> str:
    return re.sub(r"['’](?:s|ll|d|ve)$", "", word, flags=re.IGNORECASE)
