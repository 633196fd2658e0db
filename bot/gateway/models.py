"""The JSON that goes in and out, in one place: what the API documents and what it accepts are the same thing."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator


def _printable(text: str) -> str:
    if "\0" in text:
        raise ValueError("must not hold NUL")
    return text


Id = Annotated[str, Field(max_length=64)]
Typed = Annotated[str, AfterValidator(_printable)]


class MessageIn(BaseModel):
    """A message of a user: typed text, or a button by the id that we issued. Its length is not checked here: too long a text is refused in words."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True)

    conversation: Id | None = None
    text: Typed | None = None
    button: Id | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.text is None) == (self.button is None):
            raise ValueError("exactly one of text and button is needed")
        return self


class _Out(BaseModel):
    model_config = ConfigDict(frozen=True)


class ButtonOut(_Out):
    id: str
    label: str


class TableOut(_Out):
    """Things side by side: each row has as many cells as there are columns, and its first cell is its heading."""

    caption: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class MessageOut(_Out):
    """`text` is plain text with paragraphs split by a blank line; `source` says where it is from, or is "". `table` follows the text."""

    text: str
    kind: Literal["answer", "notice", "crisis"]
    source: str
    buttons: tuple[ButtonOut, ...] = ()
    table: TableOut | None = None


class AnswerOut(_Out):
    """The answer to a message. `pinned_help`: from now on, keep the help in view.

    `summary` is the label of a button that posts `conversation` to `/summary`, or "" where there is no case to print.
    """

    conversation: str
    messages: tuple[MessageOut, ...]
    topic: str
    crisis: bool
    eligibility: dict[str, str] = {}
    pinned_help: bool = False
    summary: str = ""


class OpenedOut(_Out):
    """A new conversation, with what the bot says first."""

    conversation: str
    messages: tuple[MessageOut, ...]


class Problem(_Out):
    """RFC 9457. `detail` is a sentence for the person who wrote the message."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
