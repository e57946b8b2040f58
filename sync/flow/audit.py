"""`audit`: take stock of both CRMs as they are. Reads only, needs no mapping, keeps nothing.

First every object is described and candidate fields are found; then each record is read once and counted. A sample is drawn
by chance from the list of all records, so what is said of it has an honest margin. What a CRM does not answer is asked for
again (`sync/flow/audit_read.py`); what stays away is told, and the rest is written.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo

from sync.budget import Purpose, calling_for
from sync.core.mapping.normalise import Tables
from sync.core.mapping.propose import Candidate, FieldSeen, Proposal, propose, rate_fields
from sync.core.mapping.spec import MappingSpec, NameFields, StreamMapping
from sync.core.mapping.stock import PAIR, Duplicates, FirstContacts, Ledger, Reading, Stock
from sync.core.model.records import Kind
from sync.errors import BatonError, StreamUnavailable, TransientError
from sync.flow.audit_read import Desk, Gap, ask_patiently, explain_gap, read_activities, read_all, read_sample
from sync.inspection import FieldFacts, Inspects, ObjectFacts
from sync.ports import Connection, StreamSpec, Tenant

FIELDS = 150
"""Candidate fields read of one object; more would not fit into one query."""
_VALUES = (Kind.PERSON, Kind.DEAL, Kind.ACCOUNT)
_CUSTOM = "__c"
"""Behind the name of every field that a Salesforce org made itself (Object Reference)."""


@dataclass(frozen=True, slots=True)
class Account:
    """One connection as the audit found it."""

    name: str
    tenant: Tenant
    calls: int
    unread: Mapping[str, Gap]
    """Stream → why nothing, or not everything, was read of it."""
    absent: Mapping[str, Gap]
    """Histories that are not kept there, or not for us: what they would tell is not counted."""
    totals: Mapping[str, int]
    """Of a sample: stream → records that there are."""
    fiscal_year_start: int | None = None


@dataclass(frozen=True, slots=True)
class Audit:
    """Stock taken."""

    at: datetime
    """The CRMs' clock."""
    accounts: Sequence[Account]
    proposals: Mapping[str, Mapping[str, Proposal]]
    """`connection:stream` → item or input → what is proposed."""
    stock: Stock
    contacts: Mapping[str, FirstContacts]
    duplicates: Mapping[str, Duplicates]
    roles: Counter[str]
    """First role or team of active colleagues → how many of them."""
    kinds: Mapping[str, Kind]
    """`connection:stream` → what its records are."""
    sample: int | None = None
    """Records per object that were drawn; None: all."""

    @property
    def partial(self) -> bool:
        return any(account.unread for account in self.accounts)


@dataclass(frozen=True, slots=True)
class Taken:
    """What was found of one connection; nothing of it hangs on the others."""

    account: Account
    at: datetime | None
    """Its clock; None where it did not answer at all."""
    error: TransientError | None
    """Why it did not answer at all."""
    proposals: Mapping[str, Mapping[str, Proposal]]
    stock: Stock
    contacts: Mapping[str, FirstContacts]
    duplicates: Mapping[str, Duplicates]
    roles: Counter[str]
    kinds: Mapping[str, Kind]


def take_stock(
    connection: Connection,
    mapping: MappingSpec,
    tables: Tables,
    zone: tzinfo,
    sample: int | None = None,
    tell: Callable[[str, int], None] = lambda _stream, _count: None,
    sleep: Callable[[float], None] = time.sleep,
) -> Taken:
    """Read everything of a connection that its user may see, or `sample` records of each object. `mapping`: as shipped, for
    what items are and how their choices are called. Raises AuthError.
    """
    ledger = Ledger(mapping.items, mapping.input_values, tables, zone)
    desk = Desk(connection, mapping, ledger, sample, tell, sleep)
    with calling_for(Purpose.HEAD):
        found = _read_account(desk)
        at = connection.source.server_time() if isinstance(found, Account) else None
    if isinstance(found, Account):
        return _settle(found, at, None, ledger)
    gaps = {spec.name: explain_gap(found) for spec in connection.streams}
    return take_none(desk.name, gaps, found, connection.source.usage().calls)


def take_none(name: str, gaps: Mapping[str, Gap], error: TransientError, calls: int = 0) -> Taken:
    """Of a connection that did not answer, or whose answers were lost."""
    account = Account(name, Tenant("", "", False, ""), calls, gaps, {}, {})
    return Taken(account, None, error, {}, Stock(), {}, {}, Counter(), {})


def join(taken: Sequence[Taken], sample: int | None) -> Audit:
    """All of it as one. Raises TransientError when no CRM answered; one that did not while another did is told as a gap."""
    at = max((one.at for one in taken if one.at is not None), default=None)
    if at is None:
        raise next(one.error for one in taken if one.error is not None)
    stock, roles = Stock(), Counter[str]()
    for one in taken:
        stock.add(one.stock)
        roles.update(one.roles)
    return Audit(
        at,
        [one.account for one in taken],
        {stream: some for one in taken for stream, some in one.proposals.items()},
        stock,
        {stream: some for one in taken for stream, some in one.contacts.items()},
        {stream: some for one in taken for stream, some in one.duplicates.items()},
        roles,
        {stream: kind for one in taken for stream, kind in one.kinds.items()},
        sample,
    )


def _settle(account: Account, at: datetime | None, error: TransientError | None, ledger: Ledger) -> Taken:
    stock = ledger.settle()
    kinds = {stream: reading.kind for stream, reading in ledger.readings.items()}
    proposals = {
        stream: propose(
            reading.candidates, {(i, f): counts for (s, i, f), counts in stock.values.items() if s == stream}
        )
        for stream, reading in ledger.readings.items()
        if reading.candidates
    }
    return Taken(
        account, at, error, proposals, stock, ledger.first_contacts(), ledger.duplicates(), ledger.roles(), kinds
    )  # fmt: skip


def _read_account(desk: Desk) -> Account | TransientError:
    """The error: it does not answer at all."""
    source = desk.connection.source
    try:
        tenant = ask_patiently(desk, source.tenant)
        month = ask_patiently(desk, lambda: _find_year(desk))
        specs = ask_patiently(desk, lambda: _plan(desk))
    except TransientError as error:
        return error
    for kinds in ((Kind.USER,), _VALUES, (Kind.ROLE,), (Kind.ACTIVITY,), (Kind.HISTORY,)):
        some = [spec for spec in specs if spec.kind in kinds]
        if desk.sample is not None and kinds == _VALUES:
            read_sample(desk, some, desk.sample)
        elif desk.sample is not None and kinds == (Kind.ACTIVITY,):
            read_activities(desk, some)
        else:
            read_all(desk, some)
    return Account(
        desk.name, tenant, source.usage().calls, dict(desk.unread), dict(desk.absent), dict(desk.totals), month
    )


def _find_year(desk: Desk) -> int | None:
    source = desk.connection.source
    return source.inspect_account(desk.connection.streams).fiscal_year_start if isinstance(source, Inspects) else None


def _plan(desk: Desk) -> list[StreamSpec]:
    """What to read of each stream: with the fields that may hold items."""
    bare = [
        replace(spec, fields=(), watched=(), dated=())
        for spec in desk.connection.streams
        if spec.kind is not Kind.QUALIFICATION  # nothing is counted of it
    ]
    objects = _inspect(desk, bare)
    wanted: list[StreamSpec] = []
    for spec in bare:
        facts = objects.get(spec.name)
        if not isinstance(facts, ObjectFacts):
            leave_out(desk, spec, facts)
            continue
        stream = desk.mapping.streams[desk.name, spec.name]
        reading = _reading(desk, spec, stream, facts)
        desk.readings[spec.name] = desk.ledger.readings[f"{desk.name}:{spec.name}"] = reading
        named = [name for one in reading.candidates for name in one.field.split(PAIR)]
        names = [*named, reading.channel_field or "", reading.stage_field or ""]
        fields = tuple(dict.fromkeys(name for name in names if name))[:FIELDS]
        wanted.append(replace(spec, fields=fields, carries_flags=False, kept=False))
    usable, off, _ = desk.connection.source.available(wanted)
    for spec in wanted:
        if spec.name in off:
            leave_out(desk, spec, off[spec.name])
    return list(usable)


def leave_out(desk: Desk, spec: StreamSpec, error: BatonError | None) -> None:
    """Many orgs keep no history: that it is not there is no gap, but that nobody answered is one."""
    absent = error is None or (isinstance(error, StreamUnavailable) and error.certain)
    lacking = desk.absent if absent and spec.kind is Kind.HISTORY else desk.unread
    lacking[spec.name] = explain_gap(error) if error is not None else Gap("absent")


def _inspect(desk: Desk, specs: Sequence[StreamSpec]) -> Mapping[str, ObjectFacts | BatonError]:
    """Asks again while one of them is not answered; TransientError where none is."""
    source, found = desk.connection.source, dict[str, ObjectFacts | BatonError]()
    assert isinstance(source, Inspects), "every shipped connector tells about its account"

    def ask() -> None:
        found.update(source.inspect_objects(specs))
        for one in found.values():
            if isinstance(one, TransientError):
                raise one

    try:
        ask_patiently(desk, ask)
    except TransientError:
        if not any(isinstance(one, ObjectFacts) for one in found.values()):
            raise
    return found


def _reading(desk: Desk, spec: StreamSpec, stream: StreamMapping, facts: ObjectFacts) -> Reading:
    if spec.kind not in _VALUES:
        return Reading(desk.name, spec.name, spec.kind, ())
    own = set(facts.own.values())
    known = _known(desk, stream)
    shipped = {name for names in known.values() for name in names}
    seen = [
        _seen(one)
        for one in facts.fields.values()
        if one.name not in own and not _is_bookkeeping(one.name, spec.kind, shipped)
    ]
    # Contacts and accounts are read for who they are: a deal's own answers are not looked for there.
    asked = None if spec.carries_flags else set(stream.items)
    options = {name: item.options for name, item in desk.mapping.items.items() if item.options}
    candidates = rate_fields(seen, {**options, **desk.mapping.input_values}, known, asked)[:FIELDS]
    name = stream.items.get("contact_name")
    if isinstance(name, NameFields) and {name.family, name.given} <= facts.fields.keys():
        whole = Candidate("contact_name", f"{name.family}{PAIR}{name.given}", "", 0.95, ("name_standard",))
        candidates = [whole, *(one for one in candidates if one.item != "contact_name")]
    channel = next((one.field for one in candidates if one.item == "lead_source"), None)
    stage = stream.stage_field if stream.stage_field in facts.fields else None
    return Reading(desk.name, spec.name, spec.kind, candidates, channel, stage)


def _known(desk: Desk, stream: StreamMapping) -> dict[str, list[str]]:
    """Item or input → fields that the shipped mapping reads it from, those of this stream first."""
    others = [one for (connection, _), one in desk.mapping.streams.items() if connection == desk.name]
    found: dict[str, list[str]] = {}
    for one in (stream, *others):
        for item, names in one.items.items():
            if not isinstance(names, NameFields) and not (item == "company" and one.kind is not stream.kind):
                found.setdefault(item, []).extend(name for name in names if name not in found.get(item, ()))
        for given, name in one.inputs.items():
            found.setdefault(given, []).append(name)
    return found


def _seen(one: FieldFacts) -> FieldSeen:
    spelled = one.name.removesuffix(_CUSTOM)
    return FieldSeen(one.name, one.label, one.sort.value, one.choices or (), spelled, spelled != one.name)


def _is_bookkeeping(name: str, kind: Kind, shipped: Collection[str]) -> bool:
    """What the CRM keeps for itself, fields of parents, and a person's whole name beside its parts."""
    return (
        (name == "Name" and kind is not Kind.ACCOUNT) or "." in name or (name.startswith("hs_") and name not in shipped)
    )
