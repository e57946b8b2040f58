"""The pure core alone: values, working time, linking, judging; on what a generated company really holds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sync.core.mapping.normalise import normalise
from sync.core.mapping.spec import MappingSpec, NameFields
from sync.core.model.handoff import Case, Directory
from sync.core.model.items import NormaliseContext
from sync.core.model.records import Kind, SourceRecord
from sync.core.reconcile.judge import judge
from sync.core.reconcile.link import link
from sync.flow.case import load_batch, load_directory
from sync.flow.context import Context
from sync.store import handoffs, records
from tests.benchmarks.calendar import measure_calendar
from tests.benchmarks.measure import Table, taking_time


@dataclass(frozen=True, slots=True)
class Held:
    """Everything of a first cycle, loaded into memory."""

    context: Context
    now: datetime
    records: list[SourceRecord]
    cases: Mapping[str, Case]
    directory: Directory


def load_all(context: Context, now: datetime) -> Held:
    with context.store.read() as tx:
        found = [record for kind in Kind for record in records.load_kind(tx, kind)]
        ids = handoffs.read_ids(tx, "", 1_000_000)
        return Held(context, now, found, load_batch(tx, ids).cases, load_directory(context, tx))


def measure_core(held: Held, table: Table, rounds: int) -> None:
    measure_values(held, table, rounds)
    measure_calendar(table, rounds)
    linked = [r for r in held.records if r.kind in (Kind.PERSON, Kind.DEAL, Kind.ROLE, Kind.ACCOUNT)]
    mapping, definition = held.context.mapping, held.context.rules.definition
    table.time("link", "records", len(linked), lambda: link(linked, mapping, definition), rounds)
    measure_judge(held, table, rounds)


def measure_values(held: Held, table: Table, rounds: int) -> None:
    """Every value that any record holds of any item, by kind; nothing is remembered from one to the next."""
    found = values_by_kind(held.context.mapping, held.records)
    zone = str(held.context.rules.is_clock.calendar.zone)

    def read(kind: str) -> None:
        tables = held.context.tables
        for item, raw, options in found[kind]:
            normalise(kind, raw, NormaliseContext(tz=zone, written_on=held.now, item=item), tables, options)

    for kind in sorted(found):
        table.time(f"normalise {kind}", "values", len(found[kind]), lambda kind=kind: read(kind), rounds)


def values_by_kind(
    mapping: MappingSpec, found: list[SourceRecord]
) -> dict[str, list[tuple[str, Any, Mapping[str, str]]]]:
    """(item, raw value, options) per normaliser."""
    values: dict[str, list[tuple[str, Any, Mapping[str, str]]]] = defaultdict(list)
    for record in found:
        stream = mapping.streams.get((record.ref.connection, record.ref.stream))
        for item, fields in stream.items.items() if stream else ():
            spec = mapping.items[item]
            if isinstance(fields, NameFields):
                raws: list[Any] = [
                    {n: record.values.get(f) for n, f in (("family", fields.family), ("given", fields.given))}
                ]
            else:
                raws = [record.values.get(name) for name in fields]
            values[spec.as_ or "text"] += [(item, raw, spec.options) for raw in raws if raw]
    return values


def measure_judge(held: Held, table: Table, rounds: int) -> None:
    """Cold: no value was read before, as after a start. Warm: what repeats is known."""
    context, cases = held.context, held.cases.values()

    def judge_all(mapping: MappingSpec) -> None:
        for case in cases:
            judge(
                case,
                mapping=mapping,
                rules=context.rules,
                tables=context.tables,
                directory=held.directory,
                now=held.now,
            )

    for _ in range(rounds):
        with taking_time() as clock:
            judge_all(_same(context.mapping))
        table.add("judge, cold", "handoffs", len(cases), clock)
    warm = context.mapping
    judge_all(warm)
    table.time("judge, warm", "handoffs", len(cases), lambda: judge_all(warm), rounds)


def _same(mapping: MappingSpec) -> MappingSpec:
    """An equal mapping of which nothing has been compiled yet."""
    from dataclasses import replace

    return replace(mapping)
