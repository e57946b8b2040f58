"""Models of `service:` and `alerts:` in `config/baton.yaml`: what the daemon shows of itself, and whom it tells."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field, WithJsonSchema

from sync.settings.check import Section, Wrong
from sync.settings.value import Span

PORT = 9464
_REFERENCE = re.compile(r"env:[A-Za-z_]\w*|file:.+")
_SHORTEST = timedelta(minutes=1)
_BEHIND = timedelta(minutes=30)


def _read_host(value: object) -> str:
    """An address of this machine; names are not looked up."""
    if value == "localhost":
        return "127.0.0.1"
    try:
        return str(ipaddress.ip_address(value if isinstance(value, str) else ""))
    except ValueError:
        hint = "write 127.0.0.1 (this machine alone), or 0.0.0.0 inside a container"
        raise Wrong(f"{str(value)!r} is no IP address", hint) from None


def _read_reference(value: object) -> str:
    """Whoever knows such an address can post to the channel: it is a secret."""
    if not isinstance(value, str) or not _REFERENCE.fullmatch(value):
        raise Wrong(
            "an address is written in clear (not shown)", "write env:NAME or file:PATH; the address is a secret"
        )
    return value


def read_off(value: object) -> object:
    """`service: none` (or off) says that there is none."""
    return None if value in ("none", "off", False) else value


class ServiceSection(Section):
    host: Annotated[str, BeforeValidator(_read_host), WithJsonSchema({"type": "string"})] = "127.0.0.1"
    """Address to listen on. There is no login: anything but loopback belongs behind a firewall."""
    port: int = Field(default=PORT, ge=0, le=65535)
    """Port of /healthz, /readyz and /metrics; 0 takes any that is free and says which in the log."""


class AlertsSection(Section):
    webhook: (
        Annotated[
            str,
            BeforeValidator(_read_reference),
            WithJsonSchema({"type": "string", "examples": ["env:BATON_ALERT_URL"]}),
        ]
        | None
    ) = None
    """Where alerts are posted: env:NAME or file:PATH with an https address (Slack's incoming webhooks take them as they are)."""
    behind: Span | None = None
    """How far a stream may be behind before it is told and /readyz says no; 30m, or two readings of the slowest stream."""


def settle_behind(asked: timedelta | None, slowest: timedelta) -> timedelta:
    """How far a stream may be behind. Raises Wrong when a daemon that works would always be called late."""
    least = max(2 * slowest, _SHORTEST)
    if asked is None:
        return max(least, _BEHIND)
    if asked < least:
        minutes = int(-(-least.total_seconds() // 60))
        raise Wrong("alerts.behind is shorter than two readings of a slow stream", f"write {minutes}m or more")
    return asked
