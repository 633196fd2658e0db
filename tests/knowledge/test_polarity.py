"""A reply begins with "Yes" or "No" only where that is what was asked."""

import pytest

from bot.knowledge import Knowledge, Question, answer

PUT = [
    # how it is put, topic, service, word -> how the reply begins
    ("does belmarsh have visits", "visits", "belmarsh", "", "Yes"),
    ("ok so do they have family visits at belmarsh", "visits", "belmarsh", "", "Yes"),
    ("when are visits at belmarsh", "visits", "belmarsh", "", "The Belmarsh unit"),
    ("doesnt belmarsh have visits", "visits", "belmarsh", "", "The Belmarsh unit"),
    ("does belmarsh take cat a", "who_for", "belmarsh", "security_category", "Yes"),
    ("does belmarsh only take cat a", "who_for", "belmarsh", "security_category", "The Belmarsh"),
    ("security category restrictions", "who_for", "belmarsh", "security_category", "The Belmarsh"),
    ("is it a pipe", "about", "belmarsh", "pipe", "No"),
    ("which pipe is at belmarsh", "about", "belmarsh", "pipe", "Not on the page"),
    ("isn’t it for women", "women", "belmarsh", "", "The Belmarsh unit"),
    ("", "women", "belmarsh", "", "No"),
]


@pytest.mark.parametrize(("text", "topic", "service", "term", "begins"), PUT)
def test_beginning(
    knowledge: Knowledge, text: str, topic: str, service: str, term: str, begins: str
) -> None:
    found = answer(knowledge, Question(topic, (service,), term, text=text))
    assert found.text.startswith(begins)
