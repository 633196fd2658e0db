"""The CSV importer: every mistake with its row and column, and nothing that a file holds makes it
fail.
"""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.sponsors.roster import COLUMNS, read_roster
from tests.sponsors.conftest import SERVICES
from tests.sponsors.examples import HEADINGS, ROSTER


def mistakes(text: str | bytes, known: tuple[str, ...] = ()) -> list[str]:
    return [
        str(mistake)
        for mistake in read_roster(
            text if isinstance(text, bytes) else text.encode(), SERVICES, known
        )[1]
    ]


def test_a_roster_is_read() -> None:
    roster, found = read_roster(ROSTER.encode(), SERVICES)
    assert found == []
    assert roster.assignments == {
        "LPP0001": "belmarsh-1",
        "LPP0002": "belmarsh-1",
        "LPP0003": "swaleside-1",
    }
    assert roster.covers == {"belmarsh-1": "belmarsh-2"}
    assert [
        (
            sponsor.handle,
            sponsor.name,
            [(route.kind, str(route.hours or "")) for route in sponsor.routes],
        )
        for sponsor in roster.sponsors
    ] == [
        ("belmarsh-1", "Sam Example", [("phone", "Mon-Fri 09:00-17:00"), ("email", "")]),
        ("swaleside-1", "Jo Madeup", [("phone", ""), ("text", "always"), ("in_person", "")]),
        ("belmarsh-2", "Alex Specimen", [("phone", "always")]),
    ]


SAME = {
    "with a byte order mark": "\ufeff" + ROSTER,
    "with Windows line ends": ROSTER.replace("\n", "\r\n"),
    "with blank rows": ROSTER.replace("\n", "\n,,,,,,,,,,,,,\n\n"),
    "with headings in capitals": ROSTER.replace(HEADINGS, HEADINGS.upper()),
    "with quotes": ROSTER.replace("Sam Example", '"Sam Example"'),
    "with a sponsor described twice": ROSTER
    + "LPP-0001,belmarsh-1,Sam Example,psychologist,belmarsh,020 7946 0101,Mon-Fri 9:00-17:00,,,sam@trust.example,,,,\n",
}


@pytest.mark.parametrize("how", SAME)
def test_what_spreadsheets_do_to_a_file_changes_nothing(how: str) -> None:
    assert read_roster(SAME[how].encode(), SERVICES) == read_roster(ROSTER.encode(), SERVICES)


def row(**values: str) -> str:
    """One row of a file, with its headings."""
    whole = {
        "sponsor": "b1",
        "name": "Sam",
        "role": "psychologist",
        "service": "belmarsh",
        "phone": "020 7946 0101",
    } | values
    return f"{HEADINGS}\n{','.join(whole.get(column, '') for column in COLUMNS)}\n"


WRONG = [
    (row(reference="A1234BC"), "row 2, reference: this looks like a prison number"),
    (row(reference="Sam"), "row 2, reference: a reference has"),
    (row(sponsor="Sam Example"), "row 2, sponsor: a sponsor's short name"),
    (row(sponsor=""), "row 2, sponsor: a sponsor's short name"),
    (row(name=""), "row 2, name: must not be empty"),
    (row(name="x" * 200), "row 2, name: must be at most 120"),
    (row(role=""), "row 2, role: must not be empty"),
    (row(service="brixton"), "row 2, service: has to be one of"),
    (row(phone="ask"), "row 2, phone: a phone number has"),
    (row(phone=""), "row 2: a sponsor needs a contact"),
    (row(phone="", phone_hours="always"), "row 2, phone_hours: hours without phone"),
    (row(phone_hours="9-5"), "row 2, phone_hours: hours look like"),
    (row(email="sam"), "row 2, email: an email address"),
    (row(cover="b1"), "row 2, cover: a sponsor cannot cover for themselves"),
    (row(cover="b2"), "row 2, cover: there is no sponsor b2"),
    (f"{HEADINGS}\nLPP-1,b9{',' * 12}\n", "row 2, sponsor: there is no sponsor b9"),
    (f"{HEADINGS}\n,b9{',' * 12}\n", "row 2: this row has neither"),
    (
        row(reference="LPP-1") + row(reference="LPP-1", sponsor="b2").splitlines()[1],
        "row 3, reference: this reference has another sponsor in row 2",
    ),
    (
        row() + row(name="Jo").splitlines()[1],
        "row 3, sponsor: this sponsor is described otherwise in row 2",
    ),
    (row() + "LPP-1" + "," * 30 + "x\n", "row 3: has 31 values"),
    ("reference,name\n", "row 1, sponsor: this heading is missing"),
    ("reference,sponsor,dob\n", "row 1, dob: is not a heading"),
    ("reference,sponsor,sponsor\n", "row 1, sponsor: this heading is here twice"),
    ("", "row 1, reference: this heading is missing"),
    (row() + '"open', "row 3: this is not CSV"),
    (row().encode() + b"\xff\n", "row 3: this is not UTF-8"),
    (row() + "a\0b\n", "row 3: this is not a text file"),
]


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_a_mistake_is_named_by_row_and_column(text: str | bytes, said: str) -> None:
    found = mistakes(text)
    assert any(one.startswith(said) for one in found), found


def test_all_mistakes_are_found_at_once() -> None:
    text = (
        row(reference="A1234BC", name="", phone="x")
        + row(reference="LPP-1", service="nowhere").splitlines()[1]
    )
    assert [one.partition(":")[0] for one in mistakes(text)] == [
        "row 2, reference",
        "row 2, name",
        "row 2, phone",
        "row 3, service",
    ]


def test_a_sponsor_that_the_directory_has_needs_no_description() -> None:
    assert mistakes("reference,sponsor,cover\nLPP-1,b1,b2\n", ("b1", "b2")) == []


CELLS = st.one_of(
    st.sampled_from(
        [
            "",
            "LPP-0001",
            "b1",
            "Sam",
            "belmarsh",
            "020 7946 0101",
            "always",
            '"',
            ",",
            "\n",
            "=1+1",
            "Mon-Fri 09:00-17:00",
        ]
    ),
    st.text(max_size=12),
)
FILES = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(lambda text: f"{HEADINGS}\n{text}".encode("utf-8", "surrogatepass")),
    st.lists(st.lists(CELLS, max_size=16).map(",".join), max_size=8).map(
        lambda rows: "\n".join([HEADINGS, *rows]).encode("utf-8", "replace")
    ),
)


@settings(max_examples=600)
@given(FILES)
def test_whatever_a_file_holds_it_is_read_or_refused_in_words(data: bytes) -> None:
    roster, found = read_roster(data, SERVICES)
    assert all(one.row >= 1 and one.problem for one in found)
    if not found:
        handles = {sponsor.handle for sponsor in roster.sponsors}
        assert {*roster.assignments.values(), *roster.covers, *roster.covers.values()} <= handles
        assert all(
            sponsor.name and sponsor.routes and sponsor.service in SERVICES
            for sponsor in roster.sponsors
        )
