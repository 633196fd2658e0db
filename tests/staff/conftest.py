"""The real desk over HTTP, with a directory in SQLite, and people who sign in to it."""

import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from html import unescape
from io import BytesIO
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp.test_utils import TestClient, TestServer

from bot.settings import ROOT, Settings
from bot.sponsors.administration import Administration
from bot.sponsors.keys import add_key
from bot.staff import totp
from bot.staff.app import DESK, Desk, create_app
from bot.staff.model import Role
from tests.sponsors.test_directory import roster

PASSWORD = "three words apart"
Staff = Callable[[Role], Awaitable["Person"]]


@dataclass
class Seen:
    """A page as it came. `at`: where a redirect leads to."""

    status: int
    text: str
    headers: dict[str, str]
    at: str = ""
    cookie: str = ""

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.text)
        assert found
        return found.group(1)


@dataclass
class Person:
    """Somebody with a browser. `cookie` is what it holds."""

    desk: Desk
    client: TestClient  # type: ignore[type-arg]
    cookie: str = ""
    name: str = ""

    async def get(self, path: str) -> Seen:
        return await self._send("GET", path)

    async def post(self, path: str, own: bool = True, /, **fields: str) -> Seen:
        """Sends a form; `own`: with the token of the session."""
        if own:
            fields["csrf"] = (await self.get("/")).csrf
        return await self._send("POST", path, data=fields)

    async def upload(
        self,
        data: bytes,
        *,
        csrf: str | None = None,
        to: str = "/sponsors/import",
        name: str = "roster.csv",
    ) -> Seen:
        form = aiohttp.FormData()
        form.add_field("csrf", (await self.get("/")).csrf if csrf is None else csrf)
        form.add_field("file", BytesIO(data), filename=name, content_type="text/csv")
        return await self._send("POST", to, data=form)

    async def _send(self, method: str, path: str, **options: Any) -> Seen:
        headers = {"Cookie": f"signpost_staff={self.cookie}"} if self.cookie else {}
        async with self.client.request(
            method, path, allow_redirects=False, headers=headers, **options
        ) as response:
            cookie = response.headers.get("Set-Cookie", "")
            return Seen(
                response.status,
                unescape((await response.read()).decode(errors="replace")),
                dict(response.headers),
                response.headers.get("Location", ""),
                cookie,
            )

    async def sign_in(self, password: str = PASSWORD, code: str = "", **more: str) -> Seen:
        fields = {"name": self.name, "password": password, "code": code, **more}
        seen = await self.post("/sign-in", False, **fields)
        if seen.status == 303:
            self.cookie = seen.cookie.split("=", 1)[1].split(";", 1)[0]
        return seen


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    add_key(tmp_path / "keys")
    return Settings(
        sponsor_database=f"sqlite:///{tmp_path}/sponsors.db",
        sponsor_keys=tmp_path / "keys",
        staff_port=8099,
        confirm_port=8098,
        run=tmp_path / "run",
        audit=tmp_path / "audit",
        content=ROOT / "bot" / "content",
        content_versions=tmp_path / "versions",
    )


@pytest.fixture
async def client(settings: Settings) -> AsyncIterator[TestClient]:  # type: ignore[type-arg]
    app = create_app(settings)
    app[DESK].accounts._refused_seconds = 0.0
    await app[DESK].directory.upgrade()
    await Administration(app[DESK].directory).load(roster())
    async with TestClient(TestServer(app), cookie_jar=aiohttp.DummyCookieJar()) as opened:
        yield opened


@pytest.fixture
def desk(client: TestClient) -> Desk:  # type: ignore[type-arg]
    return client.server.app[DESK]  # type: ignore[attr-defined, no-any-return]


@pytest.fixture
def clock(desk: Desk) -> Callable[[], str]:
    """Moves the desk's clock on by a step of one-time codes at each call."""
    steps = [0]
    desk.accounts._seconds = lambda: time.time() + steps[0] * totp.STEP_SECONDS

    def next_step() -> str:
        steps[0] += 2
        return ""

    return next_step


@pytest.fixture
def staff(desk: Desk, client: TestClient, clock: Callable[[], str]) -> Staff:  # type: ignore[type-arg]
    """Somebody with a role, set up and signed in."""

    async def sign_in(role: Role) -> Person:
        name = f"{role.value}.example"
        token = await desk.accounts.invite(name, role)
        invited = await desk.accounts.invited(token)
        assert invited
        assert await desk.accounts.set_up(token, PASSWORD, code_now(desk, invited.secret))
        clock()
        person = Person(desk, client, name=name)
        assert (await person.sign_in(code=code_now(desk, invited.secret))).status == 303
        return person

    return sign_in


def code_now(desk: Desk, secret: bytes) -> str:
    return totp.code_at(secret, int(desk.accounts._seconds()) // totp.STEP_SECONDS)
