"""What systemd asks of a service of `Type=notify`: that it says when it is up, and that it goes on (sd_notify(3))."""

from __future__ import annotations

import os
import socket
from datetime import timedelta


def notify(*lines: str) -> None:
    """Tell the service manager, where there is one that listens. Raises OSError when it does not."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address.startswith(("/", "@")):
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
        channel.connect(address.replace("@", "\0", 1) if address.startswith("@") else address)
        channel.sendall("\n".join(lines).encode())


def watchdog_interval() -> timedelta | None:
    """How often it wants to hear from us: half of what it waits for. None: it does not watch this process."""
    span, process = os.environ.get("WATCHDOG_USEC", ""), os.environ.get("WATCHDOG_PID", "")
    if not span.isdigit() or (process and process != str(os.getpid())):
        return None
    return timedelta(microseconds=int(span)) / 2
