"""Sponsors, rosters and times that tests share. Everybody here is made up; the numbers are Ofcom's
for drama.
"""

from datetime import datetime

from bot.sponsors.hours import parse_hours
from bot.sponsors.model import Entry, Listing, Route, Sponsor

OFFICE = parse_hours("Mon-Fri 09:00-17:00")
WEDNESDAY_NOON = datetime(2026, 11, 25, 12, 0)
WEDNESDAY_NIGHT = datetime(2026, 11, 25, 22, 0)


def sponsor(
    handle: str = "belmarsh-1",
    name: str = "Sam Example",
    number: str = "020 7946 0101",
    role: str = "psychologist",
) -> Sponsor:
    return Sponsor(handle, name, role, "belmarsh", (Route("phone", number, OFFICE),))


def listing(*entries: Entry) -> Listing:
    return Listing(entries or (Entry("s1", sponsor()),))


HEADINGS = "reference,sponsor,name,role,service,phone,phone_hours,text,text_hours,email,email_hours,in_person,in_person_hours,cover"
ROSTER = f"""{HEADINGS}
LPP-0001,belmarsh-1,Sam Example,psychologist,belmarsh,020 7946 0101,Mon-Fri 09:00-17:00,,,sam@trust.example,,,,belmarsh-2
LPP-0002,belmarsh-1,,,,,,,,,,,,
LPP-0003,swaleside-1,Jo Madeup,therapist,swaleside,020 7946 0103,,07700 900103,always,,,Ask at the PIPE office,,
,belmarsh-2,Alex Specimen,therapist,belmarsh,020 7946 0102,always,,,,,,,
"""
