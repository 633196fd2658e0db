"""The organisation's own sign-in: OpenID Connect, authorization code with PKCE. What the protocol
says is Authlib's, keys and signatures are joserfc's; here is what goes over the network.
"""

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
from authlib.oauth2.auth import ClientAuth
from authlib.oauth2.client import OAuth2Client
from authlib.oauth2.rfc6749.parameters import prepare_token_request
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import get_well_known_url
from cryptography.fernet import Fernet, InvalidToken
from joserfc import jws, jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from bot.errors import SettingsError
from bot.settings import Settings
from bot.staff.identity import Identity, identity_of
from bot.staff.sessions import IDLE_SECONDS

WAIT_SECONDS = 5.0
BODY_MAX = 256 * 1024
PENDING_SECONDS = 10 * 60
"""For so long somebody may take over there."""
FRESH_SECONDS = 3600.0
"""So old what we know of the provider may be. Keys are fetched anew when a token is not of them."""
ASKED_SECONDS = 10.0
"""Before somebody is sent there, it has to have answered within so long: where it is down they stay
here, on a page of ours.
"""
LEEWAY_SECONDS = 60
ALGORITHMS = ("RS256", "PS256", "ES256", "ES384", "RS384", "PS384", "RS512", "PS512", "Ed25519")
"""Signatures that only the provider can make: no "none", and nothing with a key that we hold too."""
SCOPE = "openid profile email"
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


class ProviderDown(Exception):
    """It does not answer, or not what a provider answers."""


class Refused(Exception):
    """It did not vouch for anybody. Its text is for tests and never shown or logged."""


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in that is under way. It waits in a cookie, sealed: nothing is kept for who goes no
    further.
    """

    state: str
    nonce: str
    verifier: str


class Provider:
    """One provider. `now`: seconds since 1970, for what is in a token."""

    def __init__(
        self,
        settings: Settings,
        back_to: str,
        now: Callable[[], float] = time.time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`back_to`: where the provider sends people. `clock` gives monotonic seconds."""
        self._clock = clock
        assert settings.oidc_issuer is not None
        assert settings.oidc_client is not None
        self._issuer, self._client_id, self._now = settings.oidc_issuer, settings.oidc_client, now
        self._claim, self._roles = settings.oidc_claim, settings.oidc_roles
        self._secret = settings.oidc_secret.get_secret_value() if settings.oidc_secret else None
        self._client = OAuth2Client(
            None,
            client_id=self._client_id,
            scope=SCOPE,
            redirect_uri=back_to,
            code_challenge_method="S256",
        )
        self._back_to = back_to
        self._seal = Fernet(Fernet.generate_key())
        self._known: dict[str, Any] | None = None
        self._keys: KeySet | None = None
        self._read_at = self._keys_at = 0.0

    async def begin(self) -> tuple[str, str]:
        """Where to send somebody, and what their browser keeps meanwhile. Raises ProviderDown."""
        pending = Pending(*(secrets.token_urlsafe(48) for _ in range(3)))
        known = await self._metadata(ASKED_SECONDS)
        url, _ = self._client.create_authorization_url(
            known["authorization_endpoint"],
            state=pending.state,
            nonce=pending.nonce,
            code_verifier=pending.verifier,
            # Who left the desk for as long as ends a session here signs in anew over there too.
            max_age=int(IDLE_SECONDS),
        )
        return url, self._seal.encrypt(json.dumps(asdict(pending)).encode()).decode()

    async def finish(self, kept: str, query: Mapping[str, str]) -> Identity:
        """Who came back. Raises ProviderDown and Refused."""
        pending = self._opened(kept)
        if not secrets.compare_digest(query.get("state", "").encode(), pending.state.encode()):
            raise Refused("state")
        if query.get("iss", self._issuer) != self._issuer:  # RFC 9207: another provider's answer
            raise Refused("iss")
        if not query.get("code"):
            raise Refused("code")
        answer = await self._redeem(query["code"], pending)
        token, access = answer.get("id_token"), answer.get("access_token")
        if not isinstance(token, str):
            raise Refused("id_token")
        try:
            claims = await self._checked(token, pending, access)
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise Refused(str(error)) from None
        return identity_of(claims, self._claim, self._roles)

    def way_out(self, back_to: str) -> str:
        """Where one signs out over there; "" where that is not known."""
        end = self._known.get("end_session_endpoint") if self._known else None
        if not isinstance(end, str) or not self._is_safe(end):
            return ""
        query = {"client_id": self._client_id, "post_logout_redirect_uri": back_to}
        return f"{end}{'&' if urlsplit(end).query else '?'}{urlencode(query)}"

    def _opened(self, kept: str) -> Pending:
        try:
            return Pending(**json.loads(self._seal.decrypt(kept, ttl=PENDING_SECONDS)))
        except (InvalidToken, TypeError):
            raise Refused("nothing is under way") from None

    async def _redeem(self, code: str, pending: Pending) -> dict[str, Any]:
        """Exchanges the code, with the proof that it was we who asked for it."""
        known = await self._metadata()
        body = prepare_token_request(
            "authorization_code",
            code=code,
            redirect_uri=self._back_to,
            code_verifier=pending.verifier,
        )
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        auth = ClientAuth(self._client_id, self._secret, self._auth_method(known))
        url, headers, body = auth.prepare("POST", known["token_endpoint"], headers, body)
        status, answer = await self._fetch("POST", url, data=body, headers=headers)
        if status != 200:
            raise Refused(str(answer.get("error", status)))
        return answer

    def _auth_method(self, known: Mapping[str, Any]) -> str:
        if self._secret is None:
            return "none"
        methods = known.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        return "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"

    async def _checked(self, token: str, pending: Pending, access: object) -> CodeIDToken:
        """The claims of an ID token that this provider made for us, now, for this sign-in."""
        try:
            decoded = _decoded(token, await self._key_set())
        except (JoseError, ValueError):  # made with keys that are newer than ours, perhaps
            decoded = _decoded(token, await self._key_set(anew=True))
        claims = CodeIDToken(
            decoded.claims,
            decoded.header,
            options={
                "iss": {"essential": True, "value": self._issuer},
                "aud": {"essential": True, "value": self._client_id},
                "sub": {"essential": True},
            },
            params={
                "nonce": pending.nonce,
                "client_id": self._client_id,
                "access_token": access,
                "max_age": IDLE_SECONDS,
            },
        )
        now = self._now()
        claims.validate(int(now), LEEWAY_SECONDS)
        if now - claims["auth_time"] > IDLE_SECONDS + LEEWAY_SECONDS:
            raise Refused("auth_time")
        return claims

    async def _metadata(self, seconds: float = FRESH_SECONDS) -> dict[str, Any]:
        """What the provider says of itself, as its issuer and nobody else, read so lately."""
        now = self._clock()
        if self._known is None or now - self._read_at > seconds:
            status, known = await self._fetch(
                "GET", get_well_known_url(self._issuer, external=True)
            )
            urls = [known.get(name) for name in NEEDED]
            if status != 200 or known.get("issuer") != self._issuer:
                raise ProviderDown
            if not all(isinstance(url, str) and self._is_safe(url) for url in urls):
                raise ProviderDown
            if self._known is None or known["jwks_uri"] != self._known["jwks_uri"]:
                self._keys = None
            self._known, self._read_at = known, now
        return self._known

    async def _key_set(self, *, anew: bool = False) -> KeySet:
        known = await self._metadata()
        now = self._clock()
        if self._keys is None or anew or now - self._keys_at > FRESH_SECONDS:
            status, keys = await self._fetch("GET", known["jwks_uri"])
            if status != 200:
                raise ProviderDown
            try:
                self._keys = KeySet.import_key_set(keys)  # type: ignore[arg-type]
                self._keys_at = now
            except (JoseError, ValueError, TypeError, KeyError):
                raise ProviderDown from None
        return self._keys

    def _is_safe(self, url: str) -> bool:
        """Over TLS, as the issuer is; without it on this machine only, where tests and trials are."""
        try:
            parts = urlsplit(url)
        except ValueError:
            return False
        if parts.scheme == "http" and self._issuer.startswith("http://"):
            return parts.hostname in ("127.0.0.1", "localhost")
        return parts.scheme == "https"

    async def _fetch(self, method: str, url: str, **options: Any) -> tuple[int, dict[str, Any]]:
        """One JSON object. No redirects: nobody else is asked than who is named."""
        try:
            async with (
                aiohttp.ClientSession(
                    timeout=aiohttp.ClientTimeout(total=WAIT_SECONDS),
                    cookie_jar=aiohttp.DummyCookieJar(),
                ) as session,
                session.request(method, url, allow_redirects=False, **options) as response,
            ):
                status, body = response.status, bytearray()
                async for chunk in response.content.iter_chunked(16 * 1024):
                    body += chunk
                    if len(body) > BODY_MAX:
                        raise ProviderDown
            answer = json.loads(body)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError, RecursionError):
            raise ProviderDown from None
        if status >= 500 or not isinstance(answer, dict):
            raise ProviderDown
        return status, answer


def _decoded(token: str, keys: KeySet) -> jwt.Token:
    """A token that one of the keys signed. Where there are several it has to say which: one would be
    picked at random.
    """
    if len(keys.keys) != 1 and "kid" not in jws.extract_compact(token.encode()).headers():
        raise ValueError("kid")
    return jwt.decode(token, keys, algorithms=ALGORITHMS)


def read_provider(settings: Settings, origin: str, path: str) -> Provider | None:
    """The provider of the settings; None: there is none. Raises SettingsError."""
    if settings.oidc_issuer is None:
        return None
    if not settings.oidc_client or not settings.oidc_roles:
        raise SettingsError(
            "SIGNPOST_OIDC_CLIENT and SIGNPOST_OIDC_ROLES are needed: docs/staff.md"
        )
    return Provider(settings, origin + path)
