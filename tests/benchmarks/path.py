"""The path of a record against the stub: prepared pages at full speed, so that it is the client side that is measured.

The floor of a run are the very requests of that run, made again with urllib3 and decoded with orjson, nothing kept.
"""

from __future__ import annotations

import resource
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from hashlib import blake2b
from pathlib import Path

import orjson
import urllib3

from sync.app import open_app
from sync.core.model.records import KeyRole, Kind, RecordKey, RecordRef, SourceRecord
from sync.flow.connect import prepare
from sync.flow.context import Context
from sync.flow.cycle import Cycle, pull_all, run_once, start
from sync.flow.deliver import deliver
from sync.flow.judge import judge_dirty
from sync.flow.link import link_dirty
from sync.flow.report import CycleReport
from sync.store import Store, fingerprints, intake, open_store
from tests.benchmarks.company import NOW
from tests.benchmarks.core import measure_mix
from tests.benchmarks.cycle import forget_cursors, postgres
from tests.benchmarks.measure import Clock, Table, taking_time
from tests.benchmarks.stub import Stub, running_stub

_PAGE = 2_000
_STORED = 20_000


def measure_path(table: Table, scale: int) -> None:
    """One round."""
    with tempfile.TemporaryDirectory() as place, running_stub(Path(place) / "stub", scale=scale) as stub:
        with _opened(stub, f"sqlite:///{place}/pull.db") as context:
            _measure_pulls(context, stub, table, "SQLite")
        with postgres(Path(place)) as url:
            with _opened(stub, url) as context:
                _measure_pulls(context, stub, table, "PostgreSQL", floors=False)
            _measure_store(url, table, "PostgreSQL")
        _measure_store(f"sqlite:///{place}/store.db", table, "SQLite")
        with _opened(stub, f"sqlite:///{place}/path.db") as context:
            _measure_whole(context, stub, table)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    table.note("peak resident memory of this process", f"{peak:,} MB (the benchmark's own data included)")


@contextmanager
def _opened(stub: Stub, store: str) -> Iterator[Context]:
    with open_app(stub.folder, {**stub.overrides, "store": store}, approve=True) as app:
        context, tally = prepare(app.context)
        assert not tally.problems, tally.problems
        yield context


def _measure_pulls(context: Context, stub: Stub, table: Table, database: str, *, floors: bool = True) -> None:
    for name in context.connections:
        own = replace(context, connections={name: context.connections[name]})
        clock, read, _ = _pull(own, stub)
        floor = f"floor, {name}"
        table.add(f"pull, all new, {name}, {database}", "records", read, clock, floor=floor)
        forget_cursors(own)
        clock, read, asked = _pull(own, stub)
        table.add(
            f"pull, all unchanged, {name}, {database}", "records", read, clock, "wanted: at most 2 × floor", floor
        )
        if floors:
            with taking_time() as clock:
                _replay(asked)
            table.add(floor, "records", read, clock, f"the same {len(asked)} calls by urllib3 and orjson alone")


def _pull(context: Context, stub: Stub) -> tuple[Clock, int, list[tuple[str, str, str]]]:
    cycle = start(context, "benchmark")
    stub.record()
    with taking_time() as clock:
        pull_all(cycle)
    assert not cycle.steps["pull"].problems
    return clock, cycle.steps["pull"].counts["read"], stub.requests()


def _replay(asked: list[tuple[str, str, str]]) -> None:
    pool = urllib3.PoolManager()
    for method, url, body in asked:
        answer = pool.request(method, url, body=body.encode() or None, headers={"Content-Type": "application/json"})
        orjson.loads(answer.data)


def _measure_whole(context: Context, stub: Stub, table: Table) -> None:
    """A first load with everything that follows from it, and the same again when a hundredth of all records changed."""
    cycle, total = start(context, "benchmark"), Clock()
    steps = {
        "pull": lambda: pull_all(cycle),
        "link": lambda: cycle.do("link", lambda: link_dirty(context, cycle.now)),
        "judge": lambda: cycle.do("judge", lambda: judge_dirty(context, cycle.now, cycle.run_id)),
        "deliver": lambda: cycle.do("deliver", lambda: deliver(context, cycle.now, cycle.run_id)),
    }
    asked = list[tuple[str, str, str]]()
    for name, step in steps.items():
        if name == "pull":
            stub.record()
        with taking_time() as clock:
            step()
        asked = asked or stub.requests()
        total = Clock(total.wall_s + clock.wall_s, total.cpu_s + clock.cpu_s)
        unit, count = _counted(cycle, name)
        table.add(f"first load: {name}", unit, count, clock)
    table.add(
        "first load: whole",
        "records",
        stub.records,
        total,
        "pull, link, judge, deliver; SQLite; wanted: 12,000 a second",
    )
    measure_mix(context, cycle.now, table)
    run_once(context)
    clock, report = _read_again(context, asked)
    counts, (_, own) = report.counts["pull"], _counted(cycle, "deliver")
    table.add("read again, own writes: whole", "records", counts["read"], clock, f"{own:,} of them we have written to")
    stub.change()
    clock, report = _read_again(context, asked)
    counts = report.counts["pull"]
    told = f"whole cycle, wanted: 40,000 a second; {counts.get('changed', 0):,} changed, {report.counts['judge'].get('judged', 0):,} judged"
    table.add("read again, 99% unchanged: whole", "records", counts["read"], clock, told)


def _read_again(context: Context, asked: list[tuple[str, str, str]]) -> tuple[Clock, CycleReport]:
    """A whole cycle from the beginning. The pages lie ready: who waits for the stub finds the processor's memory taken by it."""
    _replay(asked)
    forget_cursors(context)
    with taking_time() as clock:
        report = run_once(context)
    return clock, report


def _counted(cycle: Cycle, step: str) -> tuple[str, int]:
    name, unit = {
        "pull": ("read", "records"), "link": ("records", "records"), "judge": ("judged", "handoffs"),
        "deliver": ("delivered", "records"),
    }[step]  # fmt: skip
    return unit, cycle.steps[step].counts.get(name, 0)


def _measure_store(url: str, table: Table, database: str) -> None:
    """The store alone: records as a source makes them, a page at a time."""
    store = open_store(url)
    try:
        made = [_record(n, "") for n in range(_STORED)]
        taken = _digests(made)
        with taking_time() as clock:
            _save(store, made, taken)
        table.add(f"store, new, {database}", "records", _STORED, clock, "30 fields, two keys each")
        made = [_record(n, " (2)") for n in range(_STORED)]
        with taking_time() as clock:
            _save(store, made, taken)
        table.add(f"store, changed, {database}", "records", _STORED, clock, "wanted on PostgreSQL: 40,000 a second")
        with taking_time() as clock:
            _look_up(store, taken)
        table.add(
            f"store, unchanged, {database}", "records", _STORED, clock, "by fingerprint; wanted on PostgreSQL: 150,000"
        )
    finally:
        store.close()


def _record(number: int, more: str) -> SourceRecord:
    values = {f"Field_{n}__c": f"{n} 受発注の状況{more}" if n % 3 else None for n in range(30)}
    ref = RecordRef("salesforce", "Lead", f"00Q{number:012d}EAA")
    at = NOW - timedelta(seconds=number) + timedelta(minutes=bool(more))
    return SourceRecord(ref, Kind.PERSON, at, values, {"created_at": "2026-10-01T00:00:00Z"}, {"status": None})


def _keys(record: SourceRecord) -> list[RecordKey]:
    one = record.ref.record_id
    return [
        RecordKey(KeyRole.EMAIL, f"email:{one}@a.example"),
        RecordKey(KeyRole.RECORD_ID, f"salesforce:Contact:{one}"),
    ]


def _digests(made: Iterable[SourceRecord]) -> dict[str, bytes]:
    """Fingerprints of the answers that they would have been made of: no two are the same."""
    return {str(record.ref): blake2b(repr(record.ref).encode(), digest_size=16).digest() for record in made}


def _save(store: Store, made: list[SourceRecord], taken: dict[str, bytes]) -> None:
    for first in range(0, len(made), _PAGE):
        with store.write() as tx:
            intake.save(tx, made[first : first + _PAGE], _keys, taken=taken)


def _look_up(store: Store, taken: dict[str, bytes]) -> None:
    refs = [*taken]
    for first in range(0, len(refs), _PAGE):
        asked = {ref: taken[ref] for ref in refs[first : first + _PAGE]}
        with store.read() as tx:
            assert not fingerprints.find_others(tx, asked)
