"""What is written for the people who run the service agrees with the service: tables of settings,
alerts, the dashboard, the unit and the runbook.
"""

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.gateway.metrics import COUNTERS, GAUGES, SECONDS
from bot.settings import Settings
from bot.switches import KINDS
from tests.conftest import ROOT

OPS, DOCS = ROOT / "ops", ROOT / "docs"
RUNBOOK = (DOCS / "runbook.md").read_text(encoding="utf-8")
ALERTS: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((OPS / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
PANELS: list[dict[str, Any]] = json.loads((OPS / "dashboard.json").read_text(encoding="utf-8"))[
    "panels"
]
SERIES = {*COUNTERS, *GAUGES, *(f"{SECONDS}_{part}" for part in ("bucket", "sum", "count"))}
LABELS = {
    "signpost_requests_total": {"route", "status"},
    "signpost_turns_total": {"outcome", "topic"},
    "signpost_crisis_total": {"kind", "decided_by"},
    "signpost_sponsor_lookups_total": {"outcome"},
    "signpost_info": {"version", "model", "content"},
    "signpost_up": {"part"},
    "signpost_switched": {"kind"},
    "signpost_turn_seconds_bucket": {"outcome", "le"},
}
SHOWN_OTHERWISE = {
    "models": "models/",
    "content": "bot/content/",
    "content_versions": "versions/",
    "run": "var/",
    "audit": "audit/",
    "workers": "one a core, at most 4",
    "exit_url": "a weather page",
    "kiosk_seconds": "0: no kiosk",
}
"""How the table of settings says a default that is a path of this machine, or nothing by itself."""


def expressions() -> list[str]:
    return [rule["expr"] for rule in ALERTS] + [
        target["expr"] for panel in PANELS for target in panel["targets"]
    ]


def documented() -> dict[str, str]:
    """The table of settings in deploy.md: each variable with the default that it says."""
    found = {}
    for row in re.findall(r"^\| (`[A-Z].*) \|$", (DOCS / "deploy.md").read_text(), re.MULTILINE):
        names, default, _ = (cell.strip() for cell in re.split(r"(?<!\\)\|", row, maxsplit=2))
        defaults = default.replace("`", "").split(", ") if "HOST" in names else [default] * 9
        found.update(
            {
                name: said.replace("`", "")
                for name, said in zip(re.findall(r"`(\w+)`", names), defaults, strict=False)
            }
        )
    return found


def variable(field: str) -> str:
    return field.upper() if field in {"host", "port"} else f"SIGNPOST_{field.upper()}"


# Settings


def test_the_table_of_settings_has_each_of_them_and_no_other() -> None:
    assert set(documented()) == {variable(field) for field in Settings.model_fields}


@pytest.mark.parametrize("field", Settings.model_fields)
def test_the_table_of_settings_says_the_default(field: str) -> None:
    default = Settings.model_fields[field].default
    said = documented()[variable(field)]
    if field in SHOWN_OTHERWISE:
        assert said == SHOWN_OTHERWISE[field]
    elif default is None or default == ():
        assert said == "none"
    elif isinstance(default, float):
        assert float(said) == default
    else:
        assert said == str(int(default) if isinstance(default, bool) else default)


@pytest.mark.parametrize(
    "file",
    [ROOT / "Containerfile", *sorted(file for file in OPS.rglob("*") if file.is_file())],
    ids=lambda file: file.name,
)
def test_every_setting_that_is_named_there_is(file: Path) -> None:
    named = set(re.findall(r"SIGNPOST_[A-Z_]+", file.read_text(encoding="utf-8")))
    assert named <= {variable(field) for field in Settings.model_fields}


# Metrics


@pytest.mark.parametrize("expression", expressions())
def test_only_metrics_and_labels_that_there_are_are_asked_for(expression: str) -> None:
    for name, matchers in re.findall(r"(signpost_\w+)(?:\{([^}]*)\})?", expression):
        assert name in SERIES
        for label in re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers):
            assert label in LABELS[name]
    assert expression.count("(") == expression.count(")")


# The runbook


def test_the_runbook_has_a_heading_for_each_alert() -> None:
    names = [rule["alert"] for rule in ALERTS]
    assert re.findall(r"^## (Signpost\w*)$", RUNBOOK, re.MULTILINE) == names
    for rule in ALERTS:
        assert rule["annotations"]["runbook"] == f"docs/runbook.md#{rule['alert'].lower()}"
        assert rule["annotations"]["summary"].endswith(".")
        assert rule["labels"]["severity"] in {"page", "ticket"}


def test_each_alert_has_what_to_look_at_and_what_to_do_on_one_screen() -> None:
    for section in re.split(r"^## ", RUNBOOK, flags=re.MULTILINE)[1:]:
        name, *lines = section.splitlines()
        assert len(lines) < 25, name
        if name.startswith("Signpost"):
            assert "- **Look**" in section, name
            assert "- **Do**" in section, name


@pytest.mark.parametrize("kind", KINDS)
def test_the_runbook_says_how_to_switch_each_kind(kind: str) -> None:
    assert f"python -m bot switch {kind}" in RUNBOOK


def test_links_of_the_runbook_lead_somewhere() -> None:
    headings = {
        re.sub(r"[^a-z0-9 -]", "", heading.lower()).replace(" ", "-")
        for heading in re.findall(r"^#+ (.+)$", RUNBOOK, re.MULTILINE)
    }
    for link in re.findall(r"\]\(([^)]+)\)", RUNBOOK):
        path, _, anchor = link.partition("#")
        assert not path or (DOCS / path).exists(), link
        assert not anchor or path or anchor in headings, link


# The unit and the proxies


def unit() -> dict[str, str]:
    lines = (OPS / "signpost.service").read_text(encoding="utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines if "=" in line and not line.startswith("#"))


@pytest.mark.parametrize(
    ("directive", "value"),
    [
        ("ExecStart", "/opt/signpost/.venv/bin/python -m bot serve"),
        ("ExecReload", "/bin/kill -HUP $MAINPID"),
        ("StandardInput", "null"),  # in a terminal, SIGHUP would end it
        ("NoNewPrivileges", "yes"),
        ("ProtectSystem", "strict"),
        ("CapabilityBoundingSet", ""),
        ("LimitNOFILE", "65536"),
    ],
)
def test_the_unit_holds_the_service_in(directive: str, value: str) -> None:
    assert unit()[directive] == value


def test_switches_outlive_a_restart_of_the_unit() -> None:
    text = (OPS / "signpost.service").read_text(encoding="utf-8")
    run = re.search(r"SIGNPOST_RUN=(\S+)", text)
    assert run
    assert run.group(1).startswith("/var/lib/")
    assert "RuntimeDirectory" not in text


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_the_proxies_log_no_path_buffer_nothing_and_lead_to_no_metrics(name: str) -> None:
    text = (OPS / name).read_text(encoding="utf-8")
    said = "\n".join(line for line in text.splitlines() if not line.strip().startswith("#"))
    assert "/metrics" not in said
    assert "help.html" in said  # with the gateway gone
    assert ("proxy_buffering off" in said) or ("flush_interval -1" in said)
    assert not re.search(r"^\s*(access_log (?!off)|log\b(?! \{\n\s*exclude))", said, re.MULTILINE)
    assert said.count("{") == said.count("}")
