"""Conversations are bounded in number and time, and forgotten for good."""

import pytest

from bot.gateway.conversations import (
    BUTTONS_MAX,
    PAGES_MAX,
    SHOWN_CHARACTERS,
    SHOWN_MAX,
    Conversations,
    Session,
)
from bot.turn import Button
from bot.widget.pages import ChatPage, Entry


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_idle_conversations_are_forgotten() -> None:
    clock = Clock()
    conversations = Conversations(10, idle_seconds=30, now=clock)
    idle, busy = conversations.new(), conversations.new()
    conversations.keep(idle, "192.0.2.1")
    conversations.keep(busy, "192.0.2.1")
    clock.now += 20
    conversations.touch(busy)
    clock.now += 20
    assert conversations.find(idle.id) is None
    assert conversations.find(busy.id) is busy
    clock.now += 31
    conversations.forget_idle()
    assert len(conversations) == 0


def test_with_too_many_the_longest_idle_goes() -> None:
    conversations = Conversations(2, idle_seconds=30)
    first, second, third = (conversations.new() for _ in range(3))
    conversations.keep(first, "192.0.2.1")
    conversations.keep(second, "192.0.2.1")
    conversations.touch(first)
    conversations.keep(third, "192.0.2.1")
    assert [conversations.find(session.id) for session in (first, second, third)] == [
        first,
        None,
        third,
    ]


def test_a_conversation_that_is_not_kept_is_not_there() -> None:
    conversations = Conversations(2, idle_seconds=30)
    session = conversations.new()
    conversations.touch(session)
    assert conversations.find(session.id) is None


def test_what_was_cleared_does_not_come_back_with_the_answer_that_was_under_way() -> None:
    conversations = Conversations(2, idle_seconds=30)
    session = conversations.new()
    conversations.keep(session, "192.0.2.1")
    conversations.forget(session.id)
    conversations.touch(session)
    assert conversations.find(session.id) is None
    conversations.forget("never was")


def test_ids_cannot_be_guessed() -> None:
    conversations = Conversations(2, idle_seconds=30)
    ids = {conversations.new().id for _ in range(1000)}
    assert len(ids) == 1000
    assert min(map(len, ids)) >= 32


def test_old_buttons_stop_working() -> None:
    session = Conversations(2, idle_seconds=30).new()
    first, *_, last = [session.issue(Button("x", f"/ask_{n}")) for n in range(BUTTONS_MAX + 1)]
    assert len(session.buttons) == BUTTONS_MAX
    assert first not in session.buttons
    assert session.buttons[last].payload == f"/ask_{BUTTONS_MAX}"


@pytest.mark.parametrize("id_", [None, "", "unknown"])
def test_unknown_ids_find_nothing(id_: str | None) -> None:
    assert Conversations(2, idle_seconds=30).find(id_) is None


def shown(session: Session) -> list[str]:
    return [entry.text for entry in session.page.entries]


@pytest.mark.parametrize(
    ("texts", "kept"),
    [
        (["a", "b"], ["a", "b"]),
        ([str(n) for n in range(SHOWN_MAX + 2)], [str(n) for n in range(2, SHOWN_MAX + 2)]),
        (["x" * SHOWN_CHARACTERS, "b"], ["b"]),
    ],
    ids=["few", "many", "long"],
)
def test_what_a_page_shows_again_is_bounded(texts: list[str], kept: list[str]) -> None:
    conversations = Conversations(2, idle_seconds=30)
    session = conversations.new()
    conversations.show(session, ChatPage(entries=tuple(Entry("user", text) for text in texts)))
    assert shown(session) == kept


def test_only_so_many_pages_are_kept() -> None:
    conversations = Conversations(PAGES_MAX * 2, idle_seconds=30)
    sessions = [conversations.new() for _ in range(PAGES_MAX + 1)]
    for session in sessions:
        conversations.show(session, ChatPage(entries=(Entry("user", "a"),)))
    assert [shown(session) for session in (sessions[0], sessions[1], sessions[-1])] == [
        [],
        ["a"],
        ["a"],
    ]
