"""What is remembered of a case from turn to turn, and what a message changes of it. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from bot.eligibility.engine import judge, open_facts
from bot.eligibility.models import PLACES, Case, Criteria, Outcome, Range, Value
from bot.eligibility.operations import Operation, after, contradicted, operation
from bot.eligibility.which import ORDER, the_one
from bot.reading.ages import BARE_AGES as AGES
from bot.reading.said import Said
from bot.reading.sentence import TWO_YEARS

UNCOUNTED = frozenset({"sex", "category", "co_working"})
"""Every "can he" would be a case, and every "when do we get co-working"."""
SAME = {"area": "origin", "probation": "custody", "opd": "personality", "early": "move"}
"""Facts that one word gives together with another: they count once."""
UNCOUNTED_VALUES = frozenset({("custody", "prison"), ("prison", "aylesbury")})
"""So would every "he is in Aylesbury"."""
UNKNOWN = "unknown"
NOT_ABOUT_CASES = 6
"""From so many facts on, an intent asks for something else whoever it is about: a visit, a phone
number.
"""
TOLD = 3
"""Facts from which on a message that asks nothing in words tells a case: "M 30 PD GBH Swaleside?"."""
ASKS = 2
"""Facts that it is worth when whether somebody fits is asked in words, or when a case was told
before.
"""
OFFERS = frozenset(
    {
        "ask_offer",
        "ask_daily_life",
        "ask_duration",
        "ask_staff",
        "ask_progression",
        "ask_meaning",
        "ask_about",
    }
)
"""Intents of questions about what there is."""
NO_FACTS = frozenset(
    {
        "ask_visits",
        "ask_contact",
        "ask_human",
        "ask_complaint",
        "ask_sponsor_find",
        "sponsor_no_answer",
        "sponsor_none",
    }
)
"""Intents of a message that may say where somebody is, and does not tell more of a case by it."""
AGAIN = frozenset({"switch_service", "ask_who_for"})
"""Intents that ask for the same case again, where they name a service or somebody."""
_JOIN = "__"


@dataclass(frozen=True, slots=True)
class Talk:
    """The case, the services it is about (none: all), the facts that were asked for and are not
    known, and the one that is being asked for.

    `others`: the further people of one message, each with the services that only that person is
    asked about. `messages`: how many messages about cases there were. `operation` and `supposed`
    hold for one answer only: what the message did, and the case that it only supposed.
    """

    case: Case = field(default_factory=Case)
    services: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    asking: str = ""
    others: tuple[tuple[Case, tuple[str, ...]], ...] = ()
    messages: int = 0
    operation: str = ""
    supposed: Case | None = None

    def __bool__(self) -> bool:
        return bool(self.case.facts or self.case.conflicts)

    def as_slot(self) -> dict[str, Any] | None:
        """Plain JSON, of ids and numbers only. None where there is nothing."""
        if not self and not self.asking:
            return None
        return {
            **_case_as_slot(self.case),
            "services": list(self.services),
            "skipped": list(self.skipped),
            "asking": self.asking,
            "others": [
                {**_case_as_slot(case), "services": list(services)}
                for case, services in self.others
            ],
            "messages": self.messages,
        }

    @classmethod
    def from_slot(cls, slot: Any) -> "Talk":
        """What `as_slot` made; an empty one for None."""
        if not slot:
            return cls()
        return cls(
            _case_from_slot(slot),
            tuple(slot["services"]),
            tuple(slot["skipped"]),
            slot["asking"],
            tuple((_case_from_slot(other), tuple(other["services"])) for other in slot["others"]),
            int(slot["messages"]),
        )


def _case_as_slot(case: Case) -> dict[str, Any]:
    return {
        "facts": {
            fact: list(value) if isinstance(value, tuple) else value
            for fact, value in case.facts.items()
        },
        "conflicts": list(case.conflicts),
        "said_in": dict(case.said_in),
    }


def _case_from_slot(slot: Mapping[str, Any]) -> Case:
    facts: dict[str, Value] = {
        fact: v if isinstance(v, str) else (int(v[0]), int(v[1]))
        for fact, v in slot["facts"].items()
    }
    return Case(facts, tuple(slot["conflicts"]), dict(slot["said_in"]))


LEANS = frozenset({"ask_about", "ask_services", "out_of_scope"})
"""Intents that do so where the words lean on what was said before ("and Belmarsh?")."""


def counted(said: Said) -> set[str]:
    """The facts that make a message a case."""
    facts = {SAME.get(fact, fact) for fact in (*said.facts, *said.conflicts)}
    return {
        fact for fact in facts - UNCOUNTED if (fact, said.facts.get(fact)) not in UNCOUNTED_VALUES
    }


def is_case(
    criteria: Criteria, said: Said, intent: str, services: Sequence[str], *, follows: bool = False
) -> bool:
    """Whether a message tells a case, rather than asking for a rule or for something else;
    `follows`: there was a case before it.

    A rule that is asked about with somebody's details, where these contradict it, is one too: "can
    women go to Belmarsh?".
    """
    least = criteria.asks.get(intent, criteria.asks["other"])
    count = len(counted(said))
    if _is_enough(criteria, said) and (
        said.statement or (least < NOT_ABOUT_CASES and (said.person or least == 1))
    ):
        return True
    if (
        count
        and count + bool(services) + bool(said.operation) + ASKS * (said.asks + follows) >= least
        and (said.person or count > 1)
    ):
        return True
    if count >= TOLD and said.person and not (said.worded or said.offers):
        return True
    case = Case(said.facts)
    if (
        count
        and (said.person or not said.worded)
        and least < NOT_ABOUT_CASES
        and not _fits_all(criteria, case, services)
    ):
        return True
    criteria_asked = (
        least == 1
        or (count and (said.asks or least < criteria.asks["other"]))
        or (said.asks and least <= criteria.asks["other"])
    )
    return bool(criteria_asked) and any(
        judge(criteria, case, service).outcome is Outcome.NO for service in services
    )


def _is_enough(criteria: Criteria, said: Said) -> bool:
    """Whether one fact alone is all that a service asks for: who is turned away by the job centre
    need not name First Step Trust.
    """
    return not said.general and any(
        judge(criteria, Case({fact: value}), service).outcome is Outcome.YES
        for fact, value in said.facts.items()
        for service in criteria.services
    )


def _fits_all(criteria: Criteria, case: Case, services: Sequence[str]) -> bool:
    """Whether no service that is named is contradicted."""
    return all(judge(criteria, case, service).outcome is not Outcome.NO for service in services)


def told(
    criteria: Criteria,
    talk: Talk,
    said: Said,
    intent: str,
    services: Sequence[str],
    remembered: Sequence[str] = (),
    *,
    asked_for: bool = False,
) -> Talk | None:
    """The talk after a message that tells of a case, corrects it, or asks for another service with
    it. None: the message is about something else. `remembered`: what was spoken of before;
    `asked_for`: whom that takes was what was asked.
    """
    named = tuple(service for service in services if service in criteria.services)
    meant = one_of(talk, said)
    talk = meant or talk
    about_offers = said.offers and (intent in OFFERS or not said.asks)
    if about_offers and (named or not counted(said)):
        return None
    in_general = said.general and bool(said.facts or said.conflicts or not talk)
    if in_general and not _is_ruled_out(criteria, talk, said, named):
        return _in_general(criteria, talk, said, intent, named or talk.services or remembered)
    if not (named or talk or said.statement or said.worded) and len(remembered) == 1:
        named = _leant_on(said, remembered)
    if asked_for and not (named or talk) and len(remembered) == 1:
        named = tuple(remembered)  # "can I get on at Belmarsh?", and then who it is
    if named and said.which.get(ORDER) == "other" and not counted(said):
        said = replace(said, operation="", which={})  # the other service, and nobody else
    said = _number_put_right(talk, _with_short_months(criteria, talk, said))
    said = replace(
        said, facts={**_bare_age(talk, said), **_bare_time(criteria, talk, said), **said.facts}
    )
    kind = operation(talk.case, said, len(counted(said)))
    supposes = named or counted(said) or contradicted(talk.case, said.facts)
    if kind is Operation.SUPPOSE and not supposes:
        return None  # "what if he won't talk" supposes nothing of a case
    if meant is None and not _tells(criteria, talk, said, intent, named, kind):
        return None
    message = talk.messages + 1
    changed = after(talk.case, said, kind, message)
    if kind is Operation.SUPPOSE:
        return replace(
            talk,
            services=named or talk.services,
            messages=message,
            operation=kind if said.facts or said.dropped else "",
            supposed=changed if said.facts or said.dropped else None,
        )
    again = bool(talk) and kind in {Operation.ANEW, Operation.COMPARE}
    begun = Talk(
        changed,
        named or (talk.services if again and said.operation else ()),
        messages=message,
        operation=kind if again else "",
    )
    if kind is Operation.ANEW:
        return replace(begun, **_people(said, named))
    return replace(
        talk,
        case=changed,
        services=named or talk.services,
        skipped=tuple(fact for fact in talk.skipped if fact not in said.facts),
        others=(),
        messages=message,
        operation=kind if changed.facts != talk.case.facts or changed.conflicts else "",
    )


def _leant_on(said: Said, remembered: Sequence[str]) -> tuple[str, ...]:
    """The service that a question of one fact is about, where it names none: "is 21 included"."""
    return tuple(remembered) if len(counted(said)) == 1 and not said.speaker else ()


def one_of(talk: Talk, said: Said) -> Talk | None:
    """The talk about one of the people of the message before, where this one names one: "the woman",
    "forget him", "she's 30".
    """
    if not talk.others or said.others:
        return None
    people = [(talk.case, talk.services), *talk.others]
    facts = [case.facts for case, _ in people]
    at = the_one(facts, said.which, said.left_out)
    if at is None and "sex" in said.facts:
        at = the_one(facts, {"sex": said.facts["sex"]}, {})
    if at is None:
        return None
    case, services = people[at]
    return replace(talk, case=case, services=services, others=())


def _is_ruled_out(criteria: Criteria, talk: Talk, said: Said, named: Sequence[str]) -> bool:
    """Whether it begins a case after all: "can women go to Belmarsh?"."""
    return not talk and bool(named) and not _fits_all(criteria, Case(said.facts), named)


def _in_general(
    criteria: Criteria, talk: Talk, said: Said, intent: str, services: Sequence[str]
) -> Talk | None:
    """A question about people in general changes no case. It has a verdict where a service rules
    them out; otherwise it is a question like any other.
    """
    if not services or not is_case(criteria, said, intent, services):
        return None
    case = Case(said.facts, said.conflicts)
    if _fits_all(criteria, case, services):
        return None
    return replace(talk, services=tuple(services), operation="", supposed=case)


def asks_for_rules(criteria: Criteria, said: Said, intent: str, services: Sequence[str]) -> bool:
    """Whether it is asked of all services which people they take: "do you take over 21s"."""
    return (
        said.general
        and not services
        and criteria.asks.get(intent, criteria.asks["other"]) == 1
        and is_case(criteria, said, intent, ())
    )


def _bare_age(talk: Talk, said: Said) -> dict[str, Value]:
    """ "I meant 20", or "the same but 23", after an age that was told."""
    number, held = said.number, talk.case.facts
    told = said.correction or said.operation == Operation.COMPARE
    if number is None or number not in AGES or not told or said.months or "age" not in held:
        return {}
    return {} if said.facts.keys() - {"sex"} or _is_nearer(held, number) else {"age": (number,) * 2}


def _number_put_right(talk: Talk, said: Said) -> Said:
    """ "No, 15", which may be an age, after 14 months of somebody of 20."""
    number = said.number
    bare = number is not None and dict(said.facts) == {"age": (number, number)}
    if number is None or not (bare and said.correction and _is_nearer(talk.case.facts, number)):
        return said
    return replace(said, facts={"months_left": (number, number)})


def _is_nearer(held: Mapping[str, Value], number: int) -> bool:
    """Whether a bare number is nearer to the months that were told than to the age: "no, 15"."""
    away = {
        fact: abs(value[0] - number)
        for fact, value in held.items()
        if fact in {"age", "months_left"} and isinstance(value, tuple)
    }
    return "months_left" in away and away["months_left"] < away.get("age", 0)


def _with_short_months(criteria: Criteria, talk: Talk, said: Said) -> Said:
    """ "16m" is months where the age is known and months were told, or are what is missing."""
    held = talk.case.facts
    if said.short is None or "age" not in held or said.operation == Operation.ANEW:
        return said
    asked = "months_left" in held or "months_left" in open_facts(criteria, talk.case, talk.services)
    return replace(said, facts={"months_left": said.short}) if asked else said


def _bare_time(criteria: Criteria, talk: Talk, said: Said) -> dict[str, Value]:
    """What a time that is said of nothing gives ("10 months", "typo, 39 months", "what if it was 16
    months?"): what is left to serve, or how far off a move is, if the case has that already or it is
    what is missing.
    """
    held = talk.case.facts
    if said.months is None and said.number and not said.facts.keys() - {"sex"}:
        # "And if he had 10?", "it was 5, not 15": an age says that it is one.
        age = _bare_age(talk, said)
        meant = not age and (said.operation or said.correction)
        return {"months_left": (said.number,) * 2} if meant and "months_left" in held else {}
    if said.months is None or "months_left" in said.facts:
        return {}
    if not (said.correction or said.operation or said.again):
        missing = open_facts(criteria, talk.case, talk.services) if talk else ()
        bare = said.statement and not said.facts.keys() - {"sex"} and "months_left" in missing
        return {"months_left": said.months} if bare else {}
    if "months_left" in held:
        return {"months_left": said.months}
    low, high = said.months
    if "move" not in held or low <= TWO_YEARS < high:
        return {}
    return {"move": "yes" if high <= TWO_YEARS else "no"}


def _people(said: Said, named: Sequence[str]) -> dict[str, Any]:
    """The further people of a message. Where each stands beside a service of their own, each is
    held against that one.
    """
    if not said.others:
        return {}
    apart = all(person.about for person in (said, *said.others)) and len(
        {person.about for person in (said, *said.others)}
    ) == len((said, *said.others))
    return {
        "services": said.about if apart else tuple(named),
        "others": tuple(
            (
                Case(person.facts, person.conflicts),
                person.about if apart else tuple(named),
            )
            for person in said.others
        ),
    }


def _tells(
    criteria: Criteria,
    talk: Talk,
    said: Said,
    intent: str,
    named: Sequence[str],
    kind: Operation,
) -> bool:
    """Whether a message is about a case at all."""
    given = bool(said.facts or said.conflicts or said.dropped)
    if said.others or is_case(criteria, said, intent, named, follows=bool(talk)):
        return True
    if not talk:
        return False
    if kind is Operation.RETRACT:
        return True
    if given and kind is not Operation.ADD:
        return bool(said.operation or said.correction)
    told = said.facts.keys() - ({"sex"} & talk.case.facts.keys())  # "male btw" where it was not
    more = bool(told or said.conflicts or said.dropped)
    if said.statement and intent not in NO_FACTS and (more or _leaves_it(said, intent)):
        return True  # "10m left" is more of the case, whatever else it is taken for
    if said.again and counted(said) and not said.offers and intent not in NO_FACTS:
        return True  # "and when she's released to Hull?"
    if (said.statement and contradicted(talk.case, said.facts)) or (
        said.asks and not said.offers and said.facts.keys() - {"sex"}
    ):
        return intent not in NO_FACTS  # "he got recalled", "is it a problem that he is in cat B"
    if named and said.asks and not (said.offers or said.worded):
        return intent not in NO_FACTS  # "would the LPPU be better"
    again = intent in AGAIN or ((said.again or said.asks) and intent in LEANS)
    return again and bool(named or said.person)


def _leaves_it(said: Said, intent: str) -> bool:
    """ "He's got nowhere to live", "risk not assessed yet", "6 years, served 2": read as nothing, so the
    case stays.
    """
    return intent == "out_of_scope" and (
        (said.person and not said.speaker)
        or said.unknown
        or bool(said.months)
        or said.number is not None
    )


def beside(criteria: Criteria, talk: Talk, said: Said, named: Sequence[str]) -> Talk | None:
    """The case on which a line belongs beside an answer to what a service offers; None where there
    is none, or where it is about more than one service.
    """
    services = tuple(service for service in named if service in criteria.services) or talk.services
    case = talk.case.with_facts(said.facts, said.conflicts)
    if not said.offers or len(services) != 1 or not (talk or (said.person and counted(said))):
        return None
    return replace(talk, case=case, services=services)


def next_question(criteria: Criteria, talk: Talk) -> str:
    """The fact to ask for next, or "" where no answer could change an outcome."""
    return next(iter(open_facts(criteria, talk.case, talk.services, talk.skipped)), "")


def choice(fact: str, index: int | None) -> str:
    """The id of a button below a question; None is "I don't know"."""
    return f"{fact}{_JOIN}{UNKNOWN if index is None else index}"


def chosen(criteria: Criteria, talk: Talk, id_: str) -> Talk:
    """The talk after a button. An id that is none of ours changes nothing."""
    fact, _, which = id_.partition(_JOIN)
    if fact not in criteria.facts:
        return talk
    if which == UNKNOWN:
        return _skip(talk, fact)
    answers = criteria.facts[fact].answers
    if not which.isdigit() or int(which) >= len(answers):
        return talk
    return _give(talk, {fact: answers[int(which)].value})


def answered(
    criteria: Criteria, talk: Talk, said: Said, intent: str, services: Sequence[str]
) -> Talk | None:
    """The talk after words in the middle of the questions. None: they are no answer, and are to be
    taken as an ordinary message.
    """
    fact = talk.asking
    if fact in said.facts:
        return _give(talk, {fact: said.facts[fact], **said.facts})
    if said.answer == UNKNOWN:
        return _skip(talk, fact)
    if fact and (value := _value(criteria, fact, said)) is not None:
        return _give(talk, {**said.facts, fact: value})
    if services and intent in AGAIN and not is_case(criteria, said, intent, ()):
        return None
    return told(criteria, talk, said, intent, services)


def _value(criteria: Criteria, fact: str, said: Said) -> Value | None:
    """What a bare "yes", "22" or "14 months" gives for the fact that was asked for."""
    values = [answer.value for answer in criteria.facts[fact].answers]
    if said.answer in {"yes", "no"}:
        if said.answer in values:
            return said.answer
        return values[said.answer == "no"] if fact in PLACES else None
    if fact == "months_left" and said.months:
        return said.months
    if (
        said.number is not None
        and isinstance(values[0] if values else "", tuple)
        and fact in {"age", "months_left"}
    ):
        number: Range = (said.number, said.number)
        return number
    return None


def _give(talk: Talk, facts: Mapping[str, Value]) -> Talk:
    return replace(
        talk,
        case=talk.case.with_facts(facts),
        skipped=tuple(f for f in talk.skipped if f not in facts),
        asking="",
    )


def _skip(talk: Talk, fact: str) -> Talk:
    case = Case(talk.case.facts, tuple(f for f in talk.case.conflicts if f != fact))
    return replace(talk, case=case, skipped=(*talk.skipped, fact), asking="")


def all_outcomes(criteria: Criteria, talk: Talk, parts: Mapping[str, str]) -> dict[str, str]:
    """The outcomes of everybody whom a message tells of. Where two people come to different ones for
    a service, no single one is so.
    """
    found = outcomes(criteria, talk.supposed or talk.case, talk.services, parts)
    for case, services in talk.others:
        for service, outcome in outcomes(criteria, case, services, parts).items():
            same = found.get(service, outcome) == outcome
            found[service] = outcome if same else Outcome.UNKNOWN.value
    return found


def outcomes(
    criteria: Criteria, case: Case, services: Sequence[str], parts: Mapping[str, str]
) -> dict[str, str]:
    """Service to yes, no or unknown: for the services that are meant, with their parts and wholes,
    or for all. `parts`: a part to its whole.
    """
    wholes = {parts[service] for service in services if service in parts}
    meant = {*services, *wholes}
    meant |= {part for part, whole in parts.items() if whole in meant}
    return {
        service: judge(criteria, case, service).outcome.value
        for service in criteria.services
        if not services or service in meant
    }
