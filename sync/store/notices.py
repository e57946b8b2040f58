"""What the daemon has told people and has yet to tell, and how it has fared; it outlives the process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import orjson
from sqlalchemy import Connection

from sync.store.store import read_note, write_note

_ALERTS, _FATE = "alerts", "service"
_MEMORY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing that somebody should know. Instants are of this machine's clock, aware UTC."""

    kind: str
    subject: str
    """Connection, clock or the like; empty: the daemon as a whole."""
    facts: Mapping[str, int] = field(default_factory=dict[str, int])
    since: datetime | None = None
    told: bool = False
    """Somebody was told."""
    over_since: datetime | None = None
    """Since when it is not so any more."""

    @property
    def key(self) -> str:
        return f"{self.kind}:{self.subject}" if self.subject else self.kind


@dataclass(frozen=True, slots=True)
class Notices:
    open: tuple[Notice, ...] = ()
    failing_since: datetime | None = None
    """Since when nobody can be told."""
    failure: str = ""
    """Why not: a host and how it answered."""


@dataclass(frozen=True, slots=True)
class Fate:
    """How the daemon has fared on this store."""

    running: bool = False
    """A process began and has not ended in order (yet)."""
    crashes: tuple[datetime, ...] = ()
    """When one was found to have ended otherwise, within the last hour."""
    refused: tuple[str, ...] = ()
    """Why the operator's files as they are now are not the ones in force."""


def read_notices(tx: Connection) -> Notices:
    kept = read_note(tx, _ALERTS)
    if kept is None:
        return Notices()
    told = orjson.loads(kept)
    opened = tuple(
        Notice(one["kind"], one["subject"], one["facts"], _at(one["since"]), one["told"], _at(one["over_since"]))
        for one in told["open"]
    )
    return Notices(opened, _at(told["failing_since"]), told["failure"])


def write_notices(tx: Connection, notices: Notices) -> None:
    write_note(tx, _ALERTS, orjson.dumps(notices).decode())


def read_fate(tx: Connection) -> Fate:
    kept = read_note(tx, _FATE)
    if kept is None:
        return Fate()
    told = orjson.loads(kept)
    return Fate(told["running"], tuple(datetime.fromisoformat(at) for at in told["crashes"]), tuple(told["refused"]))


def write_fate(tx: Connection, fate: Fate) -> None:
    write_note(tx, _FATE, orjson.dumps(fate).decode())


def begin_life(tx: Connection, now: datetime) -> Fate:
    """A process begins. One that began before and never ended in order has crashed."""
    before = read_fate(tx)
    found = Fate(True, tuple(recent((*before.crashes, now) if before.running else before.crashes, now)))
    write_fate(tx, found)
    return found


def end_life(tx: Connection) -> None:
    """It ends in order."""
    write_fate(tx, replace(read_fate(tx), running=False, refused=()))


def note_refused(tx: Connection, problems: Iterable[str]) -> None:
    """The operator's files were read again: what was wrong with them, or nothing."""
    write_fate(tx, replace(read_fate(tx), refused=tuple(problems)))


def recent(crashes: Iterable[datetime], now: datetime) -> list[datetime]:
    return [at for at in crashes if now - _MEMORY < at <= now]


def _at(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
