"""A number that the question takes for granted, and the answer that puts it right."""

from dataclasses import replace

import pytest

from bot.knowledge import Knowledge, Question, answer


@pytest.mark.parametrize(
    ("text", "question", "first"),
    [
        ("is it five trusts?", Question("trusts"), "The page says four trusts, not five trusts."),
        (
            "so thats three hospitals running it?",
            Question("services"),
            "The page says four trusts, not three hospitals.",
        ),
        (
            "does women in prison take 20 women",
            Question("places", ("women_in_prison",)),
            "The page says 15 women, not 20 women.",
        ),
        (
            "is there two tiers in the community pathway",
            Question("offer", ("community",)),
            "The page says three tiers, not two tiers.",
        ),
        # another service's number brings that service's statement
        (
            "you need 12 months left for swaleside, don't you?",
            Question("about", ("swaleside",)),
            "Aylesbury's Intervention Service takes those who have 12 months or more",
        ),
        (
            "is there outreach at belmarsh",
            Question("offer", ("aylesbury_outreach", "belmarsh")),
            "The page does not mention that for the Belmarsh unit (LPPU). Aylesbury's outreach part "
            "belongs to the Aylesbury Pathways Service.",
        ),
        # that nothing is held on what was asked still comes first
        (
            "does belmarsh have 30 places",
            Question("places", ("belmarsh",)),
            "The page does not say how many places the Belmarsh unit (LPPU) has, or how many are "
            "free. Swaleside has an Engagement service for 30 men.",
        ),
    ],
)
def test_a_wrong_number_is_put_right(
    knowledge: Knowledge, text: str, question: Question, first: str
) -> None:
    asked = Question(question.topic, question.services, text=text)
    assert answer(knowledge, asked).text.startswith(first)


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("are there four trusts", Question("trusts")),
        ("20 places at aylesbury?", Question("places", ("aylesbury",))),
        ("what was that women one", Question("women")),
        ("is that one just for women", Question("places", ("women_in_prison",))),
        # one person's time is no number of the page's
        ("he has 8 months left for aylesbury", Question("who_for", ("aylesbury_is",))),
        # numbers of parts add up
        ("are there 60 places at swaleside", Question("places", ("swaleside",))),
        # and what the page counts none of is not put right
        ("are there nine wings", Question("places", ("aylesbury",))),
    ],
)
def test_any_other_number_changes_nothing(
    knowledge: Knowledge, text: str, question: Question
) -> None:
    asked = Question(question.topic, question.services, text=text)
    assert answer(knowledge, asked).text == answer(knowledge, question).text


@pytest.mark.parametrize(
    ("text", "topic", "first"),
    [
        ("isn't it five?", "trusts", "The page says four trusts, not five trusts."),
        ("i thought there were 6", "trusts", "The page says four trusts, not 6 trusts."),
        ("is it four?", "trusts", "LPP is a partnership of four"),
        ("isn't it five?", "history", "The page does not say when"),
    ],
)
def test_a_bare_number_is_one_of_what_is_asked_on(
    knowledge: Knowledge, text: str, topic: str, first: str
) -> None:
    assert answer(knowledge, Question(topic, text=text)).text.startswith(first)


def test_what_has_one_number_on_the_page_has_it_whichever_service_was_spoken_of(
    knowledge: Knowledge,
) -> None:
    asked = Question("trusts", remembered=("swaleside",), text="he says there are seven")
    right = replace(asked, text="he says there are four")
    assert "trusts, not seven trusts." in answer(knowledge, asked).text
    assert "The page says" not in answer(knowledge, right).text
