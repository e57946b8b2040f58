"""The latest backfill: what was asked for and how far it came. One at a time per store; a note of the store."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import orjson
from sqlalchemy import Connection

from sync.store.store import read_note, write_note

_NOTE = "backfill"


class Phase(StrEnum):
    READING = "reading"
    JUDGING = "judging"
    LOOKING = "looking"
    """Some records are written, and a person is asked to look at them."""
    WRITING = "writing"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Backfill:
    """Instants are aware UTC, by the CRMs' clock."""

    since: datetime
    until: datetime | None
    begun_at: datetime
    streams: tuple[str, ...] = ()
    """`connection:stream` of what it reads from the beginning."""
    fresh: bool = False
    """Nothing had been read before it: there is nothing to be judged until it has read everything."""
    evidence_at: datetime | None = None
    """Every activity on record was read after this instant, in this backfill; None: some had been read before it."""
    phase: Phase = Phase.READING
    looked: bool = False
    """A person has seen the first records and let it go on."""

    @property
    def is_trusted(self) -> bool:
        """What it read is the evidence that deadlines before it are judged by."""
        return self.evidence_at is not None and self.phase not in (Phase.READING, Phase.DONE)


def read_backfill(tx: Connection) -> Backfill | None:
    kept = read_note(tx, _NOTE)
    if kept is None:
        return None
    told = orjson.loads(kept)
    return Backfill(
        since=datetime.fromisoformat(told["since"]),
        until=_instant(told["until"]),
        begun_at=datetime.fromisoformat(told["begun_at"]),
        streams=tuple(told["streams"]),
        fresh=told["fresh"],
        evidence_at=_instant(told["evidence_at"]),
        phase=Phase(told["phase"]),
        looked=told["looked"],
    )


def write_backfill(tx: Connection, backfill: Backfill) -> None:
    told: dict[str, Any] = {
        "since": backfill.since.isoformat(),
        "until": backfill.until.isoformat() if backfill.until else None,
        "begun_at": backfill.begun_at.isoformat(),
        "streams": list(backfill.streams),
        "fresh": backfill.fresh,
        "evidence_at": backfill.evidence_at.isoformat() if backfill.evidence_at else None,
        "phase": backfill.phase.value,
        "looked": backfill.looked,
    }
    write_note(tx, _NOTE, orjson.dumps(told).decode())


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
