"""What is said right behind a fact: that it is not so, or not known. "PD traits - tbc", "GBH? Not
clear", "violence (unconfirmed)", "personality disorder: none".
"""

from collections.abc import Collection, Mapping, Sequence

from bot.language import tokens
from bot.language.patterns import Match

DENIED, OPEN = "denied", "open"
GAP = 3
"""Words between a fact and such a phrase: "stuck in his sentence: tbc"."""
MARKS = frozenset({":", "=", "-", "?", "(", ";", ",", ".", "["})
LOOSE = frozenset({",", "."})
"""Marks behind which "no" may begin something else."""
SURE = frozenset({":", "=", "?", "(", "["})
"""Marks behind which a phrase looks back."""
NAMED = frozenset({":", "="})
LINKS = frozenset(
    {"is", "are", "was", "were", "has", "been", "that", "it", "it's", "that's", "still", "just", "but"}
    | {"now", "since", "later", "subsequently", "i", "i'm", "we", "we're", "though", "however", "or", "=", "-", "apparently"}
)  # fmt: skip
"""Words between a fact and what is said of it."""
FORWARD = frozenset(
    {"if", "whether", "about", "on", "how", "what", "when", "where", "which", "who", "to", "for", "of"}
    | {"he", "she", "they", "he's", "she's", "they're", "his", "her", "their", "there's"}
)  # fmt: skip
"""Words that turn a phrase to what follows: "not sure if", "not known to probation"."""
LEADS = frozenset(
    {"suspected", "query", "queried", "alleged", "possibly", "maybe", "perhaps", "poss", "unsure", "probably"}
    | {"unclear", "uncertain", "dunno", "pending", "denied", "disputed", "excluded", "requested"}
)  # fmt: skip
"""Words of a phrase that may as well be said of what follows: "GBH, suspected PD"."""
IS = frozenset({"is", "are", "was", "were", "still"})
JOINS = frozenset({"and", "or", "/", "&", "nor", "+"})
NOUNS = frozenset(
    {"traits", "difficulties", "disorder", "disorders", "diagnosis", "dx", "offences", "offending", "history"}
    | {"behaviour", "features", "signs", "issues", "problems", "convictions", "pathway", "needs"}
    | {"case", "left"}
)  # fmt: skip
"""Words that only go on with a fact: "PD traits nil"."""
NOS, END = frozenset({"no", "none", "nil", "n", "never"}), "."
RECORDS = frozenset({"record", "file", "pnc", "oasys", "paper"})
QUALIFIES = frozenset(
    {"one", "some", "except", "apart", "bar", "alleged", "allegation", "allegations", "suspected"}
)
"""Words behind "none on record" that leave it open."""
ENDS = tokens.BREAKS | {"known", "recorded", "noted", "reported", "evident", "and", "seen", "found"}


class Behind:
    """`phrases`: what denies or leaves open what stands before it. `starts`: where facts, ages and
    services begin, with their ends.
    """

    def __init__(
        self,
        words: Sequence[str],
        phrases: Mapping[int, tuple[str, int]],
        starts: Mapping[int, int],
        somebody: Collection[str],
    ) -> None:
        self._words, self._phrases, self._starts = words, phrases, starts
        self._somebody = somebody

    @classmethod
    def of(
        cls, words: Sequence[str], found: Sequence[Match], somebody: Collection[str]
    ) -> "Behind":
        """From the matches in a message."""
        phrases = {
            m.start: (kind, m.end)
            for key, kind in (("denied_after", DENIED), ("unknown_after", OPEN))
            for m in found
            if m.key == key
        }
        starts = {
            m.start: m.end for m in found if m.key.startswith(("fact:", "age:", "about:", "place:"))
        }
        return cls(words, phrases, starts, somebody)

    def verdict(self, end: int) -> str:
        """`DENIED`, `OPEN`, or "" for a fact that ends here."""
        at = end
        while at < len(self._words) and at <= end + GAP:
            word, nouns = self._words[at], NOUNS.issuperset(self._words[end:at])
            if found := self._phrase(at, sure=at > end and self._words[at - 1] in IS):
                return found
            if at in self._starts:
                return ""
            if at == end and word in JOINS:
                return self._joined(at + 1)
            if word in MARKS:
                return self._marked(at, nouns=nouns)
            if nouns and word in NOS - {"no", "never"} and self._word(at + 1) in ENDS:
                return DENIED  # "PD no violence yes" is read from its marks only
            if word in tokens.BREAKS:
                return ""
            at += 1
        return ""

    def ends_between(self, first: int, last: int) -> bool:
        """Whether a fact lies between two words and is joined to nothing behind it."""
        return any(
            first <= start and end <= last and JOINS.isdisjoint(self._words[end:last])
            for start, end in self._starts.items()
        )

    def _word(self, at: int) -> str:
        return self._words[at] if at < len(self._words) else END

    def _joined(self, at: int) -> str:
        """ "PD and violence: tbc" is said of both."""
        at += at not in self._starts
        return self.verdict(self._starts[at]) if at in self._starts else ""

    def _marked(self, at: int, *, nouns: bool) -> str:
        """What stands behind a mark, or a few."""
        first = at
        while at < len(self._words) and self._words[at] in MARKS:
            at += 1
        marks = {*self._words[first:at]}
        if "?" in marks and at - first > 1 and self._words[first] != END:
            return OPEN  # "PD: ?", "PD (?)", "PD??"
        if answer := self._answer(at, marks):
            return answer if nouns else OPEN  # "violence in custody: none"
        linked = at
        while at not in self._phrases and self._word(at) in LINKS:
            at += 1
        return self._phrase(at, sure=at > linked or bool(marks & SURE))

    def _answer(self, at: int, marks: Collection[str]) -> str:
        """ "Violence: none", "PD? No." and "PD = N"; "PD: no formal diagnosis" is left open."""
        word, after = self._word(at), self._word(at + 1)
        if word not in NOS or at in self._phrases:
            return ""
        named = not NAMED.isdisjoint(marks)
        if after in ENDS:
            answers = "?" in marks and after == "," and self._word(at + 2) in self._somebody
            if answers or not LOOSE.isdisjoint(marks):
                return ""
            return OPEN if self._is_qualified(at + 1) else DENIED
        if after == "on" and self._word(at + 2) in RECORDS and "?" not in set(marks) - NAMED:
            return OPEN if self._is_qualified(at + 3) else DENIED
        if named:
            return DENIED if word == "n" or at + 1 in self._starts else OPEN
        return ""

    def _is_qualified(self, at: int) -> bool:
        """Whether "none on record" goes on with something that is told all the same."""
        end = at
        while end < len(self._words) and self._words[end] not in tokens.SENTENCE:
            end += 1
        return any(
            word in QUALIFIES and self._words[at + n - 1] not in NOS
            for n, word in enumerate(self._words[at:end])
        )

    def _phrase(self, at: int, *, sure: bool = False) -> str:
        """`sure`: what stands before shows that the phrase looks back."""
        if at not in self._phrases:
            return ""
        kind, end = self._phrases[at]
        leads_on = end in self._starts or (
            self._word(end) in {"a", "an", "the", "his", "her"} and end + 1 in self._starts
        )
        if self._word(end) in FORWARD or (leads_on and not sure and self._words[at] in LEADS):
            return ""
        return kind
