"""Renders the desk's pages: templates and the words of `staff.yml`. No HTTP here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bot.staff.content import StaffWords
from bot.staff.model import Account, parts
from bot.widget.pages import HERE as WIDGET
from bot.widget.pages import Asset

HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who looks at a page, and the tokens of their session: `csrf` goes into forms, `token` is the
    cookie's. `account` None: nobody is signed in.
    """

    account: Account | None = None
    csrf: str = ""
    token: str = ""
    upload: bytes = b""
    upload_name: str = ""

    @property
    def signed_in(self) -> Account:
        """On a page behind the guard, which lets nobody else in."""
        assert self.account is not None
        return self.account


NOBODY = Visitor()


@dataclass(frozen=True, slots=True)
class Mistake:
    """What is wrong with a form. `field` is the id of what to put right, or ""."""

    text: str
    field: str = ""


@dataclass(frozen=True, slots=True)
class Shell:
    """What every page has around it. `done` says what was done, `mistakes` what was not and why;
    `typed` is put back into the form.
    """

    visitor: Visitor = NOBODY
    done: str = ""
    mistakes: tuple[Mistake, ...] = ()
    typed: Mapping[str, str] = field(default_factory=dict)
    is_desk: bool = True
    """False for the page of sponsors: nothing on it leads to the desk."""

    def mistake(self, name: str) -> str:
        """The first mistake of a field, or ""."""
        return next((m.text for m in self.mistakes if m.field == name), "")


class Views:
    """All pages, for one content. Immutable, and safe to share."""

    def __init__(self, words: StaffWords) -> None:
        self.words = words
        self._environment = Environment(
            loader=FileSystemLoader(HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.globals.update(w=words, parts_of=parts)
        css = (WIDGET / "tokens.css").read_bytes() + (HERE / "staff.css").read_bytes()
        self.assets: Mapping[str, Asset] = {
            "/staff.css": Asset(css, "text/css; charset=utf-8"),
            "/icon.svg": Asset((WIDGET / "icon.svg").read_bytes(), "image/svg+xml"),
        }

    def page(self, template: str, shell: Shell, **context: object) -> str:
        return self._environment.get_template(template).render(shell=shell, **context)

    def done(self, query: Mapping[str, str]) -> str:
        """What an address says was done, in words; "" for nothing, and for what we do not say."""
        return self.words.done.get(query.get("done", ""), "")

    def mistake(self, code: str, name: str = "") -> Mistake:
        return Mistake(self.words.errors[code], name)


def day_typed(form: Mapping[str, str], name: str) -> date | None:
    """The day in three fields of a form; None where it is none."""
    try:
        return date(*(int(form.get(f"{name}-{part}", "")) for part in ("year", "month", "day")))
    except (ValueError, OverflowError):
        return None
