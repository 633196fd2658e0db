"""Which messages only lean on what was said before, by the phrases of bot/content/follow_ups.yml."""

import pytest

from bot.nlu import resources
from bot.reading.follow_ups import FollowUps
from bot.settings import ROOT

LEAN = {
    "why": [
        "why",
        "why?",
        "but why tho",
        "how come",
        "y not",
        "why should it matter",
        "how come they do it like dat",
        "why did they call it a pathway",
    ],
    "meaning": ["what do you mean", "wot do u mean", "i dont get it", "eh?"],
    "unanswered": [
        "u didn't answer me",
        "you already said that",
        "that doesnt help",
        "that's not what i asked",
        "youre only giving me the same answer every time",
    ],
    "sure": ["are you sure", "u sure?", "really?", "is that true"],
    "only_that": ["just that one?", "is that the only one", "any others?"],
    "how_often": ["how often", "how often do they meet", "and how many times a week"],
    "my_code_lost": ["i forgot my code", "ive lost the code and i need to talk to my sponsor"],
    "more": ["tell me more", "and what else", "go on"],
    "stands_for": [
        "spell it out for us",
        "what do the letters stand for",
        "so what's it short for",
    ],
    "if_not": ["what if ur not", "and what if he doesn't", "what happens if she isn't settled"],
    "who_does": ["who looks at it", "and who handles the referrals", "do officers read this"],
    "does_what": [
        "wots it do",
        "what does it actually do",
        "ok what do they do for him",
        "wat do dey do for u",
        "so what does the third one do",
    ],
    "difference": ["are both of them the same", "same for both then"],
    "then_what": ["then wot", "and what happens after that", "where do people go next"],
    "what_times": ["what hours is that", "when exactly", "between which times"],
    "code_here": ["shall i put it in here", "can i just send u the code", "does it go in here"],
    "in_what": ["what are those about", "go on then what are they on"],
    "who": ["ok but who", "who?", "so who then"],
    "ask_whom": ["who do i ask then", "who would know", "right who we ask"],
    "how_many": ["how many", "how many people"],
    "for_whom": ["15 places for whom?", "who for", "who is the second of those for"],
    "where": ["where then", "ok where is it"],
    "other": [
        "what about the other one",
        "no the other prison",
        "and the other bit",
        "whats the other half for",
        "what is the other side like",
        "wot about the other jails",
    ],
    "else_there": [
        "what else do they do there",
        "and what else is there for him",
        "what other activities do they run",
    ],
    "crisis_ahead": [
        "who would he turn to if he was ever in crisis (hes fine)",
        "say she was in a bad place one day, what number would we use",
    ],
    "names": ["name them", "can you list them all", "what are they called", "which charities"],
    "sponsor_code": [
        "i got a code",
        "ive got a code for my sponsor",
        "what is the code for",
        "they gave me a code on a card",
        "ive been given a code from my om what is it for",
        "where do i type my code",
        "so where does this code go then",
    ],
    "sponsor_code_lost": ["nah lost it", "i havent got the code", "the code doesnt work"],
    "sponsor_left": ["he left, who now", "shes gone", "whos the new one"],
    "my_sponsor_left": [
        "my sponser left who do i go to now",
        "can i change my sponsor",
        "my sponsor has quit the job",
        "my sponsor is gone from this unit",
    ],
    "sponsor_silent": ["she never rings back", "he doesnt answer", "the phone just rings out"],
    "elsewhere": [
        "where else can he go",
        "ok is there anywhere else for me",
        "so what else might fit",
    ],
    "human": [
        "i want to talk to an actual person",
        "can i speak to a human",
        "put me through to a person",
        "could i talk to somebody who is real",
    ],
    "": [
        "lost my dad last year",
        "my keyworker left",
        "i never get a visit",
        "who is my sponsor",
        "why is he stuck in his sentence",
        "how many places at belmarsh",
        "why is it called belmarsh and who thought of that name for it",
        "which trusts run belmarsh",
        "tell me more about sova",
        "what do you mean by formulation",
        "when is the forum checked",
        "they gave me a code of conduct",
        "what else do they do at belmarsh",
        "who helps if he is in a bad way",
        "has anybody ever been in danger there",
        "no",
        "i want to die",
    ],
}


@pytest.fixture(scope="module")
def follow_ups() -> FollowUps:
    return resources.follow_ups(ROOT / "bot" / "content")


@pytest.mark.parametrize(("kind", "text"), [(k, t) for k, texts in LEAN.items() for t in texts])
def test_kind(follow_ups: FollowUps, kind: str, text: str) -> None:
    assert follow_ups.kind_of(text) == kind
