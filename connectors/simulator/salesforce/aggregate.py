"""Grouped queries: COUNT, SUM, AVG, MIN, MAX, COUNT_DISTINCT, GROUP BY and HAVING."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from connectors.simulator.salesforce import soql
from connectors.simulator.salesforce.query import Planner
from connectors.simulator.salesforce.scan import Database, Plan, matching
from connectors.simulator.salesforce.schema import NUMBER_TYPES, Field, ObjectType
from connectors.simulator.salesforce.table import Row
from connectors.simulator.salesforce.tree import AGGREGATES, Call, Condition, Junction, Name, Query

MAX_GROUPS = 2000


def aggregate(data: Database, plan: Plan, text: str, everything: bool) -> list[dict[str, Any]]:
    """AggregateResult rows of a grouped query."""
    planner = Planner(data, text)
    query = soql.parse_exact(text)
    unlimited = Plan(_without_limit(query), plan.kind, plan.table, plan.pick, [], plan.selection)
    rows = matching(data, unlimited, everything)
    keys = [(name, planner.resolve(query, plan.kind, name)) for name in query.group]
    for name, path in keys:
        if not path.item.groupable:
            planner.fail(name.at, "MALFORMED_QUERY", f"field '{path.item.name}' can not be grouped in a query call")
    groups: dict[tuple[Any, ...], list[Row]] = {} if keys else {(): rows}
    for row in rows if keys else ():
        groups.setdefault(tuple(_fold(path.get(row)) for _, path in keys), []).append(row)
    having = _group_pick(planner, plan.kind, query, query.having) if query.having else None
    chosen = [members for members in groups.values() if having is None or having(members)]
    for part in reversed(query.order):
        get = _group_value(planner, plan.kind, query, part.operand)
        chosen.sort(key=lambda members, get=get: _rank(get(members)), reverse=part.descending)
    chosen = chosen[query.offset :][: query.limit]
    columns = list(_columns(planner, plan.kind, query))
    return [
        {"attributes": {"type": "AggregateResult"}, **{name: get(members) for name, get in columns}}
        for members in chosen[:MAX_GROUPS]
    ]


def _without_limit(query: Query) -> Query:
    return Query(query.items, query.source, query.alias, query.where, (), None, (), None, 0)


def _columns(planner: Planner, kind: ObjectType, query: Query) -> Iterator[tuple[str, Callable[[list[Row]], Any]]]:
    grouped = {name.text.lower() for name in query.group}
    number = 0
    for entry in query.items:
        what = entry.what
        if isinstance(what, Query):
            planner.fail(what.source.at, "MALFORMED_QUERY", "child queries can not be grouped")
        if isinstance(what, Name) and what.text.lower() not in grouped:
            planner.fail(what.at, "MALFORMED_QUERY", f"Field must be grouped or aggregated: {what.text}")
        get = _group_value(planner, kind, query, what)
        if entry.alias:
            label = entry.alias
        elif isinstance(what, Name):
            label = planner.resolve(query, kind, what).item.name
        else:
            label, number = f"expr{number}", number + 1
        yield label, get


def _group_value(planner: Planner, kind: ObjectType, query: Query, what: Name | Call) -> Callable[[list[Row]], Any]:
    if isinstance(what, Name):
        path = planner.resolve(query, kind, what)
        return lambda members: path.get(members[0]) if members else None
    function = what.function.lower()
    if function not in AGGREGATES:
        planner.fail(what.at, "MALFORMED_QUERY", f"unexpected token: '{what.function}'")
    if what.argument is None:
        return len
    path = planner.resolve(query, kind, what.argument)
    if function in ("sum", "avg") and path.item.type not in NUMBER_TYPES and path.item.type != "int":
        message = f"field {path.item.name} does not support aggregate operator {what.function.upper()}"
        planner.fail(what.at, "INVALID_FIELD", message)
    return lambda members: _reduce(function, [v for row in members if (v := path.get(row)) is not None])


def _reduce(function: str, values: list[Any]) -> Any:
    if function == "count":
        return len(values)
    if function == "count_distinct":
        return len({_fold(value) for value in values})
    if not values:
        return None
    if function == "avg":
        return sum(values) / len(values)
    return {"sum": sum, "min": min, "max": max}[function](values)


def _group_pick(
    planner: Planner, kind: ObjectType, query: Query, node: Condition | Junction
) -> Callable[[list[Row]], bool]:
    if isinstance(node, Junction):
        parts = [_group_pick(planner, kind, query, part) for part in node.parts]
        if node.operator == "not":
            return lambda members: not parts[0](members)
        combine = all if node.operator == "and" else any
        return lambda members: combine(part(members) for part in parts)
    get = _group_value(planner, kind, query, node.operand)
    if isinstance(node.operand, Name):
        at, item = node.operand.at, planner.resolve(query, kind, node.operand).item
    else:
        at, item = node.operand.at, _result_field(planner, kind, query, node.operand)
    test = planner.test(at, item, node)
    return lambda members: test(get(members))


def _result_field(planner: Planner, kind: ObjectType, query: Query, call: Call) -> Field:
    if call.function.lower() in ("min", "max") and call.argument is not None:
        return planner.resolve(query, kind, call.argument).item
    return Field("expr", "double")


def _fold(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _rank(value: Any) -> tuple[bool, Any]:
    return (value is not None, _fold(value) if value is not None else 0)
