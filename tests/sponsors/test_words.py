"""What "Find my sponsor" says, and what it never may."""

import re
from datetime import date
from pathlib import Path

import pytest
import textstat

from bot.errors import ContentError
from bot.knowledge import Knowledge, Question, answer, load
from bot.reading.screening import Label, Screening, Situation, Who
from bot.safety.replies import crisis_reply, load_help
from bot.settings import ROOT
from bot.sponsors.codes import new_code
from bot.sponsors.content import FILE, load_sponsor_words
from bot.sponsors.wording import ask_lines, slip

CONTENT = ROOT / "bot" / "content"
WORDS = load_sponsor_words(CONTENT)
EVERY_SENTENCE = [
    text
    for part in WORDS.model_dump().values()
    for text in (
        [part] if isinstance(part, str) else part.values() if isinstance(part, dict) else part
    )
]


@pytest.fixture(scope="module")
def knowledge() -> Knowledge:
    return load(CONTENT)


def test_a_sponsor_is_never_explained_by_another_role() -> None:
    roles = re.compile(
        r"key ?worker|personal officer|offender manager|probation officer", re.IGNORECASE
    )
    assert [text for text in EVERY_SENTENCE if roles.search(text)] == []


def test_nothing_but_a_refusal_is_said_of_what_is_wrong() -> None:
    assert not re.search(
        r"revoked|expired|no such|unknown|not found|does not exist|wrong code",
        WORDS.errors.refused,
        re.IGNORECASE,
    )


WHOSE = [
    (Screening(Label.CRISIS, Who.SELF, "suicide"), True),
    (Screening(Label.CRISIS, Who.NOT_APPLICABLE, "suicide", "", Situation.CUSTODY), True),
    (Screening(Label.CRISIS, Who.OTHER, "suicide"), False),
    (Screening(Label.CRISIS, Who.OTHER, "suicide", "", Situation.RELATIVE_OF_PRISONER), False),
    (Screening(Label.CRISIS, Who.SELF, "suicide", "", Situation.PROFESSIONAL), False),
]


@pytest.mark.parametrize(("screening", "own"), WHOSE)
def test_a_sponsor_is_named_only_where_it_is_the_writers_own(
    screening: Screening, own: bool
) -> None:
    assert (
        "Sam Example"
        in crisis_reply(load_help(CONTENT), screening, "Your sponsor is Sam Example.").text
    ) is own


def test_every_sentence_is_plain() -> None:
    text = " ".join(
        re.sub(r"\{\w+\}", "name", part) for part in EVERY_SENTENCE if len(part.split()) > 3
    )
    assert (textstat.automated_readability_index(text) + textstat.coleman_liau_index(text)) / 2 <= 6


def test_without_a_directory_the_bot_says_who_to_ask_by_where_somebody_is(
    knowledge: Knowledge,
) -> None:
    text = answer(knowledge, Question("sponsor_find")).text
    assert "can't know who your sponsor is" in text
    assert all(line in text for line in ask_lines(WORDS))
    assert len(ask_lines(WORDS)) == 4


def test_a_service_can_have_wording_of_its_own(tmp_path: Path) -> None:
    import shutil

    content = Path(shutil.copytree(CONTENT, tmp_path / "content"))
    service = content / "services" / "belmarsh.yml"
    own = "  sponsor_find: {held: none, text: 'The page does not say who your sponsor is. On the Belmarsh unit, the board by the office shows it.'}"
    service.write_text(
        service.read_text(encoding="utf-8").replace("answers:\n", f"answers:\n{own}\n", 1),
        encoding="utf-8",
    )
    changed = load(content)
    assert (
        "the board by the office" in answer(changed, Question("sponsor_find", ("belmarsh",))).text
    )
    assert (
        "the board by the office"
        not in answer(changed, Question("sponsor_find", ("swaleside",))).text
    )


def test_the_slip_has_the_code_in_print_and_in_words_and_no_reference() -> None:
    code = new_code()
    text = slip(WORDS, code, date(2027, 2, 23))
    assert code in text
    assert "23 February 2027" in text
    assert WORDS.spoken[code[0]] in text
    assert "{" not in text


MISTAKES = [
    ("  C: Charlie\n", "", "spoken"),
    ("  C: Charlie\n", "  C: Charlie\n  O: Oscar\n", "spoken"),
    ('  - "{code}"\n', "", "slip"),
    ("  title: Find my sponsor\n", "", "title"),
    ("chat:\n", "chat:\n  more: x\n", "unknown key"),
]


@pytest.mark.parametrize(("right", "wrong", "said"), MISTAKES)
def test_a_mistake_is_shown_with_its_line(
    tmp_path: Path, right: str, wrong: str, said: str
) -> None:
    text = (CONTENT / FILE).read_text(encoding="utf-8")
    assert right in text
    (tmp_path / FILE).write_text(text.replace(right, wrong), encoding="utf-8")
    with pytest.raises(ContentError, match=rf"sponsors\.yml:\d+: .*{said}"):
        load_sponsor_words(tmp_path)
