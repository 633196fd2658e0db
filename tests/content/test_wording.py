"""Rules that every answer keeps, whoever edits the content: read over all answers that can be
given.
"""

import re
import statistics
from itertools import pairwise
from pathlib import Path

import pytest
import textstat

from bot.knowledge import Answer, Knowledge, Question

Answers = list[tuple[Question, Answer]]
SOURCE = Path(__file__).parents[1] / "data" / "history_and_pathways.txt"
"""The page's own words, to hold ours against: nothing that serves reads them."""

WORDS_MAX = 120
"""Words in a whole reply with its source (docs/content.md)."""
PAIR_MAX = 135
"""Two services side by side, with both names in the source."""
SENTENCE_MEAN_MAX = 20
COPY_MAX = 8
"""Words in a row that an answer may share with the page: names and set phrases are that long,
sentences are longer.
"""

# What the page gives in figures, the date of the last check, and two national lines (999, 116 123).
# Everything else would be invented.
FIGURES = {"12", "15", "18", "20", "21", "30", "50"}
DATE = {"22", "2026"}
LINES = {"999", "116", "123"}

# What the page does not say, and no answer may say. Each is a way of saying it.
NEVER_SAID = {
    "a clock time": r"\b\d{1,2}([:.]\d\d)? ?(am|pm|o'clock)\b|\b\d\d:\d\d\b|\bnine to five\b|\b24/7\b",
    "a phone number": r"\b0\d{2,4} ?\d{3,}",
    "an email or web address": r"@|www\.|https?:|\.org|\.uk\b",
    "a postcode": r"\b[A-Z]{1,2}\d{1,2} ?\d[A-Z]{2}\b",
    "a price": r"£|\bfree of charge\b|\bcosts? \d",
    "a waiting time": r"\bwait(ing)? (time )?(is|of|about|around) \d|\b\d+ (weeks|days)\b",
    "a length of stay": r"\blasts? (for )?(about |up to )?\d|\bstays? (for )?(about |up to )?\d",
    "a promise of a place": r"\baccepted\b|\beligible\b|\bsuitable\b|\bguarantee|\bwill get a place\b(?<!say who will get a place)|\bqualif(y|ies)\b",
    "a promise of release": r"\bwill be released\b|\bwill get out\b|\bwill get parole\b",
    "a success rate": r"\bper cent\b|%|\bproven\b|\breduces? reoffending\b",
    "another prison": r"\b(brixton|feltham|wandsworth|pentonville|thameside|holloway|bronzefield|whitemoor|frankland)\b",
    "a newer fact": r"\bfive trusts\b|\bcategory c prison\b|\b2022\b",
    "that somebody reads along": r"\bwe are here for you\b|\bi will pass\b|\bsomeone will (read|reply|answer)\b|\ban adviser\b",
    "who may refer": r"\bonly (probation|offender managers?|staff|professionals) (can|may) refer\b|\b(can|may) be referred by\b",
    "a therapy by name": r"\b(dbt|cbt|mbt|emdr|schema therapy)\b",
    "what a sponsor is on the staff": r"sponsor is (your|a|an|the) (keyworker|key worker|personal officer|offender manager|probation officer)",
}

# Facts that belong to one service: what an answer about another one must not hold
# (../shared/notes/product.md).
OWN_FACTS = {
    r"12 months": {"aylesbury", "aylesbury_is"},
    r"20 treatment places": {"aylesbury", "aylesbury_is", "aylesbury_outreach"},
    r"18 to 21": {"aylesbury", "aylesbury_is", "aylesbury_outreach"},
    r"two years": {"belmarsh"},
    r"all security categories": {"belmarsh"},
    r"30 men": {"swaleside", "swaleside_engagement", "swaleside_treatment"},
    r"around 50": {"sova", "community"},
    r"theatre|urban art|animation": {"swaleside", "swaleside_engagement", "swaleside_treatment"},
    r"additional and supported": {"belmarsh"},
    r"work experience": {"first_step_trust"},
    r"volunteer-led": {"sova"},
    r"local delivery units": {"community"},
    r"go to work": {"belmarsh"},
}
# 15 women is what every service that is not for women points to.
POINTERS = {"women"}


def _ask(question: Question) -> str:
    return f"{question.topic} {question.services} {question.term}"


@pytest.mark.parametrize("what", NEVER_SAID)
def test_no_answer_says_what_the_page_does_not(every_answer: Answers, what: str) -> None:
    said = re.compile(NEVER_SAID[what], re.IGNORECASE)
    assert [_ask(question) for question, answer in every_answer if said.search(answer.text)] == []


def test_every_figure_is_from_the_page(every_answer: Answers, knowledge: Knowledge) -> None:
    strange = {
        f"{_ask(question)}: {figure}"
        for question, answer in every_answer
        for figure in re.findall(r"\d+", answer.text)
        if figure
        not in FIGURES | (LINES if knowledge.topics[answer.asked].kind == "general" else set())
    }
    assert strange == set()
    assert {
        figure for _, answer in every_answer for figure in re.findall(r"\d+", answer.source)
    } <= DATE


def test_the_figures_are_those_of_the_page() -> None:
    assert set(re.findall(r"\d+", SOURCE.read_text(encoding="utf-8"))) >= FIGURES


@pytest.mark.parametrize("own", OWN_FACTS)
def test_no_fact_leaks_into_another_service(
    every_answer: Answers, knowledge: Knowledge, own: str
) -> None:
    said = re.compile(own, re.IGNORECASE)
    leaks = [
        _ask(question)
        for question, answer in every_answer
        # "Which service offers work experience?" is answered by pointing to it: a word that belongs
        # elsewhere is set right.
        if len(answer.services) == 1
        and not question.term
        and question.topic not in POINTERS
        and knowledge.topics[answer.asked].kind == "service"
        if answer.services[0] not in OWN_FACTS[own] and said.search(answer.text)
    ]
    assert leaks == []


def test_every_answer_about_a_service_names_it(every_answer: Answers, knowledge: Knowledge) -> None:
    def names(id_: str) -> list[str]:
        whole = knowledge.whole_of(knowledge.services[id_])
        return [
            name
            for service in whole
            for name in (service.label, service.short_name, *service.aliases)
        ]

    nameless = [
        _ask(question)
        for question, answer in every_answer
        if len(answer.services) == 1 and knowledge.topics[answer.asked].kind == "service"
        if not any(name.lower() in answer.text.lower() for name in names(answer.services[0]))
    ]
    assert nameless == []


def test_every_answer_fits(every_answer: Answers) -> None:
    def room(answer: Answer) -> int:
        return PAIR_MAX if len(answer.services) > 1 else WORDS_MAX

    long = {
        _ask(q): n
        for q, a in every_answer
        if (n := len(f"{a.text} {a.source}".replace("•", "").split())) > room(a)
    }
    assert long == {}


def test_every_answer_says_where_it_is_from_and_may_have_changed(every_answer: Answers) -> None:
    for question, answer in every_answer:
        assert answer.source.lower().count("last checked 22 november 2026") == 1, _ask(question)
        assert answer.source.count("may have changed") == 1, _ask(question)
        assert "may have changed" not in answer.text or answer.asked == "history", _ask(question)


def test_an_answer_that_holds_nothing_says_so(every_answer: Answers) -> None:
    admits = re.compile(
        r"(page|it) does not|not on the page|I (still )?don't (hold|have|know)|I can't (know|look up|answer)",
        re.IGNORECASE,
    )
    silent = [
        _ask(question)
        for question, answer in every_answer
        if answer.held != "full" and not admits.search(answer.text)
    ]
    assert silent == []


def test_every_answer_offers_two_or_three_next_steps(every_answer: Answers) -> None:
    assert [
        _ask(question) for question, answer in every_answer if len(answer.suggestions) not in {2, 3}
    ] == []


def test_the_sponsor_is_never_explained_by_another_role(every_answer: Answers) -> None:
    roles = re.compile(
        r"keyworker|key worker|personal officer|offender manager|probation officer", re.IGNORECASE
    )
    assert [
        _ask(q) for q, a in every_answer if a.asked.startswith("sponsor") and roles.search(a.text)
    ] == []


def test_nobody_in_crisis_is_sent_to_the_forum(every_answer: Answers) -> None:
    told = [
        answer.text.lower()
        for _, answer in every_answer
        if "forum" in answer.text.lower() and "crisis" in answer.text.lower()
    ]
    assert told
    assert all(
        re.search(
            r"do not (use|post on) the forum|not use the forum|not for a crisis|not there for a crisis",
            text,
        )
        for text in told
    )


def _runs(text: str) -> set[tuple[str, ...]]:
    for name in NAMES:
        text = text.replace(name, "|")
    words = re.findall(r"[a-z0-9]+|[|]", text.lower().replace("’", "").replace("'", ""))
    return {
        run
        for at in range(len(words) - COPY_MAX)
        if "|" not in (run := tuple(words[at : at + COPY_MAX + 1]))
    }


def test_no_sentence_is_copied_from_the_page(every_answer: Answers) -> None:
    page = _runs(SOURCE.read_text(encoding="utf-8"))
    copied = {" ".join(run) for _, answer in every_answer for run in _runs(answer.text) & page}
    assert copied == set()


# Readability. Reading age is the school grade plus 5: grade 6 is age 11. The page's own names and
# words can't be changed, and the bot explains them, so each counts as one plain word. The syllable
# formulas of textstat fetch a dictionary from the network; these two count letters.
GRADE_MEDIAN_MAX = 5.0
GRADE_MAX = 9.0
GRADED_FROM = 25
"""Words below which one long word makes a grade of its own."""
_NAMES = """
    Oxleas NHS Foundation Trust; East London NHS Foundation Trust; South London & Maudsley NHS Foundation Trust; South London & Maudsley;
    Barnet, Enfield & Haringey Mental Health Trust; Barnet, Enfield & Haringey; HMYOI Aylesbury; London Pathways Partnership;
    London Pathways Progression Unit; Psychologically Informed Planned Environment; Offender Personality Disorder; Community Pathways Service;
    Pathways Service; Imprisonment for Public Protection; Multi-Agency Public Protection Arrangements; His Majesty's Prison and Probation Service;
    mainstream employment services; information for referrers; downloads section; LPP moderation team; time-limited; assessment;
    psychological treatment; structured groups; creative groups; theatre; animation; urban art; community pathway"""
NAMES = tuple(name.strip() for name in _NAMES.split(";"))


def _plain(knowledge: Knowledge, text: str) -> str:
    """The text as prose: names and explained words shortened, a line of a list as a sentence."""
    names = {
        *NAMES,
        *(n for s in knowledge.services.values() for n in (s.name, s.short_name, s.label)),
    }
    names |= {n for t in knowledge.terms.values() for n in (t.word, *t.aliases) if len(n) > 6}
    pattern = re.compile(
        r"\b(?:"
        + "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
        + r")\b",
        re.IGNORECASE,
    )
    lines = [line.strip("• .") for line in pattern.sub("name", text).splitlines() if line.strip()]
    return " ".join(f"{line.replace(':', ',')}." for line in lines)


def test_a_child_of_eleven_can_read_it(every_answer: Answers, knowledge: Knowledge) -> None:
    grades, hard, long = [], {}, {}
    asked = [
        (q, a)
        for q, a in every_answer
        if len(a.services) < 2 and (not q.term or q.topic == "terms")
    ]
    for text, question in {answer.text: question for question, answer in asked}.items():
        plain = _plain(knowledge, text)
        grade = (
            textstat.automated_readability_index(plain) + textstat.coleman_liau_index(plain)
        ) / 2
        grades.append(grade)
        if grade > GRADE_MAX and len(plain.split()) >= GRADED_FROM:
            hard[_ask(question)] = round(grade, 1)
        if (words := textstat.words_per_sentence(plain)) > SENTENCE_MEAN_MAX:
            long[_ask(question)] = words
    assert hard == {}
    assert long == {}
    assert statistics.median(grades) <= GRADE_MEDIAN_MAX


def test_no_sentence_runs_on(every_answer: Answers) -> None:
    longest = {
        sentence: len(sentence.split())
        for _, answer in every_answer
        for sentence in re.split(r"(?<=[.!?])\s+|\n", answer.text)
        if len(sentence.split()) > 36
    }
    assert longest == {}


def test_services_are_in_the_order_of_the_page(knowledge: Knowledge) -> None:
    orders = [service.order for service in knowledge.services.values()]
    assert all(one < two for one, two in pairwise(orders))
