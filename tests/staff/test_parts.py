"""The desk's decisions by themselves: one-time codes, roles, lockout, sessions, words."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bot.errors import ContentError
from bot.settings import ROOT, Settings, load_settings
from bot.sponsors.administration import Administration
from bot.sponsors.backup import back_up, restore
from bot.sponsors.keys import add_key, read_keys
from bot.sponsors.store import Directory
from bot.staff import totp
from bot.staff.accounts import Accounts
from bot.staff.app import Desk
from bot.staff.content import load_staff_words
from bot.staff.model import ALLOWED, LOCKED, Lock, Part, Role, checked_name
from bot.staff.sessions import IDLE_SECONDS, SESSIONS_MAX, UPLOADS_MAX, Sessions
from bot.staff.tables import Sort, arranged

RFC_SECRET = b"12345678901234567890"
RFC_CODES = [  # RFC 6238, appendix B, the last six of its eight digits
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
    (20000000000, "353130"),
]


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES)
def test_one_time_codes_are_those_of_the_standard(seconds: int, code: str) -> None:
    assert totp.step_of(RFC_SECRET, code, seconds, 0) == seconds // 30


@pytest.mark.parametrize(
    ("typed", "off", "last", "taken"),
    [
        ("005924", 0, 0, True),
        ("005 924", 0, 0, True),
        ("005924", 30, 0, True),
        ("005924", -30, 0, True),
        ("005924", 60, 0, False),
        ("005924", -60, 0, False),
        ("005924", 0, 1234567890 // 30, False),
        ("05924", 0, 0, False),
        ("", 0, 0, False),
        ("٠٠٥٩٢٤", 0, 0, False),
    ],
)
def test_a_code_is_taken_once_and_near_its_time(
    typed: str, off: int, last: int, taken: bool
) -> None:
    assert (totp.step_of(RFC_SECRET, typed, 1234567890 + off, last) is not None) is taken


def test_the_link_for_the_app_has_the_key_and_no_space() -> None:
    link = totp.link(RFC_SECRET, "Signpost staff desk", "alex.specimen")
    assert link == (
        "otpauth://totp/Signpost%20staff%20desk:alex.specimen"
        "?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Signpost%20staff%20desk"
    )


def test_only_co_ordinators_see_people_and_each_part_is_somebodys() -> None:
    assert [role for role in Role if Part.SPONSORS in ALLOWED[role]] == [Role.CO_ORDINATOR]
    assert set().union(*ALLOWED.values()) == set(Part)
    assert ALLOWED.keys() == set(Role)


def test_a_lock_holds_for_its_time_and_begins_anew() -> None:
    now, lock = datetime(2026, 11, 25, tzinfo=UTC), Lock()
    for _ in range(4):
        lock = lock.tried(now)
        assert not lock.holds(now)
    lock = lock.tried(now)
    assert lock.holds(now + LOCKED - timedelta(seconds=1))
    assert not lock.holds(now + LOCKED)
    assert not lock.tried(now + LOCKED).holds(now + LOCKED)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" Alex.Specimen ", "alex.specimen"),
        ("jo", "jo"),
        ("j", None),
        ("1st", None),
        ("command line", None),
        ("a@trust.example", None),
        ("x" * 33, None),
    ],
)
def test_names_to_sign_in_with(text: str, name: str | None) -> None:
    if name is None:
        with pytest.raises(ValueError, match="begins with a letter"):
            checked_name(text)
    else:
        assert checked_name(text) == name


SORTS = [
    ("", ["b1", "a2", "b3"], Sort()),
    ("letter", ["a2", "b1", "b3"], Sort("letter")),
    ("-letter", ["b1", "b3", "a2"], Sort("letter", down=True)),
    ("--letter", ["b1", "a2", "b3"], Sort()),
    ("nonsense", ["b1", "a2", "b3"], Sort()),
]


@pytest.mark.parametrize(("wanted", "rows", "sort"), SORTS)
def test_a_table_is_sorted_as_it_is_asked_for(wanted: str, rows: list[str], sort: Sort) -> None:
    found = arranged(["b1", "a2", "b3"], {"letter": lambda row: row[0]}, wanted)
    assert found == (rows, sort)


def test_the_heading_of_a_column_turns_it_round() -> None:
    up, down = Sort("name"), Sort("name", down=True)
    assert [Sort().next_of("name"), up.next_of("name"), down.next_of("name")] == [
        *("name", "-name", "name")
    ]
    assert up.next_of("role") == "role"
    assert [up.aria("name"), down.aria("name"), up.aria("role")] == ["ascending", "descending", ""]


def test_sessions_are_bounded_and_what_is_over_is_gone() -> None:
    clock = [0.0]
    sessions = Sessions(lambda: clock[0])
    first = sessions.begin("a")
    for _ in range(SESSIONS_MAX):
        last = sessions.begin("b")
    assert sessions.find(first) is None
    assert sessions.find(last) is not None
    sessions.keep(last, b"a roster")
    clock[0] += IDLE_SECONDS + 1
    sessions.forget()
    assert sessions._sessions == {}


def test_few_rosters_wait_and_the_oldest_goes_first() -> None:
    sessions = Sessions()
    tokens = [sessions.begin(f"account {number}") for number in range(UPLOADS_MAX + 1)]
    for token in tokens:
        sessions.keep(token, b"a roster")
    found = [sessions.find(token) for token in tokens]
    assert [bool(session and session.upload) for session in found] == [False, *[True] * UPLOADS_MAX]


def test_a_word_that_is_missing_is_named(tmp_path: Path) -> None:
    words = (ROOT / "bot/content/staff.yml").read_text(encoding="utf-8")
    (tmp_path / "staff.yml").write_text(words.replace("  back: ", "  beck: "), encoding="utf-8")
    with pytest.raises(ContentError, match=r"done: missing or not known: back, beck"):
        load_staff_words(tmp_path)


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"PORT": "8080", "SIGNPOST_STAFF_PORT": "8080"}, "SIGNPOST_STAFF_PORT: has to be a port"),
        (
            {"SIGNPOST_METRICS_PORT": "9100", "SIGNPOST_STAFF_PORT": "9100"},
            "SIGNPOST_STAFF_PORT: has to be a port",
        ),
        (
            {"SIGNPOST_STAFF_ORIGIN": "http://desk.example"},
            "SIGNPOST_STAFF_ORIGIN: .*not an origin",
        ),
    ],
)
def test_the_desk_is_never_on_a_port_of_the_service(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], said: str
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(Exception, match=said):
        load_settings()


def test_there_is_no_desk_by_default() -> None:
    assert Settings.model_fields["staff_port"].default is None


async def test_accounts_outlive_a_new_key_and_come_back_from_a_backup(
    desk: Desk, settings: Settings, tmp_path: Path
) -> None:
    token = await desk.accounts.invite("alex.specimen", Role.EDITOR)
    before = await desk.accounts.invited(token)
    assert settings.sponsor_keys
    add_key(settings.sponsor_keys)
    keys = read_keys(settings.sponsor_keys)
    rotated = Directory(f"sqlite:///{tmp_path}/sponsors.db", keys)
    other = Directory(f"sqlite:///{tmp_path}/other.db", keys)
    try:
        await Administration(rotated).rotate()
        newest = settings.sponsor_keys.read_text().splitlines()[0]
        settings.sponsor_keys.write_text(f"{newest}\n")
        rotated.keyring = read_keys(settings.sponsor_keys)
        accounts = Accounts(rotated, desk.hasher)
        assert await accounts.invited(token) == before
        await other.upgrade()
        await restore(other, await back_up(rotated))
        again = Accounts(other, desk.hasher)
        assert await again.invited(token) == before
        assert await again.logged(10) == await accounts.logged(10)
    finally:
        await rotated.close()
        await other.close()
