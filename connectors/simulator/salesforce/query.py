"""Runs SOQL against the tables: names resolved, conditions compiled, rows picked by index where one fits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, tzinfo
from itertools import islice
from typing import Any, NoReturn

from connectors.simulator.salesforce import soql
from connectors.simulator.salesforce.error import ApiError
from connectors.simulator.salesforce.filter import Misfit, local_day, make_test, read_literal, sort_key
from connectors.simulator.salesforce.schema import Field, ObjectType
from connectors.simulator.salesforce.soql import Call, Condition, Junction, Name, OrderBy, Query, pointed
from connectors.simulator.salesforce.table import Row, Table
from connectors.simulator.salesforce.value import show_instant

HINT = "Please reference your WSDL or the describe call for the appropriate names."
NAME_FIELDS = {
    name.lower(): name
    for name in ("Id", "Name", "Type", "Email", "FirstName", "LastName", "Title", "Phone", "Username", "IsActive")
}
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

    def find_object(self, name: str) -> ObjectType | None:
        return self.objects.get(name.lower())

    def target(self, record_id: str | None) -> tuple[ObjectType, Row] | None:
        """The object and row behind an id of any object."""
        if record_id is None:
            return None
        kind = self.by_prefix.get(record_id[:3])
        row = self.tables[kind.name].rows.get(record_id) if kind else None
        return (kind, row) if kind and row is not None else None


def plan_query(data: Database, text: str) -> Plan:
    """Parse and check a query. Raises ApiError in the org's words, with the place in the text."""
    try:
        return Planner(data, "").plan(soql.parse(text))
    except _Misplaced:
        return Planner(data, text).plan(soql.parse_exact(text))


class _Misplaced(Exception):
    """An error found on a cached shape: its positions are not those of the text, so plan the text itself."""


class Planner:
    """Checks one query. With an empty text it only says that something is wrong."""

    def __init__(self, data: Database, text: str) -> None:
        self.data = data
        self.text = text

    def plan(self, query: Query) -> Plan:
        kind = self.data.find_object(query.source.text)
        if kind is None:
            self.fail(
                query.source.at,
                "INVALID_TYPE",
                f"sObject type '{query.source.text}' is not supported. If you are attempting to use a custom object, "
                f"be sure to append the '__c' after the entity name. {HINT}",
            )
        return self.plan_on(query, kind)

    def plan_on(self, query: Query, kind: ObjectType) -> Plan:
        if query.offset > 2000:
            self.fail(None, "NUMBER_OUTSIDE_VALID_RANGE", "Maximum SOQL offset allowed is 2000")
        pick = self.pick(query, kind, query.where) if query.where else _anything
        grouped = is_aggregate(query)
        order = [] if grouped else [(self.sortable(query, kind, part), part) for part in query.order]
        selection = Selection(kind) if grouped else self.select(query, kind)
        return Plan(query, kind, self.data.tables[kind.name], pick, order, selection)

    def fail(self, at: int | None, code: str, message: str) -> NoReturn:
        if not self.text:
            raise _Misplaced
        raise ApiError(code, message if at is None else pointed(self.text, at, message))

    def resolve(self, query: Query, kind: ObjectType, name: Name) -> Path:
        """Walk a dotted path from an object to a field."""
        *steps, last = self._without_prefix(query, kind, name.text.split("."))
        walked: list[Field] = []
        here: ObjectType | None = kind
        for step in steps:
            link = here.find_relationship(step) if here else None
            if link is None or link.relationship is None:
                self.fail(
                    name.at,
                    "INVALID_FIELD",
                    f"Didn't understand relationship '{step}' in field path. If you are attempting to use a custom "
                    "relationship, be sure to append the '__r' after the custom relationship name. " + HINT,
                )
            walked.append(link)
            here = None if link.polymorphic else self.data.find_object(link.refers_to[0])
        item = here.find(last) if here else _name_field(last)
        if item is None:
            self.no_column(name.at, last, here.name if here else "Name")
        relations = tuple(link.relationship or "" for link in walked)
        return Path(relations, item, _getter(self.data, [link.name for link in walked], item.name, here is None))

    def _without_prefix(self, query: Query, kind: ObjectType, parts: list[str]) -> list[str]:
        if len(parts) > 1 and parts[0].lower() in {(query.alias or "").lower(), kind.name.lower()}:
            return parts[1:]
        return parts

    def no_column(self, at: int, name: str, entity: str) -> NoReturn:
        self.fail(
            at,
            "INVALID_FIELD",
            f"No such column '{name}' on entity '{entity}'. If you are attempting to use a custom field, be sure to "
            f"append the '__c' after the custom field name. {HINT}",
        )

    def pick(self, query: Query, kind: ObjectType, node: Condition | Junction) -> Pick:
        if isinstance(node, Junction):
            parts = [self.pick(query, kind, part) for part in node.parts]
            if node.operator == "not":
                only = parts[0]
                return lambda row: not only(row)
            if node.operator == "and":
                return lambda row: all(part(row) for part in parts)
            return lambda row: any(part(row) for part in parts)
        if isinstance(node.operand, Call):
            self.fail(node.operand.at, "MALFORMED_QUERY", f"unexpected token: '{node.operand.function}'")
        path = self.resolve(query, kind, node.operand)
        test = self.test(node.operand.at, path.item, node)
        get = path.get
        return lambda row: test(get(row))

    def test(self, at: int, item: Field, node: Condition) -> Callable[[Any], bool]:
        today, zone = local_day(self.data.now(), self.data.zone()), self.data.zone()
        if node.query is not None:
            chosen = self.member_set(node.query)
            return (lambda value: value in chosen) if node.operator == "in" else (lambda value: value not in chosen)
        try:
            return make_test(item, node.operator, node.values, today, zone)
        except Misfit as error:
            self.fail(at, error.code, error.message)

    def member_set(self, query: Query) -> set[Any]:
        """Values of a semi-join."""
        plan = self.plan(query)
        only = query.items[0].what
        if len(query.items) != 1 or not isinstance(only, Name):
            self.fail(query.source.at, "MALFORMED_QUERY", "a semi-join selects exactly one field")
        path = self.resolve(query, plan.kind, only)
        return {path.get(row) for row in matching(self.data, plan, False)} - {None}

    def sortable(self, query: Query, kind: ObjectType, part: OrderBy) -> Path:
        if isinstance(part.operand, Call):
            self.fail(part.operand.at, "MALFORMED_QUERY", "Ordered field must be grouped or aggregated")
        path = self.resolve(query, kind, part.operand)
        if not path.item.sortable:
            self.fail(part.operand.at, "MALFORMED_QUERY", f"field '{path.item.name}' can not be sorted in a query call")
        return path

    def select(self, query: Query, kind: ObjectType) -> Selection:
        selection = Selection(kind)
        seen: set[str] = set()
        for entry in query.items:
            what = entry.what
            if isinstance(what, Query):
                self.add_child(selection, kind, what)
            elif isinstance(what, Call):
                self.add_call(query, kind, selection, what)
            else:
                path = self.resolve(query, kind, what)
                full = ".".join((*path.steps, path.item.name))
                if full in seen:
                    self.fail(what.at, "MALFORMED_QUERY", f"duplicate field selected: {full}")
                seen.add(full)
                _add_path(self.data, selection, path)
        return selection

    def add_call(self, query: Query, kind: ObjectType, selection: Selection, call: Call) -> None:
        group = call.argument.text.upper() if call.argument else ""
        if call.function.lower() != "fields" or group not in ("ALL", "STANDARD", "CUSTOM"):
            self.fail(call.at, "MALFORMED_QUERY", f"unexpected token: '{call.function}'")
        if group != "STANDARD" and (query.limit is None or query.limit > 200):
            self.fail(None, "MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200")
        chosen = [item for item in kind.readable() if group == "ALL" or item.custom == (group == "CUSTOM")]
        selection.fields.extend(item for item in chosen if item not in selection.fields)

    def add_child(self, selection: Selection, kind: ObjectType, child: Query) -> None:
        name = child.source.text.lower()
        if name not in kind.children:
            self.fail(
                child.source.at,
                "INVALID_TYPE",
                f"Didn't understand relationship '{child.source.text}' in FROM part of query call. If you are "
                "attempting to use a custom relationship, be sure to append the '__r' after the custom relationship "
                "name. " + HINT,
            )
        object_name, link = kind.children[name]
        plan = self.plan_on(child, self.data.objects[object_name.lower()])
        plan.link = link
        selection.children[kind.child_names[name]] = plan


def _anything(row: Row) -> bool:
    return True


def _name_field(name: str) -> Field | None:
    """The generic "Name" entity behind a polymorphic lookup."""
    known = NAME_FIELDS.get(name.lower())
    return Field(known, "boolean" if known == "IsActive" else "id" if known == "Id" else "string") if known else None


def _getter(data: Database, links: Sequence[str], last: str, generic: bool) -> Callable[[Row], Any]:
    if not links:
        return lambda row: row.get(last)

    def get(row: Row) -> Any:
        for link in links:
            found = data.target(row.get(link))
            if found is None:
                return None
            kind, row = found
            if generic and last == "Type":
                return row.get("Type") if kind.name == "Group" else kind.name
        return row.get(last)

    return get


def _add_path(data: Database, selection: Selection, path: Path) -> None:
    here = selection
    for step in path.steps:
        if step not in here.parents:
            link = here.kind.find_relationship(step) if here.kind else None
            assert link is not None, "the path was resolved"
            target = None if link.polymorphic else data.find_object(link.refers_to[0])
            here.parents[step] = (link, Selection(target))
        here = here.parents[step][1]
    here.fields.append(path.item)


def is_aggregate(query: Query) -> bool:
    calls = (entry.what for entry in query.items if isinstance(entry.what, Call))
    return bool(query.group) or any(call.function.lower() in soql.AGGREGATES for call in calls)


def matching(data: Database, plan: Plan, everything: bool, parent: str | None = None) -> list[Row]:
    """Rows that a query selects, in its order, limited. `everything` includes deleted and archived rows."""
    query = plan.query
    bin_start = show_instant(data.now() - timedelta(days=BIN_DAYS))
    candidates, ordered = _candidates(plan, parent)
    found = (row for row in candidates if plan.pick(row) and _visible(row, everything, bin_start))
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
