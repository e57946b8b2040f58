"""What is remembered of a handoff, as JSON. A key that an older store lacks is read as what it stood for then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sync.core.model.handoff import Memory, Sign, Told
from sync.core.model.records import RecordRef


def write_memory(memory: Memory) -> dict[str, Any]:
    return {
        "first_judged_at": _text(memory.first_judged_at),
        "frozen_at": _text(memory.frozen_at),
        "missing_at_pass": None if memory.missing_at_pass is None else list(memory.missing_at_pass),
        "states_at_pass": memory.states_at_pass,
        "breached_at": {clock: at.isoformat() for clock, at in memory.breached_at.items()},
        "confirmed_at": _text(memory.confirmed_at),
        "confirm_failed": memory.confirm_failed,
        "read_at": {connection: at.isoformat() for connection, at in memory.read_at.items()},
        "answered_at": {clock: at.isoformat() for clock, at in memory.answered_at.items()},
        "signs": {clock: [sign.at.isoformat(), str(sign.ref)] for clock, sign in memory.signs.items()},
        "rounds": [at.isoformat() for at in memory.rounds],
        "frozen_definition": memory.frozen_definition,
        "told": {ref: list(told) for ref, told in memory.told.items()},
        "held": {
            name: [[begin.isoformat(), _text(end)] for begin, end in spans] for name, spans in memory.held.items()
        },
    }


def read_memory(kept: Mapping[str, Any]) -> Memory:
    if not kept:
        return Memory()
    missing = kept["missing_at_pass"]
    return Memory(
        first_judged_at=_instant(kept["first_judged_at"]),
        frozen_at=_instant(kept["frozen_at"]),
        missing_at_pass=None if missing is None else tuple(missing),
        states_at_pass=kept.get("states_at_pass"),
        breached_at={clock: datetime.fromisoformat(at) for clock, at in kept["breached_at"].items()},
        confirmed_at=_instant(kept["confirmed_at"]),
        confirm_failed=kept["confirm_failed"],
        read_at={connection: datetime.fromisoformat(at) for connection, at in kept.get("read_at", {}).items()},
        answered_at={clock: datetime.fromisoformat(at) for clock, at in kept.get("answered_at", {}).items()},
        signs={
            clock: Sign(datetime.fromisoformat(at), RecordRef.parse(ref))
            for clock, (at, ref) in kept.get("signs", {}).items()
        },
        rounds=tuple(datetime.fromisoformat(at) for at in kept.get("rounds", ())),
        frozen_definition=kept.get("frozen_definition"),
        told={ref: Told(*told) for ref, told in kept.get("told", {}).items()},
        held={
            name: tuple((datetime.fromisoformat(begin), _instant(end)) for begin, end in spans)
            for name, spans in kept.get("held", {}).items()
        },
    )


def _text(instant: datetime | None) -> str | None:
    return instant.isoformat() if instant else None


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
