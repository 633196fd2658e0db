"""What Prometheus reads."""

import re

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bot.gateway.metrics import BUCKETS, COUNTERS, GAUGES, SECONDS, Metrics
from tests.conftest import free_port
from tests.gateway.conftest import Start
from tests.gateway.fakes import CRISIS

Sample = tuple[str, frozenset[tuple[str, str]]]


def samples(text: str) -> dict[Sample, float]:
    """Each sample by its name and labels, as Prometheus reads them."""
    return {
        sample(one.name, **one.labels): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def sample(name: str, **labels: str) -> Sample:
    return name, frozenset(labels.items())


async def test_it_counts_by_names_of_ours_and_by_nothing_else(start: Start) -> None:
    port = free_port()
    gateway = await start(metrics_port=port)
    opened = await gateway.open()
    await gateway.say("tell me of Jo Madeup", opened["conversation"])
    await gateway.say(CRISIS, opened["conversation"])
    async with gateway.client.delete(f"/api/conversations/{opened['conversation']}"):
        pass
    async with aiohttp.request("GET", f"http://127.0.0.1:{port}/metrics") as response:
        text = await response.text()
        assert response.headers["Content-Type"].startswith("text/plain; version=0.0.4")
    found = samples(text)
    for expected in (
        sample("signpost_turns_total", outcome="crisis", topic="crisis_policy"),
        sample("signpost_turns_total", outcome="answered", topic="about_lpp"),
        sample("signpost_crisis_total", kind="crisis", decided_by="phrase"),
        sample("signpost_requests_total", route="/api/conversations/{id}", status="204"),
        sample("signpost_turn_seconds_count", outcome="crisis"),
        sample("signpost_up", part="detector"),
    ):
        assert found[expected] == 1, expected
    for secret in ("Madeup", "kill", opened["conversation"], "127.0.0.1"):
        assert secret not in text


async def test_it_is_not_there_unless_it_is_wanted(start: Start) -> None:
    gateway = await start()
    async with gateway.client.get("/metrics") as response:
        assert response.status == 404


async def test_a_port_that_is_taken_stops_nobody(start: Start) -> None:
    port = free_port()
    await start(metrics_port=port)
    assert (await (await start(metrics_port=port)).say(CRISIS))["crisis"]


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        *((name, "counter") for name in COUNTERS),
        (SECONDS, "histogram"),
        *((name, "gauge") for name in GAUGES),
    ],
)
def test_each_family_says_what_it_is(name: str, kind: str) -> None:
    text = Metrics().text([]).decode()
    assert f"# TYPE {name} {kind}\n" in text
    assert re.search(rf"^# HELP {name} \S", text, re.MULTILINE)


def test_a_histogram_adds_up() -> None:
    metrics = Metrics()
    for seconds in (0.003, 0.15, 60.0):
        metrics.time("crisis", seconds)
    found = samples(metrics.text([]).decode())
    counts = [
        found[sample(f"{SECONDS}_bucket", outcome="crisis", le=str(float(most)))]
        for most in BUCKETS
    ]
    assert counts == [1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]
    assert found[sample(f"{SECONDS}_bucket", outcome="crisis", le="+Inf")] == 3
    assert found[sample(f"{SECONDS}_count", outcome="crisis")] == 3
    assert found[sample(f"{SECONDS}_sum", outcome="crisis")] == pytest.approx(60.153)


def test_a_label_cannot_break_out_of_its_quotes() -> None:
    version = 'a"b\\c\nd'
    text = Metrics().text([("signpost_info", {"version": version}, 1)]).decode()
    assert samples(text)[sample("signpost_info", version=version)] == 1
