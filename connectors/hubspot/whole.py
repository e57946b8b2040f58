"""Reading a portal's streams from their beginning: what there is, and what it costs.

The list takes 100 records a call in order of id and tells along with each activity whom it hangs on; search would take
two calls for as many (ids, then values) and five a second. Sources: "Retrieve records", "Search the CRM", "API usage
guidelines and limits".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Any

from connectors.hubspot.client import Client
from connectors.hubspot.history import HISTORY_BATCH
from connectors.hubspot.part import PARTS, PARTS_FROM
from connectors.hubspot.records import READ_BATCH
from connectors.hubspot.streams import OWNERS, find_stream
from connectors.kit.errors import Refused
from connectors.kit.instant import to_ms
from sync.errors import StreamUnavailable
from sync.ports import Automation, Cursor, StreamSpec, Touched, Whole

PARALLEL = 3
"""Lists that are read at the same time: one alone is slower than the windows permit, for each page names the next."""
_CALL_S = 0.1
"""What a call takes that waits for nothing."""
_GROUPS = 5
"""Filter groups that a search takes."""
_UNKNOWN_PACE = 10.0
"""Calls a second, until an answer has told."""


def plan_whole(client: Client, specs: Sequence[StreamSpec], known: Mapping[str, frozenset[str]]) -> dict[str, Whole]:
    """`known`: properties by stream. A stream that cannot be counted is there with `records` None."""
    return {spec.name: _plan(client, spec, known.get(spec.name, frozenset())) for spec in specs}


def _plan(client: Client, spec: StreamSpec, known: frozenset[str]) -> Whole:
    if find_stream(spec.name).name == OWNERS:
        return Whole(None, "list", 2, 2 * _CALL_S, None)
    try:
        records = client.count(spec.name)
        dated = [name for name in spec.dated if name in known]
        groups = [[{"propertyName": name, "operator": "HAS_PROPERTY"}] for name in dated[:_GROUPS]]
        histories = client.count(spec.name, *groups) if groups else 0
    except (Refused, StreamUnavailable):
        return Whole(None, "list", 1, _CALL_S, None)
    # The incremental reading behind the list costs a search.
    calls = max(ceil(records / READ_BATCH), 1) + ceil(histories / HISTORY_BATCH) + 1
    split: Cursor | None = {"scan": None, "split": PARTS} if records >= PARTS_FROM else None
    pace = min(client.calls_per_second or _UNKNOWN_PACE, (PARTS if split else 1) / _CALL_S)
    return Whole(records, "list", calls, calls / pace, split)


def count_touched(
    client: Client, specs: Sequence[StreamSpec], since: datetime, until: datetime | None
) -> dict[str, Touched]:
    """A contact is open or closed by rules of the company that no search knows: all count as open."""
    return {spec.name: Touched(_count(client, spec, since, until), None) for spec in specs if spec.carries_flags}


def _count(client: Client, spec: StreamSpec, since: datetime, until: datetime | None) -> int | None:
    name = find_stream(spec.name).modified
    filters: list[dict[str, Any]] = [{"propertyName": name, "operator": "GTE", "value": str(to_ms(since))}]
    filters += [{"propertyName": name, "operator": "LT", "value": str(to_ms(until))}] if until else []
    try:
        return client.count(spec.name, filters)
    except (Refused, StreamUnavailable):
        return None


def read_automation() -> Automation:
    """Workflows are told only to tokens with a right (`automation`) that Baton never asks for."""
    return Automation({}, ["workflow"])
