"""What taking stock of many handoffs costs: `python -m tests.benchmarks.audit [HANDOFFS ...]`, without them 15,000 and 150,000.

The whole way of the real command: HTTP, decoding, counting, proposing, both pages, CSV and the proposed folder. It reads from
the stub, which runs in a process of its own; CPU is that of the command's processes, memory that of the largest of them.
Flat means: ten times the handoffs, hardly more memory.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from tests.benchmarks.report import run
from tests.benchmarks.stub import running_stub

_LEADS = 300_000
"""At scale 1; each is one handoff."""


def main(sizes: list[int]) -> None:
    for handoffs in sizes:
        with (
            tempfile.TemporaryDirectory(prefix="baton-bench-") as name,
            running_stub(Path(name, "stub"), scale=max(_LEADS // handoffs, 1), handoffs=True) as stub,
        ):
            salesforce, hubspot = stub.urls
            names = ("sf_client_id", "sf_client_secret", "hubspot_token")
            secrets = [(stub.folder / "secrets" / one).read_text(encoding="utf-8") for one in names]
            keys = zip(("BATON_SF_CLIENT_ID", "BATON_SF_CLIENT_SECRET", "BATON_HUBSPOT_TOKEN"), secrets, strict=True)
            options = ["--output", str(Path(name, "audit")), "--salesforce-url", salesforce, "--hubspot-url", hubspot]
            command = ["audit", "--environment", "sandbox", *options]
            seconds, cpu, peak = run(command, {**os.environ, **dict(keys)})
            print(
                f"audit of {handoffs:>9,} handoffs ({stub.records:,} records): {seconds:6.1f} s  CPU {cpu:6.1f} s  "
                f"{peak:5.0f} MB at most"
            )


if __name__ == "__main__":
    main([int(one) for one in sys.argv[1:]] or [15_000, 150_000])
