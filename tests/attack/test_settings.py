"""Every setting is valid, or refused by name before anything is started. No clock holds a limit."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
import time_machine

from bot.errors import SettingsError
from bot.gateway.http.limits import Limits
from bot.settings import Settings, load_settings
from tests.conftest import ROOT

WRONG: dict[str, tuple[str, ...]] = {
    "host": ("not a host", ""),
    "port": ("abc", "0", "65536"),
    "workers": ("none", "0", "65"),
    "models": ("/nowhere",),
    "content": ("/nowhere",),
    "content_versions": ("/dev/null", f"{ROOT}/bot/content", f"{ROOT}/bot/content/versions"),
    "run": ("/dev/null",),
    "log_level": ("LOUD",),
    "audit": (),  # any: where it cannot be written, no answer suffers (test_faults.py)
    "audit_days": ("0", "soon"),
    "deadline_seconds": ("0", "31", "nan", "inf"),
    "drain_seconds": ("-1", "soon"),
    "conversation_idle_minutes": ("0", "241"),
    "conversations": ("http://a.example", "abc"),
    "conversations_keys": ("/nowhere",),
    "conversations_max": ("9", "1e9"),
    "conversations_per_address": ("0",),
    "address_limit": ("abc", "0/minute", "", "3/fortnight", "-1/minute"),
    "conversation_limit": ("abc", "3/fortnight"),
    "rate_limit_storage": ("paper://", "abc", "redis+nonsense://x"),
    "proxy_hops": ("-1", "9", "one"),
    "forwarded_header": ("X-Real-IP",),
    "sponsor_database": ("mysql://a.example/b", "abc"),
    "sponsor_keys": ("/nowhere",),
    "sponsor_audit_days": ("0", "soon"),
    "unanswered_days": ("0", "31", "soon"),
    "sponsor_tries": ("4", "many"),
    "sponsor_shared_networks": ("a wing", "192.0.2.0/33"),
    "metrics_port": ("abc", "0", "65536"),
    "staff_port": ("abc", "0", "65536"),
    "staff_origin": ("https://a.example/path", "*", "http://a.example"),
    "staff_local": ("everybody", ""),
    "oidc_issuer": (
        "http://id.example",
        "https://id.example/?a=b",
        "https://id.example#a",
        "id.example",
        "https://ID.example",
        "",
    ),
    "oidc_client": ("", "x" * 201),
    "oidc_secret": (),  # any: the provider says whether it is right
    "oidc_claim": ("", "two words"),
    "oidc_roles": ("group", "group=porter", "=editor", "a=editor b"),
    "confirm_port": ("abc", "0", "65536", "8080"),
    "confirm_origin": ("https://a.example/path", "*", "http://a.example"),
    "exit_url": (
        "javascript:alert(1)",
        "JavaScript:alert(1)",
        "data:text/html,x",
        "//a.example",
        "weather",
        "https://",
        "https://user:pass@a.example/",
        "https://a.example/ onclick=x",
        "",
    ),
    "origins": ("https://a.example/path", "*", "http://a.example"),
    "kiosk_seconds": ("-1", "3601"),
    "rest_channel": ("maybe",),
    "socketio_channel": ("maybe",),
}


def variable(field: str) -> str:
    return f"SIGNPOST_{field.upper()}"


def test_the_table_has_every_setting() -> None:
    assert WRONG.keys() == Settings.model_fields.keys()


CHECKED_LATER = {"models", "sponsor_keys", "conversations_keys"}
"""Files, which the supervisor reads before it starts anything: with the process below."""


@pytest.mark.parametrize(
    ("field", "value"),
    [(f, v) for f, values in WRONG.items() if f not in CHECKED_LATER for v in values],
)
def test_a_wrong_value_is_refused_by_its_name(
    monkeypatch: pytest.MonkeyPatch, field: str, value: str
) -> None:
    monkeypatch.setenv(variable(field), value)
    if field == "sponsor_database":
        monkeypatch.setenv("SIGNPOST_SPONSOR_KEYS", "/somewhere")
    with pytest.raises(SettingsError, match=variable(field)):
        load_settings()


@pytest.mark.parametrize(
    ("field", "value"),
    [("models", "/nowhere"), ("address_limit", "abc"), ("exit_url", "javascript:alert(1)")],
)
def test_serve_ends_with_the_name_and_not_in_a_loop(tmp_path: Path, field: str, value: str) -> None:
    env = {**os.environ, "SIGNPOST_RUN": str(tmp_path / "run"), variable(field): value}
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "bot", "serve"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=20,
    )
    assert done.returncode == 1
    assert value in done.stderr or variable(field) in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "run").exists()
    assert time.monotonic() - started < 10  # 0.3 s on a quiet machine; 2 s is the aim


@pytest.mark.parametrize("exit_url", ["https://a.example", "http://a.example:8080/b?c=d"])
def test_an_ordinary_exit_is_taken(monkeypatch: pytest.MonkeyPatch, exit_url: str) -> None:
    monkeypatch.setenv("SIGNPOST_EXIT_URL", exit_url)
    assert load_settings().exit_url == exit_url


async def test_a_clock_set_back_keeps_nobody_refused() -> None:
    seconds = 1000.0
    limits = Limits(Settings(address_limit="2/minute"), now=lambda: seconds)
    with time_machine.travel("2026-01-01T12:00:00Z", tick=False):
        assert [await limits.allow("192.0.2.1") for _ in range(3)] == [True, True, False]
    seconds += 61
    with time_machine.travel("2026-01-01T11:00:00Z", tick=False):
        assert await limits.allow("192.0.2.1")


async def test_what_limits_remember_is_bounded() -> None:
    seconds = 1000.0
    limits = Limits(Settings(), now=lambda: seconds)
    for number in range(30):
        for other in range(500):
            await limits.allow(f"192.0.{number}.{other}")
        seconds += 61
    assert limits.remembered <= 11_000
