"""Facts of activities and history rows, read once into types."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

from sync.core.model.records import RecordRef, SourceRecord


@dataclass(slots=True)
class Activity:
    """A call, mail, meeting, message or task. Instants are aware UTC; None where the CRM does not say."""

    ref: RecordRef
    type: str
    direction: str | None
    at: datetime | None
    logged_at: datetime | None
    status: str
    connected: bool | None
    duration_s: float | None
    owner: RecordRef | None
    created_by: RecordRef | None
    automated: bool
    has_content: bool
    task_type: str | None
    actor: str | None = None
    """Whom the tool that wrote it names as acting: a user's id or e-mail."""

    @property
    def booked_at(self) -> datetime | None:
        """When a meeting was agreed at the latest: when it was logged, or took place if it was logged afterwards."""
        if self.at is None or self.logged_at is None:
            return self.at or self.logged_at
        return min(self.at, self.logged_at)


@dataclass(slots=True)
class Change:
    """One change of one field, as the CRM recorded it."""

    subject: RecordRef | None
    field: str
    """`owner`, `status`, `converted`, `stage` or `value`."""
    old: str | None
    new: str | None
    at: datetime | None
    name: str = ""
    """Of a `value` the vendor's field."""
    by: RecordRef | None = None
    told: bool = True
    """False where the CRM kept that the field changed and not from what to what."""


def read_activity(record: SourceRecord) -> Activity:
    get = record.facts.get
    at, logged_at = get("at"), get("logged_at")
    return Activity(
        record.ref,
        get("type") or "",
        get("direction"),
        datetime.fromisoformat(at) if at else None,
        datetime.fromisoformat(logged_at) if logged_at else None,
        get("status") or "",
        get("connected"),
        get("duration_s"),
        read_ref(get("owner")),
        read_ref(get("created_by")),
        bool(get("automated")),
        bool(get("has_content")),
        get("task_type"),
    )


def read_change(record: SourceRecord) -> Change:
    facts = record.facts
    return Change(
        subject=read_ref(facts.get("subject")),
        field=facts.get("field") or "",
        old=facts.get("old"),
        new=facts.get("new"),
        at=read_instant(facts, "at"),
        name=facts.get("name") or "",
        by=read_ref(facts.get("by")),
        told="old" in facts,
    )


def read_instant(facts: Mapping[str, Any], name: str) -> datetime | None:
    text = facts.get(name)
    return datetime.fromisoformat(text) if text else None


@lru_cache(maxsize=4096)
def read_ref(text: str | None) -> RecordRef | None:
    """A reference written `connection:stream:id`; None for anything else. Kept, because users repeat endlessly; few,
    because whom an activity is about hardly does, and each costs half a kilobyte."""
    parts = text.split(":", 2) if text else ()
    return RecordRef(*parts) if len(parts) == 3 and all(parts) else None
