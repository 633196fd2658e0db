"""Tables that are sorted on the server, by links in their headings. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

T = TypeVar("T")
DOWN = "-"


@dataclass(frozen=True, slots=True)
class Sort:
    """By which column; `down`: the largest first. `key` "" leaves the rows as they come."""

    key: str = ""
    down: bool = False

    def next_of(self, key: str) -> str:
        """What the link of a column asks for: the other way round, where it is this one."""
        return f"{DOWN}{key}" if key == self.key and not self.down else key

    def aria(self, key: str) -> str:
        """How a column is sorted, as `aria-sort` says it; "" for one that is not."""
        return ("descending" if self.down else "ascending") if key == self.key else ""


def arranged(
    rows: Iterable[T], keys: Mapping[str, Callable[[T], Any]], wanted: str
) -> tuple[list[T], Sort]:
    """The rows as an address asks for them; what is no column leaves them as they come. Rows that
    are equal stay in their order.
    """
    key, listed = wanted.removeprefix(DOWN), list(rows)
    if key not in keys:
        return listed, Sort()
    down = wanted.startswith(DOWN)
    return sorted(listed, key=keys[key], reverse=down), Sort(key, down)
