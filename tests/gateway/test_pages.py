"""The same conversation with plain forms, as a browser without JavaScript has it."""

import asyncio
import html
import re
from pathlib import Path
from typing import Any
from urllib.parse import quote_plus

import pytest

from bot.gateway.api.operator import read_operator_token, write_operator_token
from bot.gateway.notices import load_notices
from bot.safety import replies
from bot.settings import ROOT
from bot.sponsors.codes import new_code
from bot.widget.pages import paragraphs
from bot.widget.strings import load_strings
from tests.gateway.conftest import Gateway, Start
from tests.gateway.fakes import CASE, CRISIS

CONTENT = ROOT / "bot" / "content"
HELP, NOTICES = replies.load_help(CONTENT), load_notices(CONTENT)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


async def page(response: Any) -> str:
    assert response.content_type == "text/html"
    return html.unescape(await response.text())


def field(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found, f"no {name} in {text}"
    return found.group(1)


@pytest.mark.parametrize("path", ["/", "/chat", "/help-now"])
async def test_pages_are_there_with_the_worker_dead_and_the_detector_loading(
    start: Start, path: str
) -> None:
    gateway = await start(worker=False, loaded=False)
    async with gateway.client.get(path) as response:
        assert response.status == 200
        assert HELP.help_button in await page(response)


async def test_help_now_has_the_lines(gateway: Gateway) -> None:
    async with gateway.client.get("/help-now") as response:
        text = await page(response)
    assert "116 123" in text


async def test_every_file_that_a_page_names_is_served_and_revalidated(gateway: Gateway) -> None:
    for path in ("/", "/chat", "/help-now"):
        async with gateway.client.get(path) as response:
            text = await response.text()
        for name in re.findall(r'(?:src|href)="(/[\w.-]+\.\w+)"', text):
            async with gateway.client.get(name) as first:
                assert first.status == 200
            async with gateway.client.get(
                name, headers={"If-None-Match": first.headers["ETag"]}
            ) as second:
                assert (second.status, await second.read()) == (304, b"")
    async with gateway.client.get("/widget.js") as script:
        assert script.content_type == "text/javascript"


async def test_a_conversation_by_form(gateway: Gateway) -> None:
    async with gateway.client.post(
        "/chat", data={"conversation": "", "text": "visits at Belmarsh?", "do": "send"}
    ) as response:
        text = await page(response)
    assert response.status == 200
    assert "1: visits at Belmarsh?" in text
    assert "From a test." in text
    conversation = field(text, "conversation")
    async with gateway.client.post(
        "/chat", data={"conversation": conversation, "text": "", "button": field(text, "button")}
    ) as response:
        text = await page(response)
    greeting = paragraphs(load_strings(CONTENT).greeting)
    said = [
        *greeting,
        "visits at Belmarsh?",
        "1: visits at Belmarsh?",
        "Again",
        '2: /ask_about{"service": "belmarsh"}',
    ]
    assert [
        entry for entry in re.findall(r'<p dir="auto">(.*?)</p>', text) if entry != "From a test."
    ] == said
    async with gateway.client.post(
        "/chat",
        data={"conversation": conversation, "text": "", "do": "clear"},
        allow_redirects=False,
    ) as response:
        assert (response.status, response.headers["Location"]) == (303, "/chat")
    async with gateway.client.post(
        "/chat", data={"conversation": conversation, "text": "hello", "do": "send"}
    ) as response:
        text = await page(response)
    assert NOTICES.forgotten in text
    assert field(text, "conversation") != conversation


@pytest.mark.parametrize(
    ("accepted", "packed"),
    [("gzip", True), ("br, gzip;q=0.5", True), ("gzip;q=0", False), ("gzip; q=0.0, br", False)],
)
async def test_only_who_takes_it_gets_gzip(gateway: Gateway, accepted: str, packed: bool) -> None:
    async with gateway.client.get("/page.css", headers={"Accept-Encoding": accepted}) as response:
        assert (response.headers.get("Content-Encoding") == "gzip") is packed


async def test_a_first_question_can_be_pressed(gateway: Gateway) -> None:
    async with gateway.client.get("/chat") as response:
        questions = re.findall(r'<button name="idea" value="([^"]*)"', await page(response))
    assert questions == [starter.label for starter in NOTICES.starters]
    for starter in NOTICES.starters:
        form = {"text": "half a question", "idea": starter.label}
        async with gateway.client.post("/chat", data=form) as response:
            text = await page(response)
        assert f'<p dir="auto">{starter.label}</p>' in text
        assert f"1: {starter.payload}" in text
    async with gateway.client.post("/chat", data={**form, "text": CRISIS}) as response:
        assert HELP.answers["self"].opening in await page(response)


async def test_what_tells_of_a_person_is_not_kept_for_the_page(gateway: Gateway) -> None:
    async with gateway.client.post(
        "/chat", data={"text": "Ring me on 07700 900123 about visits at Belmarsh", "do": "send"}
    ) as response:
        text = await page(response)
    assert ("about visits at Belmarsh" in text, "900123" in text) == (True, False)


@pytest.mark.parametrize("cookie", ["", "made-up-token"])
async def test_help_stays_on_the_page(gateway: Gateway, cookie: str) -> None:
    headers = {"Cookie": f"signpost_sponsor={cookie}"} if cookie else {}
    async with gateway.client.post(
        "/chat", data={"text": CRISIS, "do": "send"}, headers=headers
    ) as response:
        text = await page(response)
    assert HELP.answers["self"].opening in text
    async with gateway.client.post(
        "/chat", data={"conversation": field(text, "conversation"), "text": "hello", "do": "send"}
    ) as response:
        assert HELP.answers["self"].opening in await page(response)


async def test_a_refusal_leaves_the_conversation_in_view(gateway: Gateway) -> None:
    async with gateway.client.post(
        "/chat", data={"text": "visits at Belmarsh?", "do": "send"}
    ) as response:
        conversation = field(await page(response), "conversation")
    async with gateway.client.post(
        "/chat", data={"conversation": conversation, "text": "x" * 501, "do": "send"}
    ) as response:
        text = await page(response)
    assert [
        part in text
        for part in (
            "1: visits at Belmarsh?",
            NOTICES.refused["too_long"],
            "x" * 501,
            'name="button"',
        )
    ] == [True] * 4


async def test_a_conversation_is_shown_in_itself_only_and_not_after_its_end(
    gateway: Gateway,
) -> None:
    async with gateway.client.post(
        "/chat", data={"text": "a made-up secret", "do": "send"}
    ) as response:
        mine = field(await page(response), "conversation")
    for path, fields in (
        ("/chat", {"conversation": "guessed", "text": "hello", "do": "send"}),
        (f"/api/conversations/{mine}/end", {}),
        ("/chat", {"conversation": mine, "text": "hello", "do": "send"}),
    ):
        async with gateway.client.post(path, data=fields) as response:
            assert "secret" not in await response.text()


async def test_an_answer_is_called_helpful_once_and_only_counted(start: Start, run: Path) -> None:
    write_operator_token(run)
    gateway = await start()
    async with gateway.client.post(
        "/chat", data={"text": "visits at Belmarsh?", "do": "send"}
    ) as response:
        text = await page(response)
    judged = {
        "conversation": field(text, "conversation"),
        "answer": field(text, "answer"),
        "text": "",
        "helpful": "yes",
    }
    for _ in range(2):
        async with gateway.client.post("/chat", data=judged) as response:
            text = await page(response)
        assert [
            part in text for part in ("1: visits at Belmarsh?", 'name="button"', 'name="helpful"')
        ] == [True, True, False]
    async with gateway.client.get("/api/feedback") as response:
        assert response.status == 404
    async with gateway.client.get(
        "/api/feedback", headers={"Authorization": f"Bearer {read_operator_token(run)}"}
    ) as response:
        assert await response.json() == {"about_lpp": {"yes": 1, "no": 0}}


async def test_words_beside_a_verdict_are_heard(gateway: Gateway) -> None:
    async with gateway.client.post(
        "/chat", data={"text": CRISIS, "helpful": "no", "answer": "x"}
    ) as response:
        assert "116 123" in await page(response)


async def test_a_kiosk_forgets_by_itself_and_links_nowhere(start: Start) -> None:
    gateway = await start(kiosk_seconds=1)
    async with gateway.client.post(
        "/chat", data={"text": "a made-up secret", "do": "send"}
    ) as response:
        text = await page(response)
    conversation = field(text, "conversation")
    assert '<noscript><meta http-equiv="refresh" content="1; url=/leave/chat"></noscript>' in text
    for path in ("/", "/chat", "/help-now"):
        async with gateway.client.get(path) as response:
            assert re.findall(r'href="(?!/|#)[^"]*"', await response.text()) == []
    await asyncio.sleep(1.1)
    async with gateway.client.post(
        "/chat", data={"conversation": conversation, "text": "hello", "do": "send"}
    ) as response:
        assert "secret" not in await page(response)


async def test_what_is_typed_is_shown_as_text(gateway: Gateway) -> None:
    async with gateway.client.post(
        "/chat", data={"text": "<script>alert(1)</script>", "do": "send"}
    ) as response:
        assert "<script>alert(1)" not in await response.text()


REFUSED = [
    (b"text=&do=send", FORM, 400, "empty"),
    (b"text=" + b"x" * 501, FORM, 400, "too_long"),
    (b"text=" + b"x" * 9000, FORM, 413, "too_large"),
    (b"text=a%00b", FORM, 400, "unreadable"),
    (b"text=%ff", FORM, 400, "unreadable"),
    (b"text=a&sender=default", FORM, 400, "unreadable"),
    (b"nonsense", FORM, 400, "unreadable"),
    (b"text=hello", {"Content-Type": "text/plain"}, 415, "wrong_type"),
    (b"button=gone&text=", FORM, 410, "button_gone"),
]


@pytest.mark.parametrize(("body", "headers", "status", "reason"), REFUSED)
async def test_what_cannot_be_taken_is_refused_on_the_page(
    gateway: Gateway, body: bytes, headers: dict[str, str], status: int, reason: str
) -> None:
    async with gateway.client.post("/chat", data=body, headers=headers) as response:
        text = await page(response)
    assert (response.status, NOTICES.refused[reason] in text, HELP.help_button in text) == (
        status,
        True,
        True,
    )


CRIES = [
    {"text": CRISIS, "do": "send"},
    {"text": CRISIS, "button": "gone"},
    {"text": CRISIS, "sender": "default"},
    {"text": f"a\0b {CRISIS}"},
    {"text": "please " * 80 + CRISIS},
]


@pytest.mark.parametrize("fields", CRIES)
async def test_a_cry_for_help_in_a_form_is_heard(gateway: Gateway, fields: dict[str, str]) -> None:
    gateway.worker.mode = "die"
    body = "&".join(f"{name}={quote_plus(value)}" for name, value in fields.items())
    async with gateway.client.post("/chat", data=body, headers=FORM) as response:
        text = await page(response)
    assert response.status == 200
    assert HELP.answers["self"].opening in text
    assert 'class="now" id="latest"' in text
    assert HELP.after_crisis_short.partition(":")[0] in text


FORMS = re.compile(r"<form[^>]*action=\"([^\"#]*)[^>]*>(.*?)</form>", re.DOTALL)
FIELD = re.compile(
    r"<(?:input|textarea)(?![^>]*type=\"(?:hidden|checkbox)\")[^>]* name=\"([^\"]+)\""
)
HIDDEN = re.compile(r"<input type=\"hidden\" name=\"([^\"]+)\" value=\"([^\"]*)\"")
SUBMIT = re.compile(r"<button(?![^>]*type=\"button\")([^>]*)>")


async def test_every_text_field_of_every_form_is_heard_whatever_is_pressed(
    start: Start, run: Path
) -> None:
    """The forms as the pages show them, each field with a cry for help in it, alone and with the
    others filled in, by each of the form's buttons.
    """
    (run / "keys").touch()
    gateway = await start(
        sponsor_database=f"sqlite:///{run}/none.db", sponsor_keys=run / "keys", worker=True
    )
    async with gateway.client.post("/chat", data={"text": CASE, "do": "send"}) as response:
        talk = await page(response)
    async with gateway.client.get("/sponsor") as response:
        sponsor = await page(response)
    # Who says it twice running in one conversation gets the help with another opening.
    openings = (HELP.answers["self"].opening, HELP.crisis_again)
    tried, deaf = 0, []
    for action, form in (found for shown in (talk, sponsor) for found in FORMS.findall(shown)):
        hidden, fields = dict(HIDDEN.findall(form)), FIELD.findall(form)
        for field_ in fields:
            for others in ("", "LPP0001"):
                for attributes in SUBMIT.findall(form):
                    of = dict(re.findall(r"(\w+)=\"([^\"]*)\"", attributes))
                    data = {**hidden, **dict.fromkeys(fields, others), field_: CRISIS}
                    if "name" in of:
                        data[of["name"]] = of["value"]
                    for sent in (data, {field_: CRISIS, **data, "conversation": ""}):
                        async with gateway.client.post(
                            of.get("formaction", action), data=sent, allow_redirects=False
                        ) as response:
                            shown = await page(response)
                            if not any(opening in shown for opening in openings):
                                deaf.append((action, sent))
                    tried += 2
    assert (tried > 20, deaf) == (True, [])


@pytest.mark.parametrize(
    ("path", "data"),
    [
        ("/chat", {"text": CRISIS, "do": "back"}),
        ("/sponsor", {"do": "end", "reference": CRISIS}),
        ("/sponsor", {"do": "end", "code": CRISIS}),
        ("/sponsor", {"code": CRISIS}),
    ],
)
async def test_words_are_heard_in_forms_that_no_page_of_ours_shows(
    gateway: Gateway, path: str, data: dict[str, str]
) -> None:
    async with gateway.client.post(path, data=data) as response:
        assert (response.status, HELP.answers["self"].opening in await page(response)) == (
            200,
            True,
        )


@pytest.mark.parametrize("step", HELP.aftercare.values(), ids=list(HELP.aftercare))
async def test_a_step_after_a_crisis_works_when_the_conversation_is_gone(
    gateway: Gateway, step: Any
) -> None:
    gateway.worker.mode = "die"
    async with gateway.client.post(
        "/chat", data={"conversation": "gone", "button": f"gone {step.label}"}
    ) as response:
        text = await page(response)
    assert (response.status, step.text in text, step.label in text) == (200, True, True)
    said = await gateway.say(step.label, "gone")
    assert (said["crisis"], step.text in said["messages"][0]["text"]) == (True, True)


async def test_a_button_of_a_conversation_that_is_gone_says_what_it_says(gateway: Gateway) -> None:
    async with gateway.client.post(
        "/chat", data={"conversation": "gone", "button": "gone Visits at Belmarsh?", "text": ""}
    ) as response:
        text = await page(response)
    assert (response.status, "1: Visits at Belmarsh?" in text) == (200, True)


async def test_the_end_of_a_line_is_one_character(gateway: Gateway) -> None:
    typed = "\n".join(["x" * 49] * 10)  # 499 characters, as the box counts them
    async with gateway.client.post(
        "/chat", data={"text": typed.replace("\n", "\r\n"), "do": "send"}
    ) as response:
        assert response.status == 200


async def test_an_error_is_in_the_title_and_above_the_rest(gateway: Gateway) -> None:
    async with gateway.client.post("/chat", data={"text": "x" * 501, "do": "send"}) as response:
        text = await page(response)
    assert "<title>Error: " in text
    assert text.index('id="latest" role="alert"') < text.index("<ol")
    assert 'href="#text"' in text
    assert 'aria-invalid="true"' in text


@pytest.mark.parametrize(
    ("reference", "configured", "status", "invalid"),
    [("LPP-0001", False, 503, False), ("no reference", True, 400, True)],
    ids=["ours", "theirs"],
)
async def test_an_error_of_the_sponsors_page_is_in_the_title_with_a_number_to_call(
    start: Start, run: Path, reference: str, configured: bool, status: int, invalid: bool
) -> None:
    (run / "keys").touch()
    directory: dict[str, Any] = {
        "sponsor_database": f"sqlite:///{run}/none.db",
        "sponsor_keys": run / "keys",
    }
    gateway = await start(**directory if configured else {})
    form = {"reference": reference, "code": new_code()}
    async with gateway.client.post("/sponsor", data=form) as response:
        text = await page(response)
    assert response.status == status
    assert "<title>Error: " in text
    assert text.index("116 123") < text.index("There is a problem")
    assert text.count('aria-invalid="true"') == (2 if invalid else 0)


async def test_the_line_with_a_number_outlives_the_conversation(gateway: Gateway) -> None:
    async with gateway.client.post("/chat", data={"text": CRISIS, "do": "send"}) as response:
        helped = field(await page(response), "helped")
    form = {"conversation": "gone", "helped": helped, "text": "hello", "do": "send"}
    for _ in range(2):
        async with gateway.client.post("/chat", data=form) as response:
            text = await page(response)
        assert 'class="now" id="latest"' in text
        form["conversation"], form["helped"] = field(text, "conversation"), field(text, "helped")
    async with gateway.client.post("/chat", data={**form, "text": "", "do": "clear"}) as response:
        assert 'name="helped"' not in await page(response)


async def test_the_line_with_a_number_comes_along_to_the_sponsors_page_and_back(
    gateway: Gateway,
) -> None:
    async with gateway.client.post("/chat", data={"text": CRISIS, "do": "send"}) as response:
        (way,) = [form for to, form in FORMS.findall(await page(response)) if to == "/sponsor"]
    form = {**dict(HIDDEN.findall(way)), "conversation": "gone"}
    for _ in range(2):
        async with gateway.client.post("/sponsor", data=form) as response:
            text = await page(response)
        assert text.index("116 123") < text.index("</main>")
        (back,) = [form for to, form in FORMS.findall(text) if to == "/chat"]
        form = dict(HIDDEN.findall(back))
    async with gateway.client.post("/chat", data={**form, "do": "back"}) as response:
        assert 'class="now" id="latest"' in await page(response)


async def test_a_cry_for_help_on_the_sponsors_page_keeps_the_line_on_the_way_back(
    gateway: Gateway,
) -> None:
    async with gateway.client.post("/sponsor", data={"reference": CRISIS, "code": ""}) as response:
        assert field(await page(response), "helped")


async def test_what_is_in_the_box_stays_there_on_the_way_back(gateway: Gateway) -> None:
    async with gateway.client.post("/chat", data={"text": "half a question", "do": "back"}) as said:
        assert "half a question</textarea>" in await page(said)


async def test_a_browser_gets_errors_as_a_page(gateway: Gateway) -> None:
    async with gateway.client.get("/nothing", headers={"Accept": "text/html"}) as response:
        text = await page(response)
    assert (response.status, NOTICES.errors.not_found in text, HELP.help_button in text) == (
        404,
        True,
        True,
    )


async def test_a_case_is_shown_as_a_table_and_can_be_printed(gateway: Gateway) -> None:
    async with gateway.client.post(
        "/chat", data={"conversation": "", "text": CASE, "do": "send"}
    ) as response:
        text = await page(response)
    assert '<th scope="row">from London</th><td>not said</td>' in text
    assert re.findall(r'formaction="/summary" formtarget="_blank">([^<]*)<', text) == ["To print"]
    assert text.count('name="button"') == 1  # the page to print is no button of the conversation
    conversation = field(text, "conversation")
    async with gateway.client.post(
        "/summary", data={"conversation": conversation, "text": ""}
    ) as response:
        printed = await page(response)
    assert "2: /case_summary" in printed
    assert '<th scope="row">from London</th><td>not said</td>' in printed
    assert conversation not in printed


async def test_on_a_kiosk_a_press_keeps_the_page_to_print(start: Start) -> None:
    gateway = await start(kiosk_seconds=60)
    async with gateway.client.post("/chat", data={"text": CASE, "do": "send"}) as response:
        form = {"conversation": field(await page(response), "conversation"), "helped": "1"}
    for turn in (2, 3):
        async with gateway.client.post("/summary", data=form) as response:
            text = await page(response)
        assert f"{turn}: /case_summary" in text
        assert "116 123" in text
        (again,) = [shown for to, shown in FORMS.findall(text) if to == "/summary"]
        form = dict(HIDDEN.findall(again))


async def test_no_user_can_send_what_the_page_to_print_sends(gateway: Gateway) -> None:
    for data in ({"text": "/case_summary", "do": "send"}, {"button": "/case_summary"}):
        async with gateway.client.post("/chat", data={"conversation": "", **data}) as response:
            assert ": /case_summary" not in await page(response)


@pytest.mark.parametrize(("data", "status"), [("{", 415), ("unknown=field", 400)])
async def test_what_is_no_form_of_ours_prints_nothing(
    gateway: Gateway, data: str, status: int
) -> None:
    headers = FORM if status == 400 else {"Content-Type": "application/json"}
    async with gateway.client.post("/summary", data=data, headers=headers) as response:
        assert response.status == status
