"""What Rasa understood becomes a question, and an answer becomes what Rasa says. With the real
content.
"""

from pathlib import Path
from typing import Any

import pytest

from actions import mapping
from bot.knowledge import Knowledge, answer, load
from bot.knowledge.models import MISS, SWITCH
from bot.reading.screening import Label, Situation, Who

CONTENT = Path(__file__).resolve().parents[2] / "bot" / "content"


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load(CONTENT)


def parsed(intent: str, *entities: tuple[str, str], **more: Any) -> dict[str, Any]:
    return {
        "intent": {"name": intent},
        "entities": [{"entity": kind, "value": value} for kind, value in entities],
        **more,
    }


SWALESIDE, BELMARSH, PIPE = ("service", "swaleside"), ("service", "belmarsh"), ("term", "pipe")

QUESTIONS = [
    # intent, entities, slots before -> topic, services, term, remembered
    ("ask_places", [SWALESIDE], {}, ("places", ("swaleside",), "", ())),
    ("ask_places", [], {"services": ["belmarsh"]}, ("places", (), "", ("belmarsh",))),
    (
        "ask_places",
        [SWALESIDE, SWALESIDE, BELMARSH],
        {},
        ("places", ("swaleside", "belmarsh"), "", ()),
    ),
    ("ask_meaning", [PIPE], {}, ("terms", (), "pipe", ())),
    (
        "switch_service",
        [SWALESIDE],
        {"term": "pipe"},
        ("switch_service", ("swaleside",), "pipe", ()),
    ),
    (
        "switch_service",
        [SWALESIDE],
        {"term": "gone_from_the_content"},
        ("switch_service", ("swaleside",), "", ()),
    ),
    (
        "ask_about",
        [("service", "gone_from_the_content")],
        {"services": ["gone_too"]},
        ("about", (), "", ()),
    ),
    ("out_of_scope", [], {}, ("out_of_scope", (), "", ())),
    ("out_of_scope", [], {"misses": 1}, ("out_of_scope_again", (), "", ())),
    ("an_intent_of_another_domain", [], {}, ("out_of_scope", (), "", ())),
]


@pytest.mark.parametrize(("intent", "entities", "slots", "expected"), QUESTIONS)
def test_question(
    knowledge: Knowledge,
    intent: str,
    entities: list[tuple[str, str]],
    slots: dict[str, Any],
    expected: tuple[Any, ...],
) -> None:
    (asked,) = mapping.questions(knowledge, parsed(intent, *entities), slots)
    assert (asked.topic, asked.services, asked.term, asked.remembered) == expected


LED = [
    # the last topic, what follows -> what is then asked
    ("complaint", "can you hand it in for me", "complaint"),
    ("complaint", "and who should i send it to", "complaint"),
    ("offender_manager", "do they ever come and see him", "offender_manager"),
    ("offender_manager", "when does she visit", "offender_manager"),
    ("waiting", "so how many months roughly", "waiting"),
    ("waiting", "about how long then?", "waiting"),
    ("refer", "where's that then", "downloads"),
    ("downloads", "and what is in there", "downloads"),
    ("sponsor_meaning", "is that the same person as an offender manager", "sponsor_meaning"),
    ("sponsor_left", "would that be my probation officer then", "sponsor_meaning"),
    ("sponsor_no_answer", "so is it the keyworker", "sponsor_meaning"),
    ("sponsor_find", "what's she supposed to actually do", "sponsor_meaning"),
    ("sponsor_code", "ok what can he do", "sponsor_meaning"),
    ("trusts", "i thought it was 6", "trusts"),
    ("trusts", "aren't there three?", "trusts"),
    ("trusts", "my mate told me its six of em", "trusts"),
    ("about", "isn't that only for 40?", "places"),
    ("where", "so is it just 15 people", "places"),
    ("about", "is it for 18", "offer"),
    ("who_for", "are they over 30 there", "offer"),
    ("person", "why won't you say", "person"),
    ("person", "but i'm her dad", "person"),
    ("person", "why not?", "person"),
    ("person", "how come u wont check", "person"),
    ("sponsor_find", "wot do dey even do", "sponsor_meaning"),
    ("sponsor_code", "whats it even for", "sponsor_code"),
    ("crisis_policy", "who reads it", "moderators"),
    ("complaint", "can i put it to someone", "complaint"),
    ("complaint", "shall i put it on your forum", "offer"),
    ("visits", "im his nan", "offer"),
    # what says something by itself, or follows something else, does not
    ("trusts", "isnt it the three of them that run belmarsh", "offer"),
    ("visits", "is it my keyworker that books", "offer"),
    ("visits", "can you hand it in for me", "offer"),
    ("waiting", "how long does the treatment last", "offer"),
    ("offender_manager", "do they get training", "offer"),
]


@pytest.mark.parametrize(("before", "text", "expected"), LED)
def test_some_words_ask_on_after_some_topics(
    knowledge: Knowledge, before: str, text: str, expected: str
) -> None:
    said = {**parsed("ask_offer"), "words": text, "follow": "where"}
    (asked,) = mapping.questions(knowledge, {"questions": [said]}, {"last_topic": before})
    assert asked.topic == expected
    assert (asked.follow == "") == (expected != "offer")


UNNAMED = [
    # intent, text, what else it may be, the last topic, names -> the topic
    ("sponsor_none", "how would we sort one out", ["ask_refer"], "offer", [], "refer"),
    ("sponsor_none", "i havent got a sponsor", ["ask_refer"], "offer", [], "sponsor_none"),
    ("sponsor_none", "do i get one then", ["ask_refer"], "sponsor_find", [], "sponsor_none"),
    ("sponsor_none", "do i get one then", ["ask_refer"], "crisis_policy", [], "sponsor_none"),
    # whoever may be in need is not asked for a word
    (
        "ask_crisis_policy",
        "what is it that i do then",
        ["ask_offer"],
        "visits",
        [],
        "crisis_policy",
    ),
    ("ask_history", "have they got any left", ["ask_places"], "who_for", [], "places"),
    ("ask_history", "has it changed since", ["ask_places"], "who_for", [], "history"),
    ("ask_services", "are those for everyone", ["ask_who_for"], "offer", [], "who_for"),
    ("ask_capabilities", "by which test", [], "offer", [], "offer"),
    ("false_alarm", "they put me on a PIPE", [], "", [PIPE], "about"),
    # who tells where somebody is, or was put, looks nobody up and refers nobody
    ("ask_person", "they told us hes on belmarsh", ["ask_where"], "offer", [BELMARSH], "about"),
    ("ask_person", "do you know if hes on belmarsh", ["ask_where"], "offer", [BELMARSH], "person"),
    ("ask_refer", "my nephew got put on belmarsh", ["ask_who_for"], "", [BELMARSH], "about"),
    ("ask_refer", "get him onto belmarsh", ["ask_who_for"], "", [BELMARSH], "refer"),
    ("ask_moderators", "who reads that", ["ask_refer"], "refer", [], "refer"),
    ("ask_moderators", "who reads that", ["ask_refer"], "forum_use", [], "moderators"),
    ("ask_forum_hours", "is it read at night", ["ask_refer"], "crisis_policy", [], "forum_hours"),
    # nothing went before, or the message is long and leans on nothing
    ("ask_history", "have places been cut", ["ask_places"], "", [], "history"),
    (
        "sponsor_none",
        "how would a family sort out a lift to visit with two toddlers",
        ["ask_refer"],
        "offer",
        [],
        "sponsor_none",
    ),
]


@pytest.mark.parametrize(("intent", "text", "others", "before", "names", "expected"), UNNAMED)
def test_a_topic_that_is_not_named_gives_way_after_another(
    knowledge: Knowledge,
    intent: str,
    text: str,
    others: list[str],
    before: str,
    names: list[tuple[str, str]],
    expected: str,
) -> None:
    given = parsed(intent, *names, words=text, others=others, near={"0": 0.6})
    (asked,) = mapping.questions(knowledge, given, {"last_topic": before})
    assert asked.topic == expected


@pytest.mark.parametrize(
    ("text", "topic", "expected"),
    [
        ("my cousin has just gone to swaleside", "out_of_scope", "about"),
        ("somebody mentioned swaleside", "out_of_scope", "about"),
        ("is the food at swaleside halal", "out_of_scope", "out_of_scope"),
        ("swaleside?", "out_of_scope", "out_of_scope"),
    ],
)
def test_who_only_tells_of_a_service_gets_what_it_is(
    knowledge: Knowledge, text: str, topic: str, expected: str
) -> None:
    (asked,) = mapping.questions(knowledge, parsed(topic, SWALESIDE, words=text), {})
    assert asked.topic == expected


ENGAGEMENT, TREATMENT = ("service", "swaleside_engagement"), ("term", "treatment")


@pytest.mark.parametrize(
    ("names", "text", "slots", "topic", "services"),
    [
        ([BELMARSH], "Belmarsh?", {"last_topic": "visits"}, SWITCH, ("belmarsh",)),
        ([BELMARSH], "Belmarsh?", {"last_topic": "services"}, "about", ("belmarsh",)),
        ([BELMARSH], "tell me of belmarsh", {"last_topic": "visits"}, "about", ("belmarsh",)),
        (
            [TREATMENT],
            "i meant the treatment one",
            {"last_topic": "places", "services": ["swaleside_engagement"]},
            SWITCH,
            ("swaleside_treatment",),
        ),
        (
            [TREATMENT],
            "and the treatment?",
            {"last_topic": "places", "services": ["belmarsh"]},
            "about",
            (),
        ),
    ],
)
def test_a_bare_name_asks_the_last_question_of_it(
    knowledge: Knowledge,
    names: list[tuple[str, str]],
    text: str,
    slots: dict[str, Any],
    topic: str,
    services: tuple[str, ...],
) -> None:
    (asked,) = mapping.questions(knowledge, parsed("ask_about", *names, words=text), slots)
    assert (asked.topic, asked.services) == (topic, services)


@pytest.mark.parametrize(
    ("slots", "intent", "text", "topic", "services", "term"),
    [
        (
            {"term": "community_partners"},
            "ask_again",
            "the 2nd one",
            SWITCH,
            "first_step_trust",
            "",
        ),
        ({"term": "tiers"}, "out_of_scope", "and the last?", SWITCH, "", "co_working"),
        ({"term": "tiers"}, "ask_places", "how many in the last one", "places", "", "co_working"),
        ({"services": ["swaleside"]}, "ask_staff", "who works in the former", "staff", "", ""),
    ],
)
def test_a_place_in_a_list_is_what_is_asked_about(
    knowledge: Knowledge,
    slots: dict[str, Any],
    intent: str,
    text: str,
    topic: str,
    services: str,
    term: str,
) -> None:
    given = {"last_topic": "about", **slots}
    (asked,) = mapping.questions(knowledge, parsed(intent, words=text), given)
    expected = services or ("swaleside_engagement" if "services" in slots else "")
    assert (asked.topic, asked.term) == (topic, term)
    assert asked.services == ((expected,) if expected else ())


@pytest.mark.parametrize(
    ("slots", "intent", "follow", "topic", "services"),
    [
        # what a follow-up asks by itself is asked of the place in the list, and not the last topic
        ({"term": "community_partners"}, "ask_offer", "does_what", "offer", ("sova",)),
        ({"services": ["aylesbury"]}, "ask_who_for", "for_whom", "who_for", ("aylesbury_is",)),
        ({"services": ["aylesbury"]}, "ask_again", "why", SWITCH, ("aylesbury_is",)),
    ],
)
def test_a_follow_up_on_a_place_in_a_list(
    knowledge: Knowledge,
    slots: dict[str, Any],
    intent: str,
    follow: str,
    topic: str,
    services: tuple[str, ...],
) -> None:
    given = parsed(intent, words="the last one", follow=follow)
    (asked,) = mapping.questions(knowledge, given, {"last_topic": "about", **slots})
    assert (asked.topic, asked.services, asked.term, asked.follow) == (topic, services, "", "")


@pytest.mark.parametrize(
    ("before", "term", "text", "expected"),
    [
        ("visits", "", "how would we arrange one", ("visits", "visit_booking")),
        ("visits", "", "how do we go about booking", ("visits", "visit_booking")),
        ("visits", "", "what about his kids", ("visits", "")),
        ("about", "", "which offices", ("where", "")),
        ("sponsor_meaning", "", "i never heard who mine is", ("sponsor_find", "")),
        ("person", "", "i have a right to know", ("person", "asked_of_a_person")),
        ("terms", "consultation", "how can i request it", ("refer", "")),
        ("terms", "offender_manager", "does mine ever come", ("offender_manager", "")),
        ("terms", "formulation", "does mine ever come", ("offer", "")),
    ],
)
def test_words_after_a_topic_or_a_word_of_that_name(
    knowledge: Knowledge, before: str, term: str, text: str, expected: tuple[str, str]
) -> None:
    given = parsed("ask_offer", words=text)
    (asked,) = mapping.questions(knowledge, given, {"last_topic": before, "term": term})
    assert (asked.topic, asked.term) == expected


def test_what_was_not_understood_of_a_service_is_remembered_as_about_it(
    knowledge: Knowledge,
) -> None:
    slots: dict[str, Any] = {}
    turn(knowledge, slots, "out_of_scope", SWALESIDE)
    assert slots["last_topic"] == "about"


def test_what_comes_second_in_a_message_leans_on_what_came_first(knowledge: Knowledge) -> None:
    first = {**parsed("ask_waiting", SWALESIDE), "words": "is there a wait at swaleside"}
    second = {**parsed("ask_duration", SWALESIDE), "words": "how long"}
    asked = mapping.questions(knowledge, {"questions": [first, second]}, {})
    assert [question.topic for question in asked] == ["waiting", "waiting"]


@pytest.mark.parametrize(
    ("intent", "text", "expected"),
    [
        # letters that nobody here knows
        ("out_of_scope", "has he got an ABC1 or a QTX", "initials"),
        ("ask_meaning", "what's a JQV when its at home", "initials"),
        ("ask_offer", "are there QTXs for the men", "initials"),
        ("ask_who_for", "Do you need a JQV-R to get in?", "initials"),
        # letters of ours, words in capitals, shouting, and what is asked of no service
        ("ask_offer", "is the LPPU part of the OPD pathway", ""),
        ("ask_visits", "can I PLEASE see him", ""),
        ("ask_offer", "WHAT QTX DO THEY DO", ""),
        ("ask_privacy", "who is your QTX for the chat", ""),
        ("ask_offer", "are there jqvs for the men", ""),
    ],
)
def test_unknown_letters_are_said_not_to_be_held(
    knowledge: Knowledge, intent: str, text: str, expected: str
) -> None:
    (asked,) = mapping.questions(knowledge, {"questions": [{**parsed(intent), "words": text}]}, {})
    assert asked.term == expected
    if expected:
        assert "does not mention those letters" in answer(knowledge, asked).text


SILENT = [
    ("is there any schooling for the lads", "education"),
    ("would he need to be violent", "violence"),
    ("do we get charged for it", "cost"),
    ("so is it all free?", "cost"),
    ("does a man need to do treatment afterwards", "order_of_parts"),
    ("what are those visits even for", "visit_purpose"),
    ("whats the point in family visits", "visit_purpose"),
    ("why do they run family visits", "visit_purpose"),
    ("could he come off the programme", "leaving_early"),
    ("find out who his probation officer is", "own_worker"),
    ("how far would i have to come from Leeds", "travel"),
    ("whats the ratio of officers to lads", "staff_numbers"),
]


@pytest.mark.parametrize(("text", "expected"), SILENT)
def test_phrases_say_what_is_asked(knowledge: Knowledge, text: str, expected: str) -> None:
    part = {**parsed("ask_offer"), "words": text}
    (asked,) = mapping.questions(knowledge, {"questions": [part]}, {})
    assert asked.term == expected


def test_what_is_not_held_on_a_word_is_said_once(knowledge: Knowledge) -> None:
    cost = ("term", "cost")
    parts = [parsed("out_of_scope", cost), parsed("ask_duration", SWALESIDE, cost)]
    asked = mapping.questions(knowledge, {"questions": parts}, {})
    assert [question.term for question in asked] == ["cost", ""]


def test_each_part_of_a_message_is_a_question(knowledge: Knowledge) -> None:
    parts = [parsed("ask_meaning", PIPE), parsed("ask_visits", BELMARSH)]
    asked = mapping.questions(knowledge, parsed("ask_meaning", PIPE, questions=parts), {})
    assert [(question.topic, question.services, question.term) for question in asked] == [
        ("terms", (), "pipe"),
        ("visits", ("belmarsh",), ""),
    ]


@pytest.mark.parametrize(
    ("intent", "entities", "expected"),
    [
        (
            "ask_meaning",
            [("term", "opd_pathway"), ("term", "pipe")],
            [("terms", (), "opd_pathway"), ("terms", (), "pipe")],
        ),
        # Only words that are to be explained: a case full of words asks one thing.
        ("ask_who_for", [("term", "violence"), ("term", "tariff")], [("who_for", (), "violence")]),
        # "engagement or treatment" names two parts of Swaleside; either word alone is a word.
        (
            "ask_about",
            [("term", "engagement"), ("term", "treatment")],
            [("about", ("swaleside_engagement", "swaleside_treatment"), "")],
        ),
        (
            "ask_who_for",
            [("term", "engagement"), SWALESIDE],
            [("who_for", ("swaleside", "swaleside_engagement"), "")],
        ),
        ("ask_offer", [("term", "treatment"), BELMARSH], [("offer", ("belmarsh",), "treatment")]),
    ],
)
def test_words_that_are_several_or_stand_for_a_part(
    knowledge: Knowledge,
    intent: str,
    entities: list[tuple[str, str]],
    expected: list[tuple[Any, ...]],
) -> None:
    asked = mapping.questions(knowledge, parsed(intent, *entities), {})
    assert [(question.topic, question.services, question.term) for question in asked] == expected


SAID = [
    # how it is put, intent, entities, slots before -> topic, services, word
    (
        "do they have them at belmarsh",
        "ask_where",
        [BELMARSH],
        {"term": "keyworker"},
        ("about", ("belmarsh",), "keyworker"),
    ),
    (
        "where is there one",
        "ask_where",
        [],
        {"term": "pipe"},
        ("about", (), "pipe"),
    ),
    (
        "can i visit at belmarsh",
        "ask_visits",
        [BELMARSH],
        {"term": "pipe"},
        ("visits", ("belmarsh",), ""),
    ),
    ("who runs it", "ask_trusts", [], {"last_topic": "forum_hours"}, ("moderators", (), "")),
    ("who runs it", "ask_trusts", [], {"last_topic": "about"}, ("trusts", (), "")),
    (
        "which one does belmarsh",
        "ask_where",
        [BELMARSH],
        {"last_topic": "trusts"},
        ("trusts", ("belmarsh",), ""),
    ),
    ("an belmarsh", "ask_about", [BELMARSH], {"last_topic": "visits"}, (SWITCH, ("belmarsh",), "")),
    (
        "n at swaleside?",
        "ask_about",
        [SWALESIDE],
        {"last_topic": "staff"},
        (SWITCH, ("swaleside",), ""),
    ),
    ("and belmarsh", "ask_about", [BELMARSH], {}, ("about", ("belmarsh",), "")),
    (
        "and what is belmarsh",
        "ask_about",
        [BELMARSH],
        {"last_topic": "staff"},
        ("about", ("belmarsh",), ""),
    ),
    # what is not held is heard by its phrases, where no word is named
    ("can i send him some trainers", "out_of_scope", [], {}, (MISS, (), "belongings")),
    ("do u get paid on there", "ask_daily_life", [], {}, ("daily_life", (), "pay")),
    (
        "do u get paid on the pipe",
        "ask_daily_life",
        [PIPE],
        {},
        ("daily_life", ("swaleside",), "pay"),
    ),
    ("how many can treatment take", "ask_places", [], {}, ("places", (), "")),
    ("is it voluntary", "out_of_scope", [], {"last_topic": "offer"}, (MISS, (), "choice")),
    (
        "what is one",
        "out_of_scope",
        [],
        {"term": "pipe", "last_topic": "terms"},
        ("terms", (), "pipe"),
    ),
    ("will you send a letter to my sponsor", "ask_sponsor_find", [], {}, ("sponsor_find", (), "")),
    # the other one is another service, whatever else the message has
    (
        "right and the other place, who works there",
        "ask_staff",
        [],
        {"services": ["belmarsh"], "last_topic": "about"},
        ("staff", ("aylesbury", "swaleside"), ""),
    ),
    (
        "ok so the other unit, that pipe",
        "switch_service",
        [PIPE],
        {"services": ["belmarsh"], "last_topic": "staff"},
        (SWITCH, ("swaleside",), ""),
    ),
    (
        "does the other side have treatment places",
        "ask_places",
        [],
        {"services": ["swaleside_engagement"], "last_topic": "about"},
        ("places", ("swaleside_treatment",), ""),
    ),
    # whether somebody gets in is whom it takes, and how is the route
    ("could my brother get on the unit", "ask_refer", [], {}, ("who_for", (), "")),
    ("just say will i be accepted", "ask_contact", [BELMARSH], {}, ("who_for", ("belmarsh",), "")),
    ("how can i get on it", "ask_refer", [], {}, ("refer", (), "")),
    ("would they have my cousin", "ask_staff", [], {}, ("who_for", (), "")),
    ("can they take him to court", "ask_staff", [], {}, ("staff", (), "")),
    ("anything for girls of 19", "ask_young_people", [], {}, ("women", (), "")),
    ("anything for lads of 19", "ask_young_people", [], {}, ("young_people", (), "")),
    # what still is asks for no date
    (
        "is it still for men inside",
        "ask_history",
        [SWALESIDE],
        {},
        ("history", ("swaleside",), ""),
    ),
    (
        "are the men still inside",
        "ask_history",
        [SWALESIDE],
        {},
        ("about", ("swaleside",), ""),
    ),
    ("a helpline for the families", "ask_visits", [], {}, ("visits", (), "help_for_families")),
    ("what help do our relatives get", "ask_offer", [], {}, ("offer", (), "help_for_families")),
    ("who do i ask so he can get on it", "ask_refer", [], {}, ("refer", (), "")),
    ("can we go to visits", "ask_visits", [], {}, ("visits", (), "")),
    # who is there when nobody is at work
    (
        "anyone i can ring on a sunday nite or at night",
        "ask_contact",
        [],
        {},
        ("crisis_policy", (), ""),
    ),
    ("is someone about overnight", "ask_staff", [], {}, ("crisis_policy", (), "")),
    ("can i visit at the weekend, someone said so", "ask_visits", [], {}, ("visits", (), "")),
]


@pytest.mark.parametrize(("text", "intent", "entities", "slots", "expected"), SAID)
def test_words_that_are_meant_and_not_named(
    knowledge: Knowledge,
    text: str,
    intent: str,
    entities: list[tuple[str, str]],
    slots: dict[str, Any],
    expected: tuple[str, tuple[str, ...], str],
) -> None:
    (asked,) = mapping.questions(knowledge, parsed(intent, *entities, words=text), slots)
    assert (asked.topic, asked.services, asked.term) == expected


def test_another_service_named_beside_a_question_is_what_it_is_about(knowledge: Knowledge) -> None:
    """ "What about the community one, what are the tiers?" """
    community, tiers = ("service", "community"), ("term", "training")
    parts = [parsed("switch_service", community), parsed("ask_meaning", tiers)]
    (asked,) = mapping.questions(knowledge, {"questions": parts}, {"term": "arts"})
    assert (asked.topic, asked.services, asked.term) == ("terms", ("community",), "training")


@pytest.mark.parametrize(
    ("text", "leans"),
    [
        ("how do i book", True),
        ("and what should i do if the train is late for it", True),
        ("tell me a joke", False),
    ],
)
def test_a_short_message_that_nobody_understood_leans_on_the_last(
    knowledge: Knowledge, text: str, leans: bool
) -> None:
    near = {"0": 0.6 if leans else 0.3}
    given = parsed("out_of_scope", words=text, near=near)
    (asked,) = mapping.questions(knowledge, given, {"last_topic": "visits"})
    assert (asked.topic == "visits") is leans


@pytest.mark.parametrize(
    "message", [{}, {"intent": None, "entities": None}, {"intent": {"name": None}}]
)
def test_a_message_that_nothing_was_understood_of_is_a_miss(
    knowledge: Knowledge, message: dict[str, Any]
) -> None:
    assert [asked.topic for asked in mapping.questions(knowledge, message, {})] == [MISS]


@pytest.mark.parametrize(
    ("text", "services", "remembered"),
    [
        # what is asked of all is not asked of the last
        ("which one takes lifers", ["aylesbury"], ()),
        ("do both have visits", ["swaleside"], ()),
        ("wot services do that", ["swaleside"], ()),
        ("which of those two is bigger", ["belmarsh", "swaleside"], ("belmarsh", "swaleside")),
        ("which prison is that", ["swaleside"], ("swaleside",)),
        ("do they have visits", ["swaleside"], ("swaleside",)),
    ],
)
def test_of_whom_a_question_asks(
    knowledge: Knowledge, text: str, services: list[str], remembered: tuple[str, ...]
) -> None:
    given = parsed("ask_visits", words=text)
    (asked,) = mapping.questions(knowledge, given, {"services": services, "last_topic": "about"})
    assert asked.remembered == remembered


def turn(
    knowledge: Knowledge, slots: dict[str, Any], intent: str, *entities: tuple[str, str]
) -> str:
    """Takes one turn and gives the topic that is reported; `slots` are changed as Rasa would."""
    asked = mapping.questions(knowledge, parsed(intent, *entities), slots)
    found = answer(knowledge, *asked)
    slots.update(mapping.slots_after(found, asked, slots))
    return found.topic


@pytest.mark.parametrize(
    ("turns", "topics", "services"),
    [
        ([("ask_about", SWALESIDE), ("ask_places",)], ["swaleside", "capacity"], ["swaleside"]),
        (
            [("ask_visits", BELMARSH), ("switch_service", SWALESIDE)],
            ["family_visits", "family_visits"],
            ["swaleside"],
        ),
        (
            [("ask_staff", BELMARSH), ("out_of_scope",), ("switch_service", SWALESIDE)],
            ["staff_keyworker", "out_of_scope", "staff_keyworker"],
            ["swaleside"],
        ),
        (
            [("ask_forum_hours",), ("switch_service", SWALESIDE)],
            ["forum_hours", "swaleside"],
            ["swaleside"],
        ),
        # The same once more, and a follow-up that names nothing.
        (
            [("ask_visits", BELMARSH), ("ask_again",)],
            ["family_visits", "family_visits"],
            ["belmarsh"],
        ),
        (
            [("ask_visits", BELMARSH), ("ask_forum_hours",), ("ask_again",)],
            ["family_visits", "forum_hours", "forum_hours"],
            ["belmarsh"],
        ),
        ([("ask_meaning", PIPE), ("ask_again",)], ["pipe", "pipe"], ["swaleside"]),
        (
            [("ask_forum_hours",), ("ask_again", PIPE, BELMARSH)],
            ["forum_hours", "pipe"],
            ["belmarsh"],
        ),
        ([("ask_forum_hours",), ("switch_service",)], ["forum_hours", "forum_hours"], None),
        ([("ask_again",)], ["smalltalk"], None),
        (
            [("ask_about", BELMARSH), ("ask_forum_hours",), ("ask_staff",)],
            ["belmarsh", "forum_hours", "staff_keyworker"],
            ["belmarsh"],
        ),
    ],
)
def test_a_conversation_keeps_its_thread(
    knowledge: Knowledge,
    turns: list[tuple[Any, ...]],
    topics: list[str],
    services: list[str] | None,
) -> None:
    slots: dict[str, Any] = {}
    assert [turn(knowledge, slots, *one) for one in turns] == topics
    assert slots["services"] == services


def test_misses_are_counted_in_a_row_and_forgotten_at_an_answer(knowledge: Knowledge) -> None:
    slots: dict[str, Any] = {}
    counts = []
    for intent in ("out_of_scope", "out_of_scope", "out_of_scope", "ask_services", "out_of_scope"):
        turn(knowledge, slots, intent)
        counts.append(slots["misses"])
    assert counts == [1, 2, 2, 0, 1]


def test_two_misses_in_a_row_say_something_new_and_offer_topics(knowledge: Knowledge) -> None:
    first = answer(knowledge, *mapping.questions(knowledge, parsed("out_of_scope"), {}))
    second = answer(knowledge, *mapping.questions(knowledge, parsed("out_of_scope"), {"misses": 1}))
    assert second.text != first.text
    assert second.topic == "out_of_scope"
    assert mapping.buttons(knowledge, second.suggestions)


def test_buttons_are_payloads_of_intents_that_answer_the_same_topic(knowledge: Knowledge) -> None:
    for topic, entry in knowledge.topics.items():
        for suggestion in (
            answer(
                knowledge, *mapping.questions(knowledge, parsed(entry.intents[0]), {})
            ).suggestions
            if entry.intents
            else ()
        ):
            (button,) = mapping.buttons(knowledge, [suggestion])
            intent = button["payload"].removeprefix("/").partition("{")[0]
            assert knowledge.topic_of(intent) == suggestion.topic, topic
            assert mapping.is_button(button["payload"])


def test_an_answer_carries_its_source_in_the_text_and_beside_it(knowledge: Knowledge) -> None:
    found = answer(knowledge, *mapping.questions(knowledge, parsed("ask_about", SWALESIDE), {}))
    said = mapping.answer_message(knowledge, found)
    assert said["text"] == f"{found.text}\n\n{found.source}"
    assert (said["source"], said["topic"], said["kind"]) == (found.source, "swaleside", "answer")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("/ask_about", True),
        ('/ask_about{"service": "belmarsh"}', True),
        ("/ask_about and then some", False),
        ("i want /ask_about", False),
        ("", False),
    ],
)
def test_is_button(text: str, expected: bool) -> None:
    assert mapping.is_button(text) is expected


def test_screening_is_read_from_what_the_pipeline_found() -> None:
    found = mapping.screening_in(
        {
            "screening": {
                "label": "crisis",
                "who": "other",
                "category": "self_harm",
                "situation": "relative",
            }
        }
    )
    assert found is not None
    assert (found.label, found.who, found.category, found.situation) == (
        Label.CRISIS,
        Who.OTHER,
        "self_harm",
        Situation.RELATIVE,
    )
    assert mapping.screening_in({}) is None
