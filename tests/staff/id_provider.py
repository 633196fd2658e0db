"""An OpenID provider that really signs, and that can be told to do one thing wrong. It checks what a
provider has to: the client, the address to lead back to, PKCE, and that a code is used once.
"""

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from aiohttp import web
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

CLIENT, SECRET = "signpost-desk", "a secret of ours"
Claims = dict[str, Any]


def new_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"}, private=True)


@dataclass
class IdProvider:
    """`who` are the claims of whoever signs in. `wrong` changes the claims of a token, `sign` makes
    it; `published` are the keys that can be read.
    """

    keys: list[RSAKey] = field(default_factory=lambda: [new_key("first")])
    who: Claims = field(default_factory=lambda: {"sub": "1", "groups": ["desk-editors"]})
    wrong: Callable[[Claims], None] = lambda _: None
    sign: "Callable[[IdProvider, Claims], str] | None" = None
    published: list[RSAKey] | None = None
    down: frozenset[str] = frozenset()
    document: Claims = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    issuer: str = ""
    _codes: dict[str, Claims] = field(default_factory=dict)

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes(
            [
                web.get("/.well-known/openid-configuration", self._discovery),
                web.get("/authorize", self._authorize),
                web.post("/token", self._token),
                web.get("/keys", self._keys),
            ]
        )
        return app

    def _note(self, name: str) -> None:
        self.asked.append(name)
        if name in self.down:
            raise web.HTTPServiceUnavailable

    async def _discovery(self, request: web.Request) -> web.Response:
        self._note("discovery")
        document = {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "end_session_endpoint": f"{self.issuer}/end",
            **self.document,
        }
        return web.json_response(document)

    async def _authorize(self, request: web.Request) -> web.Response:
        query = dict(request.query)
        assert query["client_id"] == CLIENT
        assert query["response_type"] == "code"
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        back = urlencode({"code": code, "state": query["state"], "iss": self.issuer})
        raise web.HTTPFound(f"{query['redirect_uri']}?{back}")

    async def _token(self, request: web.Request) -> web.Response:
        self._note("token")
        form = await request.post()
        query = self._codes.pop(str(form["code"]), None)
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        challenge = _packed(digest)
        basic = base64.b64encode(f"{CLIENT}:{SECRET}".encode()).decode()
        if (
            query is None
            or query["code_challenge"] != challenge
            or query["redirect_uri"] != form["redirect_uri"]
            or request.headers.get("Authorization") != f"Basic {basic}"
        ):
            return web.json_response({"error": "invalid_grant"}, status=400)
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT,
            "iat": now,
            "exp": now + 300,
            "auth_time": now,
            "nonce": query["nonce"],
            **self.who,
        }
        self.wrong(claims)
        token = self.sign(self, claims) if self.sign else signed(self, claims)
        return web.json_response(
            {"access_token": "of no use", "token_type": "Bearer", "id_token": token}
        )

    async def _keys(self, request: web.Request) -> web.Response:
        self._note("keys")
        keys = self.keys if self.published is None else self.published
        return web.json_response(KeySet(list(keys)).as_dict(private=False))


def signed(provider: IdProvider, claims: Claims, key: Any = None, **header: str) -> str:
    key = key or provider.keys[-1]
    header = {"alg": "RS256", "kid": key.kid, **header}
    return jwt.encode(header, claims, key, algorithms=[header["alg"]])


def by_a_stranger(provider: IdProvider, claims: Claims) -> str:
    """With a key of their own, under the name of the provider's."""
    return signed(provider, claims, new_key("first"))


def by_nobody(provider: IdProvider, claims: Claims) -> str:
    return _by_hand({"alg": "none", "kid": "first"}, claims, None)


def by_our_secret(provider: IdProvider, claims: Claims) -> str:
    return _by_hand({"alg": "HS256", "kid": "first"}, claims, SECRET.encode())


def with_the_public_key_as_a_secret(provider: IdProvider, claims: Claims) -> str:
    secret = provider.keys[-1].as_pem(private=False)
    return _by_hand({"alg": "HS256", "kid": "first"}, claims, secret)


def _by_hand(header: Claims, claims: Claims, secret: bytes | None) -> str:
    """No library of today makes such a token."""
    text = ".".join(_packed(json.dumps(part).encode()) for part in (header, claims))
    signature = hmac.digest(secret, text.encode(), "sha256") if secret else b""
    return f"{text}.{_packed(signature)}"


def _packed(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def changed_afterwards(provider: IdProvider, claims: Claims) -> str:
    """The signature of another token."""
    header, _, signature = signed(provider, {**claims, "groups": []}).split(".")
    return ".".join((header, signed(provider, claims).split(".")[1], signature))


def of_no_kind(provider: IdProvider, claims: Claims) -> str:
    return "not.a.token"


def of_several_keys_and_none_named(provider: IdProvider, claims: Claims) -> str:
    """One of the published keys made it, and it does not say which."""
    key = provider.keys[-1]
    provider.published = [key, new_key("second")]
    return jwt.encode({"alg": "RS256"}, claims, key, algorithms=["RS256"])
