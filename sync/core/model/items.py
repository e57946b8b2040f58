"""Handoff items and the state of a value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sync.core.model.fixed import fixed
from sync.core.model.records import RecordRef

LETTERS: Mapping[str, str] = {
    "present": "p",
    "declared_none": "d",
    "vague": "v",
    "placeholder": "h",
    "stale": "s",
    "invalid": "i",
    "missing": "m",
    "unreadable": "u",
}
"""By which states are kept for reports: those of a value, and of a present one that is vague."""


class ValueState(StrEnum):
    """Every item of a handoff is in exactly one of these states."""

    PRESENT = "present"
    DECLARED_NONE = "declared_none"
    """「特になし」 where that is an answer."""
    PLACEHOLDER = "placeholder"
    """「確認中」「-」「TBD」: typed to get past a required field."""
    INVALID = "invalid"
    """Present, but not what its type asks for."""
    STALE = "stale"
    """Was right once; its date has passed."""
    MISSING = "missing"
    UNREADABLE = "unreadable"
    """Hidden, unmapped (a choice that no option knows), or the read failed: unknown is never called missing."""

    def __init__(self, value: str) -> None:
        self.usable: bool = value in ("present", "declared_none")
        """An answer that can be worked with. Kept, because it is asked some hundred times per handoff."""
        self.lacking: bool = value in ("missing", "placeholder", "invalid", "stale")
        """No answer, and somebody can give one."""
        self.letter: str = LETTERS[value]


UNMAPPED = "unmapped"
"""Reason of an unreadable choice: a person answered, and the table does not know the answer."""


@fixed
class Normalised:
    """What a normaliser makes of one raw value: a state, the value in its canonical shape, or the reason why not."""

    state: ValueState
    value: Any = None
    reason: str | None = None


@fixed
class Provenance:
    """Where a value came from."""

    record: RecordRef
    field: str
    at: datetime | None = None
    """When it was written; told by `explain` alone."""
    by: RecordRef | None = None
    """Who wrote it, where a change is on record; told by `explain` alone."""


@fixed
class ItemValue:
    """One item of one handoff after mapping and merging."""

    item: str
    state: ValueState
    value: Any = None
    raw: str | None = None
    """The text as typed, for quoting; None when nothing was typed."""
    source: Provenance | None = None
    reason: str | None = None
    conflicts: tuple[ItemValue, ...] = ()
    """Usable values of the other system that disagree with this one."""

    @property
    def unmapped(self) -> bool:
        return self.state is ValueState.UNREADABLE and self.reason == UNMAPPED


@fixed
class NormaliseContext:
    """What a normaliser may need to know about a value. Nothing in it is the present time."""

    region: str = "JP"
    """ISO country, decides default phone region, currency and time zone."""
    tz: str | None = None
    written_on: datetime | None = None
    """When the value was typed (aware); relative timings are anchored here."""
    fiscal_year_start: int = 4
    """Month, 1–12."""
    fiscal_year_named_by: str = "start"
    currency: str | None = None
    item: str | None = None
    """Item id: placeholder and declared-none lists differ by item."""
