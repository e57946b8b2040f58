"""What looks at accounts before, or beside, the daemon: `check`, its probe, and taking stock. Beside `sync.app`, on which it is built."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from connectors.kit.pace import Pace
from sync.apart import run_apart
from sync.app import (
    App,
    make_context,
    open_app,
    open_configured_store,
    open_connection,
    open_connections,
    planned_calls,
    possible_refs,
    read_settings,
    stream_specs,
)
from sync.core.mapping.spec import MappingSpec
from sync.core.model.records import RecordRef
from sync.errors import ConfigError, TransientError
from sync.flow import spending
from sync.flow.check import Finding, Known, choose, find_all, in_order, look, probe
from sync.flow.check.file import tell_exposed, tell_problems
from sync.flow.connect import prepare
from sync.ports import Connection
from sync.settings import Settings
from sync.settings.folder import has_store, read_language
from sync.settings.secret import ENV_FILE, find_exposed
from sync.store import open_store, probes, streams
from sync.store.lock import hold_lock

if TYPE_CHECKING:
    from sync.flow.audit import Audit, Taken


@dataclass(frozen=True, slots=True)
class Checked:
    """What `check` found in a folder and the accounts that it names."""

    findings: list[Finding]
    calls: Mapping[str, int]
    """HTTP calls by connection."""
    language: str


def check_folder(folder: Path, now: datetime) -> Checked:
    """Look at the operator's folder and, with its credentials, at both CRMs; changes nothing. `now`: this machine's clock."""
    env_file = find_exposed([f"file:{ENV_FILE}"], folder)
    try:
        settings = read_settings(folder)
    except ConfigError as error:
        found = [*tell_exposed(env_file), *tell_problems("config", error)]
        return Checked(in_order(found), {}, read_language(folder))
    found = [*tell_exposed({**env_file, **settings.exposed})]
    connections: dict[str, Connection] = {}
    for configured in settings.connections:
        try:
            configured.resolved()
        except ConfigError as error:
            found += tell_problems("secret_missing", error)
            continue
        try:
            connections[configured.name] = open_connection(settings, configured, offline=False)
        except ConfigError as error:
            found += tell_problems("config", error)
    try:
        store = open_configured_store(settings) if has_store(settings) else open_store("sqlite://")
    except ConfigError as error:
        found += tell_problems("store", error)
        store = open_store("sqlite://")
    try:
        return _check_connections(
            App(settings, make_context(settings, store, connections, approve=False), store), found, now
        )
    finally:
        store.close()


def audit_accounts(settings: Settings, home: Path, sample: int | None, tell: Callable[[str, int], None]) -> Audit:
    """Take stock of the accounts that `settings` name, with the credentials of the environment or of `home`'s `.env`; the
    second, and any other, in a process of its own.

    Opens no store, keeps nothing. Raises ConfigError for credentials that are not there, AuthError, TransientError.
    """
    from sync.flow.audit import join

    there = replace(settings, connections=tuple(replace(one, folder=home) for one in settings.connections))
    open_connections(
        there, offline=False, pace=None
    )  # what is wrong with them is told of all of them, before anything is read
    works = {one.name: partial(_take_stock, there, one.name, sample) for one in there.connections}
    return join([one or _lose(there, name) for name, one in run_apart(works, tell).items()], sample)


def _take_stock(settings: Settings, name: str, sample: int | None, tell: Callable[[str, int], None]) -> Taken:
    from sync.flow.audit import take_stock

    configured = next(one for one in settings.connections if one.name == name)
    connection, zone = open_connection(settings, configured, offline=False), settings.rules.is_clock.calendar.zone
    return take_stock(connection, settings.mapping, settings.tables, zone, sample, tell)


def _lose(settings: Settings, name: str) -> Taken:
    """Of one whose process was killed, for want of memory perhaps."""
    from sync.flow.audit import explain_gap, take_none

    error = TransientError("the process that read it was ended from outside")
    return take_none(name, {spec.name: explain_gap(error) for spec in stream_specs(settings, name)}, error)


def probe_folder(
    folder: Path, find: Callable[[MappingSpec], Sequence[tuple[str, Sequence[RecordRef]]]], pace: Pace | None = None
) -> list[Finding]:
    """Settle open questions on records of a sandbox; `find` gives what the operator wrote and what may be meant by it.

    Writes our own fields on these records and puts back what they held. Raises ConfigError.
    """
    pace = pace or Pace()
    with open_app(folder, pace=pace) as app, hold_lock(app.store):
        context, _ = prepare(app.context)
        asked = find(app.settings.mapping)
        refs = [choose(context, possible_refs(app, some), said) for said, some in asked]
        found = probe(context, list(dict.fromkeys(refs)), pace.sleep)
        with app.store.write() as tx:
            spending.keep_count(tx, context.connections.values())
    return found


def _check_connections(app: App, found: list[Finding], now: datetime) -> Checked:
    context = app.context
    spending.restore_count(context)
    seen = look(context)
    with app.store.write() as tx:
        pinned = streams.read_tenants(tx)
        probed = {name: probes.read(tx, name) for name in context.connections}
        spending.keep_count(tx, context.connections.values())
    known = {name: Known(pinned.get(name), one, planned_calls(app, name)) for name, one in probed.items()}
    found += find_all(context, seen, known, now)
    return Checked(in_order(found), {one.connection: one.usage.calls for one in seen}, app.settings.language)
