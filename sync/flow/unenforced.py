"""What is kept of how well contacts are on record: per clock and team, and whether it is enforced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import orjson
from sqlalchemy import Connection as Transaction

from sync.store.store import read_note, write_note

_NOTE = "thin_evidence"


@dataclass(frozen=True, slots=True)
class Standing:
    """One clock of one team, as of its latest count."""

    clock: str
    team: str
    contacted: int
    """Of the handoffs counted those with a contact on record."""
    counted: int
    stopped: bool
    """The clock is not enforced for the team."""


@dataclass(frozen=True, slots=True)
class Count:
    """The latest count."""

    day: date
    """Local day on which it was made."""
    rules_hash: str
    standings: tuple[Standing, ...]
    before: frozenset[tuple[str, str]] | None = None
    """Of a count while not everything could be read: (clock, team) stopped by the last whole one; None: it was whole."""

    @property
    def stopped(self) -> frozenset[tuple[str, str]]:
        """(clock, team) that are not enforced."""
        return frozenset((one.clock, one.team) for one in self.standings if one.stopped)


def read_count(tx: Transaction) -> Count | None:
    kept = read_note(tx, _NOTE)
    if kept is None:
        return None
    told: dict[str, Any] = orjson.loads(kept)
    standings = tuple(Standing(*row) for row in told["standings"])
    before = told.get("before")
    known = None if before is None else frozenset((clock, team) for clock, team in before)
    return Count(date.fromisoformat(told["day"]), told["rules_hash"], standings, known)


def write_count(tx: Transaction, count: Count) -> None:
    rows = [[one.clock, one.team, one.contacted, one.counted, one.stopped] for one in count.standings]
    told: dict[str, Any] = {"day": count.day.isoformat(), "rules_hash": count.rules_hash, "standings": rows}
    if count.before is not None:
        told["before"] = sorted(count.before)
    write_note(tx, _NOTE, orjson.dumps(told).decode())


def read_unenforced(tx: Transaction) -> frozenset[tuple[str, str]]:
    """(clock, team) that are not enforced."""
    count = read_count(tx)
    return count.stopped if count is not None else frozenset()
