"""Query answers: records as JSON, pages, locators."""

from __future__ import annotations

import re
import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from connectors.simulator.kernel import Request, Response
from connectors.simulator.salesforce.access import NAME as ACCESS
from connectors.simulator.salesforce.access import OWN_PERMISSIONS, fill_access, fill_own_permissions
from connectors.simulator.salesforce.admin.tables import refresh
from connectors.simulator.salesforce.aggregate import aggregate
from connectors.simulator.salesforce.error import ApiError
from connectors.simulator.salesforce.query import is_aggregate, plan_query
from connectors.simulator.salesforce.scan import Plan, Selection, matching
from connectors.simulator.salesforce.schema import Field, ObjectType
from connectors.simulator.salesforce.table import Row
from connectors.simulator.salesforce.tree import Call

if TYPE_CHECKING:
    from connectors.simulator.salesforce.org import SalesforceOrg

LOCATOR_LIFE = timedelta(days=2)
MAX_QUERY = 100_000
MANY_LOCATORS = 1000
ADDRESS_PARTS = ("City", "Country", "GeocodeAccuracy", "Latitude", "Longitude", "PostalCode", "State", "Street")
LOCATOR_CHARS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Locator:
    """A cursor: the ids are a snapshot, the values are read when a page is."""

    ids: tuple[str, ...]
    plan: Plan
    size: int
    everything: bool
    made_at: datetime


@dataclass(slots=True)
class _Reader:
    """What rendering needs to know of its request."""

    org: SalesforceOrg
    locators: dict[str, Locator]
    version: str
    size: int
    everything: bool


def answer_query(
    org: SalesforceOrg, locators: dict[str, Locator], request: Request, version: str, everything: bool
) -> Response:
    """`GET query?q=` and `queryAll`. Raises ApiError."""
    text = request.query.get("q", [""])[0]
    if not text.strip():
        raise ApiError("MALFORMED_QUERY", "A query string has to be specified")
    if len(text) > MAX_QUERY:
        raise ApiError("QUERY_TOO_COMPLICATED", "SOQL statements cannot be longer than 100,000 characters")
    refresh(org, text)
    plan = plan_query(org.data, text)
    if plan.kind.name == "FieldDefinition" and not re.search("entitydefinition|durableid", text, re.IGNORECASE):
        message = "FieldDefinition: a filter on a reified column is required [EntityDefinitionId,DurableId]"
        raise ApiError("MALFORMED_QUERY", message)
    if plan.kind.name == ACCESS:
        fill_access(org, plan)
    if plan.kind.name == OWN_PERMISSIONS:
        fill_own_permissions(org, plan)
    if is_aggregate(plan.query):
        return Response(200, _answer_aggregate(org, plan, text, everything))
    rows = matching(org.data, plan, everything)
    reader = _Reader(org, locators, version, _page_size(org, request), everything)
    return Response(200, _page(reader, plan, [row["Id"] for row in rows], 0, rows))


def _answer_aggregate(org: SalesforceOrg, plan: Plan, text: str, everything: bool) -> dict[str, Any]:
    first = plan.query.items[0].what
    if isinstance(first, Call) and first.argument is None and not plan.query.group and len(plan.query.items) == 1:
        return {"totalSize": len(matching(org.data, plan, everything)), "done": True, "records": []}
    records = aggregate(org.data, plan, text, everything)
    return {"totalSize": len(records), "done": True, "records": records}


def _page_size(org: SalesforceOrg, request: Request) -> int:
    """At most 2,000 rows, at least 200 on request; an org may always give fewer."""
    asked = re.search(r"batchSize\s*=\s*(\d+)", request.headers.get("sforce-query-options", ""), re.IGNORECASE)
    size = min(2000, max(200, int(asked[1]))) if asked else 2000
    return min(size, org.switches.page_cap) if org.switches.page_cap else size


def _length(org: SalesforceOrg, size: int, left: int) -> int:
    """Rows of one page out of those left: an org may always give fewer than asked."""
    size = min(size, left)
    return org.random.randint((size + 1) // 2, size) if org.switches.short_pages else size


def _page(reader: _Reader, plan: Plan, ids: list[str], start: int, rows: list[Row] | None) -> dict[str, Any]:
    """One page, with a locator when there is more."""
    end = start + _length(reader.org, reader.size, len(ids) - start)
    page = rows[start:end] if rows is not None else []
    done = end >= len(ids)
    body: dict[str, Any] = {"totalSize": len(ids), "done": done}
    if not done:
        kept = Locator(tuple(ids), plan, reader.size, reader.everything, reader.org.clock.now())
        body["nextRecordsUrl"] = _next_url(reader, _keep(reader.locators, kept), end)
    body["records"] = render_rows(reader, plan.selection, page)
    return body


def _keep(locators: dict[str, Locator], kept: Locator) -> str:
    if len(locators) > MANY_LOCATORS:
        for name in [name for name, old in locators.items() if kept.made_at - old.made_at > LOCATOR_LIFE]:
            del locators[name]
    name = "0r8" + "".join(secrets.choice(LOCATOR_CHARS) for _ in range(15))
    locators[name] = kept
    return name


def _next_url(reader: _Reader, name: str, offset: int) -> str:
    path = reader.org.switches.queryall_next if reader.everything else "query"
    return f"/services/data/v{reader.version}/{path}/{name}-{offset}"


def next_page(org: SalesforceOrg, locators: dict[str, Locator], text: str, version: str) -> Response:
    """A further page. Raises ApiError INVALID_QUERY_LOCATOR for unknown and expired cursors."""
    name, _, offset = text.rpartition("-")
    kept = locators.get(name)
    life = timedelta(minutes=org.switches.locator_minutes)
    if kept is None or not offset.isdigit() or (org.clock.now() - kept.made_at > life or not life):
        other = org.switches.wording == "other"
        raise ApiError("INVALID_QUERY_LOCATOR", "the cursor has expired" if other else "invalid query locator")
    start = int(offset)
    size = _length(org, kept.size, len(kept.ids) - start)
    table = kept.plan.table
    page = [table.rows[record_id] for record_id in kept.ids[start : start + size] if record_id in table.rows]
    reader = _Reader(org, locators, version, kept.size, kept.everything)
    done = start + size >= len(kept.ids)
    body: dict[str, Any] = {"totalSize": len(kept.ids), "done": done}
    if not done:
        body["nextRecordsUrl"] = _next_url(reader, name, start + size)
    body["records"] = render_rows(reader, kept.plan.selection, page)
    return Response(200, body)


def render_selection(org: SalesforceOrg, selection: Selection, rows: Iterable[Row]) -> list[dict[str, Any]]:
    """Rows as JSON would show them, with no child queries in them."""
    return render_rows(_Reader(org, {}, "62.0", 2000, everything=True), selection, rows)


def render_rows(reader: _Reader, selection: Selection, rows: Iterable[Row]) -> list[dict[str, Any]]:
    kind = selection.kind
    assert kind is not None, "only parents can be polymorphic"
    prefix = f"/services/data/v{reader.version}/sobjects/{kind.name}/"
    plain = [item.name for item in selection.fields if item.type != "address"]
    addresses = [item.name for item in selection.fields if item.type == "address"]
    records: list[dict[str, Any]] = []
    for row in rows:
        record = {
            "attributes": {"type": kind.name, "url": prefix + row["Id"]},
            **{name: row.get(name) for name in plain},
        }
        for name in addresses:
            record[name] = _address(row, name)
        for name, (link, parent) in selection.parents.items():
            record[name] = _render_parent(reader, parent, row.get(link.name))
        for name, child in selection.children.items():
            record[name] = _render_children(reader, child, row["Id"])
        records.append(record)
    return records


def render_fields(kind: ObjectType, fields: list[Field], row: Row, version: str) -> dict[str, Any]:
    """One record as the row resources give it."""
    url = f"/services/data/v{version}/sobjects/{kind.name}/{row['Id']}"
    values = {item.name: _address(row, item.name) if item.type == "address" else row.get(item.name) for item in fields}
    return {"attributes": {"type": kind.name, "url": url}, **values}


def _render_parent(reader: _Reader, selection: Selection, record_id: str | None) -> dict[str, Any] | None:
    """A parent; behind a polymorphic lookup its type is "Name" while the url names the real object."""
    found = reader.org.data.seen(record_id)
    if found is None:
        return None
    kind, row = found
    url = f"/services/data/v{reader.version}/sobjects/{kind.name}/{row['Id']}"
    record: dict[str, Any] = {"attributes": {"type": selection.kind.name if selection.kind else "Name", "url": url}}
    for item in selection.fields:
        if selection.kind is None and item.name == "Type":
            record["Type"] = row.get("Type") if kind.name == "Group" else kind.name
        elif item.type == "address":
            record[item.name] = _address(row, item.name)
        else:
            record[item.name] = row.get(item.name)
    for name, (link, parent) in selection.parents.items():
        record[name] = _render_parent(reader, parent, row.get(link.name))
    return record


def _render_children(reader: _Reader, plan: Plan, parent: str) -> dict[str, Any] | None:
    """Child rows have their own pages, which clients must follow one by one; null when there are none."""
    rows = matching(reader.org.data, plan, reader.everything, parent)
    if not rows:
        return None
    size = min(reader.size, reader.org.switches.child_page)
    inner = _Reader(reader.org, reader.locators, reader.version, size, reader.everything)
    return _page(inner, plan, [row["Id"] for row in rows], 0, rows)


def _address(row: Row, name: str) -> dict[str, Any] | None:
    prefix = name.removesuffix("Address")
    parts = {part[0].lower() + part[1:]: row.get(prefix + part) for part in ADDRESS_PARTS}
    return parts if any(value is not None for value in parts.values()) else None
