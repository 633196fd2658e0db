"""Detects crisis language: the one detector that the gateway, the NLU guard and the command line
share. Pure, explainable, never raises.

How the layers combine, first match decides:
1. A rule of the grammar that no guard stands beside: its label.
2. The classifier, on the message and on its sentences: crisis from its threshold on. Where every
   rule found is guarded
   (history, policy, quotation, denial, joke) the threshold is higher.
3. The last messages joined to this one: crisis spread over several short messages, by rules or by
   the classifier from a high threshold on.
4. Concern: a rule of that label, or the classifier's lower threshold. Else none.
Whatever goes wrong inside counts as concern. Without the classifier's files the grammar works alone
and says so.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.errors import ModelError
from bot.reading.crisis_grammar import Grammar, Hit, Reading
from bot.reading.crisis_model import Classifier, Opinion, sentence, tuned_encoder
from bot.reading.screening import Label, Screening, Situation, Who
from bot.reading.words import STOP

LONG = 8
"""Words. Of a longer message one sentence is judged by itself too, for a long ordinary question
must not drown a short cry for help.
"""
HINT = 0.2
"""And only one to which the classifier's words alone give this much."""
PART = 0.8
"""The threshold of a sentence by itself: without what stands beside it, "he was a child" says more
than it says.
"""
READ_MAX = 30
"""Words that the encoder reads at once, at 0.16 ms each: the sentences of a longer message whose
words give most cause to.
"""
EARLIER_MAX = 2
"""So many earlier messages are joined to this one, and only as many characters of them."""
EARLIER_CHARACTERS = 300
JOINED = 0.85
"""The classifier's threshold for messages joined: most pairs of short messages have nothing to do
with each other.
"""
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
        situation = situation_of(reading)
        if hit := _deciding(reading, Label.CRISIS):
            return _of_rule(hit, reading, situation)
        guarded = any(hit.guarded_by for hit in reading.hits)
        if self._classifier is not None and self._encode is not None:
            opinion, by = self._opinion(reading)
            limit = self._classifier.guarded_threshold if guarded else self._classifier.threshold
            if opinion.crisis >= limit:
                return Screening(
                    Label.CRISIS,
                    _who(opinion.who, opinion.category, reading),
                    opinion.category,
                    by,
                    situation,
                )
            if (
                opinion.crisis + opinion.concern >= self._classifier.concern_threshold
                and opinion.concern + opinion.crisis > 0.5
            ):
                return Screening(
                    Label.CONCERN,
                    _who(opinion.who, opinion.category, reading),
                    opinion.category,
                    by,
                    situation,
                )
        elif guarded:  # nothing is there to weigh a guarded rule with
            hit = reading.hits[0]
            return Screening(
                Label.CONCERN,
                hit.rule.who,
                hit.rule.category,
                f"rule:{hit.rule.id} beside {hit.guarded_by}, {self.missing}",
                situation,
            )
        if hit := _deciding(reading, Label.CONCERN):
            return _of_rule(hit, reading, situation)
        return Screening(Label.NONE, decided_by="model" if self._classifier else self.missing)

    def _opinion(self, whole: Reading) -> tuple[Opinion, str]:
        """The stronger opinion of two: on the message, and on that sentence of it whose words alone
        give most cause to look closer.
        """
        assert self._classifier is not None
        assert self._encode is not None
        if len(whole.tokens) <= LONG:
            return self._judged(whole, whole.tokens), "model"
        sentences = _sentences(whole.tokens)
        hints = [self._classifier.hint(tokens) for tokens in sentences]
        opinion = self._judged(whole, _gist(sentences, hints))
        strongest = max(range(len(sentences)), key=hints.__getitem__)
        if (
            len(sentences) == 1
            or hints[strongest] < HINT
            or opinion.crisis >= self._classifier.guarded_threshold
        ):
            return opinion, "model"
        part = self._grammar.read(" ".join(sentences[strongest]))
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
            found = _of_rule(hit, together, situation_of(together))
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
        if self._screen(before).label is Label.CRISIS:  # said there already, and so answered there
            return None
        opinion = self._judged(together, together.tokens)
        if opinion.crisis < JOINED:
            return None
        return Screening(
            Label.CRISIS,
            _who(opinion.who, opinion.category, together),
            opinion.category,
            "model over messages",
            situation_of(together),
        )


def situation_of(reading: Reading) -> Situation:
    """Where the words say that the writer is: the most particular that fits."""
    order = (
        Situation.PROFESSIONAL,
        Situation.RELATIVE_OF_PRISONER,
        Situation.RELATIVE,
        Situation.CUSTODY,
    )
    return next((s for s in order if s in reading.situations), Situation.UNKNOWN)


def load_detector(models: Path) -> Detector:
    """Loads the detector and tests it with fixed phrases. Raises ModelError where one of them
    fails, ContentError where the grammar has a mistake.

    About a second of CPU. A missing or broken classifier does not stop it: `Detector.missing` says
    why there is none.
    """
    from bot.reading.selftest import check

    grammar = Grammar()
    try:
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


def _gist(sentences: Sequence[tuple[str, ...]], hints: Sequence[float]) -> list[str]:
    """READ_MAX words at most: whole sentences, those of the highest hints, in the order of the
    message.
    """
    kept, room = set(), READ_MAX
    for at in sorted(range(len(sentences)), key=lambda at: -hints[at]):
        if len(sentences[at]) <= room:
            kept.add(at)
            room -= len(sentences[at])
    return [token for at in sorted(kept) for token in (*sentences[at], STOP)]


def _deciding(reading: Reading, label: Label) -> Hit | None:
    return next(
        (hit for hit in reading.hits if not hit.guarded_by and hit.rule.label is label), None
    )


def _of_rule(hit: Hit, reading: Reading, situation: Situation) -> Screening:
    # A rule about somebody else that stands beside one about the writer says more: "my son wants to
    # die" has both.
    other = next(
        (
            h
            for h in reading.hits
            if not h.guarded_by and h.rule.who is Who.OTHER and h.rule.label is hit.rule.label
        ),
        hit,
    )
    chosen = (
        hit if Situation.CUSTODY in reading.situations and hit.rule.category == "threat" else other
    )
    return Screening(
        chosen.rule.label,
        _who(chosen.rule.who, chosen.rule.category, reading),
        chosen.rule.category,
        f"rule:{chosen.rule.id}",
        situation,
    )


def _who(who: Who, category: str, reading: Reading) -> Who:
    """A message of a professional is about somebody else, unless it says `I` before anything or
    tells what is done to `me`.
    """
    if (
        Situation.PROFESSIONAL not in reading.situations
        or "i" in reading.tokens[:3]
        or reading.tokens[0] == STOP
    ):
        return who
    return who if category in {"abuse", "threat"} and "me" in reading.tokens else Who.OTHER
