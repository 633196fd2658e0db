"""Short ways of writing that are plain to a probation officer and to nobody else: "34M", "18m",
"18/12" for eighteen months, "DOB 03/2004", "½ yr", "SE15". They become usual words, and dates get a
name each.
"""

import datetime
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

Dates = tuple[datetime.date, datetime.date]
"""First and last day that are meant."""
LONDON_POSTCODE, OTHER_POSTCODE = "london_postcode", "other_postcode"
"""The words that stand for a postcode in London, and for one far from it."""


@dataclass(frozen=True, slots=True)
class Postcodes:
    """`london`: letters of a postcode to the first and last number of its districts there.
    `elsewhere`: letters of areas that lie outside as a whole.
    """

    london: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=dict)
    elsewhere: frozenset[str] = frozenset()


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_YEAR_FROM = 26
"""Two digits from here on may be a year in "03/27"; smaller ones are something else."""

_PRISON_NUMBER = re.compile(r"\b[a-z]\d{4}[a-z]{2}\b")
_YEARS_OLD = re.compile(r"(?<=\d)[\s-]*y(?:(?:ea)?rs?)?[./\s]?o(?:ld)?s?\b\.?")
_SHORT_YEARS = re.compile(
    r"(?<=\d)\s?y(?=\s?\d{1,2}\s?m\b|\s(?:left|to|remaining|until|over|past|post|and|in|for|away)\b|\s?[:+])"
)
_SHORT_MONTHS = re.compile(r"(?<![\w.])(\d{1,3}(?:\s?(?:-|to)\s?\d{1,3})?)\s?m\b(?!\s?/\s?\d)")
_TIME_BEFORE = re.compile(
    r"(?:\b(?:in|within|inside|next|about|around|approx|roughly|for|under|over|than|least|most|"
    r"nearly|almost|only|another|further|serve|serving|left|remaining|move|open|due|likely|"
    r"expected|realistic|got|has|have|years?|y|yrs?|[bcd])\s*|[~<>=:]\s?)$"
)
_TIME_AFTER = re.compile(
    r"\s*(?:left|to (?:go|serve|do|run|parole|release|crd|ped|hdc|sed|move|open|cat|end)|until|"
    r"remaining|till|away|off|or (?:more|less|over|under)|before|from now|more|inside|time|\+|"
    r"\d{1,2}\s?(?:w|weeks?|wks?|d|days?)\b)"
)
_A_PERSON = re.compile(
    r"\b(?:m|f|male|female|man|woman|lad)\b\W*\d|\b[mf]\d{2}\b|\d{2}\s?[mf]\b|\b(?:i'?m|he'?s|aged?)\s\d"
)
_SLASH = re.compile(r"(?<=[a-z0-9)+])/(?=\s?[a-z+(])|(?<=[a-z)+])/(?=\d)")
_FORM_FROM = 3
"""Strokes from which on they part the fields of a form: "M/33/SE23/on licence"."""
_ISH = re.compile(r"\b(\d{1,2})\s?-?ish(?=\s?(?:m|months?|mths?|y|years?|yrs?|weeks?|wks?)\b)")
_OF_TWELVE = re.compile(
    r"(\b(?:crd|ard|erd|hdc|hdced|sed|ped|arl|led|on|by|since|from|until|till|dob|date|due|born|"
    r"released?|sentenced|recalled|convicted)\s?:?\s?(?:is\s)?)?(?<![\d/.-])(\d{1,2})/(12|52)\b"
    r"(?![/.-]?\d)"
)
"""A doctor's "18/12" and "6/52", unless what stands before asks for a date."""
_FRACTION = re.compile(
    r"(\d*)\s?([13])[/⁄]([24])(?=\s?(?:of\s)?(?:an?\s)?(?:years?|yrs?|y)\b)(?:\s?of)?(?:\s?an?\b)?"
)
_POSTCODE = re.compile(
    r"(?<![\w'])(?P<sure>post ?code:?\s(?:is\s)?(?:post ?code\s)?)?([a-z]{1,2})(\d{1,2})[a-z]?\b"
    r"(?P<rest>\s?\d[a-z]{2}\b)?"
)
"""A postcode, or its district. It is one for sure with its second half, or behind the word, which
stands there where the second half was taken out (bot.privacy.personal).
"""

_BIRTH = (
    r"(?:(?:\bd\.?o\.?b\b\.?|\bdate of birth|\bborn|(?<!cat )\bb\.|\bb(?=\s\d{1,2}/))"
    r"(?:\s(?:on|in|the))*\s?[:=-]?\s?)"
)
_RELEASE = r"(?:\b(?:crd|ard|erd|hdc|hdced|sed|ped|arl|led|ted)(?:/[a-z]+)*\s?:?\s?(?:is\s)?)"
_DUE = (
    rf"(?:{_RELEASE}|\b(?:releases?d?|due|out|parole|hearing|pb|board|expires?d?|tariff|until|till|"
    r"on|by|in|date|open|cat [bcd]|[bcd] cat)\s?:?\s?(?:is\s)?)"
)
"""What says that a date follows."""
_NO_UNIT = r"(?!\s?(?:m|mths?|mos?|months?|y|yrs?|years?|w|wks?|weeks?|d|days?)\b)"
_NAME = (
    r"(jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|"
    r"sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"
)
_TH = r"(?:st|nd|rd|th)?"

Find = tuple[re.Pattern[str], Callable[[re.Match[str]], Dates | None]]


_UNIT, _TO_GO = r"(months|years|weeks|days)", r"(left|remaining|to serve|to go)"
Rewrite = tuple[re.Pattern[str], str]


def _table(*rows: tuple[str, str]) -> tuple[Rewrite, ...]:
    return tuple((re.compile(pattern), instead) for pattern, instead in rows)


_CUT = _table(
    (r"\bt\.e\b\.?", "te"),
    (r"\b(exp|approx|est|poss|prob|susp|prev|cond|hist|diag|pers|cat)\.(?=\s*[\w(])", r"\1 "),
    (r"\bem(?:erg)?\b\.?\s?(?=pd\b|personality\b|borderline\b|antisocial\b)", "emerging "),
    (r"\blicen[cs]e recall\b", "recalled"),
    (r"\bw/(?=in\b|out\b)", "with"),
    (r"\bv\.?\s?(?=high\b|low\b)", "very "),
)
"""Words that are cut: "T.E. 2019", "tariff exp. 2011", "w/in 18m", "V.High"."""
_SIGNS = _table(
    (r"(?<=\w)\s?(?:-+>|=>|→)\s?(?=\w)", " to "),
    (r"(?<=[a-z])x\s?(?=\d\b)", " x "),
    (r"(?:(?<=\s)|^)\?+(?=[a-z])", "query "),
    ("♂", " male "),
    ("♀", " female "),
    (r"(?<![a-z])-\s?ve\b", " negative "),
    (r"\+\s?ve\b", " positive "),
    (r"\b(pd|opd|viol|violence|stuck|move|gbh)\+(?=[\s,;.|/]|$)", r"\1 : yes "),
    (r"\b(pd|opd|viol|violence|stuck|move|gbh)-(?=[\s,;.|/]|$)", r"\1 : no , "),
)
"""Signs: "PD+", "OPD screen -ve", "B->C", "GBHx2"."""
_ANYWHERE = _table(
    (
        r"\b(?:in(?:side)?|in (?:here|prison|jail|nick|custody))\s?(?:or|and|nor|/|&)\s?"
        r"(?:in the community|on the (?:out|street)s?|out(?:side)?(?: of (?:prison|jail|custody))?)\b",
        "anywhere",
    ),
    (
        r"\b(?:in the community|on the out|out(?:side)?)\s?(?:or|and|nor|/|&)\s?"
        r"(?:in (?:here|prison|jail|nick|custody)|in(?:side)?)\b",
        "anywhere",
    ),
)
""" "Inside or out", "in custody or in the community"."""
_CUT_YEARS = _table(
    (r"(?<=\s)'([0-5]\d)\b", r"20\1"),
    (r"(?<=\s)'([6-9]\d)\b", r"19\1"),
)
""" "Born '85"."""
_AGED = _table(
    (
        r"(?<!between )(?<!\d )\b(1[4-9]|[2-9]\d) and (?:\d|1[01]) months?\b(?! (?:left|to))",
        r"aged \1 ",
    ),
    (r"(?<=[a-z])'s\s(?=\d\d\b)", " is "),
    (
        r"(?<![\d.,£])\b(1[4-9]|[2-9]\d)(?:\.(?:25|50?|75)|½| and a half)(?![\d%])"
        r"(?!\s?(?:m|y|w|d|k|km|months?|mths?|weeks?|wks?|days?|hours?|hrs?|miles?|stretch|left|to)\b)"
        r"(?!\s?(?:years?|yrs?)\b(?!\sold))",
        r"\1",
    ),
)
""" "17 and 10 months", "my son's 23", "20.5"."""
_LISTED = _table(
    (r"^(\s*)([1a])\s?[.:]\s(.*?[.;?!)]\s*)([2b])\s?[.:]\s", r"\1\2 ) \3\4 ) "),
    (r"(?<=[2b] \) )(.*?[.;?!)]\s*)([3c])\s?[.:]\s", r"\1\2 ) "),
)
""" "1. M 36 ... 2. F 29 ...": the numbers of a list, and no ages nor ends of a sentence."""
_WORD_NUMBER = (
    r"(?:six|seven|eight|nine|ten|eleven|twelve|(?:thir|four|fif|six|seven|eigh|nine)teen|twenty)"
)
_LENGTHS = _table(
    (
        rf"(?<=months)(\b.{{1,60}}?[\s,](?:\d{{1,2}}|{_WORD_NUMBER}))\s"
        r"(?=left|to go|to serve|remaining)",
        r"\1 months ",
    ),
    (
        r"\b(months|years)(\s(?:left|to go|to serve)\b.{1,40}?\b(?:other|second|older|younger|elder)"
        r"(?:\sone)?(?:'s|\shas)?(?:\s(?:got|with|only))?\s\d{1,2})"
        r"(?=\s?(?:[.,;?!)]|$|both\b|each\b))(?!,\s?(?:same|identical|likewise|also|otherwise)\b)",
        r"\1\2 \1 left",
    ),
    (
        r"\b(\d{1,3})(?:\s?(?:m|y|months?|years?|mths?|yrs?))?\s(?:and|&)\s(\d{1,3}\s?(?:m|y|months?|years?|mths?|yrs?)\s"
        r"(?:left|to go|to serve)[^.?!]{0,20}\b(?:respectively|each))",
        r"\1 or \2",
    ),
    (
        r"\b(\d{1,3})\s?(m|y|months|years|mths|yrs)\s(?:and|&)\s(\d{1,3}\s?\2\s(?:left|to go|to serve))\b",
        r"\1 or \3",
    ),
    (rf"\b{_UNIT}\s{_TO_GO}\s?[:=]\s?(\d{{1,3}})\b", r"\3 \1 \2"),
    (r"(?<![\d/.])([1-9])\s?y(?=[.,;/]|$)", r"\1 years"),
    (
        r"(?:(?<=\d)|(?<=[a-z])\s)\s?(?:n|nd|an|&|\+)\s(?:a\s)?half(?=\s(?:y|month|mth))",
        " and a half",
    ),
    (r"\byear\s(?:n|nd|an|&|\+)\sa\shalf\b", "year and a half"),
    (r"(?<=\d)\s?w(?=\s(?:left|to go|to serve|remaining)\b)", " weeks"),
    (r"(?<=\d)\s?d(?=\s(?:left|to go|to serve|remaining)\b)", " days"),
)
"""Lengths as they stand in a form: "months left: 14", "did 14 months and has 11 to go", "11m 3w left"."""
_SHORT = (*_LISTED, *_CUT, *_ANYWHERE, *_CUT_YEARS, *_SIGNS, *_AGED, *_LENGTHS)


def plain(text: str, postcodes: Postcodes) -> tuple[str, Mapping[str, Dates]]:
    """The small-letter text in usual words, and the dates in it by the word that stands for each."""
    text = _PRISON_NUMBER.sub(" ", text)
    if len(_SLASH.findall(text)) >= _FORM_FROM:
        text = _SLASH.sub(", ", text)
    for short, long in _SHORT:
        text = short.sub(long, text)
    dates: dict[str, Dates] = {}

    def marked(match: re.Match[str], found: Dates | None) -> str:
        if found is None:
            return match.group()
        name = f"date{chr(ord('a') + len(dates))}"
        dates[name] = found
        return f"{match.groupdict().get('word') or ''} {name} "

    for pattern, read in _DATES:
        text = pattern.sub(lambda m, read=read: marked(m, read(m)), text)  # type: ignore[misc]
    text = _DAY_AND_MONTH.sub(lambda m: f"{m[1]}{m[2]} {_MONTHS[int(m[3]) - 1]}", text)
    text = _OF_TWELVE.sub(_of_twelve, text)
    text = _MONTH.sub(lambda m: marked(m, _month(m)), text)
    text = _FRACTION.sub(lambda m: f"{int(m[1] or 0) + int(m[2]) / int(m[3]):g} ", text)
    text = _YEARS_OLD.sub(" years old ", text)
    text = _SHORT_YEARS.sub(" years ", text)
    text = _ISH.sub(r"about \1", text)
    text = _SHORT_MONTHS.sub(_short_months, text)
    return _POSTCODE.sub(lambda m: _postcode(m, postcodes), text), dates


def month_of(year: int, month: int) -> Dates:
    """A month's first and last day."""
    after = datetime.date(year + month // 12, month % 12 + 1, 1)
    return datetime.date(year, month, 1), after - datetime.timedelta(days=1)


def year_of(digits: str) -> int:
    """A year of four digits or of two: from 60 on the last century's."""
    return int(digits) if len(digits) == 4 else (2000 if int(digits) < 60 else 1900) + int(digits)


def _on(day: str, month: str | int, year: str) -> Dates | None:
    try:
        date = datetime.date(year_of(year), int(month), int(day))
    except ValueError:
        return None
    return date, date


def _in(month: str | int, year: str) -> Dates | None:
    return month_of(year_of(year), int(month)) if 1 <= int(month) <= 12 else None


def _named(name: str) -> int:
    return _MONTHS.index(name[:3]) + 1


def _birth_year(match: re.Match[str]) -> Dates:
    year = year_of(match["y"])
    return datetime.date(year, 1, 1), datetime.date(year, 12, 31)


_DATES: tuple[Find, ...] = (
    (
        re.compile(rf"(?P<word>{_BIRTH})(?P<d>\d\d)(?P<m>\d\d)(?P<y>\d{{4}}|\d\d)\b(?![/.-])"),
        lambda m: _on(m["d"], m["m"], m["y"]),
    ),
    (re.compile(r"\b(\d{4})[-/](\d{2})[-/](\d{2})\b"), lambda m: _on(m[3], m[2], m[1])),
    (
        re.compile(r"\b(\d{1,2})[/.-](\d{1,2})[/.-](\d{4}|\d{2})\b"),
        lambda m: _on(m[1], m[2], m[3]),
    ),
    (
        re.compile(rf"\b(\d{{1,2}}){_TH}[\s-]*(?:of\s)?{_NAME}\.?[\s,-]*(?:'(\d\d)|(\d{{4}}))\b"),
        lambda m: _on(m[1], _named(m[2]), m[3] or m[4]),
    ),
    (
        re.compile(rf"(?P<word>{_BIRTH})(\d{{1,2}}){_TH}[\s-]*(?:of\s)?{_NAME}\.?[\s-]*(\d\d)\b"),
        lambda m: _on(m[2], _named(m[3]), m[4]),
    ),
    (
        re.compile(rf"\b{_NAME}\.?\s(\d{{1,2}}){_TH},?\s(\d{{4}})\b"),
        lambda m: _on(m[2], _named(m[1]), m[3]),
    ),
    (
        re.compile(rf"(?P<word>{_BIRTH}|{_RELEASE}){_NAME}\.?[\s-]*'?(\d\d)\b(?![/.-]?\d)"),
        lambda m: _in(_named(m[2]), m[3]),
    ),
    (re.compile(rf"\b{_NAME}\.?\s?'(\d\d)\b"), lambda m: _in(_named(m[1]), m[2])),
    (
        re.compile(rf"(?P<word>{_BIRTH})(\d{{1,2}})[/.-](\d{{4}}|\d\d)\b(?![/.-]\d)"),
        lambda m: _in(m[2], m[3]),
    ),
    (
        re.compile(rf"(?P<word>{_BIRTH})'?(?P<y>\d\d)\b(?!\s?(?:[/.\d-]|st|nd|rd|th|of|[a-z]))"),
        _birth_year,
    ),
    (re.compile(r"\b(\d{1,2})[/.-](20\d{2})\b"), lambda m: _in(m[1], m[2])),
    (
        re.compile(rf"(?P<word>{_DUE})(\d{{1,2}})[.-](\d{{2}})\b(?![/.-]?\d){_NO_UNIT}"),
        lambda m: _in(m[2], m[3]) if int(m[3]) >= _YEAR_FROM else None,
    ),
    (
        re.compile(rf"(?<![\d/.-])(0[1-9])-(2[6-9]|3\d)\b(?![/.-]?\d){_NO_UNIT}"),
        lambda m: _in(m[1], m[2]),
    ),
)
"""Each way of writing a date, UK order, the longer ones first."""
_DAY_AND_MONTH = re.compile(
    rf"((?:{_RELEASE}|\b(?:on|by|until|till|due|released?)\s))(\d{{1,2}})/(0?[1-9]|1[0-2])\b(?![/\d])"
)
"""With no year, and only where a date is due: "CRD 18/12"."""
_MONTH = re.compile(r"(?<![/\d])\b(\d{1,2})/(\d{2})\b(?!\d|/\d)")


def _month(match: re.Match[str]) -> Dates | None:
    """ "03/27", but not "18/12"."""
    return _in(match[1], match[2]) if int(match[2]) >= _YEAR_FROM else None


def _of_twelve(match: re.Match[str]) -> str:
    if match[1]:
        return match.group()
    return f"{match[2]} {'months' if match[3] == '12' else 'weeks'}"


def _short_months(match: re.Match[str]) -> str:
    """ "12m" is twelve months, and "34m" a man of 34, by what stands around it."""
    before, after = match.string[: match.start()], match.string[match.end() :]
    if _TIME_BEFORE.search(before) or _TIME_AFTER.match(after) or _A_PERSON.search(before):
        return f"{match[1]} months"
    return match.group()


def _postcode(match: re.Match[str], postcodes: Postcodes) -> str:
    letters, number = match[2], int(match[3])
    if any(low <= number <= high for low, high in postcodes.london.get(letters, ())):
        return f" {LONDON_POSTCODE} "
    if letters in postcodes.elsewhere:
        return f" {OTHER_POSTCODE} "
    if not (match["sure"] or match["rest"]):
        return match.group()  # "M25" may be a man of 25
    return " postcode " if letters in postcodes.london else f" {OTHER_POSTCODE} "
