"""A message is taken apart into the questions that it asks, and only into those. The classifier
here knows a few words; the names are real.
"""

from pathlib import Path

import pytest

from bot import knowledge
from bot.language.names import NameFinder
from bot.reading import questions
from bot.reading.intents import Prediction
from bot.reading.questions import Asked

CONTENT = Path(__file__).resolve().parents[2] / "bot" / "content"
WORDS = {
    "visit": "ask_visits",
    "places": "ask_places",
    "many": "ask_places",
    "refer": "ask_refer",
    "pipe": "ask_meaning",
    "runs": "ask_trusts",
    "hello": "greet",
    "weather": "out_of_scope",
    "nah mate": "deny",
    "what about": "switch_service",
    "i meant": "switch_service",
}


def predict(text: str) -> Prediction:
    """Sure of the first word that it knows, unsure without one."""
    found = (
        min(
            (text.lower().find(word), intent)
            for word, intent in WORDS.items()
            if word in text.lower()
        )
        if any(w in text.lower() for w in WORDS)
        else None
    )
    intent, confidence = (found[1], 0.9) if found else ("ask_about", 0.2)
    return Prediction(intent, confidence, ((intent, confidence),), 0.0)


@pytest.fixture(scope="module")
def names() -> NameFinder:
    return NameFinder(knowledge.load(CONTENT).aliases())


READ = [
    # message -> (intent, names) of each question
    ("can i visit at belmarsh", [("ask_visits", ["belmarsh"])]),
    ("whats a pipe and can i visit", [("ask_meaning", ["pipe"]), ("ask_visits", ["pipe"])]),
    (
        "Can I visit? How many places are there? How do I refer?",
        [("ask_visits", []), ("ask_places", []), ("ask_refer", [])],
    ),
    # "n" joins; a service that is named once is that of the parts before it too
    (
        "how many places n can i visit at swaleside",
        [("ask_places", ["swaleside"]), ("ask_visits", ["swaleside"])],
    ),
    # a tag asks nothing of its own
    ("there are 30 places at swaleside, aren't there", [("ask_places", ["swaleside"])]),
    # no yes or no, but what it names
    ("nah mate i asked about work experience", [("out_of_scope", ["work_experience"])]),
    (
        "he's at swaleside. can i visit, and who runs it",
        [("ask_visits", ["swaleside"]), ("ask_trusts", ["swaleside"])],
    ),
    (
        "can i visit at belmarsh and can i visit at swaleside",
        [("ask_visits", ["belmarsh"]), ("ask_visits", ["swaleside"])],
    ),
    (
        "how many places at aylesbury and how many at swaleside",
        [("ask_places", ["aylesbury"]), ("ask_places", ["swaleside"])],
    ),
    ("can i visit? i really need to know if i can visit", [("ask_visits", [])]),
    ("hello, can i visit", [("ask_visits", [])]),
    ("whats the weather and can i visit", [("ask_visits", [])]),
    ("can i visit him with my mum and my sister and the kids", [("ask_visits", [])]),
    ("my son got moved last week and i am worried sick. can i visit him?", [("ask_visits", [])]),
    ("no i meant swaleside not belmarsh", [("switch_service", ["swaleside"])]),
    ("what about swaleside instead of belmarsh", [("switch_service", ["swaleside"])]),
    ("not belmarsh", [("ask_about", ["belmarsh"])]),
    ("how do i refer to the IS", [("ask_refer", ["aylesbury_is"])]),
    ("is it how i refer", [("ask_refer", [])]),
    ("HOW DO I REFER IS IT HARD", [("ask_refer", [])]),
    (
        "can i visit, how many places, how do i refer, who runs it",
        [("ask_visits", []), ("ask_places", []), ("ask_refer", [])],
    ),
    # nothing joins these
    (
        "can i visit him at belmarsh how many places are there",
        [("ask_visits", ["belmarsh"]), ("ask_places", ["belmarsh"])],
    ),
    (
        "is there a pipe there how do i refer can i visit",
        [("ask_meaning", ["pipe"]), ("ask_refer", ["pipe"]), ("ask_visits", ["pipe"])],
    ),
    # and these are one
    ("can you tell me how many places there are for visitors", [("ask_places", [])]),
    ("how many places do they have for a visit", [("ask_places", [])]),
    ("can i visit the men who are on the unit", [("ask_visits", [])]),
    # a word of ours says what is asked
    (
        "is there a cost and can i visit",
        [("ask_about", ["cost"]), ("ask_visits", ["cost"])],
    ),
    ("", [("ask_about", [])]),
    # who writes, and a partner at home, are no words of ours
    ("hi, keyworker here. can i visit at swaleside", [("ask_visits", ["swaleside"])]),
    ("does a keyworker visit", [("ask_visits", ["keyworker"])]),
    ("can i visit my partner at belmarsh", [("ask_visits", ["belmarsh"])]),
    ("how many partners are there", [("ask_places", ["community_partners"])]),
    # a story's words are not what its question is about, unless that names nothing
    ("i visit the pipe. can i visit at belmarsh?", [("ask_visits", ["belmarsh"])]),
    ("i visit the pipe. can i visit?", [("ask_visits", ["pipe"])]),
]


@pytest.mark.parametrize(("text", "expected"), READ)
def test_read(names: NameFinder, text: str, expected: list[tuple[str, list[str]]]) -> None:
    asked = questions.read(text, predict, names)
    assert [
        (question.prediction.intent, [named.id for named in question.names]) for question in asked
    ] == expected


def test_a_part_may_lean_on_the_one_before(names: NameFinder) -> None:
    def lean(part: str) -> Asked | None:
        always = Prediction("ask_again", 1.0, (("ask_again", 1.0),), 0.0)
        return Asked(always, (), part, "why") if part == "why" else None

    asked = questions.read("how many places at aylesbury and why", predict, names, lean)
    assert [(q.follow, [named.id for named in q.names]) for q in asked] == [
        ("", ["aylesbury"]),
        ("why", ["aylesbury"]),
    ]


@pytest.mark.parametrize(
    ("clause", "expected"),
    [
        ("can i visit", True),
        ("hiya, where is it", True),
        ("i want to know how to refer", True),
        ("visits?", True),
        ("As his OM, do I come to the unit?", True),
        ("For my client, is there a PIPE?", True),
        ("As a POM am I meant to be there?", True),
        ("It is for men only, is it?", False),
        ("he is at swaleside", False),
        ("thanks for that", False),
        ("my son needs help", False),
    ],
)
def test_is_question(clause: str, expected: bool) -> None:
    assert questions.is_question(clause) is expected


@pytest.mark.parametrize(
    ("ranking", "intent", "expected"),
    [
        # turned away, but two are close
        (
            [("ask_offer", 0.4), ("ask_staff", 0.3), ("ask_places", 0.1)],
            "out_of_scope",
            ["ask_offer", "ask_staff"],
        ),
        ([("ask_offer", 0.5), ("ask_staff", 0.3)], "ask_offer", ["ask_staff"]),
        # sure enough, or small talk
        ([("ask_offer", 0.7), ("ask_staff", 0.29)], "ask_offer", []),
        ([("out_of_scope", 0.9), ("ask_staff", 0.05)], "out_of_scope", []),
        ([("greet", 0.5), ("thank", 0.4)], "greet", []),
    ],
)
def test_what_else_a_question_may_mean(
    ranking: list[tuple[str, float]], intent: str, expected: list[str]
) -> None:
    found = Prediction(intent, ranking[0][1], tuple(ranking), 0.0)
    assert list(questions.readings(found)) == expected
