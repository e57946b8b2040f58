"""Access tokens: fetched when needed, renewed before they expire, and never in a loop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sync.errors import AuthError

_HOLD_S = 300.0
"""After a refused grant nothing is asked for this long: repeated failures lock accounts."""


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer. `instance_url` where the vendor says which host to use with it."""

    value: str = field(repr=False)
    instance_url: str = ""


class TokenCache:
    """One token for all threads. `fetch` asks the vendor and raises AuthError when the grant is refused for good."""

    def __init__(
        self,
        fetch: Callable[[], Token],
        now: Callable[[], datetime | None],
        lifetime: timedelta | None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._now = now
        self._lifetime = lifetime
        self._clock = clock
        self._lock = threading.Lock()
        self._token: Token | None = None
        self._fetched_at: datetime | None = None
        self._refused: AuthError | None = None
        self._refused_at = 0.0

    def get(self) -> Token:
        """The current token; a new one when there is none or it is older than `lifetime` of the server's time."""
        with self._lock:
            return self._token if self._token and not self._is_old() else self._renew()

    def renew(self, stale: Token) -> Token:
        """A token other than the one that was refused. Of several threads that come with the same one, one asks."""
        with self._lock:
            return self._token if self._token and self._token.value != stale.value else self._renew()

    def _is_old(self) -> bool:
        now = self._now()
        return bool(self._lifetime and now and self._fetched_at and now - self._fetched_at >= self._lifetime)

    def _renew(self) -> Token:
        if self._refused and self._clock() - self._refused_at < _HOLD_S:
            raise AuthError(str(self._refused))
        try:
            self._token = self._fetch()
        except AuthError as error:
            self._token, self._refused, self._refused_at = None, error, self._clock()
            raise
        self._refused, self._fetched_at = None, self._now()
        return self._token
