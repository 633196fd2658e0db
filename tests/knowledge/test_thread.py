"""A conversation: what leans on the last answer, and that nobody reads the same text twice running."""

from itertools import pairwise

import pytest

from bot.knowledge import Answer, Knowledge, Question, answer
from bot.knowledge.statements import id_of, split
from bot.knowledge.thread import others, placed, remembered

AGAIN = "ask_again"


def talk(knowledge: Knowledge, *turns: Question) -> list[Answer]:
    """Plays a conversation as actions/mapping.py does."""
    said: list[str] = []
    answers: list[Answer] = []
    for turn in turns:
        last = answers[-1] if answers else None
        asked = Question(
            turn.topic,
            turn.services,
            turn.term,
            last.services if last else (),
            last.asked if last else "",
            near=turn.near,
            follow=turn.follow,
        )
        answers.append(answer(knowledge, asked, said=said))
        said = remembered(answers[-1].text, said)
    return answers


def lean(kind: str, topic: str = AGAIN) -> Question:
    return Question(topic, follow=kind)


VISITS, STAFF = Question("visits", ("swaleside",)), Question("staff", ("belmarsh",))
ENGAGEMENT = Question("about", ("swaleside_engagement",))

FOLLOW_UPS = [
    # what was asked, what follows -> what is said then, what is not
    (
        VISITS,
        lean("other", "switch_service"),
        ["Belmarsh", "additional and supported"],
        ["Swaleside"],
    ),
    (VISITS, lean("meaning"), ["in another way"], []),
    (VISITS, lean("ask_whom"), ["ask the prison"], []),
    (VISITS, lean("when"), ["does not say when", "ask the prison"], []),
    (STAFF, lean("who"), ["prison staff"], ["Yes"]),
    (STAFF, lean("how_many", "places"), ["does not say how many"], ["places", "30"]),
    (STAFF, lean("more"), ["keyworker"], ["Yes"]),
    (STAFF, lean("sure"), ["what LPP's page says", "may have changed"], ["all that I hold"]),
    (STAFF, lean("how_often"), ["no number for how often", "egular"], []),
    (VISITS, lean("how_often"), ["does not say how often"], []),
    (Question("women"), lean("how_many", "places"), ["15 women"], ["Aylesbury"]),
    (Question("outcome"), lean("meaning"), ["in another way", "does not say"], ["all that I hold"]),
    (Question("outcome"), lean("unanswered"), ["Sorry about that", "I don't know"], []),
    (Question("terms", term="co_working"), lean("who", "staff"), ["psychological therapists"], []),
    (STAFF, lean("unanswered"), ["Sorry"], ["I can tell you what"]),
    (Question("about", ("women_in_prison",)), lean("how_many", "places"), ["15 women"], []),
    (Question("places", ("women_in_prison",)), lean("for_whom", "who_for"), ["women"], []),
    (ENGAGEMENT, lean("other", "switch_service"), ["Treatment", "up to 30 men"], []),
    (
        Question("visits", ("aylesbury",)),
        lean("other", "switch_service"),
        ["Belmarsh", "Swaleside"],
        [],
    ),
    (Question("sponsor_no_answer"), lean("who"), ["asked to reach your sponsor"], []),
    (Question("refer", ("swaleside",)), lean("ask_whom"), ["offender manager"], []),
    (Question("trusts"), lean("names"), ["The page names these.", "Oxleas", "Barnet"], []),
    (Question("sponsor_find"), lean("meaning"), ["in a crisis", "assigned sponsor"], ["all that"]),
    (Question("sponsor_find"), lean("sponsor_code"), ["do not type the code here"], []),
    (Question("sponsor_find"), lean("sponsor_code_lost"), ["they stop the old code"], []),
    (Question("sponsor_find"), lean("sponsor_left"), ["who your sponsor is now"], []),
    (Question("sponsor_left"), lean("sponsor_silent"), ["116 123"], []),
    (VISITS, lean("my_sponsor_left"), ["who your sponsor is now"], []),
    (Question("outcome", ("swaleside",)), lean("how_many", "places"), ["30 men"], ["results"]),
    (Question("places", ("sova",)), lean("in_what"), ["does not go into that"], []),
    (STAFF, lean("in_what"), ["does not say what the training covers"], ["names"]),
    (STAFF, lean("names"), ["does not give any names"], ["The page names"]),
    (ENGAGEMENT, lean("difference"), ["up to 30 men", "hard"], []),
    (VISITS, lean("difference"), ["Belmarsh", "additional", "Swaleside"], ["Engagement"]),
    (STAFF, lean("difference"), ["Belmarsh", "Swaleside", "Community"], []),
    (Question("terms", term="pipe"), lean("difference"), ["Engagement", "Treatment"], []),
    (VISITS, lean("else_there", "offer"), ["workshops"], ["visits"]),
    (VISITS, lean("crisis_ahead", "crisis_policy"), ["assigned sponsor", "116 123"], []),
    # another service's statement answers nothing of this one
    (
        Question("offer", ("belmarsh",), "workshops"),
        lean("in_what"),
        [],
        ["Swaleside"],
    ),
    (Question("terms", term="pipe"), lean("stands_for"), ["Psychologically Informed"], []),
    (Question("about", ("belmarsh",)), lean("stands_for"), ["Progression Unit"], ["does not"]),
    (Question("forum_hours"), lean("stands_for"), ["does not say what that stands for"], []),
    (Question("about", ("swaleside_treatment",)), lean("if_not"), ["hard to settle"], []),
    (VISITS, lean("who_does"), ["does not say who does that"], []),
    (Question("privacy"), lean("who_does"), ["Nobody reads this chat"], ["page"]),
    (Question("privacy"), lean("sure"), ["nothing that you type is saved"], ["LPP's page"]),
    # of nobody's sponsor: that nothing is held, and who would know
    (VISITS, lean("sponsor_left"), ["I don't hold an answer"], ["sponsor"]),
]


@pytest.mark.parametrize(("asked", "then", "says", "never"), FOLLOW_UPS)
def test_what_leans_on_an_answer_gets_what_it_asks_for(
    knowledge: Knowledge, asked: Question, then: Question, says: list[str], never: list[str]
) -> None:
    found = talk(knowledge, asked, then)[-1]
    assert [wanted for wanted in says if wanted not in found.text] == []
    assert [barred for barred in never if barred in found.text] == []


WHO_RUNS = [
    # the last service, text -> what is said
    ("women_in_prison", "who runs it", "not one of LPP's four trusts"),
    ("community", "so which trust is behind that service", "Probation Service"),
    ("community", "which trusts are in LPP", "• Oxleas"),
    ("", "who runs it", "• Oxleas"),
]


@pytest.mark.parametrize(("service", "text", "said"), WHO_RUNS)
def test_a_general_question_may_be_about_the_last_service(
    knowledge: Knowledge, service: str, text: str, said: str
) -> None:
    remembered_ = (service,) if service else ()
    assert said in answer(knowledge, Question("trusts", remembered=remembered_, text=text)).text


@pytest.mark.parametrize(
    ("service", "text", "said"),
    [
        ("belmarsh", "are they volunteers", "Belmarsh"),
        ("belmarsh", "do you mean the one that has volunteers", "SOVA"),
        ("community", "are they volunteers", "SOVA"),
    ],
)
def test_a_word_of_one_service_is_asked_of_the_last_that_holds_it(
    knowledge: Knowledge, service: str, text: str, said: str
) -> None:
    asked = Question("staff", term="volunteers", remembered=(service,), text=text)
    assert said in answer(knowledge, asked).text


@pytest.mark.parametrize(
    ("service", "topic", "said"),
    [
        ("first_step_trust", "contact", "does not promise anybody a job after it"),
        ("first_step_trust", "progression", "does not promise anybody a job after it"),
        ("belmarsh", "trusts", "does not promise a move from the Belmarsh unit"),
        ("swaleside", "trusts", "does not promise anybody a place, a move"),
    ],
)
def test_a_promise_is_asked_of_the_last_service_that_says_something_of_it(
    knowledge: Knowledge, service: str, topic: str, said: str
) -> None:
    asked = Question(topic, term="promises", remembered=(service,), text="do they promise it")
    assert said in answer(knowledge, asked).text


@pytest.mark.parametrize(
    ("service", "said"),
    [
        ("belmarsh", "Family visits on the Belmarsh unit (LPPU) help men"),
        ("swaleside", "Supported family visits at Swaleside help men"),
        ("aylesbury", "The page does not mention family visits at the Aylesbury Pathways Service."),
        ("", "At Belmarsh and Swaleside, family visits help men"),
    ],
)
def test_what_visits_are_for(knowledge: Knowledge, service: str, said: str) -> None:
    asked = Question("visits", (service,) if service else (), "visit_purpose")
    text = answer(knowledge, asked).text
    assert text.startswith(said)
    assert "family roles and relationships" in text


def test_what_a_service_is_comes_in_short_the_second_time(knowledge: Knowledge) -> None:
    first, second = talk(knowledge, *[Question("about", ("belmarsh",))] * 2)
    assert second.text == knowledge.services["belmarsh"].answers["about"].short
    assert first.text != second.text


def test_a_message_that_nobody_understood_gets_what_is_nearest(knowledge: Knowledge) -> None:
    nearest = split(answer(knowledge, STAFF).text)[1]
    found = talk(knowledge, STAFF, Question("staff", near={id_of(nearest): 0.9}, follow="lean"))[-1]
    assert found.text.startswith("I don't hold an answer to that.")
    assert nearest in found.text
    assert talk(knowledge, STAFF, Question("staff", follow="lean"))[-1].text.startswith(
        "I don't hold an answer to that. The staff"
    )


def test_no_text_comes_twice_running(knowledge: Knowledge) -> None:
    again = {
        (topic, service): [one.text for one in asked]
        for topic in knowledge.topics
        for service in ("", "belmarsh", "sova")
        for asked in [talk(knowledge, *[Question(topic, (service,) if service else ())] * 5)]
        if any(one.text == two.text for one, two in pairwise(asked))
    }
    assert again == {}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("why", "because of emotional or behavioural difficulties"),
        ("why does it have to be London", "does not give a reason"),
        ("why only those with difficulties", "because of emotional or behavioural difficulties"),
    ],
)
def test_a_reason_is_one_of_what_is_asked(knowledge: Knowledge, text: str, says: str) -> None:
    asked = Question(
        AGAIN,
        term="normal_services",
        remembered=("aylesbury",),
        previous_topic="who_for",
        text=text,
        follow="why",
    )
    assert says in answer(knowledge, asked).text


def test_a_word_asked_about_again_is_told_by_its_rule(knowledge: Knowledge) -> None:
    asked = Question("out_of_scope", term="other_area")
    first, again = talk(knowledge, asked, asked)
    assert "works across London and south England" in first.text
    assert "does not give a London rule" in again.text


def test_the_same_text_with_a_yes_before_it_is_the_same(knowledge: Knowledge) -> None:
    first = answer(knowledge, Question("visits", ("belmarsh",), text="are there family visits?"))
    assert first.text.startswith("Yes, ")
    booking = next(s for s in split(first.text) if "how to book" in s)
    again = Question("visits", ("belmarsh",), text="how do i book", near={id_of(booking): 0.9})
    found = answer(knowledge, again, said=remembered(first.text, ()))
    assert found.text == booking


@pytest.mark.parametrize(
    ("last", "text", "expected"),
    [
        (("tiers",), "is the last one open-ended?", "co_working"),
        (("tiers", "community"), "what does the second tier do", "consultation"),
        (("consultation", "community"), "and the third?", "co_working"),
        (("community_partners",), "more on the first of them", "women_in_prison"),
        (("", "first_step_trust"), "and the last one?", "sova"),
        (("", "swaleside"), "who is the latter for", "swaleside_treatment"),
        (("", "community"), "what about the last of those", "co_working"),
        (("community_partners",), "so what does the second offer", "first_step_trust"),
        (("community_partners",), "is the last run by the first", "women_in_prison"),
        (("tiers",), "has he been the first to ask", ""),
        (("", "swaleside"), "the third one", ""),
        (("", "belmarsh"), "the second one", ""),
        (("tiers",), "what do i do first", ""),
        (("tiers",), "is that the last time they meet", ""),
    ],
)
def test_a_place_in_what_was_listed(
    knowledge: Knowledge, last: tuple[str, ...], text: str, expected: str
) -> None:
    assert placed(knowledge, text, last) == expected


@pytest.mark.parametrize(
    ("last", "text", "expected"),
    [
        ("swaleside", "the other half", ("swaleside_engagement", "swaleside_treatment")),
        ("swaleside", "the other prison", ("aylesbury", "belmarsh")),
        ("swaleside_treatment", "the other half", ("swaleside_engagement",)),
        ("belmarsh", "the other bit", ("aylesbury", "swaleside")),
    ],
)
def test_the_other_half_of_a_whole_is_its_parts(
    knowledge: Knowledge, last: str, text: str, expected: tuple[str, ...]
) -> None:
    assert set(others(knowledge, (last,), "about", text)) == {*expected}


@pytest.mark.parametrize(
    ("text", "services"),
    [
        ("what is the one with volunteers", ("sova",)),
        ("do they have volunteers", ("women_in_prison",)),
    ],
)
def test_a_word_that_sets_a_service_apart_says_which_is_meant(
    knowledge: Knowledge, text: str, services: tuple[str, ...]
) -> None:
    asked = Question("about", term="volunteers", remembered=("women_in_prison",), text=text)
    assert answer(knowledge, asked).services == services


def test_the_list_of_what_can_be_asked_answers_no_follow_up(knowledge: Knowledge) -> None:
    capable = knowledge.general.answers["capabilities"].text
    for kind in knowledge.thread.kinds:
        for asked in (VISITS, STAFF, Question("forum_hours"), Question("terms", term="pipe")):
            assert capable not in talk(knowledge, asked, lean(kind))[-1].text
