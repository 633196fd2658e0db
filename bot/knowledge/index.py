"""Every statement that an answer may hold, with the words by which people ask for it. Pure; what a
question is near to is measured in `bot.reading.nearness`.
"""

from collections.abc import Iterator
from typing import NamedTuple

from bot.knowledge import wording
from bot.knowledge.models import Knowledge
from bot.knowledge.statements import id_of, split, without_verdict


class Indexed(NamedTuple):
    """`words` are names of what the statement is about that it may not hold itself: the aliases of
    its term, or its topic's label.
    """

    id: str
    text: str
    words: str


def indexed(knowledge: Knowledge) -> tuple[Indexed, ...]:
    """Each statement once. One that is said of several words has the words of all."""
    texts: dict[str, str] = {}
    words: dict[str, list[str]] = {}
    for whole, about in _texts(knowledge):
        for statement in split(whole):
            if statement.endswith(":"):
                continue
            text = without_verdict(statement)
            id_ = id_of(text)
            texts[id_] = text
            words.setdefault(id_, []).append(about)
    return tuple(
        Indexed(id_, text, " ".join(dict.fromkeys(words[id_]))) for id_, text in texts.items()
    )


def _texts(knowledge: Knowledge) -> Iterator[tuple[str, str]]:
    """Texts with the words for what they are about."""
    labels = {id_: topic.label for id_, topic in knowledge.topics.items()}
    about = {id_: " ".join([term.word, *term.aliases]) for id_, term in knowledge.terms.items()}
    for service in knowledge.services.values():
        for id_, fact in service.facts.items():
            yield fact, about[id_]
        for topic, said in service.answers.items():
            for text in (said.text, said.short):
                if text:
                    yield wording.fill(text, service.short_name), labels[topic]
    for id_, term in knowledge.terms.items():
        for text in (term.text, term.rule):
            if text:
                yield text, about[id_]
    for topic, overall in knowledge.general.answers.items():
        for text in (overall.text, overall.short, overall.again):
            if text:
                yield wording.filled(knowledge, text), labels.get(topic, "")
