"""What words come to which facts, what they don't, and what is never in the output."""

import datetime
import json
from typing import Any

import pytest

from bot.language.text import normalise
from bot.reading.case import Reader
from bot.reading.said import as_output, from_output
from tests.eligibility.conftest import TODAY

FACTS: list[tuple[str, dict[str, Any]]] = [
    # ages
    ("19 y/o", {"age": (19, 19)}),
    ("she turned nineteen", {"age": (19, 19), "sex": "female"}),
    ("in his early twenties", {"age": (20, 23), "sex": "male"}),
    ("a lad of twenty-one", {"age": (21, 21), "sex": "male"}),
    ("over 30", {"age": (31, 999)}),
    ("not 18 yet", {"age": (0, 17)}),
    ("born 14/03/2006", {"age": (20, 20)}),
    ("born in 2007", {"age": (18, 19)}),
    # times against 25 November 2026
    ("between 10 and 14 months left", {"months_left": (10, 14), "custody": "prison"}),
    ("has he to be from London?", {"sex": "male"}),
    ("14 mths to serve", {"months_left": (14, 14), "custody": "prison"}),
    ("8m left", {"months_left": (8, 8), "custody": "prison"}),
    ("just under a year left", {"months_left": (0, 11), "custody": "prison"}),
    ("two and a half years to go", {"months_left": (30, 30), "custody": "prison"}),
    ("release November 2027", {"months_left": (11, 12), "custody": "prison"}),
    ("CRD 24/11/2027", {"months_left": (11, 11), "custody": "prison"}),
    ("CRD 25/11/2027", {"months_left": (12, 12), "custody": "prison"}),
    ("serving 4 years, 15 months left", {"months_left": (15, 15), "custody": "prison"}),
    ("he did ten years", {"sex": "male"}),
    ("parole hearing in June", {"move": "yes", "early": (6, 7)}),
    ("no parole for six years", {"move": "no"}),
    ("no realistic prospect of a progressive move", {"move": "no"}),
    ("no more than 12 months left", {"months_left": (0, 12), "custody": "prison"}),
    # where somebody was born, and what lies near
    ("born in Ghana and brought up in Peckham", {"origin": "london", "area": "london"}),
    (
        "born in Leeds, Hackney since he was two",
        {"origin": "london", "area": "london", "sex": "male"},
    ),
    (
        "came into the world in Lagos, Tottenham has been home for 20 years",
        {"origin": "london", "area": "london"},
    ),
    ("born in Luton", {"origin": "elsewhere", "area": "elsewhere"}),
    ("Epsom man, a mile from Sutton", {"origin": "elsewhere", "area": "elsewhere", "sex": "male"}),
    (
        "Slough bloke, just across the border from Hillingdon",
        {"origin": "elsewhere", "area": "elsewhere", "sex": "male"},
    ),
    (
        "the complainant is from Hackney, he is from Luton",
        {"origin": "elsewhere", "area": "elsewhere", "sex": "male"},
    ),
    ("used to live in Peckham, Kent now", {"origin": "elsewhere", "area": "elsewhere"}),
    # what is known of whom, and how well
    ("the PD diagnosis on file turned out to be his brother's", {"sex": "male"}),
    ("seen by psychology and shows no traits", {"personality": "no"}),
    ("we haven't much on how settled he is", {"sex": "male"}),
    ("violence: nothing in custody, s20 outside", {"violence": "yes"}),
    ("risk marker: low", {"high_risk": "no"}),
    ("RoSH was high at sentencing, brought down to medium", {"high_risk": "no"}),
    ("risk tier: very high", {"high_risk": "yes"}),
    ("risk grade low", {"high_risk": "no"}),
    (
        "stuck in cat B 4 years, decent chance of cat C",
        {"stuck": "yes", "move": "yes", "category": "c", "custody": "prison"},
    ),
    # whose time it is, and what two people say
    (
        "my cellmate's got 3 years left, mine is 9 months to go",
        {"months_left": (9, 9), "custody": "prison"},
    ),
    ("OMU says 9 months left, the file says 15", {}),
    ("he is 22 come March", {"age": (21, 21), "sex": "male"}),
    ("turned 18 last week", {"age": (18, 18)}),
    ("I'm 21 next spring", {"age": (20, 20)}),
    ("Hackney man, his wife's from Hull", {"origin": "london", "area": "london", "sex": "male"}),
    ("shipped from Leeds to HMP Isis on Monday", {}),
    ("nobody has told him he is on the OPD pathway", {"sex": "male"}),
    ("screened for emerging PD: nothing found", {}),
    ("the job agencies have all shut the door on her", {"excluded": "yes", "sex": "female"}),
    # what was overturned, refused or came down
    ("his GBH conviction was overturned", {"sex": "male"}),
    ("robbery conviction quashed on appeal", {}),
    ("RoSH was high, now reduced to medium", {"high_risk": "no"}),
    ("was low risk, now high risk", {"high_risk": "yes"}),
    ("he said no to therapy", {"ready": "no", "sex": "male"}),
    ("keen for psychological work", {"ready": "yes"}),
    ("couldn't join any mainstream job scheme", {"excluded": "yes"}),
    ("refusing to start his sentence plan", {"settled": "unsettled", "sex": "male"}),
    ("not over 11 months left", {"months_left": (0, 11), "custody": "prison"}),
    ("at most a year left", {"months_left": (0, 12), "custody": "prison"}),
    ("hasn't got a year left", {"months_left": (0, 11), "custody": "prison"}),
    ("about a year left", {"months_left": (11, 13), "custody": "prison"}),
    ("15ish months left", {"months_left": (14, 16), "custody": "prison"}),
    ("1/2 year left", {"months_left": (6, 6), "custody": "prison"}),
    ("3/4 of a year left", {"months_left": (9, 9), "custody": "prison"}),
    ("three quarters of a year left", {"months_left": (9, 9), "custody": "prison"}),
    ("a year and a half left", {"months_left": (18, 18), "custody": "prison"}),
    ("2 years 3 months to serve", {"months_left": (27, 27), "custody": "prison"}),
    ("2y3m left", {"months_left": (27, 27), "custody": "prison"}),
    ("11 months 3 weeks left", {"months_left": (11, 11), "custody": "prison"}),
    ("18/12 left", {"months_left": (18, 18), "custody": "prison"}),
    ("CRD 18/12", {"months_left": (0, 0), "custody": "prison"}),
    ("ERD 03/28", {"months_left": (15, 16), "custody": "prison"}),
    ("SED 14/02/2027", {"months_left": (0, 2), "custody": "prison"}),
    ("3 years left on licence", {"custody": "community", "probation": "yes"}),
    ("a year minus a week left", {"months_left": (11, 11), "custody": "prison"}),
    ("a year plus a week left", {"months_left": (12, 12), "custody": "prison"}),
    ("just shy of a year left", {"months_left": (11, 11), "custody": "prison"}),
    ("did 2 years, 3 months left", {"months_left": (3, 3), "custody": "prison"}),
    ("18 months left or so", {"months_left": (17, 19), "custody": "prison"}),
    ("12 months left if that", {"months_left": (0, 12), "custody": "prison"}),
    ("two years six months and a week left", {"months_left": (30, 30), "custody": "prison"}),
    # early release leaves the time left open
    ("HDC in 14 months", {"early": (14, 14)}),
    (
        "13 months left, HDC in 4 months",
        {"months_left": (13, 13), "early": (4, 4), "custody": "prison"},
    ),
    (
        "16 months left, HDC eligible",
        {"months_left": (16, 16), "early": (0, 999), "custody": "prison"},
    ),
    ("16 months left, no HDC", {"months_left": (16, 16), "custody": "prison"}),
    ("16 months left. HDC: no", {"months_left": (16, 16), "custody": "prison"}),
    ("out on tag in April", {"early": (4, 5), "custody": "prison"}),
    ("12m left", {"months_left": (12, 12), "custody": "prison"}),
    ("18m to parole", {"move": "yes", "early": (18, 18)}),
    ("PED in 30 months", {"move": "no", "custody": "prison", "early": (30, 30)}),
    ("cat C realistic within 12 months", {"category": "c", "custody": "prison", "move": "yes"}),
    ("no chance of moving for 3 or 4 yrs", {"move": "no"}),
    ("IPP 4 over", {"stuck": "yes"}),
    # dates are ages only after "born"
    ("DOB 03/2004", {"age": (22, 22)}),
    ("b. 2004", {"age": (21, 22)}),
    ("DOB 2005-06-12", {"age": (21, 21)}),
    ("born June 12, 2005", {"age": (21, 21)}),
    ("DOB 120605", {"age": (21, 21)}),
    ("DOB 12/03/49", {"age": (77, 77)}),
    ("sentenced 12/06/2007", {}),
    ("sentenced on 3 March 2010", {}),
    ("recalled 05/05/2008", {"custody": "prison"}),
    ("he was 19 in 2019", {"age": (25, 27), "sex": "male"}),
    ("aged 19 when sentenced", {}),
    ("22 in March", {"age": (21, 21)}),
    ("17 years 11 months, male", {"age": (17, 17), "sex": "male"}),
    ("34M", {"age": (34, 34), "sex": "male"}),
    ("25/F", {"age": (25, 25), "sex": "female"}),
    # who
    ("i'm his mum", {"sex": "male"}),
    ("his wife is 40", {"sex": "male"}),
    ("transgender prisoner", {"custody": "prison", "transgender": "yes"}),
    ("Women in Prison", {}),
    # places
    ("from Croydon", {"origin": "london", "area": "london"}),
    ("grew up in Essex, lives in Hackney", {"origin": "elsewhere", "area": "london"}),
    ("SE15", {"origin": "london", "area": "london"}),
    ("CR3", {}),
    ("from Kent but London PS", {"origin": "elsewhere", "area": "london", "probation": "yes"}),
    (
        "HMP Wandsworth, from Leeds",
        {"custody": "prison", "origin": "elsewhere", "area": "elsewhere"},
    ),
    ("not from London", {"origin": "elsewhere", "area": "elsewhere"}),
    ("HMP Leeds", {"custody": "prison"}),
    ("in Feltham", {"custody": "prison", "prison": "elsewhere"}),
    ("his family live in Hackney", {"sex": "male"}),
    ("London Pathways Progression Unit", {}),
    # what is denied, asked or not known
    ("no history of violence", {"violence": "no"}),
    ("Violence: none.", {"violence": "no"}),
    ("victim of domestic violence", {}),
    ("do you need a personality disorder diagnosis", {}),
    ("PD: not screened", {}),
    ("not sure if he's violent", {"sex": "male"}),
    ("not on the OPD pathway", {"opd": "no"}),
    ("on the opd pathway? not sure", {}),
    ("no, he's from Luton", {"sex": "male", "origin": "elsewhere", "area": "elsewhere"}),
    ("high risk of self-harm", {}),
    ("complex PTSD", {}),
    # criteria
    ("PD suspected", {}),
    ("his cellmate is violent", {"sex": "male"}),
    ("used to be stuck", {}),
    ("was high risk, now medium", {"high_risk": "no"}),
    ("release was in March", {}),
    ("he's not 22 until June", {"age": (0, 21), "sex": "male"}),
    ("born 2 March in London", {"origin": "london", "area": "london"}),
    ("he wants to move to London", {"sex": "male"}),
    ("moving to London when released, from Leeds", {"origin": "elsewhere", "area": "london"}),
    ("history of violence as a victim", {}),
    ("i'm 50 and my son is 20", {"age": (20, 20), "sex": "male"}),
    ("possible PD", {}),
    ("will probably reoffend when he's out", {"reoffending": "yes", "sex": "male"}),
    ("no violence PD", {"violence": "no", "personality": "yes"}),
    ("no violence or PD", {"violence": "no", "personality": "no"}),
    ("no violence but PD", {"violence": "no", "personality": "yes"}),
    ("nil violence hx", {"violence": "no"}),
    ("violence: nil known", {"violence": "no"}),
    ("OASys says nothing either way on PD", {}),
    ("s.18", {"violence": "yes"}),
    ("knocked back by parole twice", {"stuck": "yes"}),
    ("IPP", {}),
    ("screened in", {"opd": "yes", "personality": "yes"}),
    ("can't settle, won't do his sentence plan", {"settled": "unsettled", "sex": "male"}),
    ("settled and ready for therapy", {"settled": "settled", "ready": "yes"}),
    ("not ready for treatment", {"ready": "no"}),
    ("unemployed", {}),
    ("turned 22 last month", {"age": (22, 22)}),
    ("turned 22 in March", {"age": (22, 22)}),
    ("22 on Saturday", {"age": (21, 21)}),
    ("he's 30, in since he was 18", {"age": (30, 30), "sex": "male"}),
    ("works in Ealing", {}),
    ("i'm a psychologist in Lambeth", {}),
    ("an OM at Brent PDU", {}),
    ("got nowhere since his tariff ran out", {"stuck": "yes", "sex": "male"}),
    ("came out of Bronzefield", {"custody": "community", "prison": "elsewhere"}),
    ("has a probation officer", {"probation": "yes"}),
    ("has no probation officer", {"probation": "no"}),
    ("sometimes settled", {}),
    ("RoSH: M", {"high_risk": "no"}),
    ("medium now", {"high_risk": "no"}),
    ("progressing nicely", {"stuck": "no"}),
    ("stopped being stuck", {"stuck": "no"}),
    ("has a job lined up", {"excluded": "no"}),
    ("i'm in Aylesbury", {"custody": "prison", "prison": "aylesbury", "sex": "male"}),
    ("can I go to Aylesbury", {}),
    ("moved to Aylesbury", {"custody": "prison", "prison": "aylesbury", "sex": "male"}),
    # another time
    ("was stuck", {}),
    ("never been stuck", {"stuck": "no"}),
    ("has been on probation since May", {"custody": "community", "probation": "yes"}),
    ("was assessed as high risk", {"high_risk": "yes"}),
    ("was recalled", {"custody": "prison"}),
    ("he will be settled by then", {"sex": "male"}),
    (
        "what if he was on probation",
        {"custody": "community", "probation": "yes", "sex": "male"},
    ),
    ("not on licence", {}),
    ("isn't out yet", {"custody": "prison"}),
]


@pytest.mark.parametrize(("text", "facts"), FACTS)
def test_facts(reader: Reader, text: str, facts: dict[str, Any]) -> None:
    said = reader.read(normalise(text), TODAY)
    assert dict(said.facts) == facts
    assert said.conflicts == ()


@pytest.mark.parametrize(
    ("text", "conflict"),
    [
        ("he is 19. No, wait: she is 19", "sex"),
        ("aged 19, aged 24", "age"),
        ("6 months left, 18 months left", "months_left"),
    ],
)
def test_two_values_are_a_conflict_and_no_guess(reader: Reader, text: str, conflict: str) -> None:
    said = reader.read(text, TODAY)
    assert conflict in said.conflicts
    assert conflict not in said.facts


NAMES = (
    "Mr Testcase Exampleton, A1234BC, born 3/2/1985, 020 7946 0123, from Barking, PD, GBH, stuck"
)


def test_nothing_of_the_words_is_in_the_output(reader: Reader) -> None:
    said = reader.read(normalise(NAMES), TODAY)
    written = json.dumps(as_output(said)).lower()
    assert said.facts["age"] == (41, 41)
    assert [
        part
        for part in ("exampleton", "testcase", "1234", "1985", "7946", "barking")
        if part in written
    ] == []


def test_the_output_is_read_back_as_it_was(reader: Reader) -> None:
    said = reader.read("actually he's 22 with 14 months left, IS?", TODAY)
    assert said.services == ("aylesbury_is",)
    assert from_output(json.loads(json.dumps(as_output(said)))) == said


ANSWERS = [
    ("yes", "yes"),
    ("Nope.", "no"),
    ("I don't know", "unknown"),
    ("stop", "stop"),
    ("start again please", "forget"),
    ("yes he can visit", ""),
]


@pytest.mark.parametrize(("text", "answer"), ANSWERS)
def test_answers(reader: Reader, text: str, answer: str) -> None:
    assert reader.read(normalise(text), TODAY).answer == answer


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "?!",
        "🙂",
        "x" * 500,
        "31/31/2031",
        "born 30/02/2005",
        "29 February",
        "999999999999 years",
        "- - -",
        "y" * 40 + "o",
    ],
)
@pytest.mark.parametrize(
    "today",
    [TODAY, datetime.date(2028, 2, 29), datetime.date(2026, 12, 31), datetime.date(2027, 1, 1)],
)
def test_nothing_breaks_it(reader: Reader, text: str, today: datetime.date) -> None:
    reader.read(normalise(text), today)
