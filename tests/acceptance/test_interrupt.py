"""Ctrl-C at any moment: the process ends without a traceback, as shells expect of what was interrupted."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from sync.settings import write_overrides
from tests.acceptance import process

ROOT = Path(__file__).parents[2]
INTERRUPTED = 130
STARTING = "import sys; sys.argv[0] = 'baton'; import sync.__main__ as m; print('here', flush=True); m.main()"
"""What comes before our first line is the interpreter's own."""


@contextmanager
def planning(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """A `baton plan` whose own first line has run."""
    secrets = {"BATON_SF_CLIENT_ID": "x", "BATON_SF_CLIENT_SECRET": "x", "BATON_HUBSPOT_TOKEN": "x"}
    with subprocess.Popen(
        [sys.executable, "-c", STARTING, "plan", "--config", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), **secrets},
    ) as begun:
        assert begun.stdout is not None
        try:
            assert begun.stdout.readline() == b"here\n"
            yield begun
        finally:
            begun.kill()


def interrupt(begun: subprocess.Popen[bytes]) -> tuple[int, str]:
    assert begun.stderr is not None
    begun.send_signal(signal.SIGINT)
    told = begun.stderr.read().decode()
    return begun.wait(process.TIMEOUT_S), told


@pytest.mark.parametrize("after", [0.0, 0.3])
def test_while_it_starts_nothing_is_under_way_and_it_simply_ends(tmp_path: Path, after: float) -> None:
    """Where it is by then is the machine's business: still loading, or already told that there is no configuration."""
    with planning(tmp_path) as begun:
        time.sleep(after)
        code, told = interrupt(begun)
    assert "Traceback" not in told
    assert code in (-signal.SIGINT, INTERRUPTED, 2), told


def test_while_it_works_it_says_that_nothing_is_lost(tmp_path: Path) -> None:
    """Caught where it waits for a CRM that takes the question and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(process.TIMEOUT_S)
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        write_overrides(tmp_path, {"connections": {"salesforce": {"url": url}, "hubspot": {"url": url}}})
        with planning(tmp_path) as begun:
            asked, _ = silent.accept()
            with asked:
                code, told = interrupt(begun)
    assert (code, told) == (INTERRUPTED, "\nstopped; nothing is lost: the next run goes on from here\n")
