"""Detects crisis language: the one detector that the gateway, the NLU guard and the command line
share. Pure, explainable, never raises.

How the layers combine, first match decides:
1. A rule of the grammar that decides alone and that no guard governs: its label, unless the
   classifier holds a crisis for next to impossible ("we all die one day so eat the cake").
2. The classifier, on the message and on its clauses: crisis from its threshold on. Where half a
   phrase of a rule agrees the threshold is lower, and where every rule found is guarded (history,
   policy, quotation, denial, joke) it is higher.
3. The last messages joined to this one: crisis spread over several short messages, by rules or by
   the classifier from a high threshold on.
4. Concern: a rule of that label, or the classifier's lower threshold. Else none. Either may still
   be raised by the dialogue's intent classifier (`bot.reading.screening.with_vote`).
Whatever goes wrong inside counts as concern. Without the classifier's files the grammar works alone
and says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError
from bot.reading.crisis_grammar import Grammar, Hit, Reading
from bot.reading.crisis_model import Classifier, Opinion, sentence, tuned_encoder
from bot.reading.screening import Label, Screening, Situation, Who
from bot.reading.words import STOP

DOUBTED = 0.05
"""A rule that the classifier gives less than this does not decide alone. Of 162 crises that a rule
decided (calibration, held-out and development rows) none had less than .9, of 3,599 mixes that a
rule decided one had (.02, but .99 by its clause); of ten false alarms of rules two.
"""
SPOKEN = 0.5
"""And only in a message that the encoder reads whole, and to which the words alone give less than
this: a plain cry for help is answered in a millisecond, without the encoder, whoever floods us.
"""
LONG = 8
"""Words. Of a longer message one clause is judged by itself too, for a long ordinary question
must not drown a short cry for help.
"""
HINT = 0.2
"""And only one to which the classifier's words alone give this much."""
PART = 0.99
"""The threshold of a sentence by itself: without what stands beside it, "he was a child" says more
than it says.
"""
WHOLE = 0.4
"""And only where the whole message gives this much too: out of its place, "two to a cell" says what
nobody said. With .97 and .2 (calibration, held-out, development and one blind set's rows) no crisis
more was found, and five ordinary messages more were taken for one.
"""
LEAST = 3
"""Words of a clause that is read by itself."""
VOTE = 0.9
"""Crisis and concern together, from where on the vote of the intent classifier counts: of 16 votes
for rows that the screen did not take for a crisis (.15 and more; calibration, held-out and
development rows) four were right, and from here on three of four.
"""
AGREED = 0.5
"""The threshold where half a phrase of a rule is found: the classifier holds crisis for likelier."""
READ_MAX = 60
"""Words that the encoder reads at once, at 0.16 ms each: the sentences of a longer message whose
words give most cause to.
"""
LONG_LIMIT = 0.8
"""The least threshold of such a longer message: what is read of it sounds worse than it is. Of 142
crises of that length (calibration, held-out, development and blind rows) 137 reach it, of 117
ordinary messages 17; .41 had 140 and 28.
"""
EARLIER_MAX = 2
"""So many earlier messages are joined to this one, and only as many characters of them."""
EARLIER_CHARACTERS = 300
JOINED = 0.85
"""The classifier's threshold for messages joined: most pairs of short messages have nothing to do
with each other.
"""
CHILD, ABUSE = "child", "abuse"
FIRST_PERSON = frozenset({"i", "me", "myself"})
OTHERS = frozenset(
    {"he", "she", "they", "him", "her", "his", "them", "client", "resident", "patient"}
)
SHORT = 6
"""Words. Who writes in pieces of so few may be in the middle of a sentence."""

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


class Detector:
    """See the module. `classifier` and `encode` are None where the files are not there: the grammar
    works alone.
    """

    def __init__(
        self,
        grammar: Grammar,
        classifier: Classifier | None = None,
        encode: Encode | None = None,
        missing: str = "",
    ) -> None:
        self._grammar = grammar
        self._classifier = classifier
        self._encode = encode
        self.missing = missing
        """Why there is no classifier, "" where there is one."""

    def screen(self, text: str, earlier: tuple[str, ...] = ()) -> Screening:
        """Screens one message, with the user's last messages in the same conversation, oldest
        first. Never raises: an error counts as concern.
        """
        try:
            screening = self._screen(text)
            if screening.label is Label.CRISIS or not earlier:
                return screening
            return self._joined(text, earlier) or screening
        except Exception as error:
            return Screening(Label.CONCERN, decided_by=f"error:{type(error).__name__}")

    def _screen(self, text: str) -> Screening:
        reading = self._grammar.read(text)
        if not reading.tokens:
            return Screening(Label.NONE, decided_by="empty")
        hit = _deciding(reading, Label.CRISIS)
        if hit and not self._doubts(reading):
            return _of_rule(hit, reading)
        if self._classifier is None or self._encode is None:
            return self._without_classifier(reading)
        opinion, by = self.opinion(reading)
        crisis, either = opinion.crisis, opinion.crisis + opinion.concern
        label = Label.NONE
        if crisis >= self._limit(reading):
            label = Label.CRISIS
        elif hit or either >= self._classifier.concern_threshold or _half_a_phrase(reading):
            label = Label.CONCERN
        elif hit := _deciding(reading, Label.CONCERN):
            return replace(_of_rule(hit, reading), heeds_vote=True)
        heeds_vote = either >= VOTE
        if label is Label.NONE and not heeds_vote:
            return Screening(label, decided_by="model")
        who = _who_by_model(opinion, reading)
        return Screening(
            label,
            who,
            self._category(opinion, reading),
            by,
            situation_of(reading, who),
            heeds_vote=heeds_vote,
        )

    def _doubts(self, reading: Reading) -> bool:
        """Whether the classifier is as good as sure that a rule is wrong, in the message and in each
        of its clauses. Without it, or where it fails, nobody doubts: a rule needs no other part to be
        alive.
        """
        if self._classifier is None or len(reading.tokens) > READ_MAX:
            return False
        if self._classifier.hint(reading.tokens) >= SPOKEN:
            return False
        try:
            if self.opinion(reading)[0].crisis >= DOUBTED:
                return False
            clauses = [self._grammar.read(" ".join(tokens)) for tokens in _clauses(reading)]
            return all(self._judged(part, part.tokens).crisis < DOUBTED for part in clauses)
        except Exception:
            return False

    def _limit(self, reading: Reading) -> float:
        """From where on the classifier decides: lower where half a phrase of a rule is there to
        agree with, higher where every rule found is guarded, or not all of the message is read.
        """
        assert self._classifier is not None
        limit = self._classifier.guarded_threshold if reading.hits else self._classifier.threshold
        if _half_a_phrase(reading):
            limit = min(AGREED, self._classifier.threshold)
        return max(limit, LONG_LIMIT) if len(reading.tokens) > READ_MAX else limit

    def _category(self, opinion: Opinion, reading: Reading) -> str:
        """A child in danger needs a child in the words: else it is somebody grown."""
        if opinion.category != CHILD or not self._grammar.children.isdisjoint(reading.tokens):
            return opinion.category
        return CHILD if Situation.CHILD in reading.situations else ABUSE

    def _without_classifier(self, reading: Reading) -> Screening:
        """Nothing is there to weigh half phrases and guarded rules with: the first count, the
        second are a concern.
        """
        if not reading.hits:
            return Screening(Label.NONE, decided_by=self.missing, heeds_vote=True)
        hit = min(reading.hits, key=lambda hit: bool(hit.guarded_by))
        found = _of_rule(hit, reading)
        if not hit.guarded_by:
            return found
        return replace(
            found,
            label=Label.CONCERN,
            decided_by=f"rule:{hit.rule.id} beside {hit.guarded_by}, {self.missing}",
            heeds_vote=True,
        )

    def opinion(self, whole: Reading) -> tuple[Opinion, str]:
        """The stronger opinion of two, and which it is: on the message, and on that clause of it
        whose words alone give most cause to look closer. Needs the classifier.
        """
        assert self._classifier is not None
        assert self._encode is not None
        if len(whole.tokens) <= LONG and whole.clauses[-1] == 0:
            return self._judged(whole, whole.tokens), "model"
        sentences, clauses = _sentences(whole.tokens), _clauses(whole)
        opinion = self._judged(whole, _gist(sentences, self._classifier.hint))
        decided = opinion.crisis >= self._classifier.guarded_threshold
        if len(clauses) == 1 or decided or opinion.crisis < WHOLE:
            return opinion, "model"
        hints = [self._classifier.hint(tokens) for tokens in clauses]
        strongest = max(range(len(clauses)), key=hints.__getitem__)
        if hints[strongest] < HINT:
            return opinion, "model"
        part = self._grammar.read(" ".join(clauses[strongest]))
        other = self._judged(part, part.tokens)
        return (
            (other, "model:part")
            if other.crisis >= max(PART, opinion.crisis)
            else (opinion, "model")
        )

    def _judged(self, reading: Reading, tokens: Sequence[str]) -> Opinion:
        """`tokens` are what the encoder gets of the reading."""
        assert self._classifier is not None
        assert self._encode is not None
        return self._classifier.judge(reading, self._encode([sentence(tokens)])[0])

    def _joined(self, text: str, earlier: tuple[str, ...]) -> Screening | None:
        """Crisis spread over messages, that no single one of them says: by unguarded rules and,
        where all of them are short, by the classifier.
        """
        last = earlier[-EARLIER_MAX:]
        before = " ".join(last)[-EARLIER_CHARACTERS:]
        together = self._grammar.read(f"{before} {text}")
        hit = _deciding(together, Label.CRISIS)
        if hit is not None and all(
            h.rule.id != hit.rule.id for h in self._grammar.read(before).hits
        ):
            found = _of_rule(hit, together)
            return Screening(
                found.label,
                found.who,
                found.category,
                f"{found.decided_by} over messages",
                found.situation,
            )
        if (
            self._classifier is None
            or max(len(message.split()) for message in (*last, text)) > SHORT
        ):
            return None
        opinion = self._judged(together, together.tokens)
        if opinion.crisis < JOINED:
            return None
        if self._screen(before).label is Label.CRISIS:  # said there already, and so answered there
            return None
        who = _who_by_model(opinion, together)
        return Screening(
            Label.CRISIS,
            who,
            self._category(opinion, together),
            "model over messages",
            situation_of(together, who),
        )


def situation_of(reading: Reading, who: Who = Who.OTHER) -> Situation:
    """Where the words say that the writer is: the most particular that fits. It hangs on whom the
    message is about: one who is in danger himself may well name his officer or his mother.
    """
    others = (
        Situation.PROFESSIONAL,
        Situation.RELATIVE_OF_PRISONER,
        Situation.RELATIVE,
        Situation.CUSTODY,
    )
    order = others if who is Who.OTHER else (Situation.CUSTODY,)
    return next(
        (s for s in (Situation.CHILD, *order) if s in reading.situations), Situation.UNKNOWN
    )


def load_detector(models: Path, distrusted: str = "") -> Detector:
    """Loads the detector and tests it with fixed phrases. Raises ModelError where one of them
    fails, ContentError where the grammar has a mistake.

    About a second of CPU. A missing or broken classifier does not stop it: `Detector.missing` says
    why there is none. `distrusted`: why its files must not be loaded, or "".
    """
    from bot.reading.selftest import check

    grammar = Grammar()
    try:
        if distrusted:
            raise ModelError(distrusted)
        classifier = Classifier.load(models)
        detector = Detector(grammar, classifier, tuned_encoder(models).encode)
    except (ModelError, OSError, ImportError) as error:
        detector = Detector(grammar, missing=f"no classifier: {error}")
    check(detector)
    return detector


def _sentences(tokens: Sequence[str]) -> list[tuple[str, ...]]:
    """The tokens between the stops, in pieces of READ_MAX at most."""
    ends = [at for at, token in enumerate(tokens) if token == STOP]
    whole = [
        tuple(tokens[start:end])
        for start, end in zip((0, *(end + 1 for end in ends)), (*ends, len(tokens)), strict=True)
    ]
    return [words[at : at + READ_MAX] for words in whole for at in range(0, len(words), READ_MAX)]


def _clauses(reading: Reading) -> list[tuple[str, ...]]:
    """The clauses, in pieces of READ_MAX at most. One of a word or two ("please") says nothing by
    itself: it stays with the next.
    """
    found: list[list[str]] = [[]]
    number = 0
    for token, clause in zip(reading.tokens, reading.clauses, strict=True):
        if clause != number and len(found[-1]) >= LEAST:
            found.append([])
        number = clause
        if token != STOP:
            found[-1].append(token)
    if len(found) > 1 and len(found[-1]) < LEAST:
        last = found.pop()
        found[-1] += last
    return [
        tuple(words[at : at + READ_MAX]) for words in found for at in range(0, len(words), READ_MAX)
    ]


def _gist(
    sentences: Sequence[tuple[str, ...]], hint: Callable[[Sequence[str]], float]
) -> list[str]:
    """READ_MAX words at most: whole sentences, those of the highest hints, in the order of the
    message.
    """
    kept, room = set(), READ_MAX
    all_fit = sum(map(len, sentences)) <= room
    hints = [0.0 if all_fit else hint(tokens) for tokens in sentences]
    for at in sorted(range(len(sentences)), key=lambda at: -hints[at]):
        if len(sentences[at]) <= room:
            kept.add(at)
            room -= len(sentences[at])
    return [token for at in sorted(kept) for token in (*sentences[at], STOP)]


def _deciding(reading: Reading, label: Label) -> Hit | None:
    return next((hit for hit in reading.hits if hit.decides and hit.rule.label is label), None)


def _half_a_phrase(reading: Reading) -> bool:
    """Whether a rule found something that no guard governs, and cannot decide alone."""
    return any(not hit.guarded_by and hit.rule.label is Label.CRISIS for hit in reading.hits)


def _of_rule(hit: Hit, reading: Reading) -> Screening:
    hit = _own(hit, reading)
    # A rule about somebody else that stands beside one about the writer says more: "my son wants to
    # die" has both. Not where the writer says `i` in that clause and not in the other.
    other = next(
        (
            h
            for h in reading.hits
            if not h.guarded_by
            and h.rule.who is Who.OTHER
            and h.rule.label is hit.rule.label
            and not _turns_to_i(h, reading)
        ),
        hit,
    )
    apart = _clause(other, reading) != _clause(hit, reading) and hit.rule.who is Who.SELF
    in_custody = Situation.CUSTODY in reading.situations and hit.rule.category == "threat"
    chosen = hit if in_custody or (apart and _says_i(hit, reading)) else other
    who = chosen.rule.who
    tells_of_another = {Situation.PROFESSIONAL, Situation.RELATIVE} & reading.situations
    if who is Who.SELF and tells_of_another and not _says_i(chosen, reading):
        who = Who.OTHER
    return Screening(
        chosen.rule.label,
        who,
        chosen.rule.category,
        f"rule:{chosen.rule.id}",
        situation_of(reading, who),
    )


def _own(hit: Hit, reading: Reading) -> Hit:
    """ "My mum does not know i took an overdose" begins with somebody else, and tells of oneself."""
    if hit.rule.who is not Who.OTHER or not _turns_to_i(hit, reading):
        return hit
    own = (h for h in reading.hits if not h.guarded_by and h.rule.who is Who.SELF)
    return next((h for h in own if h.rule.label is hit.rule.label), hit)


def _turns_to_i(hit: Hit, reading: Reading) -> bool:
    return "i" in reading.tokens[hit.start + 1 : hit.end]


def _clause(hit: Hit, reading: Reading) -> int:
    return reading.clauses[hit.start]


def _says_i(hit: Hit, reading: Reading) -> bool:
    """Whether the writer speaks of himself or herself in the clauses of a hit, or speaks of nobody."""
    first, last = reading.clauses[hit.start], reading.clauses[hit.end - 1]
    words = {
        token
        for token, clause in zip(reading.tokens, reading.clauses, strict=True)
        if first <= clause <= last
    }
    return not FIRST_PERSON.isdisjoint(words) or OTHERS.isdisjoint(words)


def _who_by_model(opinion: Opinion, reading: Reading) -> Who:
    """The classifier's opinion, but that a professional who does not say `i` tells of somebody else."""
    if Situation.PROFESSIONAL not in reading.situations or not FIRST_PERSON.isdisjoint(
        reading.tokens
    ):
        return opinion.who
    return Who.OTHER
