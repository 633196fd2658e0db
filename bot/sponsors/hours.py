"""When somebody can be reached: `Mon-Fri 09:00-17:00; Sat 10:00-12:00`, or `always`. Times are UK
local time. Pure.
"""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta

DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
ALWAYS = "always"
_SPAN = re.compile(
    r"(?P<days>[A-Za-z]{3}(?:\s*[-,]\s*[A-Za-z]{3})*)\s+(?P<opens>\d{1,2}:\d\d)\s*-\s*(?P<closes>\d{1,2}:\d\d)"
)


@dataclass(frozen=True, slots=True)
class Span:
    """Open from `opens` to `closes` on each of `days` (0 is Monday); where it closes no later than
    it opens, that is on the next day.
    """

    days: tuple[int, ...]
    opens: time
    closes: time

    def holds(self, at: datetime) -> bool:
        if self.opens < self.closes:
            return at.weekday() in self.days and self.opens <= at.time() < self.closes
        yesterday = (at - timedelta(days=1)).weekday()
        return (at.weekday() in self.days and at.time() >= self.opens) or (
            yesterday in self.days and at.time() < self.closes
        )

    def __str__(self) -> str:
        whole = (
            list(range(self.days[0], self.days[-1] + 1)) == list(self.days) and len(self.days) > 1
        )
        days = (
            f"{DAYS[self.days[0]]}-{DAYS[self.days[-1]]}"
            if whole
            else ", ".join(DAYS[day] for day in self.days)
        )
        return f"{days} {self.opens:%H:%M}-{self.closes:%H:%M}"


@dataclass(frozen=True, slots=True)
class Hours:
    """No span at all stands for always. `str(hours)` is the form that `parse_hours` reads."""

    spans: tuple[Span, ...]

    def hold(self, at: datetime) -> bool:
        """Whether they hold at a UK local time."""
        return not self.spans or any(span.holds(at) for span in self.spans)

    def __str__(self) -> str:
        return "; ".join(map(str, self.spans)) or ALWAYS


def parse_hours(text: str) -> Hours:
    """Reads hours. Raises ValueError with a sentence for the person who typed them."""
    if text.strip().lower() == ALWAYS:
        return Hours(())
    return Hours(tuple(_span(part.strip()) for part in text.replace("–", "-").split(";")))


def _span(text: str) -> Span:
    match = _SPAN.fullmatch(text)
    if match is None:
        raise ValueError("hours look like “Mon-Fri 09:00-17:00; Sat 10:00-12:00”, or “always”")
    days: set[int] = set()
    for part in match["days"].split(","):
        ends = [_day(name.strip()) for name in part.split("-")]
        if len(ends) > 2 or ends[0] > ends[-1]:
            raise ValueError(f"“{part.strip()}” is not a range of days from Mon to Sun")
        days.update(range(ends[0], ends[-1] + 1))
    return Span(tuple(sorted(days)), _time(match["opens"]), _time(match["closes"]))


def _day(name: str) -> int:
    try:
        return DAYS.index(name.title())
    except ValueError:
        raise ValueError(f"“{name}” is not one of {', '.join(DAYS)}") from None


def _time(text: str) -> time:
    hour, _, minute = text.partition(":")
    try:
        return time(int(hour), int(minute))
    except ValueError:
        raise ValueError(f"“{text}” is not a time of day from 00:00 to 23:59") from None
