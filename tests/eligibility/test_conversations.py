"""Cases through the real service: one message, the questions, what comes between, a crisis at each
step, and the page to print.
"""

import html
import re

import aiohttp
import pytest

from bot.commands.client import Conversation, Reply, connect
from tests.conftest import Service

CASE = "Male 41, Croydon, screened in for PD, wounding s18, 3 yrs past tariff, Cat C, parole board in Sept, open likely: Belmarsh unit?"
SHORT = "M 34, PD, violence, stuck: LPPU?"
CRISIS = "i want to kill myself tonight"
ASKED_FIRST = "Is the person from London?"


async def press(conversation: Conversation, reply: Reply, label: str) -> Reply:
    ids = [id_ for id_, name in reply.buttons if name == label]
    assert ids, f"no button {label} in {reply.buttons}"
    return await conversation.press(ids[-1])


async def test_one_message_is_answered_by_criterion(service: Service) -> None:
    async with connect(service.url, service.run) as signpost:
        reply = await (await signpost.open()).say(CASE)
    assert (reply.topic, reply.crisis, reply.eligibility) == (
        "eligibility",
        False,
        {"belmarsh": "yes"},
    )
    for said in (
        "from London",
        "history of violence",
        "personality difficulties",
        "two years",
        "The service decides",
        "downloads section",
    ):
        assert said in reply.text
    assert (
        re.search(r"croydon|wounding|accepted|eligible|suitable", reply.text, re.IGNORECASE) is None
    )


async def test_a_case_with_no_service_named_is_held_against_all_of_them(service: Service) -> None:
    async with connect(service.url, service.run) as signpost:
        reply = await (await signpost.open()).say("she's 24 on licence in Hackney")
    assert len(reply.eligibility) == 10
    assert (
        reply.eligibility["sova"],
        reply.eligibility["belmarsh"],
        reply.eligibility["women_in_prison"],
    ) == ("yes", "no", "unknown")


async def test_the_case_is_used_again_put_right_and_forgotten(service: Service) -> None:
    async with connect(service.url, service.run) as signpost:
        conversation = await signpost.open()
        await conversation.say(CASE)
        assert (await conversation.say("what about Swaleside?")).eligibility["swaleside"] == "yes"
        assert (await conversation.say("what about belmarsh?")).eligibility == {"belmarsh": "yes"}
        assert (await conversation.say("sorry, he's from Leeds")).eligibility == {"belmarsh": "no"}
        assert "forgotten" in (await conversation.say("start again")).text
        assert (await conversation.say("what about Swaleside?")).eligibility.get(
            "swaleside"
        ) != "yes"


async def test_the_questions_take_buttons_words_and_other_questions_and_come_back(
    service: Service,
) -> None:
    async with connect(service.url, service.run) as signpost:
        conversation = await signpost.open()
        reply = await press(conversation, await conversation.say(SHORT), "Ask me what is missing")
        assert reply.text == ASKED_FIRST
        assert [label for _, label in reply.buttons][-2:] == ["I don't know", "Stop"]
        between = await conversation.say("can his family visit him at Belmarsh?")
        assert "family visits" in between.text
        assert between.text.endswith(ASKED_FIRST)
        reply = await conversation.say("yes")
        assert "within two years" in reply.text
        reply = await press(conversation, reply, "Yes")
        assert reply.eligibility == {"belmarsh": "yes"}


@pytest.mark.parametrize("said", ["stop", "Stop"])
async def test_stop_ends_the_questions(service: Service, said: str) -> None:
    async with connect(service.url, service.run) as signpost:
        conversation = await signpost.open()
        reply = await press(conversation, await conversation.say(SHORT), "Ask me what is missing")
        reply = await (
            press(conversation, reply, said) if said == "Stop" else conversation.say(said)
        )
        assert "no more questions" in reply.text
        assert reply.eligibility == {"belmarsh": "unknown"}
        assert not (await conversation.say("how many places are there at swaleside")).text.endswith(
            "?"
        )


async def test_a_button_of_a_question_that_is_over_still_counts(service: Service) -> None:
    async with connect(service.url, service.run) as signpost:
        conversation = await signpost.open()
        question = await press(
            conversation, await conversation.say(SHORT), "Ask me what is missing"
        )
        await conversation.say("stop")
        assert (await press(conversation, question, "Not from London")).eligibility == {
            "belmarsh": "no"
        }


@pytest.mark.parametrize(
    "steps",
    [
        [],
        [SHORT],
        [SHORT, "*Ask me what is missing"],
        [SHORT, "*Ask me what is missing", "*From London"],
    ],
)
async def test_a_crisis_comes_first_in_every_state_and_asks_nothing(
    service: Service, steps: list[str]
) -> None:
    async with connect(service.url, service.run) as signpost:
        conversation = await signpost.open()
        reply = None
        for step in steps:
            reply = await (
                press(conversation, reply, step[1:])
                if reply and step.startswith("*")
                else conversation.say(step)
            )
        reply = await conversation.say(CRISIS)
        assert reply.crisis
        assert "sponsor" in reply.text
        assert "Is the person" not in reply.text
        after = await conversation.say("when is the forum checked?")
        assert "Monday to Friday" in after.text
        assert after.text.rstrip().endswith("?") is (len(steps) > 1)


@pytest.mark.parametrize(
    ("text", "crisis"),
    [
        (
            "Client 30, history of self-harm and two past overdoses, murder, PD, stuck. Swaleside?",
            False,
        ),
        ("M 25, high risk of suicide in 2019, GBH, PD, Hackney: LPPU?", False),
        (
            "I have a man here with PD and GBH, from Hackney, and he has a ligature round his neck now. LPPU?",
            True,
        ),
    ],
)
async def test_risk_words_in_a_case_are_no_crisis_and_risk_now_is(
    service: Service, text: str, crisis: bool
) -> None:
    async with connect(service.url, service.run) as signpost:
        reply = await (await signpost.open()).say(text)
    assert reply.crisis is crisis


async def test_the_page_to_print_holds_the_case_and_no_word_of_it(service: Service) -> None:
    async with aiohttp.ClientSession(service.url) as http:
        async with http.post(
            "/api/messages", json={"text": "Mr Testcase, A1234BC, 34, Croydon, PD, wounding"}
        ) as response:
            answer = await response.json()
        assert answer["summary"]
        async with http.post("/summary", data={"conversation": answer["conversation"]}) as response:
            assert response.status == 200
            assert response.headers["Cache-Control"] == "no-store"
            page = html.unescape(await response.text())
    assert page.count('scope="row"') == 10
    assert "aged 34" in page
    assert re.search(r"testcase|a1234bc|croydon|wounding", page, re.IGNORECASE) is None
    assert answer["conversation"] not in page


async def test_there_is_nothing_to_print_without_a_case(service: Service) -> None:
    async with (
        aiohttp.ClientSession(service.url) as http,
        http.post("/summary", data={"conversation": ""}) as response,
    ):
        assert "no case to print" in html.unescape(await response.text())


async def test_a_cry_for_help_in_the_box_is_heard_on_the_way_to_the_printer(
    service: Service,
) -> None:
    async with (
        aiohttp.ClientSession(service.url) as http,
        http.post("/summary", data={"conversation": "", "text": CRISIS}) as response,
    ):
        assert "116 123" in await response.text()


async def test_nothing_of_a_case_is_in_the_log(service: Service) -> None:
    async with connect(service.url, service.run) as signpost:
        await (await signpost.open()).say("Mr Quillfeather, 41, Peckham, manslaughter, PD: LPPU?")
    log = (service.run.parent / f"{service.run.name}.log").read_text(encoding="utf-8").lower()
    assert [word for word in ("quillfeather", "peckham", "manslaughter") if word in log] == []
