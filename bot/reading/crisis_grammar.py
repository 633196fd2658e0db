"""The grammar of crisis language: who, intent, act, time and negation as patterns over words, all
of it data in `bot/reading/grammar/`.

A pattern is a row of items: a word, `a|b`, a class of the lexicon `{die}`, each with `?` where it
may be missing; `#` is a number, `..3` are up to three words of the same sentence. A rule that a
guard governs (history, policy, quotation ...) does not decide; it only tells the classifier. A
guard governs what stands in its own clause (`bot.reading.clauses`).
"""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.errors import ContentError
from bot.language.matching import NUMBER, Item, Matchers, gap, one_of
from bot.reading.clauses import Clauses
from bot.reading.screening import Label, Situation, Who
from bot.reading.words import STOP, WORD, Reader, Spelling

GRAMMAR = Path(__file__).parent / "grammar"
_GAP = re.compile(r"\.\.(\d+)$")
Span = tuple[int, int]
"""The first token, and the one after the last."""
_ALTERNATIVES = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Rule:
    id: str
    category: str
    label: Label
    who: Who
    guards: tuple[str, ...]
    alone: bool = True
    """Whether it decides alone. Half a phrase ("cut myself") needs the classifier to agree."""


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule found in a message. `guarded_by` names the guard that keeps it from deciding, "" for
    none; `start` and `end` are the tokens where it stands.
    """

    rule: Rule
    guarded_by: str = ""
    start: int = 0
    end: int = 0

    @property
    def decides(self) -> bool:
        return not self.guarded_by and self.rule.alone


@dataclass(frozen=True, slots=True)
class Reading:
    """What the grammar makes of a message: rules found, guards found, and where its words say that
    it is written. `clauses` numbers the clause of each token.
    """

    tokens: tuple[str, ...]
    hits: tuple[Hit, ...]
    guards: frozenset[str]
    situations: frozenset[Situation]
    clauses: tuple[int, ...] = ()


class Grammar:
    """Compiled once from the YAML files of a directory. Raises ContentError for a pattern that
    cannot be compiled.
    """

    def __init__(self, directory: Path = GRAMMAR) -> None:
        self._file = directory
        self.reader = Reader(Spelling.of(_read(directory / "spelling.yml")))
        self._matchers = Matchers(self._rarity)
        self.clauses = Clauses.of(_read(directory / "clauses.yml"))
        self._lexicon = self._classes(_read(directory / "lexicon.yml"))
        self._phrases = _trie(
            m for members in self._lexicon.values() for m in members if len(m) > 1
        )
        self.rules: dict[str, Rule] = {}
        guards = _read(directory / "guards.yml")
        self.guards: tuple[str, ...] = tuple(guards)
        self._whole_message = frozenset(
            name for name, guard in guards.items() if guard.get("scope") == "message"
        )
        for name, guard in guards.items():
            self._add(f"guard:{name}", guard["any"])
            self._add(f"before:{name}", guard.get("before", ()))
        situations = _read(directory / "situations.yml")
        self._situations = [Situation(n) for n in situations if not n.startswith("not_")]
        for name, patterns in situations.items():
            self._add(f"situation:{name}", patterns)
        self.children = frozenset(m[0] for m in self._lexicon["child"] if len(m) == 1)
        self.categories: tuple[str, ...] = tuple(_read(directory / "categories.yml"))
        for file in sorted((directory / "rules").glob("*.yml")):
            self._file = file
            self._load(_read(file), frozenset(guards))

    def read(self, text: str) -> Reading:
        """Reads one message. Pure."""
        tokens = self.reader.tokens(text)
        merged = self._merged(tokens)
        if not merged:
            return Reading(tokens, (), frozenset(), frozenset())
        found: dict[str, set[Span]] = {}
        for words in (
            (merged, tokens) if len(merged) < len(tokens) else (merged,)
        ):  # a phrase may also be meant word by word
            ends = list(itertools.accumulate((word.count("_") + 1 for word in words), initial=0))
            for name, start, end in self._matchers.find(words):
                found.setdefault(name, set()).add((ends[start], ends[end]))
        clauses = self.clauses.numbers(tokens)
        situations = frozenset(
            situation for situation in self._situations if self._is_in(situation, found)
        )
        hits = (self._hit(rule, found, clauses) for rule in self.rules.values() if rule.id in found)
        guards = frozenset(
            guard
            for guard in self.guards
            if f"guard:{guard}" in found or f"before:{guard}" in found
        )
        return Reading(tokens, tuple(hits), guards, situations, clauses)

    @staticmethod
    def _is_in(situation: Situation, found: Mapping[str, set[Span]]) -> bool:
        """Whether a place says so where nothing says that it is not ("i am 15 months in")."""
        starts = {start for start, _ in found.get(f"situation:not_{situation}", ())}
        return any(start not in starts for start, _ in found.get(f"situation:{situation}", ()))

    def _hit(self, rule: Rule, found: Mapping[str, set[Span]], clauses: Sequence[int]) -> Hit:
        """The rule decides if it stands unguarded in one place at least."""
        hit = Hit(rule)
        for start, end in sorted(found[rule.id]):
            by = next(
                (g for g in rule.guards if self._governs(g, (start, end), found, clauses)), ""
            )
            hit = Hit(rule, by, start, end)
            if not by:
                break
        return hit

    def _governs(
        self, guard: str, hit: Span, found: Mapping[str, set[Span]], clauses: Sequence[int]
    ) -> bool:
        """Whether a guard stands in a clause of the hit, and where it says so, before it."""
        if guard in self._whole_message and f"guard:{guard}" in found:
            return True
        first, last = clauses[hit[0]], clauses[hit[1] - 1]
        either_side = found.get(f"guard:{guard}", ())
        before = (span for span in found.get(f"before:{guard}", ()) if span[0] < hit[1])
        return any(
            clauses[start] <= last and clauses[end - 1] >= first
            for start, end in itertools.chain(either_side, before)
        )

    def _load(self, data: Mapping[str, Any], guards: frozenset[str]) -> None:
        for row in data["rules"]:
            names = tuple(row.get("unless", data.get("unless", ())))
            category = row.get("category", data.get("category"))
            rule = Rule(
                row["id"],
                category,
                Label(row.get("label", data["label"])),
                Who(row.get("who", data["who"])),
                names,
                row.get("alone", "yes") == "yes",
            )
            if (
                rule.id in self.rules
                or not guards.issuperset(names)
                or category not in self.categories
            ):
                raise ContentError(
                    self._file,
                    1,
                    f"rule {rule.id!r}: its id is not unique, or a guard or category of it is not there",
                )
            self.rules[rule.id] = rule
            self._add(rule.id, row["any"])

    def _add(self, name: str, patterns: Sequence[str]) -> None:
        for pattern in patterns:
            compiled = [
                self._compiled(row, joined)
                for row in _expanded(pattern)
                for joined in (True, False)
            ]
            rows = [row for at, row in enumerate(compiled) if row not in compiled[:at]]
            try:
                self._matchers.add(name, rows)
            except ValueError as error:
                raise ContentError(self._file, 1, f"pattern {pattern!r}: {error}") from None

    def _rarity(self, words: frozenset[str]) -> tuple[bool, int, int]:
        return NUMBER in words, len(words & self.reader.common), len(words)

    def _compiled(self, pattern: str, joined: bool) -> list[Item]:
        """A pattern as a row of words; where `joined`, they are joined as those of a message are."""
        compiled: list[Item] = []
        words: list[str] = []

        def flush() -> None:
            compiled.extend(one_of([word]) for word in (self._merged(words) if joined else words))
            words.clear()

        for item in pattern.split():
            any_words = _GAP.match(item)
            if any_words is None and WORD.fullmatch(item):
                words.extend(self.reader.tokens(item))
                continue
            flush()
            if item == "#":
                compiled.append(one_of([NUMBER]))
                continue
            if any_words:
                compiled += [gap([STOP])] * int(any_words.group(1))
                continue
            is_optional = item.endswith("?")
            item = item.removesuffix("?")
            if item.startswith("{"):
                if item[1:-1] not in self._lexicon:
                    raise ContentError(
                        self._file, 1, f"pattern {pattern!r}: the lexicon has no class {item}"
                    )
                choices = ["_".join(member) for member in self._lexicon[item[1:-1]]]
            else:
                choices = item.split("|")
            compiled.append(one_of(choices, is_optional=is_optional))
        flush()
        return compiled

    def _classes(self, data: Mapping[str, Sequence[str]]) -> dict[str, tuple[tuple[str, ...], ...]]:
        classes: dict[str, tuple[tuple[str, ...], ...]] = {}
        for name, members in data.items():
            rows: list[tuple[str, ...]] = []
            for member in members:
                if member.startswith("{"):
                    rows.extend(classes[member[1:-1]])
                else:
                    rows.extend(
                        self.reader.tokens(alternative) for alternative in _expanded(member)
                    )
            classes[name] = tuple(dict.fromkeys(rows))
        return classes

    def _merged(self, tokens: Sequence[str]) -> list[str]:
        """Longest phrases of the lexicon as one token each: `kill myself` is `kill_myself`."""
        merged: list[str] = []
        at = 0
        while at < len(tokens):
            length, node, end = 1, self._phrases, at
            while end < len(tokens) and tokens[end] in node:
                node = node[tokens[end]]
                end += 1
                if "" in node:
                    length = end - at
            merged.append("_".join(tokens[at : at + length]))
            at += length
        return merged


def _expanded(pattern: str) -> Iterator[str]:
    """`(kill|killing) myself` is two rows; `(my|) life` may leave the word out."""
    parts = _ALTERNATIVES.split(pattern)
    for choice in itertools.product(
        *(part.split("|") if i % 2 else [part] for i, part in enumerate(parts))
    ):
        yield " ".join("".join(choice).split())


def _trie(phrases: Iterator[tuple[str, ...]]) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for phrase in phrases:
        node = root
        for word in phrase:
            node = node.setdefault(word, {})
        node[""] = {}
    return root


def _read(file: Path) -> dict[str, Any]:
    try:
        # All are words, `no` and `on` too.
        data = yaml.load(
            file.read_text(encoding="utf-8"),
            Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader),  # noqa: S506
        )
    except (OSError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        raise ContentError(file, mark.line + 1 if mark else 1, f"cannot be read: {error}") from None
    if not isinstance(data, dict):
        raise ContentError(file, 1, "has to be a mapping")
    return data
