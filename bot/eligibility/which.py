"""Which of several people a message means, by what sets them apart: "the Hastings one", "the younger
lad", "forget him". Pure.
"""

from collections.abc import Mapping, Sequence

from bot.eligibility.models import Value

ORDER = "order"
"""The key under which "first", "second", "other", "younger" or "older" stands beside facts."""
Described = Mapping[str, Value]
"""What is said of somebody in order to name them: facts, or their place in a row."""


def the_one(people: Sequence[Described], meant: Described, left_out: Described) -> int | None:
    """The index of the only one who is meant, or who is left; None where that is not one."""
    found = [
        at
        for at in range(len(people))
        if (not meant or _is(people, at, meant)) and not (left_out and _is(people, at, left_out))
    ]
    return found[0] if len(found) == 1 and (meant or left_out) else None


def _is(people: Sequence[Described], at: int, described: Described) -> bool:
    return all(
        _in_order(people, str(value)) == at
        if fact == ORDER
        else _agree(people[at].get(fact), value)
        for fact, value in described.items()
    )


def _agree(held: Value | None, value: Value) -> bool:
    if isinstance(held, tuple) and isinstance(value, tuple):
        return max(held[0], value[0]) <= min(held[1], value[1])
    return held == value


def _in_order(people: Sequence[Described], order: str) -> int | None:
    """The index of "the younger one"; None where two ages are not known."""
    if order in {"first", "second", "other"}:
        return 0 if order == "first" else 1
    ages = [facts.get("age") for facts in people]
    years = [age[0] for age in ages if isinstance(age, tuple)]
    if len(years) < len(people) or len(set(years)) < len(years):
        return None
    return years.index(min(years) if order == "younger" else max(years))
