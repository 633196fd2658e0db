"""The commands that editors and evaluators live by, as whole processes."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.conftest import ROOT, Service, free_port


def bot(
    *args: str, given: str = "", env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "bot", *args],
        cwd=ROOT,
        env={**os.environ, **(env or {})},
        input=given,
        capture_output=True,
        text=True,
        timeout=110,
    )


def test_ask_gives_a_row_for_each_row(service: Service) -> None:
    rows = [
        {"id": "F1", "text": "can we visit him on the unit at belmarsh"},
        {"id": "R1", "text": "and at Swaleside?", "after": "Family visits at Belmarsh?"},
        {"id": "C1", "text": "i have taken all my tablets"},
        {"id": "L1", "text": "visits? " * 80},
        {"id": "S1", "text": "/restart"},
    ]
    done = bot("ask", "-", given="\n".join(map(json.dumps, rows)), env=service.env)
    assert done.returncode == 0, done.stderr
    replies = {row["id"]: row for row in map(json.loads, done.stdout.splitlines())}
    assert list(replies) == ["F1", "R1", "C1", "L1", "S1"]
    assert all(
        row.keys() - {"refused"} == {"id", "reply", "crisis_fired", "topic", "eligibility", "ms"}
        and row["reply"]
        for row in replies.values()
    )
    assert [id_ for id_, row in replies.items() if row.get("refused")] == ["L1"]
    assert replies["L1"]["reply"].count("116 123") == 1
    assert (replies["F1"]["topic"], replies["R1"]["topic"], replies["C1"]["topic"]) == (
        "family_visits",
        "family_visits",
        "crisis_policy",
    )
    assert "Swaleside" in replies["R1"]["reply"]
    assert [row["crisis_fired"] for row in replies.values()] == [False, False, True, False, False]


def test_ask_says_plainly_that_nothing_is_running() -> None:
    port = free_port()
    done = bot("ask", "-", given='{"id": "1", "text": "hello"}', env={"PORT": str(port)})
    assert done.returncode == 1
    assert f"nothing is running at http://127.0.0.1:{port}" in done.stderr
    assert "Traceback" not in done.stderr


BAD_ROWS = [
    ('{"id": "1"}', "-:1: needs a text in 'text'"),
    ('{"text": "ok"}\n{"text": 3}', "-:2: needs a text in 'text'"),
    ('{"text": "ok"', "-:1: not JSON"),
]


@pytest.mark.parametrize(("given", "message"), BAD_ROWS)
def test_bad_rows_are_named_by_line(given: str, message: str) -> None:
    done = bot("screen", "-", given=given)
    assert done.returncode == 1
    assert message in done.stderr


def test_screen_reads_rows_and_plain_lines_with_no_service_running() -> None:
    done = bot("screen", "-", given='{"text": "i want to kill myself"}\nWhat is a PIPE?\n')
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(row["label"], row["who"]) for row in rows] == [("crisis", "self"), ("none", "n.a.")]
    assert [row["text"] for row in rows] == ["i want to kill myself", "What is a PIPE?"]
    assert all({"text", "label", "who", "category", "ms"} <= set(row) for row in rows)


def test_check_finds_no_mistake_in_our_own_content() -> None:
    done = bot("check")
    *warnings, last = done.stderr.strip().splitlines()
    assert (done.returncode, last) == (0, "content: no mistakes")
    # The one thing that we know to be open: nobody who speaks them has read these texts.
    assert [line.split(": ")[1] for line in warnings] == ["languages.yml"]


def test_check_names_file_and_line_of_a_mistake(tmp_path: Path) -> None:
    content = tmp_path / "content"
    subprocess.run(["cp", "-r", str(ROOT / "bot/content"), str(content)], check=True)
    service = content / "services" / "belmarsh.yml"
    lines = service.read_text(encoding="utf-8").splitlines()
    service.write_text("\n".join([*lines, "nonsense: true"]), encoding="utf-8")
    done = bot("check", env={"SIGNPOST_CONTENT": str(content)})
    assert done.returncode == 1
    assert f"belmarsh.yml:{len(lines) + 1}: " in done.stderr
    assert "nonsense" in done.stderr


def test_report_counts_what_the_audit_holds(tmp_path: Path) -> None:
    line = {
        "hour": "2026-11-25T03",
        "kind": "crisis",
        "category": "plan",
        "who": "self",
        "decided_by": "rule:noose",
        "version": "abc123",
    }
    (tmp_path / "crisis-2026-11-25.jsonl").write_text(
        f"{json.dumps(line)}\n{json.dumps(line)}\n", encoding="utf-8"
    )
    done = bot("report", "crisis", env={"SIGNPOST_AUDIT": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    for shown in ("2026-11-25", "plan", "self", "rule:noose", " 2 "):
        assert shown in done.stdout
    assert (
        "nothing recorded"
        in bot("report", "crisis", env={"SIGNPOST_AUDIT": str(tmp_path / "none")}).stdout
    )


def test_evaluate_counts_rows_of_a_file_and_shows_none(tmp_path: Path) -> None:
    file = tmp_path / "rows.jsonl"
    rows = [
        {"text": "i want to kill myself", "label": "crisis", "who": "self", "category": "a"},
        {"text": "What is a PIPE?", "label": "none", "category": "b"},
    ]
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    done = bot("evaluate", "crisis", str(file))
    assert done.returncode == 0, done.stderr
    for by in ("service", "screen: grammar and classifier"):
        assert f"{by}: recall 1.000 (1/1" in done.stdout
    assert "false alarms 0.000 (0/1" in done.stdout
    assert "PIPE" not in done.stdout
    file.write_text('{"text": "no label"}', encoding="utf-8")
    assert (
        f"{file}:1: needs text, label and category" in bot("evaluate", "crisis", str(file)).stderr
    )


BAD_SETTINGS = [
    ("PORT", "0"),
    ("SIGNPOST_PORT", "http"),
    ("SIGNPOST_WORKERS", "0"),
    ("SIGNPOST_DEADLINE_SECONDS", "-1"),
]
BAD_SETTINGS += [
    ("SIGNPOST_SPONSOR_DATABASE", "sqlite:////nowhere/sponsors.db")
]  # without SIGNPOST_SPONSOR_KEYS


@pytest.mark.parametrize(("name", "value"), BAD_SETTINGS)
def test_a_bad_setting_is_named(name: str, value: str) -> None:
    done = bot("serve", env={name: value})
    assert done.returncode == 1
    assert name.removeprefix("SIGNPOST_") in done.stderr
    assert "Traceback" not in done.stderr


def test_the_version_is_that_of_the_project() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert bot("--version").stdout.strip() == project["version"]
