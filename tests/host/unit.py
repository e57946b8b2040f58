"""Lets systemd read the unit: what it would refuse or warn of, and how far the process could reach."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

UNIT = Path(__file__).resolve().parents[2] / "docs" / "service" / "baton.service"
EXPOSED_AT_MOST = 2.0
"""Of ten, in systemd's own reckoning."""


def main() -> int:
    program = shutil.which("systemd-analyze")
    if program is None:
        print("unit: no systemd-analyze here, not looked at")
        return 0
    with tempfile.TemporaryDirectory() as place:
        # The program of the unit is where an operator puts it, not here.
        copy = Path(place) / UNIT.name
        text = UNIT.read_text(encoding="utf-8").replace("/opt/baton/bin/baton", "/bin/true")
        copy.write_text(text, encoding="utf-8")
        verified = subprocess.run(
            [program, "verify", "--man=no", str(copy)], capture_output=True, text=True, check=False
        )
        security = subprocess.run(
            [program, "security", "--offline=yes", f"--threshold={int(EXPOSED_AT_MOST * 10)}", str(copy)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
    told = verified.stdout + verified.stderr
    print(told or "unit: systemd takes it without a word")
    print(security.stdout.strip().splitlines()[-1] if security.stdout.strip() else security.stderr.strip())
    return int(bool(verified.returncode or told or security.returncode))


if __name__ == "__main__":
    sys.exit(main())
