"""docs/data-protection says what is stored and for how long: each period is the one in the settings or
the code, and each table, file and key is one that the service makes, with none left out.
"""

import importlib
import re
import sqlite3
from datetime import date, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

import pytest
from limits import parse

from bot.gateway.app import SPONSORS
from bot.gateway.pages.sponsor_cookie import NAME
from bot.keyfile import add_key
from bot.safety.audit import file_of
from bot.settings import Settings
from bot.sponsors.administration import Administration
from bot.sponsors.codes import new_code
from bot.sponsors.hashing import CodeHasher
from bot.sponsors.keys import read_keys
from bot.sponsors.store import Directory
from bot.switches import AUDIT_FILE, FILE
from tests.conftest import ROOT, Service
from tests.gateway.conftest import Start, run, start
from tests.gateway.fakes import CRISIS
from tests.redis_server import redis_server
from tests.sponsors.test_directory import roster

__all__ = ["run", "start"]

FOLDER = ROOT / "docs" / "data-protection"
RETENTION = (FOLDER / "retention.md").read_text(encoding="utf-8")
UNITS = {
    "second": timedelta(seconds=1),
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "year": timedelta(days=365),
}


def rows(heading: str) -> list[list[str]]:
    """The cells of the table below a heading, without its head."""
    section = next(part for part in RETENTION.split("\n## ") if part.startswith(heading))
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


ALL = [row for part in RETENTION.split("\n## ")[1:] for row in rows(part[:20])]
PERIODS = [row for row in ALL if re.search(r"\d+ \w+", row[-2])]


def in_text(period: str) -> timedelta:
    number, unit = re.findall(r"(\d+) (\w+?)s?\b", period)[0]
    return int(number) * UNITS[unit]


def in_code(source: str) -> timedelta:
    """What a setting, a constant or a file of ops says."""
    if source.startswith("ops/"):
        text = (ROOT / source).read_text(encoding="utf-8")
        number, unit = re.findall(r"\b(\d+) ?(d\b|year)", text)[-1]
        return int(number) * UNITS["day" if unit == "d" else unit]
    if source.startswith("SIGNPOST_"):
        field = source.removeprefix("SIGNPOST_").lower()
        value, name = Settings.model_fields[field].default, field
    else:
        module, _, name = source.rpartition(".")
        value = getattr(importlib.import_module(module), name)
    if isinstance(value, timedelta):
        return value
    if isinstance(value, str):
        return timedelta(seconds=parse(value).get_expiry())
    return float(value) * UNITS[name.lower().rpartition("_")[2].removesuffix("s")]


@pytest.mark.parametrize("row", PERIODS, ids=lambda row: f"{row[0][:30]} {row[-1]}")
def test_each_period_is_the_codes(row: list[str]) -> None:
    assert in_text(row[-2]) == in_code(row[-1].strip("`"))


def test_each_setting_of_a_period_is_there() -> None:
    named = {row[-1].strip("`") for row in PERIODS}
    for field in Settings.model_fields:
        if re.search(r"_days$|idle_minutes$", field):
            assert f"SIGNPOST_{field.upper()}" in named


def test_what_has_no_end_is_told_to_the_officer() -> None:
    dpia = (FOLDER / "dpia.md").read_text(encoding="utf-8")
    open_ = dpia.partition("## 6. Open")[2]
    for row in ALL:
        if row[-1] == "open":
            name = row[0].strip("`").rpartition("/")[2]
            assert {"staff_account": "removed accounts"}.get(name, f"`{name}`") in open_


async def test_each_table_is_there(tmp_path: Path) -> None:
    add_key(tmp_path / "keys")
    directory = Directory(f"sqlite:///{tmp_path}/sponsors.db", read_keys(tmp_path / "keys"))
    await directory.upgrade()
    await directory.close()
    with sqlite3.connect(tmp_path / "sponsors.db") as database:
        made = {
            name
            for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
    assert made - {"sqlite_sequence"} == {row[0].strip("`") for row in rows("In the directory")}


async def test_each_key_in_redis_is_there_and_ends_in_time(start: Start, tmp_path: Path) -> None:
    told = {row[0].strip("`"): in_text(row[3]) for row in rows("In Redis")}
    for name in ("sponsors", "conversations"):
        add_key(tmp_path / f"{name}.keys")
    url = f"sqlite:///{tmp_path}/sponsors.db"
    directory, hasher = Directory(url, read_keys(tmp_path / "sponsors.keys")), CodeHasher()
    await directory.upgrade()
    administration = Administration(directory)
    await administration.load(roster())
    code = (await administration.issue(hasher, "LPP0001")).code
    with redis_server(tmp_path) as server:
        gateway = await start(
            conversations=server.url,
            conversations_keys=tmp_path / "conversations.keys",
            rate_limit_storage=f"async+{server.url}",
            sponsor_database=url,
            sponsor_keys=tmp_path / "sponsors.keys",
        )
        await gateway.client.server.app[SPONSORS].loaded.wait()  # type: ignore[attr-defined]
        begun = (await gateway.say("hello"))["conversation"]
        await gateway.say(CRISIS, begun)
        for typed in (new_code(), code):
            form = {"reference": "LPP0001", "code": typed, "conversation": begun}
            await gateway.client.post("/sponsor", data=form, allow_redirects=False)
        met = set()
        for key in map(bytes.decode, server.client.scan_iter()):
            (pattern,) = (each for each in told if fnmatchcase(key, each.replace("[", "[[]")))
            met.add(pattern)
            left = server.client.ttl(key)
            assert left == -2 or 0 <= left <= told[pattern].total_seconds(), key  # -2: just gone
        assert met == set(told)
    hasher.close()
    await directory.close()


def test_each_file_is_there(service: Service) -> None:
    told = [row[0].strip("`") for row in rows("In files") if row[0].startswith("`")]
    audit = Path(service.env["SIGNPOST_AUDIT"])
    made = [f"run/{file.name}" for file in service.run.iterdir()]
    made += [f"audit/{file.name}" for file in audit.iterdir()] if audit.exists() else []
    assert [name for name in made if not any(fnmatchcase(name, each) for each in told)] == []
    for name in (
        f"run/{FILE}",
        f"audit/{AUDIT_FILE}",
        f"audit/{file_of(audit, date.today()).name}",
    ):
        assert any(fnmatchcase(name, each) for each in told)


def test_what_the_browser_keeps_is_there() -> None:
    told = {name for row in rows("In the browser") for name in re.findall(r"`([\w-]+)`:", row[0])}
    widget = (ROOT / "bot" / "widget" / "widget.js").read_text(encoding="utf-8")
    (store,) = re.findall(r"STORE = '([\w-]+)'", widget)
    assert told == {NAME, store}


@pytest.mark.parametrize("name", ["README.md", "dpia.md", "retention.md"])
def test_it_says_that_it_waits_for_review(name: str) -> None:
    text = (FOLDER / name).read_text(encoding="utf-8")
    assert "Status: draft. Needs a named Data Protection Officer's review." in text


@pytest.mark.parametrize(
    "test", re.findall(r"`(tests/[\w/]+\.py)`", (FOLDER / "dpia.md").read_text())
)
def test_each_risk_has_its_test(test: str) -> None:
    assert (ROOT / test).is_file()


def test_the_period_of_the_hazard_log_is_the_contents() -> None:
    log = (ROOT / "docs" / "clinical-safety" / "hazard-log.md").read_text(encoding="utf-8")
    crisis = (ROOT / "bot" / "content" / "crisis.yml").read_text(encoding="utf-8")
    (told,) = re.findall(r"nobody verified for (\d+) days", log)
    assert re.findall(r"^verify_every_days: (\d+)", crisis, re.MULTILINE) == [told]
