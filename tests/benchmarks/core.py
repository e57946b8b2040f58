"""The pure core alone: values, working time, linking, judging; on what a generated company really holds."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sync.core.mapping.items import read_items
from sync.core.mapping.normalise import normalise
from sync.core.mapping.normalise.tables import Tables
from sync.core.mapping.reader import compile_reader
from sync.core.mapping.spec import MappingSpec, NameFields
from sync.core.model.handoff import Case, Directory, Judgement
from sync.core.model.items import NormaliseContext
from sync.core.model.records import Kind, SourceRecord
from sync.core.reconcile.judge import judge
from sync.core.reconcile.link import link
from sync.core.rules.evidence import gather
from sync.flow.case import load_batch, load_directories
from sync.flow.context import Context
from sync.store import handoffs, records
from tests.benchmarks.calendar import measure_calendar
from tests.benchmarks.measure import Table

_OF_A_MIX = 5_000


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
    return replace(load_some(context, now, 1_000_000), records=found)


def load_some(context: Context, now: datetime, most: int) -> Held:
    """About so many handoffs, spread over all: those that were linked together are of one kind. Of the records
    only theirs."""
    with context.store.read() as tx:
        ids = handoffs.read_ids(tx, "", 1_000_000)
        ids = ids[:: -(-len(ids) // most) or 1]
        directory = load_directories(context, tx)[context.rules.definition.version]
        return Held(context, now, [], load_batch(tx, ids).cases, directory)


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
        share = f"{len(found[kind]) / len(held.cases):.1f} values a handoff"
        table.time(f"normalise {kind}", "values", len(found[kind]), lambda kind=kind: read(kind), rounds, share)


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


def measure_mix(context: Context, now: datetime, table: Table) -> None:
    """The judgement alone, of what a first load holds."""
    held = load_some(context, now, _OF_A_MIX)
    cases = held.cases.values()
    kinds = Counter(_kind_of(judgement) for judgement in judge_all(held, cases, context.tables))
    mix = ", ".join(f"{number:,} {kind}" for kind, number in kinds.most_common())
    tables = replace(context.tables)
    table.time("first load: judge alone, cold", "handoffs", len(cases), lambda: judge_all(held, cases, tables), 1, mix)
    warm = "the same again; wanted: 7,000 a second"
    table.time("first load: judge alone, warm", "handoffs", len(cases), lambda: judge_all(held, cases, tables), 1, warm)


def _kind_of(judgement: Judgement) -> str:
    return "in scope" if judgement.in_scope else "left out" if judgement.trace.left_out else "over"


def measure_judge(held: Held, table: Table, rounds: int) -> None:
    """Cold: no value was read before, as after a start. Warm: what repeats is known. Then where the time of a warm one
    goes, each part alone."""
    context, cases = held.context, held.cases.values()
    silent = [replace(case, shown_on=()) for case in cases]

    def measure(name: str, cases: Collection[Case], work: Callable[[], object], remark: str = "") -> None:
        if cases:
            table.time(name, "handoffs", len(cases), work, rounds, remark)

    cold = "equal tables, nothing known of them"
    measure("judge, cold", cases, lambda: judge_all(held, cases, replace(context.tables)), cold)
    found = judge_all(held, cases, context.tables)
    measure("judge, warm", cases, lambda: judge_all(held, cases, context.tables))
    for kind, remark in (
        ("in scope", ""),
        ("over", "out of scope, but counted"),
        ("left out", "by their stage or kind"),
    ):
        own = [case for case, judgement in zip(cases, found, strict=True) if _kind_of(judgement) == kind]
        measure(f"judge, warm, {kind}", own, lambda own=own: judge_all(held, own, context.tables), remark)
    silence = "no record shows it, as in a comparison"
    measure("judge, warm, no texts", silent, lambda: judge_all(held, silent, context.tables), silence)
    measure("of it: facts of the records", cases, lambda: gather_all(held))
    measure("of it: items", cases, lambda: read_all(held), "reading the values and choosing among them")


def judge_all(held: Held, cases: Collection[Case], tables: Tables) -> list[Judgement]:
    """As a run does: in brief whom the stage leaves out."""
    context = held.context
    return [
        judge(
            case,
            mapping=context.mapping,
            rules=context.rules,
            tables=tables,
            directory=held.directory,
            now=held.now,
            whole=False,
        )
        for case in cases
    ]


def gather_all(held: Held) -> None:
    context = held.context
    for case in held.cases.values():
        gather(case, context.mapping, context.rules, held.directory, held.now)


def read_all(held: Held) -> None:
    context = held.context
    definition, zone = context.rules.definition, context.rules.is_clock.calendar.zone
    reader = compile_reader(
        context.mapping,
        context.tables,
        region=definition.region,
        tz=str(zone),
        fiscal_year_start=definition.fiscal_year_start,
    )
    today = held.now.astimezone(zone).date()
    for case in held.cases.values():
        read_items(case, reader, today, (), [])
