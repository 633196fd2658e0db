"""Every setting of the service, read from the environment here and nowhere else, validated at
start.
"""

import ipaddress
import re
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import (
    AfterValidator,
    AliasChoices,
    BeforeValidator,
    Field,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bot.errors import SettingsError

ROOT = Path(__file__).resolve().parent.parent


def _is_origin(text: str) -> str:
    if not re.fullmatch(
        r"https://[a-z0-9.-]+(:\d{1,5})?|http://(localhost|127\.0\.0\.1)(:\d{1,5})?", text
    ):
        raise ValueError(
            f"{text!r} is not an origin as browsers send it: https://, a host in lower case, no path (http:// for localhost only)"
        )
    return text


Origins = Annotated[
    tuple[Annotated[str, AfterValidator(_is_origin)], ...],
    NoDecode,
    BeforeValidator(lambda given: given.split() if isinstance(given, str) else given),
]
"""Origins, in the environment separated by spaces."""


Networks = Annotated[
    tuple[IPvAnyNetwork, ...],
    NoDecode,
    BeforeValidator(lambda given: given.split() if isinstance(given, str) else given),
]
"""Networks in CIDR notation, in the environment separated by spaces."""


def _is_limit(text: str) -> str:
    from limits import parse  # only what serves has to wait for it

    try:
        if parse(text).amount < 1:
            raise ValueError("is not above 0")
    except ValueError:
        raise ValueError(f"{text!r} is not a limit, as 120/minute is") from None
    return text


def _is_storage(uri: str) -> str:
    from limits.storage import storage_from_string

    try:
        storage_from_string(uri, implementation="redispy")
    except Exception:  # its text may hold a password
        raise ValueError("is not a storage of the limits library") from None
    return uri


def _is_web_address(url: str) -> str:
    if not re.fullmatch(r"https?://[a-z0-9.-]*[a-z0-9](:\d{1,5})?(/[!-~]*)?", url):
        raise ValueError(f"{url!r} is not an address that begins with https:// or http://")
    return url


def _is_issuer(url: str) -> str:
    if not re.fullmatch(
        r"(https://[a-z0-9.-]*[a-z0-9]|http://(localhost|127\.0\.0\.1))(:\d{1,5})?(/[!-~]*)?", url
    ) or set(url) & set("?#"):
        raise ValueError(f"{url!r} is not an issuer: https://, without ? and #")
    return url


def _pairs(given: object) -> object:
    """`VALUE=ROLE VALUE=ROLE` as pairs; a value may hold a `=` itself."""
    if not isinstance(given, str):
        return given
    return tuple(
        (value, role) for value, _, role in (pair.rpartition("=") for pair in given.split())
    )


def _is_host(host: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.:-]+", host):
        raise ValueError(f"{host!r} is neither an address nor a host's name")
    return host


def _is_level(level: str) -> str:
    if level.upper() not in ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"):
        raise ValueError(f"{level!r} is none of DEBUG, INFO, WARNING, ERROR, CRITICAL")
    return level.upper()


def _is_no_file(path: Path) -> Path:
    if path.exists() and not path.is_dir():
        raise ValueError(f"{path} is no folder")
    return path


def _is_there(path: Path) -> Path:
    if not path.is_dir():
        raise ValueError(f"{path} is no folder")
    return path


StaffRole = Literal["co-ordinator", "editor", "safety-officer", "administrator"]
RoleMap = Annotated[
    tuple[tuple[Annotated[str, Field(min_length=1)], StaffRole], ...],
    NoDecode,
    BeforeValidator(_pairs),
]
T = TypeVar("T")
Limit = Annotated[str, AfterValidator(_is_limit)]
Folder = Annotated[Path, AfterValidator(_is_no_file)]
"""One that is made where it is not there yet."""


class Settings(BaseSettings):
    """Names are `SIGNPOST_<FIELD>`; `HOST` and `PORT` work too. `python -m bot serve --help` and
    docs/deploy.md list them.
    """

    model_config = SettingsConfigDict(
        env_prefix="SIGNPOST_", frozen=True, extra="ignore", populate_by_name=True
    )

    host: Annotated[str, AfterValidator(_is_host)] = Field(
        "127.0.0.1", validation_alias=AliasChoices("SIGNPOST_HOST", "HOST")
    )
    port: Annotated[int, Field(ge=1, le=65535)] = Field(
        8080, validation_alias=AliasChoices("SIGNPOST_PORT", "PORT")
    )
    workers: Annotated[int, Field(ge=1, le=64)] | None = None
    """Dialogue workers. None: one a core, at most 4."""
    models: Path = ROOT / "models"
    content: Annotated[Path, AfterValidator(_is_there)] = ROOT / "bot" / "content"
    content_versions: Annotated[Folder, Field(validate_default=True)] = ROOT / "versions"
    """Every state of the content that was published from the staff desk, and the drafts there."""
    run: Folder = ROOT / "var"
    """Sockets and the operator's token. Must be on a local disk, readable by the service's user
    only.
    """
    log_level: Annotated[str, AfterValidator(_is_level)] = "INFO"
    audit: Path = ROOT / "audit"
    """The crisis audit: counts without words, one file a day, apart from everything else. Nothing
    of it is needed to serve.
    """
    audit_days: Annotated[int, Field(ge=1, le=3660)] = 365
    """After so many days a day of it is deleted."""

    deadline_seconds: Annotated[float, Field(gt=0, le=30)] = 8.0
    """How long the gateway waits for a dialogue worker before it answers itself."""
    drain_seconds: Annotated[float, Field(ge=0, le=60)] = 0.0
    """So long before it is stopped it says that it is not ready, and still answers: longer than a
    proxy with other gateways behind it takes to notice.
    """
    conversation_idle_minutes: Annotated[int, Field(ge=1, le=240)] = 30
    conversations: SecretStr | None = None
    """Where several gateways keep conversations together: `redis://...`, `rediss://...` (with TLS)
    or `unix://...`. None: this process keeps its own, in its memory.
    """
    conversations_keys: Path | None = Field(None, validate_default=True)
    """The file with the keys that seal them there, the same for every gateway. `python -m bot
    new-key` makes it.
    """
    conversations_max: Annotated[int, Field(ge=10, le=1_000_000)] = 20_000
    conversations_per_address: Annotated[int, Field(ge=1, le=1_000_000)] = 500
    """Of one address; of one IPv6 /48, four times as many."""
    address_limit: Limit = "120/minute"
    """Messages an address may send, in the notation of the `limits` library. Wide, because a whole
    wing may share one kiosk.
    """
    conversation_limit: Limit = "30/minute"
    rate_limit_storage: Annotated[str, AfterValidator(_is_storage)] = "async+memory://"
    proxy_hops: Annotated[int, Field(ge=0, le=8)] = 0
    """How many reverse proxies of ours stand in front: that many entries are trusted from the right
    of X-Forwarded-For. 0 trusts none.
    """
    forwarded_header: Literal["X-Forwarded-For", "Forwarded"] = "X-Forwarded-For"
    """Where those proxies write whom they heard from: `Forwarded` is RFC 7239's."""
    sponsor_database: SecretStr | None = None
    """The directory of sponsors: `sqlite:///path` or `postgresql://...`. None: there is none, and
    the bot says who can be asked.
    """
    sponsor_keys: Path | None = Field(None, validate_default=True)
    """The file with the directory's keys, which only the service's user may read. Keep a copy of it
    apart from the database.
    """
    sponsor_audit_days: Annotated[int, Field(ge=1, le=3660)] = 365
    """After so many days a line of the directory's audit is deleted."""
    unanswered_days: Annotated[int, Field(ge=1, le=30)] = 30
    """After so many days a question that somebody told the team is deleted. Never later: the person
    was told so.
    """
    sponsor_tries: Annotated[int, Field(ge=5, le=10_000)] = 60
    """Wrong tries at "Find my sponsor" that one address may make in a minute: a wing may share it.
    """
    sponsor_shared_networks: Networks = ()
    """Where many people stand behind one address (`192.0.2.0/24`): ten times as many tries there."""
    metrics_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Where Prometheus reads `/metrics`, on the same address. None: there are no metrics."""
    staff_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Where `python -m bot staff serve` serves the staff desk, on 127.0.0.1 only. None: there is no
    desk.
    """
    staff_origin: Annotated[str, AfterValidator(_is_origin)] | None = None
    """Where people find the desk when a proxy of yours stands in front of it, as browsers write it:
    `https://desk.trust.example`. None: on this machine only.
    """
    staff_local: Literal["all", "administrators", "nobody"] = "administrators"
    """Whose local accounts open the desk where the organisation's own sign-in is set up: the way in
    while that is down. Without it: everybody's.
    """
    oidc_issuer: Annotated[str, AfterValidator(_is_issuer)] | None = None
    """The organisation's own sign-in (OpenID Connect) for the staff desk: its issuer, as it writes
    it. None: local accounts only.
    """
    oidc_client: Annotated[str, Field(min_length=1, max_length=200)] | None = Field(
        None, validate_default=True
    )
    """Our id there."""
    oidc_secret: SecretStr | None = None
    """Our secret there. None: a public client, by PKCE alone."""
    oidc_claim: Annotated[str, Field(pattern=r"^[!-~]{1,100}$")] = "groups"
    """Which claim of the ID token says what somebody is."""
    oidc_roles: RoleMap = Field((), validate_default=True)
    """Pairs of a value of that claim and a role here, `VALUE=ROLE`, separated by spaces. Who has
    several has the first; who has none gets nothing.
    """
    confirm_port: Annotated[int, Field(ge=1, le=65535)] | None = None
    """Where the desk serves the one page on which sponsors answer a link, on 127.0.0.1 only. None:
    sponsors are not asked by links.
    """
    confirm_origin: Annotated[str, AfterValidator(_is_origin)] | None = None
    """Where sponsors find that page, behind a proxy of yours: `https://confirm.trust.example`."""
    exit_url: Annotated[str, AfterValidator(_is_web_address)] = "https://www.bbc.co.uk/weather"
    """Where quick exit leads: something that anybody might have open."""
    origins: Origins = ()
    """Sites that may embed the chat (`https://trust.example`). The service's own pages always may.
    """
    kiosk_seconds: Annotated[int, Field(ge=0, le=3600)] = 0
    """For a screen that many people use: wipes itself and forgets after so long without use, stores
    nothing, links to no other site. 0: no kiosk.
    """
    rest_channel: bool = False
    """Whether clients made for Rasa's REST channel may talk to us, at `/webhooks/rest/webhook`."""
    socketio_channel: bool = False
    """Whether clients made for Rasa's socket.io channel may, at `/socket.io/`."""

    @field_validator("content_versions")
    @classmethod
    def _beside_the_content(cls, folder: Path, info: ValidationInfo) -> Path:
        content = info.data.get("content")
        if content is not None and folder.resolve().is_relative_to(content.resolve()):
            raise ValueError(f"{folder} is in the content itself")
        return folder

    @field_validator("staff_port", "confirm_port")
    @classmethod
    def _of_its_own(cls, port: int | None, info: ValidationInfo) -> int | None:
        others = {"port", "metrics_port", "staff_port"} - {info.field_name}
        if port is not None and port in {info.data.get(other) for other in others}:
            raise ValueError("has to be a port of its own, and not that of the public service")
        return port

    @field_validator("confirm_origin")
    @classmethod
    def _not_the_desk(cls, origin: str | None, info: ValidationInfo) -> str | None:
        """Behind one name a proxy would have to tell the two apart by path, and could be wrong."""
        if origin is not None and origin == info.data.get("staff_origin"):
            raise ValueError("has to be another one than SIGNPOST_STAFF_ORIGIN")
        return origin

    @field_validator("oidc_client", "oidc_roles")
    @classmethod
    def _beside_the_issuer(cls, given: T, info: ValidationInfo) -> T:
        if not given and info.data.get("oidc_issuer") is not None:
            raise ValueError("is needed where SIGNPOST_OIDC_ISSUER is set")
        return given

    @field_validator("conversations")
    @classmethod
    def _is_redis(cls, url: SecretStr | None) -> SecretStr | None:
        if url is not None and not re.match(r"(rediss?|unix)://", url.get_secret_value()):
            raise ValueError("is none of redis://, rediss:// and unix://")
        return url

    @field_validator("conversations_keys")
    @classmethod
    def _beside_the_conversations(cls, keys: Path | None, info: ValidationInfo) -> Path | None:
        if keys is None and info.data.get("conversations") is not None:
            raise ValueError("is needed where SIGNPOST_CONVERSATIONS is set")
        return keys

    @field_validator("sponsor_database")
    @classmethod
    def _not_in_the_clear(
        cls, database: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        """Access codes must not go over a network unencrypted: either nobody but this machine can
        connect, or a proxy of ours does TLS.
        """
        if database is not None and not re.match(
            r"sqlite:///|postgresql://", database.get_secret_value()
        ):
            raise ValueError("is neither sqlite:///path nor postgresql://user@host/name")
        if (
            database is not None
            and not _is_loopback(info.data.get("host", ""))
            and not info.data.get("proxy_hops")
        ):
            raise ValueError(
                "needs a reverse proxy with TLS in front: set SIGNPOST_PROXY_HOPS, or HOST to 127.0.0.1"
            )
        return database

    @field_validator("sponsor_keys")
    @classmethod
    def _beside_the_database(cls, keys: Path | None, info: ValidationInfo) -> Path | None:
        if keys is None and info.data.get("sponsor_database") is not None:
            raise ValueError("is needed where SIGNPOST_SPONSOR_DATABASE is set")
        return keys


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def load_settings() -> Settings:
    """Reads and validates the environment. Raises SettingsError naming the variable."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = "_".join(str(part) for part in first["loc"]).upper()
        raise SettingsError(
            f"{name if name.startswith('SIGNPOST_') else 'SIGNPOST_' + name}: {first['msg'].removeprefix('Value error, ')}"
        ) from None
