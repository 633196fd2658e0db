"""Puts the desk together: every address with the part that it belongs to, the guard in front of
them, and what they need.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from bot.errors import ContentError, SettingsError, SignpostError
from bot.gateway.http.headers import is_ours
from bot.gateway.http.responses import html, send_asset
from bot.language.encoder import Encoder
from bot.publishing import trying
from bot.publishing.trying import CannotTry
from bot.publishing.versions import CannotPublish
from bot.settings import Settings
from bot.sponsors.administration import NotAgreed
from bot.sponsors.content import load_sponsor_words
from bot.sponsors.hashing import Busy, CodeHasher
from bot.sponsors.keys import read_keys
from bot.sponsors.store import FAILURES, Directory
from bot.staff.accounts import Accounts
from bot.staff.content import load_staff_words
from bot.staff.http import Cookie, read_form, read_upload
from bot.staff.model import ALLOWED, Part, Role
from bot.staff.pages.answering import Answering
from bot.staff.pages.content import ContentPages
from bot.staff.pages.operating import OperatingPages
from bot.staff.pages.organisation import RETURN, START, Organisation
from bot.staff.pages.safety import SafetyPages
from bot.staff.pages.signing_in import SigningIn, Ways
from bot.staff.pages.sponsors import SponsorPages
from bot.staff.pages.unanswered import Similarity, UnansweredPages
from bot.staff.provider import read_provider
from bot.staff.reports import Reports
from bot.staff.sessions import Sessions
from bot.staff.views import Shell, Views, Visitor

HOST = "127.0.0.1"
"""Nothing but this machine reaches it: who wants more puts a proxy with TLS of their own in front."""
HOSTS = frozenset({HOST, "localhost"})
"""Names of this machine that a browser may ask for, beside that of `staff_origin`."""
LOCAL: Mapping[str, frozenset[Role]] = {
    "all": frozenset(Role),
    "administrators": frozenset({Role.ADMINISTRATOR}),
    "nobody": frozenset(),
}
"""Whose password opens something, by the setting."""
FORGET_SECONDS = 60.0
_log = structlog.get_logger(__name__)
Page = Callable[[web.Request, Visitor, Mapping[str, str]], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Address:
    """One address of the desk. `part` None: for whoever is signed in."""

    method: str
    path: str
    part: Part | None
    page: Page


def open_directory(settings: Settings) -> Directory:
    """The directory of the settings. Raises SettingsError."""
    if settings.sponsor_database is None or settings.sponsor_keys is None:
        raise SettingsError(
            "SIGNPOST_SPONSOR_DATABASE and SIGNPOST_SPONSOR_KEYS are needed: docs/staff.md"
        )
    return Directory(settings.sponsor_database.get_secret_value(), read_keys(settings.sponsor_keys))


class Desk:
    """The desk's parts, and its guard."""

    def __init__(self, settings: Settings) -> None:
        """Raises ContentError and SettingsError."""
        self.directory, self.hasher, self.sessions = (
            open_directory(settings),
            CodeHasher(),
            Sessions(),
        )
        origin = settings.staff_origin or f"http://{HOST}:{settings.staff_port}"
        provider = read_provider(settings, origin, RETURN)
        local = settings.staff_local if provider else "all"
        self.accounts = Accounts(self.directory, self.hasher, local=LOCAL[local])
        self.views = Views(load_staff_words(settings.content))
        self.cookie = Cookie(secure=_is_tls(settings.staff_origin))
        self._signing_in = SigningIn(
            self.views,
            self.accounts,
            self.sessions,
            self.cookie,
            Ways(provider, local, f"{origin}/sign-in"),
        )
        self.organisation = Organisation(
            self.views, self.accounts, self.sessions, self.cookie, provider
        )
        sponsors = SponsorPages(
            settings,
            self.views,
            self.directory,
            self.hasher,
            self.sessions,
            load_sponsor_words(settings.content),
        )
        operating = self.operating = OperatingPages(settings, self.views, self.accounts)
        self.similarity = Similarity(lambda: Encoder.load(settings.models))
        unanswered = UnansweredPages(settings, self.views, self.directory, self.similarity)
        safety = SafetyPages(self.views, Reports(self.directory))
        content = self.content = ContentPages(settings, self.views, self.accounts)
        on, edits = Part.SPONSORS, Part.CONTENT
        self.addresses = (
            Address("GET", "/", None, self._signing_in.home),
            Address("POST", "/sign-out", None, self._signing_in.sign_out),
            Address("GET", "/sponsors", on, sponsors.listed),
            Address("GET", "/sponsors/import", on, sponsors.import_form),
            Address("POST", "/sponsors/import", on, sponsors.preview),
            Address("POST", "/sponsors/import/confirm", on, sponsors.import_),
            Address("GET", "/sponsors/codes", on, sponsors.codes_form),
            Address("POST", "/sponsors/codes", on, sponsors.codes),
            Address("GET", "/sponsors/ask", on, sponsors.ask_form),
            Address("POST", "/sponsors/ask", on, sponsors.ask),
            Address("GET", "/sponsors/{id:[0-9a-f]{16}}", on, sponsors.one),
            Address("POST", "/sponsors/{id:[0-9a-f]{16}}/away", on, sponsors.away),
            Address("POST", "/sponsors/{id:[0-9a-f]{16}}/back", on, sponsors.back),
            Address("POST", "/sponsors/{id:[0-9a-f]{16}}/confirm", on, sponsors.confirm),
            Address("POST", "/sponsors/{id:[0-9a-f]{16}}/hand-over", on, sponsors.hand_over),
            Address("GET", "/unanswered", Part.UNANSWERED, unanswered.listed),
            Address("POST", "/unanswered/close", Part.UNANSWERED, unanswered.close),
            Address("GET", "/unanswered/topics", Part.UNANSWERED, unanswered.topics),
            Address("GET", "/content", edits, content.listed),
            Address("GET", "/content/check", edits, operating.content),
            Address("GET", "/content/item", edits, content.item),
            Address("POST", "/content/item", edits, content.save),
            Address("GET", "/content/draft", edits, content.draft),
            Address("POST", "/content/draft", edits, content.change_draft),
            Address("POST", "/content/try", edits, content.try_),
            Address("POST", "/content/compare", edits, content.compare),
            Address("POST", "/content/publish", edits, content.publish),
            Address("GET", "/content/versions", edits, content.versions),
            Address("GET", "/content/versions/{number:[0-9]{1,6}}", edits, content.version),
            Address("POST", "/content/versions/{number:[0-9]{1,6}}/back", edits, content.back),
            Address("GET", "/content/export", edits, content.export),
            Address("GET", "/content/import", edits, content.import_form),
            Address("POST", "/content/import", edits, content.import_),
            Address("GET", "/switches", Part.SWITCHES, operating.switches),
            Address("POST", "/switches", Part.SWITCHES, operating.switch),
            Address("GET", "/crisis", Part.CRISIS, operating.crisis),
            Address("GET", "/crisis/reports", Part.CRISIS, safety.reports),
            Address("POST", "/crisis/reports", Part.CRISIS, safety.report),
            Address("POST", "/crisis/reports/{number:[0-9]{1,9}}/close", Part.CRISIS, safety.close),
            Address("GET", "/crisis/hazards", Part.CRISIS, safety.hazards),
            Address("GET", "/accounts", Part.ACCOUNTS, operating.all_accounts),
            Address("GET", "/log", Part.LOG, operating.log),
        )

    def routes(self) -> list[web.RouteDef]:
        open_to_all = [
            web.get("/sign-in", self._signing_in.sign_in_form),
            web.post("/sign-in", self._signing_in.sign_in),
            web.get(START, self.organisation.start),
            web.get(RETURN, self.organisation.back),
            web.get("/set-up", self._signing_in.set_up_form),
            web.post("/set-up", self._signing_in.set_up),
            *self.assets(),
        ]
        return open_to_all + [
            web.route(address.method, address.path, self._guarded(address))
            for address in self.addresses
        ]

    def assets(self) -> list[web.RouteDef]:
        async def send(request: web.Request) -> web.Response:
            return send_asset(request, self.views.assets[request.path])

        return [web.get(path, send) for path in self.views.assets]

    def _guarded(self, address: Address) -> Handler:
        """Lets in who is signed in and whose role has the part, and takes forms of this session
        only.
        """

        async def checked(request: web.Request) -> web.StreamResponse:
            token = self.cookie.token(request)
            session = self.sessions.find(token)
            account = await self.accounts.find(session.account) if session else None
            if session is None or account is None:
                self.sessions.end(token)
                raise web.HTTPSeeOther("/sign-in")
            visitor = Visitor(account, session.csrf, token, session.upload)
            if address.part is not None and address.part not in ALLOWED[account.role]:
                return _said(self.views, 403, "forbidden", Shell(visitor))
            form: Mapping[str, str] = {}
            if address.method == "POST":
                if request.content_type.startswith("multipart/"):
                    csrf, upload, name = await read_upload(request)
                    visitor = Visitor(account, session.csrf, token, upload or b"", name)
                else:
                    form = await read_form(request)
                    csrf = form.get("csrf", "")
                if not session.sent(csrf):
                    return _said(self.views, 403, "lapsed", Shell(visitor))
            return await address.page(request, visitor, form)

        return checked

    async def forget(self) -> None:
        """Drops sessions that are over, with what they hold, for as long as the desk runs."""
        while True:
            await asyncio.sleep(FORGET_SECONDS)
            self.sessions.forget()


def _said(views: Views, status: int, code: str, shell: Shell) -> web.Response:
    return html(views.page("error.html", shell, text=views.words.errors[code]), status)


def in_words(views: Views, hosts: Collection[str | None], nobody: Shell) -> Middleware:
    """Errors in words, no form of another site, and no page under a name that is not ours: a site
    whose name is made to lead to this machine (DNS rebinding) would count as the same site.
    """

    def said(status: int, code: str) -> web.Response:
        return _said(views, status, code, nobody)

    @web.middleware
    async def middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            if _host(request) not in hosts:
                return said(421, "host")
            if request.method == "POST" and not is_ours(request):
                return said(403, "lapsed")
            return await handler(request)
        except web.HTTPRedirection:
            raise
        except web.HTTPException as error:
            return said(error.status, "many" if error.status == 429 else "not_found")
        except ConnectionError:
            raise
        except NotAgreed:
            return said(409, "meanwhile")
        except Busy:
            return said(503, "busy")
        except ContentError:
            return said(500, "content_broken")
        except (CannotPublish, CannotTry) as error:
            _log.error("content", error=str(error))
            return said(500, "content_failed")
        except FAILURES as error:
            _log.error("the directory failed", error=type(error).__name__)
            return said(503, "unavailable")
        except Exception as error:
            _log.error("request failed", error=type(error).__name__)
            return said(500, "failed")

    return middleware


def _host(request: web.Request) -> str | None:
    """The name that the browser asked for, whatever the port: an SSH tunnel has another one."""
    try:
        return urlsplit(f"http://{request.host}").hostname
    except ValueError:
        return None


DESK = web.AppKey("desk", Desk)


def create_app(settings: Settings) -> web.Application:
    """The desk as an aiohttp application. Raises ContentError and SettingsError."""
    desk = Desk(settings)
    app = web.Application(
        middlewares=[in_words(desk.views, _hosts(settings.staff_origin), Shell())]
    )
    app[DESK] = desk
    app.add_routes(desk.routes())
    app.on_response_prepare.append(desk.cookie.add_headers)

    async def running(_: web.Application) -> AsyncIterator[None]:
        try:
            await asyncio.to_thread(desk.content.mend)
        except SignpostError as error:  # the desk has other parts
            _log.error("content not mended", error=str(error))
        forgetting = asyncio.create_task(desk.forget())
        yield
        forgetting.cancel()
        desk.hasher.close()
        with suppress(*FAILURES):
            await desk.directory.close()

    async def stop_trials(_: web.Application) -> None:
        trying.stop()

    app.on_shutdown.append(stop_trials)
    app.cleanup_ctx.append(running)
    return app


def create_answering(desk: Desk, settings: Settings) -> web.Application:
    """The page of sponsors as an application of its own: nothing of the desk is in it."""
    hosts, cookie = _hosts(settings.confirm_origin), Cookie(secure=_is_tls(settings.confirm_origin))
    app = web.Application(middlewares=[in_words(desk.views, hosts, Shell(is_desk=False))])
    answering = Answering(settings, desk.views, desk.directory)
    app.add_routes([*answering.routes(), *desk.assets()])
    app.on_response_prepare.append(cookie.add_headers)
    return app


def _hosts(origin: str | None) -> Collection[str | None]:
    """Names that a browser may ask for."""
    return HOSTS | {urlsplit(origin).hostname} if origin else HOSTS


def _is_tls(origin: str | None) -> bool:
    return (origin or "").startswith("https://")


def serve(settings: Settings) -> None:
    """Serves until it is stopped. Raises SettingsError where no port is set."""
    if settings.staff_port is None:
        raise SettingsError("SIGNPOST_STAFF_PORT is needed: docs/staff.md")
    app = create_app(settings)

    async def beside(_: web.Application) -> AsyncIterator[None]:
        """Serves the page of sponsors, where it has a port."""
        runner = web.AppRunner(create_answering(app[DESK], settings), access_log=None)
        await runner.setup()
        if settings.confirm_port is not None:
            await web.TCPSite(runner, HOST, settings.confirm_port).start()
        yield
        await runner.cleanup()

    app.cleanup_ctx.append(beside)
    web.run_app(app, host=HOST, port=settings.staff_port, access_log=None, print=None)
