"""Whether answers help: how often people said yes and no to those on each topic. Counts, and
nothing of who said it, when, or about which words.
"""

from collections import Counter
from typing import Literal

import structlog

Verdict = Literal["yes", "no"]

_log = structlog.get_logger(__name__)


class Feedback:
    """Counts since the service started. Each is logged too, for whoever adds logs up over restarts."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, Verdict]] = Counter()

    def count(self, topic: str, verdict: Verdict) -> None:
        self._counts[topic, verdict] += 1
        _log.info("feedback", topic=topic, helpful=verdict)

    def counts(self) -> dict[str, dict[Verdict, int]]:
        """By topic, in the order of their names."""
        topics = sorted({topic for topic, _ in self._counts})
        return {
            topic: {"yes": self._counts[topic, "yes"], "no": self._counts[topic, "no"]}
            for topic in topics
        }
