"""What the content says, as frozen values. No file, no clock, no Rasa here; `loader.py` reads them
and `answers.py` answers from them.
"""

import datetime
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Annotated, Literal, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from bot.language.identify import ordinary_words
from bot.language.phrases import first_said

SWITCH = "switch_service"
"""The intent and topic of a bare "what about Swaleside?": the last topic, about another service."""
AGAIN = "ask_again"
"""The intent and topic of "why?" and "say that again": the last topic, once more."""
MISS = "out_of_scope"
"""The topic of what we have no answer for."""
ABOUT = "about"
"""The topic of what something is."""
LEAN, OTHER, DIFFERENCE = "lean", "other", "difference"
"""Kinds of follow-up: what nobody understood but leans on the last answer, and "the other one"."""
ANY = "*"
"""In `FollowUp.after`: every topic."""
DEFAULT = "default"
"""In `Thread.who_knows`: of every topic that has no line of its own."""
INITIALS = "initials"
"""The term that stands for letters that nobody here knows."""
_INITIALS = re.compile(r"\b[A-Z]{2,6}(?=s?\b)")
WHOLE = "lpp"
"""The service that stands for all of them."""

WORDS_MAX = 90
"""Words in the body of one answer: with the source line a reply stays within the 120 words that a
worried reader takes in.
"""
SHORT_MAX = 60
"""Words in an answer that shares its reply with another one: two of them and a source line make 120
or so.
"""
LINE_MAX = 26
"""Words in a service's line of a list of all services."""


class Status(StrEnum):
    CURRENT = "current"
    UNDER_REVIEW = "under_review"
    WITHDRAWN = "withdrawn"


class Held(StrEnum):
    """How much of what is asked the page holds."""

    FULL = "full"
    PARTIAL = "partial"
    NONE = "none"


def count_words(text: str) -> int:
    return len(text.split())


def _at_most(limit: int) -> AfterValidator:
    def check(text: str) -> str:
        if count_words(text) > limit:
            raise ValueError(f"is {count_words(text)} words long, at most {limit} are allowed")
        return text

    return AfterValidator(check)


Text = Annotated[str, Field(min_length=1), _at_most(WORDS_MAX)]
Short = Annotated[str, Field(min_length=1), _at_most(SHORT_MAX)]
Line = Annotated[str, Field(min_length=1), _at_most(LINE_MAX)]
Label = Annotated[str, Field(min_length=1, max_length=40)]
Id = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
Basis = Literal["page", "explained", "bot"]
"""Where an answer is from: the page, a general explanation of a word, or what we know of this bot.
"""


class Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


class Said(Frozen):
    """One answer. `short` shares a reply with another service's answer; `line` stands in a list of
    all services.
    """

    held: Held
    text: Text
    short: Short | None = None
    line: Line | None = None


class Overall(Frozen):
    """An answer that belongs to no single service."""

    held: Held
    text: Text
    short: Short | None = None
    """Shares a reply with another answer."""
    again: Text | None = None
    """What is said where the answer would be the same twice running: more simply, or whom to ask."""
    section: str = "Introduction"
    basis: Basis = "page"
    list: Id | None = None
    """The topic whose line, from each service that has one, follows the text; then comes `close`.
    """
    close: Line | None = None


class Service(Frozen):
    """One service of the page, or a part of one (`parent`). A part answers what it does not hold
    itself from its parent.
    """

    id: Id
    name: str = Field(min_length=1)
    short_name: str = Field(min_length=1)
    """As it stands in the middle of a sentence: "the Belmarsh unit"."""
    label: Label
    """On a button or at the head of its answer among others."""
    topic: Id
    section: str = Field(min_length=1)
    owner: str = Field(min_length=1)
    last_checked: datetime.date
    status: Status
    order: int = Field(ge=0)
    """Place in lists of services, as on the page."""
    parent: Id | None = None
    prison: bool = False
    """It is in a prison: "the other prison" is another such service."""
    small: bool = False
    """So little is on the page about it that a question about its staff or places is one about it,
    and reports its topic.
    """
    aliases: tuple[str, ...] = Field(min_length=1)
    known_by: tuple[str, ...] = ()
    """Words by which people tell it from the others: "the volunteer thing", "the women's lot"
    (`things` in follow_ups.yml).
    """
    answers: Mapping[Id, Said] = Field(min_length=1)
    facts: Mapping[Id, Short] = Field(default_factory=dict)
    """What is so here about one term: "is there a PIPE at ...?"."""


class Term(Frozen):
    """A word that people meet, in plain words. `on_page` false: the page does not use it, and
    `text` must say so.
    """

    word: str = Field(min_length=1)
    topic: Id
    section: str = Field(min_length=1)
    on_page: bool
    text: Text
    aliases: tuple[str, ...] = Field(min_length=1)
    phrases: tuple[str, ...] = ()
    """How it is asked for in words that are no name of it, as bot.language.phrases reads them; used
    where a question names no other word.
    """
    stands: bool = False
    """The text is the whole answer, whatever topic the question seemed to have."""
    service: Id | None = None
    """The one service that this word belongs to: "how many places are there in the PIPE?" asks
    about Swaleside.
    """
    yields: bool = False
    """An everyday word: where another word of the content is named too, that one is meant."""
    part: Id | None = None
    """The part of a service that this word means beside its whole or another part: "engagement" in
    "engagement or treatment at Swaleside?".
    """
    rule: Short | None = None
    """The answer to "who is it for" when this word is asked about and no service is named."""
    elsewhere: Short | None = None
    """The answer for a service that has no fact about this term: "No. {service} is not described as
    a PIPE ...".
    """


class Topic(Frozen):
    """What can be asked. `reports` is the public topic id of an answer ("" for about: the service's
    own).
    """

    intents: tuple[Id, ...] = ()
    kind: Literal["service", "general", "term"]
    reports: str
    own: Literal["always", "small", "never"] = "never"
    """When such a question about one service is simply one about that service, and reports its
    topic: always, if it is `small`, or never.
    """
    label: Label
    label_at: Label
    """The button's label when it is about a service: "Visits at {service}"."""
    next: tuple[str, ...] = ()
    """What to offer next: topic ids, or `topic:service`."""
    words: Literal["answer", "first", "beside"] = "beside"
    """What a word that is named does to an answer on this topic. It is the answer ("does Belmarsh
    have a PIPE?" may be taken for any such topic); it comes instead of the long list of all
    services; or what a service says of it comes first.
    """


class Sources(Frozen):
    page: str
    explained: str
    bot: str


class Notices(Frozen):
    under_review: str
    withdrawn: str
    heading: str
    """Puts a service's label before its answer among others: "{service}: {answer}"."""
    button: str
    """The label of a button about a service that is not current."""
    not_held: str
    """Comes before what is held on a service, where a question about it was not understood or is
    not answered by the page.
    """
    not_mentioned: str
    """Comes before an answer when the question names a term that the page does not use."""
    part_elsewhere: str
    """The answer where a part of one service is asked for at another: {part}, {service}, {whole}."""


class General(Frozen):
    owner: str = Field(min_length=1)
    last_checked: datetime.date
    review_after_days: int = Field(ge=1, le=3650)
    sources: Sources
    notices: Notices
    answers: Mapping[Id, Overall]
    each: Mapping[Id, Said]
    """The honest answer about a service that has none of its own on a topic. `{service}` is its
    short name.
    """


class FollowUp(Frozen):
    """One kind of message that leans on the last answer (bot/content/follow_ups.yml)."""

    said: tuple[str, ...] = Field(min_length=1)
    topic: Id | None = None
    """What is then asked, where the last topic is one of `after`."""
    after: tuple[str, ...] = Field(default=(), alias="from")
    """Topics; "" stands for every topic of the kind `service`, "*" for every topic."""
    holds: str = "."
    """A regular expression: what a statement that answers it has."""
    again: bool = False
    """It asks for what may have been said already: "name them"."""
    around: bool = False
    """What is said of the same services on other subjects may answer it too."""
    shares: bool = False
    """What answers it has a long word of it, where it has one: "why does it have to be London?"."""
    not_said: Line | None = None
    of_page: bool = False
    """`not_said` speaks of LPP's page: what is a note on this bot is said again instead."""
    unheld: str = "$^"
    """A regular expression: where no statement answers it, what one has that says what is not held
    on the subject, and so does.
    """
    lead: Line | None = None


class Lead(Frozen):
    """A topic that some words ask after some other topics only."""

    said: str
    """A regular expression."""
    after: tuple[Id, ...] = Field(default=(), alias="from")
    """Last topics, or words that were asked about; none: whatever was said."""
    topic: Id
    term: Id | None = None
    """The word that is then asked about: "how do we arrange one" after visits asks of booking."""
    taken: tuple[Id, ...] = ()
    """Topics for which the message was taken; none: whatever it was taken for."""


class Named(Frozen):
    """Topics that a message which leans on the last answer, or names something else, asks only by a
    word of theirs, or where the last answer was on one of them.
    """

    topics: tuple[Id, ...] = Field(min_length=1)
    near: tuple[Id, ...] = ()
    """Last topics after which they may be asked without one too."""
    said: str
    """A regular expression: the words."""


class OfLast(Frozen):
    """General topics that services answer for themselves, and the words by which such a question is
    about the last service.
    """

    topics: tuple[Id, ...] = ()
    said: str = "$^"
    """A regular expression: "who runs it"."""


_WORD = re.compile(r"[a-z0-9']+")


class Thread(Frozen):
    """How one answer follows another."""

    spelt: Mapping[str, str] = Field(default_factory=dict)
    """Slang and its spellings, with the words that they stand for: "wot", "dem"."""
    things: tuple[str, ...] = ()
    """What stands behind a word that tells one service from the others (`Service.known_by`)."""
    openings: tuple[str, ...] = ()
    endings: tuple[str, ...] = ()
    kinds: Mapping[Id, FollowUp] = Field(default_factory=dict)
    leads: tuple[Lead, ...] = ()
    named: tuple[Named, ...] = ()
    of_last: OfLast = OfLast()
    asks: str = "$^"
    """A regular expression: that a message asks something, and does not only tell."""
    lean: Line = ""
    leaning: str = "$^"
    """A regular expression: words by which a message that nobody understands leans on the last
    answer.
    """
    repeating: str = "$^"
    """How a message speaks of a word that was asked about before: "does Belmarsh have one"."""
    switching: str = "$^"
    """How a message asks the same of the service that it names: "an swaleside"."""
    set_apart: str = "$^"
    """How a message means one of several by a word: "the one that has volunteers"."""
    of_all: str = "$^"
    """How a message asks of all services, and not of the last: "which one", "do both"."""
    other_one: str = "$^"
    """How the other of two is meant within a message: "so what about the other one, the PIPE"."""
    of_parts: str = "$^"
    """A regular expression: how "the other one" means parts of a service, "the other half"."""
    places: Mapping[str, int] = Field(default_factory=dict)
    """Regular expressions for a place in a list, "the last one", with its index."""
    ordered: Mapping[Id, tuple[Id, ...]] = Field(default_factory=dict)
    """What is listed in the answer on a word or a service, in its order: words or services."""
    around_a_name: tuple[str, ...] = ()
    """Words that may stand around a name in a message that is no more than it: "and the ... bit"."""
    polar: str = ""
    """A regular expression: how a yes/no question is put."""
    turned: str = "$^"
    """Words in one by which "Yes" may say something else than the statement does."""
    explains: Mapping[Id, Id] = Field(default_factory=dict)
    """The topic that says what another one is about."""
    counted: Mapping[Id, str] = Field(default_factory=dict)
    """Regular expressions: things that the page counts, by a name for them."""
    timed: Mapping[Id, str] = Field(default_factory=dict)
    """Times, which may also be those of one person (`own_case`)."""
    own_case: str = "$^"
    miscounted: Line = ""
    """Puts a number right: "The page says {right}, not {said}."."""
    one_meant: str = "$^"
    """A regular expression: words for one service that is not named, "the unit"."""
    which_of: tuple[Id, ...] = ()
    """Topics of which the services hold different things."""
    which: Line = ""
    """Asks which, below the answer for all."""
    did_you_mean: Line = ""
    """Asks what is meant, where nobody can be sure of it."""
    no_more: Line = ""
    no_more_again: Line = ""
    who_knows: Mapping[Id, Line] = Field(default_factory=dict)

    def plain(self, text: str) -> str:
        """The text as the expressions here read it: in small letters, without slang."""
        small = text.lower().replace("’", "'")
        return _WORD.sub(lambda word: self.spelt.get(word[0], word[0]), small)


class Alias(NamedTuple):
    kind: Literal["service", "term"]
    id: str


class Knowledge(Frozen):
    """Everything that the bot may say, apart from help in a crisis (`bot/content/crisis.yml`)."""

    services: Mapping[str, Service]
    terms: Mapping[str, Term]
    topics: Mapping[str, Topic]
    general: General
    thread: Thread = Thread()
    lines: Mapping[str, str] = Field(default_factory=dict)
    """What general.yml quotes, so that it has one home: `{samaritans}` is a line of crisis.yml,
    `{ask_unit}` is under `ask` in sponsors.yml.
    """

    @cached_property
    def _intents(self) -> Mapping[str, str]:
        return {
            intent: topic for topic, entry in self.topics.items() for intent in entry.intents
        } | {SWITCH: SWITCH, AGAIN: AGAIN}

    def topic_of(self, intent: str) -> str:
        """The topic id that answers an intent; `out_of_scope` for one that no topic names. SWITCH
        and AGAIN stand for the last topic.
        """
        return self._intents.get(intent, MISS)

    def whole_of(self, service: Service) -> Iterator[Service]:
        """A service, then what it is a part of."""
        yield service
        if service.parent is not None and service.parent in self.services:
            yield self.services[service.parent]

    def said(self, service: Service, topic: str) -> Said | None:
        """What a service, or the whole that it is a part of, holds on a topic."""
        return next(
            (holder.answers[topic] for holder in self.whole_of(service) if topic in holder.answers),
            None,
        )

    def status_of(self, service: Service) -> Status:
        """A service's status, or its whole's where that is worse: a part of a withdrawn service is
        withdrawn.
        """
        return max((holder.status for holder in self.whole_of(service)), key=list(Status).index)

    def term_asked(self, text: str) -> str:
        """The term that a question's phrases ask for, the first in the order of terms.yml; "" for
        none.
        """
        return first_said(text, ((id_, term.phrases) for id_, term in self.terms.items()))

    @cached_property
    def _words(self) -> frozenset[str]:
        return frozenset(re.findall(r"[a-z0-9]+", self.model_dump_json().lower()))

    def initials_unknown_in(self, text: str) -> bool:
        """Whether letters in capitals stand in a text that the content does not hold, and that are
        no ordinary word either.
        """
        if text == text.upper():
            return False
        letters = {found.lower() for found in _INITIALS.findall(text)}
        return bool(letters - self._words - ordinary_words())

    def aliases(self) -> Mapping[str, Alias]:
        """Every name of a service or a term with what it names. The loader refuses a name for two
        things.
        """
        named: dict[str, Alias] = {}
        for service in self.services.values():
            made = (f"{word} {thing}" for word in service.known_by for thing in self.thread.things)
            named.update({alias: Alias("service", service.id) for alias in made})
        for service in self.services.values():
            named.update({alias: Alias("service", service.id) for alias in service.aliases})
        for id_, term in self.terms.items():
            named.update({alias: Alias("term", id_) for alias in term.aliases})
        return named


class Suggestion(NamedTuple):
    """A next question worth a button. `topic` is a key of topics.yml, `service` a service id or ""."""

    label: str
    topic: str
    service: str


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, once it is understood. `topic` is a key of topics.yml
    (`Knowledge.topic_of(intent)`).

    `services` are those that this message names; `remembered` are those that the conversation was
    about, used only where nothing is named and the topic belongs to a service. `previous_topic` is
    what "what about Swaleside?" (topic `switch_service`) or "why?" (`ask_again`) asks again.

    `text` is how it was typed, for its form only ("is it ...?", "only"): no answer repeats it.
    `near` says how near each statement (bot/knowledge/statements.py) is to it, by the statement's
    id; `follow` is the kind of follow-up that it is (a key of follow_ups.yml), `LEAN` or "".
    `readings` are topics that it may ask instead, where nobody can be sure; `beside` is a second
    word that it names.
    """

    topic: str
    services: tuple[str, ...] = ()
    term: str = ""
    remembered: tuple[str, ...] = ()
    previous_topic: str = ""
    text: str = ""
    near: Mapping[str, float] = field(default_factory=dict)
    follow: str = ""
    readings: tuple[str, ...] = ()
    beside: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What is held on a question, before notices and the source are put to it."""

    text: str
    topic: str
    held: Held
    sections: tuple[str, ...]
    checked: datetime.date
    basis: Basis = "page"


@dataclass(frozen=True, slots=True)
class Answer:
    """`text` without its `source`; `topic` as the public API reports it; `asked` and `services` are
    what to remember for the next turn. `understood` is false where it only says that nobody knows
    what was asked.
    """

    text: str
    source: str
    topic: str
    suggestions: tuple[Suggestion, ...] = ()
    asked: str = ""
    services: tuple[str, ...] = ()
    held: Held = Held.FULL
    understood: bool = True
