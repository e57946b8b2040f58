"""Tenants that the store is pinned to, and where reading of each stream stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from sync.ports import Cursor, Tenant
from sync.store.tables import StreamState, TenantRow, table
from sync.store.upsert import upsert

_tenant = table(TenantRow)
_state = table(StreamState)
_MOVE = (
    update(_state)
    .where(_state.c.connection == bindparam("b_connection"), _state.c.stream == bindparam("b_stream"))
    .values(cursor=bindparam("b_cursor", type_=_state.c.cursor.type))
)

GONE = "StreamUnavailable"
"""In `last_error`: it was read till now and one refusal alone switched it off, or no answer says whether it is there."""


@dataclass(frozen=True, slots=True)
class StreamStanding:
    """One stream as the store knows it. Instants are aware UTC."""

    connection: str
    stream: str
    cursor: Cursor | None
    last_success: datetime | None
    last_error: str | None
    switched_off: str | None
    unreadable: tuple[str, ...]
    last_sweep: datetime | None

    @property
    def gone(self) -> bool:
        """Switched off, and no check has said since that it is not there for us: it counts as unread, not as absent."""
        return self.switched_off is not None and self.last_error == GONE

    @property
    def lost(self) -> bool:
        """Switched off, as a check has confirmed, though it was read before: what is stored of it grows old."""
        return self.switched_off is not None and self.last_error != GONE and self.was_read

    @property
    def was_read(self) -> bool:
        return self.cursor is not None or self.last_success is not None


def read_tenants(tx: Connection) -> dict[str, Tenant]:
    rows = tx.execute(select(_tenant)).mappings()
    return {r["connection"]: Tenant(r["tenant_id"], r["host"], r["sandbox"], r["name"]) for r in rows}


def pin_tenant(tx: Connection, connection: str, tenant: Tenant, now: datetime) -> None:
    row = {"connection": connection, "tenant_id": tenant.tenant_id, "host": tenant.host, "sandbox": tenant.sandbox}
    upsert(tx, _tenant, [row | {"name": tenant.name, "pinned_at": now}])


def read_standings(tx: Connection, connection: str | None = None) -> list[StreamStanding]:
    """All streams, or those of one connection, in a stable order."""
    query = select(_state).order_by(_state.c.connection, _state.c.stream)
    if connection is not None:
        query = query.where(_state.c.connection == connection)
    return [
        StreamStanding(
            r["connection"], r["stream"], r["cursor"], r["last_success"], r["last_error"], r["switched_off"],
            tuple(r["unreadable"] or ()), r["last_sweep"],
        )
        for r in tx.execute(query).mappings()
    ]  # fmt: skip


def read_switched_off(tx: Connection) -> frozenset[tuple[str, str]]:
    """(connection, stream) that their tenants let nobody read."""
    query = select(_state.c.connection, _state.c.stream).where(_state.c.switched_off.isnot(None))
    return frozenset((connection, stream) for connection, stream in tx.execute(query))


def record_availability(
    tx: Connection,
    connection: str,
    asked: Mapping[str, Sequence[str]],
    switched_off: Mapping[str, str],
    unreadable: Mapping[str, Sequence[str]],
    doubtful: Collection[str] = (),
) -> list[str]:
    """Keep what this tenant lets us read. A stream whose fields changed loses its cursor and is read from the start;
    returns the names of those streams. One that is switched off keeps its cursor, and what it was read with; if it was
    read till now it is only gone: one refusal may be of the moment, the next check says whether that stays so. Of the
    `doubtful` no refusal says that they are not there: they are gone until one does, or they can be read."""
    query = select(_state.c.stream, _state.c.fields_asked).where(_state.c.connection == connection)
    before: dict[str, list[str] | None] = {stream: fields for stream, fields in tx.execute(query)}  # noqa: C416 (dict() does not take typed rows)
    read_till_now = {s.stream for s in read_standings(tx, connection) if s.last_success and s.switched_off is None}
    rows = [
        {
            "connection": connection,
            "stream": stream,
            "fields_asked": sorted(asked[stream]) if stream in asked else before.get(stream),
            "switched_off": switched_off.get(stream),
            "unreadable": sorted(unreadable.get(stream, ())),
        }
        for stream in {*asked, *switched_off}
    ]
    upsert(tx, _state, rows)
    for stream in switched_off:
        gone = stream in read_till_now or stream in doubtful
        _set(tx, connection, stream, last_error=GONE if gone else None)
    restarted = [r["stream"] for r in rows if before.get(r["stream"]) and before[r["stream"]] != r["fields_asked"]]
    for stream in restarted:
        _set(tx, connection, stream, cursor=None)
    return sorted(restarted)


def save_cursor(tx: Connection, connection: str, stream: str, cursor: Cursor) -> None:
    told = {"b_connection": connection, "b_stream": stream, "b_cursor": dict(cursor)}
    if tx.execute(_MOVE, told).rowcount == 0:
        _set(tx, connection, stream, cursor=dict(cursor))


def record_success(tx: Connection, connection: str, streams: Sequence[str], now: datetime) -> None:
    """These streams were read up to their end at `now`."""
    done = {"connection": connection, "last_success": now, "last_error": None}
    upsert(tx, _state, [{**done, "stream": stream} for stream in streams])


def record_failure(tx: Connection, connection: str, stream: str, error: str) -> None:
    _set(tx, connection, stream, last_error=error)


def switch_off(tx: Connection, connection: str, stream: str, reason: str) -> None:
    """A stream that was read till now is not there any more; the next check says whether that stays so."""
    _set(tx, connection, stream, switched_off=reason, last_error=GONE)


def record_sweep(tx: Connection, connection: str, stream: str, now: datetime) -> None:
    _set(tx, connection, stream, last_sweep=now)


def _set(tx: Connection, connection: str, stream: str, **values: Any) -> None:
    done = tx.execute(
        update(_state).where(_state.c.connection == connection, _state.c.stream == stream).values(**values)
    )
    if done.rowcount == 0:
        upsert(tx, _state, [{"connection": connection, "stream": stream, **values}])
