"""Questions that people told the team, as the directory keeps them, and counts without words."""

import asyncio
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.sponsors import tables, unanswered_store
from bot.sponsors.administration import Administration
from bot.sponsors.backup import back_up
from bot.sponsors.keys import add_key, read_keys
from bot.sponsors.store import Directory
from bot.sponsors.unanswered import Closing, Counted, Kind, week_of
from bot.sponsors.unanswered_store import UnansweredStore
from bot.staff.accounts import Accounts, Signed
from tests.sponsors.conftest import POSTGRES
from tests.sponsors.test_directory import _rows, drop_older_keys

TODAY = date(2026, 11, 26)
MONDAY = date(2026, 11, 23)


@pytest.fixture
def store(directory: Directory) -> UnansweredStore:
    return UnansweredStore(directory)


async def texts(store: UnansweredStore) -> list[str]:
    return [question.text for question in await store.waiting(date.min)]


async def test_a_question_is_kept_once_and_never_in_the_clear(
    store: UnansweredStore, directory: Directory, url: str
) -> None:
    for conversation in ("one", "one", "two"):
        assert await store.keep(conversation, "is there a canaryword creche", TODAY)
    assert await texts(store) == ["is there a canaryword creche"] * 2
    await directory.close()
    written = (
        str([await _rows(directory, table.name) for table in tables.metadata.sorted_tables])
        if POSTGRES and url == POSTGRES
        else "".join(
            file.read_bytes().decode("latin-1")
            for file in Path(url.removeprefix("sqlite:///")).parent.glob("sponsors.db*")
        )
    )
    assert "2026" in written
    assert "canaryword" not in written
    assert "creche" not in written


async def test_no_more_than_so_many_wait(
    store: UnansweredStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unanswered_store, "OPEN_MAX", 2)
    sent = [await store.keep("one", text, TODAY) for text in ("a", "b", "c", "a")]
    assert sent == [True, True, False, True]
    assert sorted(await texts(store)) == ["a", "b"]


@pytest.mark.parametrize(
    ("age", "is_kept"), [(0, True), (29, True), (30, True), (31, False), (400, False)]
)
async def test_what_is_old_is_deleted(store: UnansweredStore, age: int, is_kept: bool) -> None:
    await store.keep("one", "a", TODAY - timedelta(days=age))
    gone = await store.forget(TODAY - timedelta(days=30), date.min)
    assert (gone, await texts(store)) == ((0, ["a"]) if is_kept else (1, []))


async def test_closing_deletes_the_words_and_logs_the_kind_alone(
    store: UnansweredStore, directory: Directory
) -> None:
    for text in ("a", "b", "c"):
        await store.keep("one", text, TODAY)
    ids = {question.text: question.id for question in await store.waiting(TODAY)}
    signed = UnansweredStore(Signed(directory, "robin.pretend"))
    assert await signed.close([ids["a"], ids["b"], "0" * 16], Closing.NOT_OURS) == 2
    assert await signed.close([ids["a"]], Closing.DELETED) == 0
    assert await texts(store) == ["c"]
    lines = await Accounts(directory, None).logged(9)  # type: ignore[arg-type]
    assert [(line.who, line.action, line.outcome, line.about) for line in lines] == [
        ("robin.pretend", "close question", "not ours", "")
    ] * 2


async def test_counts_add_up_by_week_and_go_when_they_are_old(store: UnansweredStore) -> None:
    visits = Counted(MONDAY, "family_visits", Kind.NOT_HELD)
    unhelpful = Counted(MONDAY, "family_visits", Kind.UNHELPFUL)
    before = Counted(MONDAY - timedelta(days=7), "contact", Kind.NOT_HELD)
    await store.add({visits: 2, before: 1})
    await store.add({visits: 3, unhelpful: 1})
    assert await store.counts() == {visits: 5, unhelpful: 1, before: 1}
    await store.forget(date.min, MONDAY)
    assert await store.counts() == {visits: 5, unhelpful: 1}


async def test_counts_of_two_at_once_are_all_there(store: UnansweredStore) -> None:
    visits = Counted(MONDAY, "family_visits", Kind.NOT_HELD)
    await store.add({visits: 1})
    await asyncio.gather(*(store.add({visits: 1}) for _ in range(3)))
    assert await store.counts() == {visits: 4}


@pytest.mark.parametrize(
    ("day", "week"),
    [(MONDAY, MONDAY), (TODAY, MONDAY), (date(2026, 11, 29), MONDAY)],
)
def test_a_week_begins_on_a_monday(day: date, week: date) -> None:
    assert week_of(day) == week


async def test_a_new_key_seals_what_waits_and_a_backup_leaves_it_out(
    store: UnansweredStore, administration: Administration, url: str, key_file: Path
) -> None:
    await store.keep("one", "a canaryword", TODAY)
    await store.add({Counted(MONDAY, "contact", Kind.NOT_HELD): 1})
    add_key(key_file)
    both = Directory(url, read_keys(key_file))
    await Administration(both).rotate()
    lines = await back_up(both)
    await both.close()
    drop_older_keys(key_file)
    newest = Directory(url, read_keys(key_file))
    assert await texts(UnansweredStore(newest)) == ["a canaryword"]
    await newest.close()
    named = [line for line in lines if '"unanswered' in line]
    assert len(named) == 1
    assert "unanswered_count" in named[0]
