"""The detector as served: what it must find, what it must leave alone, in any disguise, and that
nothing makes it raise.
"""

import random
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import ModelError
from bot.evaluation.mutations import MUTATIONS
from bot.reading.crisis import Detector, load_detector
from bot.reading.crisis_grammar import Grammar
from bot.reading.screening import Label, Screening, Situation, Who
from bot.reading.selftest import check

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


# A slip may make another word of the one that matters; how often is measured in test_floors.
@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
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


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
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
