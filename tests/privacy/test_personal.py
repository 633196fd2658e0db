"""What tells of a person is taken out of a message, and nothing else is. All names, numbers and
addresses here are made up.
"""

import datetime
import re
import string
from collections.abc import Callable
from pathlib import Path

import pytest

from bot import yamlfile
from bot.evaluation import names
from bot.language.identify import rows
from bot.privacy.personal import clean
from bot.settings import ROOT

TODAY = datetime.date(2026, 11, 25)
READING = ROOT / "bot/content/eligibility/reading.yml"

TAKEN_OUT = [
    # as it came -> what is left, kinds found
    ("is Darren Whitlock on the unit", "is someone on the unit", ["name"]),
    ("is darren whitlock on the unit", "is someone on the unit", ["name"]),
    ("my name is jaxon fairweather and im 20", "my name is someone and im 20", ["name"]),
    ("Mr Okafor said no", "Mr someone said no", ["name"]),
    ("sarah's brother is in swaleside", "someone's brother is in swaleside", ["name"]),
    ("John-Paul Smith", "someone", ["name"]),
    ("Mohammed Ali Khan is there?", "someone is there?", ["name"]),
    ("my lad danny is 19 in aylesbury", "my lad someone is 19 in aylesbury", ["name"]),
    ("DOB 12/03/1987, cat B", "aged 39 , cat B", ["birth"]),
    ("he was born on 30th November 2005 in Croydon", "he was aged 20 in Croydon", ["birth"]),
    ("d.o.b. 4.5.85", "aged 41", ["birth"]),
    ("born in 2004, high risk", "aged between 21 and 22 , high risk", ["birth"]),
    ("12-06-1999 and from Hackney", "and from Hackney", ["birth"]),
    ("his number is A1234BC, where is he", "his number is , where is he", ["number"]),
    ("crn X123456 for consultation", "crn for consultation", ["number"]),
    ("prison no 4455 6677 can he be referred", "can he be referred", ["number"]),
    ("ring me on 07700 900123 or (020) 7946 0123", "ring me on or", ["phone", "phone"]),
    ("+44 7700 900 123", "", ["phone"]),
    ("mail me at bob.sample@somewhere.example please", "mail me at please", ["email"]),
    ("we live at 14 Acacia Avenue, SE28 0ZZ", "we live at , postcode SE28", ["address", "address"]),
    ("flat 3, 22b high road", "", ["address"]),
    # by how a message is signed, by initials, by a surname before the first name
    ("thanks, zorbina", "thanks, someone", ["name"]),
    ("ta, grace", "ta, someone", ["name"]),
    ("kind regards Ulvane xx", "kind regards someone xx", ["name"]),
    ("T. Vashti is the worker", "someone is the worker", ["name"]),
    ("case: P. Petrov, 41", "case: someone, 41", ["name"]),
    ("for Okoduwa, Marcus, 24", "for someone, someone, 24", ["name", "name"]),
    ("my wife Luciana Gomes da Silva wrote", "my wife someone wrote", ["name"]),
    ("sonia'll ring on friday", "someone'll ring on friday", ["name"]),
    # by the only capital, and by what is done to somebody
    ("which wing is Brenzil on", "which wing is someone on", ["name"]),
    ("hi Kev this is Marcus", "hi someone this is someone", ["name", "name"]),
    ("i need Vonj to ring me", "i need someone to ring me", ["name"]),
    ("tell grace im sorry", "tell someone im sorry", ["name"]),
    ("my flatmate Grace is here", "my flatmate someone is here", ["name"]),
    ("i spoke to Miss Tarrow", "i spoke to Miss someone", ["name"]),
    # names by position
    ("my son Curtis wont ring me", "my son someone wont ring me", ["name"]),
    ("my son curtis wont ring me", "my son someone wont ring me", ["name"]),
    ("MY SON CURTIS IS 19", "MY SON someone IS 19", ["name"]),
    ("Leon, 19, cat B, stuck", "someone, 19, cat B, stuck", ["name"]),
    ("Zebadine (34) lifer", "someone (34) lifer", ["name"]),
    ("i am chantelle and i want my sponsor", "i am someone and i want my sponsor", ["name"]),
    ("me and grace split up", "me and someone split up", ["name"]),
    ("his padmate called Tobrin snores", "his padmate called someone snores", ["name"]),
    ("her nephew Obafunmi Lawalson is 20", "her nephew someone is 20", ["name"]),
    # by what is called, asked, done, or goes before
    ("they call me Dutty", "they call me someone", ["name"]),
    ("she calls him brabazun", "she calls him someone", ["name"]),
    ("my husbands called oluzo", "my husbands called someone", ["name"]),
    ("the one who helped is called Pip", "the one who helped is called someone", ["name"]),
    ("name: Vashmir", "name: someone", ["name"]),
    ("my brother in law Zerbano got 6 years", "my brother in law someone got 6 years", ["name"]),
    ("my nephew oluzo is in", "my nephew someone is in", ["name"]),
    ("officer Zerbano was rude", "officer someone was rude", ["name"]),
    ("the chaplain Father Zerbano", "the chaplain Father someone", ["name"]),
    ("summer wants to see her dad", "someone wants to see her dad", ["name"]),
    ("Zerbano is my aunt", "someone is my aunt", ["name"]),
    ("faith is his social keyworker", "someone is his social keyworker", ["name"]),
    ("does Zerbano qualify", "does someone qualify", ["name"]),
    ("Li Wei is on remand", "someone is on remand", ["name"]),
    ("Hope and Leon visit", "someone and someone visit", ["name", "name"]),
    ("so Hope and Faith visit", "so someone and someone visit", ["name", "name"]),
    ("me n chelsea argued", "me n someone argued", ["name"]),
    ("errols dad here", "someone dad here", ["name"]),
    ("the lad was called oluzo", "the lad was called someone", ["name"]),
    ("they call her brabazun", "they call her someone", ["name"]),
    ("ok. name oluzo", "ok. name someone", ["name"]),
    # where a name ends
    ("is darren whitlock zonker there", "is someone zonker there", ["name"]),
    ("sarah's tom is in", "someone's someone is in", ["name", "name"]),
    ("Leon J is in", "someone is in", ["name"]),
    ("leon j is in", "someone j is in", ["name"]),
    ("tell leon a joke", "tell someone a joke", ["name"]),
    ("Leon I miss you", "someone I miss you", ["name"]),
    ("he told Leon A wing", "he told someone A wing", ["name"]),
    ("Leon Suitable?", "someone Suitable?", ["name"]),
    ("Leon Brother", "someone Brother", ["name"]),
    ("Leon Today", "someone Today", ["name"]),
    ("Leon Male", "someone Male", ["name"]),
    ("Leon Xu", "someone", ["name"]),
    ("leon brings the baby", "someone brings the baby", ["name"]),
    ("leon hallucinating again", "someone hallucinating again", ["name"]),
    ("leon abseiled off", "someone abseiled off", ["name"]),
    ("leon moodily left", "someone moodily left", ["name"]),
    # names that are words
    ("my son will is 19", "my son someone is 19", ["name"]),
    ("my daughter Hope wants to visit", "my daughter someone wants to visit", ["name"]),
    ("im Will and need help", "im someone and need help", ["name"]),
    ("i miss my daughter hope", "i miss my daughter someone", ["name"]),
    ("my mate art's unwell", "my mate someone's unwell", ["name"]),
    ("can grace be referred", "can someone be referred", ["name"]),
    ("is may eligible", "is someone eligible", ["name"]),
    ("Is Grace eligible for Belmarsh?", "Is someone eligible for Belmarsh?", ["name"]),
    ("is grace eligible", "is someone eligible", ["name"]),
    ("Mark, 41, IPP", "someone, 41, IPP", ["name"]),
    ("Mark has been at Swaleside a year", "someone has been at Swaleside a year", ["name"]),
    ("the officer told Rose no", "the officer told someone no", ["name"]),
    ("when can I see May again", "when can I see someone again", ["name"]),
    ("does Earl qualify", "does someone qualify", ["name"]),
    ("can i write to Jordan", "can i write to someone", ["name"]),
    ("is Zoë O’Driscoll-Pike there", "is someone there", ["name"]),
    ("John A. Sampleton asked", "someone asked", ["name"]),
    # by what stands around it, as the model has learned
    ("Precious works on C wing", "someone works on C wing", ["name"]),
    ("Grace hit another woman", "someone hit another woman", ["name"]),
    ("O'Connor is my PO", "someone is my PO", ["name"]),
    ("Smith on reception was rude", "someone on reception was rude", ["name"]),
    ("our jordan", "our someone", ["name"]),
    ("partner of Sefton", "partner of someone", ["name"]),
    ("Rory and Fin", "someone and someone", ["name", "name"]),
    ("my Karim is a good boy", "my someone is a good boy", ["name"]),
    ("Chidera E. got accepted", "someone got accepted", ["name"]),
    # numbers in other forms
    ("my NI is QQ 12 34 56 C", "my NI is QQ 12 34 56 C", []),  # a prefix that is never given out
    ("my ni number AB 12 34 56 C", "my ni number", ["number"]),
    ("ni ab123456d ok", "ni ok", ["number"]),
    ("he is A 1234 BC on E wing", "he is on E wing", ["number"]),
    ("prison number a-1234-bc", "", ["number"]),
    ("noms no: a1234 bc please", "please", ["number"]),
    ("call +1 202 555 0143 tonight", "call tonight", ["phone"]),
    ("00353 20 915 1234", "", ["phone"]),
    ("text 0 7 7 0 0 9 0 0 1 2 3", "text", ["phone"]),
    ("07700-900-123 is mine", "is mine", ["phone"]),
    ("01632 96012", "", ["phone"]),
    ("0049 1512 3456789", "", ["phone"]),
    ("+44 (0)20 7946 0123", "", ["phone"]),
    ("we are in se280zz", "we are in postcode se28", ["address"]),
    # e-mail, handles, addresses, dates in words
    ("its bob.sample @ somewhere . example", "its", ["email"]),
    ("bob dot sample at somewhere dot example", "bob dot", ["email"]),
    ("bob_sample[at]somewhere.example", "", ["email"]),
    ("dm me @bob.sample", "dm me", ["handle"]),
    ("my insta is bob_sample99", "my", ["handle"]),
    ("snap: bobsample add me", "add me", ["handle"]),
    ("instagram.com/bobsample", "", ["handle"]),
    ("i live at 7 Elm Walk", "i live at", ["address"]),
    ("12 Rowan Hill Gardens", "", ["address"]),
    ("Flat 2, 9 Heron Mews", "", ["address"]),
    ("dob the twelfth of March nineteen eighty seven", "aged 39", ["birth"]),
    ("born on the third of May two thousand and five", "aged 21", ["birth"]),
    ("born 4th July ninety nine", "aged 27", ["birth"]),
    ("it was the first of June nineteen ninety", "it was the aged 36", ["birth"]),
    # "male, 25" would be left
    ("42, cat B, M25 6HJ", "42, cat B, postcode M25", ["address"]),
    ("m25 6hj", "postcode m25", ["address"]),
]
LEFT_ALONE = [
    "M N15 cat C, 8 years",
    "PD: yes, Viol: nil, Move: no",
    "for pete's sake answer me",
    "is the Florence Nightingale ward open",
    "Phoenix Futures and the Nelson Trust",
    "they've got a lockdown again",
    "quiero ver a mi hijo",
    "basil and mint on the sill",
    "he was deported to Chad",
    "hope to hear from you",
    "in-cell phones",
    "thanks, love",
    "ask in april",
    "tell will he come",
    "jade is a stone and ruby is another",
    "the victoria line is shut",
    "the Howard League said so",
    "is Ramadan kept on the wing",
    "plan B. Then what",
    "my son is high RoSH",
    "is it near Elmley",
    "we saw the Penzel Trust",
    "can i visit my son in swaleside",
    "release date 12/03/2028, can he go to the IS",
    "parole hearing 3 March 2027",
    "he got 12 years at crown court in 2019",
    "20 men in a court",
    "call 116 123, 999 or 111",
    "cat b, 14 mo left, s18",
    "is he called in for a sentence plan review",
    "my name is not important",
    "is it true that South London & Maudsley and Oxleas are in it",
    "can my mum grace us with a visit in may, he will mark it",
    "first step trust, sova support link, women in prison",
    "what nick is it",
    "£12.50 or 3 to 4 months",
    "will he get a place in may",
    "will he be moved in May or June",
    "parole in April, move expected April",
    "CRD April 2028, he gets out April or May",
    "is it true that in june they frank letters",
    "he left on 3 May",
    "Will my son get a sponsor",
    "my son may be moved",
    "my son will get a place",
    "Mark my words, he will go",
    "i am innocent and rich",
    "may i ask a question",
    "i hope, 19 times out of 20, to rob nobody",
    "Male, 34, lifer",
    "M, 34, cat B",
    "Hackney, 22, stuck",
    "my Muslim friend",
    "he was deported to Jordan",
    "my insta is private",
    "who do i write to at the prison",
    "is 0808 2000 247 free to ring",
    "look at the forum dot by dot",
    "12 years 3 months to serve",
    "20 to 30 people a year, 65 in Treatment",
    "the first of the month",
    "HE IS IN BELMARSH WILL HE MOVE",
    "Who Can Refer To The Unit In May",
    "whats the name of service at belmarsh",
    "which services are known as pipe",
    "the service is called Horizon",
    "she called him names",
    "they call me when they like",
    "my son hallucinates, my niece's graduation",
    "my son wnats help",
    "my mrs says no",
    "I work for St George's",
    "ask about PIP on the wing",
    "the Ministry of Justice, the Duke of Edinburgh",
    "the train from Victoria",
    "will august be too soon",
    "the Offender Personality Disorder pathway",
    "hope is gone",
    "hope is my reason",
    "Hope Lane is shut",
    "Hope and Prayer are free",
    "the name Kaizenix changed",
    "send me Kaizenix dates",
    "we wrote May 3",
    "we wrote the 3rd May",
]


@pytest.mark.parametrize(("text", "left", "found"), TAKEN_OUT)
def test_what_tells_of_a_person_is_taken_out(text: str, left: str, found: list[str]) -> None:
    cleaned = clean(text, TODAY)
    assert (cleaned.text, sorted(cleaned.found)) == (left, sorted(found))


@pytest.mark.parametrize("text", LEFT_ALONE)
def test_everything_else_is_left_as_it_came(text: str) -> None:
    cleaned = clean(text, TODAY)
    assert (cleaned.text, cleaned.found) == (text, ())


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("John-Paul Smith A1234BC", True),
        ("dob 12/03/1987", True),
        ("SE28 0ZZ", True),
        ("07700 900123", True),
        ("is Darren Whitlock there", False),
        ("hello", False),
        ("", False),
    ],
)
def test_a_message_of_nothing_else_is_bare(text: str, bare: bool) -> None:
    assert clean(text, TODAY).is_bare is bare


BIRTHS = [
    ("DOB 2005-06-12", "aged 21"),
    ("born June 12, 2005", "aged 21"),
    ("DOB 120605", "aged 21"),
    ("DOB 12/03/49", "aged 77"),
    ("DOB 03/2004", "aged 22"),
    ("b. 2004", "aged between 21 and 22"),
    ("born '05", "aged between 20 and 21"),
    ("born 25 November 2005", "aged 21"),  # today
    ("born 26 November 2005", "aged 20"),
    ("born 1 December 2004", "aged 21"),
    ("DOB 12/03/21", "aged 5"),
    ("DOB 01/02/26", "aged 0"),
    ("DOB 12/12/2026", ""),
    ("born in 2025", "aged between 0 and 1"),
    ("born in 2026", ""),
    ("born third of December nineteen eighty", "aged 45"),
    ("born third of November nineteen eighty", "aged 46"),
    ("born third of May twenty oh five", "aged 21"),
    ("born third of May twenty twenty one", "aged 5"),
    ("born third of May twenty ten", "aged 16"),
    ("born third of May twenty twenty six", "aged 0"),
    ("born third of December twenty twenty six", ""),
    ("born third of May thirty", "aged 96"),
    ("born third of May nineteen", ""),
    ("born third of May twenty", ""),
    ("dob third of May five", ""),
]


@pytest.mark.parametrize(("text", "age"), BIRTHS)
def test_a_birth_becomes_an_age_however_it_is_written(text: str, age: str) -> None:
    assert clean(text, TODAY).text == age


@pytest.mark.parametrize(
    "text",
    [
        "sentenced 12/06/2007",
        "recalled on 05/05/2008",
        "convicted in court on 3 March 2010",
        "cat b. 2004",
    ],
)
def test_a_date_of_the_case_is_no_age(text: str) -> None:
    assert clean(text, TODAY).text == text


def test_a_birth_in_this_month_leaves_two_ages_open() -> None:
    assert clean("DOB 11/2004", datetime.date(2026, 11, 1)).text == "aged between 21 and 22"
    assert clean("DOB 10/2004", datetime.date(2026, 11, 1)).text == "aged 22"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("14/03/1985, M", ", M"),
        ("25/11/2013", ""),
        ("25/11/2014", "25/11/2014"),
        ("12/03/52", ""),
        ("12/03/55", ""),
        ("12/03/50", "12/03/50"),
        ("12/03/28", "12/03/28"),
        ("12/03/15", "12/03/15"),
        ("12/03/12", ""),
    ],
)
def test_a_date_without_a_word_is_no_age_and_stays_where_nobody_was_born_then(
    text: str, left: str
) -> None:
    assert clean(text, TODAY).text == left


def test_dates_that_are_none_are_left_alone() -> None:
    assert clean("99/99/1999", TODAY).found == ()


USUAL = (Path(__file__).parents[1] / "data" / "usual_names.txt").read_text("utf-8").split()
SENTENCES = [
    "my son {} is in swaleside how do i visit",
    "{}, 19, stuck, high risk",
    "i am {} and i need to find my sponsor",
    "is {} eligible for the unit",
    "can {} be referred",
    "me and {} split up when he got sent down",
    "my brother {} wont talk",
    "how do I write to {} please",
]


@pytest.mark.parametrize("written", [str.lower, str.title, str.upper])
def test_usual_names_of_england_and_wales_are_noticed(written: Callable[[str], str]) -> None:
    sentences = [
        written(sentence.format(name)) if written is str.upper else sentence.format(written(name))
        for name in USUAL
        for sentence in SENTENCES
    ]
    noticed = [sentence for sentence in sentences if "name" in clean(sentence, TODAY).found]
    assert len(noticed) >= 0.97 * len(sentences)


@pytest.mark.parametrize(("file", "share"), [(names.NAMED, 0.97), (names.HELD_OUT_NAMED, 0.94)])
def test_names_of_the_communities_in_london_are_noticed_in_messages_of_many_styles(
    file: Path, share: float
) -> None:
    named = rows(file)
    assert len(named) > 200
    misses = list(names.missed(named, TODAY))
    assert len(misses) <= (1 - share) * len(names.names_of(named)), misses


@pytest.mark.parametrize(
    ("messages", "share"),
    # Some rows of the corpus do name somebody.
    [
        (rows(names.ORDINARY), 0.01),
        (rows(names.HELD_OUT_ORDINARY), 0.03),
        (names.corpus(), 0.015),
    ],
    ids=["that name nobody", "held out", "of the corpus"],
)
def test_hardly_an_ordinary_message_is_touched(messages: list[str], share: float) -> None:
    assert len(messages) > 150
    assert len(names.touched(messages, TODAY)) <= share * len(messages)


@pytest.mark.parametrize(
    ("learned", "held_out"),
    [(names.NAMED, names.HELD_OUT_NAMED), (names.ORDINARY, names.HELD_OUT_ORDINARY)],
)
def test_no_row_is_learned_and_held_out(learned: Path, held_out: Path) -> None:
    assert set(map(str.lower, rows(learned))).isdisjoint(map(str.lower, rows(held_out)))


def test_where_somebody_is_from_stays() -> None:
    """Every place that the eligibility reader knows: an answer hangs on it."""
    file = yamlfile.read(READING, [])
    assert file is not None
    words = next(
        group
        for group in file.data.values()
        if isinstance(group, dict) and "london" in group and "trait" in group
    )
    places = [
        place
        for place in (*words["london"], *words["elsewhere"])
        if re.fullmatch(r"[a-z' ]+", place)
    ]
    assert len(places) > 600
    frames = ("Male prisoner, 25, {}, PD features", "my mistake, {} not Hull", "out Monday, {}, 33")
    texts = [frame.format(string.capwords(place)) for place in places for frame in frames]
    assert [text for text in texts if clean(text, TODAY).text != text] == []


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("my son Chelsea Barnes is 20", "my son someone is 20"),
        ("i am Charlton, i want to know", "i am someone, i want to know"),
        ("my brother Lincoln rang", "my brother someone rang"),
    ],
)
def test_a_place_is_a_name_where_a_person_is_meant(text: str, left: str) -> None:
    assert clean(text, TODAY).text == left
