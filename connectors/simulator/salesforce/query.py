"""Runs SOQL against the tables: names resolved, conditions compiled, rows picked by index where one fits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from connectors.simulator.salesforce import soql
from connectors.simulator.salesforce.error import ApiError
from connectors.simulator.salesforce.filter import Misfit, local_day, make_test
from connectors.simulator.salesforce.scan import Database, Path, Pick, Plan, Selection, matching
from connectors.simulator.salesforce.schema import Field, ObjectType
from connectors.simulator.salesforce.soql import pointed
from connectors.simulator.salesforce.table import Row
from connectors.simulator.salesforce.tree import AGGREGATES, Call, Condition, Junction, Name, OrderBy, Query

HINT = "Please reference your WSDL or the describe call for the appropriate names."
NAME_FIELDS = {
    name.lower(): name
    for name in ("Id", "Name", "Type", "Email", "FirstName", "LastName", "Title", "Phone", "Username", "IsActive")
}


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
            found = data.seen(row.get(link))
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
    return bool(query.group) or any(call.function.lower() in AGGREGATES for call in calls)
