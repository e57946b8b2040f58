"""The session speaks to known hosts, over the scheme that was configured, and follows nobody."""

from __future__ import annotations

import pytest
import requests
import responses

from connectors.kit.meter import Meter
from connectors.kit.session import ApiSession, transport_error
from sync.errors import ConfigError, OutcomeUnknown, TransientError


def session(url: str) -> tuple[ApiSession, Meter]:
    meter = Meter("X")
    return ApiSession(url, meter, (1, 2), {"X-Ours": "1"}), meter


@responses.activate
def test_https_to_the_configured_loopback_goes_over_plain_http() -> None:
    responses.get("http://127.0.0.1:8080/a", json={})
    one, meter = session("http://127.0.0.1:8080")
    assert one.get("https://127.0.0.1:8080/a").ok
    assert meter.usage().calls == 1
    assert responses.calls[0].request.headers["X-Ours"] == "1"


@pytest.mark.parametrize(
    ("configured", "called"),
    [
        ("http://127.0.0.1:8080", "https://acme.my.salesforce.com/a"),
        ("http://127.0.0.1:8080", "http://127.0.0.1:8081/a"),
        ("https://acme.my.salesforce.com", "http://acme.my.salesforce.com/a"),
        ("https://acme.my.salesforce.com", "https://evil.example.com/a"),
        ("https://acme.my.salesforce.com", "https://acme.my.salesforce.com.evil.jp/a"),
        ("https://acme.my.salesforce.com", "//evil.example.com/a"),
        ("https://acme.my.salesforce.com", "https://acme.my.salesforce.com@evil.example.com/a"),
    ],
)
@responses.activate
def test_any_other_place_is_refused_before_a_byte_leaves(configured: str, called: str) -> None:
    one, _ = session(configured)
    with pytest.raises(ConfigError):
        one.get(called)
    assert len(responses.calls) == 0


@responses.activate
def test_a_redirect_is_not_followed() -> None:
    responses.get("https://acme.my.salesforce.com/a", status=302, headers={"Location": "https://evil.example.com/"})
    one, _ = session("https://acme.my.salesforce.com")
    assert one.get("https://acme.my.salesforce.com/a").status_code == 302


@responses.activate
def test_cookies_are_not_kept() -> None:
    responses.get("https://acme.my.salesforce.com/a", headers={"Set-Cookie": "sid=1; Path=/"})
    one, _ = session("https://acme.my.salesforce.com")
    one.get("https://acme.my.salesforce.com/a")
    one.get("https://acme.my.salesforce.com/a")
    assert "Cookie" not in responses.calls[1].request.headers


@responses.activate
def test_the_servers_clock_is_kept() -> None:
    responses.get("https://acme.my.salesforce.com/a", headers={"Date": "Tue, 06 Oct 2026 01:00:00 GMT"})
    one, meter = session("https://acme.my.salesforce.com")
    one.get("https://acme.my.salesforce.com/a")
    assert meter.now is not None
    assert meter.now.isoformat() == "2026-10-06T01:00:00+00:00"


def test_a_refused_connection_never_carried_a_write() -> None:
    one, _ = session("http://127.0.0.1:9")
    with pytest.raises(requests.ConnectionError) as caught:
        one.post("http://127.0.0.1:9/a")
    error = transport_error(caught.value, "Salesforce", writing=True)
    assert type(error) is TransientError


def test_a_cut_answer_leaves_a_write_open_and_a_reading_repeatable() -> None:
    cut = requests.ConnectionError("Connection aborted.", ConnectionResetError(104))
    assert isinstance(transport_error(cut, "Salesforce", writing=True), OutcomeUnknown)
    assert type(transport_error(cut, "Salesforce", writing=False)) is TransientError
