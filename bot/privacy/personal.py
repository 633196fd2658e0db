"""Finds what tells who somebody is (name, date of birth, number, phone, e-mail, address) and takes
it out of a message. Pure; no model, no file but `names.yml`.

Typed text comes through here before the dialogue sees it and before any of it is kept for the next
turn. It is deliberately a little too eager: a word taken out by mistake costs a polite sentence,
one left in costs a person's privacy. The crisis screen alone reads the words as they came.
"""

import datetime
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import phonenumbers

from bot.language.tokens import NUMBER_WORDS
from bot.privacy import names, tagger

SOMEONE = "someone"
"""Stands where a name stood, so that the sentence can still be understood."""
BORN_BY = 13
"""Years. A full date that makes somebody at least so old may be a date of birth, and is taken out; a
later one is a date of a case (release, hearing). It gives an age only after "born" or the like.
"""


@dataclass(frozen=True, slots=True)
class Cleaned:
    """`text` without what was `found` (kinds, in the order of the text: name, birth, number, phone,
    email, address).
    """

    text: str
    found: tuple[str, ...] = ()

    @property
    def is_bare(self) -> bool:
        """True where nothing is left to answer."""
        return bool(self.found) and not re.search(
            r"\w{2,}",
            re.sub(
                rf"(?i)\b(?:(?:mr|mrs|ms|dr|prof)\.? {SOMEONE}|{SOMEONE}|aged (?:between \d+ and )?\d+|postcode [a-z]{{1,2}}\d[a-z\d]?)\b",
                " ",
                self.text,
            ),
        )


PHONE_DIGITS = (10, 15)
"""Of a phone number with its area or country (E.164 has 15 at most)."""

Instead = Callable[[re.Match[str], datetime.date], str | None]
"""What stands in the text afterwards; None leaves the words alone."""


class _Pattern(NamedTuple):
    kind: str
    pattern: re.Pattern[str]
    instead: Instead


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
_DATE = rf"(?P<day>\d{{1,2}})(?:st|nd|rd|th)?(?:\s*[./-]\s*|\s+(?:of\s+)?)(?P<month>\d{{1,2}}|{_MONTH})(?:\s*[./-]\s*|,?\s+)(?P<year>(?:19|20)?\d\d)"
_BORN = r"(?:d\.?o\.?b\.?|date of birth|birth ?date|birthday|born(?: on| in)?|(?<!cat )(?<!category )b\.?(?=\s?'?\d))(?!\w)"
_IS = r"\s*(?:is|was|:|-|=|,)?\s*(?:the\s+)?"
_OF_THE_CASE = re.compile(
    r"\b(?:sentenced?|convicted|conviction|recall(?:ed)?|released?|due|review(?:ed)?|hearing|offen[cs]es?|"
    r"index|arrest(?:ed)?|remanded|tariff|expir\w+|parole|crd|sed|ped|led|since|custody|imposed)\W+(?:\w+\W+){0,3}$",
    re.IGNORECASE,
)
"""What before a date says that it is one of the case, and nobody's birth."""
_STREET = (
    r"(?:street|st|road|rd|avenue|ave|lane|ln|close|drive|dr|court|gardens|gdns|crescent|cres|terrace"
    r"|grove|mews|place|square|way|walk|park|hill|row|rise|green|view|parade|house|tower|point|wharf"
    r"|estate|buildings|mansions)"
)
_NO_STREET = r"(?:years?|yrs?|months?|mths?|mo|weeks?|days?|men|women|people|places?|of|to|and|or|in|at|by|on|a|an|the|wings?|times?|crown|county)\b"
_REGISTER = r"(?:prison(?:er)?|nomis|noms|case|pnc|crn|nhs|ref(?:erence)?)"
_IS_NUMBER = r"\s*(?:no\.?|number|num|id|ref)?\s*(?:is|:|#)?\s*"
_PIECES = r"[a-z][ .-]?\d{2}[ .-]?\d{2}[ .-]?(?:[a-z][ .-]?[a-z]|\d{2})"
_INSURANCE = (
    r"\b(?!bg|gb|kn|nk|nt|tn|zz)[a-ceghj-prstw-z][a-ceghj-nprstw-z](?:[ .-]?\d{2}){3}[ .-]?[a-d]\b"
)
"""National insurance numbers, by the rules of HMRC's manual NIM39110."""
_AT = r"(?:@|\s@\s|\s?[\[(]at[\])]\s?|\sat\s(?=[\w-]+\sdot\s))"
_POINT = r"(?:\s?\.(?=\w)|\s\.\s(?=(?:com|co|org|net|uk|example)\b)|\s(?:dot|\(dot\)|\[dot\])\s)"
_SITE = r"(?:insta(?:gram)?|ig|snap(?:chat)?|tiktok|facebook|fb|twitter|whatsapp|telegram|discord)"
_HANDLE = rf"\b{_SITE}(?:\.com/|\s*(?:handle|name|user(?:name)?|account)?\s*(?:is\s+|:\s*|=\s*|@))(?P<handle>[\w.]{{3,}})"


_YEAR_WORDS = {**NUMBER_WORDS, "oh": 0, "thousand": 1000}
_ORDINAL = (
    r"(?:twenty|thirty)?[\s-]*(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth"
    r"|eleventh|twelfth|\w+teenth|twentieth|thirtieth)"
)
_SPELT = rf"(?:{'|'.join((*_YEAR_WORDS, 'and'))})"


def _nothing(_: re.Match[str], __: datetime.date) -> str:
    return ""


def _handle(match: re.Match[str], _: datetime.date) -> str | None:
    """ "my insta is private" names nobody: a handle has a digit, a point or a line, or follows @ or
    a colon.
    """
    handle = match.groupdict().get("handle")
    if handle is None or re.search(r"[\d._]|[:=@/]\s*[\w.]+$", match.group()):
        return ""
    return None


def _phone(match: re.Match[str], _: datetime.date) -> str | None:
    """What could be somebody's number, in this country or another's; not a helpline's free one."""
    digits = re.sub(r"\D", "", match.group())
    if not PHONE_DIGITS[0] <= len(digits) <= PHONE_DIGITS[1]:
        return None
    try:
        number = phonenumbers.parse(match.group(), "GB")
    except phonenumbers.NumberParseException:
        return None
    free = phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.TOLL_FREE
    return "" if phonenumbers.is_possible_number(number) and not free else None


def _age(match: re.Match[str], today: datetime.date) -> str | None:
    """A date of birth becomes the age in years: an eligibility question needs it, and it names
    nobody. Raises ValueError for no date. A year alone leaves two ages open.
    """
    parts = match.groupdict()
    month = str(parts.get("month") or "1").lower()
    number = int(month) if month.isdigit() else _MONTHS.index(month[:3]) + 1
    year = _birth_year(int(parts["year"]), today)
    if not parts.get("month"):
        age = today.year - year
        return f"aged between {age - 1} and {age}" if age > 0 else ""
    born = datetime.date(year, number, int(parts.get("day") or 1))
    age = today.year - born.year - ((born.month, born.day) > (today.month, today.day))
    if not parts.get("day") and born.month == today.month and age > 0:
        return f"aged between {age - 1} and {age}"  # the birthday may be to come
    return f"aged {age}" if age >= 0 else ""


def _age_of_a_date(match: re.Match[str], today: datetime.date) -> str | None:
    """A date that stands alone is taken out if somebody could have been born then, and is no age.
    Raises ValueError for no date.
    """
    if _OF_THE_CASE.search(match.string[: match.start()]):
        return None
    if today.year - _year(int(match["year"])) < BORN_BY:
        return None
    _age(match, today)  # no such day is no date
    return ""


def _age_in_brackets(match: re.Match[str], today: datetime.date) -> str | None:
    """ "Male (01/12/2004)": a date right behind it is that of birth, if it may be one. Raises ValueError
    for no date.
    """
    if today.year - _year(int(match["year"])) < BORN_BY:
        return None
    return f"{match['who']}, {_age(match, today)},"


def _district(match: re.Match[str], _: datetime.date) -> str:
    """Of a postcode, the district alone: so many thousands live in one that it names nobody. The
    word says what it is: "M25" alone is a man of 25.
    """
    return f"postcode {match.group()[:-3].strip()}"


def _street(match: re.Match[str], _: datetime.date) -> str | None:
    """Nothing is left of a street, but "25, Mill Hill" is an age and a place."""
    after = re.sub(r"['’]", "", match.group().lower()).split()[1:]
    place = " ".join(after)
    return None if any(f"{known} ".startswith(f"{place} ") for known in names.places()) else ""


def _birth_year(written: int, today: datetime.date) -> int:
    """Two digits of a birth are in the past."""
    if written >= 100:
        return written
    return written + (2000 if written <= today.year % 100 else 1900)


def _year(written: int) -> int:
    """Two digits may be of years to come, which are of sentences."""
    if written >= 100:
        return written
    return written + (2000 if written <= 50 else 1900)


def _age_of_a_spelt_date(match: re.Match[str], today: datetime.date) -> str | None:
    """ "the twelfth of March nineteen eighty seven". The day is of no use: it goes."""
    words = re.split(r"[\s-]+", match["words"].casefold())
    year = _spelt_year([word for word in words if word in _YEAR_WORDS])
    if year is None:
        return ""
    born = datetime.date(year, _MONTHS.index(match["month"].casefold()[:3]) + 1, 1)
    age = today.year - born.year - (today.month < born.month)
    return f"aged {age}" if age >= 0 else ""


def _spelt_year(words: list[str]) -> int | None:
    """1987 of nineteen eighty seven, 2005 of two thousand five, 1987 of eighty seven."""
    values = [_YEAR_WORDS[word] for word in words]
    if values[:1] == [19] and len(values) > 1:
        return 1900 + sum(values[1:])
    if values[:2] == [20, 0] or values[:2] == [2, 1000]:
        return 2000 + sum(values[2:])
    if values[:1] == [20] and len(values) > 1 and values[1] >= 10:
        return 2000 + sum(values[1:])
    return 1900 + sum(values) if values and 30 <= sum(values) <= 99 else None


_PATTERNS = (
    _Pattern(
        "email",
        re.compile(rf"(?<![\w.+-])[\w.+-]+{_AT}[\w-]+(?:{_POINT}[\w-]+)+", re.IGNORECASE),
        _nothing,
    ),
    _Pattern("handle", re.compile(rf"(?<![\w.])@\w[\w.]{{2,}}|{_HANDLE}", re.IGNORECASE), _handle),
    *(
        _Pattern("birth", re.compile(rf"\b{_BORN}{_IS}{written}", re.IGNORECASE), _age)
        for written in (
            r"(?P<year>(?:19|20)\d\d)[-/](?P<month>\d\d)[-/](?P<day>\d\d)\b",
            rf"{_DATE}\b",
            rf"(?P<month>{_MONTH})\.?\s+(?P<day>\d{{1,2}})(?:st|nd|rd|th)?,?\s+(?P<year>(?:19|20)\d\d)\b",
            r"(?P<day>\d\d)(?P<month>\d\d)(?P<year>(?:19|20)?\d\d)\b",
            rf"(?P<month>\d{{1,2}}|{_MONTH})\.?[\s/.-]+'?(?P<year>(?:19|20)\d\d|\d\d)\b(?![/.-]?\d)",
            r"(?P<year>(?:19|20)\d\d)\b",
            r"'(?P<year>\d\d)\b",
        )
    ),
    _Pattern(
        "birth",
        re.compile(
            rf"\b{_BORN}\s*(?:is|was|:|-|=)?\s*(?:the\s+)?(?:{_ORDINAL}|\d{{1,2}}(?:st|nd|rd|th)?)"
            rf"\s+(?:of\s+)?(?P<month>{_MONTH}),?\s+(?P<words>{_SPELT}(?:[\s-]+{_SPELT})*)\b",
            re.IGNORECASE,
        ),
        _age_of_a_spelt_date,
    ),
    _Pattern(
        "birth",
        re.compile(
            rf"\b{_ORDINAL}\s+(?:of\s+)?(?P<month>{_MONTH}),?\s+"
            rf"(?P<words>nineteen(?:[\s-]+{_SPELT})+)\b",
            re.IGNORECASE,
        ),
        _age_of_a_spelt_date,
    ),
    _Pattern(
        "birth",
        re.compile(
            rf"\b(?P<who>m|f|male|female|man|woman|lad|lady),?\s?\(\s?{_DATE}\s?\)", re.IGNORECASE
        ),
        _age_in_brackets,
    ),
    _Pattern(
        "birth", re.compile(rf"(?<![\d/.-]){_DATE}\b(?![/.-]\d)", re.IGNORECASE), _age_of_a_date
    ),
    # A prison number (A1234BC), an older one (AB1234), a probation case reference (X123456).
    _Pattern(
        "number",
        re.compile(r"\b(?:[a-z]\d{4}[a-z]{2}|[a-z]{2}\d{4}|[a-z]\d{6})\b", re.IGNORECASE),
        _nothing,
    ),
    # The same in pieces: in capitals, or where the words before say what it is.
    _Pattern(
        "number",
        re.compile(
            rf"\b[A-Z][ -]?\d{{4}}[ -]?[A-Z]{{2}}\b|(?i:\b{_REGISTER}{_IS_NUMBER}{_PIECES}\b)"
        ),
        _nothing,
    ),
    _Pattern(
        "number",
        re.compile(
            rf"\b{_REGISTER}{_IS_NUMBER}\d[\d/ -]{{4,}}\w?\b",
            re.IGNORECASE,
        ),
        _nothing,
    ),
    _Pattern("number", re.compile(_INSURANCE, re.IGNORECASE), _nothing),
    _Pattern(
        "phone",
        re.compile(r"(?<![\w+£.])(?:\+|00|\(?0)(?:[\s().-]{0,2}\d){8,14}(?!\d)"),
        _phone,
    ),
    _Pattern(
        "address",
        re.compile(r"\b(?:gir ?0aa|[a-z]{1,2}\d[a-z\d]?\s?\d[abd-hjlnp-uw-z]{2})\b", re.IGNORECASE),
        _district,
    ),
    _Pattern(
        "address",
        re.compile(
            rf"\b(?:flat \w+,?\s*)?\d{{1,4}}[a-z]?,?\s+(?:(?!{_NO_STREET})[a-z']+\s+){{1,2}}?{_STREET}(?:\s+{_STREET})?\b",
            re.IGNORECASE,
        ),
        _street,
    ),
)


def clean(text: str, today: datetime.date) -> Cleaned:
    """The text without what tells of a person. `today` turns a date of birth into an age."""
    found: list[str] = []
    for kind, pattern, instead in _PATTERNS:
        text = pattern.sub(
            partial(_replaced, kind=kind, instead=instead, today=today, found=found), text
        )
    for start, end in reversed(tagger.spans(text)):
        found.append("name")
        text = text[:start] + SOMEONE + text[end:]
    return Cleaned(" ".join(text.split()), tuple(found)) if found else Cleaned(text)


def _replaced(
    match: re.Match[str], kind: str, instead: Instead, today: datetime.date, found: list[str]
) -> str:
    try:
        words = instead(match, today)
    except ValueError:  # no such month
        words = None
    if words is None:
        return match.group()
    found.append(kind)
    return f" {words} "
