"""Finds the rows of a checked query: by id, by an indexed lookup, by stamp, or by looking at all of them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from itertools import islice
from typing import Any

from connectors.simulator.salesforce.filter import read_literal, sort_key
from connectors.simulator.salesforce.schema import Field, ObjectType
from connectors.simulator.salesforce.table import Row, Table
from connectors.simulator.salesforce.tree import Condition, Junction, Name, OrderBy, Query
from connectors.simulator.salesforce.value import show_instant

BIN_DAYS = 15
Pick = Callable[[Row], bool]


@dataclass(frozen=True, slots=True)
class Path:
    """A resolved field path: the relationships walked, the field at its end, and how to get its value."""

    steps: tuple[str, ...]
    item: Field
    get: Callable[[Row], Any]


@dataclass(slots=True)
class Selection:
    """What to render of each row: own fields, parents by relationship, child queries by name."""

    kind: ObjectType | None
    fields: list[Field] = field(default_factory=list[Field])
    parents: dict[str, tuple[Field, Selection]] = field(default_factory=dict[str, "tuple[Field, Selection]"])
    children: dict[str, Plan] = field(default_factory=dict[str, "Plan"])


@dataclass(slots=True)
class Plan:
    """A checked query, ready to run."""

    query: Query
    kind: ObjectType
    table: Table
    pick: Pick
    order: list[tuple[Path, OrderBy]]
    selection: Selection
    link: str = ""
    """Of a child query: the child's field that points to the parent."""


@dataclass(slots=True)
class Database:
    """The tables, and what queries need of the org around them."""

    objects: dict[str, ObjectType]
    tables: dict[str, Table]
    now: Callable[[], datetime]
    zone: Callable[[], tzinfo]
    by_prefix: dict[str, ObjectType]
    absent: Callable[[], Collection[str]]
    """Names of objects that this org does not have."""
    hides: Callable[[Row], bool]
    """Whether sharing keeps a row from the caller."""
    opens: Callable[[ObjectType], bool]
    """Whether the caller may read an object at all."""

    def find_object(self, name: str) -> ObjectType | None:
        """None for what this org does not have, or the caller may not read: the API does not tell these apart."""
        found = self.objects.get(name.lower())
        return found if found is not None and found.name not in self.absent() and self.opens(found) else None

    def target(self, record_id: str | None) -> tuple[ObjectType, Row] | None:
        """The object and row behind an id of any object."""
        if record_id is None:
            return None
        kind = self.by_prefix.get(record_id[:3])
        row = self.tables[kind.name].rows.get(record_id) if kind else None
        if row is None and record_id in self.tables["EntityDefinition"].rows:
            kind = self.objects["entitydefinition"]
            row = self.tables[kind.name].rows[record_id]
        return (kind, row) if kind and row is not None else None

    def seen(self, record_id: str | None) -> tuple[ObjectType, Row] | None:
        """The same, as far as the caller may see it."""
        found = self.target(record_id)
        return None if found is None or self.hides(found[1]) else found


def matching(data: Database, plan: Plan, everything: bool, parent: str | None = None) -> list[Row]:
    """Rows that a query selects, in its order, limited. `everything` includes deleted and archived rows."""
    query = plan.query
    bin_start = show_instant(data.now() - timedelta(days=BIN_DAYS))
    candidates, ordered = _candidates(plan, parent)
    hides = data.hides
    found = (row for row in candidates if plan.pick(row) and _visible(row, everything, bin_start) and not hides(row))
    if plan.order and not (ordered and _follows_stamp(plan)):
        found = iter(_sort(found, plan.order))
    stop = None if query.limit is None else query.offset + query.limit
    return list(islice(found, query.offset, stop))


def _visible(row: Row, everything: bool, bin_start: str) -> bool:
    if not everything:
        return not row.get("IsDeleted") and not row.get("IsArchived")
    return not row.get("IsDeleted") or row.get("SystemModstamp", "") >= bin_start


def _candidates(plan: Plan, parent: str | None) -> tuple[Iterable[Row], bool]:
    """Rows worth testing, and whether they come in the order of (stamp, Id)."""
    table, where = plan.table, plan.query.where
    if parent is not None:
        return table.linked(plan.link, [parent]), False
    chosen = _chosen_ids(plan, where) if where else None
    if chosen is not None:
        name, ids = chosen
        if name == "Id":
            return (table.rows[key] for key in ids if key in table.rows), False
        return table.linked(name, ids), False
    stamp = plan.kind.stamp
    low = _bound(where, stamp, (">", ">=", "="), min, max) if where else None
    high = _bound(where, stamp, ("<", "<=", "="), max, min) if where else None
    if low is None and high is None and not (plan.order and _follows_stamp(plan)):
        return iter(list(table.rows.values())), False
    return table.between(low, high), True


def _follows_stamp(plan: Plan) -> bool:
    names = [path.item.name for path, _ in plan.order if not path.steps]
    ascending = all(not part.descending for _, part in plan.order)
    return ascending and len(names) == len(plan.order) and names in ([plan.kind.stamp], [plan.kind.stamp, "Id"])


def _chosen_ids(plan: Plan, node: Condition | Junction) -> tuple[str, list[str]] | None:
    """The ids a condition narrows down to by Id or an indexed lookup; None when it does not."""
    if isinstance(node, Junction):
        if node.operator != "and":
            return None
        return next((found for part in node.parts if (found := _chosen_ids(plan, part))), None)
    if node.operator not in ("=", "in") or not isinstance(node.operand, Name) or "." in node.operand.text:
        return None
    item = plan.kind.find(node.operand.text)
    if item is None or not (item.name == "Id" or plan.table.has_link(item.name)):
        return None
    if not node.values or any(literal.kind != "string" or not literal.value for literal in node.values):
        return None
    return item.name, list(dict.fromkeys(read_literal(item, literal) for literal in node.values))


def _bound(
    node: Condition | Junction,
    stamp: str,
    signs: tuple[str, ...],
    either: Callable[[Iterable[str]], str],
    both: Callable[[Iterable[str]], str],
) -> str | None:
    """The least (or greatest) stamp a row must have; this also sees through the OR of keyset paging."""
    if isinstance(node, Junction):
        if node.operator == "not":
            return None
        bounds = [_bound(part, stamp, signs, either, both) for part in node.parts]
        known = [bound for bound in bounds if bound is not None]
        if node.operator == "and":
            return both(known) if known else None
        return either(known) if len(known) == len(bounds) else None
    if not isinstance(node.operand, Name) or node.operand.text.lower() != stamp.lower() or node.operator not in signs:
        return None
    literal = node.values[0]
    return read_literal(Field(stamp, "datetime"), literal) if literal.kind == "instant" else None


def _sort(rows: Iterable[Row], order: list[tuple[Path, OrderBy]]) -> list[Row]:
    """Nulls first by default, ascending and descending alike."""
    result = list(rows)
    for path, part in reversed(order):
        key = sort_key(path.item)
        empty = [row for row in result if path.get(row) is None]
        filled = [row for row in result if path.get(row) is not None]
        filled.sort(key=lambda row, get=path.get, key=key: key(get(row)), reverse=part.descending)
        result = filled + empty if part.nulls_last else empty + filled
    return result
