"""The composition root: settings → store, connections, context. Beside it only `sync.admin`, `sync.checkup` and `sync.trial` know
`connectors`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy.exc import DBAPIError

import connectors
from connectors.kit.pace import Pace
from connectors.notify.webhook import Webhook
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.errors import ConfigError, Problem, TransientError
from sync.flow import spending
from sync.flow.context import Context, Mode
from sync.flow.spending import Spending
from sync.ports import Connection, FieldChange, Given, KeepsCalendars, Notifier, StreamSpec
from sync.settings import ConnectionSettings, Settings, Vendors, load_edition, load_settings
from sync.settings.secret import resolve
from sync.store import Store, open_store, records, runs
from sync.store.store import connect

if TYPE_CHECKING:
    pass

_DAY = timedelta(days=1)
_EXAMPLE_HOST = "example.my.salesforce.com"


@dataclass(frozen=True, slots=True)
class App:
    """Baton, put together for one process."""

    settings: Settings
    context: Context
    store: Store

    @property
    def intervals(self) -> tuple[timedelta, timedelta, timedelta]:
        """(hot streams, other streams, sweep)."""
        schedule = self.settings.schedule
        return schedule.hot, schedule.other, schedule.sweep


def read_settings(folder: Path, overrides: Mapping[str, Any] | None = None) -> Settings:
    """The operator's folder, checked. Raises ConfigError with every problem; reads no secret, opens nothing."""
    return load_settings(folder, _vendors(), overrides)


def read_edition(folder: Path, other: Path) -> Settings:
    """The operator's folder under another definition (a file or a folder). Raises ConfigError."""
    return load_edition(folder, other, _vendors())


@contextmanager
def open_app(
    folder: Path,
    overrides: Mapping[str, Any] | None = None,
    *,
    offline: bool = False,
    approve: bool = False,
    pace: Pace | None = None,
) -> Iterator[App]:
    """Settings, store and connections, closed again at the end.

    `overrides` replaces settings of config/baton.yaml, nested as there. `offline` reads no secret: for commands that
    ask only the store. `approve` releases what the gate would hold. `pace`: how time passes for what waits for a CRM (for
    trials on a driven clock). Raises ConfigError.
    """
    with open_read(read_settings(folder, overrides), offline=offline, approve=approve, pace=pace) as app:
        yield app


@contextmanager
def open_read(
    settings: Settings, *, offline: bool = False, approve: bool = False, pace: Pace | None = None
) -> Iterator[App]:
    """The same for settings that were read before."""
    connections = open_connections(settings, offline=offline, pace=pace)
    store = open_configured_store(settings)
    try:
        yield App(settings, make_context(settings, store, connections, approve), store)
    finally:
        store.close()


def renew(app: App, folder: Path, overrides: Mapping[str, Any] | None = None) -> App:
    """The same on the operator's files as they are now, on the store that is open. Raises ConfigError with all that is
    wrong with them; a store elsewhere is wrong here."""
    settings = read_settings(folder, overrides)
    if settings.store_url != app.settings.store_url:
        raise ConfigError(Problem("config/baton.yaml: store", "is another store than the one that is open", "restart"))
    connections = open_connections(settings, offline=False, pace=None)
    return App(settings, make_context(settings, app.store, connections, approve=False), app.store)


def open_notifier(settings: Settings) -> Notifier | None:
    """Who takes alerts; None: nobody. Raises ConfigError when there is no address behind the reference."""
    if settings.webhook is None:
        return None
    place = "config/baton.yaml: alerts.webhook"
    return Webhook(resolve(settings.webhook, place, settings.folder), place)


def open_calendars(settings: Settings, connection: str | None) -> KeepsCalendars:
    """The source that knows the company's working time: the one named, or the only one. Raises ConfigError."""
    known = [configured.name for configured in settings.connections]
    if connection is not None and connection not in known:
        hint = f"configured are {', '.join(known)}"
        raise ConfigError(Problem("--connection", f"{connection!r} is no connection", hint))
    for configured in settings.connections:
        if connection in (None, configured.name):
            source = open_connection(settings, configured, offline=False).source
            if isinstance(source, KeepsCalendars):
                return source
    raise ConfigError(
        Problem("connections", "none of them keeps business hours and holidays", "write the calendar by hand")
    )


def possible_refs(app: App, refs: Sequence[RecordRef]) -> list[RecordRef]:
    """Those that can be ids of their system, under their one name."""
    found: list[RecordRef] = []
    for ref in refs:
        connection = app.context.connections.get(ref.connection)
        if connection is not None:
            with suppress(ValueError):
                found.append(connectors.load(connection.kind).name_record(*ref))
    return found


def latest_time(app: App) -> datetime | None:
    """The CRMs' clock at the end of the latest run: what the store knows, it knows as of then."""
    with app.store.read() as tx:
        return next((run.ended_at for run in runs.read_latest(tx, 10) if run.ended_at), None)


def read_given(
    settings: Settings,
    objects: Mapping[str, Mapping[str, Any]],
    users: Sequence[Mapping[str, Any]],
    history: Sequence[Mapping[str, Any]],
    now: datetime,
) -> dict[RecordRef, SourceRecord]:
    """Records of a person as the APIs return them, by connection and stream, read by the connectors' own readers.

    Nothing is opened. Raises ValueError whose text begins with the field that cannot be read.
    """
    unknown = set(objects) - {configured.name for configured in settings.connections}
    if unknown:
        raise ValueError(f"{min(unknown)}: no such connection is configured")
    changes = [_read_change(settings, entry, f"history[{number}]") for number, entry in enumerate(history)]
    found: dict[RecordRef, SourceRecord] = {}
    for configured in settings.connections:
        given = Given(
            connection=configured.name,
            specs=stream_specs(settings, configured.name),
            objects=objects.get(configured.name, {}),
            users=users,
            changes=[change for change in changes if change.record.connection == configured.name],
            now=now,
            zone=settings.rules.is_clock.calendar.zone,
        )
        found |= {record.ref: record for record in connectors.load(configured.kind).read_given(given)}
    return {ref: _rename(settings, record, found) for ref, record in found.items()}


def _rename(settings: Settings, record: SourceRecord, found: Mapping[RecordRef, SourceRecord]) -> SourceRecord:
    """The ids of other systems' records in the form in which those were read: one may have been told in another."""
    stream = settings.mapping.streams.get((record.ref.connection, record.ref.stream))
    kinds = {configured.name: configured.kind for configured in settings.connections}
    values = dict(record.values)
    for name, target in stream.record_id_fields.items() if stream is not None else ():
        connection, _, other = target.partition(":")
        told = values.get(name)
        if connection != record.ref.connection and connection in kinds and isinstance(told, str):
            try:
                ref = connectors.load(kinds[connection]).name_record(connection, other, told.strip())
            except ValueError:
                continue  # no id at all links nothing, here as in the daemon
            values[name] = ref.record_id if ref in found else told
    return replace(record, values=values)


def _read_change(settings: Settings, entry: Mapping[str, Any], place: str) -> FieldChange:
    for name in ("record", "field", "at"):
        if not isinstance(entry.get(name), str):
            raise ValueError(f"{place}.{name}: a text is expected")
    connection, _, rest = entry["record"].partition(":")
    stream, _, record_id = rest.partition(":")
    kind = next((one.kind for one in settings.connections if one.name == connection), None)
    if kind is None or not record_id:
        raise ValueError(f"{place}.record: {entry['record']!r} is not written connection:stream:id")
    try:
        record = connectors.load(kind).name_record(connection, stream, record_id)
        at = datetime.fromisoformat(entry["at"])
    except ValueError as error:
        raise ValueError(f"{place}: {error}") from None
    if at.tzinfo is None:
        at = at.replace(tzinfo=settings.rules.is_clock.calendar.zone)
    return FieldChange(record, entry["field"], entry.get("old"), entry.get("new"), at.astimezone(UTC), entry.get("by"))


def read_spending(app: App) -> dict[str, Spending]:
    """By connection: what its API calls were spent on at the end of its latest run."""
    now = latest_time(app)
    with app.store.read() as tx:
        found = {
            name: spending.read_spending(tx, name, planned_calls(app, name), now) for name in app.context.connections
        }
    return {name: one for name, one in found.items() if one is not None}


def planned_calls(app: App, connection: str) -> int:
    """The fewest API calls of a day on which nothing changes, at the configured intervals.

    A day has a few more: records of which something other than the asked changed, evidence read again, pages.
    """
    specs = app.context.connections[connection].streams
    connector = connectors.load(app.context.connections[connection].kind)
    hot, other, sweep = app.intervals
    seldom = sum(not spec.hot for spec in specs)
    swept = sum(spec.kind not in connector.unswept for spec in specs)
    reading = [(hot, len(specs) - seldom, 1), (other, seldom, 1), (sweep, swept, connector.calls_per_sweep)]
    with app.store.read() as tx:
        held = records.count_by_stream(tx)
    pages = [ceil(max(held.get((connection, s.name), 0), 1) / connector.listed_per_page) for s in specs]
    listed = sum(n for n, spec in zip(pages, specs, strict=True) if spec.kind not in connector.unswept)
    compared = ceil(_DAY / app.settings.schedule.reconcile * ceil(listed / connector.streams_per_call))
    return compared + sum(
        round(_DAY / interval) * ceil(streams / connector.streams_per_call) * calls
        for interval, streams, calls in reading
    )


def make_context(settings: Settings, store: Store, connections: Mapping[str, Connection], approve: bool) -> Context:
    """What every step of the flow works with."""
    return Context(
        store=store,
        connections=connections,
        mapping=settings.mapping,
        rules=settings.rules,
        tables=settings.tables,
        mode=Mode(settings.mode),
        pilot_owners=settings.pilot_owners,
        pilot_teams=settings.pilot_teams,
        production=settings.environment == "production",
        overlap=settings.schedule.overlap,
        reconcile=settings.schedule.reconcile,
        formulas=settings.schedule.formulas,
        retention=settings.retention,
        gate_approved=approve,
        kept=tuple(edition for edition in settings.editions if edition.rules is not settings.rules),
    )


@contextmanager
def connected_store(settings: Settings) -> Iterator[Store]:
    """The store whatever its schema is, closed again at the end. Raises ConfigError when it cannot be had."""
    store = connect(settings.store_url)
    try:
        with _telling_of_store():
            yield store
    finally:
        store.close()


def open_configured_store(settings: Settings) -> Store:
    """The store, with the schema of this version. Raises ConfigError when it cannot be had."""
    with _telling_of_store():
        return open_store(settings.store_url)


@contextmanager
def _telling_of_store() -> Iterator[None]:
    """The driver's own words may quote the address with its password, so only the kind of trouble is told."""
    try:
        yield
    except (DBAPIError, TransientError) as error:
        kind = type(error.__cause__ or error).__name__
        hint = "is the server running, the database there, and the file really a database of Baton?"
        raise ConfigError(Problem("config/baton.yaml: store", f"cannot be opened ({kind})", hint)) from error


def open_connections(settings: Settings, *, offline: bool, pace: Pace | None) -> dict[str, Connection]:
    """Every connection by name; none is called yet. Raises ConfigError with all problems of all of them."""
    opened: dict[str, Connection] = {}
    problems: list[Problem] = []
    for configured in settings.connections:
        try:
            opened[configured.name] = open_connection(settings, configured, offline=offline, pace=pace)
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(problems)
    return opened


def open_connection(
    settings: Settings, configured: ConnectionSettings, *, offline: bool, pace: Pace | None = None
) -> Connection:
    """One connection. `offline` reads no secret. Raises ConfigError for settings and secrets that cannot stand."""
    connector = connectors.load(configured.kind)
    if not offline:
        refuse_example(configured)
    raw = configured.references if offline else configured.resolved()

    def reread() -> Any:
        return connector.read_settings(configured.name, configured.resolved())

    source, sink = connector.open(
        configured.name,
        connector.read_settings(configured.name, raw),
        settings.rules.chosen,
        pace=pace,
        reread=reread,
    )
    return Connection(configured.name, configured.kind, source, sink, stream_specs(settings, configured.name))


def refuse_example(configured: ConnectionSettings) -> None:
    """The address of the shipped example is nobody's. Raises ConfigError."""
    if _EXAMPLE_HOST in configured.url:
        place = configured.document.place(("connections", configured.name, "url"))
        hint = "copy config/baton.yaml into your folder and write your own address there"
        raise ConfigError(Problem(place, f"{configured.url} is the address of the example", hint))


def stream_specs(settings: Settings, connection: str) -> tuple[StreamSpec, ...]:
    """What the mapping asks to read of one connection."""
    streams = [stream for (name, _), stream in settings.mapping.streams.items() if name == connection]
    watched = {stream.stream: stream.watched for stream in streams if stream.kind in (Kind.PERSON, Kind.DEAL)}
    everything = tuple(dict.fromkeys(name for names in watched.values() for name in names))
    return tuple(
        StreamSpec(
            stream.stream,
            stream.kind,
            stream.fields,
            stream.carries_flags,
            stream.hot,
            everything if stream.kind is Kind.HISTORY else watched.get(stream.stream, ()),
            settings.mapping.dated_fields(stream),
            settings.rules.chosen,
        )
        for stream in streams
    )


def _vendors() -> Vendors:
    return {kind: partial(connectors.load, kind) for kind in connectors.KINDS}
