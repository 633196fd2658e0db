"""Each mistake that an editor can make, and the line that tells it."""

import datetime
import re
import shutil
import time
from pathlib import Path

import pytest

from bot.errors import ContentError
from bot.knowledge import Knowledge, Question, answer, load, problems, warnings

BELMARSH = "services/belmarsh.yml"


@pytest.fixture
def copy(content: Path, tmp_path: Path) -> Path:
    """The content, to be spoiled."""
    return Path(shutil.copytree(content, tmp_path / "content"))


def spoil(folder: Path, name: str, old: str, new: str) -> int:
    """Replaces text once in a file. Returns the line where it stood."""
    path = folder / name
    text = path.read_text(encoding="utf-8")
    assert old in text, old
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
    return text[: text.index(old)].count("\n") + 1


# file, what is replaced, by what, what is said of it
MISTAKES = [
    (BELMARSH, "owner: LPP content editor", "ownr: LPP content editor", "unknown key"),
    (BELMARSH, "status: current", "status: open", "status"),
    (BELMARSH, "last_checked: 2026-11-22", "last_checked: 2026-13-22", "2026-13-22"),
    (BELMARSH, "last_checked: 2026-11-22", "last_checked: in November", "last_checked"),
    (BELMARSH, "order: 20", "order: twenty", "order"),
    (BELMARSH, "id: belmarsh", "id: belmarch", "must be the name of its file"),
    (BELMARSH, "order: 20", "order: 20\nparent: brixton", "no service brixton"),
    ("services/sova.yml", "  - support link", "  - LPPU", "names service belmarsh already"),
    ("terms.yml", "aliases: [pipe,", "aliases: [lppu,", "names service belmarsh already"),
    (BELMARSH, "  duration:", "  durations:", "no such topic"),
    (BELMARSH, "  keyworker: Yes.", "  keywrker: Yes.", "no such term"),
    (BELMARSH, "    line: at HMP Belmarsh.", "    line: at HMP {place}.", "{place}"),
    (BELMARSH, "    line: at HMP Belmarsh.", "    line: ''", "line"),
    (BELMARSH, "    line: at HMP Belmarsh.", f"    line: {'word ' * 40}", "40 words long"),
    (BELMARSH, "    held: none", "    held: nothing", "held"),
    (BELMARSH, "facts:", "facts: [", ""),
    (BELMARSH, "section: Belmarsh", "section: Belmarsh\nsection: Belmarsh", "twice"),
    (
        "services/aylesbury_is.yml",
        "parent: aylesbury",
        "parent: swaleside_engagement",
        "itself a part",
    ),
    ("topics.yml", "intents: [ask_visits]", "intents: [ask_places]", "belongs to"),
    ("topics.yml", "next: [places, who_for, downloads]", "next: [places, who_four]", "who_four"),
    ("topics.yml", "label: Waiting times", "lable: Waiting times", "unknown key"),
    (
        "terms.yml",
        "The page does not mention this word. In general use, POM",
        "In general use, POM",
        "must say openly",
    ),
    ("terms.yml", "service: swaleside", "service: swalside", "no service swalside"),
    ("follow_ups.yml", "tiers: [training, ", "tiers: [trainings, ", "no such term or service"),
    ("follow_ups.yml", "(?:former\\b|first", "(?:former\\b|(first", "places"),
    ("general.yml", "review_after_days: 180", "review_after_days: 0", "review_after_days"),
    ("general.yml", "  forum_hours:", "  forum_ours:", "forum_ours"),
    ("general.yml", "wait: {samaritans}", "wait: {samaritains}", "{samaritains}"),
    ("general.yml", '"{service}: {answer}"', '"{services}: {answer}"', "{services}"),
]


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    MISTAKES,
    ids=[f"{name}: {new.strip()[:40]}" for name, _, new, _ in MISTAKES],
)
def test_a_mistake_is_told_with_file_and_line(
    copy: Path, name: str, old: str, new: str, said: str
) -> None:
    line = spoil(copy, name, old, new)
    found = problems(copy)
    told = [error for error in found if said in error.problem]
    assert told, [str(error) for error in found]
    # A block that is folded over lines is shown where its key stands, a line or two above.
    assert any(error.file == copy / name and abs(error.line - line) <= 4 for error in told), [
        str(error) for error in told
    ]
    with pytest.raises(ContentError, match=re.escape(str(copy))):
        load(copy)


def test_all_mistakes_are_told_at_once(copy: Path) -> None:
    spoil(copy, BELMARSH, "status: current", "status: open")
    spoil(copy, "services/sova.yml", "order: 52", "order: last")
    assert {error.file.name for error in problems(copy)} >= {"belmarsh.yml", "sova.yml"}


@pytest.mark.parametrize("name", ["general.yml", "topics.yml", "terms.yml", "services/lpp.yml"])
def test_a_missing_file_is_told(copy: Path, name: str) -> None:
    (copy / name).unlink()
    assert any("missing" in error.problem for error in problems(copy))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("general.yml", ""),
        ("topics.yml", "- a\n- b\n"),
        ("terms.yml", "a: [1\n"),
        (BELMARSH, "just words\n"),
    ],
)
def test_a_broken_file_is_told(copy: Path, name: str, text: str) -> None:
    (copy / name).write_text(text, encoding="utf-8")
    assert any(error.file == copy / name for error in problems(copy))


def test_a_file_in_another_encoding_is_told(copy: Path) -> None:
    (copy / BELMARSH).write_bytes("name: café".encode("latin-1"))
    assert any("UTF-8" in error.problem for error in problems(copy))


def test_the_content_has_no_mistakes(content: Path) -> None:
    assert [str(error) for error in problems(content)] == []


@pytest.mark.parametrize(
    ("today", "said"),
    [
        (datetime.date(2026, 11, 22), None),
        (datetime.date(2027, 5, 21), None),
        (datetime.date(2027, 5, 22), "overdue for review by 1 days"),
        (datetime.date(2026, 11, 21), "in the future"),
    ],
)
def test_content_that_is_overdue_warns(
    knowledge: Knowledge, content: Path, today: datetime.date, said: str | None
) -> None:
    found = warnings(knowledge, content, today)
    if said is None:
        assert found == []
    else:
        assert len(found) == len(knowledge.services) + 1
        assert all(said in error.problem for error in found)
        belmarsh = next(error for error in found if error.file == content / BELMARSH)
        assert (
            "last_checked"
            in belmarsh.file.read_text(encoding="utf-8").splitlines()[belmarsh.line - 1]
        )


STATUSES = {"under_review": "is under review", "withdrawn": "is marked as withdrawn"}


@pytest.mark.parametrize("status", STATUSES)
def test_a_status_comes_first_everywhere(copy: Path, status: str) -> None:
    spoil(copy, "services/swaleside.yml", "status: current", f"status: {status}")
    knowledge = load(copy)
    asked = [
        *(
            Question(topic, ("swaleside",))
            for topic, entry in knowledge.topics.items()
            if entry.kind == "service"
        ),
        *(Question(topic, ("swaleside_treatment",)) for topic in ("about", "places", "waiting")),
        *(
            Question(topic)
            for topic in ("services", "places", "visits", "offer", "offender_manager")
        ),
        Question("about", ("belmarsh", "swaleside")),
        Question("terms", (), "pipe"),
        Question("terms", ("belmarsh",), "pipe"),
    ]
    silent = [
        question
        for question in asked
        if STATUSES[status] not in answer(knowledge, question).text.split("\n\n")[0]
    ]
    assert silent == []
    assert answer(knowledge, Question("about", ("sova",))).text.startswith(
        "SOVA Support Link is a partner"
    )


def test_a_part_may_be_withdrawn_alone(copy: Path) -> None:
    spoil(copy, "services/swaleside_treatment.yml", "status: current", "status: withdrawn")
    knowledge = load(copy)
    assert "withdrawn" in answer(knowledge, Question("places", ("swaleside_treatment",))).text
    assert "withdrawn" not in answer(knowledge, Question("places", ("swaleside_engagement",))).text
    assert "withdrawn" in answer(knowledge, Question("about", ("swaleside",))).text


def test_a_button_tells_the_status(copy: Path) -> None:
    spoil(copy, BELMARSH, "status: current", "status: withdrawn")
    labels = [choice.label for choice in answer(load(copy), Question("services")).suggestions]
    assert "About Belmarsh (withdrawn)" in labels
    assert "About Aylesbury" in labels


def test_loading_is_quick(content: Path) -> None:
    load(content)
    started = time.process_time()
    load(content)
    assert time.process_time() - started < 0.3
