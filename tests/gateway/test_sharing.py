"""Which other sites may use the service from their pages, and what guards the way to it."""

import pytest

from bot.errors import SettingsError
from bot.settings import load_settings
from tests.gateway.conftest import Gateway, Start

LISTED, OTHER = "https://trust.example", "https://elsewhere.example"


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [(LISTED, LISTED), (OTHER, None), ("null", None), (f"{LISTED}.elsewhere.example", None)],
)
@pytest.mark.parametrize(
    "path", ["/widget.js", "/api/messages", "/api/conversations", "/api/nothing"]
)
async def test_only_listed_sites_may_read(
    start: Start, origin: str, allowed: str | None, path: str
) -> None:
    gateway = await start(origins=(LISTED,))
    for ask in (
        gateway.client.get(path, headers={"Origin": origin}),
        gateway.client.post(path, json={"text": "hello"}, headers={"Origin": origin}),
    ):
        async with ask as response:
            assert response.headers.get("Access-Control-Allow-Origin") == allowed
            assert "Origin" in ", ".join(response.headers.getall("Vary"))
            assert "Access-Control-Allow-Credentials" not in response.headers


@pytest.mark.parametrize(("origin", "allowed"), [(LISTED, True), (OTHER, False)])
async def test_only_listed_sites_may_send(start: Start, origin: str, allowed: bool) -> None:
    gateway = await start(origins=(LISTED,))
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    async with gateway.client.options("/api/messages", headers=asked) as response:
        assert response.status == 204
        assert (
            "Access-Control-Allow-Headers" in response.headers,
            "Access-Control-Allow-Origin" in response.headers,
        ) == (allowed, allowed)


@pytest.mark.parametrize("path", ["/", "/chat", "/help-now", "/page.js", "/health/ready"])
async def test_pages_are_for_no_other_site_to_read(start: Start, path: str) -> None:
    gateway = await start(origins=(LISTED,))
    async with gateway.client.get(path, headers={"Origin": LISTED}) as response:
        assert "Access-Control-Allow-Origin" not in response.headers


@pytest.mark.parametrize(
    ("origins", "framed_by"),
    [((), "'none'"), ((LISTED, "https://other.example"), f"{LISTED} https://other.example")],
)
async def test_only_listed_sites_may_frame(
    start: Start, origins: tuple[str, ...], framed_by: str
) -> None:
    gateway = await start(origins=origins)
    async with gateway.client.get("/chat") as response:
        assert f"frame-ancestors {framed_by};" in response.headers["Content-Security-Policy"]


@pytest.mark.parametrize(
    ("hops", "proto", "expected"),
    [
        (0, "https", False),
        (1, "https", True),
        (1, "http", False),
        (1, "https, http", False),
        (2, "http, https", True),
        (1, "", False),
    ],
)
async def test_browsers_are_told_to_stay_with_tls(
    start: Start, hops: int, proto: str, expected: bool
) -> None:
    gateway = await start(proxy_hops=hops)
    async with gateway.client.get("/chat", headers={"X-Forwarded-Proto": proto}) as response:
        assert (response.headers.get("Strict-Transport-Security") == "max-age=31536000") is expected


@pytest.mark.parametrize(
    "given",
    [
        "trust.example",
        "https://trust.example/",
        "https://Trust.example",
        "http://trust.example",
        "*",
        "https://a.example,https://b.example",
    ],
)
def test_what_is_no_origin_is_refused_at_start(monkeypatch: pytest.MonkeyPatch, given: str) -> None:
    monkeypatch.setenv("SIGNPOST_ORIGINS", given)
    with pytest.raises(SettingsError, match=r"SIGNPOST_ORIGINS.*is not an origin"):
        load_settings()


def test_origins_are_separated_by_spaces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SIGNPOST_ORIGINS", f" {LISTED}  http://localhost:8000 ")
    assert load_settings().origins == (LISTED, "http://localhost:8000")


async def test_files_are_packed_for_who_can_unpack(gateway: Gateway) -> None:
    async with gateway.client.get("/widget.js", headers={"Accept-Encoding": "identity"}) as plain:
        assert "Content-Encoding" not in plain.headers
        body = await plain.read()
    async with gateway.client.get("/widget.js", headers={"Accept-Encoding": "gzip, br"}) as packed:
        assert packed.headers["Content-Encoding"] == "gzip"
        assert int(packed.headers["Content-Length"]) <= 12 * 1024
        assert await packed.read() == body
