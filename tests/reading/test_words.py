"""How typed words are read for detection: tricks and texting undone, ordinary words left alone."""

import pytest

from bot.reading.crisis_grammar import Grammar
from bot.reading.words import Reader


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Grammar().reader


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("I'm gonna", "i am going to"),
        ("he'll go and I'd go", "he will go and i would go"),
        ("ill do it", "i will do it"),
        ("he is ill today", "he is ill today"),
        ("k i l l  m y s e l f", "kill myself"),
        ("k.i.l.l", "kill"),
        ("i w a n t t o d i e", "i want to die"),
        ("k1ll mys3lf", "kill myself"),
        ("$uicide", "suicide"),
        ("s**cide", "suicide"),
        ("dieeee", "die"),
        ("iwanttodie", "i want to die"),
        ("i want 2 die 2nite", "i want to die tonight"),
        ("sucidal", "suicidal"),
        ("self-harm", "selfharm"),
        ("pad mate", "cellmate"),
        ("kms", "kill myself"),
        ("🔪", "knife"),
        ("chcę się zabić", "chce sie zabic"),
        ("أريد", "اريد"),
    ],
)
def test_undoes(reader: Reader, typed: str, read: str) -> None:
    assert " ".join(reader.tokens(typed)) == read


@pytest.mark.parametrize(
    "typed", ["2 years", "nhs 111", "a b c", "prison", "skilled", "hello there", "u k"]
)
def test_leaves_alone(reader: Reader, typed: str) -> None:
    assert " ".join(reader.tokens(typed)) == typed.replace("u k", "you k")


def test_sentences_end(reader: Reader) -> None:
    assert reader.tokens("Stop. Go on?") == ("stop", ".", "go", "on", ".")
