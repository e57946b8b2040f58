"""Ctrl-C at any moment of the start: the process ends without a traceback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("after", [0.05, 0.15, 0.3, 0.5, 0.8, 1.2])
def test_it_ends_without_a_traceback(tmp_path: Path, after: float) -> None:
    (tmp_path / "config").mkdir()
    # What comes before our first line is the interpreter's own.
    begun = "import signal, sys; sys.argv[0] = 'baton'; import sync.__main__ as m; print('here', flush=True); m.main()"
    with subprocess.Popen(
        [sys.executable, "-c", begun, "plan", "--config", str(tmp_path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT), "BATON_SF_CLIENT_ID": "x", "BATON_SF_CLIENT_SECRET": "x"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        time.sleep(after)
        process.send_signal(signal.SIGINT)
        told = process.stderr.read().decode()
        code = process.wait(20)
    assert "Traceback" not in told
    assert code in (-signal.SIGINT, 1, 2), told
