"""Which addresses a connector may talk to: https anywhere, plain http on this machine only."""

from __future__ import annotations

from urllib.parse import urlsplit

from sync.address import is_loopback
from sync.errors import ConfigError, Problem

_HINT = "use https://; plain http:// is allowed for a simulator on this machine only"


def check_address(url: str, path: str) -> str:
    """The base URL without a trailing slash. Raises ConfigError unless https, or http on loopback."""
    parts = urlsplit(url)
    plain = parts.scheme == "http" and is_loopback(parts.hostname)
    if not parts.hostname or not (parts.scheme == "https" or plain):
        raise ConfigError(Problem(path, f"not an address Baton may call: {parts.scheme}://{parts.hostname}", _HINT))
    if parts.username or parts.query or parts.fragment:
        raise ConfigError(Problem(path, "the address holds more than scheme, host and port", _HINT))
    return url.rstrip("/")
