"""What systemd asks of a service of `Type=notify`: that it says when it is up, and that it goes on (sd_notify(3))."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
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


@contextmanager
def watchdog(alive: Callable[[], bool]) -> Iterator[None]:
    """Say that it goes on for as long as it does, where systemd watches. On a thread of its own: a step may take hours."""
    interval = watchdog_interval()
    if interval is None:
        yield
        return
    ending = threading.Event()

    def go_on() -> None:
        while not ending.wait(interval.total_seconds()):
            if alive():
                notify("WATCHDOG=1")

    thread = threading.Thread(target=go_on, name="watchdog", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ending.set()
        thread.join()
