"""Another website's form changes nothing here, in nobody's browser."""

import pytest

from tests.gateway.conftest import Start
from tests.gateway.fakes import CRISIS

ELSEWHERE = [
    {"Sec-Fetch-Site": "cross-site", "Origin": "https://elsewhere.example"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://elsewhere.example"},
]
OURS: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "same-origin", "Origin": "null"},
    {"Sec-Fetch-Site": "none"},
    {"Origin": "null"},
    {},
]
FORM = {"text": CRISIS, "conversation": ""}


@pytest.mark.parametrize("path", ["/chat", "/summary", "/sponsor"])
@pytest.mark.parametrize("headers", ELSEWHERE, ids=str)
async def test_a_form_of_another_site_is_refused_with_the_help(
    start: Start, path: str, headers: dict[str, str]
) -> None:
    gateway = await start()
    headers = {**headers, "Accept": "text/html"}
    async with gateway.client.post(path, data=FORM, headers=headers) as response:
        assert response.status == 403
        assert "116 123" in await response.text()


@pytest.mark.parametrize("headers", OURS, ids=str)
async def test_a_form_of_ours_is_taken(start: Start, headers: dict[str, str]) -> None:
    gateway = await start()
    async with gateway.client.post("/chat", data=FORM, headers=headers) as response:
        assert response.status == 200
