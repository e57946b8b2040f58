"""One portal: its token, its connection pool, and every call to it."""

from __future__ import annotations

import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode, urlsplit

import hubspot
import orjson
import urllib3

from connectors.hubspot.errors import GRANT_TABLE, TABLE, read_answer
from connectors.hubspot.paths import Paths
from connectors.hubspot.settings import HubSpotSettings, OAuthRefresh, StaticToken
from connectors.hubspot.windows import Windows
from connectors.kit.address import check_address
from connectors.kit.body import TooLarge, TooSlow, read_body, read_json
from connectors.kit.budget import LOOK_AGAIN, AccountDay
from connectors.kit.errors import Refused
from connectors.kit.limiter import Limiter
from connectors.kit.meter import Meter
from connectors.kit.oauth import Token, TokenCache
from connectors.kit.pace import Pace
from connectors.kit.retry import Retry
from sync.address import is_loopback
from sync.errors import (
    AuthError,
    BatonError,
    BudgetExhausted,
    ConfigError,
    OutcomeUnknown,
    Problem,
    StreamUnavailable,
    TransientError,
)

_TOKEN_LIFE = timedelta(minutes=25)
"""Access tokens live 30 minutes (source: OAuth guide)."""
_UNTOLD = timedelta(hours=1)
"""Until a counter that was refused is asked for again."""
_INFO = "/oauth/v2/private-apps/get/access-token-info"
_PLAIN = ","
"""Stays as it is in a query: between names it would be escaped, looked for and escaped again by every layer below."""
_ONCE = urllib3.Retry(False, redirect=False)
"""The pool would make this anew for every call."""
_NEVER_SENT = (urllib3.exceptions.NewConnectionError, urllib3.exceptions.ConnectTimeoutError)


class Reply(NamedTuple):
    """An answer, read to its end."""

    status: int
    data: bytes
    headers: Mapping[str, str]


class Client:
    """Calls of one portal. Safe to use from several threads; opens nothing before the first call.

    The generated methods of hubspot-api-client name `/crm/v3` in every path and spend most of their time building
    models, so its ApiClient is used for configuration and pool only: paths, JSON and errors are ours.
    """

    def __init__(
        self,
        settings: HubSpotSettings,
        retry: Retry | None = None,
        pace: Pace | None = None,
        reread: Callable[[], HubSpotSettings] | None = None,
    ) -> None:
        """`reread`: the settings anew, for secrets that were rotated meanwhile."""
        pace = pace or Pace()
        self._settings = settings
        self._reread = reread or (lambda: settings)
        self._base = check_address(settings.url, "url")
        self._retry = retry or Retry(sleep=pace.sleep)
        self._searches = Limiter(settings.search_per_second, 1.0, pace.clock, pace.sleep)
        self._windows = Windows(settings.budget.burst, pace)
        self.paths = Paths(settings.api_version)
        self._day = AccountDay()
        self.meter = Meter("HubSpot", settings.budget, self._day, pace.clock)
        self._asks_usage = isinstance(settings.auth, StaticToken)
        self._asks_usage_from: datetime | None = None
        """No sooner."""
        self._asks_grant = isinstance(settings.auth, StaticToken)
        self._granted: frozenset[str] | None = None
        """Scopes that came with an access token."""
        library = hubspot.Client.create(
            host=self._base,
            base_url=self._base,
            retry=urllib3.Retry(0, redirect=0, raise_on_redirect=False),
            connection_pool_maxsize=16,
            **_proxy(self._base),
        )
        self._api = library.crm.objects.basic_api.api_client
        self._pool: urllib3.PoolManager = self._api.rest_client.pool_manager
        self._prefix = urlsplit(self._base).path
        self._host = self._pool.connection_from_url(self._base)
        self._timeout = urllib3.Timeout(connect=settings.timeouts.connect, read=settings.timeouts.read)
        self._total = settings.timeouts.total
        self._portal = ""
        refreshing = None if isinstance(settings.auth, StaticToken) else _TOKEN_LIFE
        self._refresh_token = "" if isinstance(settings.auth, StaticToken) else _secret(settings.auth.refresh_token)
        self._tokens = TokenCache(self._fetch_token, lambda: self.meter.now, refreshing)

    @property
    def address(self) -> str:
        return self._base

    def get(
        self,
        path: str,
        query: Mapping[str, str] | None = None,
        *,
        stream: str = "",
        read: Callable[[bytes], Any] = read_json,
    ) -> Any:
        """GET as parsed JSON. `read` does that, and raises ValueError."""
        path += f"?{urlencode(query, safe=_PLAIN)}" if query else ""
        return self._run("GET", path, None, stream, read=read)

    def post(self, path: str, body: Any, *, stream: str = "", writing: bool = False) -> Any:
        """POST. With `writing` it raises OutcomeUnknown when it may or may not have been applied."""
        return self._run("POST", path, orjson.dumps(body), stream, writing=writing)

    def change(self, method: str, path: str, body: Any, *, stream: str) -> Any:
        """A call that changes the portal itself, for setup. Raises OutcomeUnknown when it may or may not have been applied."""
        data = orjson.dumps(body) if body is not None else None
        return self._run(method, path, data, stream, writing=True)

    def search(self, stream: str, filters: Sequence[Mapping[str, Any]], limit: int) -> list[dict[str, Any]]:
        """One page in order of record id, within our share of the searches a second."""
        body = {
            "filterGroups": [{"filters": list(filters)}],
            "sorts": [{"propertyName": "hs_object_id", "direction": "ASCENDING"}],
            "properties": ["hs_object_id"],
            "limit": limit,
        }
        path = self.paths.objects(stream, "search")
        return self._run("POST", path, orjson.dumps(body), stream, limited=True)["results"]

    def count(self, stream: str, *groups: Sequence[Mapping[str, Any]]) -> int:
        """How many records fulfil one of these groups of filters (none: all there are), as far as search knows."""
        body = {"filterGroups": [{"filters": list(one)} for one in groups], "properties": ["hs_object_id"], "limit": 1}
        path = self.paths.objects(stream, "search")
        return int(self._run("POST", path, orjson.dumps(body), stream, limited=True)["total"])

    @property
    def calls_per_second(self) -> float:
        """As many as our share of the windows permits; 0 until an answer told how large they are."""
        return self._windows.calls_per_second

    def find(self, stream: str, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """One page of any search, within our share of the searches a second."""
        return self._run("POST", self.paths.objects(stream, "search"), orjson.dumps(body), stream, limited=True)

    def granted(self) -> frozenset[str] | None:
        """Scopes of the token (source: HubSpot, access token metadata); None where this token may not be asked about.

        Raises AuthError where the token itself is refused, TransientError.
        """
        token = self._tokens.get()
        if not self._asks_grant:
            return self._granted
        try:
            told = self.post(_INFO, {"tokenKey": token.value}, stream="access-token-info")
        except (StreamUnavailable, Refused):
            return None
        scopes = told.get("scopes")
        return frozenset(str(one) for one in scopes) if isinstance(scopes, list) else None

    def listed(self, path: str, query: Mapping[str, str], *, stream: str = "") -> Iterator[dict[str, Any]]:
        """Pages of a list, followed by `paging.next.after`."""
        after: str | None = ""
        while after is not None:
            page = self.get(path, {**query, **({"after": after} if after else {})}, stream=stream)
            yield page
            before, after = after, next_after(page)
            if after is not None and after == before:
                raise TransientError("HubSpot's list leads back to the same page")

    def server_time(self) -> datetime:
        """The `Date` of the latest answer (reckoned on while no calls are made); asks for the account once if there was
        none."""
        if self.meter.now is None:
            self.account()
        now = self.meter.reckoned if self.meter.paused else self.meter.now
        assert now is not None
        return now

    def account(self) -> Mapping[str, Any]:
        """Who we are connected to. Its time zone decides when a day of calls is over."""
        account = self.get(self.paths.account)
        self._day.tell_zone(account.get("timeZone"))
        return account

    # -- one call ------------------------------------------------------------------------------------------------

    def _run(
        self,
        method: str,
        path: str,
        data: bytes | None,
        stream: str,
        *,
        writing: bool = False,
        limited: bool = False,
        read: Callable[[bytes], Any] = read_json,
    ) -> Any:
        def once() -> Any:
            token = self._tokens.get()
            response = self._call(method, path, data, token, writing, limited)
            if response.status == 401 and (fresh := self._renewed(token)):
                response = self._call(method, path, data, fresh, writing, limited)
            try:
                return _read(response, writing, stream, read)
            except BudgetExhausted as error:
                raise self.meter.refuse(error.retry_after) from None

        done = self._retry(once)
        self._learn_usage()
        return done

    def _call(self, method: str, path: str, data: bytes | None, token: Token, writing: bool, limited: bool) -> Reply:
        """One call that costs. It is counted before it waits for its turn: what must not be made does not wait."""
        self.meter.spend()
        if limited:
            self._searches.wait()
        else:
            self._windows.wait(path)
        return self._exchange(method, path, data, token, writing)

    def _renewed(self, refused: Token) -> Token | None:
        """Another token than the refused one; None when there is none. Raises AuthError where the grant is refused."""
        fresh = self._tokens.renew(refused)
        return fresh if fresh.value != refused.value else None

    def _exchange(self, method: str, path: str, data: bytes | None, token: Token | None, writing: bool) -> Reply:
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "Baton"}
        if token:
            headers |= {"Authorization": f"Bearer {token.value}", "Content-Type": "application/json"}
        else:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.meter.count()
        ends_at = time.monotonic() + self._total
        try:
            # The host's own pool: the manager in front of it would take the address apart once more.
            response = self._host.urlopen(
                method,
                self._prefix + path,
                body=data,
                headers=headers,
                timeout=self._timeout,
                redirect=False,
                retries=_ONCE,
                preload_content=False,
            )
            reply = Reply(response.status, _read_whole(response, ends_at), response.headers)
        except urllib3.exceptions.HTTPError as error:
            raise _transport_error(error, writing) from None
        self.meter.note(reply.headers)
        self._note_quota(reply.headers)
        return reply

    def _note_quota(self, headers: Mapping[str, str]) -> None:
        self._windows.note(headers)
        limit, left = _number(headers, "Daily"), _number(headers, "Daily-Remaining")
        if limit is not None and left is not None:
            self.meter.note_quota(limit - left, limit)
            self._asks_usage = False

    def _learn_usage(self) -> None:
        """Where answers do not tell the account's counter, it is asked for every quarter of an hour.

        Source: HubSpot, "API usage guidelines" (account-info, API usage); the headers come with private apps' tokens.
        A token that may not know it is asked for it less often: until it is told, only a budget in calls can be kept, and
        `status` says so.
        """
        now = self.meter.now
        if not self._asks_usage or now is None or (self._asks_usage_from and now < self._asks_usage_from):
            return
        self._asks_usage_from = now + LOOK_AGAIN
        try:
            told = self.get(self.paths.usage)["results"][0]
            self.meter.note_quota(int(told["currentUsage"]), int(told["usageLimit"]))
        except (AuthError, Refused, KeyError, IndexError, TypeError, ValueError):
            self._asks_usage_from = now + _UNTOLD
        except BatonError:
            return  # what was asked for before is there; whoever calls next meets the trouble

    # -- token ---------------------------------------------------------------------------------------------------

    def _fetch_token(self) -> Token:
        auth = self._credentials()
        if isinstance(auth, StaticToken):
            return Token(_secret(auth.token))
        form = {
            "grant_type": "refresh_token",
            "client_id": _secret(auth.client_id),
            "client_secret": _secret(auth.client_secret),
            "refresh_token": self._refresh_token,
        }
        response = self._exchange("POST", self.paths.token, urlencode(form).encode(), None, writing=False)
        if response.status != 200:
            raise GRANT_TABLE.error(read_answer(response.status, response.data, response.headers))
        try:
            body = orjson.loads(response.data)
            token = Token(str(body["access_token"]))
            self._check_portal(str(body.get("hub_id") or ""))
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise TransientError("HubSpot's token endpoint gave no token") from None
        self._refresh_token = str(body.get("refresh_token") or self._refresh_token)
        scopes = body.get("scopes")
        self._granted = frozenset(str(one) for one in scopes) if isinstance(scopes, list) else None
        return token

    def _credentials(self) -> StaticToken | OAuthRefresh:
        """As they are now behind their references."""
        try:
            return self._reread().auth
        except ConfigError as error:
            raise AuthError(f"HubSpot's credentials cannot be read any more: {error}") from None

    def _check_portal(self, portal: str) -> None:
        """The portal may not change under a running process."""
        if self._portal and portal and portal != self._portal:
            hint = "stop, and give another portal its own store"
            raise ConfigError(
                Problem("connections.*.auth", "the new token is of another portal than the one before", hint)
            )
        self._portal = portal or self._portal


def next_after(page: Mapping[str, Any]) -> str | None:
    """Where the next page of a list starts; None on the last one."""
    following = (page.get("paging") or {}).get("next") or {}
    return str(following["after"]) if following.get("after") else None


def _number(headers: Mapping[str, str], name: str) -> int | None:
    text = headers.get(f"X-HubSpot-RateLimit-{name}", "")
    return int(text) if text.isdecimal() and len(text) < 13 else None


def _read_whole(response: urllib3.BaseHTTPResponse, ends_at: float) -> bytes:
    try:
        body = read_body(response, ends_at)
    except (TooLarge, TooSlow) as error:
        response.close()  # the rest of it stays unread, so the connection cannot be used again
        raise urllib3.exceptions.DecodeError(str(error)) from None
    response.release_conn()
    return body


def _read(response: Reply, writing: bool, stream: str, read: Callable[[bytes], Any]) -> Any:
    if not 200 <= response.status < 300:
        answer = read_answer(response.status, response.data, response.headers)
        raise TABLE.error(answer, writing=writing, stream=stream)
    try:
        return read(response.data) if response.data else {}
    except ValueError:
        kind = OutcomeUnknown if writing else TransientError
        raise kind("HubSpot's edge gave a success that is no JSON") from None


def _transport_error(error: Exception, writing: bool) -> TransientError:
    """Only where no connection came about is a write known not to have happened."""
    kind = type(error).__name__
    if writing and not isinstance(error, _NEVER_SENT):
        return OutcomeUnknown(f"no complete answer from HubSpot to a write ({kind})")
    return TransientError(f"no complete answer from HubSpot ({kind})")


def _proxy(base: str) -> dict[str, str]:
    """The proxy that the environment names for this host; the library looks at none by itself."""
    parts = urlsplit(base)
    host = parts.hostname or ""
    proxy = urllib.request.getproxies().get(parts.scheme)
    return {"proxy": proxy} if proxy and not is_loopback(host) and not urllib.request.proxy_bypass(host) else {}


def _secret(value: Any) -> str:
    return value.get_secret_value()
