"""Whether items have fields, choices are known, records are in scope and passes can be seen. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from sync.core.mapping.normalise.picklist import find_option
from sync.core.mapping.normalise.tables import fold
from sync.core.mapping.spec import ItemSpec, MappingSpec, NameFields, StreamMapping
from sync.core.model.records import Kind
from sync.flow.check.finding import Finding
from sync.flow.check.seen import Seen
from sync.flow.context import Context

LISTED = 12
"""Values named in one finding."""
COVERAGE = 0.5
FEW = 10


def find_items(
    mapping: MappingSpec, *, derived: Collection[str] = ("decision_maker", "contact_history")
) -> Iterator[Finding]:
    """Items without a field, and items that nobody can correct once the lead is converted."""
    mapped: dict[str, set[tuple[str, str]]] = {}
    for key, stream in mapping.streams.items():
        for item in stream.items:
            mapped.setdefault(item, set()).add(key)
    for kind, items in (("item_unmapped", mapping.typed), ("item_unmapped_automatic", mapping.automatic)):
        for name in items:
            if not any(part in mapped for part in _parts(mapping.items[name])):
                yield Finding(kind, f"mappings: {name}", {"item": name})
    deals = {key for key, stream in mapping.streams.items() if stream.kind is Kind.DEAL and stream.carries_flags}
    sales = {connection for connection, _ in deals}
    for name in mapping.typed:
        at = {key for part in _parts(mapping.items[name]) for key in mapped.get(part, ())}
        on_leads = [key for key in at if key[0] in sales and mapping.streams[key].kind is Kind.PERSON]
        if deals and on_leads and not at & deals and name not in derived:
            yield Finding(
                "item_stuck", f"mappings: {name}", {"item": name, "objects": tuple(sorted(s for _, s in deals))}
            )


def _parts(item: ItemSpec) -> tuple[str, ...]:
    return (item.id, *item.any_of, *item.all_of)


def find_choices(context: Context, seen: Seen) -> Iterator[Finding]:
    """Values that the CRM offers and nobody here knows, and values that are waited for and do not exist there."""
    mapping, definition = context.mapping, context.rules.definition
    for (connection, name), stream in mapping.streams.items():
        facts = seen.facts(name)
        if connection != seen.connection or facts is None:
            continue
        for item, at in stream.items.items():
            spec = mapping.items[item]
            if spec.as_ == "picklist" and spec.options and not isinstance(at, NameFields):
                for field in at:
                    unknown = [one for one in _choices(seen, name, field) if not _is_known(one, spec, context)]
                    yield from _unknown("choice_unknown", stream, field, unknown, item)
        for given, field in stream.inputs.items():
            table = mapping.input_values.get(given)
            unknown = [one for one in _choices(seen, name, field) if table and fold(one) not in table]
            yield from _unknown("answer_unknown", stream, field, unknown, given)
        yield from _find_stages(context, stream, _choices(seen, name, stream.stage_field or ""))
    for event in definition.pass_events:
        for (connection, name), values in event.statuses.items():
            stream = mapping.streams.get((connection, name))
            there = _choices(seen, name, stream.stage_field or "") if stream and connection == seen.connection else ()
            lacking = sorted(value for value in values if there and fold(value) not in {fold(one) for one in there})
            if lacking:
                where = f"{connection}:{name}.{stream.stage_field if stream else ''}"
                yield Finding("pass_status_unknown", where, {"values": tuple(lacking), "known": tuple(there[:LISTED])})


def _is_known(value: str, item: ItemSpec, context: Context) -> bool:
    words = context.tables.placeholders
    common = words.get("common", frozenset()) | words.get(item.id, frozenset())
    return find_option(value, item.options) is not None or fold(value) in common or not value.strip()


def _choices(seen: Seen, stream: str, field: str) -> Sequence[str]:
    facts = seen.facts(stream)
    info = facts.fields.get(field) if facts else None
    return (info.choices or ()) if info else ()


def _unknown(kind: str, stream: StreamMapping, field: str, values: Sequence[str], item: str) -> Iterator[Finding]:
    if values:
        told = {"field": field, "item": item, "values": tuple(values[:LISTED]), "count": len(values)}
        yield Finding(kind, f"{stream.connection}:{stream.stream}.{field}", told)


def _find_stages(context: Context, stream: StreamMapping, there: Sequence[str]) -> Iterator[Finding]:
    """Stages of which none exists: then nothing is ever in scope, or nothing ever ends."""
    scope = context.rules.definition.scope
    sales = {connection for (connection, _), one in context.mapping.streams.items() if one.kind is Kind.DEAL}
    if not there or stream.kind is not Kind.PERSON or not stream.stage_field:
        return
    setting, listed = (
        ("closed_lead_statuses", scope.closed_lead_statuses)
        if stream.connection in sales
        else ("contact_stages", scope.contact_stages)
    )
    if listed and not {fold(one) for one in listed} & {fold(one) for one in there}:
        where = f"{stream.connection}:{stream.stream}.{stream.stage_field}"
        yield Finding("stage_unknown", where, {"setting": f"scope.{setting}", "known": tuple(there[:LISTED])})


def find_scope(seen: Seen) -> Iterator[Finding]:
    """How many records that is, and whether deals have people."""
    for stream, (total, inside) in seen.counts.items():
        if total is None or inside is None:
            continue
        where = f"{seen.connection}:{stream}"
        yield Finding("scope_count", where, {"object": stream, "total": total, "inside": inside})
        if total and not inside:
            yield Finding("scope_empty", where, {"object": stream, "total": total})
    open_deals, tied = seen.roles
    if open_deals is not None and tied is not None and open_deals >= FEW and tied < COVERAGE * open_deals:
        yield Finding(
            "contact_roles", seen.connection, {"open": open_deals, "tied": tied, "share": f"{tied / open_deals:.0%}"}
        )
