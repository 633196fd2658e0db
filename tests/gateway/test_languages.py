"""What is said to who writes in another language, and what `languages.yml` has to hold."""

from pathlib import Path

import pytest

from bot.errors import ContentError
from bot.gateway.languages import Languages, load_languages, unchecked
from bot.settings import ROOT

CONTENT = ROOT / "bot" / "content"
POLISH = "kiedy moge odwiedzic syna w wiezieniu"


async def test_the_answer_is_in_their_language_and_then_in_english() -> None:
    languages = Languages(load_languages(CONTENT))
    assert languages.answer(POLISH) == ""  # not loaded yet
    await languages.load()
    own, english = languages.answer(POLISH).split("\n\n")
    assert "angielsku" in own
    assert "116 123" in own
    assert "English" in english
    assert languages.answer("when can i visit my son in prison") == ""


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("english: x\nlanguages: {pl: 'call 999'}\nchecked: {}\n", "does not name 116 123"),
        (
            "english: x\nlanguages: {pl: '999, 116 123'}\nchecked: {de: 2026-11-01}\n",
            "there is no such text",
        ),
        ("english: x\nlanguages: {polish: '999, 116 123'}\nchecked: {}\n", "languages"),
    ],
)
def test_a_mistake_is_named(tmp_path: Path, content: str, problem: str) -> None:
    (tmp_path / "languages.yml").write_text(content, "utf-8")
    with pytest.raises(ContentError, match=problem):
        load_languages(tmp_path)


def test_texts_that_no_speaker_has_checked_are_named(tmp_path: Path) -> None:
    text = "999, 116 123"
    (tmp_path / "languages.yml").write_text(
        f"english: x\nlanguages: {{pl: '{text}', ro: '{text}'}}\nchecked: {{pl: 2026-11-01}}\n"
    )
    assert unchecked(load_languages(tmp_path)) == ("languages.yml: no speaker has checked: ro",)
