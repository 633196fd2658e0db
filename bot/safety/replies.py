"""Puts the words of `crisis.yml` together: the answer to crisis language, what follows it, and the
help page. Pure; nothing here can be down.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace

from bot.language.phrases import says
from bot.reading.screening import Label, Screening, Situation, Who
from bot.safety.help import Answer, HelpContent, Writer, load_help, overdue
from bot.turn import Button, Message

__all__ = [
    "HelpContent",
    "HelpSection",
    "Writer",
    "after_crisis_line",
    "after_crisis_reply",
    "aftercare_reply",
    "aftercare_step",
    "as_said_by",
    "calm_reply",
    "calm_step",
    "concern_reply",
    "crisis_reply",
    "false_alarm_reply",
    "has_help_button",
    "help_page",
    "help_reply",
    "is_answered",
    "is_false_alarm",
    "is_in_doubt",
    "is_ordinary",
    "load_help",
    "overdue",
    "safety_reply",
    "step_of_payload",
    "steps_by_label",
    "unsure_reply",
    "writer_of",
]

STEP_INTENT = "/crisis_step"
HARM = frozenset({"abuse", "threat"})
"""Crises in which another person harms the writer."""
OWN = frozenset({"attempt", "plan", "self_harm"})
"""Crises that the answer must not play down, whatever the one before was."""
VAGUE = frozenset({Situation.UNKNOWN, Situation.RELATIVE})
HELP_PAYLOAD = f'{STEP_INTENT}{{"step": "help"}}'


@dataclass(frozen=True, slots=True)
class HelpSection:
    """A part of the page behind "I need help now"."""

    heading: str
    paragraphs: tuple[str, ...]
    lines: tuple[str, ...]


def crisis_reply(
    help_content: HelpContent, screening: Screening, sponsor: str = "", *, again: bool = False
) -> Message:
    """The answer to crisis language, by whose crisis it is, its category and the writer's
    situation.

    `sponsor`: what can be said of the writer's own sponsor. It stands beside the sponsor's mention,
    unless that is somebody else's sponsor. `again`: it was the last answer too, and opens in other
    words.
    """
    answer = help_content.answers[_chosen(help_content, screening)]
    if again:
        answer = answer.model_copy(update={"opening": help_content.crisis_again})
    return _crisis(help_content, answer, sponsor if _is_own(screening) else "")


def is_same_help(help_content: HelpContent, one: Screening | None, other: Screening) -> bool:
    """Whether two crises get the same answer; None is no crisis."""
    return one is not None and _chosen(help_content, one) == _chosen(help_content, other)


def _chosen(help_content: HelpContent, screening: Screening) -> str:
    return next(c for c in help_content.choose if c.fits(screening)).answer


def help_reply(help_content: HelpContent, sponsor: str = "") -> Message:
    """The same help for somebody who asked for it, with nothing detected: the button "I need help
    now".
    """
    return _crisis(help_content, help_content.answers[help_content.choose[-1].answer], sponsor)


def safety_reply(help_content: HelpContent, sponsor: str = "", opening: str = "") -> Message:
    """What everybody reads while the detector is not loaded, or nothing else can answer. `opening`:
    why, where that is known.
    """
    said = help_content.unavailable
    if opening:
        said = said.model_copy(update={"opening": opening})
    return Message(text=_text(help_content, said, sponsor), kind="notice")


def concern_reply(help_content: HelpContent) -> Message:
    """One gentle line below an ordinary answer, with the help behind a button."""
    return Message(
        text=help_content.concern,
        kind="notice",
        buttons=(Button(help_content.help_button, HELP_PAYLOAD),),
    )


def has_help_button(message: Message) -> bool:
    """Whether help is behind one of its buttons already."""
    return any(button.payload == HELP_PAYLOAD for button in message.buttons)


def language_reply(help_content: HelpContent, text: str) -> Message:
    """`text` for somebody who doesn't write in English, with the help behind a button."""
    button = Button(help_content.help_button, HELP_PAYLOAD)
    return Message(text=text, kind="notice", buttons=(button,))


def after_crisis_line(help_content: HelpContent) -> str:
    """What stays in view for the rest of a conversation that had a crisis answer."""
    return help_content.after_crisis.text


def after_crisis_reply(help_content: HelpContent, writer: Writer = Writer.SELF) -> Message:
    """What a greeting, a thank-you or a goodbye gets in a conversation that had a crisis answer: no
    cheer, and the help within reach.
    """
    return _within_reach(help_content, help_content.after_crisis_small_talk, writer)


def unsure_reply(
    help_content: HelpContent, writer: Writer = Writer.SELF, *, again: bool = False
) -> Message:
    """What words get there that nobody understands: they may ask for help. `again`: so did the last
    ones.
    """
    words = help_content.after_crisis_unsure_again if again else help_content.after_crisis_unsure
    return _within_reach(help_content, words, writer)


def _within_reach(help_content: HelpContent, words: str, writer: Writer) -> Message:
    """`words`, and then where help is."""
    return Message(
        text=f"{words} {help_content.after_crisis.words_for(writer)}",
        kind="notice",
        buttons=(Button(help_content.help_button, HELP_PAYLOAD),),
    )


def writer_of(screening: Screening) -> Writer:
    """Who wrote a crisis message."""
    if screening.situation is Situation.CHILD:
        return Writer.CHILD
    if screening.situation is Situation.PROFESSIONAL and screening.who is Who.OTHER:
        return Writer.PROFESSIONAL
    if screening.situation is Situation.CUSTODY:
        return Writer.CUSTODY
    if screening.who is Who.OTHER or screening.situation in {
        Situation.RELATIVE,
        Situation.RELATIVE_OF_PRISONER,
    }:
        return Writer.RELATIVE
    return Writer.HARMED if screening.category in HARM else Writer.SELF


def as_said_by(screening: Screening, last: Screening, writer: Writer) -> Screening:
    """A crisis in a conversation that had one (`last`), as said by the same person from the same
    place. A few words later nobody says again that they are in a cell, are twelve, or write about
    a son; and who is meant stays who it was, where only the model hears it otherwise. What is only
    a concern is about the same danger.
    """
    if not screening.by_rule:
        is_new = screening.label is Label.CRISIS and screening.category in OWN
        category = screening.category if is_new else last.category
        return replace(
            screening,
            who=last.who,
            situation=_place(last.situation, writer),
            category=category or screening.category,
        )
    if screening.situation is Situation.UNKNOWN and screening.who is not Who.OTHER:
        return replace(screening, situation=_place(Situation.UNKNOWN, writer))
    if screening.who is last.who is Who.OTHER and screening.situation in VAGUE:
        return replace(screening, situation=last.situation)
    return screening


def _place(situation: Situation, writer: Writer) -> Situation:
    """Where somebody is that turned out to be in a cell, or to be a child."""
    return {Writer.CUSTODY: Situation.CUSTODY, Writer.CHILD: Situation.CHILD}.get(writer, situation)


def aftercare_step(
    help_content: HelpContent,
    text: str,
    *,
    directly: bool = True,
    soon: bool = True,
    category: str = "",
) -> str | None:
    """The next step that a typed message after a crisis answer asks for: a key of `steps`.
    `directly`: the answer before it was one; `soon`: it was not long before, and nothing ordinary
    was asked since; `category`: of that crisis.

    None for an ordinary question, which is answered as one.
    """
    ordinary = is_ordinary(help_content, text)
    for name, step in sorted(help_content.steps.items(), key=lambda item: not item[1].first):
        # only a question can be an ordinary one: somebody who shakes does that at any time
        if ordinary and name in help_content.asked and not step.first:
            continue
        phrases = (*step.phrases, *step.after.get(category, ()))
        if says(text, (*phrases, *step.directly * directly, *step.soon * soon)):
            return name
    return None


def is_ordinary(help_content: HelpContent, text: str) -> bool:
    """Whether a message has a word that only an ordinary question has."""
    return says(text, help_content.ordinary)


def is_answered(help_content: HelpContent, text: str, *, ordinary_since: bool) -> bool:
    """Whether a message soon after a crisis answer asks what the crisis has nothing to do with.
    `ordinary_since`: something ordinary was asked since.
    """
    asks = ordinary_since and says(text, help_content.after_crisis_misfits.asks)
    return asks or is_ordinary(help_content, text)


def calm_step(help_content: HelpContent, text: str, category: str = "") -> str | None:
    """What a message says that needs no more than a word: help is there, thanks. None where
    anything in it is in doubt, or it asks for something else. `category`: of the crisis before it.
    """
    if says(text, help_content.false_alarm.doubts) or says(text, help_content.ordinary):
        return None
    return next(
        (
            name
            for name, calm in help_content.calm.items()
            if category not in calm.not_after
            and says(text, calm.phrases)
            and not says(text, calm.unless)
        ),
        None,
    )


def calm_reply(help_content: HelpContent, step: str, writer: Writer = Writer.SELF) -> Message:
    """A word, and the help within reach."""
    calm = help_content.calm[step]
    return _within_reach(help_content, calm.to.get(writer, calm.text), writer)


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
    help_content: HelpContent,
    step: str,
    taken: Iterable[str] = (),
    sponsor: str = "",
    writer: Writer = Writer.SELF,
) -> Message:
    """The reply to a step, by who writes. `taken` are the steps that the conversation already had: they are not
    offered again, and typed again they lead further.

    An unknown step gets the help.
    """
    if step not in help_content.steps:
        return help_reply(help_content, sponsor)
    taken = frozenset(taken)
    known = help_content.steps[step]
    leads_further = step in taken and not known.says_again
    content = help_content.aftercare_again if leads_further else known
    words = content.words_for(writer)
    shown = [sponsor] if sponsor and content.shows_sponsor and words is content else []
    text = "\n\n".join(
        (words.text, *shown, _lines(help_content, words.lines), help_content.closing)
    )
    return Message(text=text, kind="crisis", buttons=_buttons(help_content, {step, *taken}))


def is_false_alarm(help_content: HelpContent, text: str) -> bool:
    """True where a message after a crisis answer takes back what was said, and nothing in it is in
    doubt. Screen the message first: "only joking, i want to die" is not.
    """
    told = help_content.false_alarm
    return says(text, told.phrases) and not says(text, told.doubts)


def is_in_doubt(help_content: HelpContent, text: str) -> bool:
    """Whether a message takes something back, or says that all is well, and in the same breath does
    not: "thanks but", "i was joking, sort of".
    """
    calm = (phrase for step in help_content.calm.values() for phrase in step.phrases)
    told = help_content.false_alarm
    return (
        says(text, (*told.phrases, *calm))
        and says(text, told.doubts)
        and not says(text, help_content.ordinary)
    )


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


def steps_by_label(help_content: HelpContent) -> dict[str, str]:
    """The payloads of all steps after a crisis answer, by what their buttons say."""
    return {button.label: button.payload for button in _buttons(help_content, set())}
