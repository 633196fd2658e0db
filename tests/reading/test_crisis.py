"""The detector as served: what it must find, what it must leave alone, in any disguise, and that
nothing makes it raise.
"""

import random
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import ModelError
from bot.evaluation.mixes import mixes, probe
from bot.evaluation.mutations import MUTATIONS
from bot.reading.crisis import Detector, load_detector
from bot.reading.crisis_grammar import Grammar
from bot.reading.crisis_model import Classifier
from bot.reading.screening import Label, Screening, Situation, Who
from bot.reading.selftest import check
from bot.settings import load_settings

CRISIS = [
    "I want to die",
    "im gonna kill myself",
    "gonna string up tonight",
    "i have taken an overdose",
    "my cellmate is going to stab me",
    "im going to stab my cellmate tonight",
    "the voices are telling me to kill myself",
    "my son says he wants to kill himself",
]
ORDINARY = [
    "who is my sponsor",
    "what are the visiting times at swaleside",
    "how many places are there at aylesbury",
    "thanks, bye",
]


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("I want to die", Who.SELF),
        ("wont be long, they can cut me down in the morning", Who.SELF),
        ("what's the quickest way to kill yourself", Who.SELF),
        (
            "Is Swaleside taking people? I need to get off this wing or I'm going to string up",
            Who.SELF,
        ),
        ("I'm not saying I would never do it", Who.SELF),
        ("my partner hits me and says he will kill me", Who.SELF),
        ("padmate gonna do me tonight", Who.SELF),
        ("my husband rang from prison and said he wants to end it all", Who.OTHER),
        ("found with ligature this morning, currently on ACCT", Who.OTHER),
        ("client disclosed he is going to hang himself tonight", Who.OTHER),
        ("nie chcę żyć", Who.SELF),
        ("vreau sa mor", Who.SELF),
        ("quero morrer", Who.SELF),
        ("me quiero morir", Who.SELF),
        ("j'ai envie de mourir", Who.SELF),
        ("kendimi öldürmek istiyorum", Who.SELF),
        ("আমি মরতে চাই", Who.SELF),
        ("main marna chahta hoon", Who.SELF),
        ("اريد ان اموت", Who.SELF),
        ("waan is dilayaa", Who.SELF),
        ("ਮੈਂ ਮਰਨਾ ਚਾਹੁੰਦਾ ਹਾਂ", Who.SELF),
    ],
)
def test_finds(detector: Detector, text: str, who: Who) -> None:
    found = detector.screen(text)
    assert found.label is Label.CRISIS
    assert found.who is who
    assert found.category
    assert found.decided_by


@pytest.mark.parametrize(
    "text",
    [
        *ORDINARY,
        "this queue is killing me",
        "history of self-harm, would this rule him out?",
        "hx of DSH, OD x2 in 2019, eligible?",
        "index offence murder, cat B, past tariff: Belmarsh?",
        "what happens if someone posts about suicide on the forum?",
        "can I post on the forum if it is urgent?",
        "how do i kill weeds in the garden",
        "i used to self harm but i stopped years ago",
        "my phone died",
        "dying for a brew",
        "I want a better life for my kids",
        "",
        " ",
        "???",
    ],
)
def test_leaves_alone(detector: Detector, text: str) -> None:
    assert detector.screen(text).label is not Label.CRISIS


@pytest.mark.parametrize(
    ("text", "situation"),
    [
        ("im in my cell and i want to die", Situation.CUSTODY),
        ("my son in belmarsh says he wants to kill himself", Situation.RELATIVE_OF_PRISONER),
        ("my mate says he is going to kill himself", Situation.RELATIVE),
        ("service user says he will kill himself tonight", Situation.PROFESSIONAL),
        (
            "Probation officer here, my client says he will kill himself tonight",
            Situation.PROFESSIONAL,
        ),
        ("my pad mate has made a noose", Situation.CUSTODY),
        ("that officer is getting stabbed tonight", Situation.UNKNOWN),
        ("i want to die", Situation.UNKNOWN),
    ],
)
def test_says_where_the_writer_is(detector: Detector, text: str, situation: Situation) -> None:
    assert detector.screen(text).situation is situation


# Who is in danger, and who writes from where: an answer hangs on both.
WRITERS = [
    ("im fourteen and i want to kill myself", Who.SELF, Situation.CHILD),
    ("im at school and my stepdad beats me", Who.SELF, Situation.CHILD),
    ("ive been clean im fifteen months sober and i want to die", Who.SELF, Situation.UNKNOWN),
    ("going to hang myself behind the door", Who.SELF, Situation.CUSTODY),
    ("im still on an acct and i want to die", Who.SELF, Situation.CUSTODY),
    ("typing on the wing kiosk, i want to kill myself", Who.SELF, Situation.CUSTODY),
    ("my brother is in seg and wants to die", Who.OTHER, Situation.RELATIVE_OF_PRISONER),
    ("my boys padmate rang, my boy wants to die", Who.OTHER, Situation.RELATIVE_OF_PRISONER),
    ("support worker here, he says he will hang himself", Who.OTHER, Situation.PROFESSIONAL),
    # somebody who names his officer, his mother or his mate is still the one who is meant
    ("my offender manager doesnt know but im going to kill myself", Who.SELF, Situation.UNKNOWN),
    ("i want to die and my probation officer wont ring me back", Who.SELF, Situation.UNKNOWN),
    ("im a resident at the hostel and i want to kill myself", Who.SELF, Situation.UNKNOWN),
    ("my mum doesnt know i took an overdose", Who.SELF, Situation.UNKNOWN),
    ("i slashed up again last night", Who.SELF, Situation.UNKNOWN),
    # a professional tells of somebody else
    ("client says he will hang himself tonight", Who.OTHER, Situation.PROFESSIONAL),
    ("Keyworker here. Resident has taken an overdose", Who.OTHER, Situation.PROFESSIONAL),
    # custody, in its own words
    ("on basic, back in my pad, gonna string up after roll check", Who.SELF, Situation.CUSTODY),
    ("been in the seg two weeks and i want to die", Who.SELF, Situation.CUSTODY),
    ("once its bang up im going to kill myself", Who.SELF, Situation.CUSTODY),
    ("told the kanga i want to die and he laughed", Who.SELF, Situation.CUSTODY),
    ("my mum visits every week on the wing but i want to die", Who.SELF, Situation.CUSTODY),
    ("my pad mate is going to kill himself", Who.OTHER, Situation.CUSTODY),
    # at home
    ("my ex is outside with a knife and says he will kill me", Who.SELF, Situation.UNKNOWN),
    ("he is at my door threatening to kill me", Who.SELF, Situation.UNKNOWN),
    # family
    ("my nephew wants to kill himself", Who.OTHER, Situation.RELATIVE),
    (
        "my husband is on the wing and says he will kill himself",
        Who.OTHER,
        Situation.RELATIVE_OF_PRISONER,
    ),
    # a child who writes
    ("im 12 and my dad hits me", Who.SELF, Situation.CHILD),
    ("i am only 13 and i want to kill myself", Who.SELF, Situation.CHILD),
    ("im in year 9 and i keep cutting myself", Who.SELF, Situation.CHILD),
    ("im 15 months into my sentence and i want to die", Who.SELF, Situation.UNKNOWN),
    ("i am 16 weeks pregnant and my boyfriend hits me", Who.SELF, Situation.UNKNOWN),
]


@pytest.mark.parametrize(("text", "who", "situation"), WRITERS)
def test_says_who_is_meant_and_who_writes(
    detector: Detector, text: str, who: Who, situation: Situation
) -> None:
    found = detector.screen(text)
    assert (found.label, found.who, found.situation) == (Label.CRISIS, who, situation), found


DISGUISES: dict[str, Callable[[str], str]] = {
    "no apostrophes": lambda text: text.replace("'", ""),
    "stretched": lambda text: text.replace("die", "dieeee").replace("kill", "killlll"),
    "leet": lambda text: text.replace("kill", "k1ll").replace("die", "d1e"),
    "question before": lambda text: f"When are visits at Belmarsh? {text}",
    "question after": lambda text: f"{text}. How do I get a referral form?",
}


@pytest.mark.parametrize("text", CRISIS)
@pytest.mark.parametrize("disguise", DISGUISES)
def test_no_disguise_hides_a_crisis(detector: Detector, disguise: str, text: str) -> None:
    disguised = DISGUISES[disguise](text)
    assert detector.screen(disguised).label is Label.CRISIS, disguised


def test_no_ordinary_words_hide_a_plain_statement(detector: Detector) -> None:
    assert len(mixes()) >= 1_500
    found = probe(detector)
    assert found.missed == (), str(found)


# Read without the classifier: what decides here is the guard.
GUARDS = [
    # A guard governs its own clause, before what it governs or beside it ...
    ("i used to want to die", False),
    ("no thoughts of killing myself", False),
    ("if i say i want to die what happens", False),
    ("last year i tried to kill myself", False),
    ("when he was 15 he took an overdose", False),
    ("the song goes i want to die tonight", False),
    ("hes not suicidal he just wants a move", False),
    # ... and nothing that is said before or after that.
    ("i used to play football now i want to die", True),
    ("i have never been to a visit i am going to kill myself", True),
    ("i want to die what happens if i miss an appointment", True),
    ("last year you found me a room this year i want to kill myself", True),
    ("i want to die there was a song about it on the radio", True),
    ("my husband says he will kill me my referral was last year", True),
    ("is there any training i am going to hang myself", True),
]


@pytest.mark.parametrize(("text", "decides"), GUARDS)
def test_a_guard_governs_its_own_clause(grammar: Grammar, text: str, decides: bool) -> None:
    hits = grammar.read(text).hits
    assert any(not hit.guarded_by for hit in hits) is decides, hits


HALF_PHRASES = [
    "my mate hit me up about the course",
    "i cut myself off from that lot",
    "he cut me some slack over the appointment",
    "i want to end this tenancy",
    "can you kill the lights in the hall",
]


@pytest.mark.parametrize("text", HALF_PHRASES)
def test_half_a_phrase_does_not_decide_alone(grammar: Grammar, text: str) -> None:
    assert not any(hit.decides for hit in grammar.read(text).hits)


# A slip may make another word of the one that matters; how often is measured in test_floors.
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.sampled_from(CRISIS),
    st.lists(st.sampled_from(sorted(MUTATIONS.keys() - {"typos"})), max_size=3),
    st.randoms(use_true_random=False),
)
def test_no_mixture_of_mutations_hides_a_crisis(
    detector: Detector, text: str, names: list[str], rng: random.Random
) -> None:
    for name in names:
        text = MUTATIONS[name](text, rng)
    assert detector.screen(text).label is Label.CRISIS, (names, text)


@pytest.mark.parametrize(
    ("earlier", "text"),
    [
        (("i want to",), "kill myself"),
        (("im going to",), "hang myself tonight"),
        (("i dont want", "to be"), "here any more"),
    ],
)
def test_finds_what_is_spread_over_messages(
    detector: Detector, earlier: tuple[str, ...], text: str
) -> None:
    assert detector.screen(text, earlier).label is Label.CRISIS


def test_a_crisis_that_was_answered_does_not_fire_again(detector: Detector) -> None:
    assert detector.screen("who is my sponsor", ("i want to die",)).label is not Label.CRISIS


@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(alphabet=st.characters(), max_size=300), st.lists(st.text(max_size=50), max_size=3))
def test_never_raises(detector: Detector, text: str, earlier: list[str]) -> None:
    assert isinstance(detector.screen(text, tuple(earlier)), Screening)


class _Broken(Grammar):
    def __init__(self) -> None:
        """Nothing is there, so that everything fails."""


def test_an_error_inside_counts_as_concern() -> None:
    found = Detector(_Broken()).screen("anything")
    assert found.label is Label.CONCERN
    assert found.decided_by.startswith("error:")


@pytest.mark.parametrize(
    "text",
    [
        "nosebleed at five a side, blood everywhere, still won",
        "the hamster bit me, blood everywhere, what a drama over a peanut",
    ],
)
def test_a_rule_that_the_classifier_holds_for_wrong_is_a_concern(
    detector: Detector, text: str
) -> None:
    assert Detector(Grammar(), missing="by choice").screen(text).label is Label.CRISIS
    assert detector.screen(text).label is Label.CONCERN


def test_a_rule_needs_no_other_part_to_be_alive(grammar: Grammar) -> None:
    def fails(_: Sequence[str]) -> NoReturn:
        raise RuntimeError("made up")

    halting = Detector(grammar, Classifier.load(load_settings().models), fails)
    assert halting.screen("i want to die").label is Label.CRISIS
    assert halting.screen("how many places are there").decided_by == "error:RuntimeError"


def test_works_by_grammar_alone_without_the_model_files(tmp_path: Path) -> None:
    alone = load_detector(tmp_path)
    assert "no classifier" in alone.missing
    for text in CRISIS:
        assert alone.screen(text).label is Label.CRISIS, text
    for text in ORDINARY:
        assert alone.screen(text).label is Label.NONE, text


def test_a_broken_model_file_is_not_loaded(tmp_path: Path) -> None:
    (tmp_path / "safety.npz").write_bytes(b"not numbers")
    assert "cannot be read" in load_detector(tmp_path).missing


@pytest.mark.parametrize(
    ("phrase", "label"), [("how many places are there", "crisis"), ("i want to die", "none")]
)
def test_refuses_to_serve_when_the_self_test_fails(
    detector: Detector, tmp_path: Path, phrase: str, label: str
) -> None:
    phrases = tmp_path / "selftest.yml"
    phrases.write_text(f"{label}:\n  - {phrase}\n", encoding="utf-8")
    with pytest.raises(ModelError, match="self-test"):
        check(detector, phrases)
