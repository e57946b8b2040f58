"""One cycle of one handoff as the rates see it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

Entry = tuple[datetime, str]
"""Into a stage, and when."""

INFO_MISSING = "info_missing"
"""The reason of a return that says that the handoff lacked something."""


@dataclass(frozen=True, slots=True)
class ClockTrack:
    """One clock of one cycle. Times in seconds; parts are working time."""

    state: str
    start: datetime | None = None
    elapsed: int | None = None
    working: int | None = None
    system: int | None = None
    """From the start to the assignment."""
    human: int | None = None
    """From the assignment to the contact."""


@dataclass(slots=True)
class Track:
    """Instants are aware. What nobody knows is None; a thing that happened at an unknown instant has its word without one."""

    handoff: str
    record: str
    """Anchor, `connection:stream:id`."""
    cycle: int = 1
    version: str = ""
    """Of the definition by which it is judged."""
    channel: str = ""
    """Canonical lead source; empty: none that is known."""
    segment: str = ""
    team: str = ""
    born_at: datetime | None = None
    passed: bool = False
    passed_at: datetime | None = None
    is_deal: bool = False
    deal_at: datetime | None = None
    accepted: bool = False
    accepted_at: datetime | None = None
    closed: bool = False
    closed_at: datetime | None = None
    won: bool = False
    returned: bool = False
    returned_at: datetime | None = None
    return_reason: str = ""
    missing_at_pass: tuple[str, ...] | None = None
    states: str = ""
    """`item=letter` of every item now, separated by blanks (`Trace.states`)."""
    states_at_pass: str | None = None
    attempts: int = 0
    clocks: Mapping[str, ClockTrack] = field(default_factory=dict[str, ClockTrack])

    @property
    def won_at(self) -> datetime | None:
        return self.closed_at if self.won else None

    @property
    def complete(self) -> bool | None:
        """Whether nothing was missing at the pass; None: nobody can tell."""
        return None if self.missing_at_pass is None else not self.missing_at_pass


def enter(stages: Iterable[Entry], wanted: Collection[str]) -> datetime | None:
    """When one of the wanted stages was first entered, whatever came later; None: none of them on record."""
    return min((at for at, stage in stages if stage in wanted), default=None)


def close(stages: Iterable[Entry], present: str, *, closed: bool) -> datetime | None:
    """When a deal that is closed now was closed the last time: when it entered the stage that it is in.

    None while it is open (again), and where its history does not end in its present stage.
    """
    *_, last = [None, *sorted(stages, key=_instant)]
    return last[0] if closed and last is not None and last[1] == present else None


def is_accepted(answered: bool, won: bool, stages: Iterable[Entry], present: str, wanted: Collection[str]) -> bool:
    """Whether FS took an opportunity as one: it says so, it ever was in a stage that says so, or it was won without."""
    return answered or won or present in wanted or enter(stages, wanted) is not None


def accept(answered_at: datetime | None, entered_at: datetime | None, won_at: datetime | None) -> datetime | None:
    """When FS took an opportunity as one: it said so, it went on to a stage that says so, or it was won without either."""
    return min((at for at in (answered_at, entered_at, won_at) if at is not None), default=None)


def _instant(entry: Entry) -> datetime:
    return entry[0]
