"""Tries, sessions, hashing and keys: what is in this process's memory, and how long."""

import asyncio
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest
from argon2 import extract_parameters
from hypothesis import given
from hypothesis import strategies as st

from bot.errors import SettingsError
from bot.sponsors import hashing, sessions, tries
from bot.sponsors.hashing import NOBODY, THREADS, Busy, CodeHasher
from bot.sponsors.keys import Keyring, SealError, add_key, read_keys
from bot.sponsors.sessions import Sessions
from bot.sponsors.tries import WAIT_MAX, Tries
from tests.sponsors.examples import listing


@dataclass
class Clock:
    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


def test_five_tries_a_minute_then_a_wait_that_grows_up_to_its_limit() -> None:
    clock, waits = Clock(), []
    count = Tries(now=clock)
    for _ in range(7):
        for _ in range(5):
            assert count.wait("a") == 0
            count.count("a")
        waits.append(count.wait("a"))
        clock.now += waits[-1]
    assert waits == [15, 30, 60, 60, 60, 60, 60]


def test_a_slow_typist_never_waits() -> None:
    clock = Clock()
    count = Tries(now=clock)
    for _ in range(40):
        count.count("a")
        assert count.wait("a") == 0
        clock.now += 15


def test_asking_while_waiting_makes_no_wait_longer_and_touches_nobody_else() -> None:
    clock = Clock()
    count = Tries(now=clock)
    for _ in range(5):
        count.count("a")
    for _ in range(100):
        count.wait("a")
    clock.now += 60
    assert (count.wait("a"), count.wait("b")) == (0, 0)


def test_a_good_try_is_forgiven_even_as_the_fifth() -> None:
    count = Tries(now=Clock())
    for _ in range(20):
        for _ in range(4):
            count.count("a")
        count.count("a")
        assert count.wait("a") > 0
        count.forgive("a")
        assert count.wait("a") == 0
        for _ in range(4):
            count.forgive("a")


def test_a_forgiven_try_leaves_the_next_wait_as_long_as_it_would_have_been() -> None:
    clock = Clock()
    count = Tries(now=clock)
    count.forgive("a")  # never counted: nothing to take back
    for fifth in (15, 30, 60):
        for _ in range(5):
            clock.now += count.wait("a")
            count.count("a")
        count.forgive("a")
        count.count("a")
        assert count.wait("a") == fifth


@pytest.mark.parametrize(("seconds", "wait"), [(2 * WAIT_MAX, 30), (2 * WAIT_MAX + 1, 15)])
def test_what_was_quiet_for_twice_the_longest_wait_starts_anew(seconds: float, wait: int) -> None:
    clock = Clock()
    count = Tries(now=clock)
    for _ in range(5):
        count.count("a")
    clock.now += seconds
    count.count("b")
    for _ in range(5):
        count.count("a")
    assert count.wait("a") == wait


def test_of_too_many_keys_the_longest_unused_goes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "KEYS_MAX", 10)
    count = Tries(1, Clock())
    for key in "abcdefghij":
        count.count(key)
    assert count.wait("a") > 0
    count.count("k")
    assert (count.wait("a"), count.wait("b") > 0) == (0, True)


def test_quiet_for_long_enough_starts_anew_and_the_table_has_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tries, "KEYS_MAX", 10)
    clock = Clock()
    count = Tries(now=clock)
    for _ in range(5):
        count.count("a")
    clock.now += 2 * WAIT_MAX + 1
    for number in range(50):
        count.count(f"b{number}")
    for _ in range(5):
        count.count("a")
    assert count.wait("a") == 15


@given(st.lists(st.floats(min_value=0, max_value=30), min_size=20, max_size=200))
def test_no_wait_is_longer_than_a_minute_however_the_tries_are_timed(pauses: list[float]) -> None:
    clock = Clock()
    count = Tries(now=clock)
    for pause in pauses:
        clock.now += pause
        if count.wait("attacker") == 0:
            count.count("attacker")
        assert count.wait("attacker") < 60.001
        assert count.wait("owner") == 0


def test_an_address_that_many_share_may_try_so_many_times_as_often() -> None:
    count = Tries(3, Clock())
    for _ in range(29):
        count.count("wing", 10)
        assert count.wait("wing") == 0
    count.count("wing", 10)
    assert count.wait("wing") > 0


# Seconds between one use and the next, and whether the session is still there at the end.
USES = [
    ([599], True),
    ([600], False),
    ([599, 599, 599], True),
    ([599, 599, 599, 3], False),
    ([0, 1799], False),
]


@pytest.mark.parametrize(("pauses", "there"), USES)
def test_sessions_end_when_idle_and_in_any_case(pauses: list[float], there: bool) -> None:
    clock = Clock()
    kept = Sessions(clock)
    token = kept.open("p1", "c1", listing(), "talk")
    for pause in pauses:
        clock.now += pause
        found = kept.find(token)
    assert (found is not None) is there


def test_a_session_belongs_to_its_token_and_its_conversation() -> None:
    kept = Sessions(Clock())
    one, two = kept.open("p1", "c1", listing(), "one"), kept.open("p2", "c2", listing(), "two")
    found = [
        kept.find(token, talk)
        for token, talk in (
            (one, "one"),
            (two, "two"),
            (one, "two"),
            (one, ""),
            ("", "one"),
            ("\udcff", "one"),
        )
    ]
    assert [session.person if session else None for session in found] == [
        "p1",
        "p2",
        None,
        None,
        None,
        None,
    ]
    kept.end_conversation("one")
    assert (kept.find(one), kept.find(two) is not None) == (None, True)
    three = kept.open("p3", "c3", listing(), "two")
    assert (kept.find(two), kept.find(three) is not None) == (None, True)


def test_only_so_many_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "SESSIONS_MAX", 3)
    clock = Clock()
    kept, tokens = Sessions(clock), []
    for number in range(5):
        clock.now += 1
        tokens.append(kept.open(f"p{number}", "c", listing(), f"talk {number}"))
    assert [kept.find(token) is not None for token in tokens] == [False, False, True, True, True]


def test_the_hash_for_nobody_costs_the_same() -> None:
    parameters = extract_parameters(NOBODY)
    assert (
        (parameters.time_cost, parameters.memory_cost, parameters.parallelism)
        == (hashing.TIME_COST, hashing.MEMORY_KIB, hashing.PARALLELISM)
        == (2, 19456, 1)
    )
    assert (parameters.salt_len, parameters.hash_len, parameters.type.name) == (16, 32, "ID")


async def test_codes_are_hashed_and_verified(hasher: CodeHasher) -> None:
    hashed = await hasher.hash("CODE")
    assert "CODE" not in hashed
    checks = [
        ("CODE", hashed, True),
        ("code", hashed, False),
        ("CODE", NOBODY, False),
        ("CODE", None, False),
        ("CODE", "nonsense", False),
    ]
    assert [await hasher.verify(code, against) for code, against, _ in checks] == [
        fits for _, _, fits in checks
    ]


async def test_the_queue_has_a_limit_and_who_hangs_up_frees_their_place(
    hasher: CodeHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "WAITING_MAX", 8)
    waiting = [asyncio.create_task(hasher.verify("X", None, "a")) for _ in range(8 + THREADS)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await hasher.verify("X", None, "a")
    for task in waiting:
        task.cancel()
    await asyncio.gather(*waiting, return_exceptions=True)
    assert await hasher.verify("X", None, "a") is False


async def test_addresses_take_turns_and_a_flood_gives_way(
    hasher: CodeHasher, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashing, "WAITING_MAX", 8)
    over: list[str] = []

    async def verify(address: str) -> None:
        try:
            await hasher.verify("X", None, address)
            over.append(address)
        except Busy:
            over.append(f"{address} busy")

    flood = [asyncio.create_task(verify("flood")) for _ in range(8 + THREADS)]
    await asyncio.sleep(0)
    others = [asyncio.create_task(verify(f"other {n}")) for n in range(2)]
    await asyncio.gather(*flood, *others)
    assert over.count("flood busy") == 2
    last_other = max(over.index(f"other {n}") for n in range(2))
    assert over[:last_other].count("flood") <= THREADS + 2


async def test_who_waits_when_the_service_stops_is_told_so() -> None:
    hasher = CodeHasher()
    waiting = [asyncio.create_task(hasher.verify("X", None)) for _ in range(THREADS + 3)]
    await asyncio.sleep(0)
    hasher.close()
    async with asyncio.timeout(5):
        ended = await asyncio.gather(*waiting, return_exceptions=True)
    assert sum(isinstance(one, Busy) for one in ended) >= 3


def test_sealed_records_open_under_their_own_id_only(keyring: Keyring) -> None:
    sealed = keyring.seal("s1", {"name": "Sam Example"})
    assert b"Sam" not in sealed
    assert keyring.open("s1", sealed) == {"name": "Sam Example"}
    for id_, other in (("s2", sealed), ("s1", sealed[:-4] + b"AAAA"), ("s1", b"")):
        with pytest.raises(SealError):
            keyring.open(id_, other)


def test_a_new_key_in_front_still_opens_and_finds_what_the_older_one_wrote(key_file: Path) -> None:
    older = read_keys(key_file)
    sealed, hashed = older.seal("s1", {"a": 1}), older.hashed("reference", "LPP0001")
    add_key(key_file)
    newer = read_keys(key_file)
    assert newer.open("s1", sealed) == {"a": 1}
    assert newer.hashed("reference", "LPP0001") != hashed
    assert hashed in newer.all_hashed("reference", "LPP0001")
    assert older.newest != newer.newest
    with pytest.raises(SealError):
        older.open("s1", newer.seal("s1", {}))


def test_a_hash_is_of_one_kind(keyring: Keyring) -> None:
    assert keyring.hashed("reference", "x1") != keyring.hashed("handle", "x1")


BAD_KEYS = ["", "short", "é" * 40, "A" * 44 + "\nnonsense!"]


@pytest.mark.parametrize("text", BAD_KEYS)
def test_a_broken_key_file_is_refused_by_name_and_never_quoted(tmp_path: Path, text: str) -> None:
    file = tmp_path / "keys"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o600)
    with pytest.raises(SettingsError, match="SIGNPOST_SPONSOR_KEYS") as raised:
        read_keys(file)
    assert not text or text not in str(raised.value)


def test_a_key_file_that_others_may_read_is_refused(key_file: Path) -> None:
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    key_file.chmod(0o640)
    with pytest.raises(SettingsError, match="chmod 600"):
        read_keys(key_file)
    with pytest.raises(SettingsError, match="setup"):
        read_keys(key_file.with_name("nothing"))
