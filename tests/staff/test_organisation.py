"""Signing in by the organisation's own sign-in: who gets in, and who does not."""

import re
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import pytest
import time_machine
from aiohttp.test_utils import TestClient, TestServer

from bot.errors import SettingsError
from bot.settings import ROOT, Settings, load_settings
from bot.sponsors.keys import add_key
from bot.staff.app import DESK, Desk, create_app
from bot.staff.identity import identity_of, role_of
from bot.staff.model import Role
from bot.staff.provider import ASKED_SECONDS, FRESH_SECONDS, PENDING_SECONDS
from bot.staff.sessions import IDLE_SECONDS, WHOLE_SECONDS
from tests.staff import id_provider
from tests.staff.conftest import PASSWORD, Person, Seen, code_now
from tests.staff.id_provider import CLIENT, SECRET, Claims, IdProvider, new_key

ROLES = (("desk-editors", "editor"), ("desk-admins", "administrator"))


@pytest.fixture
async def provider() -> AsyncIterator[IdProvider]:
    provider = IdProvider()
    async with TestServer(provider.app()) as server:
        provider.issuer = f"http://127.0.0.1:{server.port}"
        yield provider


@pytest.fixture
def settings(tmp_path: Path, provider: IdProvider) -> Settings:
    add_key(tmp_path / "keys")
    return Settings(
        sponsor_database=f"sqlite:///{tmp_path}/sponsors.db",
        sponsor_keys=tmp_path / "keys",
        staff_port=8099,
        run=tmp_path / "run",
        audit=tmp_path / "audit",
        content=ROOT / "bot" / "content",
        oidc_issuer=provider.issuer,
        oidc_client=CLIENT,
        oidc_secret=SECRET,
        oidc_roles=ROLES,
    )


class Browser(Person):
    """It goes to the provider and back, with the cookies that a browser would send."""

    pending = ""

    async def start(self) -> str:
        """Where the desk leads to."""
        async with self.client.get("/sign-in/organisation", allow_redirects=False) as response:
            assert response.status == 303
            cookie = response.headers["Set-Cookie"]
            assert re.search(r"HttpOnly; .*SameSite=Lax", cookie)
            self.pending = cookie.partition(";")[0]
            return response.headers["Location"]

    async def authorize(self, url: str) -> str:
        """The way back, as a path of the desk."""
        async with (
            aiohttp.ClientSession() as session,
            session.get(url, allow_redirects=False) as response,
        ):
            back = response.headers["Location"]
        assert back.startswith("http://127.0.0.1:8099/sign-in/return?")
        return back.removeprefix("http://127.0.0.1:8099")

    async def come_back(self, path: str) -> Seen:
        headers = {"Cookie": self.pending}
        async with self.client.get(path, headers=headers, allow_redirects=False) as response:
            cookies = response.headers.getall("Set-Cookie", [])
            self.cookie = next(
                (
                    one.partition(";")[0].partition("=")[2]
                    for one in cookies
                    if one.startswith("signpost_staff=")
                ),
                "",
            )
            return Seen(response.status, await response.text(), dict(response.headers))

    async def whole_way(self) -> Seen:
        return await self.come_back(await self.authorize(await self.start()))


@pytest.fixture
async def browser(settings: Settings) -> AsyncIterator[Browser]:
    app = create_app(settings)
    desk = app[DESK]
    desk.accounts._refused_seconds = 0.0
    await desk.directory.upgrade()
    async with TestClient(TestServer(app), cookie_jar=aiohttp.DummyCookieJar()) as opened:
        yield Browser(desk, opened)


async def accounts_of(desk: Desk) -> list[tuple[str, str]]:
    return [(account.name, account.role.value) for account in await desk.accounts.all()]


async def test_who_has_a_role_gets_in_with_it(browser: Browser, provider: IdProvider) -> None:
    provider.who["preferred_username"] = "Alex.Specimen@trust.example"
    seen = await browser.whole_way()
    assert (seen.status, seen.headers["Refresh"]) == (200, "0; url=/")
    home = await browser.get("/")
    assert (home.status, ">Answers</a>" in home.text) == (200, True)
    assert (await browser.get("/sponsors")).status == 403
    ((name, role),) = await accounts_of(browser.desk)
    assert re.fullmatch(r"alex\.specimen@[0-9a-f]{6}", name)
    assert role == "editor"
    lines = [(line.who, line.action) for line in await browser.desk.accounts.logged(5)]
    assert lines == [(name, "sign in"), (name, "account")]
    await browser.whole_way()
    assert len(await accounts_of(browser.desk)) == 1


async def test_the_way_there_is_asked_for_as_the_protocol_says(browser: Browser) -> None:
    query = {
        name: values[0] for name, values in parse_qs(urlsplit(await browser.start()).query).items()
    }
    assert query["code_challenge_method"] == "S256"
    assert query["max_age"] == str(int(IDLE_SECONDS))
    other = parse_qs(urlsplit(await browser.start()).query)
    for name in ("state", "nonce", "code_challenge"):
        assert len(query[name]) >= 43
        assert query[name] != other[name][0]


def claim(**changes: Any) -> Callable[[Claims], None]:
    return lambda claims: claims.update(changes)


def without(name: str) -> Callable[[Claims], None]:
    return lambda claims: claims.pop(name)


def moved(name: str, seconds: int) -> Callable[[Claims], None]:
    return lambda claims: claims.update({name: claims[name] + seconds})


WRONG_CLAIMS: dict[str, Callable[[Claims], None]] = {
    "another sign-in's nonce": claim(nonce="x" * 64),
    "no nonce": without("nonce"),
    "for another client": claim(aud="somebody-else"),
    "for others, and not for us": claim(aud=["a", "b"]),
    "for us and others, made for another": claim(aud=[CLIENT, "b"], azp="b"),
    "for us and others, for whom is not said": claim(aud=[CLIENT, "b"]),
    "for nobody": without("aud"),
    "another issuer": claim(iss="https://id.example"),
    "no issuer": without("iss"),
    "over": moved("exp", -300 - 61),
    "without an end": without("exp"),
    "not yet": claim(nbf=9_999_999_999),
    "nobody": without("sub"),
    "signed in too long ago": moved("auth_time", -int(IDLE_SECONDS) - 65),
    "signed in nobody knows when": without("auth_time"),
    "another access token": claim(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
}


@pytest.mark.parametrize("what", WRONG_CLAIMS)
async def test_a_token_with_a_wrong_claim_opens_nothing(
    browser: Browser, provider: IdProvider, what: str
) -> None:
    provider.wrong = WRONG_CLAIMS[what]
    await not_let_in(browser)
    provider.wrong = lambda _: None
    assert (await browser.whole_way()).status == 200


async def not_let_in(browser: Browser) -> None:
    seen = await browser.whole_way()
    assert (seen.status, browser.cookie) == (403, "")
    assert "did not let you in" in seen.text
    assert await accounts_of(browser.desk) == []
    line = (await browser.desk.accounts.logged(1))[0]
    assert (line.who, line.action, line.outcome) == ("", "sign in", "refused")


@pytest.mark.parametrize(
    "sign",
    [
        id_provider.by_a_stranger,
        id_provider.by_nobody,
        id_provider.by_our_secret,
        id_provider.with_the_public_key_as_a_secret,
        id_provider.changed_afterwards,
        id_provider.of_no_kind,
        id_provider.of_several_keys_and_none_named,
    ],
)
async def test_a_token_that_the_provider_did_not_sign_opens_nothing(
    browser: Browser, provider: IdProvider, sign: Callable[[IdProvider, Claims], str]
) -> None:
    provider.sign = sign
    await not_let_in(browser)


async def test_a_token_is_still_taken_at_the_edge_of_its_time(
    browser: Browser, provider: IdProvider
) -> None:
    """Clocks differ by some seconds."""
    provider.wrong = moved("exp", -300 - 30)
    assert (await browser.whole_way()).status == 200


async def test_new_keys_of_the_provider_are_read_when_they_are_needed(
    browser: Browser, provider: IdProvider
) -> None:
    assert (await browser.whole_way()).status == 200
    provider.keys = [new_key("second")]
    assert (await browser.whole_way()).status == 200
    assert (await browser.whole_way()).status == 200
    assert provider.asked.count("keys") == 2
    assert provider.asked.count("discovery") == 1


@pytest.mark.parametrize(
    "change", ["state", "no state", "iss", "no code", "error", "no cookie", "late"]
)
async def test_a_way_back_that_does_not_belong_to_the_way_there(
    browser: Browser, provider: IdProvider, change: str
) -> None:
    path = await browser.authorize(await browser.start())
    match change:
        case "state":
            path = re.sub(r"state=[^&]+", "state=another", path)
        case "no state":
            path = re.sub(r"&state=[^&]+", "", path)
        case "iss":
            path = re.sub(r"iss=[^&]+", "iss=https://other.example", path)
        case "no code":
            path = re.sub(r"code=[^&]+&", "", path)
        case "error":
            path = re.sub(r"code=[^&]+", "error=access_denied", path)
        case "no cookie":
            browser.pending = ""
    late = PENDING_SECONDS + 5 if change == "late" else 0
    with time_machine.travel(time.time() + late):
        seen = await browser.come_back(path)
    assert (seen.status, browser.cookie) == (403, "")
    assert "token" not in provider.asked


async def test_the_cookie_of_another_browser_does_not_fit(browser: Browser) -> None:
    """Somebody's own code and state in another one's browser: they would work in a stranger's name."""
    theirs = await browser.authorize(await browser.start())
    await browser.start()
    assert (await browser.come_back(theirs)).status == 403


async def test_a_code_opens_once(browser: Browser) -> None:
    path = await browser.authorize(await browser.start())
    assert (await browser.come_back(path)).status == 200
    assert (await browser.come_back(path)).status == 403


@pytest.mark.parametrize(
    "who",
    [
        {"sub": "1"},
        {"sub": "1", "groups": []},
        {"sub": "1", "groups": "desk-editors,desk-admins"},
        {"sub": "1", "groups": ["Desk-Editors"]},
        {"sub": "1", "roles": ["desk-admins"]},
        {"sub": "1", "groups": {"desk-admins": True}},
        {"sub": "1", "groups": [["desk-admins"], 1, None]},
        {"sub": "1", "groups": ["administrator"]},
    ],
)
async def test_who_has_no_role_gets_nothing_and_no_account(
    browser: Browser, provider: IdProvider, who: Claims
) -> None:
    provider.who = who
    seen = await browser.whole_way()
    assert (seen.status, browser.cookie) == (403, "")
    assert "you have no role" in seen.text
    assert await accounts_of(browser.desk) == []
    assert [line.outcome for line in await browser.desk.accounts.logged(5)] == ["no role"]


@pytest.mark.parametrize(
    ("held", "role"),
    [
        ("desk-admins", Role.ADMINISTRATOR),
        (["x", "desk-admins"], Role.ADMINISTRATOR),
        (["desk-admins", "desk-editors"], Role.EDITOR),
        (["x"], None),
        (None, None),
    ],
)
def test_the_first_role_of_the_mapping_counts(held: object, role: Role | None) -> None:
    assert role_of({"groups": held}, "groups", ROLES) is role


NAMES = [
    ({"preferred_username": "Alex.Specimen"}, "alex.specimen"),
    ({"email": "sam@trust.example"}, "sam"),
    ({"preferred_username": "<b>Jo Madeup\n"}, "bjomadeup"),
    ({"preferred_username": "x" * 40}, "x" * 25),
    ({}, "somebody"),
    ({"preferred_username": 7}, "7"),
]


@pytest.mark.parametrize(("claims", "name"), NAMES)
def test_a_name_fits_the_log_and_is_nobody_elses(claims: Claims, name: str) -> None:
    one, two = (
        identity_of({"iss": "https://id.example", "sub": sub, **claims}, "groups", ROLES).name
        for sub in ("1", "2")
    )
    assert one.partition("@")[0] == name
    assert len(one) <= 32
    assert one != two


async def test_the_role_is_that_of_the_last_sign_in(browser: Browser, provider: IdProvider) -> None:
    await browser.whole_way()
    first = browser.cookie
    provider.who["groups"] = ["desk-admins"]
    await browser.whole_way()
    browser.cookie = first
    assert (await browser.get("/log")).status == 200
    provider.who["groups"] = []
    assert (await browser.whole_way()).status == 403
    browser.cookie = first
    assert (await browser.get("/")).at == "/sign-in"


async def test_who_is_removed_stays_out_until_they_are_let_in_again(
    browser: Browser, provider: IdProvider
) -> None:
    await browser.whole_way()
    ((name, _),) = await accounts_of(browser.desk)
    await browser.desk.accounts.remove(name)
    assert (await browser.get("/")).at == "/sign-in"
    assert (await browser.whole_way()).status == 403
    await browser.desk.accounts.readmit(name)
    assert (await browser.whole_way()).status == 200


@pytest.mark.parametrize("seconds", [IDLE_SECONDS + 1, WHOLE_SECONDS + 1])
async def test_a_session_ends_by_itself(browser: Browser, seconds: float) -> None:
    await browser.whole_way()
    before = browser.desk.sessions._now
    browser.desk.sessions._now = lambda: before() + seconds
    assert (await browser.get("/")).at == "/sign-in"


async def test_signing_out_leads_to_the_way_out_over_there(
    browser: Browser, provider: IdProvider
) -> None:
    await browser.whole_way()
    assert (await browser.post("/sign-out")).at == "/sign-in?done=out"
    assert (await browser.get("/")).at == "/sign-in"
    page = (await browser.get("/sign-in?done=out")).text
    wanted = f"{provider.issuer}/end?client_id={CLIENT}&post_logout_redirect_uri=http%3A%2F%2F127.0.0.1%3A8099%2Fsign-in"
    assert f'href="{wanted}"' in page
    assert "/end" not in (await browser.get("/sign-in")).text


DOWN = ["discovery", "token", "keys"]


@pytest.mark.parametrize("what", DOWN)
async def test_a_provider_that_is_down_leaves_a_plain_page(
    browser: Browser, provider: IdProvider, what: str
) -> None:
    provider.down = frozenset({what})
    if what == "discovery":
        seen = await browser.get("/sign-in/organisation")
    else:
        seen = await browser.whole_way()
    assert (seen.status, "does not answer" in seen.text) == (503, True)
    provider.down = frozenset()
    assert (await browser.whole_way()).status == 200


@pytest.mark.parametrize(
    "document",
    [
        {"issuer": "https://id.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"authorization_endpoint": None},
        {"token_endpoint": "http://id.example/token"},
        {"jwks_uri": "http://127.0.0.1.id.example/keys"},
        {"jwks_uri": "file:///etc/passwd"},
    ],
)
async def test_what_is_no_description_of_this_provider_is_not_believed(
    browser: Browser, provider: IdProvider, document: Claims
) -> None:
    provider.document = document
    assert (await browser.get("/sign-in/organisation")).status == 503


async def test_a_way_out_that_is_no_address_is_not_shown(
    browser: Browser, provider: IdProvider
) -> None:
    provider.document = {"end_session_endpoint": "javascript:alert(1)"}
    await browser.whole_way()
    assert "javascript" not in (await browser.get("/sign-in?done=out")).text


async def test_what_is_known_of_the_provider_is_read_anew_in_an_hour(
    browser: Browser, provider: IdProvider
) -> None:
    """And as soon as somebody is to be sent there: it may be down since."""
    kept = browser.desk.organisation.provider
    assert kept
    before = kept._clock
    await browser.whole_way()
    kept._clock = lambda: before() + ASKED_SECONDS + 1
    await browser.whole_way()
    assert (provider.asked.count("discovery"), provider.asked.count("keys")) == (2, 1)
    kept._clock = lambda: before() + FRESH_SECONDS + 1
    await browser.whole_way()
    assert (provider.asked.count("discovery"), provider.asked.count("keys")) == (3, 2)
    provider.down = frozenset({"discovery"})
    kept._clock = lambda: before() + FRESH_SECONDS + ASKED_SECONDS + 2
    assert (await browser.get("/sign-in/organisation")).status == 503


LOCAL = [
    ("administrators", Role.ADMINISTRATOR, True),
    ("administrators", Role.CO_ORDINATOR, False),
    ("all", Role.CO_ORDINATOR, True),
    ("nobody", Role.ADMINISTRATOR, False),
]


@pytest.mark.parametrize(("local", "role", "is_in"), LOCAL)
async def test_local_accounts_as_far_as_they_are_a_way_in(
    settings: Settings, provider: IdProvider, local: str, role: Role, is_in: bool
) -> None:
    """With the provider down."""
    provider.down = frozenset({"discovery"})
    app = create_app(settings.model_copy(update={"staff_local": local}))
    desk = app[DESK]
    desk.accounts._refused_seconds = 0.0
    await desk.directory.upgrade()
    async with TestClient(TestServer(app), cookie_jar=aiohttp.DummyCookieJar()) as opened:
        person = Person(desk, opened, name="alex.specimen")
        token = await desk.accounts.invite(person.name, role)
        invited = await desk.accounts.invited(token)
        assert invited
        assert await desk.accounts.set_up(token, PASSWORD, code_now(desk, invited.secret))
        before = desk.accounts._seconds
        desk.accounts._seconds = lambda: before() + 60
        seen = await person.sign_in(code=code_now(desk, invited.secret))
        assert (seen.status == 303) is is_in
        form = (await person.get("/sign-in")).text
        assert 'href="/sign-in/organisation"' in form
        assert ('name="password"' in form) is (local != "nobody")


async def test_no_password_opens_an_account_of_the_organisation(browser: Browser) -> None:
    await browser.whole_way()
    ((name, _),) = await accounts_of(browser.desk)
    person = Person(browser.desk, browser.client, name=name)
    assert (await person.sign_in("", "")).status == 403


@pytest.mark.parametrize("missing", ["SIGNPOST_OIDC_CLIENT", "SIGNPOST_OIDC_ROLES"])
def test_half_of_the_settings_is_refused(monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    given = {
        "SIGNPOST_OIDC_ISSUER": "https://id.trust.example/realms/staff",
        "SIGNPOST_OIDC_CLIENT": CLIENT,
        "SIGNPOST_OIDC_ROLES": "a=b=editor /desk/admins=administrator",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert load_settings().oidc_roles == (("a=b", "editor"), ("/desk/admins", "administrator"))
    monkeypatch.delenv(missing)
    with pytest.raises(SettingsError, match=missing):
        load_settings()


@pytest.mark.parametrize("role", Role)
def test_each_role_can_be_mapped(role: Role) -> None:
    assert Settings(oidc_roles=f"a={role.value}").oidc_roles == (("a", role.value),)
