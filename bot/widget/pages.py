"""The pages and the files that they need, made from content once and served from memory. No HTTP
here: the gateway maps these to addresses.

| address | method of `Pages` | cache |
|---|---|---|
| `/` | `home()` | may be cached for minutes |
| `/help-now` | `help_now()` | may be cached for minutes |
| `/chat` GET | `chat(ChatPage())` | no-store |
| `/chat` POST | `chat(ChatPage(...))`; fields `conversation`, `text`, and one of `do=send`,
`do=clear`, `button` (an id of ours) | no-store | | `/sponsor` | `sponsor(SponsorPage(...), ...)`;
fields `conversation`, `reference`, `code`, `do=end` | no-store | | `/tell` POST |
`tell(TellPage(...), ...)`; fields `conversation`, `text`, `do=send` | no-store | | `/summary` POST |
`summary(SummaryPage(...))`; field `conversation` | no-store | | any error for a browser |
`error(ErrorPage(...))` | no-store | | each name in `assets` | its `Asset` | revalidated by ETag |
"""

import base64
import gzip
import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.safety.replies import HelpContent, HelpSection, after_crisis_line, help_page
from bot.sponsors.codes import CODE_PATTERN
from bot.sponsors.content import SponsorWords
from bot.sponsors.wording import Card, ask_lines
from bot.turn import Table
from bot.widget.strings import Strings

HERE = Path(__file__).resolve().parent
CHAT_FIELDS = frozenset(
    {"conversation", "text", "idea", "button", "do", "helpful", "answer", "large", "helped"}
)
TELL_FIELDS = frozenset({"conversation", "helped", "text", "do"})
SPONSOR_FIELDS = frozenset({"conversation", "helped", "reference", "code", "do"})
"""What the forms of ours send."""


def content_security_policy(embedders: Iterable[str] = ()) -> str:
    """What our pages need, and nothing more: no inline script or style, no third party, no HTML
    from strings. Only `embedders` may frame them.
    """
    framed_by = " ".join(embedders) or "'none'"
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; "
        f"frame-ancestors {framed_by}; require-trusted-types-for 'script'; trusted-types 'none'"
    )


@dataclass(frozen=True, slots=True)
class Help:
    """What "I need help now" shows, on the pages and in the widget. `contacts` maps a number as
    written ("116 123") to its link.
    """

    button: str
    title: str
    intro: str
    sections: tuple[HelpSection, ...]
    lines_label: str
    closing: str
    pinned: str
    strip: str
    contacts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of a conversation, the user's or ours. `text` is plain, with paragraphs split by
    a blank line.
    """

    who: Literal["user", "bot"]
    text: str
    kind: Literal["answer", "notice", "crisis"] = "answer"
    source: str = ""
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A button by the id that the gateway issued for it."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class ChatPage:
    """The conversation without JavaScript. `draft` is put back into the box when it could not be
    sent; `error` says why.

    `questions` are offered to start with, and folded later, as if they were typed: at first there
    is no conversation yet in which a button could be ours. `feedback` is the id under which the last answer can be called
    helpful or not, `said` is a word to the user about what they did. `summary` is the label of the
    button to a page to print, where there is a case.
    """

    conversation: str = ""
    entries: tuple[Entry, ...] = ()
    buttons: tuple[Choice, ...] = ()
    pinned_help: bool = False
    error: str = ""
    draft: str = ""
    summary: str = ""
    tell: str = ""
    """As in AnswerOut: whether the team may be told the last question."""
    questions: tuple[str, ...] = ()
    feedback: str = ""
    said: str = ""
    links: Mapping[str, str] = field(default_factory=dict)
    """As in AnswerOut: of the sponsor whom the newest answer names."""
    leave: str = ""
    """Where quick exit leads without JavaScript, where that is not the exit address itself."""
    large: bool = False
    """Large print was asked for."""


@dataclass(frozen=True, slots=True)
class SponsorPage:
    """ "Find my sponsor": the form, or the `card` of somebody's own sponsor. `entries` are what the
    chat answers to words that are no code; `pinned_help` goes with the way back to the chat.
    """

    conversation: str = ""
    card: Card | None = None
    error: str = ""
    invalid: bool = False
    """What was typed is what is wrong."""
    said: str = ""
    entries: tuple[Entry, ...] = ()
    pinned_help: bool = False
    seconds: int = 0
    """On a kiosk, how long the card stays."""


@dataclass(frozen=True, slots=True)
class TellPage:
    """A question as it would be sent to the team, or was (`sent`). `entries` are the help, where that
    comes before it; `invalid`: the `error` is about the text.
    """

    conversation: str
    text: str = ""
    error: str = ""
    invalid: bool = False
    said: str = ""
    sent: bool = False
    entries: tuple[Entry, ...] = ()
    pinned_help: bool = False
    leave: str = ""


@dataclass(frozen=True, slots=True)
class SummaryPage:
    """What a case comes to, as a page to print."""

    conversation: str
    entries: tuple[Entry, ...]
    pinned_help: bool = False
    leave: str = ""


@dataclass(frozen=True, slots=True)
class ErrorPage:
    status: int
    detail: str
    leave: str = ""


@dataclass(frozen=True)
class Asset:
    """A file as it is served. `integrity` is what an embedding page puts into its script tag."""

    body: bytes
    content_type: str

    @cached_property
    def packed(self) -> bytes:
        """As gzip, packed once and as small as it gets."""
        return gzip.compress(self.body, mtime=0)

    @property
    def etag(self) -> str:
        return f'"{hashlib.sha256(self.body).hexdigest()[:32]}"'

    @property
    def integrity(self) -> str:
        return "sha384-" + base64.b64encode(hashlib.sha384(self.body).digest()).decode()


class Pages:
    """All pages and files of the widget, for one content. Cheap to make (milliseconds), immutable,
    safe to share.
    """

    def __init__(
        self, strings: Strings, help_content: HelpContent, exit_url: str, *, kiosk_seconds: int = 0
    ) -> None:
        """`kiosk_seconds`: for a screen that many people use, wipe after so long without use, store
        nothing, lead nowhere else; 0: no kiosk.
        """
        help_ = help_from(help_content)
        if kiosk_seconds:
            help_, exit_url = replace(help_, contacts={}), "/"
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters["paragraphs"] = paragraphs
        self._environment.filters["linked"] = lambda text, more: linked(
            text, {**help_.contacts, **more}
        )
        self._environment.filters["linked_to"] = linked
        self._environment.globals.update(
            s=strings,
            help=help_,
            exit_url=exit_url,
            greeting=(Entry("bot", strings.greeting),),
            kiosk=kiosk_seconds,
        )
        self.exit_url, self.kiosk_seconds = exit_url, kiosk_seconds
        if kiosk_seconds:
            # The exit of a kiosk is a page of ours, and the way there ends what the service knows.
            exit_url = "/leave"
            self._environment.globals["exit_url"] = exit_url
        self._home = self._render("home.html", leave="")
        self._help_now = self._render("help.html", leave="")
        self.assets: Mapping[str, Asset] = {
            "/widget.js": Asset(
                _widget_js(strings, help_, exit_url, kiosk_seconds),
                "text/javascript; charset=utf-8",
            ),
            "/page.js": Asset(
                _page_js(strings, exit_url, kiosk_seconds), "text/javascript; charset=utf-8"
            ),
            "/page.css": Asset(
                f":root {{ --soon: {soon(kiosk_seconds)}s; }}\n".encode() + _css("page.css"),
                "text/css; charset=utf-8",
            ),
            "/widget.css": Asset(_css("widget.css"), "text/css; charset=utf-8"),
            "/icon.svg": Asset((HERE / "icon.svg").read_bytes(), "image/svg+xml"),
        }

    def home(self, *, leave: str = "") -> str:
        """The demo host page: a plain page with the chat in its corner. `leave`: see `ChatPage`."""
        return self._render("home.html", leave=leave) if leave else self._home

    def help_now(self, *, leave: str = "") -> str:
        """The help by itself: no script, no conversation, nothing that can fail."""
        return self._render("help.html", leave=leave) if leave else self._help_now

    def chat(self, page: ChatPage) -> str:
        """The conversation as a plain form."""
        return self._render("chat.html", page=page)

    def sponsor(self, page: SponsorPage, words: SponsorWords, *, has_directory: bool) -> str:
        """Somebody's own sponsor, and the form to get there; without a directory, who can be asked."""
        return self._render(
            "sponsor.html",
            page=page,
            w=words,
            ask=ask_lines(words),
            has_directory=has_directory,
            contacts=page.card.links if page.card and not self.kiosk_seconds else {},
        )

    def summary(self, page: SummaryPage) -> str:
        return self._render("summary.html", page=page)

    def tell(self, page: TellPage, days: int) -> str:
        """A question that may be sent to the team, where it is deleted after so many days."""
        return self._render("tell.html", page=page, days=days)

    def error(self, page: ErrorPage) -> str:
        """An error in words, with the help beside it."""
        return self._render("error.html", page=page)

    def _render(self, template: str, **context: object) -> str:
        return self._environment.get_template(template).render(**context)


def help_from(content: HelpContent) -> Help:
    """The help of `crisis.yml` as the pages show it."""
    return Help(
        button=content.help_button,
        title=content.page.title,
        intro=content.page.intro,
        sections=help_page(content),
        lines_label=content.lines_label,
        closing=content.closing,
        pinned=after_crisis_line(content),
        strip=content.after_crisis_short,
        contacts=contacts(line.text for line in content.lines.values()),
    )


def contacts(lines: Iterable[str]) -> dict[str, str]:
    """The numbers in help lines, with their links: three digits or more, for a text message where
    the line says "text".
    """
    found = (
        match
        for line in lines
        for match in re.finditer(r"(text )?(\d(?: ?\d){2,})", line, re.IGNORECASE)
    )
    return {
        number: f"{'sms' if text else 'tel'}:{number.replace(' ', '')}"
        for text, number in (match.groups() for match in found)
    }


def soon(kiosk_seconds: int) -> int:
    """Seconds after which a kiosk warns that it clears itself: WCAG 2.2.1 wants 20 to go on in."""
    return max(kiosk_seconds // 2, kiosk_seconds - 30)


def paragraphs(text: str) -> list[str]:
    """Splits a message at its blank lines."""
    return [part for part in re.split(r"\n{2,}", text.strip()) if part]


def linked(text: str, links: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Splits text into (part, link), so that a number of ours can be tapped. Only contacts of the
    content are linked, never what looks like one.
    """
    pattern = "|".join(re.escape(number) for number in sorted(links, key=len, reverse=True))
    for part in re.split(rf"(?<!\w)({pattern})(?!\w)", text) if links else [text]:
        if part:
            yield part, links.get(part, "")


def _css(*names: str) -> bytes:
    return b"".join(_lean(HERE / name) for name in ("tokens.css", *names))


_COMMENT = re.compile(r"^[ ]*(?://[^\n]*|/\*.*?\*/)\n", re.MULTILINE | re.DOTALL)


def _lean(file: Path) -> bytes:
    """A script or a style sheet without what only its readers need: the lines that are comments,
    and the indents. Nothing else is touched, so that what runs can be read beside its source.
    """
    return re.sub(
        r"^ +", "", _COMMENT.sub("", file.read_text("utf-8")), flags=re.MULTILINE
    ).encode()


def _script(constants: Mapping[str, object], *names: str) -> bytes:
    """A module: constants as JSON, escaped to ASCII, then the code."""
    head = "".join(
        f"const {name} = {json.dumps(value, separators=(',', ':'))};\n"
        for name, value in constants.items()
    )
    return head.encode("ascii") + b"".join(_lean(HERE / name) for name in names)


def _widget_js(strings: Strings, help_: Help, exit_url: str, kiosk_seconds: int) -> bytes:
    content = {
        "exit_url": exit_url,
        "kiosk": kiosk_seconds,
        "soon": soon(kiosk_seconds),
        "help": {
            name: value for name, value in asdict(help_).items() if name not in {"intro", "pinned"}
        },
        "s": strings.for_widget(),
        "code": CODE_PATTERN,
    }
    return _script(
        {"content": content, "css": _css("widget.css").decode()}, "leave.js", "widget.js"
    )


def _page_js(strings: Strings, exit_url: str, kiosk_seconds: int) -> bytes:
    content = {
        "exit_url": exit_url,
        "kiosk": kiosk_seconds,
        "soon": soon(kiosk_seconds),
        "s": {
            "leave_once_more": strings.leave_once_more,
            "copied": strings.copied,
            "not_copied": strings.not_copied,
            "beside": strings.beside,
            "kiosk_touch": strings.kiosk_touch,
        },
    }
    return _script({"content": content}, "leave.js", "page.js")
