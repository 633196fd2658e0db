"""What Prometheus reads: counters, one histogram, and gauges asked for when it reads. Labels are
names of ours: never text, an address or an id.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "signpost_requests_total": ("Requests, by route and status.", ("route", "status")),
    "signpost_turns_total": (
        "Messages, by outcome (a refusal: its reason) and topic.",
        ("outcome", "topic"),
    ),
    "signpost_crisis_total": (
        "What the crisis audit is given, by kind and what decided it.",
        ("kind", "decided_by"),
    ),
    "signpost_sponsor_lookups_total": ("Tries at Find my sponsor, by outcome.", ("outcome",)),
}
"""What each counts, and its labels."""
SECONDS, BUCKETS = "signpost_turn_seconds", (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)
GAUGES: Mapping[str, str] = {
    "signpost_info": "1, with the version, the model and the content.",
    "signpost_up": "1 where a part works, else 0.",
    "signpost_switched": "How many things of a kind are not as usual.",
    "signpost_conversations": "Conversations in memory.",
    "signpost_connections_near_limit": "1 from 80 % of the connections on.",
    "signpost_limit_windows": "Addresses and conversations whose messages are counted now.",
}
Gauge = tuple[str, Mapping[str, str], float]


class Metrics:
    """Counts since the gateway started."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._counters = {
            name: Counter(name, what, labels, registry=self._registry)
            for name, (what, labels) in COUNTERS.items()
        }
        self._seconds = Histogram(
            SECONDS,
            "How long messages took.",
            ("outcome",),
            buckets=BUCKETS,
            registry=self._registry,
        )

    def count(self, name: str, **labels: str) -> None:
        self._counters[name].labels(**labels).inc()

    def time(self, outcome: str, seconds: float) -> None:
        """How long a message took."""
        self._seconds.labels(outcome).observe(seconds)

    def text(self, gauges: Iterable[Gauge]) -> bytes:
        """All of it in Prometheus's text format 0.0.4, each family behind what it is."""
        return generate_latest(_Together(self._registry, tuple(gauges)))


class _Together(CollectorRegistry):
    """What was counted, and the gauges as they are now."""

    def __init__(self, counted: Collector, gauges: tuple[Gauge, ...]) -> None:
        super().__init__()
        self._counted, self._gauges = counted, gauges

    def collect(self) -> Iterator[Metric]:
        return chain(self._counted.collect(), map(self._family, GAUGES))

    def _family(self, name: str) -> Metric:
        family = GaugeMetricFamily(name, GAUGES[name])
        for own, labels, value in self._gauges:
            if own == name:
                family.add_sample(name, dict(labels), value)
        return family
