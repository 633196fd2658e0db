"""What is asked and what must, and must not, be in the answer. What users type to ask it is for
tests/test_voices.py.
"""

from dataclasses import replace

import pytest

from bot.knowledge import Knowledge, Question, answer


def ask(
    topic: str, *services: str, term: str = "", remembered: tuple[str, ...] = (), previous: str = ""
) -> Question:
    return Question(topic, services, term, remembered, previous)


# question, the public topic, what is said, what is not
TABLE = [
    (
        ask("about"),
        "about_lpp",
        ["four mental health trusts", "London and south England", "NOMS and NHS England"],
        [],
    ),
    (
        ask("trusts"),
        "partners_trusts",
        ["Oxleas NHS", "East London NHS", "South London & Maudsley", "Barnet, Enfield & Haringey"],
        [],
    ),
    (
        ask("trusts", "belmarsh"),
        "partners_trusts",
        ["does not say which trust runs the Belmarsh unit", "Oxleas"],
        [],
    ),
    (
        ask("trusts", remembered=("belmarsh",)),
        "partners_trusts",
        ["Oxleas NHS Foundation Trust"],
        ["Belmarsh"],
    ),
    (
        ask("services"),
        "service_overview",
        ["Aylesbury", "LPPU", "PIPE", "Women in Prison", "First Step Trust", "SOVA Support Link"],
        [],
    ),
    (ask("history"), "history", ["does not say when LPP began"], ["2022", "five"]),
    (
        ask("about", "aylesbury"),
        "aylesbury",
        ["18 to 21", "20 treatment places", "Enabling Environments on two wings"],
        ["two years"],
    ),
    (
        ask("about", "belmarsh"),
        "belmarsh",
        ["London Pathways Progression Unit", "men from London", "keyworker (personal officer)"],
        ["12 months"],
    ),
    (
        ask("about", "swaleside"),
        "swaleside",
        ["PIPE", "30 men", "up to 30 men"],
        ["two years", "from London"],
    ),
    (
        ask("about", "community"),
        "community",
        ["National Probation Service (NPS) London Division", "Local Delivery Units", "co-working"],
        [],
    ),
    (ask("about", "women_in_prison"), "women_in_prison", ["case management", "15 women"], []),
    (ask("about", "first_step_trust"), "first_step_trust", ["work experience", "small number"], []),
    (ask("about", "sova"), "sova", ["volunteers", "around 50", "sentence end"], []),
    # what the page is silent on, and the nearest true thing
    (
        ask("about", "aylesbury", term="accreditation"),
        "enabling_environment",
        ["does not say if anything has been accredited", "two wings"],
        ["Yes"],
    ),
    (
        ask("about", "belmarsh", term="accreditation"),
        "enabling_environment",
        ["does not say if the Belmarsh unit"],
        ["Enabling"],
    ),
    (
        ask("contact", "swaleside", term="visit_booking"),
        "family_visits",
        ["does not give a number", "Ask the prison itself"],
        [],
    ),
    (
        ask("offer", "first_step_trust", term="pay"),
        "treatment",
        ["work experience", "does not say if it is paid"],
        ["Belmarsh"],
    ),
    (
        ask("staff", "community", term="professions"),
        "staff_keyworker",
        ["psychological therapists and Specialist Probation Officers"],
        ["Belmarsh"],
    ),
    (
        ask("staff", "sova", term="professions"),
        "staff_keyworker",
        ["does not say which professions"],
        ["therapists"],
    ),
    (
        ask("terms", term="intensive"),
        "aylesbury",
        ["does not say what intensive means", "Outreach gives less intensive"],
        [],
    ),
    # places
    (ask("places", "aylesbury_is"), "capacity", ["20 treatment places"], ["30"]),
    (ask("places", "aylesbury_outreach"), "capacity", ["does not say how many"], ["20"]),
    (ask("places", "belmarsh"), "capacity", ["does not say how many places"], ["20", "30"]),
    (ask("places", "swaleside_engagement"), "capacity", ["30 men"], ["up to"]),
    (ask("places", "swaleside_treatment"), "capacity", ["up to 30 men"], []),
    (
        ask("places", "swaleside_engagement", "swaleside_treatment"),
        "capacity",
        ["Engagement service is for 30", "Treatment service is for up to 30"],
        [],
    ),
    (
        ask("places"),
        "capacity",
        ["20 treatment places", "15 women", "around 50", "Belmarsh: the page does not say"],
        [],
    ),
    (ask("places", "lpp"), "capacity", ["20 treatment places", "30 men"], []),
    (ask("places", remembered=("swaleside",)), "capacity", ["up to 30 men"], ["20"]),
    (ask("places", term="pipe"), "capacity", ["Swaleside", "up to 30 men"], []),
    (ask("places", remembered=("belmarsh",), term="pipe"), "capacity", ["Swaleside"], []),
    (
        ask("waiting", "belmarsh"),
        "capacity",
        ["does not say how long people wait for the Belmarsh unit"],
        [],
    ),
    (
        ask("waiting", "belmarsh", "swaleside"),
        "capacity",
        ["wait for the Belmarsh unit (LPPU)", "wait for the Swaleside Pathways Service"],
        [],
    ),
    # visits
    (
        ask("visits", "belmarsh"),
        "family_visits",
        ["Yes", "additional and supported", "does not say how to book"],
        [],
    ),
    (
        ask("visits", "swaleside"),
        "family_visits",
        ["Yes", "supported family visits"],
        ["additional"],
    ),
    (
        ask("visits", "aylesbury"),
        "family_visits",
        ["does not say anything about family visits at Aylesbury"],
        ["supported"],
    ),
    (
        ask("visits"),
        "family_visits",
        ["Belmarsh", "Swaleside", "does not say anything about visits at Aylesbury"],
        [],
    ),
    (
        ask("switch_service", "swaleside", previous="visits"),
        "family_visits",
        ["Swaleside", "supported family visits"],
        ["Belmarsh"],
    ),
    (ask("switch_service", "swaleside", previous="forum_hours"), "swaleside", ["PIPE"], ["forum"]),
    (ask("switch_service", "swaleside"), "swaleside", ["PIPE"], []),
    # words
    (
        ask("terms", term="pipe"),
        "pipe",
        ["Psychologically Informed Planned Environment", "Swaleside"],
        [],
    ),
    (ask("terms", "belmarsh", term="pipe"), "pipe", ["No", "Belmarsh", "Swaleside"], ["30"]),
    (ask("offer", "aylesbury", term="pipe"), "pipe", ["No", "Swaleside"], []),
    (ask("about", "swaleside", term="pipe"), "pipe", ["Yes"], ["No,"]),
    (ask("where", term="pipe"), "pipe", ["HMP Swaleside"], []),
    (ask("about", remembered=("belmarsh",), term="pipe"), "pipe", ["No", "Swaleside"], []),
    (
        ask("terms", "swaleside", term="enabling_environment"),
        "enabling_environment",
        ["No", "two wings at Aylesbury"],
        [],
    ),
    (
        ask("terms", term="enabling_environment"),
        "enabling_environment",
        ["Aylesbury", "two wings"],
        ["Swaleside"],
    ),
    (
        ask("terms", remembered=("swaleside",), term="enabling_environment"),
        "enabling_environment",
        ["Aylesbury"],
        ["No,"],
    ),
    (
        ask("terms", term="personality_disorder"),
        "personality_disorder",
        ["page does not say what personality disorder means", "patterns"],
        [],
    ),
    (
        ask("terms", term="offender_manager"),
        "offender_manager",
        ["sentence plan", "regularly"],
        ["sponsor"],
    ),
    (ask("terms", term="mappa"), "community", ["page does not mention this word"], []),
    (ask("about", "lpp", term="pipe"), "pipe", ["HMP Swaleside"], ["No,"]),
    (ask("terms", "sova"), "sova", ["volunteers"], []),
    (ask("terms"), "service_overview", ["I don't have that word"], []),
    (
        ask("out_of_scope", term="tariff"),
        "out_of_scope",
        ["page does not mention this word"],
        ["I can't answer that"],
    ),
    # what the page is silent on is the whole answer, whatever the question seemed to ask
    (ask("offer", term="pay"), "treatment", ["does not say if anybody is paid"], ["theatre"]),
    (
        ask("offer", "sova", term="pay"),
        "treatment",
        ["if anybody there is paid"],
        ["supports around 50"],
    ),
    (ask("out_of_scope", term="belongings"), "treatment", ["ask the prison"], ["Sorry"]),
    (
        ask("who_for", "belmarsh", "swaleside", term="comparing"),
        "service_overview",
        ["not say that one service is better"],
        [],
    ),
    (
        ask("who_for", "community", term="direct_work"),
        "community",
        ["highest level of risk"],
        [],
    ),
    (ask("sponsor_find", term="calls"), "sponsor_find", ["can't know who your sponsor is"], []),
    (ask("forum_use", term="belongings"), "forum_use", ["forum"], ["parcels"]),
    (ask("who_for", term="lifer"), "eligibility", ["takes lifers"], ["Aylesbury"]),
    (ask("women", term="pipe", remembered=()), "women", ["No. The Swaleside"], ["Yes"]),
    # one service is no list of them
    (ask("services", "women_in_prison"), "women_in_prison", ["case management"], ["Aylesbury"]),
    # criteria
    (
        ask("who_for", "belmarsh"),
        "belmarsh",
        [
            "from London",
            "all security categories",
            "progressive move",
            "within two years",
            "decides",
        ],
        ["12 months"],
    ),
    (
        ask("who_for", "belmarsh", term="security_category"),
        "eligibility",
        ["Yes", "all security categories", "from London"],
        [],
    ),
    (
        ask("who_for", "swaleside", term="security_category"),
        "eligibility",
        ["does not give a security category rule"],
        ["all security categories"],
    ),
    (
        ask("who_for", term="security_category"),
        "eligibility",
        ["all security categories", "does not give a category rule for Aylesbury"],
        [],
    ),
    (
        ask("who_for", term="time_left"),
        "eligibility",
        ["Intervention Service", "12 months or more"],
        [],
    ),
    (
        ask("who_for", "swaleside", term="time_left"),
        "eligibility",
        ["does not give a time-left rule"],
        ["12 months"],
    ),
    (
        ask("who_for", "aylesbury_is", term="time_left"),
        "eligibility",
        ["12 months or more"],
        ["two years"],
    ),
    (
        ask("who_for", "swaleside", term="ipp"),
        "eligibility",
        ["does not mention IPP", "personality difficulties"],
        [],
    ),
    (
        ask("who_for", "swaleside", term="from_london"),
        "eligibility",
        ["does not say that men at Swaleside must come from London"],
        [],
    ),
    (
        ask("who_for", "belmarsh", "swaleside"),
        "eligibility",
        ["Belmarsh is for", "Swaleside is for"],
        ["12 months"],
    ),
    (ask("who_for"), "eligibility", ["18 to 21", "services decide"], []),
    (
        ask("young_people", "swaleside"),
        "young_people",
        ["does not give an age rule", "Aylesbury"],
        ["21"],
    ),
    (ask("women"), "women", ["only for women", "Women in Prison", "15 women"], []),
    (ask("women", "belmarsh"), "women", ["No", "for men", "Women in Prison"], []),
    # help, staff, moving on
    (
        ask("offer", "swaleside"),
        "swaleside",
        ["theatre", "music", "animation", "urban art", "self-esteem"],
        [],
    ),
    (
        ask("offer", "belmarsh", term="named_therapy"),
        "treatment",
        ["does not mention a therapy by name", "regular sessions"],
        [],
    ),
    (
        ask("offer", "community"),
        "community",
        ["training", "consultation", "time-limited co-working", "screening", "formulation"],
        [],
    ),
    (ask("daily_life", "aylesbury"), "treatment", ["does not say what a normal day is like"], []),
    (ask("duration", "belmarsh"), "treatment", ["does not say how long", "rule for joining"], []),
    (ask("duration", "swaleside_treatment"), "treatment", ["does not say how long"], ["30"]),
    (
        ask("staff", "belmarsh"),
        "staff_keyworker",
        ["volunteered", "special training", "psychological therapists"],
        [],
    ),
    (
        ask("staff", "swaleside_treatment"),
        "staff_keyworker",
        ["Swaleside", "keyworker (personal officer)"],
        [],
    ),
    (ask("offender_manager", "swaleside"), "offender_manager", ["encourages"], []),
    (
        ask("progression", "belmarsh"),
        "progression_release",
        ["probation", "third sector (charity)"],
        ["meaningful"],
    ),
    (
        ask("outcome", "belmarsh"),
        "progression_release",
        ["I can't know", "does not mention parole"],
        [],
    ),
    (
        ask("outcome", "belmarsh", term="parole"),
        "progression_release",
        ["does not mention parole"],
        ["The page does not mention parole. "],
    ),
    # referral, contact
    (
        ask("refer", "belmarsh"),
        "referral_route",
        ["does not say who may refer", "downloads section"],
        [],
    ),
    (
        ask("refer", "belmarsh", term="pom"),
        "referral_route",
        ["does not mention POM", "downloads section"],
        [],
    ),
    (ask("refer", "sova"), "referral_route", ["downloads section"], []),
    (ask("downloads"), "downloads", ["information for referrers"], []),
    (ask("contact", "swaleside"), "contact", ["does not give a phone number"], []),
    (ask("complaint"), "complaint", ["does not say how to make a complaint"], []),
    # forum, sponsor, crisis, bot
    (
        ask("forum_hours"),
        "forum_hours",
        ["Monday to Friday", "normal working hours", "does not give exact times"],
        [],
    ),
    (ask("forum_use"), "forum_use", ["do not use the forum in a crisis", "sponsor"], ["No,"]),
    (ask("moderators"), "moderators", ["LPP moderation team", "does not name"], []),
    (ask("sponsor_find"), "sponsor_find", ["I can't know who your sponsor is", "116 123"], []),
    (ask("sponsor_meaning"), "sponsor_what_is", ["best person to contact"], []),
    (ask("sponsor_no_answer"), "sponsor_find", ["999", "116 123", "do not use the forum"], []),
    (ask("sponsor_none"), "sponsor_find", ["999", "116 123"], []),
    (
        ask("crisis_policy"),
        "crisis_policy",
        ["assigned sponsor", "999", "Do not post on the forum"],
        [],
    ),
    (ask("person"), "privacy", ["I can't look up a person"], []),
    (ask("privacy"), "privacy", ["I do not save what you type"], []),
    (ask("bot_identity"), "bot_identity", ["I am a bot", "not a person"], []),
    (ask("out_of_scope"), "out_of_scope", ["not on the page"], []),
    # what nobody knows
    (
        ask("no_such_topic", "no_such_service", term="no_such_word"),
        "out_of_scope",
        ["not on the page"],
        [],
    ),
    (ask("about", "no_such_service"), "about_lpp", ["four mental health trusts"], []),
]


@pytest.mark.parametrize(
    ("question", "topic", "says", "never"),
    TABLE,
    ids=[f"{q.topic}-{'+'.join(q.services)}-{q.term}" for q, *_ in TABLE],
)
def test_a_question_has_its_answer(
    knowledge: Knowledge, question: Question, topic: str, says: list[str], never: list[str]
) -> None:
    found = answer(knowledge, question)
    assert found.topic == topic
    assert [wanted for wanted in says if wanted not in found.text] == []
    assert [barred for barred in never if barred in found.text] == []


SEVERAL = [
    # the questions of one message -> topic of the first, what is said, what is not
    (
        [ask("places", "aylesbury_is"), ask("visits", "aylesbury")],
        "capacity",
        ["20 treatment places", "family visits at Aylesbury"],
        ["30"],
    ),
    (
        [ask("terms", term="pipe"), ask("visits")],
        "pipe",
        ["Psychologically Informed", "Swaleside offers supported family visits"],
        ["Belmarsh"],
    ),
    (
        [ask("terms", term="opd_pathway"), ask("terms", term="pipe")],
        "about_lpp",
        ["Offender Personality Disorder", "Planned Environment"],
        [],
    ),
    (
        [ask("visits", "belmarsh"), ask("visits", "belmarsh")],
        "family_visits",
        ["additional and supported"],
        [],
    ),
    (
        [ask("forum_hours"), ask("where", "swaleside")],
        "forum_hours",
        ["Monday to Friday", "HMP Swaleside"],
        [],
    ),
]


@pytest.mark.parametrize(("questions", "topic", "says", "never"), SEVERAL)
def test_several_questions_have_their_answers_in_one_reply(
    knowledge: Knowledge, questions: list[Question], topic: str, says: list[str], never: list[str]
) -> None:
    found = answer(knowledge, *questions)
    assert found.topic == topic
    assert [wanted for wanted in says if wanted not in found.text] == []
    assert [barred for barred in never if barred in found.text] == []
    assert found.source.count("last checked") == 1
    assert found.text.count("additional and supported") <= 1
    assert len(found.text.split()) <= 150
    assert 2 <= len(found.suggestions) <= 3


FACTS = [
    # Not understood, but about a service: what is held on it, and that this is not the answer.
    (ask("out_of_scope", "sova"), ["I don't hold an answer", "around 50 people"]),
    # A word that was asked about leads, and what is asked follows.
    (
        ask("staff", "belmarsh", term="wider_prison"),
        ["Most men go to work", "psychological therapist"],
    ),
    (ask("staff", "swaleside", term="prison_staff"), ["all volunteered", "special training"]),
    (ask("daily_life", "swaleside", term="arts"), ["theatre workshops"]),
    (ask("staff", term="keyworker"), ["At Belmarsh there are regular sessions", "Aylesbury"]),
    (ask("progression", term="job"), ["First Step Trust", "does not promise anybody a job"]),
    (ask("trusts", term="pipe"), ["HMP Swaleside is one, on one"]),
]


@pytest.mark.parametrize(("question", "says"), FACTS)
def test_a_fact_comes_before_the_topic(
    knowledge: Knowledge, question: Question, says: list[str]
) -> None:
    text = answer(knowledge, question).text
    assert [wanted for wanted in says if wanted not in text] == []
    assert len(text.split()) <= 100


@pytest.mark.parametrize(
    ("question", "source"),
    [
        (ask("about", "belmarsh"), "page (Belmarsh), last checked"),
        (ask("about", "belmarsh", "swaleside"), "page (Belmarsh, Swaleside), last checked"),
        (ask("forum_hours"), "page (forum notice), last checked"),
        (ask("terms", term="ipp"), "not from LPP's page"),
        (ask("privacy"), "notes about this bot"),
    ],
)
def test_an_answer_says_where_it_is_from(
    knowledge: Knowledge, question: Question, source: str
) -> None:
    assert source in answer(knowledge, question).source


@pytest.mark.parametrize(
    ("question", "offered"),
    [
        (
            ask("about", "belmarsh"),
            [
                ("Who is Belmarsh for?", "who_for", "belmarsh"),
                ("What Belmarsh offers", "offer", "belmarsh"),
            ],
        ),
        (
            ask("about", "belmarsh", "swaleside"),
            [
                ("Who is Belmarsh for?", "who_for", "belmarsh"),
                ("Who is Swaleside for?", "who_for", "swaleside"),
            ],
        ),
        (
            ask("services"),
            [("About Aylesbury", "about", "aylesbury"), ("About Belmarsh", "about", "belmarsh")],
        ),
        (ask("forum_hours"), [("The forum", "forum_use", "")]),
        # A topic that holds nothing on a service is not offered.
        (
            ask("refer", "belmarsh"),
            [("Downloads", "downloads", ""), ("Who is Belmarsh for?", "who_for", "belmarsh")],
        ),
    ],
)
def test_an_answer_offers_what_can_be_asked_next(
    knowledge: Knowledge, question: Question, offered: list[tuple[str, str, str]]
) -> None:
    assert [tuple(choice) for choice in answer(knowledge, question).suggestions][
        : len(offered)
    ] == offered


def test_an_answer_tells_what_to_remember(knowledge: Knowledge) -> None:
    found = answer(knowledge, ask("switch_service", "swaleside", previous="visits"))
    assert (found.asked, found.services) == ("visits", ("swaleside",))


@pytest.mark.parametrize(
    ("named", "meant"),
    [
        (("swaleside", "swaleside_engagement"), ("swaleside_engagement",)),
        (("lpp", "belmarsh"), ("belmarsh",)),
        (("belmarsh", "swaleside"), ("belmarsh", "swaleside")),
    ],
)
def test_a_part_is_meant_before_its_whole(
    knowledge: Knowledge, named: tuple[str, ...], meant: tuple[str, ...]
) -> None:
    assert answer(knowledge, Question("about", named)).services == meant


@pytest.mark.parametrize(
    ("alias", "named"),
    [
        ("lppu", ("service", "belmarsh")),
        ("hmp belmarsh", ("service", "belmarsh")),
        ("swaleside pipe", ("service", "swaleside")),
        ("fst", ("service", "first_step_trust")),
        ("wip", ("service", "women_in_prison")),
        ("support link", ("service", "sova")),
        ("intervention service", ("service", "aylesbury_is")),
        ("pd", ("term", "personality_disorder")),
        ("om", ("term", "offender_manager")),
        ("l.p.p", ("service", "lpp")),
        ("pathways model", ("service", "community")),
        ("less intensive", ("service", "aylesbury_outreach")),
        ("consults", ("term", "consultation")),
        ("joint casework", ("term", "co_working")),
        ("outer boroughs", ("term", "ldu")),
        ("family contact", ("term", "family_ties")),
        ("without licence", ("term", "sentence_end")),
        ("volunteer lot", ("service", "sova")),
        ("women's scheme", ("service", "women_in_prison")),
        ("employment thing", ("service", "first_step_trust")),
        ("engagement ting", ("service", "swaleside_engagement")),
        ("job services", ("term", "job")),  # what is named as such comes before what is made up
    ],
)
def test_names_that_people_use_are_known(
    knowledge: Knowledge, alias: str, named: tuple[str, str]
) -> None:
    assert knowledge.aliases()[alias] == named


@pytest.mark.parametrize(
    ("text", "term"),
    [
        ("will they pay my nephew", ""),
        ("does the trust pay him for the work", "pay"),
        ("what's this service all about", ""),
        ("what is it all for", "aims"),
        ("which email do we use for visits", "visit_booking"),
        ("who do we phone about a visit", "visit_booking"),
        ("when can we visit", ""),
        ("would you see the client jointly", "co_working"),
        ("can a therapist sit jointly in on my cases", "co_working"),
        ("is the unit run jointly", ""),
        ("what if my dad just doesnt speak", "not_talking"),
        ("and if he refuses to engage with them", "not_talking"),
        ("what if they talk about me", ""),
        ("she completed that intensive thing, what now", "after_intensive"),
        ("what is the intensive bit", ""),
    ],
)
def test_words_that_ask_for_a_term(knowledge: Knowledge, text: str, term: str) -> None:
    assert knowledge.term_asked(text) == term


EVERYDAY = "is,the,community,pathway,pathways,service,unit,first step,prison,women,link,com,cat,trust,officer,mind"


@pytest.mark.parametrize("word", EVERYDAY.split(","))
def test_everyday_words_name_nothing(knowledge: Knowledge, word: str) -> None:
    assert word not in knowledge.aliases()


def test_a_second_word_that_is_not_on_the_page_is_admitted_first(knowledge: Knowledge) -> None:
    text = "do they do formulation for lifers"
    asked = Question("offer", ("community",), "formulation", text=text, beside="lifer")
    found = answer(knowledge, asked).text
    assert found.startswith("The page does not")
    assert "formulation" in found.lower()
    assert "Yes" not in found
    plain = Question("offer", ("community",), "formulation", text=text, beside="training")
    assert answer(knowledge, plain).text == answer(knowledge, replace(plain, beside="")).text


@pytest.mark.parametrize(("word", "says"), [("engagement", "30 men"), ("treatment", "20 places")])
def test_places_of_a_part_are_said_without_its_whole(
    knowledge: Knowledge, word: str, says: str
) -> None:
    found = answer(knowledge, Question("places", term=word, text=f"how many in {word}"))
    assert says in found.text
    assert "First Step" not in found.text
    assert found.topic == "capacity"


def test_that_nothing_is_held_on_what_is_asked_is_no_matter_of_a_word(knowledge: Knowledge) -> None:
    asked = Question("duration", ("community",), "co_working", text="how long is the co-working")
    assert answer(knowledge, asked).text.startswith("The page does not say how long")


def test_a_word_is_answered_alone_where_the_reply_is_shared(knowledge: Knowledge) -> None:
    """And where it was only carried over to a later part, that part is answered by its topic."""
    keyworker = Question("staff", ("belmarsh",), "keyworker")
    places = Question("places", ("aylesbury",), "age")
    therapist = replace(keyworker, term="psychological_therapist")
    first, second = answer(knowledge, keyworker, therapist).text.split("\n\n")
    assert "keyworker" in first
    assert "psychological therapist" in second
    assert "volunteered" not in first + second
    assert "20 treatment places" in answer(knowledge, replace(places, topic="who_for"), places).text


def test_no_yes_stands_behind_that_a_word_is_not_there(knowledge: Knowledge) -> None:
    asked = Question("visits", term="named_therapy", text="do they do family therapy")
    assert answer(knowledge, asked).text.startswith(
        "The page does not mention a therapy by name. Two services"
    )


def test_nobody_is_told_of_results_beside_a_fact(knowledge: Knowledge) -> None:
    asked = Question("outcome", ("belmarsh",), "prison_staff", text="did they choose it")
    assert "can't know" not in answer(knowledge, asked).text


def test_services_that_are_named_are_told_beside_each_other(knowledge: Knowledge) -> None:
    found = answer(knowledge, Question("services", ("swaleside", "belmarsh"))).text
    assert found.startswith("Swaleside has a PIPE")
    assert "SOVA" not in found
