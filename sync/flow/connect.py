"""Before anything is read: is this still the same tenant, and which streams does it let us read."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta

from sync.budget import Purpose, calling_for
from sync.core.model.records import Kind
from sync.errors import AuthError, ConfigError, Problem, Shortfall, StreamUnavailable, TransientError
from sync.flow.context import Context, Mode
from sync.flow.pull import find_gone, find_owed
from sync.flow.report import Tally
from sync.flow.restraint import check_fields
from sync.flow.seal import seal_store, secrets_of
from sync.flow.spending import keep_count, restore_count
from sync.ports import Connection, KeepsCount, StreamSpec, Tenant
from sync.store import agenda, probes
from sync.store import streams as stream_store

CLOCKS_APART = timedelta(minutes=15)
_ASK_AGAIN = 3


def prepare(context: Context) -> tuple[Context, Tally]:
    """Pin or compare tenants and check streams: the context to work with, and what is left out of it.

    Costs a few calls per connection: done once by a daemon, not every cycle. Raises ConfigError when a connection
    leads to another tenant than the store belongs to, or to production that must not be written to.
    """
    try:
        with calling_for(Purpose.DEADLINE):  # without it nothing else can be confirmed or written
            return _prepare(context)
    finally:
        # A connection that cannot be used takes part in no run that would keep what was spent to find that out.
        with context.store.write() as tx:
            keep_count(tx, context.connections.values())


def _prepare(context: Context) -> tuple[Context, Tally]:
    tally = Tally()
    tally.add("sealed", seal_store(context))
    restore_count(context)
    usable: dict[str, tuple[StreamSpec, ...]] = {}
    refused: set[str] = set()
    for name, connection in context.connections.items():
        try:
            pin(context, connection)
            usable[name] = _check_streams(context, connection, tally)
            check_fields(context, connection, usable[name], tally)
        except (AuthError, TransientError, StreamUnavailable) as error:
            tally.miss(Shortfall.UNUSABLE, name, error)
            refused |= {name} if isinstance(error, AuthError) else set()
    context = replace(context, overlap=_reach(context))
    return replace(context.with_streams(usable), stopped=frozenset(refused)), tally


def _reach(context: Context) -> timedelta:
    """How far back sweeps look: as configured, and at least twice as long as a probe had to wait for a change."""
    with context.store.read() as tx:
        told = [probes.read(tx, name) for name in context.connections]
    waited = (2 * one.visible_after for one in told if one is not None and one.visible_after is not None)
    return max((context.overlap, *waited))


def pin(context: Context, connection: Connection) -> None:
    """The store belongs to one tenant per connection: pinned at first contact, compared ever after."""
    found = connection.source.tenant()
    _refuse_production(context, connection, found)
    with context.store.read() as tx:
        pinned = stream_store.read_tenants(tx).get(connection.name)
    if pinned is None:
        with context.store.write() as tx:
            stream_store.pin_tenant(tx, connection.name, found, connection.source.server_time())
    elif not pinned.is_same(found):
        raise ConfigError(
            Problem(
                f"connections.{connection.name}",
                f"leads to {found.name} ({found.tenant_id} at {found.host}), but this store belongs to {pinned.name} "
                f"({pinned.tenant_id} at {pinned.host})",
                "point the connection back, or give the other tenant a store of its own",
            )
        )


def _refuse_production(context: Context, connection: Connection, found: Tenant) -> None:
    """A production org is written to only when the operator has said so."""
    if context.production or context.mode is Mode.OBSERVE or not found.production:
        return
    raise ConfigError(
        Problem(
            f"connections.{connection.name}",
            f"leads to {found.name} at {found.host}, which is production, and the environment says sandbox",
            "set `environment: production` in config/baton.yaml if you mean it, or `mode: observe`",
        )
    )


def wants_check(context: Context) -> bool:
    """Whether a stream went away while it was read, or a check was not answered: the path may have failed for a moment, or
    its right was taken away."""
    return bool(find_gone(context, context.connections))


def misses_some(context: Context) -> bool:
    """Whether what was read before is taken away, and may be given back."""
    return any(one.lost for one in find_owed(context, context.connections).values())


def read_clock(context: Context) -> datetime:
    """The latest of the CRMs' clocks: the present time of everything that follows.

    One that makes no calls for lack of budget is not asked while another is there. Raises TransientError when they are
    more than a quarter of an hour apart, asked again at once: under a wrong time people would be accused of what is not
    due.
    """
    told: dict[str, datetime] = {}
    for _ in range(_ASK_AGAIN):
        told = {name: connection.source.server_time() for name, connection in context.connections.items()}
        silent = {name for name, one in context.connections.items() if one.source.usage().pauses}
        told = {name: at for name, at in told.items() if name not in silent} or told
        if max(told.values()) - min(told.values()) <= CLOCKS_APART:
            return _pass_on(context, silent, max(told.values()))
        asked = [name for name in told if _ask_time(context.connections[name])]
        if len(asked) == 1:
            return context.connections[asked[0]].source.server_time()
    shown = ", ".join(f"{name} {at:%Y-%m-%d %H:%M} UTC" for name, at in sorted(told.items()))
    raise TransientError(f"the clocks of the CRMs disagree ({shown}); nothing is judged until they agree")


def _pass_on(context: Context, silent: Collection[str], now: datetime) -> datetime:
    """Connections that make no calls hear no clock: how else would they know when they may again."""
    for name in silent:
        source = context.connections[name].source
        if isinstance(source, KeepsCount):
            source.note_time(now)
    return now


def _ask_time(connection: Connection) -> bool:
    """Whether it answered now; what it said before may be old."""
    try:
        connection.source.tenant()
    except (TransientError, AuthError):
        return False
    return True


def _check_streams(context: Context, connection: Connection, tally: Tally) -> tuple[StreamSpec, ...]:
    usable, refused, unreadable = connection.source.available(connection.streams)
    switched_off = {name: error.reason for name, error in refused.items()}
    doubtful = {name for name, error in refused.items() if not error.certain}
    unread = {s.name for s in connection.streams if s.kind is Kind.ACTIVITY and s.name in switched_off}
    secrets = secrets_of(context)
    # What a text was sealed as cannot be told anew from the seal: under other tables it is read again.
    marks = {s.name: secrets.fingerprint((connection.name, s.name)) for s in usable}
    asked = {s.name: _asked(s, marks[s.name]) for s in usable}
    activities = {s.name for s in connection.streams if s.kind is Kind.ACTIVITY}
    with context.store.write() as tx:
        before = {s.stream: s.switched_off for s in stream_store.read_standings(tx, connection.name)}
        if any(name in before and (before[name] is None) is (name in unread) for name in activities):
            agenda.mark_all_dirty(tx)  # what seemed to be on record may be read now, or no longer
        restarted = stream_store.record_availability(tx, connection.name, asked, switched_off, unreadable, doubtful)
    tally.add("streams_restarted", len(restarted))
    # Users decide who acted; without them every activity is unattributed, which accuses nobody but says little.
    for name in (s.name for s in connection.streams if s.kind is Kind.USER and s.name in switched_off):
        tally.miss(Shortfall.SWITCHED_OFF, f"{connection.name}:{name}", switched_off[name])
    return tuple(usable)


def _asked(stream: StreamSpec, mark: str) -> tuple[str, ...]:
    """All that changes what is read of a stream."""
    more = (f"sealed:{mark}" if mark else "", "signs" if stream.signs else "")
    return (*stream.fields, *(one for one in more if one))
