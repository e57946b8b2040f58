"""What is remembered of a handoff, as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sync.core.model.handoff import Memory, Sign, Told
from sync.core.model.records import RecordRef


def write_memory(memory: Memory) -> dict[str, Any]:
    """For orjson, which writes instants as `isoformat` does. Of most handoffs nothing is remembered but when they were
    judged first; what says nothing is left out."""
    told = {
        "first_judged_at": memory.first_judged_at,
        "frozen_at": memory.frozen_at,
        "confirmed_at": memory.confirmed_at,
        "confirm_failed": memory.confirm_failed,
        "states_at_pass": memory.states_at_pass,
        "frozen_definition": memory.frozen_definition,
        "breached_at": memory.breached_at,
        "read_at": memory.read_at,
        "answered_at": memory.answered_at,
        "signs": memory.signs and {clock: [sign.at, str(sign.ref)] for clock, sign in memory.signs.items()},
        "rounds": memory.rounds,
        "told": memory.told and {ref: list(told) for ref, told in memory.told.items()},
        "held": memory.held,
    }
    kept = {name: value for name, value in told.items() if value or value == ""}
    if memory.missing_at_pass is not None:
        kept["missing_at_pass"] = memory.missing_at_pass
    return kept


def read_memory(kept: Mapping[str, Any]) -> Memory:
    """What is left out, now or by an older version, says nothing."""
    missing = kept.get("missing_at_pass")
    return Memory(
        first_judged_at=_instant(kept.get("first_judged_at")),
        frozen_at=_instant(kept.get("frozen_at")),
        missing_at_pass=None if missing is None else tuple(missing),
        states_at_pass=kept.get("states_at_pass"),
        breached_at=_instants(kept.get("breached_at")),
        confirmed_at=_instant(kept.get("confirmed_at")),
        confirm_failed=kept.get("confirm_failed", False),
        read_at=_instants(kept.get("read_at")),
        answered_at=_instants(kept.get("answered_at")),
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


def _instants(texts: Mapping[str, str] | None) -> dict[str, datetime]:
    return {name: datetime.fromisoformat(at) for name, at in texts.items()} if texts else {}


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
