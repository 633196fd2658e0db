"""Reads a roster, the CSV file that administrators keep: sponsors, and which reference is assigned
to whom. Pure; every mistake is found at once.

One row is one reference and its sponsor. A sponsor's details stand in at least one of its rows; a
row without a reference only describes a sponsor, such as a cover. Columns are those of COLUMNS, in
any order; `reference` and `sponsor` have to be there.
"""

import csv
import io
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from bot.sponsors import codes
from bot.sponsors.model import ROUTE_KINDS, Route, Sponsor, checked_route, checked_words

ROUTE_COLUMNS = tuple(column for kind in ROUTE_KINDS for column in (kind, f"{kind}_hours"))
COLUMNS = ("reference", "sponsor", "name", "role", "service", *ROUTE_COLUMNS, "cover")
REQUIRED = ("reference", "sponsor")
DETAILS = ("name", "role", "service")
BYTES_MAX = 20_000_000
FIELD_MAX = 2_000
Value = TypeVar("Value")
_HANDLE = re.compile(r"[a-z0-9][a-z0-9_-]{1,31}")


@dataclass(frozen=True, slots=True)
class Mistake:
    """`row` is the line of a spreadsheet, 1 being the headings; `column` is "" for a whole row."""

    row: int
    column: str
    problem: str

    def __str__(self) -> str:
        return f"row {self.row}{f', {self.column}' if self.column else ''}: {self.problem}"


@dataclass(frozen=True, slots=True)
class Roster:
    """What a file asks for. `assignments`: handle by reference; `covers`: the cover's handle by the
    sponsor's.
    """

    sponsors: tuple[Sponsor, ...] = ()
    assignments: Mapping[str, str] = field(default_factory=dict)
    covers: Mapping[str, str] = field(default_factory=dict)


def read_roster(
    data: bytes, services: Collection[str], known: Collection[str] = ()
) -> tuple[Roster, list[Mistake]]:
    """Reads a file. `services`: ids that a sponsor may belong to; `known`: handles that the
    directory has already. Never raises for what it holds.
    """
    found: list[Mistake] = []
    rows = list(_rows(data, found))
    if found:
        return Roster(), sorted(found, key=lambda mistake: mistake.row)
    reader = _Reader(services, known, found)
    for number, row in rows:
        reader.take(number, row)
    reader.check_names()
    return reader.roster(), sorted(
        found,
        key=lambda mistake: (
            mistake.row,
            COLUMNS.index(mistake.column) if mistake.column in COLUMNS else -1,
        ),
    )


def checked_handle(text: str) -> str:
    """A sponsor's handle. Raises ValueError with a sentence."""
    handle = text.strip().lower()
    if not _HANDLE.fullmatch(handle):
        raise ValueError(
            "a sponsor's short name has 2 to 32 small letters, digits, _ and -, as in belmarsh-1"
        )
    return handle


def checked_service(text: str, services: Collection[str]) -> str:
    """A service's id. Raises ValueError with a sentence."""
    service = text.strip().lower()
    if service not in services:
        raise ValueError(f"has to be one of {', '.join(sorted(services))}")
    return service


class _Reader:
    """Collects rows into a roster, and their mistakes."""

    def __init__(
        self, services: Collection[str], known: Collection[str], found: list[Mistake]
    ) -> None:
        self._services, self._known, self._found = services, known, found
        self._sponsors: dict[str, tuple[int, Sponsor]] = {}
        self._described: set[str] = set()
        self._assignments: dict[str, tuple[int, str]] = {}
        self._covers: dict[str, tuple[int, str]] = {}

    def take(self, number: int, row: dict[str, str]) -> None:
        handle = self._checked(number, "sponsor", row, checked_handle)
        if row.get("reference"):
            reference = self._checked(number, "reference", row, codes.new_reference)
            if reference and handle:
                self._once(
                    self._assignments,
                    number,
                    "reference",
                    reference,
                    handle,
                    "this reference has another sponsor in row {row}",
                )
        if row.get("cover"):
            cover = self._checked(number, "cover", row, checked_handle)
            if cover and cover == handle:
                self._found.append(
                    Mistake(number, "cover", "a sponsor cannot cover for themselves")
                )
            elif cover and handle:
                self._once(
                    self._covers,
                    number,
                    "cover",
                    handle,
                    cover,
                    "this sponsor has another cover in row {row}",
                )
        if any(row.get(column) for column in (*DETAILS, *ROUTE_COLUMNS)):
            self._described.add(handle)
            sponsor = self._sponsor(number, handle, row)
            if sponsor:
                self._once(
                    self._sponsors,
                    number,
                    "sponsor",
                    sponsor.handle,
                    sponsor,
                    "this sponsor is described otherwise in row {row}",
                )
        elif not row.get("reference") and not row.get("cover"):
            self._found.append(
                Mistake(
                    number, "", "this row has neither a reference nor anything about the sponsor"
                )
            )

    def check_names(self) -> None:
        """Every sponsor that is named is described, here (be it with mistakes) or in the directory."""
        there = {*self._known, *self._described}
        named = [(row, "sponsor", handle) for row, handle in self._assignments.values()]
        named += [(row, "cover", handle) for row, handle in self._covers.values()]
        named += [(row, "sponsor", handle) for handle, (row, _) in self._covers.items()]
        for row, column, handle in named:
            if handle not in there:
                self._found.append(
                    Mistake(
                        row,
                        column,
                        f"there is no sponsor {handle}: give name, role, service and a contact in one row",
                    )
                )

    def roster(self) -> Roster:
        return Roster(
            tuple(sponsor for _, sponsor in self._sponsors.values()),
            {reference: handle for reference, (_, handle) in self._assignments.items()},
            {handle: cover for handle, (_, cover) in self._covers.items()},
        )

    def _sponsor(self, number: int, handle: str, row: dict[str, str]) -> Sponsor | None:
        before = len(self._found)
        name, role = (
            self._checked(number, column, row, checked_words) for column in ("name", "role")
        )
        service = self._checked(
            number, "service", row, lambda text: checked_service(text, self._services)
        )
        routes = tuple(self._routes(number, row))
        if not routes and len(self._found) == before:
            self._found.append(
                Mistake(number, "", f"a sponsor needs a contact: one of {', '.join(ROUTE_KINDS)}")
            )
        return (
            Sponsor(handle, name, role, service, routes)
            if handle and len(self._found) == before
            else None
        )

    def _routes(self, number: int, row: dict[str, str]) -> Iterator[Route]:
        for kind in ROUTE_KINDS:
            value, hours = row.get(kind, ""), row.get(f"{kind}_hours", "")
            if not value:
                if hours:
                    self._found.append(Mistake(number, f"{kind}_hours", f"hours without {kind}"))
                continue
            try:
                route = checked_route(kind, value)
            except ValueError as error:
                self._found.append(Mistake(number, kind, str(error)))
                continue
            try:
                yield checked_route(kind, route.value, hours)
            except ValueError as error:
                self._found.append(Mistake(number, f"{kind}_hours", str(error)))

    def _checked(
        self, number: int, column: str, row: dict[str, str], check: Callable[[str], str]
    ) -> str:
        """The value of a column, or "" with its mistake noted."""
        try:
            return check(row.get(column, ""))
        except ValueError as error:
            self._found.append(Mistake(number, column, str(error)))
            return ""

    def _once(
        self,
        kept: dict[str, tuple[int, Value]],
        number: int,
        column: str,
        key: str,
        value: Value,
        otherwise: str,
    ) -> None:
        row, before = kept.setdefault(key, (number, value))
        if before != value:
            self._found.append(Mistake(number, column, otherwise.replace("{row}", str(row))))


def _rows(data: bytes, found: list[Mistake]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows as values by column, with the line on which each ends; those without any value are
    left out.
    """
    if len(data) > BYTES_MAX:
        found.append(Mistake(1, "", f"the file is larger than {BYTES_MAX // 1_000_000} MB"))
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        found.append(Mistake(row, "", "this is not UTF-8: in a spreadsheet, save as “CSV UTF-8”"))
        return
    if "\0" in text:
        found.append(
            Mistake(text[: text.index("\0")].count("\n") + 1, "", "this is not a text file")
        )
        return
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        headings = [heading.strip().lower() for heading in next(reader, [])]
        found.extend(_heading_mistakes(headings))
        if found:
            return
        for cells in reader:
            values = [cell.strip() for cell in cells]
            if not any(values):
                continue
            if len(values) > len(headings) and any(values[len(headings) :]):
                found.append(
                    Mistake(
                        reader.line_num,
                        "",
                        f"has {len(values)} values, for {len(headings)} headings",
                    )
                )
            if any(len(value) > FIELD_MAX for value in values):
                found.append(
                    Mistake(reader.line_num, "", f"has a value of more than {FIELD_MAX} characters")
                )
            yield reader.line_num, dict(zip(headings, values, strict=False))
    except csv.Error as error:
        found.append(Mistake(max(reader.line_num, 1), "", f"this is not CSV: {error}"))


def _heading_mistakes(headings: list[str]) -> Iterator[Mistake]:
    for column in REQUIRED:
        if column not in headings:
            yield Mistake(1, column, "this heading is missing")
    for heading in dict.fromkeys(headings):
        if heading and heading not in COLUMNS:
            yield Mistake(
                1, heading[:FIELD_MAX], f"is not a heading; they are {', '.join(COLUMNS)}"
            )
        elif heading and headings.count(heading) > 1:
            yield Mistake(1, heading, "this heading is here twice")
