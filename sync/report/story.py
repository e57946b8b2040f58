"""What the demo page tells, as plain data. The demo fills it from what it read back through the two APIs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sync.core.model.flags import Flags


@dataclass(frozen=True, slots=True)
class RecordView:
    """One CRM record as a person would see it at one moment: a few of its own fields and our flags."""

    ref: str
    title: str
    subtitle: str
    kind: str
    """`opportunity`, `lead` or `contact`."""
    at: datetime
    fields: Sequence[tuple[str, str]]
    """Item id and value of the record's own fields that matter here; an empty value is shown as not filled in."""
    flags: Flags


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a chapter: who did what when."""

    at: datetime
    actor: str
    """`rep`, `customer` or `baton`."""
    text_key: str
    values: dict[str, str] = field(default_factory=dict[str, str])
    view: RecordView | None = None


@dataclass(frozen=True, slots=True)
class Chapter:
    """One small story on one record; `key` names its texts in the catalogue."""

    key: str
    moments: Sequence[Moment]


@dataclass(frozen=True, slots=True)
class Found:
    """The state that Baton found at its first look."""

    records: int
    in_scope: int
    passed: int
    passed_complete: int
    breached: int
    waiting: int
    missing: Sequence[tuple[str, int]]
    """Item id, number of handoffs that lack it; most first."""
    statuses: Sequence[tuple[str, int]]
    """Handoff status, number of handoffs in scope that have it; most first."""
    would_write: Sequence[tuple[str, int]]
    """Connection, number of records that would be written."""


@dataclass(frozen=True, slots=True)
class Cost:
    """API calls spent beside the least that the two APIs permit for the same reading and writing."""

    calls: Sequence[tuple[str, int, int]]
    """Connection, calls spent, least possible."""
    """Of the cycles alone: signing in and reading definitions at the start is `startup`."""
    startup: int
    cycles: int
    records_written: int
    writes_median: float
    writes_max: int


@dataclass(frozen=True, slots=True)
class DemoStory:
    company: str
    began: datetime
    ended: datetime
    seconds: float
    found: Found
    before: RecordView
    after: RecordView
    chapters: Sequence[Chapter]
    cost: Cost
    flags_checked: int
    records_checked: int
    differences: int
    cleared: int
    corrected: int
