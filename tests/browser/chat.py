"""What a person does in the chat, by the names that they see or hear. The same for the widget and
for the page without JavaScript.
"""

from typing import Protocol, Self

from playwright.sync_api import Locator, Page, expect


class Chat(Protocol):
    """The chat as a person meets it, in whichever browser."""

    def open(self) -> Self: ...

    def open_help(self) -> None: ...

    def say(self, text: str) -> None:
        """Types and sends, and waits for an answer to it."""
        ...


class Widget:
    """The element on the demo page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url = page, url
        page.goto(url)

    def open(self) -> Self:
        self.launcher.click()
        expect(self.answers).not_to_have_count(0)
        return self

    def say(self, text: str) -> None:
        before = self.answers.count()
        self.box.fill(text)
        self.page.get_by_role("button", name="Send").click()
        expect(self.answers).not_to_have_count(before)
        expect(self.page.locator("signpost-chat .typing")).to_be_hidden()

    def answer(self) -> str:
        """All that was said since the user's last message."""
        return "\n".join(
            self.page.locator("signpost-chat .entry.user")
            .last.locator("xpath=following-sibling::*")
            .all_inner_texts()
        )

    def open_help(self) -> None:
        self.page.get_by_role("button", name="I need help now").click()

    @property
    def launcher(self) -> Locator:
        return self.page.get_by_role("button", name="Ask a question")

    @property
    def help(self) -> Locator:
        return self.page.locator("signpost-chat details.help")

    def press(self, label: str) -> None:
        before = self.answers.count()
        self.page.get_by_role("group", name="You could ask").get_by_role(
            "button", name=label
        ).click()
        expect(self.answers).not_to_have_count(before)
        expect(self.page.locator("signpost-chat .typing")).to_be_hidden()

    def said(self) -> list[tuple[str, list[str]]]:
        """Who said what, from the first message on."""
        return said(self.page.locator("signpost-chat .entry"))

    @property
    def buttons(self) -> list[str]:
        return self.page.locator("signpost-chat .choices button").all_inner_texts()

    @property
    def pinned(self) -> Locator:
        return self.page.locator("signpost-chat .pinned")

    @property
    def box(self) -> Locator:
        return self.page.get_by_label("Your question")

    @property
    def answers(self) -> Locator:
        return self.page.locator("signpost-chat .entry.bot")


class PlainChat:
    """The `/chat` page."""

    def __init__(self, page: Page, url: str) -> None:
        self.page = page
        page.goto(f"{url}/chat")

    def open(self) -> "PlainChat":
        return self

    def say(self, text: str) -> None:
        self.page.get_by_label("Your question").fill(text)
        self.page.get_by_role("button", name="Send").click()

    def answer(self) -> str:
        return "\n".join(
            self.page.locator(".entry.user")
            .last.locator("xpath=following-sibling::*")
            .all_inner_texts()
        )

    def press(self, label: str) -> None:
        self.page.locator(".choices").get_by_role("button", name=label).click()

    def said(self) -> list[tuple[str, list[str]]]:
        return said(self.page.locator(".entry"))

    @property
    def buttons(self) -> list[str]:
        return self.page.locator(".choices button:not([name=helpful])").all_inner_texts()

    @property
    def pinned(self) -> Locator:
        return self.page.locator(".now .pinned")


def said(entries: Locator) -> list[tuple[str, list[str]]]:
    return [
        (entry.locator(".who").inner_text(), entry.locator("> p, td, th").all_inner_texts())
        for entry in entries.all()
    ]
