"""The fewest calls for what was read and written: what a demo's ratio is measured by."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from connectors.simulator.cost import least_calls
from connectors.simulator.kernel import LogEntry

CONTACTS = "/crm/objects/2026-09/contacts/batch/read"


def entry(path: str, body: Any = None, method: str = "POST", cost: int = 1) -> LogEntry:
    raw = orjson.dumps(body) if body is not None else b""
    return LogEntry(datetime(2026, 10, 6, tzinfo=UTC), "hubspot", method, path, {}, raw, 200, cost)


def read(count: int, *history: str) -> LogEntry:
    inputs = [{"id": str(number)} for number in range(count)]
    return entry(CONTACTS, {"inputs": inputs, "propertiesWithHistory": list(history)})


@pytest.mark.parametrize(
    ("entries", "calls"),
    [
        ([read(1)] * 100, 1),
        ([read(100), read(1)], 2),
        ([read(50, "pain"), read(50, "pain")], 2),
        ([read(20, "pain")] * 5, 2),
        ([read(60), read(40, "pain")], 2),
        ([entry("/crm/objects/2026-09/contacts/search", {})] * 3, 3),
        (
            [
                entry("/crm/objects/2026-09/contacts/search", {}, cost=0),
                entry("/crm/objects/2026-09/contacts/search", {}),
            ],
            1,
        ),
        ([entry("/oauth/v1/token"), entry("/crm/properties/2026-09/contacts", method="GET")], 0),
    ],
)
def test_batches_count_as_if_each_had_been_full(entries: list[LogEntry], calls: int) -> None:
    assert least_calls(entries) == calls
