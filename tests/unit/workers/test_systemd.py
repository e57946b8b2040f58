"""What a service manager hears, from a process of its own: it is spoken to by environment variables."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]
_SCRIPT = """
import time
from sync.workers.systemd import notify, watchdog
notify("READY=1", "STATUS=up")
with watchdog(lambda: ALIVE):
    time.sleep(0.3)
notify("STOPPING=1")
"""


def hear(folder: Path, *, alive: bool = True, **environment: str) -> list[str]:
    address = folder / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(address))
        manager.settimeout(0.2)
        given = {**os.environ, "PYTHONPATH": str(ROOT), "NOTIFY_SOCKET": str(address), **environment}
        subprocess.run([sys.executable, "-c", _SCRIPT.replace("ALIVE", str(alive))], env=given, check=True, timeout=60)
        heard: list[str] = []
        while True:
            try:
                heard.append(manager.recv(4096).decode())
            except TimeoutError:
                return heard


def test_it_is_up_goes_on_and_stops(tmp_path: Path) -> None:
    heard = hear(tmp_path, WATCHDOG_USEC="100000")
    assert (heard[0], heard[-1]) == ("READY=1\nSTATUS=up", "STOPPING=1")
    assert 1 <= heard.count("WATCHDOG=1") <= 60, "every 50 ms, however long 0.3 s may take"


def test_what_hangs_says_nothing(tmp_path: Path) -> None:
    assert hear(tmp_path, alive=False, WATCHDOG_USEC="100000") == ["READY=1\nSTATUS=up", "STOPPING=1"]


def test_who_is_not_watched_is_not_asked(tmp_path: Path) -> None:
    assert len(hear(tmp_path)) == 2
    (tmp_path / "notify").unlink()
    assert len(hear(tmp_path, WATCHDOG_USEC="100000", WATCHDOG_PID="1")) == 2


def test_without_a_manager_nothing_is_said(tmp_path: Path) -> None:
    assert hear(tmp_path, NOTIFY_SOCKET="") == []
