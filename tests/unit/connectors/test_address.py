"""Plain http reaches this machine only."""

from __future__ import annotations

import pytest

from connectors.kit.address import check_address
from sync.errors import ConfigError


@pytest.mark.parametrize(
    "url",
    [
        "http://api.hubapi.com",
        "http://127.0.0.1.evil.jp",
        "http://localhost.evil.jp:80",
        "http://10.0.0.1:8080",
        "http://0.0.0.0:1",
        "ftp://localhost",
        "localhost:8080",
        "https://",
        "",
        "https://user:pw@acme.my.salesforce.com",
        "https://acme.my.salesforce.com?x=1",
    ],
)
def test_other_addresses_are_refused_without_repeating_a_password(url: str) -> None:
    with pytest.raises(ConfigError) as caught:
        check_address(url, "connections.crm.url")
    assert caught.value.problems[0].path == "connections.crm.url"
    assert "pw" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.my.salesforce.com",
        "http://127.0.0.1:8080",
        "http://localhost:1",
        "http://[::1]:9",
        "http://127.9.9.9",
    ],
)
def test_https_and_loopback_are_allowed_and_lose_their_slash(url: str) -> None:
    assert check_address(url + "/", "url") == url
