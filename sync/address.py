"""Which addresses are of this machine. There a simulator answers, plain http will do, and nobody's data is at stake."""

from __future__ import annotations

import ipaddress


def is_loopback(host: str | None) -> bool:
    """`localhost` and the loopback ranges; names are not looked up."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False
