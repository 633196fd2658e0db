"""Where somebody is from, and where somebody is or goes: one question about London, in two ways."""

from collections.abc import Iterator

from bot.language.patterns import Match, longest
from bot.reading.message import Message

LONDON = frozenset({"london", "londoner", "london_postcode", "greater_london", "inner_london"})
"""Who is from none of these is from elsewhere."""
AWAY = ("away", "from")
SINCE = ("since",)
YET = ("yet",)
BY_BIRTH, LONDONER = ("by", "birth"), ("londoner",)
OR = frozenset({"or", "maybe", "possibly", "perhaps", "else", "in", "from", "even"})
"""Words between two places of which it is one: "London or maybe Kent"."""
LEAVER = frozenset({"he", "she", "i", "they", "he's", "she's", "i've", "has", "have", "just"})
"""Words before "left London": "14 months left, London" is no such."""
PLACE_WITHIN = 3
"""Words before a place that say whether somebody is from there or is there."""


def places(message: Message) -> Iterator[tuple[str, str]]:
    """("origin" or "area", "london" or "elsewhere"): each stands for the other where that one is
    not said.
    """
    beside_a_prison = message.reading.places.prison_beside
    found: dict[str, list[str]] = {
        role: [] for role in ("origin", "area", "", "goes", "left", "born", "leaves", "since")
    }
    maybe: set[str] = set()
    matches = message.of("place")
    named = longest(Match("place", m.start, m.end) for m in matches)
    for match in named:
        value = next(
            m.key.split(":")[1] for m in matches if (m.start, m.end) == (match.start, match.end)
        )
        beside = {
            *message.words[max(0, match.start - 1) : match.start],
            *message.words[match.end : match.end + 1],
        }
        if not beside.isdisjoint(beside_a_prison):
            continue
        if _is_the_writers(message, match):
            continue
        if message.is_dropped(match):
            continue  # "ignore Hackney, that's his gran's"
        if message.is_open(match) or any(_is_or(message, match, other) for other in named):
            maybe.add(value)
            continue
        if message.is_denied(match.start) or message.is_answered_no(match.end):
            if value == "elsewhere" or LONDON.isdisjoint(message.words[match.start : match.end]):
                continue  # "Bromley, not Brent", and who is not from Brent may be from Bromley
            if message.words[match.end : match.end + 1] == YET:
                maybe.add("elsewhere")
                continue  # "not in London yet"
            value = "elsewhere"
        role = _role(message, match)
        found[role].append(value)
    born = [value for value in found["born"] if value == "london"]
    if born and "elsewhere" in {*found[""], *found["area"], *found["goes"]} and not found["origin"]:
        found["born"] = born = []  # "born in Hackney, moved to Leeds aged 3" leaves it open
        found["left"].append("london")
    found["origin"] += born
    if maybe == {"london", "elsewhere"} and not found["origin"]:
        found[""] = []  # "London or maybe Kent"
    if found["origin"]:  # "originally Cardiff, Ilford since 1999" leaves it open
        found["origin"] += found["since"]
    found[""] += found["since"]
    belongs = found["origin"] or ([] if found["left"] else found[""] or found["area"])
    if (
        found["left"]
        and not belongs
        and {value for all_ in found.values() for value in all_} == {"elsewhere"}
    ):
        belongs = [] if "london" in maybe else ["elsewhere"]  # "moved from Glasgow to Hull"
    for value in belongs or found["born"]:
        yield "origin", value
    # "On licence in Camden, moving to Leeds" is in two places, and is asked about.
    told = [*found["area"], *found["goes"]] or found[""]
    if "london" in found["leaves"] and "elsewhere" not in told:
        told = ["london", "elsewhere"]
    origins = found["origin"] or found["born"]
    for value in told or ([] if maybe - {*origins} else origins):
        yield "area", value  # "from Kent, may come to London" leaves it open


def workplaces(message: Message) -> Iterator[str]:
    """Where the writer works: places that are passed over as such."""
    for match in message.passed_over:
        if match.key.startswith("place:"):
            yield match.key.split(":")[1]


def _role(message: Message, place: Match) -> str:
    """Whether somebody is from a place ("origin") or is there or goes there ("area"); "" where it
    is said bare. "goes": where somebody wants to be; "left": from where ("moves from Leeds to Hackney"),
    which says nothing of where somebody belongs; "born": where somebody belongs if no other place is
    named; a Londoner born stays one.
    """
    reading, weak = message.reading.places, False
    before = message.words[max(0, place.start - 2) : place.start]
    if before[-1:] and (
        before[-1] in reading.leaves_before
        or before == AWAY
        or (before[-1] == "left" and before[0] in LEAVER)
    ):
        return "leaves"
    after = message.words[place.end : place.end + 1]
    if message.words[place.end : place.end + 2] == BY_BIRTH:
        return "born"
    if message.words[place.start : place.end] == LONDONER:
        return "origin"
    if after and after[0] in reading.born_after:
        return "origin" if message.words[place.end + 1 : place.end + 2] == ("and",) else "born"
    if after and after[0] in reading.area_after:
        return "area"  # "Kent probation", "Lambeth PS"
    if after and after[0] in reading.stay_after:
        return "goes"
    if not {*message.words[place.end : place.end + PLACE_WITHIN]}.isdisjoint(reading.origin_after):
        return "origin"  # "Brixton has been home"
    for at in range(place.end - 1, max(-1, place.start - PLACE_WITHIN - 1), -1):
        word = message.words[at]
        if message.read.clause[at] != message.read.clause[place.start] or (
            at < place.start and _is_place(message, at)
        ):
            break
        if word in reading.goes_before:
            return "goes"
        if word == "from" and {*message.words[max(0, at - 2) : at]} & {*reading.goes_before}:
            return "left"
        if word in reading.born_before:
            if at and _is_place(message, at - 1):
                break  # "London born but Kent since he was five"
            return "born"
        if word in reading.origin_before or word in reading.area_before:
            return "origin" if word in reading.origin_before else "area"
        weak = weak or word in reading.weak_before
    if after == SINCE:
        return "since"
    return "area" if weak else ""


def _is_the_writers(message: Message, place: Match) -> bool:
    """ "My son's in Leeds prison, we live in London" says where the family is."""
    return (
        any(m.key == "writers" and m.end == place.start for m in message.found)
        and (
            message.has("people:kin")
            or bool(message.of("pronoun"))
            or not {*message.reading.classes["theirs"]}.isdisjoint(message.words)
        )
        and not message.has("fact:custody:community", "fact:custody:home")
    )


def _is_or(message: Message, first: Match, second: Match) -> bool:
    """Whether somebody is from one of two: then neither is said."""
    if second.start < first.start:
        first, second = second, first
    between = {*message.words[first.end : second.start]}
    return "or" in between and between <= OR


def _is_place(message: Message, at: int) -> bool:
    return any(m.start <= at < m.end for m in message.of("place"))
