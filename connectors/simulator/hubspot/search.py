"""Search: what the request asks for, which indexed records match, in which order (source: "Search the CRM")."""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from connectors.simulator.hubspot.call import objects_in
from connectors.simulator.hubspot.errors import bad_request, invalid
from connectors.simulator.hubspot.index import epoch_ms
from connectors.simulator.hubspot.objects import find_type
from connectors.simulator.hubspot.records import Table
from connectors.simulator.hubspot.schema import Definition, read_instant
from connectors.simulator.hubspot.switches import Switches

MAX_GROUPS, MAX_FILTERS, MAX_ALL_FILTERS = 5, 6, 18
MAX_PAGE, MAX_RESULTS, MAX_QUERY, MAX_VALUES = 200, 10_000, 3_000, 100
FAR = 1 << 62
Properties = dict[str, str]
Test = Callable[[Properties], bool]
Linked = Callable[[str, int], Iterable[int]]
"""Ids of this table's records that hang on a record of the named type."""

QUERIED = {
    "contacts": "firstname lastname email phone hs_additional_emails fax mobilephone company",
    "companies": "website phone name domain",
    "deals": "dealname pipeline dealstage description dealtype",
    "leads": "hs_lead_name hs_associated_contact_email hs_associated_company_name",
    "calls": "hs_call_title hs_body_preview",
    "emails": "hs_email_subject",
    "meetings": "hs_meeting_title hs_meeting_body",
    "notes": "hs_note_body",
    "tasks": "hs_task_body hs_task_subject",
    "communications": "hs_communication_body",
}


@dataclass(slots=True)
class Group:
    """Filters that must all hold. The bounds on id and modified date are kept apart: they have an index."""

    low: int = 0
    high: int = FAR
    timed: bool = False
    id_low: int = 0
    tests: list[Test] = field(default_factory=list[Test])
    within: set[int] | None = None


@dataclass(frozen=True, slots=True)
class Page:
    ids: list[int]
    total: int
    next: int | None


@dataclass(frozen=True, slots=True)
class Looseness:
    """How far search departs from what was asked; durations in seconds."""

    disorder: float = 0.0
    beyond: float = 0.0
    cap_page: bool = False
    wall_category: bool = False

    @classmethod
    def of(cls, switches: Switches) -> Looseness:
        capped = switches.page_too_big == "cap"
        return cls(switches.disorder, switches.loose_window, capped, switches.wall_category)


def find(table: Table, body: dict[str, Any], linked: Linked, loose: Looseness) -> Page:
    """Run one search on what the index shows now. Raises the 400s."""
    limit, offset = _read_window(body, loose)
    groups = _read_groups(table, body, linked)
    for group in groups if loose.beyond else ():
        group.high += int(loose.beyond * 1000) if group.high < FAR else 0
    sort_name, descending = _read_sort(table, body)
    table.index.catch_up()
    ids = _match(table, groups)
    if words := str(body.get("query") or "").lower().split():
        names = QUERIED[table.kind.name].split()
        ids = {one for one in ids if _has_words(table.index.records[one], names, words)}
    wanted = offset + limit
    chosen = _order(table, ids, sort_name, descending, wanted, loose.disorder)[offset:wanted]
    return Page(chosen, len(ids), wanted if len(ids) > wanted else None)


def _read_window(body: dict[str, Any], loose: Looseness) -> tuple[int, int]:
    try:
        limit, offset = int(body.get("limit") or 10), int(body.get("after") or 0)
    except (ValueError, TypeError):
        raise bad_request() from None
    if loose.cap_page:
        limit = min(limit, MAX_PAGE)
    if not 0 < limit <= MAX_PAGE:
        raise invalid(f"The maximum page size is {MAX_PAGE}; {limit} was asked for.")
    if len(str(body.get("query") or "")) > MAX_QUERY:
        raise invalid(f"The query is longer than {MAX_QUERY} characters.")
    if offset < 0 or offset + limit > MAX_RESULTS:
        raise invalid("There was a problem with the request.") if loose.wall_category else bad_request()
    return limit, offset


def _read_groups(table: Table, body: dict[str, Any], linked: Linked) -> list[Group]:
    raw = [objects_in(group, "filters") for group in objects_in(body, "filterGroups") or [body]]
    raw = [filters for filters in raw if filters]
    counts = [len(filters) for filters in raw]
    if len(raw) > MAX_GROUPS or sum(counts) > MAX_ALL_FILTERS or max(counts, default=0) > MAX_FILTERS:
        raise invalid(
            f"Too many filters: {MAX_GROUPS} groups, {MAX_FILTERS} filters in a group and {MAX_ALL_FILTERS} in all "
            f"are allowed."
        )
    return [_read_group(table, filters, linked) for filters in raw]


def _read_group(table: Table, filters: Iterable[dict[str, Any]], linked: Linked) -> Group:
    group = Group()
    for one in filters:
        name, operator = str(one.get("propertyName")), str(one.get("operator"))
        if name.startswith("associations."):
            _bound_by_link(group, name, operator, one, linked)
            continue
        definition = table.schema.find(name)
        if definition is None or operator not in _OPERATORS:
            raise bad_request()
        if not _bound_by_index(table, group, definition, operator, one):
            group.tests.append(_OPERATORS[operator](definition, operator, one))
    return group


def _bound_by_link(group: Group, name: str, operator: str, one: dict[str, Any], linked: Linked) -> None:
    kind = find_type(name.partition(".")[2])
    values = one.get("values") if operator == "IN" else [one.get("value", "")]
    if kind is None or operator not in ("EQ", "IN") or not values or not all(str(v).isdigit() for v in values):
        raise bad_request()
    found = {record_id for value in values for record_id in linked(kind.name, int(str(value)))}
    group.within = found if group.within is None else group.within & found


def _bound_by_index(table: Table, group: Group, definition: Definition, operator: str, one: dict[str, Any]) -> bool:
    """Narrow the indexed bounds where that says the same as the filter."""
    if definition.name == table.kind.modified and operator in ("GT", "GTE", "LT", "LTE", "BETWEEN"):
        value = int(_number(definition, one.get("value")))
        low = {"GT": value + 1, "GTE": value, "BETWEEN": value}.get(operator, 0)
        high = {"LT": value - 1, "LTE": value}.get(operator, FAR)
        if operator == "BETWEEN":
            high = int(_number(definition, one.get("highValue")))
        group.low, group.high, group.timed = max(group.low, low), min(group.high, high), True
        return True
    if definition.name == "hs_object_id" and operator in ("GT", "GTE"):
        value = int(_number(definition, one.get("value")))
        group.id_low = max(group.id_low, value + 1 if operator == "GT" else value)
        return True
    return False


def _match(table: Table, groups: list[Group]) -> set[int]:
    if not groups:
        return set(table.index.records)
    found: set[int] = set()
    for group in groups:
        found.update(_match_group(table, group))
    return found


def _match_group(table: Table, group: Group) -> Iterable[int]:
    records, id_low = table.index.records, group.id_low
    if group.timed:
        ids = [one for _, one in table.index.modified_between(group.low, group.high) if one >= id_low]
    elif group.within is not None:
        ids = [one for one in group.within if one >= id_low and one in records]
    else:
        ids = [one for one in records if one >= id_low]
    if group.within is not None and group.timed:
        ids = [one for one in ids if one in group.within]
    for test in group.tests:
        ids = [one for one in ids if test(records[one])]
    return ids


def _read_sort(table: Table, body: dict[str, Any]) -> tuple[str, bool]:
    sorts = body.get("sorts") or []
    if len(sorts) > 1:
        raise invalid("Only one sort is allowed.")
    if not sorts:
        return table.kind.created, False
    one = sorts[0]
    if isinstance(one, str):
        name, descending = one.lstrip("-"), one.startswith("-")
    else:
        name, descending = str(one.get("propertyName")), one.get("direction") == "DESCENDING"
    if table.schema.find(name) is None:
        raise bad_request()
    return name, descending


def _order(table: Table, ids: set[int], name: str, descending: bool, wanted: int, disorder: float = 0.0) -> list[int]:
    """The first `wanted` ids; records without a value come last, ties by id. By a date only roughly, with `disorder`."""
    pick = heapq.nlargest if descending else heapq.nsmallest
    if name == "hs_object_id":
        return pick(wanted, ids) if wanted < len(ids) else sorted(ids, reverse=descending)
    records, definition = table.index.records, table.schema.definitions[name]
    if disorder and definition.type == "datetime":
        off = {one: _misplace(one, disorder) for one in ids}
        valued = [(_number(definition, records[one][name]) + off[one], one) for one in ids if name in records[one]]
    elif definition.type not in ("number", "datetime", "date") or name == table.kind.created:
        valued = [(records[one].get(name, "").lower(), one) for one in ids if name in records[one]]
    else:
        valued = [(_number(definition, records[one][name]), one) for one in ids if name in records[one]]
    chosen = [one for _, one in pick(wanted, valued)]
    return chosen if len(chosen) == wanted else chosen + sorted(one for one in ids if name not in records[one])


def _misplace(record_id: int, disorder: float) -> float:
    """Milliseconds by which a record stands off its place: the same on every page, unrelated to its neighbours'."""
    return (record_id * 2_654_435_761 % 2**32 / 2**31 - 1) * disorder * 1000


def _number(definition: Definition, value: object) -> float:
    """A filter or property value as a number; instants in epoch milliseconds. Raises the generic 400."""
    text = str(value)
    if definition.type in ("datetime", "date"):
        if definition.type == "date" and re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            text += "T00:00:00Z"
        instant = read_instant(text)
        if instant is None:
            raise bad_request()
        return epoch_ms(instant)
    try:
        return float(text)
    except ValueError:
        raise bad_request() from None


def _is_ordered(definition: Definition) -> bool:
    return definition.type in ("number", "datetime", "date")


def _fold(definition: Definition, value: object) -> str:
    """Enumeration values are compared exactly, other text without regard to case."""
    text = str(value)
    return text if definition.type == "enumeration" else text.lower()


def _compare(definition: Definition, operator: str, one: dict[str, Any]) -> Test:
    name, value = definition.name, one.get("value")
    if value is None:
        raise bad_request()
    if not _is_ordered(definition):
        text = _fold(definition, value)
        hold = _HOLDS[operator]
        return lambda record: name in record and hold(_fold(definition, record[name]), text)
    number, hold = _number(definition, value), _HOLDS[operator]
    return lambda record: name in record and hold(_number(definition, record[name]), number)


def _between(definition: Definition, operator: str, one: dict[str, Any]) -> Test:
    name = definition.name
    low, high = _number(definition, one.get("value")), _number(definition, one.get("highValue"))
    return lambda record: name in record and low <= _number(definition, record[name]) <= high


def _among(definition: Definition, operator: str, one: dict[str, Any]) -> Test:
    """Text values have to be sent in lower case: they are not folded, the record's value is."""
    name, values = definition.name, one.get("values")
    if not values or len(values) > MAX_VALUES:
        raise bad_request()
    wanted, inside = {str(value) for value in values}, operator == "IN"
    return lambda record: name in record and (_fold(definition, record[name]) in wanted) is inside


def _present(definition: Definition, operator: str, one: dict[str, Any]) -> Test:
    name, present = definition.name, operator == "HAS_PROPERTY"
    return lambda record: (name in record) is present


def _has_token(definition: Definition, operator: str, one: dict[str, Any]) -> Test:
    """Every word of the value is a word of the property; `*` stands for any characters."""
    name, wanted = definition.name, operator == "CONTAINS_TOKEN"
    words = re.split(r"[^\w*]+", str(one.get("value") or "").lower())
    patterns = [re.compile(re.escape(word).replace(r"\*", r"\w*")) for word in words if word]
    if not patterns:
        raise bad_request()

    def test(record: Properties) -> bool:
        tokens = re.split(r"\W+", record.get(name, "").lower())
        return name in record and all(any(p.fullmatch(token) for token in tokens) for p in patterns) is wanted

    return test


def _has_words(record: Properties, names: list[str], words: list[str]) -> bool:
    text = " ".join(record.get(name, "") for name in names).lower()
    return all(word in text for word in words)


_HOLDS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": lambda a, b: a == b,
    "NEQ": lambda a, b: a != b,
    "LT": lambda a, b: a < b,
    "LTE": lambda a, b: a <= b,
    "GT": lambda a, b: a > b,
    "GTE": lambda a, b: a >= b,
}
_OPERATORS: dict[str, Callable[[Definition, str, dict[str, Any]], Test]] = {
    **dict.fromkeys(_HOLDS, _compare),
    "BETWEEN": _between,
    "IN": _among,
    "NOT_IN": _among,
    "HAS_PROPERTY": _present,
    "NOT_HAS_PROPERTY": _present,
    "CONTAINS_TOKEN": _has_token,
    "NOT_CONTAINS_TOKEN": _has_token,
}
