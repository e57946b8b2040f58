"""Cutting work into the batches an API takes, and making sure that each part of it was answered."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TypeVar

from sync.core.model.records import RecordRef
from sync.errors import BugError
from sync.ports import FlagWrite, WriteOutcome, WriteResult

T = TypeVar("T")


def split(rows: Iterable[T], size: int) -> Iterator[list[T]]:
    """Runs of at most `size`, in order."""
    batch: list[T] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def split_unique(rows: Iterable[T], size: int, key: Callable[[T], Hashable]) -> Iterator[list[T]]:
    """As `split`, but a row whose key is already in the batch opens the next one: no vendor takes an id twice."""
    batch: list[T] = []
    seen: set[Hashable] = set()
    for row in rows:
        if len(batch) == size or key(row) in seen:
            yield batch
            batch, seen = [], set()
        batch.append(row)
        seen.add(key(row))
    if batch:
        yield batch


def settle(changes: Sequence[FlagWrite], results: Iterable[WriteResult]) -> list[WriteResult]:
    """Exactly one result per change, in their order; a change that nothing was said about is UNKNOWN."""
    waiting: dict[RecordRef, list[WriteResult]] = {}
    for result in results:
        waiting.setdefault(result.ref, []).append(result)
    settled = [
        waiting[change.ref].pop(0)
        if waiting.get(change.ref)
        else WriteResult(change.ref, WriteOutcome.UNKNOWN, "NO_RESULT", "the answer says nothing about this record")
        for change in changes
    ]
    if any(waiting.values()):
        raise BugError("a batch gave more results than it had changes")
    return settled


def same_for_all(
    changes: Sequence[FlagWrite], outcome: WriteOutcome, code: str, message: str, retry_after: float | None = None
) -> list[WriteResult]:
    """One result for a call that failed as a whole."""
    return [WriteResult(change.ref, outcome, code, message, retry_after) for change in changes]
