"""Cutting work into the batches an API takes, and making sure that each part of it was answered."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from sync.core.model.flags import carries
from sync.core.model.records import RecordRef
from sync.errors import BudgetExhausted, BugError, Throttled, TransientError
from sync.ports import FlagWrite, WriteOutcome, WriteResult

T = TypeVar("T")
WHOLE = ""
"""In place of an option: all of a field."""


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


def split_unique(rows: Iterable[T], size: Callable[[], int], key: Callable[[T], Hashable]) -> Iterator[list[T]]:
    """As `split`, but a row whose key is already in the batch opens the next one: no vendor takes an id twice. `size` is
    asked again for every batch."""
    batch: list[T] = []
    seen: set[Hashable] = set()
    most = size()
    for row in rows:
        if len(batch) >= most or key(row) in seen:
            yield batch
            batch, seen, most = [], set(), size()
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


def not_sent(changes: Sequence[FlagWrite], error: TransientError) -> list[WriteResult]:
    """A call that was refused before it did anything. That we had to wait is no fault of the records."""
    waiting = isinstance(error, Throttled | BudgetExhausted)
    results = same_for_all(changes, WriteOutcome.RETRY, type(error).__name__, str(error), error.retry_after)
    return [replace(result, sent=not waiting) for result in results]


def put_off(changes: Sequence[FlagWrite], retry_after: float | None = None) -> list[WriteResult]:
    """What is not sent in this write any more, because the service is in trouble or it has cost enough."""
    message = "not sent: the writes before it failed"
    results = same_for_all(changes, WriteOutcome.RETRY, "NOT_SENT", message, retry_after)
    return [replace(result, sent=False) for result in results]


@dataclass(slots=True)
class Pace:
    """How many records go into one call of a sink: fewer while calls fail as a whole, until they succeed again."""

    most: int
    size: int = 0

    def __post_init__(self) -> None:
        self.size = self.size or self.most

    def slower(self, failed: int) -> None:
        """A call with so many records failed."""
        self.size = max(1, min(self.size, failed) // 2)

    def faster(self, done: int) -> None:
        """A call with so many records succeeded."""
        if done >= self.size:
            self.size = min(self.most, self.size * 2)


@dataclass(slots=True)
class Barred:
    """What turned out, in the course of one write, to be writable by nobody: by stream fields, or options of them."""

    known: dict[str, dict[str, set[str]]] = field(default_factory=dict[str, dict[str, set[str]]])

    def add(self, stream: str, flag: str, option: str = WHOLE) -> bool:
        """Whether that is news."""
        options = self.known.setdefault(stream, {}).setdefault(flag, set())
        if option in options:
            return False
        options.add(option)
        return True

    def part(self, change: FlagWrite) -> tuple[FlagWrite, dict[str, str]]:
        """The change as it can be sent, and what is left out of it."""
        left_out: dict[str, str] = {}
        for flag, options in self.known.get(change.ref.stream, {}).items():
            if flag in change.values:
                value = change.values[flag]
                found = [one for one in sorted(options) if one == WHOLE or carries(value, one)]
                left_out |= {flag: found[0]} if found else {}
        if not left_out:
            return change, left_out
        kept = {name: value for name, value in change.values.items() if name not in left_out}
        return FlagWrite(change.ref, kept), left_out


def refused_option(value: object, told: str) -> str:
    """The option that a refusal is about: the one it names, if the value has it, else the value as a whole."""
    text = str(value)
    return told if carries(text, told) else text


def name_flags(names: Iterable[str], own: Mapping[str, str]) -> list[str]:
    """Flags by the vendor's names of their fields; what is not ours is left away."""
    flags = {wire.casefold(): flag for flag, wire in own.items()}
    return [flags[name.casefold()] for name in names if name.casefold() in flags]
