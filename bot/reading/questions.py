"""Takes a message apart into the questions that it asks: "what is a PIPE and can i visit?" asks
two. Pure; spaCy splits the sentences.

A message is cut at the end of a sentence and where a new question opens ("and how ...", ", can he
..."). A cut holds only where both sides are questions that the classifier knows and that are not
the same one; otherwise the message is read as a whole, as it was typed.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from bot.language.names import Named, NameFinder
from bot.reading.calibration import OUT_OF_SCOPE
from bot.reading.intents import Prediction

QUESTIONS_MAX = 3
"""More than that is no longer one short answer."""
SURE = 0.5
"""Calibrated confidence from which on a part of a message stands as a question of its own."""
LIKELY = 0.25
"""And from which on it asks something beside its yes or no."""
DOUBTED, CLOSE = 0.6, 0.25
"""Confidence below which a question may mean something else, and what that has to have. Of 290
questions, our own and those of development, 5 of 9 taken below 0.6 were read as they were meant,
and 205 of 261 above.
"""
POSSIBLE = 0.05
"""Confidence from which on an intent is the next best, where what was taken cannot be meant."""
FEELING = "share_feeling"
SMALL_TALK = frozenset({"greet", "thank", "goodbye", "affirm", "deny", "abuse_bot", FEELING})
"""Beside a question these ask nothing: "hiya, thanks for that, when is the forum checked?"."""
GREETING, ABOUT = "greet", "ask_about"
ANSWERS, CALMING = frozenset({"affirm", "deny"}), frozenset({"false_alarm", "crisis"})

_ASKS = (
    r"(?:what|whats|what's|wat|wats|wot|wots|who|whos|who's|whose|where|wheres|where's|when|whens|why|how|hows|how's|which|is|are|isnt|isn't|am|was|do|does|did|"
    r"dont|don't|doesnt|doesn't|can|cant|can't|could|will|would|should|has|have|any idea|tell me|explain|if (?:he|she|they|i|we|there|its|it's) )"
)
_FILLERS = r"(?:(?:hi+|hiya|hello|hey|so|ok|okay|right|please|pls|well|and|but|also|sorry|um|er|oh|yeah|then)[\s,]+)*"
_WANTS = r"(?:i|we)(?:'d|d|'m|m| would| am|)? (?:want|need|wanna|like|would like|trying|looking|wondering|wonder)\b"
_ORDERS = r"looking for|wondering|need to know|want to know|give me|send me|list|describe|compare|difference"
_OPENS = re.compile(
    rf"\s*(?:[,;&]|\b(?:and|n|nd|also|plus|but|then)\b)+\s*(?:(?:also|then|so|please|pls|and|n|just)\s+)*(?=(?:{_ASKS}|if|whether)\b)",
    re.IGNORECASE,
)
_AUXILIARY = r"(?:is|are|am|was|do|does|did|can|could|will|would|should|has|have)"
_SUBJECT = (
    rf"{_AUXILIARY} (?:i|we|you|u|he|she|they|it|there|this|that|the|my|his|her|our|your|their)"
)
_INVERTED = re.compile(rf"\b{_SUBJECT}\b(?=.*\w)", re.IGNORECASE)
"""A question that opens with something else: "as his OM, do I come?". Not a tag, "is it?"."""
_UNJOINED = re.compile(
    rf"\s+(?=(?:(?:what|wot|wat|where|when|why|how)(?:'?s| {_AUXILIARY})"
    rf"|who(?:'?s (?:my|the|in)| {_SUBJECT}| runs| pays| decides)"
    rf"|how (?:many|much|long|often|far|big)|(?<!how many )(?<!how much )(?<!how long )(?<!how often )(?<!how far )(?<!how big ){_SUBJECT})\b)",
    re.IGNORECASE,
)
"""Where a question begins that nothing joins to the one before: "what is it where is it"."""
_WHOLE = re.compile(
    rf"(?:^|\s)(?:{_SUBJECT}|(?:what|wot|wat|where|who|how|when|why)(?:'?s| {_AUXILIARY}))\b.*\s\w+"
    r"|^how (?:many|much|long|often|far|big)$",
    re.IGNORECASE,
)
"""What has all of a question in it, so that another can begin behind."""
_LEADS_IN = re.compile(
    r"\b(?:(?:tell|show|give) (?:me|us)|know|wonder|explain|says?|said|see|check|confirm|about|of|to|on|"
    r"that|if|whether|who|which|what|where|when|how|why|or|than|and|but|because|after|before|once|"
    r"until|matters?|depends?|the|an?|my|his|her)$",
    re.IGNORECASE,
)
"""What comes before a question that is a part of it: "do you know how many there are"."""
_LISTED = re.compile(r"\s*(?:(?:^|(?<=\s))\d[).]\s|\s\+\s|;)\s*")
"""Marks of a list: what stands between them is asked, be it a question or a bare word ("criteria +
waiting time").
"""
_REPORTED = re.compile(
    r"\b(?:tell me|let me know|know|ask(?:ing)?|wonder(?:ing)?|find out|advise|confirm|clarify|check)\b",
    re.IGNORECASE,
)
"""What comes before "whether ..., and if ..."."""
_BARE = 3
"""Words that a part without a question word may have: "visits? places?"."""
_TAG = re.compile(
    r"(?:is|isn'?t|are|aren'?t|do|don'?t|does|doesn'?t|can|can'?t|has|hasn'?t|have|haven'?t|was|wasn'?t|will|won'?t)"
    r" (?:it|he|she|they|you|there|that)\W*",
    re.IGNORECASE,
)
"""What asks nothing of its own: "it is five, isn't it?"."""
_QUESTION = re.compile(rf"^{_FILLERS}(?:{_ASKS}\b|{_WANTS}|{_ORDERS})", re.IGNORECASE)
_HERE = re.compile(r"\s+here\b", re.IGNORECASE)
"""Behind a role it says who writes: "hi, keyworker here"."""
_KIN = re.compile(r"\b(?:my|his|her|hers) partners?$", re.IGNORECASE)
"""A partner of a person, and none of a service."""
_NOT = re.compile(
    r"\b(?:not|isnt|isn't|instead of|rather than|never mind|nvm|forget)\s+(?:the\s+|about\s+|at\s+|hmp\s+)*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Asked:
    """One question of a message: what is asked (`prediction`), about what (`names`), in which
    `words`, and what kind of follow-up it is ("" for none).
    """

    prediction: Prediction
    names: tuple[Named, ...]
    words: str = ""
    follow: str = ""


Predict = Callable[[str], Prediction]
Lean = Callable[[str], Asked | None]


def read(
    text: str, predict: Predict, names: NameFinder, lean: Lean = lambda _: None
) -> tuple[Asked, ...]:
    """The questions of a message, at least one and at most QUESTIONS_MAX, in its order. `predict`
    takes the words as they were typed; `lean` reads a part that only leans on what comes before it.
    """
    whole = _taken(Asked(predict(text), kept(text, names.find(text)), text))
    listed = _listed(text)
    parts = listed or clauses(text, names.sentences)
    if len(parts) < 2:
        return (whole,)
    named = [kept(part, names.find(part)) for part in parts]
    asked = [
        _leaning(lean, part, about, at) or _taken(Asked(predict(part), about, part))
        for at, (part, about) in enumerate(zip(parts, _carried(named), strict=True))
    ]
    stands = [
        question
        for part, own, question in zip(parts, named, asked, strict=True)
        if (listed or is_question(part, text)) and (_is_sure(question) or _names_a_word(own))
    ]
    different = list(_different(stands))
    if len(different) > 1:
        return tuple(different[:QUESTIONS_MAX])
    if different and not _is_sure(whole):
        # A long story with one question in it: the question says what is asked, the story about
        # what.
        only = different[0]
        return (replace(only, names=only.names or whole.names),)
    if different and _is_the_same(whole, different[0]):
        # "New to probation. What does Belmarsh do?": the words of the story are not asked about.
        return (replace(whole, names=different[0].names),)
    return (whole,)


def _is_the_same(whole: Asked, part: Asked) -> bool:
    """Whether a part asks by itself what the message asks, and says of which service."""
    names_one = any(named.kind == "service" for named in part.names)
    return names_one and _is_sure(part) and part.prediction.intent == whole.prediction.intent


def _leaning(lean: Lean, part: str, about: tuple[Named, ...], at: int) -> Asked | None:
    """ "... and why", "... how often": what says nothing by itself, after another part."""
    leaning = lean(part) if at else None
    return leaning and replace(leaning, names=about)


def _taken(asked: Asked) -> Asked:
    """ "Nah mate, i asked about work": what says yes or no and names something of ours asks about
    that. So does a greeting that names a service.
    """
    found = asked.prediction
    greets = found.intent == GREETING and any(named.kind == "service" for named in asked.names)
    if not (greets or (found.intent in ANSWERS and asked.names)):
        return asked
    others = [(i, share) for i, share in found.ranking if i not in SMALL_TALK | CALMING]
    intent, confidence = others[0] if others else (OUT_OF_SCOPE, 0.0)
    if confidence < LIKELY:
        # Its word is then what it is about; "hi, my son is in Aylesbury" is about the service.
        intent = ABOUT if greets else OUT_OF_SCOPE
    return replace(asked, prediction=replace(found, intent=intent, confidence=confidence))


def readings(found: Prediction) -> tuple[str, ...]:
    """What else a question may mean, likeliest first: where nobody can be sure of what was taken."""
    taken = found.ranking[0][1] if found.ranking else 1.0
    if taken >= DOUBTED:
        return ()
    passed_over = SMALL_TALK | CALMING | {OUT_OF_SCOPE, found.intent}
    return tuple(i for i, share in found.ranking if share >= CLOSE and i not in passed_over)


def others(found: Prediction) -> tuple[str, ...]:
    """What a question asks if it does not ask what it was taken for, likeliest first."""
    passed_over = SMALL_TALK | CALMING | {OUT_OF_SCOPE, found.intent}
    return tuple(i for i, share in found.ranking if share >= POSSIBLE and i not in passed_over)


def clauses(text: str, sentences: Callable[[str], Sequence[str]]) -> tuple[str, ...]:
    """The text cut where a sentence ends or another question opens."""
    return tuple(
        clause
        for line in text.splitlines()
        for sentence in sentences(line)
        for clause in _cut(sentence)
    )


def is_question(clause: str, message: str = "") -> bool:
    """True for what asks something, with or without a question mark. `message` is what the clause
    stands in.
    """
    if _QUESTION.match(clause):
        return True
    if re.match(r"(?:if|whether)\b", clause, re.IGNORECASE):
        return _REPORTED.search(message) is not None
    return clause.rstrip().endswith("?") and (
        len(clause.split()) <= _BARE
        or clause.strip() == message.strip()
        or _INVERTED.search(clause) is not None
    )


def _listed(text: str) -> tuple[str, ...]:
    """The items of a message that is a list, or nothing."""
    items = tuple(item.strip() for item in _LISTED.split(text) if item.strip())
    return items if len(items) > 1 else ()


def kept(text: str, found: Sequence[Named]) -> tuple[Named, ...]:
    """The names without the words that name nothing of ours ("keyworker here", "my partner"), and
    without those that are set aside ("swaleside, not belmarsh"), unless nothing else is named.
    """
    found = [named for named in found if named.kind == "service" or not _is_a_person(text, named)]
    meant = tuple(named for named in found if not _NOT.search(text[: named.start]))
    return meant or tuple(found)


def _is_a_person(text: str, named: Named) -> bool:
    """Whether a word is said of somebody: of who writes, or of a partner at home."""
    introduces = _HERE.match(text, named.end) is not None
    return introduces or _KIN.search(text[: named.end]) is not None


def _cut(sentence: str) -> Iterator[str]:
    at = 0
    for opening in _OPENS.finditer(sentence):
        if _TAG.fullmatch(sentence, opening.end()):
            break
        if sentence[at : opening.start()].strip():
            yield from _cut_unjoined(sentence[at : opening.start()].strip())
            at = opening.end()
    if sentence[at:].strip():
        yield from _cut_unjoined(sentence[at:].strip())


def _cut_unjoined(clause: str) -> Iterator[str]:
    """The clause cut where another question begins with nothing before it: "can he go how often"."""
    at = 0
    for opening in _UNJOINED.finditer(clause):
        before = clause[at : opening.start()]
        if _WHOLE.search(before) and not _LEADS_IN.search(before):
            yield before.strip()
            at = opening.end()
    yield clause[at:].strip()


def _carried(found: Sequence[tuple[Named, ...]]) -> Iterator[tuple[Named, ...]]:
    """A part that names no service is about those that were named last ("he is at Belmarsh. Can I
    visit?"), one that names nothing about the same.
    """
    named = {name.id: name for names in found for name in names if name.kind == "service"}
    # "How many places and can i visit at Swaleside" names it once, for both.
    services: tuple[Named, ...] = ()
    last: tuple[Named, ...] = tuple(named.values()) if len(named) == 1 else ()
    for names in found:
        own = tuple(named for named in names if named.kind == "service")
        yield names if own else (*names, *services) if names else last
        services, last = own or services, names or last


def _is_sure(asked: Asked) -> bool:
    return (
        asked.prediction.intent not in SMALL_TALK | {OUT_OF_SCOPE}
        and asked.prediction.confidence >= SURE
    )


def _names_a_word(names: Sequence[Named]) -> bool:
    """Whether a question says by a word of the content what it asks: "is there a cost"."""
    return any(named.kind == "term" for named in names)


def _different(asked: Sequence[Asked]) -> Iterator[Asked]:
    """Each question once. The same question about another thing is another question."""
    seen: list[tuple[str, str, frozenset[str]]] = []
    for question in asked:
        about = frozenset(named.id for named in question.names)
        if not any(
            (question.prediction.intent, question.follow) == (intent, follow) and about <= before
            for intent, follow, before in seen
        ):
            seen.append((question.prediction.intent, question.follow, about))
            yield question
