"""Ways of saying one thing, by kind: each says a fact, leaves it open (None), or contradicts it."""

from typing import Any

import pytest

from bot.language.text import normalise
from bot.reading.case import Reader
from tests.eligibility.conftest import TODAY

LONDON = {"area": "london"}
KINDS: dict[str, list[tuple[str, dict[str, Any]]]] = {
    "birthdays": [
        ("his 23rd birthday was in October", {"age": (23, 23)}),
        ("her nineteenth birthday was two months ago", {"age": (19, 19)}),
        ("the lad had his 18th last week", {"age": (18, 18)}),
        ("just had his twenty-first birthday", {"age": (21, 21)}),
        ("it was her 30th birthday last Tuesday", {"age": (30, 30)}),
        ("he'll have his 22nd birthday in January", {"age": (21, 21)}),
        ("her 22nd birthday is next month", {"age": (21, 21)}),
        ("his 22nd birthday isn't until April", {"age": (21, 21)}),
        ("turned the big 21 in August", {"age": None}),
        ("at Feltham till his 18th birthday", {"age": None}),
        ("inside since his 18th birthday", {"age": None}),
        ("when he turned 18 he moved here", {"age": None}),
        ("17, moves up when he hits 18", {"age": (17, 17)}),
        ("aged 16, goes there once he turns 18", {"age": (16, 16)}),
    ],
    "HDC beside the date of release by law": [
        ("CRD 14/02/2028, HDC from 14/08/2027", {"months_left": (14, 14), "early": None}),
        ("15 months to CRD, tag in 8", {"months_left": (15, 15), "early": None}),
        ("auto release date Jan 2028, HDCED Jun 2027", {"months_left": (13, 14), "early": None}),
        ("HDC eligible Aug 2027, conditional release Feb 2028", {"early": None}),
        ("HDCED 6/27, CRD 3/28", {"months_left": (15, 16), "early": None}),
        ("14 months left, HDC in 8 months", {"months_left": (14, 14), "early": (8, 8)}),
        ("parole in 8 months, CRD in 30 months", {"months_left": (30, 30), "early": (8, 8)}),
    ],
    "a year and so": [
        ("year and a half to go", {"months_left": (18, 18)}),
        ("still year n a half to go", {"months_left": (18, 18)}),
        ("just year left to go", {"months_left": (12, 12)}),
        ("a year and a bit left", {"months_left": (12, 18)}),
        ("best part of a year to go", {"months_left": (0, 11)}),
        ("over a year and a half to go", {"months_left": (18, 999)}),
        ("364 days left", {"months_left": (11, 11)}),
        ("360 days to serve", {"months_left": (11, 11)}),
        ("363 days until release", {"months_left": (11, 11)}),
        ("365 days left", {"months_left": (12, 12)}),
        ("400 days to go", {"months_left": (13, 13)}),
        ("52 weeks left", {"months_left": (11, 12)}),
        ("six months done, eighteen to go", {"months_left": (18, 18)}),
        ("18 months done, 6 to go", {"months_left": (6, 6)}),
        ("14 months left of which 6 on tag", {"months_left": (14, 14), "custody": "prison"}),
        ("not out till 2030 at the earliest", {"months_left": (37, 49)}),
        ("earliest he could be out is 2029", {"months_left": (25, 37)}),
        ("he isn't released till March 2029", {"months_left": (27, 28)}),
    ],
    "with whom somebody lives": [
        ("with his nan in Tooting", {**LONDON, "sex": "male"}),
        ("at his mum's in Hackney", {**LONDON, "sex": "male"}),
        ("back at my mam's in Leeds", {"area": "elsewhere", "sex": None}),
        ("living with my mum in Tooting", {**LONDON, "sex": None}),
        ("going back to his auntie's in Peckham", {**LONDON, "sex": "male"}),
        ("living with his wife in Kent", {"area": "elsewhere", "sex": "male"}),
        ("his nan's in Tooting", {"area": None, "origin": None}),
        ("his sister's got a flat in Lewisham", {"area": None, "origin": None}),
        ("he could stay with his nan in Tooting", {"area": None}),
        ("his dad's place is in Luton", {"area": None}),
    ],
    "violence anywhere": [
        ("never violent inside or out", {"violence": "no"}),
        ("not violent in custody or in the community", {"violence": "no"}),
        ("no violence inside and outside", {"violence": "no"}),
        ("hasn't been violent on the out or in jail", {"violence": "no"}),
        ("never been violent, in or out", {"violence": "no"}),
        ("violent inside and out", {"violence": "yes"}),
        ("no violence in prison", {"violence": None}),
    ],
    "a mark among notes": [
        ("M 34 PD traits ? GBH stuck", {"personality": None, "violence": "yes"}),
        ("male 41 newham personality disorder ? violent lifer", {"personality": None}),
        ("34m peckham emerging pd ? violence yes", {"personality": None, "violence": "yes"}),
        ("m20 aylesbury high risk ? emerging pd", {"high_risk": None, "personality": "yes"}),
        ("cat c 29 brixton stuck ? pd gbh", {"stuck": None, "personality": "yes"}),
        ("M 36 Brent PD? probably. GBH", {"personality": None, "violence": "yes", **LONDON}),
        ("would you take someone with PD? 34, GBH", {"personality": "yes"}),
    ],
    "opinions": [
        ("he thinks he has PD", {"personality": None}),
        ("his om reckons there's a PD", {"personality": None}),
        ("psychologist believes he's got antisocial PD", {"personality": None}),
        ("I feel like he has a personality disorder", {"personality": None}),
        ("mum is convinced she has BPD", {"personality": None}),
        ("they reckon he's got signs of emerging PD", {"personality": "yes"}),
        ("psych thinks there are signs of PD", {"personality": "yes"}),
        ("my mum thinks there are signs of PD", {"personality": None}),
        ("staff believe he's violent", {"violence": None}),
        ("we hope he's settled", {"settled": None}),
        ("OM reckons cat C is likely next year", {"move": "yes"}),
        ("psychologist thinks i have a real chance of cat c by next Christmas", {"move": "yes"}),
        ("i think swaleside is right, he has PD", {"personality": "yes"}),
    ],
    "conditions": [
        ("If PD, would Swaleside take him", {"personality": None}),
        ("if there's a PD", {"personality": None}),
        ("subject to PD being confirmed", {"personality": None}),
        ("provided PD is confirmed", {"personality": None}),
        ("depends if PD", {"personality": None}),
        ("what if PD", {"personality": "yes"}),
    ],
    "tests": [
        ("they tested me for pd and it come back no signs of it", {"personality": "no"}),
        ("psych tested him for a personality disorder and found nothing", {"personality": "no"}),
        ("they checked me for PD, all clear", {"personality": "no"}),
        ("had the PD test, came back negative", {"personality": "no"}),
        ("they did tests for pd but the results aren't in", {"personality": None}),
        ("the PD report hasn't come back", {"personality": None}),
        ("nobody knows about the violence", {"violence": None}),
        ("high risk. not sure he has PD", {"high_risk": "yes", "personality": None}),
    ],
    "recalled and on licence": [
        ("licence recall, re-release not fixed", {"custody": "prison", "probation": None}),
        ("standard recall", {"custody": "prison"}),
        ("recalled on licence, back in Pentonville", {"custody": "prison"}),
        ("M 31, licence until 2031, HMP Wandsworth", {"custody": "prison", "probation": None}),
        ("in an AP in Islington, licence to 2027", {"custody": "community"}),
        ("M 44, Newham, licence", {"custody": "community", "probation": "yes"}),
    ],
    "too far off": [
        ("nothing realistic before 2030 now", {"move": "no"}),
        ("open conditions pushed back to 2030", {"move": "no"}),
        ("no chance of cat D before 2030", {"move": "no"}),
        ("not likely to get parole before 2030", {"move": "no"}),
        ("no move before 2027", {"move": None}),
        ("nothing happening before next summer", {"move": None}),
    ],
    "supervised then and now": [
        ("under Brent until he moved; now Oxford supervise", {"area": "elsewhere"}),
        ("was supervised by Hackney, now Kent probation", {"area": "elsewhere"}),
        ("with Leeds until last month, Camden now", LONDON),
        ("used to come under Luton, Lambeth now", LONDON),
        ("previously under Brent, now Essex supervise", {"area": "elsewhere"}),
    ],
    "what is told of another, or is not so": [
        (
            "unlike his cousin who has PD, he is settled",
            {"personality": None, "settled": "settled"},
        ),
        ("going to Derby rather than back to Peckham", {"area": "elsewhere"}),
        (
            "compared with his co-d who did the robbery he's low risk",
            {"violence": None, "high_risk": "no"},
        ),
        ("she's 34, that's my sister who's from Kent", {"age": (34, 34), "origin": None}),
        (
            "last case was a woman from Kent. this one's a man from Bow",
            {"sex": "male", "origin": "london"},
        ),
        ("the assault relates to a different prisoner", {"violence": None}),
        ("the GBH is in somebody else's file", {"violence": None}),
        ("his index isn't violent", {"violence": None}),
        ("never violent", {"violence": "no"}),
    ],
    "the writer's own home": [
        ("my brother's in prison, I live in Hackney", {"area": None, "origin": None}),
        ("he's inside and our house is in Bow", {"area": None, "origin": None}),
        ("my brother's on licence, we live in Hackney", {"area": "london"}),
        ("I live in Hackney", {"area": "london"}),
        ("we're from Leeds, my dad is in prison", {"origin": "elsewhere"}),
    ],
    "where somebody only goes": [
        ("transfer to HMP Hull next month", {"move": None}),
        ("transfer to Durham in March", {"move": None}),
        ("progressive transfer to Hull within a year", {"move": "yes"}),
        (
            "at a funeral, in Leeds for two days, from Ealing",
            {"origin": "london", "area": "london"},
        ),
    ],
    "slips": [
        ("what if it drifts to 2031", {"move": "no"}),
        ("the hearing slipped to 2030", {"move": "no"}),
        ("the date slips to June", {"move": None}),
        ("16 months to go minus 30 days", {"months_left": (15, 15)}),
        ("1 year left less 2 weeks", {"months_left": (11, 11)}),
    ],
    "conditions of a category": [
        ("D conditions in 14 months", {"move": "yes"}),
        ("C board in 9 months", {"move": "yes"}),
        ("cat C conditions likely in 40 months", {"move": "no"}),
    ],
    "ages in other places": [
        ("M 18-21, Aylesbury", {"age": (18, 21)}),
        ("lads 18-24", {"age": (18, 24)}),
        ("20 from Bow, high risk", {"age": (20, 20)}),
        ("20 in HMP Wandsworth", {"age": (20, 20)}),
    ],
    "a letter behind a question": [
        ("Is that for Londoners? F Dover PD", {"sex": "female"}),
        ("Risk of harm. M Derby", {"sex": "male"}),
    ],
    "out already, or soon": [
        ("came out Monday", {"custody": "community"}),
        ("was released on Tuesday", {"custody": "community"}),
        ("released Friday", {"custody": None}),
        ("released this weekend", {"custody": None}),
    ],
    "slips of the pen": [
        ("persnality dificultys", {"personality": "yes"}),
        ("man from totenham", {"origin": "london"}),
        ("emerging personallity disoder", {"personality": "yes"}),
    ],
    "work": [
        ("doing a jobcentre course", {"excluded": "no"}),
        ("i already got a job, full time", {"excluded": "no"}),
        ("I found a job last month", {"excluded": "no"}),
        ("just started full time work in a kitchen", {"excluded": "no"}),
        ("got a job through the agency", {"excluded": "no"}),
        ("he hasn't got a job", {"excluded": None}),
        ("has a job coach", {"excluded": None}),
        ("was in full time work before", {"excluded": None}),
    ],
}
ROWS = [(kind, text, facts) for kind, rows in KINDS.items() for text, facts in rows]


@pytest.mark.parametrize(("kind", "text", "facts"), ROWS, ids=[f"{k}: {t}" for k, t, _ in ROWS])
def test_each_way_of_saying_it(reader: Reader, kind: str, text: str, facts: dict[str, Any]) -> None:
    said = reader.read(normalise(text), TODAY)
    assert {fact: said.facts.get(fact) for fact in facts} == facts, kind
    assert not {*facts} & {*said.conflicts}
