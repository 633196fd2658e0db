"""The shape of `bot/content/eligibility/reading.yml`: what people's words mean."""

from collections.abc import Mapping

from pydantic import BaseModel, ConfigDict

from bot.language.notation import Postcodes

PLACES = ("london", "elsewhere")
"""Classes of names, hundreds of them: a name of several words is read as one, so that each class is
one lookup.
"""

Patterned = Mapping[str, tuple[str, ...]]


class _Model(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", coerce_numbers_to_str=True)


class Sex(_Model):
    explicit: Patterned
    pronouns: Patterned
    not_given: tuple[str, ...]


class Ages(_Model):
    exact: tuple[str, ...]
    over: tuple[str, ...]
    under: tuple[str, ...]
    nearly: tuple[str, ...]
    past: tuple[str, ...]
    born: tuple[str, ...]


class Places(_Model):
    london: tuple[str, ...]
    elsewhere: tuple[str, ...]
    origin_before: tuple[str, ...]
    born_before: tuple[str, ...]
    born_after: tuple[str, ...]
    origin_after: tuple[str, ...]
    area_before: tuple[str, ...]
    leaves_before: tuple[str, ...]
    goes_before: tuple[str, ...]
    area_after: tuple[str, ...]
    stay_after: tuple[str, ...]
    weak_before: tuple[str, ...]
    writers: tuple[str, ...]
    prison_beside: tuple[str, ...]
    postcodes: Postcodes


class TimesOf(_Model):
    left: tuple[str, ...]
    latest: tuple[str, ...]
    by_law: tuple[str, ...]
    not_before: tuple[str, ...]
    move: tuple[str, ...]
    early: tuple[str, ...]
    tariff: tuple[str, ...]
    parole: tuple[str, ...]
    past: tuple[str, ...]


class People(_Model):
    kin: tuple[str, ...]
    other: tuple[str, ...]
    item: tuple[str, ...]
    each: tuple[str, ...]
    pair: tuple[str, ...]
    which: tuple[str, ...]
    member: tuple[str, ...]
    left_out: tuple[str, ...]
    couple: tuple[str, ...]
    order: Mapping[str, str]
    about: Patterned
    for_me: tuple[str, ...]
    staff: tuple[str, ...]
    for_self: tuple[str, ...]
    probation_officer: tuple[str, ...]
    caseload: tuple[str, ...]


class FieldOf(_Model):
    fact: str
    labels: tuple[str, ...]
    values: Patterned = {}
    middle: str = ""


class Reading(_Model):
    """`bot/content/eligibility/reading.yml`: every key is explained there."""

    spelling: Mapping[str, str]
    asides: tuple[str, ...]
    earlier: tuple[str, ...]
    this_one: tuple[str, ...]
    skip: tuple[str, ...]
    classes: Mapping[str, tuple[str, ...]]
    sex: Sex
    person: tuple[str, ...]
    ages: Ages
    decades: Mapping[str, int]
    places: Places
    times: TimesOf
    time_before: Patterned
    time_after: Patterned
    seasons: Mapping[str, int]
    facts: Mapping[str, Patterned]
    fields: Mapping[str, FieldOf]
    formal: Mapping[str, tuple[str, ...]]
    negation: tuple[str, ...]
    fillers: tuple[str, ...]
    unbroken: tuple[str, ...]
    somebody: tuple[str, ...]
    claims: tuple[str, ...]
    exceptions: tuple[str, ...]
    negated: Mapping[str, Mapping[str, str]]
    asked: tuple[str, ...]
    unknown_before: tuple[str, ...]
    unknown_beside: tuple[str, ...]
    opinion: tuple[str, ...]
    opinions_of: tuple[str, ...]
    opinion_from: tuple[str, ...]
    unknown_after: tuple[str, ...]
    denied_after: tuple[str, ...]
    not_now: tuple[str, ...]
    not_yet: tuple[str, ...]
    wholly: Mapping[str, tuple[str, ...]]
    states: tuple[str, ...]
    yields: Mapping[str, tuple[str, ...]]
    implies: Mapping[str, Mapping[str, Mapping[str, str]]]
    dropped_before: tuple[str, ...]
    dropped_after: tuple[str, ...]
    withdrawn: Patterned
    theirs_before: tuple[str, ...]
    theirs_named: tuple[str, ...]
    theirs_after: tuple[str, ...]
    answers: Patterned
    correction: tuple[str, ...]
    restated: tuple[str, ...]
    asks: tuple[str, ...]
    again: tuple[str, ...]
    offers: tuple[str, ...]
    general: tuple[str, ...]
    about_us: tuple[str, ...]
    operations: Patterned
    people: People
    names: Patterned
    abbreviations: Mapping[str, str]
