"""The numbers of a report, from what is kept of the judgements: a slice of handoffs at a time, in memory that stays flat."""

from __future__ import annotations

from collections.abc import Iterator

from sync.core.metrics.measure import Measured, belongs, measure
from sync.core.metrics.question import Question
from sync.core.metrics.track import Track
from sync.flow.track import Reading, read_tracks
from sync.store import Store, summaries

SLICE = 500


def read_store(store: Store, reading: Reading) -> Iterator[Track]:
    """Every cycle that counts in rates, in order of the handoffs' ids."""
    after = ""
    with store.read() as tx:
        while rows := summaries.read_some(tx, after, SLICE):
            after = rows[-1][0]
            for handoff, summary in rows:
                yield from read_tracks(handoff, summary, reading)


def measure_store(store: Store, question: Question, reading: Reading) -> Measured:
    """Count everything that is asked for. Reads the store alone."""
    return measure(read_store(store, reading), question)


def list_records(
    store: Store,
    question: Question,
    reading: Reading,
    rate: str,
    *,
    hit: bool | None = None,
    group: str | None = None,
) -> Iterator[Track]:
    """All cycles behind one figure of a cohort, one at a time."""
    for track in read_store(store, reading):
        if belongs(track, question, rate, hit=hit, group=group):
            yield track
