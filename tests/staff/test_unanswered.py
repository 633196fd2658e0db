"""What editors see of what had no answer: like questions together, closed by a confirm page, and
counts; with the real encoder, and without one.
"""

import re
from datetime import date, timedelta

import numpy as np
import pytest

from bot.language import encoder
from bot.language.encoder import Vectors
from bot.settings import load_settings
from bot.sponsors.unanswered import Closing, Counted, Kind, Question
from bot.sponsors.unanswered_store import UnansweredStore
from bot.staff.app import Desk
from bot.staff.grouping import Asked, Group, Order, grouped, shown
from bot.staff.model import Role
from tests.staff.conftest import Seen, Staff

TODAY = date.today()
PARKING = ("is there parking", "where can i park when i visit")
MONEY = "can i send him money"


def question(text: str, age: int = 0) -> Question:
    return Question(text, text, TODAY - timedelta(days=age))


def vector(degrees: float) -> Vectors:
    turned = np.radians(degrees)
    return np.array([np.cos(turned), np.sin(turned)], dtype=np.float32)


@pytest.mark.parametrize(
    ("degrees", "groups"),
    [
        ({}, []),
        ({"a": 0}, ["a"]),
        ({"a": 0, "b": 10}, ["ab"]),
        ({"a": 0, "b": 90}, ["a", "b"]),
        ({"a": 0, "b": 90, "c": 10, "d": 80}, ["ac", "bd"]),
        ({"a": 0, "b": 180}, ["a", "b"]),
        ({"a": 0, "b": 100, "c": 52}, ["a", "bc"]),  # the nearest, not the first that is near
        ({"a": 0, "b": 40, "c": 80}, ["ab", "c"]),  # near to b, and not to what both have
    ],
)
def test_like_questions_are_put_together(degrees: dict[str, float], groups: list[str]) -> None:
    questions = [question(text) for text in degrees]
    found = grouped(questions, {text: vector(angle) for text, angle in degrees.items()})
    assert ["".join(q.text for q in group.questions) for group in found] == groups


def test_without_vectors_each_question_stands_alone() -> None:
    questions = [question("a"), question("b"), question("c")]
    assert grouped(questions, {}) == [Group((one,)) for one in questions]
    assert len(grouped(questions, {"a": vector(0), "c": vector(0)})) == 2


@pytest.mark.parametrize(
    ("order", "asked", "expected"),
    [
        (Order.MOST, Asked.ANY, ["old twice", "new"]),
        (Order.NEWEST, Asked.ANY, ["new", "old twice"]),
        (Order.MOST, Asked.AGAIN, ["old twice"]),
    ],
)
def test_sorted_and_narrowed(order: Order, asked: Asked, expected: list[str]) -> None:
    twice = Group((question("old twice", 5), question("again", 9)))
    groups = shown([Group((question("new"),)), twice], order, asked)
    assert [group.questions[0].text for group in groups] == expected


@pytest.fixture
async def store(desk: Desk) -> UnansweredStore:
    encoder.ensure(load_settings().models)
    store = UnansweredStore(desk.directory)
    for text in (*PARKING, MONEY):
        await store.keep("one", text, TODAY)
    await store.keep("one", "too old to be shown", TODAY - timedelta(days=31))
    return store


def headings(seen: Seen) -> list[str]:
    return re.findall(r'<h2 id="group-[^>]*>([^<]*)<', seen.text)


def which(seen: Seen, label: str) -> str:
    found = re.search(rf'<button name="which" value="([^"]*)">{re.escape(label)}', seen.text)
    assert found, label
    return found.group(1)


async def test_an_editor_closes_like_questions_together(
    desk: Desk, store: UnansweredStore, staff: Staff
) -> None:
    editor = await staff(Role.EDITOR)
    seen = await editor.get("/unanswered")
    assert len(headings(seen)) == 2
    assert headings(seen)[0] in PARKING
    assert headings(seen)[1] == MONEY
    assert "too old to be shown" not in seen.text
    ids = which(seen, "Close 2 together")
    sure = await editor.post("/unanswered/close", which=ids)
    assert "Close 2 questions?" in sure.text
    assert all(text in sure.text for text in PARKING)
    assert MONEY not in sure.text
    assert len(await store.waiting(TODAY)) == 3  # nothing is closed yet
    missing = await editor.post("/unanswered/close", which=ids, sure="yes")
    assert (missing.status, "There is a problem" in missing.text) == (400, True)
    for wrong in ("", "burnt"):
        again = await editor.post("/unanswered/close", which=ids, sure="yes", how=wrong)
        assert again.status == 400
    assert len(await store.waiting(TODAY)) == 3
    done = await editor.post("/unanswered/close", which=ids, sure="yes", how="answered now")
    assert (done.status, done.at) == (303, "/unanswered?done=closed")
    assert [one.text for one in await store.waiting(TODAY)] == [MONEY]
    gone = await editor.post("/unanswered/close", which=ids, sure="yes", how="deleted")
    assert (gone.status, "has changed since you looked" in gone.text) == (409, True)
    lines = [line for line in await desk.accounts.logged(9) if line.action == "close question"]
    assert [(line.who, line.outcome, line.about) for line in lines] == [
        ("editor.example", Closing.ANSWERED.value, "")
    ] * 2


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("asked=again", 1),
        ("asked=any&order=newest", 2),
        ("asked=nonsense&order=<script>", 2),
    ],
)
async def test_the_list_is_narrowed_on_the_server(
    store: UnansweredStore, staff: Staff, query: str, expected: int
) -> None:
    seen = await (await staff(Role.EDITOR)).get(f"/unanswered?{query}")
    assert (seen.status, len(headings(seen))) == (200, expected)


async def test_without_an_encoder_it_is_a_plain_list(
    desk: Desk, store: UnansweredStore, staff: Staff
) -> None:
    def missing() -> encoder.Encoder:
        raise OSError("missing on purpose")

    desk.similarity._load = missing
    editor = await staff(Role.EDITOR)
    seen = await editor.get("/unanswered")
    assert sorted(headings(seen)) == sorted((*PARKING, MONEY))
    assert "cannot be put together at the moment" in seen.text
    desk.similarity._load = lambda: encoder.Encoder.load(load_settings().models)
    assert len(headings(await editor.get("/unanswered"))) == 2


async def test_what_is_closed_is_forgotten_in_memory_too(
    desk: Desk, store: UnansweredStore, staff: Staff
) -> None:
    editor = await staff(Role.EDITOR)
    await editor.get("/unanswered")
    assert len(desk.similarity._known) == 3
    await store.close([one.id for one in await store.waiting(TODAY)], Closing.DELETED)
    assert "Nobody has sent a question" in (await editor.get("/unanswered")).text
    assert desk.similarity._known == {}


async def test_what_people_sent_stays_text(desk: Desk, staff: Staff) -> None:
    await UnansweredStore(desk.directory).keep("one", '<script>alert("x")</script>', TODAY)
    editor = await staff(Role.EDITOR)
    async with editor.client.get(
        "/unanswered", headers={"Cookie": f"signpost_staff={editor.cookie}"}
    ) as response:
        raw = await response.text()
    assert "<script>" not in raw
    assert "&lt;script&gt;" in raw


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.EDITOR])
async def test_nobody_else_reads_them(store: UnansweredStore, staff: Staff, role: Role) -> None:
    person = await staff(role)
    ids = " ".join(one.id for one in await store.waiting(TODAY))
    for path in ("/unanswered", "/unanswered/topics"):
        seen = await person.get(path)
        assert (seen.status, MONEY in seen.text) == (403, False)
    closed = await person.post("/unanswered/close", which=ids, sure="yes", how="deleted")
    assert closed.status == 403
    assert len(await store.waiting(TODAY)) == 3


def rows(seen: Seen) -> list[list[str]]:
    cells = [re.findall(r"<t[hd][^>]*>([^<]*)<", row) for row in seen.text.split("<tr>")[2:]]
    return [row for row in cells if row]


async def test_topics_are_counted_by_week(desk: Desk, staff: Staff) -> None:
    first, second = date(2026, 11, 16), date(2026, 11, 23)
    await UnansweredStore(desk.directory).add(
        {
            Counted(first, "family_visits", Kind.NOT_HELD): 5,
            Counted(second, "family_visits", Kind.NOT_HELD): 2,
            Counted(second, "family_visits", Kind.UNHELPFUL): 1,
            Counted(second, "contact", Kind.NOT_HELD): 4,
        }
    )
    editor = await staff(Role.EDITOR)
    old = ["family visits", "16 November 2026", "5", "0"]
    visits = ["family visits", "23 November 2026", "2", "1"]
    contact = ["contact", "23 November 2026", "4", "0"]
    for query, expected in (
        ("", [contact, visits, old]),
        ("?order=most", [old, contact, visits]),
        ("?week=2026-11-16", [old]),
        ("?week=nonsense", [contact, visits, old]),
    ):
        assert rows(await editor.get(f"/unanswered/topics{query}")) == expected, query
