"""What the bot knows and how it answers from it. Content comes from `bot/content/`; see
docs/content.md.
"""

from bot.knowledge.answers import answer
from bot.knowledge.loader import load, problems, warnings
from bot.knowledge.models import Alias, Answer, Knowledge, Question

__all__ = ["Alias", "Answer", "Knowledge", "Question", "answer", "load", "problems", "warnings"]
