"""One org: its token, its session, and every call to it."""

from __future__ import annotations

import base64
import io
import re
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

import jwt
import orjson
import requests
from simple_salesforce.api import Salesforce
from simple_salesforce.exceptions import SalesforceError

from connectors.kit.body import read_json
from connectors.kit.budget import RollingDay
from connectors.kit.meter import Meter
from connectors.kit.oauth import Token, TokenCache
from connectors.kit.pace import Pace
from connectors.kit.retry import Retry
from connectors.kit.session import ApiSession, transport_error
from connectors.salesforce.errors import GRANT_TABLE, TABLE, read_answer
from connectors.salesforce.settings import AccessToken, AdminSettings, ClientCredentials, JwtBearer, SalesforceSettings
from sync.errors import AuthError, BatonError, BudgetExhausted, ConfigError, Problem, TransientError

_HEADERS = {
    "Sforce-Auto-Assign": "FALSE",  # REST writes run assignment rules unless told not to
    "Sforce-Duplicate-Rule-Header": "allowSave=true",
    "Sforce-Mru": "updateMru=false",
    "Sforce-Call-Options": "client=Baton",
    "Sforce-Query-Options": "batchSize=2000",
}
_TOKEN_LIFE = timedelta(minutes=15)
"""The shortest session time-out an org can set; neither flow says when its token expires."""
_LIMIT_INFO = re.compile(r"(?:^|[;\s])(per-app-)?api-usage=(\d{1,12})/(\d{1,12})")
"""`api-usage=18/5000; per-app-api-usage=17/250(appName=…)` (source: REST API Developer Guide, Limit Info Header)."""
MAX_QUERIES = 5
"""Query subrequests that one Composite call takes (source: REST API Developer Guide, Composite)."""
MAX_COMPOSED = 25
"""Subrequests of any kind that it takes."""

_Reply = tuple[int, Any]
_Read = Callable[[bytes], Any]


class Client:
    """Calls of one org. Safe to use from several threads; opens nothing before the first call."""

    def __init__(
        self,
        settings: SalesforceSettings | AdminSettings,
        retry: Retry | None = None,
        pace: Pace | None = None,
        reread: Callable[[], SalesforceSettings | AdminSettings] | None = None,
    ) -> None:
        """`reread`: the settings anew, for secrets that were rotated meanwhile."""
        pace = pace or Pace()
        self.pace = pace
        self._settings = settings
        self._reread = reread or (lambda: settings)
        self._retry = retry or Retry(sleep=pace.sleep)
        self._lock = threading.Lock()
        self._verified = False
        self._org = ""
        self._user = ""
        self._library: tuple[str, Salesforce] | None = None
        self.meter = Meter("Salesforce", settings.budget, RollingDay(), pace.clock)
        timeouts = settings.timeouts
        limits = (timeouts.connect, timeouts.read)
        self._session = ApiSession(settings.url, self.meter, limits, _HEADERS, timeouts.total)
        self._session.hooks["response"].append(self._note_quota)
        self._tokens = TokenCache(self._fetch_token, lambda: self.meter.now, _TOKEN_LIFE)

    # -- calls ---------------------------------------------------------------------------------------------------

    def get(
        self, path: str, params: Mapping[str, str] | None = None, *, stream: str = "", read: _Read = read_json
    ) -> Any:
        """GET below `/services/data/vXX/` (or an absolute path of this org), as parsed JSON."""
        return self._run(lambda sf: self._send(sf, "GET", path, params=params, read=read), stream=stream)

    def get_csv(self, path: str, params: Mapping[str, str], stream: str) -> tuple[io.TextIOBase, Mapping[str, str]]:
        """GET of a table as it is written, to be read as it comes and closed, with the headers of the answer."""

        def send(sf: Salesforce) -> _Reply:
            headers = {"Authorization": f"Bearer {sf.session_id}", "Accept": "text/csv"}
            response, text = self._session.open("GET", sf.base_url + path, params=params, headers=headers)
            if text is None:
                return response.status_code, response.content
            if not response.headers.get("Content-Type", "").startswith("text/csv"):
                text.close()
                return 502, b""
            return response.status_code, (text, response.headers)

        return self._run(send, stream=stream)

    def post(self, path: str, body: Any, read: _Read = read_json) -> Any:
        """POST that changes no record (Composite of queries, query jobs)."""
        return self._run(lambda sf: self._send(sf, "POST", path, data=orjson.dumps(body), read=read))

    def patch(self, path: str, body: Any, *, stream: str = "") -> Any:
        """PATCH. Raises OutcomeUnknown when it may or may not have been applied."""
        return self._run(lambda sf: self._send(sf, "PATCH", path, data=orjson.dumps(body)), writing=True, stream=stream)

    def change(self, method: str, path: str, body: bytes | None = None, content_type: str = "application/json") -> Any:
        """A call that changes the org itself, for setup. Raises OutcomeUnknown when it may or may not have been applied."""
        return self._run(lambda sf: self._send(sf, method, path, data=body, content_type=content_type), writing=True)

    def describe(self, stream: str) -> Mapping[str, Any]:
        """The describe of one object, as this user sees it. Raises StreamUnavailable."""
        return self._run(lambda sf: (200, getattr(sf, stream).describe()), stream=stream)

    def query_all(self, soql: str, *, stream: str = "") -> Iterator[list[dict[str, Any]]]:
        """Rows, page by page, of a query that also sees deleted and archived ones."""
        for page in self.pages(self.get("queryAll/", {"q": soql}, stream=stream), stream):
            yield page["records"]

    def pages(self, first: Mapping[str, Any], stream: str, read: _Read = read_json) -> Iterator[Mapping[str, Any]]:
        """This page of a query and those after it. `read`: what makes an answer of its bytes."""
        page, seen = first, set[str]()
        yield page
        while not page["done"]:
            following = str(page["nextRecordsUrl"])
            if following in seen or not following.startswith("/services/data/"):
                raise TransientError(f"Salesforce's pages lead elsewhere, or back to one that was read ({stream})")
            seen.add(following)
            page = self.get(following, stream=stream, read=read)
            yield page

    def queries(
        self, soqls: Sequence[str], streams: Sequence[str], read: _Read = read_json
    ) -> list[Mapping[str, Any] | BatonError]:
        """Up to five queries (deleted and archived rows included) in one call: first pages or errors, in order."""
        return self.compose([query_path(soql) for soql in soqls], streams, read)

    def compose(
        self, paths: Sequence[str], streams: Sequence[str], read: _Read = read_json
    ) -> list[Mapping[str, Any] | BatonError]:
        """Up to 25 GETs below `/services/data/vXX/`, at most five of them queries, in one call: answers or errors, in
        order. They are answered one after the other."""
        version = f"/services/data/v{self._settings.api_version}"
        requests_ = [
            {"method": "GET", "url": f"{version}/{path}", "referenceId": f"q{number}"}
            for number, path in enumerate(paths)
        ]
        asked = {"allOrNone": False, "collateSubrequests": False, "compositeRequest": requests_}
        answer = self.post("composite", asked, read)
        parts = {part["referenceId"]: part for part in answer["compositeResponse"]}
        return [_part(parts.get(f"q{number}"), stream) for number, stream in enumerate(streams)]

    @property
    def address(self) -> str:
        """The configured address of the org."""
        return self._settings.url

    @property
    def api_version(self) -> str:
        return self._settings.api_version

    def log_in(self) -> None:
        """Get a token if there is none: for who we are. Raises AuthError, TransientError."""
        self._tokens.get()

    @property
    def user_id(self) -> str:
        """Whom the present token is for; empty before the first, and where the token endpoint does not tell."""
        return self._user

    def server_time(self) -> datetime:
        """The `Date` of the latest answer (reckoned on while no calls are made); asks once (unauthenticated, uncounted) if
        there was none."""
        if self.meter.now is None:
            self._versions()
        now = self.meter.reckoned if self.meter.paused else self.meter.now
        assert now is not None
        return now

    def verify(self) -> None:
        """Once: does the org offer our API version? Raises ConfigError."""
        if self._verified:
            return
        version = self._settings.api_version
        offered = {str(one["version"]) for one in self._versions()}
        if version not in offered:
            hint = f"the org offers {', '.join(sorted(offered, key=float))}"
            raise ConfigError(Problem("connections.*.api_version", f"this org does not offer API {version}", hint))
        self._verified = True

    # -- one call ------------------------------------------------------------------------------------------------

    def _run(self, send: Callable[[Salesforce], _Reply], *, writing: bool = False, stream: str = "") -> Any:
        return self._retry(lambda: self._once(send, writing, stream))

    def _once(self, send: Callable[[Salesforce], _Reply], writing: bool, stream: str) -> Any:
        token = self._tokens.get()
        status, content = self._attempt(send, token, writing)
        if status == 401 and _is_expired(content):
            status, content = self._attempt(send, self._tokens.renew(token), writing)
        if status >= 300:
            error = TABLE.error(read_answer(status, content), writing=writing, stream=stream)
            raise self.meter.refuse(error.retry_after) if isinstance(error, BudgetExhausted) else error
        return content

    def _attempt(self, send: Callable[[Salesforce], _Reply], token: Token, writing: bool) -> _Reply:
        self.meter.spend()
        try:
            return send(self._salesforce(token))
        except SalesforceError as error:
            return int(error.status or 0), error.content
        except requests.RequestException as error:
            raise transport_error(error, "Salesforce", writing=writing) from None

    def _send(
        self,
        sf: Salesforce,
        method: str,
        path: str,
        params: Mapping[str, str] | None = None,
        data: bytes | None = None,
        *,
        table: bool = False,
        content_type: str = "application/json",
        read: _Read = read_json,
    ) -> _Reply:
        """Through our session rather than the library: raw bytes, no pretty-printing, one decoder."""
        url = f"https://{sf.sf_instance}{path}" if path.startswith("/") else sf.base_url + path
        headers = {"Authorization": f"Bearer {sf.session_id}", "Content-Type": content_type}
        response = self._session.request(method, url, params=params, data=data, headers=headers)
        if response.status_code >= 300 or not response.content:
            return response.status_code, response.content
        try:
            return response.status_code, read(response.content)
        except ValueError:
            return 502, b""  # a success that is no JSON comes from an edge, not from the org

    def _salesforce(self, token: Token) -> Salesforce:
        with self._lock:
            if self._library is None or self._library[0] != token.value:
                library = Salesforce(
                    session_id=token.value,
                    instance_url=token.instance_url,
                    session=self._session,
                    version=self._settings.api_version,
                )
                self._library = (token.value, library)
            return self._library[1]

    def _versions(self) -> list[dict[str, Any]]:
        def ask() -> list[dict[str, Any]]:
            response = self._exchange("GET", "/services/data/")
            if response.status_code != 200:
                raise TABLE.error(read_answer(response.status_code, response.content))
            return orjson.loads(response.content)

        return self._retry(ask)

    def _exchange(self, method: str, path: str, **kwargs: Any) -> requests.Response:
        """A call without our bearer."""
        try:
            return self._session.request(method, self._settings.url.rstrip("/") + path, **kwargs)
        except requests.RequestException as error:
            raise transport_error(error, "Salesforce", writing=False) from None

    # -- token ---------------------------------------------------------------------------------------------------

    def _fetch_token(self) -> Token:
        auth = self._credentials()
        if isinstance(auth, AccessToken):
            return Token(auth.token.get_secret_value(), self._settings.url)
        form, headers = self._grant(auth)
        response = self._exchange("POST", "/services/oauth2/token", data=form, headers=headers)
        if response.status_code != 200:
            raise GRANT_TABLE.error(read_answer(response.status_code, response.content))
        try:
            body = orjson.loads(response.content)
            token, instance = str(body["access_token"]), str(body.get("instance_url") or self._settings.url)
            self._check_org(str(body.get("id") or ""))
        except (orjson.JSONDecodeError, KeyError, TypeError):
            raise TransientError("Salesforce's token endpoint gave no token") from None
        return Token(token, self._instance(instance))

    def _check_org(self, identity: str) -> None:
        """The org may not change under a running process. `identity` is `https://login…/id/<org>/<user>`."""
        rest, _, user = identity.rstrip("/").rpartition("/")
        org = rest.rpartition("/")[2]
        if self._org and org and org != self._org:
            hint = "stop, and give another org its own store"
            raise ConfigError(Problem("connections.*.url", "the new token is of another org than the one before", hint))
        self._org, self._user = org or self._org, user or self._user

    def _instance(self, url: str) -> str:
        """The host to use with the token: the one Salesforce names if it is one of Salesforce's, else the configured."""
        configured = self._settings.url
        if urlsplit(configured).scheme == "http" or urlsplit(url).netloc == urlsplit(configured).netloc:
            return configured
        if not (urlsplit(url).hostname or "").endswith(".salesforce.com"):
            raise AuthError("Salesforce's token endpoint named a host outside salesforce.com; nothing was sent to it")
        self._session.allow(url)
        return url

    def _credentials(self) -> ClientCredentials | JwtBearer | AccessToken:
        """As they are now behind their references."""
        try:
            return self._reread().auth
        except ConfigError as error:
            raise AuthError(f"Salesforce's credentials cannot be read any more: {error}") from None

    def _grant(self, auth: ClientCredentials | JwtBearer) -> tuple[dict[str, str], dict[str, str]]:
        if isinstance(auth, JwtBearer):
            grant = "urn:ietf:params:oauth:grant-type:jwt-bearer"
            return {"grant_type": grant, "assertion": self._assertion(auth)}, {}
        pair = f"{auth.client_id.get_secret_value()}:{auth.client_secret.get_secret_value()}"
        basic = base64.b64encode(pair.encode()).decode()
        return {"grant_type": "client_credentials"}, {"Authorization": f"Basic {basic}"}

    def _assertion(self, auth: JwtBearer) -> str:
        """A signed statement good for three minutes of the server's time, so that our clock may be wrong."""
        claims = {
            "iss": auth.client_id.get_secret_value(),
            "sub": auth.username,
            "aud": auth.audience,
            "exp": int((self.server_time() + timedelta(minutes=3)).timestamp()),
        }
        try:
            return jwt.encode(claims, auth.private_key.get_secret_value(), algorithm="RS256")
        except (ValueError, TypeError, jwt.PyJWTError):
            problem = Problem(
                "connections.*.auth.private_key", "not an RSA private key in PEM form", "see `baton check`"
            )
            raise ConfigError(problem) from None

    def _note_quota(self, response: requests.Response, *_: Any, **__: Any) -> None:
        for app, used, limit in _LIMIT_INFO.findall(response.headers.get("Sforce-Limit-Info", "")):
            (self.meter.note_app if app else self.meter.note_quota)(int(used), int(limit))


def query_path(soql: str) -> str:
    """Of a query that also sees deleted and archived rows."""
    return f"queryAll/?{urlencode({'q': soql})}"


def _is_expired(content: Any) -> bool:
    """Some 401s say that the session is good but not for this; a fresh token would not help."""
    text = read_answer(401, content).text
    return "not valid for use with the REST API" not in text and "not attached to Agent" not in text


def _part(part: Mapping[str, Any] | None, stream: str) -> Mapping[str, Any] | BatonError:
    if part is None:
        return TransientError(f"Salesforce left out one of the composed answers ({stream})")
    status, body = int(part["httpStatusCode"]), part["body"]
    if status >= 300:
        return TABLE.error(read_answer(status, body), stream=stream)
    return body
