"""When a value was written and by whom: by the changes on record, else since Baton saw it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from sync.core.mapping.activity import Change, read_change
from sync.core.model.fixed import changed
from sync.core.model.handoff import Case
from sync.core.model.items import ItemValue
from sync.core.model.records import Kind, RecordRef

VALUE = "value"
"""Field of a change of a vendor's field; its name tells which."""


def date_by_history(case: Case, changes: Iterable[Change], now: datetime) -> Case:
    """The same with `value_written` from the changes of values that are on record by `now`."""
    latest = latest_changes(changes, now)
    if not latest:
        return case
    written = {ref: dict(fields) for ref, fields in case.value_written.items()}
    for (ref, name), change in latest.items():
        if change.at is not None:
            written.setdefault(ref, {})[name] = change.at
    return changed(case, value_written=written)


def latest_changes(changes: Iterable[Change], until: datetime) -> Mapping[tuple[RecordRef, str], Change]:
    """Record and vendor field → its latest change at or before `until`."""
    found: dict[tuple[RecordRef, str], Change] = {}
    for change in changes:
        if change.field != VALUE or change.subject is None or change.at is None or change.at > until:
            continue
        key = (change.subject, change.name)
        held = found.get(key)
        if held is None or rank(held) < rank(change):
            found[key] = change
    return found


def date_items(items: Mapping[str, ItemValue], case: Case, now: datetime) -> dict[str, ItemValue]:
    """The same items, their sources with when the value was written and by whom."""
    changes = latest_changes((read_change(r) for r in case.attached if r.kind is Kind.HISTORY), now)

    def date(value: ItemValue) -> ItemValue:
        source = value.source
        if source is None:
            return value
        change = changes.get((source.record, source.field))
        seen = case.value_written.get(source.record, {}).get(source.field)
        told = replace(source, at=change.at, by=change.by) if change is not None else replace(source, at=seen)
        return replace(value, source=told, conflicts=tuple(date(other) for other in value.conflicts))

    return {item: date(value) for item, value in items.items()}


def rank(change: Change) -> tuple[float, str, str]:
    """Of changes at one instant always the same one counts, in whatever order they came."""
    at = change.at.timestamp() if change.at is not None else 0.0
    return at, str(change.new), str(change.by)
