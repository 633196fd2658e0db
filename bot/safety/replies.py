"""Puts the words of `crisis.yml` together: the answer to crisis language, what follows it, and the
help page. Pure; nothing here can be down.
"""

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass

from bot.language.text import normalise
from bot.reading.screening import Screening, Situation, Who
from bot.safety.help import Answer, HelpContent, load_help, overdue
from bot.turn import Button, Message

__all__ = [
    "HelpContent",
    "HelpSection",
    "after_crisis_line",
    "after_crisis_reply",
    "aftercare_reply",
    "aftercare_step",
    "concern_reply",
    "crisis_reply",
    "false_alarm_reply",
    "help_page",
    "help_reply",
    "is_false_alarm",
    "load_help",
    "overdue",
    "safety_reply",
    "step_of_payload",
]

STEP_INTENT = "/crisis_step"
HELP_PAYLOAD = f'{STEP_INTENT}{{"step": "help"}}'


@dataclass(frozen=True, slots=True)
class HelpSection:
    """A part of the page behind "I need help now"."""

    heading: str
    paragraphs: tuple[str, ...]
    lines: tuple[str, ...]


def crisis_reply(help_content: HelpContent, screening: Screening, sponsor: str = "") -> Message:
    """The answer to crisis language, by whose crisis it is, its category and the writer's
    situation.

    `sponsor`: what can be said of the writer's own sponsor. It stands beside the sponsor's mention,
    unless that is somebody else's sponsor.
    """
    choice = next(c for c in help_content.choose if c.fits(screening))
    return _crisis(
        help_content, help_content.answers[choice.answer], sponsor if _is_own(screening) else ""
    )


def help_reply(help_content: HelpContent, sponsor: str = "") -> Message:
    """The same help for somebody who asked for it, with nothing detected: the button "I need help
    now".
    """
    return _crisis(help_content, help_content.answers[help_content.choose[-1].answer], sponsor)


def safety_reply(help_content: HelpContent, sponsor: str = "") -> Message:
    """What everybody reads while the detector is not loaded, or nothing else can answer."""
    return Message(text=_text(help_content, help_content.unavailable, sponsor), kind="notice")


def concern_reply(help_content: HelpContent) -> Message:
    """One gentle line below an ordinary answer, with the help behind a button."""
    return Message(
        text=help_content.concern,
        kind="notice",
        buttons=(Button(help_content.help_button, HELP_PAYLOAD),),
    )


def after_crisis_line(help_content: HelpContent) -> str:
    """What stays in view for the rest of a conversation that had a crisis answer."""
    return help_content.after_crisis


def after_crisis_reply(help_content: HelpContent) -> Message:
    """What a greeting, a thank-you or a goodbye gets in a conversation that had a crisis answer: no
    cheer, and the help within reach.
    """
    text = f"{help_content.after_crisis_small_talk} {help_content.after_crisis}"
    return Message(
        text=text, kind="notice", buttons=(Button(help_content.help_button, HELP_PAYLOAD),)
    )


def aftercare_step(help_content: HelpContent, text: str) -> str | None:
    """The next step that a typed message after a crisis answer asks for: a key of `aftercare`."""
    return next(
        (name for name, step in help_content.aftercare.items() if _says(text, step.phrases)), None
    )


def step_of_payload(payload: str) -> str | None:
    """The step that a button of ours carries ("help" for the help itself), or None where the
    payload is Rasa's.
    """
    if not payload.startswith(STEP_INTENT):
        return None
    try:
        step = json.loads(payload.removeprefix(STEP_INTENT))["step"]
    except (ValueError, KeyError, TypeError):
        return None
    return step if isinstance(step, str) else None


def aftercare_reply(
    help_content: HelpContent, step: str, taken: Iterable[str] = (), sponsor: str = ""
) -> Message:
    """The reply to a step. `taken` are the steps that the conversation already had: they are not
    offered again, and typed again they lead further.

    An unknown step gets the help.
    """
    if step not in help_content.aftercare:
        return help_reply(help_content, sponsor)
    taken = frozenset(taken)
    content = help_content.aftercare_again if step in taken else help_content.aftercare[step]
    shown = [sponsor] if sponsor and content.shows_sponsor else []
    text = "\n\n".join(
        (content.text, *shown, _lines(help_content, content.lines), help_content.closing)
    )
    return Message(text=text, kind="crisis", buttons=_buttons(help_content, {step, *taken}))


def is_false_alarm(help_content: HelpContent, text: str) -> bool:
    """True where a message after a crisis answer says that it was not one. Screen the message
    first: "im fine, just want to die" is not.
    """
    return _says(text, help_content.false_alarm.phrases)


def false_alarm_reply(help_content: HelpContent) -> Message:
    return Message(text=help_content.false_alarm.text, kind="notice")


def help_page(help_content: HelpContent) -> tuple[HelpSection, ...]:
    """The sections of `/help-now`, in order; its title and introduction are `help_content.page`."""

    def section(heading: str, answer: Answer) -> HelpSection:
        return HelpSection(
            heading,
            (answer.sponsor, *answer.steps),
            tuple(help_content.lines[name].text for name in answer.lines),
        )

    return tuple(
        section(s.heading, help_content.answers[s.answer]) for s in help_content.page.sections
    )


def _is_own(screening: Screening) -> bool:
    """Whether the sponsor who is meant is the writer's own."""
    return screening.who is not Who.OTHER and screening.situation in {
        Situation.UNKNOWN,
        Situation.CUSTODY,
    }


def _crisis(help_content: HelpContent, answer: Answer, sponsor: str) -> Message:
    return Message(
        text=_text(help_content, answer, sponsor),
        kind="crisis",
        buttons=_buttons(help_content, set()),
    )


def _text(help_content: HelpContent, answer: Answer, sponsor: str) -> str:
    lines = _lines(help_content, answer.lines)
    return "\n\n".join(
        part
        for part in (
            answer.opening,
            answer.sponsor,
            sponsor,
            " ".join(answer.steps),
            lines,
            help_content.closing,
        )
        if part
    )


def _lines(help_content: HelpContent, names: Iterable[str]) -> str:
    return "\n".join(
        (*(f"• {help_content.lines[name].text}" for name in names), help_content.lines_label)
    )


def _buttons(help_content: HelpContent, without: set[str]) -> tuple[Button, ...]:
    return tuple(
        Button(step.label, f"{STEP_INTENT}{json.dumps({'step': name})}")
        for name, step in help_content.aftercare.items()
        if name not in without
    )


def _says(text: str, phrases: Iterable[str]) -> bool:
    plain = re.sub(r"[^\w\s]", " ", re.sub("['’‘`´]", "", normalise(text).lower()))
    words = f" {' '.join(plain.split())} "
    return any(f" {phrase} " in words for phrase in phrases)
