"""What a backfill is asked for: its span and its streams, anew or as they were."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime

from sync.errors import ConfigError, Problem
from sync.flow.backfill_cost import unread
from sync.flow.connect import read_clock
from sync.flow.context import Context
from sync.store import agenda, approval
from sync.store import streams as stream_store
from sync.store.backfills import Backfill, Phase, read_backfill, write_backfill


def all_streams(context: Context) -> list[str]:
    return [f"{name}:{spec.name}" for name, connection in context.connections.items() for spec in connection.streams]


def choose_streams(context: Context, asked: Sequence[str]) -> list[str]:
    """The streams that were named (`contacts`, `hubspot:contacts`), or all. Raises ConfigError."""
    known = all_streams(context)
    chosen = {name: [one for one in known if name in (one, one.partition(":")[2])] for name in asked}
    unknown = [name for name, found in chosen.items() if not found]
    if unknown:
        hint = f"there are {', '.join(known)}"
        raise ConfigError([Problem("--stream", f"{name!r} is no stream that can be read", hint) for name in unknown])
    return [one for one in known if not asked or any(one in found for found in chosen.values())]


def find_unfinished(context: Context) -> Backfill | None:
    with context.store.read() as tx:
        backfill = read_backfill(tx)
    return backfill if backfill is not None and backfill.phase is not Phase.DONE else None


def begin(context: Context, streams: Collection[str], since: datetime, until: datetime | None) -> Backfill:
    """A new one, or the one under way with the same span, which while it reads goes on with these streams. Raises
    ConfigError when records of one with another span wait to be written."""
    before = find_unfinished(context)
    if before is not None:
        if (before.since, before.until) == (since, until):
            return _choose_anew(context, before, streams) if before.phase is Phase.READING else before
        if count_held(context):
            raise ConfigError(
                Problem(
                    "backfill",
                    f"the one since {before.since.isoformat()} is not finished: records of it wait to be written",
                    "finish it with --continue, or park what waits (baton ops outbox park); then begin another",
                )
            )
    now = read_clock(context)
    wanted = _name_unread(context, streams)
    with context.store.read() as tx:
        fresh = all(standing.last_success is None for standing in stream_store.read_standings(tx))
    backfill = Backfill(since, until, now, tuple(wanted), fresh)
    with context.store.write() as tx:
        write_backfill(tx, backfill)
        # What an earlier one left alone may be written by this one.
        agenda.mark_all_dirty(tx)
    return backfill


def _choose_anew(context: Context, before: Backfill, streams: Collection[str]) -> Backfill:
    wanted = {*_name_unread(context, streams), *(one for one in before.streams if one in streams)}
    backfill = replace(before, streams=tuple(one for one in all_streams(context) if one in wanted))
    with context.store.write() as tx:
        write_backfill(tx, backfill)
    return backfill


def _name_unread(context: Context, streams: Collection[str]) -> list[str]:
    return [
        f"{name}:{spec.name}" for name, one in context.connections.items() for spec in unread(context, one, streams)
    ]


def count_held(context: Context) -> int:
    with context.store.read() as tx:
        return sum(approval.count_backfill(tx).values())
