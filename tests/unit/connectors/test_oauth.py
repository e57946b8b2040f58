"""One token for all: renewed by age or on demand, never in a loop."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from connectors.kit.oauth import Token, TokenCache
from sync.errors import AuthError, TransientError

NOW = datetime(2026, 10, 6, 1, 0, tzinfo=UTC)


class Vendor:
    """Counts grants; refuses with the given error while there is one."""

    def __init__(self) -> None:
        self.asked = 0
        self.now = NOW
        self.monotonic = 0.0
        self.error: Exception | None = None
        self.cache = TokenCache(self.grant, lambda: self.now, timedelta(minutes=15), lambda: self.monotonic)

    def grant(self) -> Token:
        self.asked += 1
        if self.error:
            raise self.error
        return Token(f"token-{self.asked}")


def test_a_token_is_fetched_once_and_renewed_by_the_servers_time() -> None:
    vendor = Vendor()
    assert [vendor.cache.get().value for _ in range(3)] == ["token-1"] * 3
    vendor.now += timedelta(minutes=14, seconds=59)
    assert vendor.cache.get().value == "token-1"
    vendor.now += timedelta(seconds=1)
    assert vendor.cache.get().value == "token-2"


def test_the_second_who_comes_with_the_same_stale_token_gets_the_new_one() -> None:
    vendor = Vendor()
    stale = vendor.cache.get()
    assert vendor.cache.renew(stale).value == "token-2"
    assert vendor.cache.renew(stale).value == "token-2"
    assert vendor.asked == 2


def test_a_refused_grant_is_not_asked_again_for_five_minutes() -> None:
    vendor = Vendor()
    vendor.error = AuthError("revoked")
    for _ in range(5):
        with pytest.raises(AuthError, match="revoked"):
            vendor.cache.get()
    assert vendor.asked == 1
    vendor.monotonic, vendor.error = 301.0, None
    assert vendor.cache.get().value == "token-2"


def test_a_token_endpoint_that_is_down_is_asked_again() -> None:
    vendor = Vendor()
    vendor.error = TransientError("down")
    with pytest.raises(TransientError):
        vendor.cache.get()
    vendor.error = None
    assert vendor.cache.get().value == "token-2"


def test_a_token_does_not_show_itself() -> None:
    assert "token" not in repr(Token("token-secret")).replace("Token", "")
