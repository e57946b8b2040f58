"""Reading an org's streams from their beginning: what there is, which way is the cheapest, and what it costs.

Sources: REST API Developer Guide, "Record Count" and "Composite"; Bulk API 2.0 Developer Guide, "Query Jobs" and "Limits".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from math import ceil

from connectors.kit.batch import split
from connectors.kit.errors import Refused
from connectors.salesforce import soql
from connectors.salesforce.bulk import PAGE_ROWS, takes_bulk
from connectors.salesforce.client import MAX_QUERIES
from connectors.salesforce.head import LIMIT
from connectors.salesforce.rows import Rows, find_stream
from sync.core.model.records import Kind
from sync.errors import BatonError, StreamUnavailable
from sync.ports import Automation, StreamSpec, Touched, Whole

PARALLEL = 2
"""Streams that are read at the same time: while one waits for its bulk job, others are read."""
_CALL_S = 0.4
"""What a Composite call with a page of 2,000 wide rows takes."""
_JOB_S, _JOB_CALLS = 30.0, 4
"""A bulk job until its first page is there; to make it and ask how it stands."""
_ROW_S = 1 / 5_000

_OVER: Mapping[str, tuple[str, str]] = {
    "Lead": ("IsConverted = false", "IsConverted = true"),
    "Opportunity": ("IsClosed = false", "IsClosed = true"),
}
"""Of objects whose end the org itself knows: what is open, what is over."""


def plan_whole(rows: Rows, specs: Sequence[StreamSpec], bulk_from: int) -> dict[str, Whole]:
    counts = _count_records(rows, specs)
    found: dict[str, Whole] = {}
    paged: list[tuple[int, StreamSpec]] = []
    for spec in specs:
        records = counts.get(spec.name)
        if records is not None and records >= bulk_from and takes_bulk(spec):
            calls = _JOB_CALLS + ceil(records / PAGE_ROWS) + 1
            found[spec.name] = Whole(records, "bulk", calls, _JOB_S + records * _ROW_S, {"bulk": {}})
        else:
            paged.append(((records or 0) // LIMIT + 1, spec))
    # Five streams share a call as long as they have pages; so a call is counted where the longest of five makes it.
    before = 0
    for number, (pages, spec) in enumerate(sorted(paged, key=lambda one: -one[0])):
        own = pages if number % MAX_QUERIES == 0 else 0
        before += own
        found[spec.name] = Whole(counts.get(spec.name), "query", own, own * _CALL_S, None)
    return found


def _count_records(rows: Rows, specs: Sequence[StreamSpec]) -> dict[str, int]:
    """As the org last counted them; objects without records are left out of the answer."""
    names = [soql.check_name(spec.name) for spec in specs]
    try:
        told = rows.client.get("limits/recordCount", {"sObjects": ",".join(names)})
    except (Refused, StreamUnavailable):
        return {}
    counted = {str(one["name"]).lower(): int(one["count"]) for one in told["sObjects"]}
    return {name: counted.get(name.lower(), 0) for name in names}


def count_touched(
    rows: Rows, specs: Sequence[StreamSpec], since: datetime, until: datetime | None
) -> dict[str, Touched]:
    wanted: list[tuple[str, str, int]] = []
    for spec in specs:
        if not spec.carries_flags:
            continue
        stamp = find_stream(spec.name).stamp
        span = [f"{stamp} >= {soql.literal(since)}", *([f"{stamp} < {soql.literal(until)}"] if until else [])]
        for number, part in enumerate(_OVER.get(spec.name, ("",))):
            where = " AND ".join([*span, "IsDeleted = false", *([part] if part else [])])
            wanted.append((spec.name, f"SELECT COUNT() FROM {soql.check_name(spec.name)} WHERE {where}", number))  # noqa: S608 - names are checked
    counts: dict[str, list[int | None]] = {}
    for group in split(wanted, MAX_QUERIES):
        answers = rows.client.queries([query for _, query, _ in group], [name for name, _, _ in group])
        for (name, _, _), answer in zip(group, answers, strict=True):
            told = None if isinstance(answer, BatonError) else int(answer["totalSize"])
            counts.setdefault(name, []).append(told)
    return {name: Touched(found[0], found[1] if len(found) > 1 else None) for name, found in counts.items()}


AUTOMATION = {
    "flow": "SELECT TriggerObjectOrEventLabel FROM FlowDefinitionView WHERE IsActive = true AND "
    "TriggerType IN ('RecordBeforeSave', 'RecordAfterSave')",
    "trigger": "SELECT TableEnumOrId FROM ApexTrigger WHERE Status = 'Active' AND "
    "(UsageBeforeUpdate = true OR UsageAfterUpdate = true)",
}
"""Record-triggered flows and Apex triggers; rules of workflows are told only to tools for developers."""


def read_automation(rows: Rows, specs: Sequence[StreamSpec]) -> Automation:
    written = [spec.name for spec in specs if spec.carries_flags and spec.kind in (Kind.PERSON, Kind.DEAL)]
    counts: dict[str, dict[str, int]] = {name: {} for name in written}
    unread: list[str] = []
    answers = rows.client.queries(list(AUTOMATION.values()), ["automation"] * len(AUTOMATION))
    for (kind, query), answer in zip(AUTOMATION.items(), answers, strict=True):
        column = query.split()[1]
        if isinstance(answer, Refused | StreamUnavailable):
            unread.append(kind)
            continue
        if isinstance(answer, BatonError):
            raise answer
        for row in answer["records"]:
            if (name := row.get(column)) in counts:
                counts[name][kind] = counts[name].get(kind, 0) + 1
    return Automation({name: told for name, told in counts.items() if told}, unread)
