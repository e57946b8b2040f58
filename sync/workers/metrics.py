"""Figures of the daemon for Prometheus. Labels are names from the configuration and words of the code: their number is
bounded by what is configured, and none of them is anybody's data."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Protocol

from prometheus_client import CollectorRegistry, ProcessCollector
from prometheus_client.exposition import choose_encoder
from prometheus_client.metrics_core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector

from sync.store import Store, dirty_records, ledger, records, settlement, summaries
from sync.store.outbox import State
from sync.store.usage import read_standing
from sync.workers.health import Lag, Readiness
from sync.workers.pulse import BUCKETS, Beat

FRESH_S = 60.0
"""Whole tables are counted no more often than this, however often somebody asks."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What lies in the store."""

    records: dict[tuple[str, str], int] = field(default_factory=dict[tuple[str, str], int])
    records_waiting: int = 0
    handoffs: dict[str, int] = field(default_factory=dict[str, int])
    judge_failed: int = 0
    outbox: dict[tuple[str, State], int] = field(default_factory=dict[tuple[str, State], int])


class Source(Protocol):
    """Where the figures come from: the running service."""

    @property
    def store(self) -> Store: ...

    @property
    def mode(self) -> str: ...

    @property
    def connections(self) -> Iterable[str]: ...

    def beat(self) -> Beat: ...

    def readiness(self) -> Readiness: ...

    def open_alerts(self) -> Mapping[str, int]:
        """Kind → how many are open."""
        ...


class Figures(Collector):
    """Reads the service anew at every scrape."""

    def __init__(self, source: Source, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._source = source
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._counted: tuple[float, Counts] | None = None

    def describe(self) -> Iterable[Metric]:
        """Nothing is read before somebody asks."""
        return ()

    def collect(self) -> Iterator[Metric]:
        source = self._source
        beat, readiness = source.beat(), source.readiness()
        yield _gauge("baton_info", "Version and mode; always 1.", ("version", "mode"), [((_version(), source.mode), 1)])
        yield _gauge("baton_ready", "1: /readyz says yes.", (), [((), int(readiness.ready))])
        yield _gauge("baton_tick_age_seconds", "Since a step last ended or made a call.", (), [((), beat.silent)])
        yield from _streams(readiness.streams)
        stopped = [((name,), int(name not in readiness.stopped)) for name in source.connections]
        yield _gauge("baton_connection_up", "0: its credentials were refused.", ("connection",), stopped)
        yield from self._calls()
        yield from _stored(self._count())
        yield from _worked(beat)
        alerts = [((kind,), count) for kind, count in sorted(source.open_alerts().items())]
        yield _gauge("baton_alerts", "Open alerts.", ("kind",), alerts)

    def _calls(self) -> Iterator[Metric]:
        """As of the end of each connection's latest run."""
        with self._source.store.read() as tx:
            found = {name: read_standing(tx, name) for name in self._source.connections}
        usages = {name: usage for name, usage in found.items() if usage is not None}
        for name, told, pick in (
            ("calls_used", "API calls of Baton in the CRM's present day.", lambda usage: usage.ours),
            ("calls_allowed", "What it may make in such a day.", lambda usage: usage.allowance),
            ("quota_used", "Calls of all tools, as the CRM says.", lambda usage: usage.quota_used),
            ("quota_max", "Calls that the account has.", lambda usage: usage.quota_max),
            ("paused_purposes", "Purposes for which no calls are made.", lambda usage: len(usage.pauses)),
        ):
            rows = [((connection,), pick(usage)) for connection, usage in usages.items()]
            yield _gauge(f"baton_api_{name}", told, ("connection",), [row for row in rows if row[1] is not None])

    def _count(self) -> Counts:
        with self._lock:
            now = self._monotonic()
            if self._counted is None or now - self._counted[0] >= FRESH_S:
                self._counted = now, count(self._source.store)
            return self._counted[1]


def count(store: Store) -> Counts:
    with store.read() as tx:
        return Counts(
            records.count_by_stream(tx),
            dirty_records.count(tx),
            summaries.count_by_status(tx),
            settlement.count_failed(tx),
            ledger.count_by_state(tx),
        )


def make_registry(source: Source) -> CollectorRegistry:
    """The figures, and what the operating system knows of the process (memory, CPU, files)."""
    registry = CollectorRegistry()
    registry.register(Figures(source))
    ProcessCollector(registry=registry)
    return registry


def render(registry: CollectorRegistry, accept: str) -> tuple[str, bytes]:
    """(content type, body) in the form that the asker reads."""
    encode, kind = choose_encoder(accept)
    return kind, encode(registry)


def _streams(lags: Iterable[Lag]) -> Iterator[Metric]:
    names = ("connection", "stream")
    read = [(lag, (lag.connection, lag.stream)) for lag in lags]
    stamps = [(at, lag.last_success.timestamp()) for lag, at in read if lag.last_success is not None]
    yield _gauge("baton_stream_last_success_timestamp_seconds", "When it was last read to its end, by the CRM's clock.",
                 names, stamps)  # fmt: skip
    behind = [(at, lag.behind.total_seconds()) for lag, at in read if lag.behind is not None]
    yield _gauge("baton_stream_behind_seconds", "Since then.", names, behind)
    failing = [(at, int(lag.error is not None)) for lag, at in read]
    yield _gauge("baton_stream_failing", "1: its latest reading broke.", names, failing)


def _stored(counts: Counts) -> Iterator[Metric]:
    records = sorted(counts.records.items())
    yield _gauge("baton_records", "Present records in the store.", ("connection", "stream"), records)
    yield _gauge(
        "baton_records_waiting", "Changed records that are not linked yet.", (), [((), counts.records_waiting)]
    )
    told = [((status,), number) for status, number in sorted(counts.handoffs.items())]
    yield _gauge("baton_handoffs", "By status.", ("status",), told)
    yield _gauge("baton_judge_failed", "Handoffs whose judgement broke.", (), [((), counts.judge_failed)])
    entries = [((name, state.value), number) for (name, state), number in sorted(counts.outbox.items())]
    yield _gauge("baton_outbox_entries", "Intended writes by state (held, parked, ready, …).", ("connection", "state"),
                 entries)  # fmt: skip


def _worked(beat: Beat) -> Iterator[Metric]:
    runs = CounterMetricFamily("baton_runs", "Runs that ended.", labels=("job", "outcome"))
    for labels, number in sorted(beat.runs.items()):
        runs.add_metric(labels, number)
    yield runs
    work = CounterMetricFamily(
        "baton_work", "What the steps did (deliver/delivered are writes).", labels=("step", "what")
    )
    for labels, number in sorted(beat.work.items()):
        work.add_metric(labels, number)
    yield work
    reloads = CounterMetricFamily("baton_reloads", "Settings read again while running.", labels=("taken",))
    for taken, number in beat.reloads.items():
        reloads.add_metric(("yes" if taken else "no",), number)
    yield reloads
    spans = HistogramMetricFamily("baton_run_seconds", "How long runs took, by this machine's clock.", labels=("job",))
    for job, taken in sorted(beat.spans.items()):
        ends = [(str(end), float(number)) for end, number in zip(BUCKETS, taken.buckets, strict=True)]
        spans.add_metric((job,), [*ends, ("+Inf", float(taken.count))], taken.total)
    yield spans


def _gauge(name: str, told: str, labels: tuple[str, ...], rows: Iterable[tuple[tuple[str, ...], float]]) -> Metric:
    family = GaugeMetricFamily(name, told, labels=labels)
    for values, number in rows:
        family.add_metric(values, number)
    return family


def _version() -> str:
    return version("baton-handoff")
