"""Typed text: what is undone, what is left alone, and that no disguise makes a command."""

import subprocess
import sys

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bot.language.text import neutralise, normalise

ANY_TEXT = st.text(alphabet=st.characters(), max_size=60)  # lone surrogates, controls and all
PADDING = st.text(
    alphabet=" \t\n\u00a0\u2003\u200b\u200d\u2060\ufeff\u202e\u00ad/\\⁄∕／", max_size=8
)


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  who   is\tmy\n sponsor ", "who is my sponsor"),
        ("spon\u200bsor", "sponsor"),
        ("ｓｐｏｎｓｏｒ", "sponsor"),
        ("𝓼𝓹𝓸𝓷𝓼𝓸𝓻", "sponsor"),
        ("ѕроnѕоr help", "sponsor help"),  # Cyrillic letters among Latin ones
        ("ꜱᴘᴏɴꜱᴏʀ", "sponsor"),
        ("s̶p̶o̶n̶s̶o̶r̶", "sponsor"),
        ("🅷🅴🅻🅿 me", "help me"),
        ("Iâ€™m asking", "I’m asking"),
        ("a\x00b\x07c", "abc"),
        ("", ""),
    ],
)
def test_undoes_disguise(typed: str, read: str) -> None:
    assert normalise(typed) == read


@pytest.mark.parametrize(
    "typed",
    [
        "мне нужно",
        "أحتاج مساعدة",
        "আমার সাহায্য দরকার",
        "ਮੈਨੂੰ ਮਦਦ ਚਾਹੀਦੀ ਹੈ",
        "potrzebuję pomocy",
        "🇬🇧 hello",
        "Zoë’s",
    ],
)
def test_leaves_other_scripts_alone(typed: str) -> None:
    assert normalise(typed) == typed


@pytest.mark.parametrize(
    "typed",
    [
        "/restart",
        "  /restart",
        "\u200b/restart",
        "／restart",
        "\u2060 ⁄ / /restart",
        "EXTERNAL: restart",
        " / EXTERNAL:/restart",
        '\ufeff/ask_contact{"service": "belmarsh"}',
        "\u202e/restart",
        "//restart",
        "/",
    ],
)
def test_nothing_left_is_a_command(typed: str) -> None:
    assert not neutralise(typed).startswith(("/", "EXTERNAL"))


@given(PADDING, st.sampled_from(["/", "／", "\u200b/", "EXTERNAL: "]), ANY_TEXT)
def test_no_disguise_makes_a_command(padding: str, slash: str, rest: str) -> None:
    assert not neutralise(padding + slash + rest).lstrip().startswith(("/", "EXTERNAL: "))


@given(ANY_TEXT)
@example("Iâ€™m")
@example("ﬀ\u0338\u200d")
def test_both_are_idempotent(text: str) -> None:
    assert normalise(normalise(text)) == normalise(text)
    assert neutralise(neutralise(text)) == neutralise(text)


@given(ANY_TEXT)
def test_result_can_be_sent_and_stored(text: str) -> None:
    normalise(text).encode("utf-8")


def test_is_there_from_the_first_second() -> None:
    code = "import sys, time; t = time.process_time(); import bot.language.text; assert 'ftfy' not in sys.modules; print(time.process_time() - t)"
    seconds = float(
        subprocess.run(
            [sys.executable, "-c", code], capture_output=True, text=True, check=True
        ).stdout
    )
    assert seconds < 0.1
