"""The linter of the training data, on a small project with one mistake at a time; and our own data,
which must have none.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from bot.evaluation import training_data as lint
from bot.nlu import resources
from bot.settings import ROOT, load_settings

ASKS = (
    "when do you open",
    "opening hours please",
    "until when are you open tonight",
    "are you there on sundays",
    "which days can i come in",
)
JOINS = (
    "how do i join",
    "can i become a member",
    "i want a library card",
    "sign me up please",
    "where do i register myself",
)
NLU = "nlu:\n- intent: ask_hours\n  examples: |\n{asks}- intent: ask_join\n  examples: |\n{joins}"
DOMAIN = "intents:\n- ask_hours\n- ask_join\n- pressed\nresponses:\n  utter_join: [{text: Join}]\n"
RULES = """rules:
- rule: hours
  steps: [{or: [{intent: ask_hours}, {intent: pressed}]}, {action: action_answer}]
- rule: join
  steps: [{intent: ask_join}, {action: utter_join}]
"""
TOPICS = "hours: {intents: [ask_hours, pressed]}\nother: {}\n"
CODE = 'PAYLOAD = "/pressed"\n'
FILES = {
    "domain.yml": DOMAIN,
    "data/rules.yml": RULES,
    "bot/content/topics.yml": TOPICS,
    "bot/code.py": CODE,
}


def _mask(text: str) -> str:
    return text.replace("brixton", "the library").replace("peckham", "the library")


@pytest.fixture
def findings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[str]]:
    monkeypatch.setattr(lint, "LEAST", 5)

    def run(
        more_asks: tuple[str, ...] = (), more_joins: tuple[str, ...] = (), **changed: str
    ) -> list[str]:
        asks, joins = (
            "".join(f"    - {text}\n" for text in texts)
            for texts in (ASKS + more_asks, JOINS + more_joins)
        )
        files = (
            FILES
            | {"data/nlu/all.yml": NLU.format(asks=asks, joins=joins)}
            | {name.replace("__", "/") + ".yml": text for name, text in changed.items()}
        )
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
        return [
            str(finding).removeprefix(f"{tmp_path}/") for finding in lint.findings(tmp_path, _mask)
        ]

    return run


def test_a_project_without_mistakes_has_no_findings(findings: Callable[..., list[str]]) -> None:
    assert findings() == []


@pytest.mark.parametrize(
    ("asks", "joins", "finding"),
    [
        (
            ("When do you open?",),
            (),
            "data/nlu/all.yml:9: 'When do you open?': ask_hours has it already, at all.yml:4",
        ),
        (
            (),
            ("When do you open?",),
            "data/nlu/all.yml:16: 'When do you open?': is in ask_join; ask_hours has 'when do you open', at all.yml:4",
        ),
        (
            (),
            ("opening hours pleas",),
            "data/nlu/all.yml:16: 'opening hours pleas': is in ask_join; ask_hours has 'opening hours please', at all.yml:5",
        ),
        (
            (),
            ("please opening hours",),
            "data/nlu/all.yml:16: 'please opening hours': is in ask_join; ask_hours has 'opening hours please', at all.yml:5",
        ),
        (
            ("about brixton",),
            ("about peckham",),
            "data/nlu/all.yml:17: 'about peckham': is in ask_join; ask_hours has 'about brixton', at all.yml:9",
        ),
        (
            ("open in [brixton](place)",),
            (),
            "data/nlu/all.yml:9: 'open in [brixton](place)': is annotated",
        ),
        (
            tuple(f"open on day {'x' * n}" for n in range(100)),
            (),
            "data/nlu/all.yml:4: ask_hours: has 105 examples, more than",
        ),
    ],
    ids=[
        "twice",
        "in two intents",
        "one slip apart",
        "another order",
        "the same once masked",
        "annotated",
        "too many",
    ],
)
def test_a_mistake_among_the_examples(
    findings: Callable[..., list[str]],
    asks: tuple[str, ...],
    joins: tuple[str, ...],
    finding: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lint, "MOST", 1.9)
    [found] = findings(asks, joins)
    assert found.startswith(finding)


def test_short_texts_one_letter_apart_are_different_texts(
    findings: Callable[..., list[str]],
) -> None:
    assert findings(("bye",), ("bus", "by")) == []


@pytest.mark.parametrize(
    ("changed", "finding"),
    [
        (
            {"domain": DOMAIN.replace("- ask_join\n", "")},
            "data/nlu/all.yml:11: ask_join: is no intent of domain.yml",
        ),
        (
            {"domain": DOMAIN.replace("- pressed\n", "- pressed\n- lost\n")},
            "domain.yml:5: lost: has no examples, and no button sends it",
        ),
        (
            {"data__rules": RULES.replace(", {intent: pressed}", "")},
            "domain.yml:4: pressed: no rule answers it",
        ),
        (
            {"bot__content__topics": TOPICS.replace("ask_hours, ", "")},
            "domain.yml:2: ask_hours: no topic of topics.yml answers it",
        ),
        (
            {"bot__content__topics": TOPICS.replace("pressed", "pressed, lost")},
            "bot/content/topics.yml:1: hours: lost is no intent of domain.yml",
        ),
        (
            {"domain": DOMAIN + "  utter_lost: [{text: Lost}]\n"},
            "domain.yml:7: utter_lost: no rule and no action says it",
        ),
        (
            {"data__nlu__new": "nlu:\n- intent: ask_join\n"},
            "data/nlu/new.yml:2: must be an intent and its examples: nothing else is read",
        ),
        (
            {"data__nlu__new": "nlu:\n- lookup: place\n  examples: |\n    - x\n"},
            "data/nlu/new.yml:2: must be an intent and its examples",
        ),
        (
            {"data__nlu__new": "nlu:\n- intent: ask_join\n  examples: |\n    - fine\n    bad\n"},
            'data/nlu/new.yml:5: an example must start with "- "',
        ),
        ({"data__nlu__new": "nlu: no\n"}, "data/nlu/new.yml:1: nlu: must be a list"),
        ({"data__nlu__new": "nlu: [\n"}, "data/nlu/new.yml:2: "),
        (
            {"data__nlu__new": "nlu:\n- intent: new\n  examples: |\n    - one\n    - two\n"},
            "data/nlu/new.yml:4: new: has 2 examples; 5 are the least",
        ),
    ],
)
def test_a_mistake_between_files(
    findings: Callable[..., list[str]], changed: dict[str, str], finding: str
) -> None:
    assert [found for found in findings(**changed) if found.startswith(finding)]


def test_small_talk_says_the_response_that_is_named_after_its_intent(
    findings: Callable[..., list[str]],
) -> None:
    domain = DOMAIN.replace("utter_join", "utter_ask_join") + "  utter_pressed: [{text: Lost}]\n"
    rules = RULES.replace("utter_join", "action_small_talk")
    unsaid = [found for found in findings(domain=domain, data__rules=rules) if "says it" in found]
    assert unsaid == ["domain.yml:7: utter_pressed: no rule and no action says it"]


def test_our_own_training_data_has_none() -> None:
    settings = load_settings()
    names = resources.names(settings.content, settings.models)
    assert lint.findings(ROOT, lambda text: resources.masked(text, names)) == []
