"""One message as words with what was found in them, and the guards that say whether it counts: what
is denied, asked as a rule, or said not to be known.
"""

import re
from collections.abc import Sequence

from bot.language import tokens
from bot.language.patterns import Match
from bot.language.tokens import Tokens
from bot.reading.behind import DENIED, NOUNS, OPEN, Behind
from bot.reading.times import Time
from bot.reading.vocabulary import Reading

NEGATED_WITHIN, ASKED_WITHIN, UNKNOWN_WITHIN, BESIDE_WITHIN, NOT_NOW_WITHIN = 3, 5, 6, 0, 1
"""Words between a match and what denies it, asks about it or leaves it open (see reading.yml)."""
FORMAL_BEFORE = 4
"""Words before a fact within which "diagnosed" says what is denied of it."""
DROPPED_WITHIN = 2
"""Words between a fact and "wasn't his": "the GBH, that was someone else"."""
OWNERS = frozenset({"his", "her", "their"})
UNSURE = frozenset({"sure", "clear", "certain", "if", "whether", "about"})
OURS = frozenset({"my", "our", "me"})
ANSWERS = frozenset({"yes", "y", "no", "n", "none", "nil", "yeah", "yep", "nope", "confirmed"})
WONDERS = frozenset({"any", "is", "was", "has", "does", "did", "are", "got", "previous", "known"})
"""Words that begin a short question about one fact."""
WONDERED = WONDERS | {
    *("a", "an", "the", "he", "she", "they", "there", "his", "her", "have", "had", "been", "ever"),
    *(
        "history",
        "of",
        "evidence",
        "signs",
        "sign",
        "record",
        "convictions",
        "for",
        "past",
        "actual",
    ),
}
"""Words between such a one and the fact."""
ON_RECORD = NOUNS | {"on", "file", "record", "recorded", "known", "noted", "there", "at", "all"}
"""Words between the fact and the mark."""
NOTED = ("fact:", "age:", "place:", "time:")
"""Groups of what notes are made of."""
ASKING = frozenset(
    {"do", "does", "can", "could", "would", "will", "is", "are", "any", "what", "which", "who", "how"}
    | {"should", "suitable", "eligible", "suit", "fit", "if", "for", "about", "take", "accept"}
)  # fmt: skip
"""Words of a sentence that asks something."""
YEAR = re.compile(r"(?:19|20)\d\d")
THEN = frozenset({"previously", "formerly", "historically", "originally"})
MIGHT = frozenset({"might", "may"})
TOO_FAR = 99
JOINING = frozenset({"or", "nor", "/"})
BOTH = (("or", "any"), ("nor", "any"), ("or", "a"))
ONLY = frozenset({"only", "just", "merely"})
"""After "not": it is so, and more."""
CONTRASTS = frozenset({"low", "medium", "med"})
"""Behind "not", within a yes: "high, not medium" is no denial."""
SUBJECTS = frozenset({"he", "she", "i", "he's", "she's", "i'm", "they", "we"})
"""Words with which a clause goes on with the one whom it is about."""
HEADING = frozenset({"trust", "team", "unit", "service", "pathway", "pathways", "support", "link"})
"""Words between a service's name and the colon of a heading."""
FOR = {("for",), ("re",), ("regarding",)}
OWNED = {(word,) for word in OWNERS}
AT_HOME = {("with",), ("at",), ("to",)}
"""Words before a relative whose home is meant."""
SIGNS = frozenset({"sign", "signs", "indications"})
"""What somebody sees, and what the page asks for: no opinion of a disorder."""
HOUSEHOLD = frozenset(
    {"lives", "live", "living", "lived", "stays", "stay", "staying", "home", "back", "is", "going"}
    | {"returning", "released", "moving", "he's", "she's", "i'm"}
)
"""Words shortly before it that say that somebody lives there, or will."""
TIME_WORDS = frozenset(
    {"within", "in", "the", "next", "year", "years", "month", "months", "two", "a", "couple", "of"}
)
ENDING = frozenset({"but", "although", "though", "however", "yet", "whereas"})
"""Words over which no negation reaches."""


class Message:
    """`found`: every match of the patterns in `read`."""

    def __init__(self, read: Tokens, found: Sequence[Match], reading: Reading) -> None:
        self.read, self.words, self.reading = read, read.words, reading
        skipped = {
            at
            for m in found
            if m.key == "skip" and not (self._is_household(m) or self._is_compared(m, found))
            for at in range(m.start, m.end)
        }
        asides = self._asides(found)
        skipped |= asides
        # "His wife is 40" says nothing of his age, but that he is a man.
        kept = ("skip", "pronoun:", "people:", "about:", "withdrawn:")
        self.found = [
            m
            for m in found
            if not skipped.issuperset(range(m.start, m.end))
            or (m.key.startswith(kept) and not (m.start in asides and m.key.startswith("people:")))
        ]

        self.found += _headings(self.words, self.found)
        self.passed_over = [m for m in found if m not in self.found]
        self.behind = Behind.of(read.words, self.found, reading.somebody)

    def _asides(self, found: Sequence[Match]) -> set[int]:
        """Words that tell of another, or of what is not so: "unlike his brother who is violent"."""
        words: set[int] = set()
        for match in found:
            end = match.end
            if match.key == "asides":
                while end < len(self.words) and self.words[end] not in tokens.BREAKS | SUBJECTS:
                    end += 1
                words |= {*range(match.start, end)}
            elif match.key == "earlier":
                this = (m.start for m in found if m.key == "this_one" and m.start >= end)
                words |= {*range(match.start, min(this, default=match.start))}
        return words

    def _is_household(self, match: Match) -> bool:
        """ "He lives with his mum in Camden", "at his nan's in Hull": her home is his."""
        start = match.start - (self.words[match.start - 1 : match.start] in OWNED)
        lead = self.words[:start][-1:]
        return lead in AT_HOME and (
            start == 1
            or self.words[start - 2] in tokens.BREAKS
            or not HOUSEHOLD.isdisjoint(self.words[max(0, start - 3) : start - 1])
        )

    def is_of_a_household(self, match: Match) -> bool:
        """ "With his nan in Tooting" makes nobody a woman."""
        before = self.words[: match.start][-1:]
        return before in OWNED or (before in AT_HOME and self._is_household(match))

    def _is_compared(self, match: Match, found: Sequence[Match]) -> bool:
        """ "And his mate who's 23, same otherwise?": the mate is whom it is about."""
        compares = any(m.key == "operation:compare" for m in found)
        return compares and self.words[match.start] in OWNERS

    def has(self, *keys: str) -> bool:
        """Whether something of one of the groups was found."""
        return any(m.key in keys for m in self.found)

    def of(self, group: str) -> list[Match]:
        """The matches of a group of groups: `of("age")` are those of "age:over" and its like."""
        return [m for m in self.found if m.key.startswith(f"{group}:")]

    def before(self, key: str, at: int, within: int) -> bool:
        """A match of a group that begins before, and ends at most `within` words before, in the same
        clause.
        """
        return any(m.key == key and self._reaches(m, at, within) for m in self.found)

    def _reaches(self, match: Match, at: int, within: int) -> bool:
        return (
            match.start < at <= match.end + within
            and self.read.clause[match.start] == self.read.clause[at]
            and ENDING.isdisjoint(self.words[match.end : at + 1])
        )

    def is_denied(self, at: int, *, fillers: bool = True) -> bool:
        """One of the words of negation stands shortly before; words such as "a history of" between
        don't count. It reaches over another fact only where the two are joined: "no violence or PD",
        but not "no violence PD", nor "no violence but PD".
        """
        if self.words[at] in ENDING:
            return False
        left, here = NEGATED_WITHIN if fillers else 0, at - 1
        joined = self.words[at - 1] in JOINING or self.words[at - 2 : at] in BOTH if at else False
        while here >= 0 and left >= 0 and self.read.clause[here] == self.read.clause[at]:
            if self.words[here] in ENDING or (not joined and self._is_fact(here, at)):
                return False
            # "No, he's from Luton" answers; it denies nothing.
            if self.words[here] in self.reading.negation and not (
                (self.words[here] == "no" and self.words[here + 1] in self.reading.somebody)
                or self.words[here + 1] in ONLY
            ):
                return True
            left -= self.words[here] not in self.reading.fillers or not fillers
            here -= 1
        return False

    def is_formal(self, match: Match, fact: str) -> bool:
        """Denied as a diagnosis: "no PD diagnosis", "never diagnosed with PD"."""
        near = range(max(0, match.start - FORMAL_BEFORE), min(len(self.words), match.end + 2))
        clause = self.read.clause
        return any(
            self.words[at] in self.reading.formal.get(fact, ())
            and clause[at] == clause[match.start]
            for at in near
        )

    def is_claim(self, match: Match) -> bool:
        """Somebody's own word against a record, or a denial with an exception."""
        said = {
            self.words[at]
            for at in range(match.start)
            if self.read.clause[at] == self.read.clause[match.start]
            and {*self.reading.opinion_from}.isdisjoint(self.words[max(0, at - 2) : at])
        }
        after = self.words[match.end : match.end + 2]
        return not said.isdisjoint(self.reading.claims) or not {*after}.isdisjoint(
            self.reading.exceptions
        )

    def _is_fact(self, here: int, at: int) -> bool:
        """Whether a word belongs to a fact that ends before another begins."""
        return any(
            m.start <= here < m.end <= at and not m.key.startswith("fact:offender")
            for m in self.of("fact")
        )  # "never convicted of anything violent" is one denial

    def is_answered_no(self, at: int) -> bool:
        """ "Violence: none.", "violence nil known", "PD not found"."""
        return self.behind.verdict(at) == DENIED

    def is_open(self, match: Match) -> bool:
        """Asked about as a rule, or said not to be known; "?PD" is how a doubt is noted."""
        if self.words[match.start - 1 : match.start] == ("?",) and (
            match.start == 1 or self.words[match.start - 2] in tokens.BREAKS
        ):
            return True
        if self._is_queried(match) or self._is_marked(match) or self._is_wondered(match):
            return True
        if self.before("asked", match.start, ASKED_WITHIN) or self.is_doubted(match.start):
            return True
        if self._is_opinion(match):
            return True
        return any(map(self.is_left_open, {match.end, self._behind_time(match.end)}))

    def _is_opinion(self, match: Match) -> bool:
        """ "I think he's got PD"."""
        fact = match.key.removeprefix("fact:").split(":")[0]
        return fact in self.reading.opinions_of and any(
            m.key == "opinion"
            and self._reaches(m, match.start, 0)
            and not (
                self.words[m.start - 1] in self.reading.opinion_from
                and not SIGNS.isdisjoint(self.words[m.start : match.start])
            )
            for m in self.found
        )

    def is_doubted(self, at: int) -> bool:
        """ "Possible PD", "not sure if he's settled". A doubt ends with the first fact, unless another
        one is joined to it: "possible PD GBH" doubts one thing.
        """
        within = {"unknown_before": UNKNOWN_WITHIN, "unknown_beside": BESIDE_WITHIN}
        return any(
            m.key in within
            and (
                (m.start <= at < m.end and self._is_unsure(m))
                or self._reaches(m, at, within[m.key])
            )
            and self.words[m.start - 1 : m.start] != ("what",)  # "what if" supposes
            and not self.behind.ends_between(m.end, at)
            for m in self.found
        )

    def _is_unsure(self, match: Match) -> bool:
        """ "Not sure if settled" is no "not settled"."""
        return not UNSURE.isdisjoint(self.words[match.start : match.end])

    def is_left_open(self, end: int) -> bool:
        """What ends here is said not to be known, or no longer to be so."""
        return self.behind.verdict(end) == OPEN

    def _behind_time(self, end: int) -> int:
        """ "A move within 2 years: not known": where the time right behind a fact ends."""
        while end < len(self.words) and (
            self.words[end].isdigit() or self.words[end] in TIME_WORDS
        ):
            end += 1
        return end

    def _is_queried(self, match: Match) -> bool:
        """ "GBH, PD?, stuck": a fact that stands alone before a mark, with more behind that does
        not answer it.
        """
        behind = self.words[match.end :]
        return (
            self.begins(match)
            and behind[:1] == ("?",)
            and not ANSWERS & {*(behind[1:2] or ("no",))}
        )

    def _is_wondered(self, match: Match) -> bool:
        """ "Any history of violence? File doesn't say": a question of its own that no yes or no
        follows.
        """
        start = self.read.sentence.index(self.read.sentence[match.start])
        lead = self.words[start : match.start]
        if not lead or lead[0] not in WONDERS or not WONDERED.issuperset(lead):
            return False
        end = match.end
        while end < len(self.words) and self.words[end] in ON_RECORD:
            end += 1
        return self.words[end : end + 1] == ("?",) and ANSWERS.isdisjoint(
            self.words[end + 1 : end + 2]
        )

    def _is_marked(self, match: Match) -> bool:
        """ "PD traits ? GBH stuck": a mark among notes, in which nothing is asked in words."""
        end = match.end + (self.words[match.end : match.end + 1] in {(noun,) for noun in NOUNS})
        behind = self.words[end : end + 3]
        if behind[:1] != ("?",) or len(behind) < 2 or behind[1] in ANSWERS:
            return False
        noted = any(m.start in {end + 1, end + 2} for m in self.found if m.key.startswith(NOTED))
        sentence = self.read.sentence
        return noted and not any(
            sentence[at] == sentence[match.start] and word in ASKING
            for at, word in enumerate(self.words)
        )

    def is_wondered(self, end: int) -> bool:
        """ "Stuck, cat C next year? LPPU?": a mark behind a note, in a sentence that asks nothing in
        words, with more behind that does not answer it.
        """
        behind, sentence = self.words[end : end + 2], self.read.sentence
        return (
            behind[:1] == ("?",)
            and len(behind) > 1
            and behind[1] not in ANSWERS
            and not any(
                sentence[at] == sentence[end - 1] and word in ASKING
                for at, word in enumerate(self.words)
            )
        )

    def leads_to_a_fact(self, match: Match) -> bool:
        """Whether another fact stands right behind."""
        return any(m.start == match.end for m in self.of("fact"))

    def leads_to_a_place(self, match: Match) -> bool:
        """ "Settled in Southampton" is said of a home."""
        return self.words[match.end : match.end + 1] in {("in",), ("near",)} and any(
            m.start in {match.end + 1, match.end + 2} for m in self.of("place")
        )

    def begins(self, match: Match) -> bool:
        """Whether nothing stands before it in its clause."""
        return not match.start or self.words[match.start - 1] in tokens.BREAKS

    def is_broken(self, match: Match, fact: str) -> bool:
        """A yes with a "might", a "nothing" or a "but" inside, over which the gap of its pattern
        went.
        """
        inside = range(match.start + 1, match.end - 1)
        if not MIGHT.isdisjoint(self.words[at] for at in inside):
            return True
        return fact in self.reading.unbroken and any(
            (self.words[at] in self.reading.negation and self.words[at + 1] not in CONTRASTS)
            or self.words[at] == "but"
            for at in inside
        )

    def is_dropped(self, match: Match) -> bool:
        """Taken back: "ignore the GBH", "the GBH wasn't his"."""
        return self.before("dropped_before", match.start, 0) or any(
            m.key == "dropped_after" and match.end <= m.start <= match.end + DROPPED_WITHIN
            for m in self.found
        )

    def is_of_another(self, match: Match) -> bool:
        """Said of somebody who is only mentioned: "his father's PD", "violence in the family"."""
        told = any(
            (m.key.startswith(("age:", "fact:")) and m.end < match.start)
            or (m.key.startswith("sex:") and m.start > match.end and self._heads(m))
            for m in self.found
        )
        before = {"theirs_before", *(("theirs_named",) if told else ())}
        return any(
            (
                m.key in before
                and m.start < match.start
                and self._joins(m, match)
                and OURS.isdisjoint(self.words[max(0, m.start - 2) : m.start])
            )
            or (m.key == "theirs_after" and match.start < m.start and self._joins(match, m))
            for m in self.found
        )

    def _heads(self, match: Match) -> bool:
        """ "Mum has BPD. Lad 19": whether a sentence begins with it."""
        return self.words[match.start - 1] in tokens.SENTENCE

    def _joins(self, first: Match, second: Match) -> bool:
        """Whether one runs into the other, with at most a word between."""
        if first.start < second.start and second.end <= first.end:
            return True  # the gap of the first went over the second
        return first.end <= second.end and (
            second.start - first.end <= 1
            and tokens.BREAKS.isdisjoint(self.words[first.end : second.start])
        )

    def is_not_now(self, match: Match) -> bool:
        """Said of another time: "was on probation", "will be on licence", "not yet on probation"; but
        not "what if he was on probation".
        """
        after = (*self.words[match.end : match.end + 3], "", "", "")
        if self.words[match.start] in self.reading.states and (
            after[0] in THEN
            or after[:3] == ("in", "the", "past")
            or (after[0] == "in" and YEAR.fullmatch(after[1]))
        ):
            return True  # "high risk in 2023", "high risk previously"
        return (
            self.words[match.start] in self.reading.states
            and not self.has("operation:suppose")
            and self.before("not_now", match.start, NOT_NOW_WITHIN)
        ) or self.before("not_yet", match.start, NOT_NOW_WITHIN)

    def is_alone(self, at: int) -> bool:
        """The only word of its clause."""
        clause = self.read.clause
        return all(
            word in tokens.BREAKS
            for i, word in enumerate(self.words)
            if clause[i] == clause[at] and i != at
        )

    def distance(self, match: Match, time: Time | Match) -> int:
        """Words between; a comma counts as two, and the end of a sentence as too many."""
        first, last = (
            (match.end, time.start) if match.end <= time.start else (time.end, match.start)
        )
        between = self.words[first:last]
        if first > last:
            return 0
        return TOO_FAR if tokens.SENTENCE & set(between) else len(between) + between.count(",")


def _headings(words: Sequence[str], found: Sequence[Match]) -> list[Match]:
    """ "LPPU: M 45 ... Women in Prison: F 31 ...": where services are headings, each of somebody's case,
    each begins an item of a list.
    """
    heads: dict[str, Match] = {}
    for match in found:
        start, end = match.start, match.end
        while end < len(words) and words[end] in HEADING and end < match.end + 2:
            end += 1
        if not match.key.startswith("about:") or words[end : end + 1] != (":",):
            continue
        start -= words[start - 1 : start] in FOR
        if not start or words[start - 1] in tokens.BREAKS:
            heads[match.key] = Match("people:item", start, end)
    starts = sorted(heads.values(), key=lambda m: m.start)
    if len(starts) < 2 or any(m.key == "people:item" for m in found):
        return []
    ends = [*(m.start for m in starts[1:]), len(words)]
    each = all(
        not {"m", "f"}.isdisjoint(words[m.end : end])
        or any(f.key.startswith(("sex:", "age:")) and m.end <= f.start < end for f in found)
        for m, end in zip(starts, ends, strict=True)
    )
    return starts if each else []
