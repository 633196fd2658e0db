"""Asking back: which service is meant, or which of two things is asked; and not where that is plain."""

import pytest

from bot.knowledge import Knowledge, Question, answer

WHICH, MEAN = "Which service do you mean?", "Did you mean one of these?"


@pytest.mark.parametrize(
    ("topic", "text", "buttons"),
    [
        ("staff", "are the screws on the unit decent", ["aylesbury", "belmarsh", "swaleside"]),
        ("visits", "can his nan go there", ["belmarsh", "swaleside"]),
        ("places", "how many lads are on it", ["aylesbury", "swaleside", "women_in_prison"]),
        ("who_for", "who gets on this programme", ["aylesbury", "belmarsh", "swaleside"]),
    ],
)
def test_which_service_is_asked_where_one_is_meant(
    knowledge: Knowledge, topic: str, text: str, buttons: list[str]
) -> None:
    found = answer(knowledge, Question(topic, text=text))
    plain = answer(knowledge, Question(topic, text=text.split()[0]))
    assert found.text == f"{plain.text}\n\n{WHICH}"
    asked = [choice.service for choice in found.suggestions if choice.topic == topic]
    assert asked == buttons


@pytest.mark.parametrize(
    "question",
    [
        Question("staff", ("belmarsh",), text="are the screws on the unit decent"),
        Question("staff", remembered=("belmarsh",), text="are the screws on the unit decent"),
        Question("staff", term="keyworker", text="is there a keyworker on the unit"),
        # all of them are meant, or LPP
        Question("visits", text="which units let families visit"),
        Question("places", text="how many places are there"),
        Question("about", text="what does the partnership do"),
        # every service holds the same, or one holds all of it
        Question("waiting", text="how long is the wait for the unit"),
        Question("women", text="is the unit for women"),
        Question("refer", text="how do i get him on the unit"),
        # a button
        Question("staff"),
    ],
)
def test_nothing_is_asked_where_it_is_plain(knowledge: Knowledge, question: Question) -> None:
    assert WHICH not in answer(knowledge, question).text


def test_what_may_be_meant_is_offered(knowledge: Knowledge) -> None:
    found = answer(knowledge, Question("out_of_scope", readings=("trusts", "offer")))
    assert found.text.endswith(MEAN)
    assert [choice.topic for choice in found.suggestions][:2] == ["trusts", "offer"]
    plain = answer(knowledge, Question("out_of_scope"))
    assert MEAN not in plain.text


def test_a_doubted_answer_has_a_button_for_what_else_it_may_be(knowledge: Knowledge) -> None:
    asked = Question("outcome", ("belmarsh",), readings=("progression", "history"))
    found = answer(knowledge, asked)
    assert MEAN not in found.text
    assert [(c.topic, c.service) for c in found.suggestions][:2] == [
        ("progression", "belmarsh"),
        ("history", ""),
    ]


def test_a_word_says_what_is_meant(knowledge: Knowledge) -> None:
    found = answer(knowledge, Question("out_of_scope", term="pipe", readings=("trusts",)))
    assert MEAN not in found.text
