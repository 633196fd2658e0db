"""One value of a YAML text is changed, and nothing else: not a comment, not a quote, not a line end."""

import datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.publishing.values import NotEditable, Value, Where, read, value_at, with_value
from tests.conftest import ROOT

TEXT = """\
# A comment at the top.
id: belmarsh   # and one beside
status: current
last_checked: 2026-11-22
label: 'Belmarsh'
aliases:
  - belmarsh
  - hmp belmarsh  # the long one

  # About the next one.
  - "l.p.p.u"
flow: [one, two]
points: |-
  For men who:
  • are from London

  No more.
answers:
  visits:
    held: full
    text: >-
      Yes, the unit has family visits.
      They are supported.
      The page does not say more.

    # Between two.
    line: family visits.
  short: {held: none, text: "No."}
"""

CHANGES: list[tuple[Where, Value, str, str]] = [
    (("status",), "withdrawn", "status: current\n", "status: withdrawn\n"),
    (("id",), "other", "id: belmarsh   # and", "id: other   # and"),
    (("id",), "a: b", "id: belmarsh   # and", 'id: "a: b"   # and'),
    (("id",), "yes", "id: belmarsh   # and", 'id: "yes"   # and'),
    (("label",), "It's “so”", "'Belmarsh'", '"It\'s “so”"'),
    (("last_checked",), datetime.date(2027, 1, 2), "2026-11-22", "2027-01-02"),
    (("aliases",), ("hmp belmarsh", "l.p.p.u"), "  - belmarsh\n", ""),
    (("aliases",), ("belmarsh", "l.p.p.u"), "  - hmp belmarsh  # the long one\n", ""),
    (
        ("aliases",),
        ("belmarsh", "hmp belmarsh", "l.p.p.u", "bel", "no"),
        '  - "l.p.p.u"\n',
        '  - "l.p.p.u"\n  - "bel"\n  - "no"\n',
    ),
    (
        ("aliases",),
        ("belmarsh", "hmp belmarsh", "bel"),
        '  - "l.p.p.u"\n',
        "  - bel\n",
    ),
    (("flow",), ("two", "a, b"), "[one, two]", '["two", "a, b"]'),
    (
        ("answers", "visits", "text"),
        "Yes, the unit has family visits. They are not supported. The page does not say more.",
        "      They are supported.\n",
        "      They are not supported.\n",
    ),
    (("answers", "visits", "text"), "A  B", "0:text", '"A  B"'),
    (("points",), "For men who:\n• are not\n\nNo more.", "• are from London", "• are not"),
    (("answers", "visits", "line"), None, "    line: family visits.\n", ""),
    (
        ("answers", "visits", "short"),
        "Yes.",
        "line: family visits.\n",
        "line: family visits.\n    short: Yes.\n",
    ),
    (("answers", "short", "text"), "No, not so.", '"No."', '"No, not so."'),
]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(("where", "value", "old", "new"), CHANGES)
def test_only_the_value_changes(where: Where, value: Value, old: str, new: str, end: str) -> None:
    if old == "0:text":
        start = TEXT.index(">-")
        old = TEXT[start : TEXT.index("\n\n    # Between")]
    assert TEXT.count(old) == 1
    wanted = TEXT.replace(old, new).replace("\n", end)
    changed = with_value(TEXT.replace("\n", end), where, value)
    assert changed == wanted
    assert value_at(read(changed), where) == value


@pytest.mark.parametrize(
    ("where", "value"),
    [
        (("nowhere", "text"), "x"),
        (("aliases",), ()),
        (("answers", "short", "line"), "a key more in braces"),
        (("answers",), "a text where there are keys"),
        (("answers", "visits", "more"), ("a", "b")),
    ],
)
def test_what_cannot_be_changed_in_place_is_refused(where: Where, value: Value) -> None:
    with pytest.raises(NotEditable):
        with_value(TEXT, where, value)


def test_the_same_value_changes_nothing() -> None:
    assert with_value(TEXT, ("status",), "current") == TEXT


def test_a_file_without_a_last_line_end() -> None:
    assert with_value("a:\n  - x\n  - y", ("a",), ("x",)) == "a:\n  - x\n"
    assert with_value("a:\n  - x\n  - y", ("a",), ("x", "y", "z")) == "a:\n  - x\n  - y\n  - z"
    assert with_value("a: x", ("b",), "y") == "a: x\nb: y"


def places(data: Any, where: Where = ()) -> list[Where]:
    if isinstance(data, dict):
        return [found for key in data for found in places(data[key], (*where, str(key)))]
    return [where] if isinstance(data, str) else []


BELMARSH = (ROOT / "bot/content/services/belmarsh.yml").read_text(encoding="utf-8")


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_text_comes_back_from_any_place_of_a_real_file(data: st.DataObject) -> None:
    where = data.draw(st.sampled_from(places(read(BELMARSH))))
    words = st.text(st.characters(exclude_categories=["Cs", "Cc", "Cn", "Co"]), min_size=1)
    value = data.draw(words | st.from_regex(r"[a-z:#' \"\-\[{]+( [a-z,:#]+)*", fullmatch=True))
    value = " ".join(value.split()) or "x"
    changed = with_value(BELMARSH, where, value)
    assert value_at(read(changed), where) == value
    # What stands before and behind it is as it was.
    before, after = BELMARSH.splitlines(), changed.splitlines()
    line = next(
        (i for i, two in enumerate(zip(before, after, strict=False)) if len(set(two)) > 1), 0
    )
    assert before[:line] == after[:line]
    assert with_value(changed, where, value) == changed
