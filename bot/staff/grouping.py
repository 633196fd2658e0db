"""Puts questions together that ask much the same. Pure: what makes vectors of them is given."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

import numpy as np

from bot.language.encoder import Vectors
from bot.sponsors.unanswered import Question

SIMILAR = 0.6
"""Cosine with the middle of a group from which on a question belongs to it."""


class Order(StrEnum):
    MOST = "most"
    NEWEST = "newest"


class Asked(StrEnum):
    """How often something has to be asked to be shown."""

    ANY = "any"
    AGAIN = "again"


@dataclass(frozen=True, slots=True)
class Group:
    """Questions that ask much the same, newest first; never empty."""

    questions: tuple[Question, ...]

    @property
    def newest(self) -> date:
        return max(question.day for question in self.questions)


def grouped(questions: Sequence[Question], vectors: Mapping[str, Vectors]) -> list[Group]:
    """Each question in the group that it is nearest to, or in a new one. One without a vector stands
    alone. `vectors` by the ids of questions, of length 1.
    """
    groups: list[list[Question]] = []
    sums: list[Vectors | None] = []
    for question in questions:
        vector = vectors.get(question.id)
        nearest = _nearest(vector, sums) if vector is not None else None
        if nearest is None:
            groups.append([question])
            sums.append(vector)
        else:
            groups[nearest].append(question)
            sums[nearest] = sums[nearest] + vector  # type: ignore[operator]
    return [Group(tuple(group)) for group in groups]


def _nearest(vector: Vectors, sums: Sequence[Vectors | None]) -> int | None:
    near = [
        -1.0 if total is None else float(vector @ total / np.linalg.norm(total)) for total in sums
    ]
    best = max(range(len(near)), key=near.__getitem__, default=None)
    return best if best is not None and near[best] >= SIMILAR else None


def shown(groups: Sequence[Group], order: Order, asked: Asked) -> list[Group]:
    """The groups of one view."""
    chosen = [group for group in groups if asked is Asked.ANY or len(group.questions) > 1]
    if order is Order.NEWEST:
        return sorted(chosen, key=lambda group: (group.newest, len(group.questions)), reverse=True)
    return sorted(chosen, key=lambda group: (len(group.questions), group.newest), reverse=True)
