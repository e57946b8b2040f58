"""When a value was written and by whom: by the changes on record, else since Baton saw it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from sync.core.mapping.activity import Change, read_change
from sync.core.model.fixed import changed
from sync.core.model.handoff import Case
from sync.core.model.items import ItemValue
from sync.core.model.records import Kind, RecordRef

VALUE = "value"
"""Field of a change of a vendor's field; its name tells which."""


class Written(Mapping[str, datetime]):
    """When the values of a record were written, by vendor field. Reckoned where it is asked for: of most nobody does."""

    __slots__ = ("_known", "_more", "_tell")

    def __init__(
        self,
        known: Mapping[str, datetime],
        tell: Callable[[str, datetime | None], datetime | None],
        more: Collection[str] = (),
    ) -> None:
        """`tell` makes of a field and of what is known of it when it was, perhaps of `more` fields; None where nobody
        knows."""
        self._known, self._tell, self._more = known, tell, more

    def get(self, key: str, default: Any = None) -> Any:
        found = self._tell(key, self._known.get(key))
        return default if found is None else found

    def __getitem__(self, key: str) -> datetime:
        found = self._tell(key, self._known.get(key))
        if found is None:
            raise KeyError(key)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._known, *self._more)))

    def __len__(self) -> int:
        return sum(1 for _ in self)


def date_by_history(case: Case, changes: Iterable[Change], now: datetime) -> Case:
    """The same with `value_written` from the changes of values that are on record by `now`."""
    latest = latest_changes(changes, now)
    if not latest:
        return case
    told: dict[RecordRef, dict[str, datetime]] = {}
    for (ref, name), change in latest.items():
        if change.at is not None:
            told.setdefault(ref, {})[name] = change.at
    later = {ref: _overlay(case.value_written.get(ref, {}), own) for ref, own in told.items()}
    return changed(case, value_written={**case.value_written, **later})


def _overlay(seen: Mapping[str, datetime], told: Mapping[str, datetime]) -> Written:
    return Written(seen, lambda name, at: told.get(name, at), told)


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
