"""Whether "Yes" or "No" may begin an answer: only where that is what was asked. Pure."""

import re

from bot.knowledge.models import Knowledge
from bot.knowledge.statements import without_verdict


def answered(knowledge: Knowledge, question: str, text: str) -> str:
    """The answer as it fits how the question was put. Where it is no yes/no question, or one that
    turns it round or narrows it ("isn't it", "only", "all"), the statement stands by itself.

    `question` is "" for a button, whose answer is left as it is.
    """
    form = knowledge.thread
    plain = question.lower().replace("’", "'")
    if not plain or (re.search(form.polar, plain) and not re.search(form.turned, plain)):
        return text
    return "\n\n".join(without_verdict(paragraph) for paragraph in text.split("\n\n"))
