"""Messages that say nothing by themselves: "why", "ok but who", "the other one". Pure."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

_MARKS = re.compile(r"[^a-z0-9 ]+")


@dataclass(frozen=True)
class FollowUps:
    """`said`: for each kind, what a whole message may be, as regular expressions; `openings` and
    `endings`: what may stand around it; `intents`: what each kind is to the dialogue; `plain`: a
    message in small letters, with slang as the words that it stands for; `placed`: expressions for one of several things that
    were listed, "the last one", which is asked about as "it" is.
    """

    said: Mapping[str, Sequence[str]]
    intents: Mapping[str, str]
    openings: Sequence[str] = ()
    endings: Sequence[str] = ()
    plain: Callable[[str], str] = str.lower
    placed: Sequence[str] = ()
    _patterns: dict[str, re.Pattern[str]] = field(init=False, repr=False, default_factory=dict)

    def __post_init__(self) -> None:
        opening, ending = (
            "|".join(sorted(map(re.escape, words), key=len, reverse=True))
            for words in (self.openings, self.endings)
        )
        for kind, said in self.said.items():
            self._patterns[kind] = re.compile(
                rf"(?:(?:{opening}) )*(?:{'|'.join(said)})(?: (?:{ending}))*"
            )

    def kind_of(self, text: str) -> str:
        """The kind of a follow-up, "" for a message that says something by itself."""
        plain = " ".join(_MARKS.sub(" ", re.sub(r"['’]", "", self.plain(text))).split())
        return self._kind(plain) or self._kind(self._as_it(plain))

    def _kind(self, plain: str) -> str:
        return next((kind for kind, said in self._patterns.items() if said.fullmatch(plain)), "")

    def _as_it(self, plain: str) -> str:
        """ "What does the last one do" as "what does it do"."""
        for said in self.placed:
            plain = re.sub(rf"(?:\bthe )?(?:{said})", "it", plain)
        return plain
