"""`audit`: take stock of both CRMs as they are. Reads only, needs no mapping, keeps nothing.

First every object is described and candidate fields are found; then each record is read once and counted. A sample is drawn
by chance from the list of all records, so what is said of it has an honest margin.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, tzinfo
from random import Random
from typing import TypeVar

from sync.budget import Purpose, calling_for
from sync.core.mapping.normalise import Tables
from sync.core.mapping.propose import Candidate, FieldSeen, Proposal, propose, rate_fields
from sync.core.mapping.spec import MappingSpec, NameFields, StreamMapping
from sync.core.mapping.stock import PAIR, Duplicates, FirstContacts, Ledger, Reading, Stock
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.errors import AuthError, BatonError, BudgetExhausted
from sync.inspection import FieldFacts, Inspects, ObjectFacts
from sync.ports import Connection, StreamSpec, Tenant, Walk

FIELDS = 150
"""Candidate fields read of one object; more would not fit into one query."""
_One = TypeVar("_One")
_VALUES = (Kind.PERSON, Kind.DEAL, Kind.ACCOUNT)
_CUSTOM = "__c"
"""Behind the name of every field that a Salesforce org made itself (Object Reference)."""
_AT_ONCE = 200
_SEED = 17
"""Two audits of the same CRM draw the same sample."""


@dataclass(frozen=True, slots=True)
class Account:
    """One connection as the audit found it."""

    name: str
    tenant: Tenant
    calls: int
    unread: Mapping[str, str]
    """Stream → why nothing, or not everything, was read of it."""
    absent: Mapping[str, str]
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


@dataclass
class _Desk:
    """One connection while it is read."""

    connection: Connection
    mapping: MappingSpec
    ledger: Ledger
    sample: int | None
    tell: Callable[[str, int], None]
    readings: dict[str, Reading] = field(default_factory=dict[str, Reading])
    unread: dict[str, str] = field(default_factory=dict[str, str])
    absent: dict[str, str] = field(default_factory=dict[str, str])
    totals: Counter[str] = field(default_factory=Counter[str])
    drawn: dict[str, list[str]] = field(default_factory=dict[str, list[str]])

    @property
    def name(self) -> str:
        return self.connection.name


def audit(
    connections: Mapping[str, Connection],
    mapping: MappingSpec,
    tables: Tables,
    zone: tzinfo,
    sample: int | None = None,
    tell: Callable[[str, int], None] = lambda _stream, _count: None,
) -> Audit:
    """Read everything that the users may see, or `sample` records of each object. `mapping`: as shipped, for what items are
    and how their choices are called. Raises AuthError, TransientError when a CRM cannot be asked at all."""
    ledger = Ledger(mapping.items, mapping.input_values, tables, zone)
    with calling_for(Purpose.HEAD):
        accounts = [_read_account(_Desk(one, mapping, ledger, sample, tell)) for one in connections.values()]
        at = max(connection.source.server_time() for connection in connections.values())
    stock = ledger.settle()
    kinds = {stream: reading.kind for stream, reading in ledger.readings.items()}
    proposals = {
        stream: propose(
            reading.candidates, {(i, f): counts for (s, i, f), counts in stock.values.items() if s == stream}
        )
        for stream, reading in ledger.readings.items()
        if reading.candidates
    }
    return Audit(
        at, accounts, proposals, stock, ledger.first_contacts(), ledger.duplicates(), ledger.roles(), kinds, sample
    )  # fmt: skip


def _read_account(desk: _Desk) -> Account:
    source = desk.connection.source
    tenant = source.tenant()
    month = source.inspect_account(desk.connection.streams).fiscal_year_start if isinstance(source, Inspects) else None
    specs = _plan(desk)
    for kinds in ((Kind.USER,), _VALUES, (Kind.ROLE,), (Kind.ACTIVITY,), (Kind.HISTORY,)):
        some = [spec for spec in specs if spec.kind in kinds]
        if desk.sample is not None and kinds == _VALUES:
            _read_sample(desk, some, desk.sample)
        elif desk.sample is not None and kinds == (Kind.ACTIVITY,):
            _read_activities(desk, some)
        else:
            _read_all(desk, some)
    return Account(
        desk.name, tenant, source.usage().calls, dict(desk.unread), dict(desk.absent), dict(desk.totals), month
    )


def _plan(desk: _Desk) -> list[StreamSpec]:
    """What to read of each stream: with the fields that may hold items."""
    source = desk.connection.source
    assert isinstance(source, Inspects), "every shipped connector tells about its account"
    bare = [
        replace(spec, fields=(), watched=(), dated=())
        for spec in desk.connection.streams
        if spec.kind is not Kind.QUALIFICATION  # nothing is counted of it
    ]
    kinds = {spec.name: spec.kind for spec in bare}
    objects = source.inspect_objects(bare)
    wanted: list[StreamSpec] = []
    for spec in bare:
        facts = objects.get(spec.name)
        if not isinstance(facts, ObjectFacts):
            lacking = desk.absent if spec.kind is Kind.HISTORY else desk.unread
            lacking[spec.name] = str(facts) if isinstance(facts, BatonError) else "not there"
            continue
        stream = desk.mapping.streams[desk.name, spec.name]
        reading = _reading(desk, spec, stream, facts)
        desk.readings[spec.name] = desk.ledger.readings[f"{desk.name}:{spec.name}"] = reading
        named = [name for one in reading.candidates for name in one.field.split(PAIR)]
        names = [*named, reading.channel_field or "", reading.stage_field or ""]
        wanted.append(replace(spec, fields=tuple(dict.fromkeys(name for name in names if name))[:FIELDS]))
    usable, off, _ = source.available(wanted)
    for name, reason in off.items():
        (desk.absent if kinds[name] is Kind.HISTORY else desk.unread)[name] = reason
    return list(usable)


def _reading(desk: _Desk, spec: StreamSpec, stream: StreamMapping, facts: ObjectFacts) -> Reading:
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


def _known(desk: _Desk, stream: StreamMapping) -> dict[str, list[str]]:
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


def _read_all(desk: _Desk, specs: Sequence[StreamSpec]) -> None:
    """Page after page, each counted and forgotten."""
    if not specs:
        return
    waiting = {spec.name for spec in specs}
    try:
        for page in desk.connection.source.head(specs, {}):
            for record in page.records:
                _take(desk, record)
            if not page.more:
                waiting.discard(page.stream)
            desk.tell(page.stream, desk.ledger.stock.records[f"{desk.name}:{page.stream}"])
    except (AuthError, BudgetExhausted):
        raise
    except BatonError as error:
        stream = getattr(error, "stream", "")
        desk.unread |= {name: str(error) for name in ([stream] if stream else waiting)}


def _take(desk: _Desk, record: SourceRecord) -> None:
    reading = desk.readings[record.ref.stream]
    if record.kind is reading.kind and _is_drawn(desk, record):
        desk.ledger.take(record, reading)


def _is_drawn(desk: _Desk, record: SourceRecord) -> bool:
    """History is read whole; of a sample only the changes of what was drawn count."""
    return desk.sample is None or record.kind is not Kind.HISTORY or desk.ledger.knows(record.facts.get("subject"))


def _read_sample(desk: _Desk, specs: Sequence[StreamSpec], size: int) -> None:
    source, random = desk.connection.source, Random(_SEED)  # noqa: S311  a sample, not a secret
    for name, told in source.inventory([Walk(spec) for spec in specs]):
        if isinstance(told, BatonError):
            desk.unread[name] = str(told)
            continue
        drawn = desk.drawn.setdefault(name, [])
        for stamp in told.stamps:
            if stamp.deleted:
                continue
            desk.totals[name] += 1
            place = len(drawn) if len(drawn) < size else random.randrange(desk.totals[name])
            if place < len(drawn):
                drawn[place] = stamp.record_id
            elif place < size:
                drawn.append(stamp.record_id)
    for spec in specs:
        for part in _parts(desk.drawn.get(spec.name, [])):
            for record in source.read(spec, part):
                _take(desk, record)
        desk.tell(spec.name, desk.ledger.stock.records[f"{desk.name}:{spec.name}"])


def _read_activities(desk: _Desk, specs: Sequence[StreamSpec]) -> None:
    """What is on record of those who were drawn."""
    people = [
        RecordRef(desk.name, name, one)
        for name, drawn in desk.drawn.items()
        if desk.readings[name].kind in (Kind.PERSON, Kind.DEAL)
        for one in drawn
    ]
    seen: set[RecordRef] = set()
    for part in _parts(people):
        for record in desk.connection.source.activities_of(specs, part):
            if record.ref not in seen:
                seen.add(record.ref)
                _take(desk, record)


def _parts(some: Sequence[_One]) -> Iterator[Sequence[_One]]:
    return (some[start : start + _AT_ONCE] for start in range(0, len(some), _AT_ONCE))
