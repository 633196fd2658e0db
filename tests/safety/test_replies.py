"""The words in a crisis: who gets which, sponsor first, lines that work, and never the forum."""

import re
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.errors import ContentError
from bot.reading.crisis_grammar import GRAMMAR
from bot.reading.screening import Label, Screening, Situation, Who
from bot.safety.replies import (
    HelpContent,
    Writer,
    aftercare_reply,
    aftercare_step,
    concern_reply,
    crisis_reply,
    false_alarm_reply,
    help_page,
    help_reply,
    is_false_alarm,
    load_help,
    overdue,
    safety_reply,
    step_of_payload,
)
from bot.settings import ROOT
from bot.turn import Message

CONTENT = ROOT / "bot" / "content"
CATEGORIES = [
    line.split(":")[0]
    for line in (GRAMMAR / "categories.yml").read_text(encoding="utf-8").splitlines()
    if line[:1].isalpha()
]
EVERY_SCREENING = [
    Screening(Label.CRISIS, who, category, "test", situation)
    for who in Who
    for category in CATEGORIES
    for situation in Situation
]


@pytest.fixture(scope="module")
def words() -> HelpContent:
    return load_help(CONTENT)


def every_crisis_answer(words: HelpContent) -> list[Message]:
    answers = [crisis_reply(words, screening) for screening in EVERY_SCREENING]
    steps = [
        aftercare_reply(words, step, taken, writer=writer)
        for step in words.steps
        for taken in ((), (step,))
        for writer in Writer
    ]
    return [*answers, help_reply(words), safety_reply(words), *steps]


def test_every_answer_has_the_sponsor_before_any_line(words: HelpContent) -> None:
    for message in [crisis_reply(words, s) for s in EVERY_SCREENING] + [
        help_reply(words),
        safety_reply(words),
    ]:
        assert "sponsor" in message.text, message.text
        assert message.text.index("sponsor") < message.text.index("•"), message.text


def test_every_answer_has_a_line_that_works_now(words: HelpContent) -> None:
    for message in every_crisis_answer(words):
        assert re.search(r"\b(999|116 123|85258)\b", message.text), message.text


def test_every_answer_says_that_the_lines_are_national(words: HelpContent) -> None:
    assert all(words.lines_label in message.text for message in every_crisis_answer(words))


def test_no_answer_names_the_forum_as_a_place_to_go(words: HelpContent) -> None:
    page = [
        paragraph
        for section in help_page(words)
        for paragraph in (*section.paragraphs, *section.lines)
    ]
    others = [
        words.concern,
        words.after_crisis.text,
        *words.after_crisis.to.values(),
        words.false_alarm.text,
        words.page.intro,
        *page,
    ]
    for text in [message.text for message in every_crisis_answer(words)] + others:
        for sentence in re.split(r"(?<=[.!?])\s+", text):
            assert "forum" not in sentence.lower() or "do not use the forum" in sentence, sentence


def test_no_answer_hints_that_somebody_reads(words: HelpContent) -> None:
    hint = re.compile(
        r"\b(we (will|can) (call|contact|ring|help)|i (will|have) (pass|told|alert)|someone will|staff have been|a person will)",
        re.I,
    )
    for message in every_crisis_answer(words):
        assert not hint.search(message.text), message.text


def test_the_prisoners_families_helpline_is_never_the_first_line(words: HelpContent) -> None:
    first = [answer.lines[0] for answer in words.answers.values()] + [
        step.lines[0] for step in words.aftercare.values()
    ]
    assert "prisoners_families" not in first


def test_answers_are_short(words: HelpContent) -> None:
    for message in every_crisis_answer(words):
        assert len(message.text.split()) <= 150, message.text
        assert len(message.text) <= 1_200


@pytest.mark.parametrize(
    ("screening", "says"),
    [
        (Screening(Label.CRISIS, Who.SELF, "suicide"), "cell bell"),
        (Screening(Label.CRISIS, Who.SELF, "suicide", "", Situation.CUSTODY), "Listener"),
        (Screening(Label.CRISIS, Who.SELF, "attempt"), "call 999 now"),
        (
            Screening(Label.CRISIS, Who.SELF, "attempt", "", Situation.CUSTODY),
            "press your cell bell now",
        ),
        (
            Screening(Label.CRISIS, Who.OTHER, "suicide", "", Situation.RELATIVE_OF_PRISONER),
            "duty governor",
        ),
        (
            Screening(Label.CRISIS, Who.OTHER, "suicide", "", Situation.RELATIVE_OF_PRISONER),
            "answerphone",
        ),
        (
            Screening(Label.CRISIS, Who.OTHER, "suicide", "", Situation.PROFESSIONAL),
            "organisation's procedures",
        ),
        (Screening(Label.CRISIS, Who.OTHER, "suicide", "", Situation.CUSTODY), "not grassing"),
        (Screening(Label.CRISIS, Who.OTHER, "abuse"), "0808 2000 247"),
        (Screening(Label.CRISIS, Who.OTHER, "violence"), "do not try to stop them"),
        (
            Screening(Label.CRISIS, Who.SELF, "violence", "", Situation.CUSTODY),
            "press your cell bell now",
        ),
        (Screening(Label.CRISIS, Who.SELF, "abuse"), "0808 2000 247"),
        (
            Screening(Label.CRISIS, Who.SELF, "abuse", "", Situation.CUSTODY),
            "press your cell bell now",
        ),
        (Screening(Label.CRISIS, Who.SELF, "threat", "", Situation.PROFESSIONAL), "not safe"),
        (Screening(Label.CRISIS, Who.SELF, "child"), "0800 1111"),
        (Screening(Label.CRISIS, Who.SELF, "violence"), "still stop"),
        (Screening(Label.CRISIS, Who.SELF, "threat", "", Situation.CUSTODY), "not safe"),
        (Screening(Label.CRISIS, Who.SELF, "voices"), "voices"),
        (Screening(Label.CRISIS, Who.SELF, "threat"), "999"),
        (Screening(Label.CRISIS, Who.SELF, "suicide", "", Situation.CHILD), "0800 1111"),
        (Screening(Label.CRISIS, Who.SELF, "abuse", "", Situation.CHILD), "0800 1111"),
        (Screening(Label.CRISIS, Who.SELF, "abuse"), "If you have an assigned sponsor"),
    ],
)
def test_words_fit_who_and_where(words: HelpContent, screening: Screening, says: str) -> None:
    message = crisis_reply(words, screening)
    assert message.kind == "crisis"
    assert says in message.text


@pytest.mark.parametrize(
    ("typed", "step"),
    [
        ("they're not answering", "no_answer"),
        ("goes to voicemail", "no_answer"),
        ("I haven't got one", "no_sponsor"),
        ("aint got no sponsor", "no_sponsor"),
        ("im in my cell", "in_cell"),
        ("I can't call", "cannot_call"),
        ("no credit", "no_credit"),
        ("hell hear me", "cannot_call"),
        ("it just rings and rings", "no_answer"),
        ("nobody came to my bell", "no_answer"),
        ("it's my son", "someone_else"),
        ("thank you", None),
        ("what is a keyworker", None),
    ],
)
def test_each_next_step_is_understood(words: HelpContent, typed: str, step: str | None) -> None:
    assert aftercare_step(words, typed) == step


def test_steps_lead_on_and_never_back(words: HelpContent) -> None:
    taken: list[str] = []
    message = crisis_reply(words, Screening(Label.CRISIS, Who.SELF, "suicide"))
    while message.buttons:
        steps = [step_of_payload(button.payload) for button in message.buttons]
        assert not set(steps) & set(taken)
        step = steps[0]
        assert step is not None
        message = aftercare_reply(words, step, taken)
        taken.append(step)
    assert taken == list(words.aftercare)


def test_the_same_step_again_leads_further(words: HelpContent) -> None:
    first, again = (
        aftercare_reply(words, "no_answer"),
        aftercare_reply(words, "no_answer", ["no_answer"]),
    )
    assert first.text != again.text
    assert again.text.startswith(words.aftercare_again.text)
    assert (
        "sponsor" not in words.aftercare_again.text
    )  # who does not answer is not named a second time


@pytest.mark.parametrize(
    ("payload", "step"),
    [
        ('/crisis_step{"step": "help"}', "help"),
        ("/ask_contact", None),
        ("/crisis_step{", None),
        ('/crisis_step{"step": 3}', None),
    ],
)
def test_payloads_of_ours_are_told_from_rasas(payload: str, step: str | None) -> None:
    assert step_of_payload(payload) == step


def test_concern_offers_the_help_behind_a_button(words: HelpContent) -> None:
    message = concern_reply(words)
    assert [step_of_payload(button.payload) for button in message.buttons] == ["help"]
    assert message.kind != "crisis"
    assert aftercare_reply(words, "help").text == help_reply(words).text


@pytest.mark.parametrize(
    ("typed", "is_one"),
    [
        ("I was only joking", True),
        (
            "im fine",
            False,
        ),  # so says many a person who is not: it is heard, and nothing is taken back
        ("only joking, sort of", False),
        ("im not joking", False),
        ("i didnt mean it but i cant do this", False),
        ("false alarm!", True),
        ("I'm not suicidal, calm down", True),
        ("who is my sponsor", False),
        ("im not fine", False),
    ],
)
def test_a_false_alarm_is_taken_well(words: HelpContent, typed: str, is_one: bool) -> None:
    assert is_false_alarm(words, typed) is is_one
    assert "Thank you" in false_alarm_reply(words).text


def test_warns_of_lines_that_nobody_verified_lately(words: HelpContent) -> None:
    day = min(line.last_verified for line in words.lines.values())
    assert overdue(words, day) == ()
    late = overdue(words, day + timedelta(days=words.verify_every_days + 1))
    assert len(late) >= 1
    assert "samaritans" in " ".join(late)
    assert overdue(words, date(2000, 1, 1))


@pytest.mark.parametrize(
    ("before", "after", "line_says", "problem"),
    [
        (
            "    lines: [emergency, samaritans, nhs_111, shout]",
            "    lines: [emergency, samaritan]",
            "",
            "samaritan",
        ),
        (
            "verify_every_days: 90",
            "verify_every_days: soon",
            "verify_every_days",
            "verify_every_days",
        ),
        ("  shout:", "  shout:\n    colour: red", "colour", "colour"),
        ("answers:", "answers: [", "answers", "YAML"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, before: str, after: str, line_says: str, problem: str
) -> None:
    good = (CONTENT / "crisis.yml").read_text(encoding="utf-8")
    bad = good.replace(before, after, 1)
    assert bad != good
    (tmp_path / "crisis.yml").write_text(bad, encoding="utf-8")
    with pytest.raises(ContentError, match=problem) as caught:
        load_help(tmp_path)
    if problem != "YAML" and line_says:
        assert line_says in bad.splitlines()[caught.value.line - 1]


def test_needs_neither_models_nor_rasa_and_is_there_at_once() -> None:
    code = (
        "import sys, time; t = time.process_time()\n"
        "from pathlib import Path\n"
        "from bot.safety.replies import load_help, safety_reply\n"
        f"safety_reply(load_help(Path({str(CONTENT)!r})))\n"
        "assert not {'spacy', 'numpy', 'rasa', 'aiohttp', 'onnxruntime'} & set(sys.modules)\n"
        "print(time.process_time() - t)"
    )
    seconds = float(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
        ).stdout
    )
    assert seconds < 0.6  # 0.17 on a quiet machine
