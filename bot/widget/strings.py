"""Every word of the widget and its pages that is not an answer: `bot/content/pages.yml`, checked."""

from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict

from bot import yamlfile

FILE = "pages.yml"


class _Words(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", str_min_length=1, str_strip_whitespace=True
    )


class HomePage(_Words):
    title: str
    lead: str
    paragraphs: tuple[str, ...]
    questions_title: str
    questions: tuple[str, ...]
    private_title: str
    private: tuple[str, ...]
    without_script: str


class ChatWords(_Words):
    title: str
    home: str
    back: str


class TellWords(_Words):
    """`lead` and `sent_lines` may name {days}."""

    title: str
    lead: tuple[str, ...]
    label: str
    submit: str
    back: str
    sent: str
    sent_lines: tuple[str, ...]
    help_first: str
    closed: str
    empty: str
    too_long: str
    changed: str
    unavailable: str


class SummaryWords(_Words):
    title: str
    hint: str


class ErrorWords(_Words):
    """`prefix` stands before the title of a page with an error on it, `summary` above the error."""

    title: str
    prefix: str
    summary: str


class Strings(_Words):
    """Words that the widget and the pages share are at the top; those of one page are under its
    name. `{n}` in `left` is a number of characters, in `kiosk` of seconds; `{time}` in `answered`
    is a time of day.
    """

    name: str
    subtitle: str
    greeting: str
    ask: str
    label: str
    hint: str
    send: str
    clear: str
    clear_again: str
    find_sponsor: str
    code_mask: str
    cleared: str
    close: str
    leave: str
    leave_hint: str
    leave_once_more: str
    skip: str
    messages: str
    conversation: str
    suggestions: str
    ideas: str
    more_below: str
    new_answer: str
    you: str
    source: str
    answered: str
    tools: str
    copy_answer: str
    copied: str
    not_copied: str
    print_answer: str
    tell_team: str
    chat_tools: str
    large: str
    copy_chat: str
    print_chat: str
    helpful: str
    yes: str
    no: str
    thanks: str
    typing: str
    slow: str
    left: str
    over: str
    unreachable: str
    offline: str
    retry: str
    kiosk: str
    kiosk_soon: str
    kiosk_keep: str
    kiosk_touch: str
    beside: str
    home: HomePage
    chat: ChatWords
    tell: TellWords
    summary: SummaryWords
    error: ErrorWords

    def for_widget(self) -> dict[str, Any]:
        """The words that go to the browser with the widget."""
        return self.model_dump(
            exclude={
                "home",
                "chat",
                "tell",
                "summary",
                "error",
                "skip",
                "hint",
                "kiosk",
                "kiosk_soon",
                "kiosk_keep",
                "beside",
            }
        )


def load_strings(content: Path) -> Strings:
    """Reads `pages.yml` in the content folder. Raises ContentError with the line of the mistake."""
    return yamlfile.load(content / FILE, Strings)
