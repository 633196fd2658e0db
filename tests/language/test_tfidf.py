"""The vectoriser is scikit-learn's, to the last digit that float32 has."""

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.language.tfidf import Tfidf
from tests.nlu.examples import ROWS

LEARNT = [text for text, _ in ROWS]
READ = [
    "when do you open",
    "i want a card, a card and a card!",
    "open open open",
    "nothing that was learnt: zzz",
    "",
    "?",
    "a",
    "é",
]
REFERENCE = {
    "words": TfidfVectorizer(ngram_range=(1, 2), token_pattern=r"\w+", sublinear_tf=True),
    "pieces": TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 4), sublinear_tf=True),
}


@pytest.mark.parametrize("analyser", REFERENCE)
def test_like_scikit_learn(analyser: str) -> None:
    reference, ours = REFERENCE[analyser].fit(LEARNT), Tfidf.learn(analyser, LEARNT, at_least=1)
    assert ours.terms == list(reference.get_feature_names_out())
    assert ours.matrix(READ).toarray() == pytest.approx(
        reference.transform(READ).toarray(), abs=1e-6
    )


def test_rare_terms_are_left_out() -> None:
    tfidf = Tfidf.learn("words", ["a b", "a c", "a"], at_least=2)
    assert tfidf.terms == ["a"]
    assert np.array_equal(tfidf.matrix(["b c"]).toarray(), [[0]])
