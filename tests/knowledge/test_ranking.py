"""Which statement comes first, given how near each is to the question."""

from dataclasses import replace

import pytest

from bot.knowledge import Knowledge, Question, answer
from bot.knowledge.index import indexed
from bot.knowledge.statements import id_of, nearness, without_verdict


def near(knowledge: Knowledge, **wanted: float) -> dict[str, float]:
    """How near statements are that hold some words (an underscore is a space)."""
    return {
        statement.id: value
        for statement in indexed(knowledge)
        for words, value in wanted.items()
        if words.replace("_", " ") in statement.text
    }


def test_every_statement_is_held_once_with_the_words_for_it(knowledge: Knowledge) -> None:
    found = indexed(knowledge)
    assert len({statement.id for statement in found}) == len(found) > 500
    links = next(
        s for s in found if s.text.startswith("Swaleside has close links with probation, health")
    )
    assert "other agencies" in links.words


def test_a_statement_is_as_near_with_its_yes_as_without() -> None:
    text = "Yes. Swaleside has theatre workshops."
    held = {id_of(without_verdict(text)): 0.9}
    assert nearness(held, text) == nearness(held, "Swaleside has theatre workshops.") == 0.9


@pytest.mark.parametrize(
    ("question", "wanted", "first"),
    [
        # a fact of the service that stands out comes before what its topic says
        (
            Question("offer", ("swaleside",)),
            {"Swaleside_has_close_links": 0.9},
            "Swaleside has close links with probation",
        ),
        # above a list, which is left whole
        (
            Question("who_for", ("swaleside",)),
            {"Swaleside_has_close_links": 0.95},
            "Swaleside has close links with probation",
        ),
        # not one that is hardly nearer than the topic's own
        (
            Question("offer", ("swaleside",)),
            {"Swaleside_has_close_links": 0.9, "Workshops_tackle": 0.85},
            "Workshops tackle particular problems.",
        ),
        # nor one of another service
        (
            Question("offer", ("belmarsh",)),
            {"Swaleside_has_close_links": 0.9},
            "The heart of the Belmarsh unit",
        ),
        # a statement of the answer itself
        (
            Question("staff", ("swaleside",)),
            {"Each_person_has_a_keyworker": 0.9},
            "Each person has a keyworker",
        ),
        # an overview begins with what the thing is
        (
            Question("about", ("belmarsh",)),
            {"Trained_officers": 0.6, "(LPPU)_is_at_HMP_Belmarsh": 0.4},
            "The London Pathways Progression Unit",
        ),
        # that nothing is held stays first
        (
            Question("places", ("belmarsh",)),
            {"The_page_gives_numbers_only": 0.9},
            "The page does not say how many",
        ),
        # not understood: the nearest true thing
        (
            Question("out_of_scope", ("belmarsh",)),
            {"integrated": 0.5},
            "I don't hold an answer to that about the Belmarsh unit (LPPU). What the page does say "
            "is this. The Belmarsh unit (LPPU) is part of",
        ),
        # what stands for a word is the answer, whatever is near
        (
            Question("out_of_scope", ("community",), "professions"),
            {"Yes._Psychological_therapists": 0.9},
            "In the Community Pathways Service, psychological therapists",
        ),
        (
            Question("out_of_scope", ("belmarsh",), "pay"),
            {"integrated": 0.9},
            "The page does not say anything about pay",
        ),
    ],
)
def test_what_was_asked_for_comes_first(
    knowledge: Knowledge, question: Question, wanted: dict[str, float], first: str
) -> None:
    asked = replace(question, near=near(knowledge, **wanted))
    assert answer(knowledge, asked).text.startswith(first)


def test_an_answer_loses_nothing_where_nothing_is_near(knowledge: Knowledge) -> None:
    plain = answer(knowledge, Question("staff", ("swaleside",)))
    assert answer(knowledge, Question("staff", ("swaleside",), near={"0": 1.0})) == plain
