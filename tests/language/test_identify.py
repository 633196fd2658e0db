"""A message in another language is noticed, and English in any voice is not taken for one."""

import pytest

from bot.gateway.languages import load_languages
from bot.language.identify import Identifier
from bot.settings import ROOT
from bot.training.corpus import ordinary_questions

OTHERS = [
    ("pl", "kiedy moge odwiedzic syna w wiezieniu"),
    ("ro", "cand pot sa-mi vizitez sotul la inchisoare"),
    ("sq", "si mund ta takoj vellain tim ne burg"),
    ("lt", "kada galiu aplankyti savo vyra kalejime"),
    ("it", "quando posso andare a trovare mio fratello"),
    ("de", "wann darf ich meinen Bruder besuchen"),
    ("pt", "queria falar com o padrinho do meu filho"),
    ("es", "quisiera hablar con alguien de la familia"),
    ("fr", "comment faire pour rendre visite à mon frère"),
    ("tr", "kardesimi ne zaman ziyaret edebilirim"),
    ("so", "goorma ayaan soo booqan karaa walaalkay"),
    ("vi", "khi nào tôi được thăm anh trai tôi"),
    ("ru", "когда можно навестить брата"),
    ("uk", "коли я можу відвідати брата"),
    ("ar", "متى يمكنني زيارة أخي"),
    ("fa", "چه وقت می‌توانم برادرم را ببینم"),
    ("ur", "میں اپنے بھائی سے کب مل سکتا ہوں"),
    ("hi", "मैं अपने भाई से कब मिल सकता हूँ"),
    ("bn", "আমি কখন আমার ভাইয়ের সাথে দেখা করতে পারি"),
    ("pa", "ਮੈਂ ਆਪਣੇ ਭਰਾ ਨੂੰ ਕਦੋਂ ਮਿਲ ਸਕਦਾ ਹਾਂ"),
    ("ta", "என் சகோதரனை எப்போது பார்க்கலாம்"),
    ("am", "ወንድሜን መቼ መጎብኘት እችላለሁ"),
    ("zh", "我什么时候可以探望我哥哥"),
]
ENGLISH = [
    "wagwan bruv wheres my sponsor at",
    "kanga sed no assoc 2day bang up again init",
    "M, 34, IPP, cat B, PD screened in, RoSH high",
    "Aylesbury Belmarsh Swaleside PIPE IIRMS SOVA",
    "haha nah safe fam",
    "wat dey do ere den",
    "mi bredda inna Swaleside how mi fi visit",
    "ok",
    "???",
    "ta",
]


@pytest.fixture(scope="module")
def identifier() -> Identifier:
    return Identifier(tuple(load_languages(ROOT / "bot" / "content").languages))


@pytest.mark.parametrize(("language", "text"), OTHERS)
def test_other_languages_are_told(identifier: Identifier, language: str, text: str) -> None:
    assert identifier.language(text) == language


@pytest.mark.parametrize("text", ENGLISH)
def test_english_in_any_voice_is_english(identifier: Identifier, text: str) -> None:
    assert identifier.language(text) == "en"


def test_hardly_an_ordinary_question_is_taken_for_another_language(identifier: Identifier) -> None:
    questions = [row.text for row in ordinary_questions() if row.text.isascii()]
    others = [text for text in questions if identifier.language(text) != "en"]
    assert len(questions) > 5000
    assert len(others) <= 0.001 * len(questions)
