"""What is wrong with the training data: `python -m bot.evaluation.training_data` prints each
finding as `file:line: what`, and fails where there is one.

Held against each other: the examples in `data/nlu`, the intents and responses of `domain.yml`, the
rules in `data`, and the topics of the content.
"""

import re
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from statistics import median

from rapidfuzz.distance import OSA

from bot.errors import ContentError, SignpostError
from bot.evaluation.examples import Example, scan
from bot.language.text import normalise
from bot.nlu import resources
from bot.reading.calibration import OUT_OF_SCOPE
from bot.settings import ROOT, load_settings
from bot.yamlfile import YamlFile, read

LEAST = 50
"""Examples of an intent: with fewer, what is held out of it says nothing."""
MOST = 4
"""So many times the median is the most that an intent may have before it draws what is another's to
itself. `out_of_scope` is all the rest.
"""
_NEAR_FROM = 12
"""Texts of fewer letters that are one letter apart ("bye", "bus") are other texts."""
_ANNOTATED = re.compile(r"\[[^\]]*\]\s*[({]")
_NOT_A_LETTER = re.compile(r"[\W_]+")
ANSWER, SMALL_TALK = "action_answer", "action_small_talk"

Mask = Callable[[str], str]
"""The text with the names of services masked, as the classifier reads it."""


def findings(root: Path, mask: Mask) -> list[ContentError]:
    """Everything in file and line order. `root` holds `domain.yml`, `data` and `bot/content`."""
    found: list[ContentError] = []
    examples = scan(root / "data" / "nlu", found)
    found.extend(_annotations(examples))
    found.extend(_twins(examples, mask))
    found.extend(_balance(examples))
    domain, topics = (
        read(root / "domain.yml", found),
        read(root / "bot" / "content" / "topics.yml", found),
    )
    rules = [file for path in sorted((root / "data").glob("*.yml")) if (file := read(path, found))]
    if domain and topics:
        code = _code(root)
        found.extend(_intents(examples, domain, topics, rules, code))
        found.extend(_responses(domain, rules, code))
    return sorted(set(found), key=lambda error: (str(error.file), error.line, error.problem))


def _key(text: str) -> str:
    """What two examples that differ in case and punctuation alone have in common."""
    return (
        _NOT_A_LETTER.sub(" ", normalise(text).lower().replace("'", "").replace("’", "")).strip()
        or text
    )


def _annotations(examples: Iterable[Example]) -> Iterator[ContentError]:
    for example in examples:
        if _ANNOTATED.search(example.text):
            yield example.error(
                f"{example.text!r}: is annotated; names are found by the aliases in bot/content, so write it as it is typed"
            )


def _twins(examples: Iterable[Example], mask: Mask) -> Iterator[ContentError]:
    """The same text twice in an intent; and, as the classifier reads them, texts of two intents
    that are one slip or the order of words apart.
    """
    seen: dict[tuple[str, str], Example] = {}
    near: dict[str, list[tuple[str, Example]]] = defaultdict(list)
    for example in examples:
        first = seen.setdefault((example.intent, _key(example.text)), example)
        if first is not example:
            yield example.error(
                f"{example.text!r}: {example.intent} has it already, at {_place(first)}"
            )
        read_as = _key(mask(example.text))
        others = {
            other.intent: other
            for variant in _variants(read_as)
            for other_read_as, other in near[variant]
            if other.intent != example.intent
            and (
                OSA.distance(read_as, other_read_as) <= 1
                or _sorted(read_as) == _sorted(other_read_as)
            )
        }
        for intent, other in others.items():
            yield example.error(
                f"{example.text!r}: is in {example.intent}; {intent} has {other.text!r}, at {_place(other)}"
            )
        for variant in _variants(read_as):
            near[variant].append((read_as, example))


def _variants(text: str) -> set[str]:
    """Texts with one of these in common may be nearly the same; other texts are not."""
    slips = (
        {text[:at] + text[at + 1 :] for at in range(len(text))}
        if len(text) >= _NEAR_FROM
        else set()
    )
    return {text, _sorted(text), *slips}


def _sorted(text: str) -> str:
    return " ".join(sorted(text.split()))


def _place(example: Example) -> str:
    return f"{example.file.name}:{example.line}"


def _balance(examples: Iterable[Example]) -> Iterator[ContentError]:
    counts, first = Counter[str](), dict[str, Example]()
    for example in examples:
        counts[example.intent] += 1
        first.setdefault(example.intent, example)
    most = MOST * median(counts.values()) if counts else 0
    for intent, count in counts.items():
        if count < LEAST:
            yield first[intent].error(f"{intent}: has {count} examples; {LEAST} are the least")
        elif count > most and intent != OUT_OF_SCOPE:
            yield first[intent].error(
                f"{intent}: has {count} examples, more than {MOST} times the median: it draws others' messages to itself"
            )


def _intents(
    examples: Iterable[Example],
    domain: YamlFile,
    topics: YamlFile,
    rules: Iterable[YamlFile],
    code: str,
) -> Iterator[ContentError]:
    declared = {
        next(iter(entry)) if isinstance(entry, dict) else str(entry): at
        for at, entry in enumerate(domain.data.get("intents") or [])
    }
    exemplified: dict[str, Example] = {}
    for example in examples:
        exemplified.setdefault(example.intent, example)
    actions: dict[str, set[str]] = defaultdict(set)
    for steps in _rules(rules):
        for intent in steps["intent"]:
            actions[intent].update(steps["action"])
    answered = {intent for topic in topics.data.values() for intent in topic.get("intents", ())}
    for intent, example in exemplified.items():
        if intent not in declared:
            yield example.error(f"{intent}: is no intent of {domain.path.name}")
    for intent, at in declared.items():
        where = ("intents", at)
        if intent not in exemplified and f'"/{intent}"' not in code:
            yield domain.error(where, f"{intent}: has no examples, and no button sends it")
        if intent not in actions:
            yield domain.error(where, f"{intent}: no rule answers it")
        elif ANSWER in actions[intent] and intent not in answered and f'"{intent}"' not in code:
            yield domain.error(where, f"{intent}: no topic of {topics.path.name} answers it")
    for name, topic in topics.data.items():
        for at, intent in enumerate(topic.get("intents", ())):
            if intent not in declared:
                yield topics.error(
                    (name, "intents", at), f"{name}: {intent} is no intent of {domain.path.name}"
                )


def _responses(domain: YamlFile, rules: Iterable[YamlFile], code: str) -> Iterator[ContentError]:
    """Responses that nothing says. Rasa itself refuses a rule whose response nobody wrote, and
    small talk says the response that is named after its intent.
    """
    said = set[str]()
    for steps in _rules(rules):
        said |= steps["action"]
        if SMALL_TALK in steps["action"]:
            said |= {f"utter_{intent}" for intent in steps["intent"]}
    for name in domain.data.get("responses") or {}:
        if name not in said and f'"{name}"' not in code:
            yield domain.error(("responses", name), f"{name}: no rule and no action says it")


def _rules(files: Iterable[YamlFile]) -> Iterator[dict[str, set[str]]]:
    """The intents and the actions of each rule or story."""
    for file in files:
        for entry in [*(file.data.get("rules") or []), *(file.data.get("stories") or [])]:
            steps = [step for step in entry["steps"] for step in step.get("or", [step])]
            yield {
                kind: {str(step[kind]) for step in steps if kind in step}
                for kind in ("intent", "action")
            }


def _code(root: Path) -> str:
    return "\n".join(
        path.read_text(encoding="utf-8")
        for place in ("bot", "actions")
        for path in sorted((root / place).rglob("*.py"))
    )


def main() -> None:
    """Prints the findings, and ends with code 1 where there are any."""
    settings = load_settings()
    names = resources.names(settings.content, settings.models)
    found = findings(ROOT, lambda text: resources.masked(text, names))
    for finding in found:
        print(finding)
    if found:
        sys.exit(1)
    print("training data: no mistakes")


if __name__ == "__main__":
    try:
        main()
    except SignpostError as error:
        sys.exit(str(error))
