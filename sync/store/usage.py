"""API calls: counts by hour, which outlive the process, and how each connection stood at the end of its latest run."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

import orjson
from sqlalchemy import Connection, Insert, delete, select
from sqlalchemy.dialects import postgresql, sqlite

from sync.budget import Limit, Pause, Purpose, Usage
from sync.store.store import read_note, write_note
from sync.store.tables import ApiUsageRow, table

_usage = table(ApiUsageRow)


def add_calls(tx: Connection, connection: str, spent: Mapping[datetime, int]) -> None:
    """Count calls of full hours, on top of what other processes counted."""
    if not spent:
        return
    rows = [{"connection": connection, "hour": hour, "calls": calls} for hour, calls in sorted(spent.items())]
    tx.execute(_adding(tx.dialect.name), rows)


def forget_calls(tx: Connection, connection: str, before: datetime) -> None:
    tx.execute(delete(_usage).where(_usage.c.connection == connection, _usage.c.hour < before))


@lru_cache(maxsize=2)
def _adding(dialect: str) -> Insert:
    insert = (postgresql if dialect == "postgresql" else sqlite).insert(_usage)
    return insert.on_conflict_do_update(
        index_elements=[_usage.c.connection, _usage.c.hour], set_={"calls": _usage.c.calls + insert.excluded.calls}
    )


def read_calls(tx: Connection, connection: str, since: datetime | None = None) -> dict[datetime, int]:
    """Calls by full hour, all that is kept or from that hour on."""
    query = select(_usage.c.hour, _usage.c.calls).where(_usage.c.connection == connection)
    if since is not None:
        query = query.where(_usage.c.hour >= since)
    return {hour: calls for hour, calls in tx.execute(query)}  # noqa: C416 (dict() does not take typed rows)


def save_standing(tx: Connection, connection: str, usage: Usage) -> None:
    """What `status` tells, which asks no CRM."""
    kept = {
        "quota_used": usage.quota_used,
        "quota_max": usage.quota_max,
        "ours": usage.ours,
        "allowance": usage.allowance,
        "pauses": [
            [one.purpose, one.limit, one.since.isoformat(), one.until.isoformat(), one.ours, one.allowed]
            for one in usage.pauses
        ],
    }
    write_note(tx, f"usage:{connection}", orjson.dumps(kept).decode())


def read_standing(tx: Connection, connection: str) -> Usage | None:
    """None before the first run. `calls` and `hours` are not kept with it."""
    note = read_note(tx, f"usage:{connection}")
    if note is None:
        return None
    kept = orjson.loads(note)
    pauses = tuple(
        Pause(
            Purpose(purpose), Limit(limit), datetime.fromisoformat(since), datetime.fromisoformat(until), ours, allowed
        )
        for purpose, limit, since, until, ours, allowed in kept["pauses"]
    )
    return Usage(0, kept["quota_used"], kept["quota_max"], kept["ours"], kept["allowance"], {}, pauses)
