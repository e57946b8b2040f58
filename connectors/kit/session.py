"""The HTTP session behind clients that are built on requests."""

from __future__ import annotations

import http.cookiejar
import io
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import requests
import urllib3
from requests.adapters import HTTPAdapter

from connectors.kit.address import check_address
from connectors.kit.body import TooLarge, TooSlow, open_text, read_body
from connectors.kit.meter import Meter
from sync.address import is_loopback
from sync.errors import ConfigError, OutcomeUnknown, Problem, TransientError

TOTAL_S = 120.0
_PATIENCE = 10
"""So many times as long a text may take that is read as it comes: whoever reads it keeps it meanwhile."""


class ApiSession(requests.Session):
    """Times out, counts, keeps the server's time, and talks to known hosts only.

    Some libraries build `https://` whatever they were given: a call to the configured host goes over plain http when
    the configured address is http on loopback, and never otherwise. Redirects, cookies, netrc and retries are off.
    """

    def __init__(
        self,
        base_url: str,
        meter: Meter,
        timeout: tuple[float, float],
        headers: Mapping[str, str],
        total: float = TOTAL_S,
    ) -> None:
        """`timeout`: seconds to connect, and without a sign of life; `total`: until the answer is whole."""
        super().__init__()
        self._total = total
        parts = urlsplit(check_address(base_url, "url"))
        self._plain = parts.scheme == "http"
        self._hosts = {parts.netloc}
        self._meter = meter
        self._timeout = timeout
        self.headers.update(headers)
        self.trust_env = not is_loopback(parts.hostname)
        self.auth = _keep_headers
        self.cookies.set_policy(http.cookiejar.DefaultCookiePolicy(allowed_domains=[]))
        self.hooks["response"].append(self._note)
        self.mount("https://", HTTPAdapter(pool_connections=4, pool_maxsize=16, max_retries=0))
        self.mount("http://", HTTPAdapter(pool_connections=4, pool_maxsize=16, max_retries=0))

    def allow(self, url: str) -> None:
        """Let calls go to the host of this address as well. On loopback there is only the configured one."""
        if not self._plain:
            self._hosts.add(urlsplit(check_address(url, "instance_url")).netloc)

    def request(self, method: str | bytes, url: str | bytes, *args: Any, **kwargs: Any) -> requests.Response:
        method, url = _text(method), _text(url)
        kwargs.setdefault("timeout", self._timeout)
        kwargs["allow_redirects"] = False  # not a default: `get` asks for them
        self._meter.count()
        ends_at = time.monotonic() + self._total
        response = super().request(method, self._checked(url), *args, **{**kwargs, "stream": True})
        return _read_whole(response, ends_at)

    def open(self, method: str, url: str, **kwargs: Any) -> tuple[requests.Response, io.TextIOBase | None]:
        """The same for a text too large to be held: of a success it is read by whoever asked, as it comes, and has to be
        closed. Reading it raises TransientError. Of anything else the response is whole, and there is None beside it."""
        kwargs.setdefault("timeout", self._timeout)
        self._meter.count()
        response = super().request(method, self._checked(url), **{**kwargs, "allow_redirects": False, "stream": True})
        if response.status_code >= 300:
            return _read_whole(response, time.monotonic() + self._total), None
        return response, open_text(response.raw, time.monotonic() + _PATIENCE * self._total)

    def _checked(self, url: str) -> str:
        parts = urlsplit(url)
        if parts.netloc not in self._hosts:
            raise ConfigError(
                Problem("url", f"refused to call the host {parts.hostname}", "it is not the configured one")
            )
        if self._plain:
            return urlunsplit(parts._replace(scheme="http"))
        if parts.scheme != "https":
            raise ConfigError(Problem("url", f"refused to call {parts.hostname} over plain http", "use https://"))
        return url

    def _note(self, response: requests.Response, *_: Any, **__: Any) -> None:
        self._meter.note(response.headers)


def _read_whole(response: requests.Response, ends_at: float) -> requests.Response:
    """The library reads without end when it is not told to stream; what it keeps of a body is set here instead."""
    try:
        response._content = read_body(response.raw, ends_at)  # pyright: ignore[reportPrivateUsage, reportAttributeAccessIssue]  # its only place for a body
    except TooLarge as error:
        raise requests.exceptions.ContentDecodingError(str(error)) from None
    except TooSlow as error:
        raise requests.exceptions.ReadTimeout(str(error)) from None
    except urllib3.exceptions.HTTPError as error:
        raise requests.exceptions.ChunkedEncodingError(type(error).__name__) from None
    finally:
        response.close()
    return response


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode()


def _keep_headers(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """An own auth object keeps requests from replacing our bearer with an entry of ~/.netrc."""
    return request


def transport_error(error: requests.RequestException, vendor: str, *, writing: bool) -> TransientError:
    """What a failed exchange means. Only where no connection came about is a write known not to have happened."""
    never_sent = isinstance(error, requests.ConnectTimeout) or "NewConnectionError" in repr(error)
    kind = type(error).__name__
    if writing and not never_sent:
        return OutcomeUnknown(f"no complete answer from {vendor} to a write ({kind})")
    return TransientError(f"no complete answer from {vendor} ({kind})")
