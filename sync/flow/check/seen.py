"""Read what the checks look at: one reading of each connection, with few calls, kept in memory only while it is judged."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice

from sync.budget import Purpose, Usage, calling_for
from sync.core.mapping.activity import read_instant, read_ref
from sync.core.mapping.spec import StreamMapping
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.core.rules.definition import ScopeSpec
from sync.errors import BatonError
from sync.flow.context import Context
from sync.inspection import Access, AccountFacts, Condition, Counted, Held, Inspects, ObjectFacts
from sync.ports import Connection, StreamSpec, Tenant

SAMPLE = 200
USERS = 2000
ASKED = 100
"""People whose activities are looked up."""
SETTLED = timedelta(days=4)
"""Who came so long ago would have been contacted by now."""
_SAMPLED = frozenset({Kind.PERSON, Kind.DEAL, Kind.ACTIVITY, Kind.USER})


@dataclass(frozen=True, slots=True)
class Seen:
    """One connection as it was found. What could not be read is absent, or an error."""

    connection: str
    error: BatonError | None = None
    """Nothing more could be read of it."""
    tenant: Tenant | None = None
    account: AccountFacts | None = None
    objects: Mapping[str, ObjectFacts | BatonError] = field(default_factory=dict[str, ObjectFacts | BatonError])
    samples: Mapping[str, Sequence[SourceRecord]] = field(default_factory=dict[str, Sequence[SourceRecord]])
    unread: Mapping[str, BatonError] = field(default_factory=dict[str, BatonError])
    """Streams whose object could be looked at, and whose records could not."""
    counts: Mapping[str, tuple[int | None, int | None]] = field(
        default_factory=dict[str, tuple[int | None, int | None]]
    )
    """Stream that carries flags → (records, of these in scope as far as a query can tell)."""
    roles: tuple[int | None, int | None] = (None, None)
    """Open deals, and those with a contact role."""
    asked: Sequence[RecordRef] = ()
    """People in scope who came some days ago, of whom `contacts` tells."""
    contacts: Sequence[SourceRecord] = ()
    """Their activities."""
    access: Sequence[Access] = ()
    named: Collection[RecordRef] = ()
    """Those of `access` of whom the same CRM's activities tell, so that they exist."""
    at: datetime | None = None
    """The CRM's clock."""
    usage: Usage = field(default_factory=lambda: Usage(0))

    def facts(self, stream: str) -> ObjectFacts | None:
        found = self.objects.get(stream)
        return found if isinstance(found, ObjectFacts) else None

    @property
    def user(self) -> str:
        return self.account.user if self.account else "?"

    @property
    def rights_by_field(self) -> bool:
        return bool(self.account and self.account.rights_by_field)

    def records(self, kind: Kind) -> Iterator[SourceRecord]:
        return (one for some in self.samples.values() for one in some if one.kind is kind)


def look(context: Context) -> list[Seen]:
    """Every connection; one that breaks is told as such, and the others go on."""
    with calling_for(Purpose.HEAD):
        seen = [_look(context, connection) for connection in context.connections.values()]
        return [_look_closer(context, one, seen) for one in seen]


def _look(context: Context, connection: Connection) -> Seen:
    source, found = connection.source, Seen(connection.name)
    if not isinstance(source, Inspects):
        return found
    try:
        found = replace(found, tenant=source.tenant(), at=source.server_time())
        found = replace(found, account=source.inspect_account(connection.streams))
        found = replace(found, objects=source.inspect_objects(connection.streams))
        usable = [spec for spec in _usable(connection, found) if spec.kind in _SAMPLED]
        colleagues = [spec for spec in usable if spec.kind is Kind.USER]
        others = [spec for spec in usable if spec.kind is not Kind.USER]
        told = {**source.sample(others, SAMPLE), **source.sample(colleagues, USERS)}
        found = replace(
            found,
            samples={name: some for name, some in told.items() if not isinstance(some, BatonError)},
            unread={name: some for name, some in told.items() if isinstance(some, BatonError)},
        )
        counts, roles = _count(context, connection, found, source)
        found = replace(found, counts=counts, roles=roles)
    except BatonError as error:
        found = replace(found, error=error)
    return replace(found, usage=source.usage())


def _usable(connection: Connection, seen: Seen) -> list[StreamSpec]:
    """Streams and fields that can be read, as `available` would tell."""
    return [
        replace(spec, fields=tuple(name for name in spec.fields if name in facts.fields))
        for spec in connection.streams
        if (facts := seen.facts(spec.name)) is not None
    ]


def _count(
    context: Context, connection: Connection, seen: Seen, source: Inspects
) -> tuple[dict[str, tuple[int | None, int | None]], tuple[int | None, int | None]]:
    scope = context.rules.definition.scope
    streams = [
        (stream, facts)
        for spec in connection.streams
        if spec.carries_flags and (facts := seen.facts(spec.name)) is not None
        if (stream := context.mapping.streams.get((connection.name, spec.name))) is not None
    ]
    deals = [stream.stream for stream, _ in streams if stream.kind is Kind.DEAL]
    sales = any(
        stream.kind is Kind.DEAL for stream in context.mapping.streams.values() if stream.connection == connection.name
    )
    asked: list[Counted] = []
    for stream, facts in streams:
        asked.append(Counted(stream.stream))
        asked.append(Counted(stream.stream, tuple(_conditions(stream, facts, scope, sales=sales)), open=True))
    for name in deals:
        asked += [Counted(name, open=True), Counted(name, open=True, with_role=True)]
    told = list(source.count(asked))
    pairs = list(zip(told[::2], told[1::2], strict=True))
    counts = {stream.stream: pair for (stream, _), pair in zip(streams, pairs, strict=False)}
    return counts, pairs[len(streams)] if deals else (None, None)


def _conditions(stream: StreamMapping, facts: ObjectFacts, scope: ScopeSpec, *, sales: bool) -> Iterator[Condition]:
    """The scope of the definition, as far as a query can ask for it."""
    if stream.kind is Kind.DEAL:
        wanted = [(name, Held.NONE_OF, scope.excluded_deal_types) for name in stream.deal_type_fields]
        wanted += [(name, Held.NONE_OF, scope.partner_sources) for name in (stream.source_field,) if name]
    elif stream.stage_field is None:
        wanted = []
    elif sales:
        wanted = [(stream.stage_field, Held.NONE_OF, scope.closed_lead_statuses)]
    else:
        wanted = [(stream.stage_field, Held.ONE_OF, scope.contact_stages)]
    for name, held, values in wanted:
        if values and (name in facts.fields) and (name.partition(".")[0] in facts.fields or "." not in name):
            yield Condition(name, held, tuple(sorted(values)))


def _look_closer(context: Context, seen: Seen, everybody: Sequence[Seen]) -> Seen:
    """Once all connections were read: what is on record of people in scope, and what the user may do with records."""
    connection = context.connections[seen.connection]
    source = connection.source
    if seen.error is not None or seen.at is None or not isinstance(source, Inspects):
        return seen
    try:
        asked = list(islice(_settled(context, connection, seen), ASKED))
        activities = [spec for spec in _usable(connection, seen) if spec.kind is Kind.ACTIVITY]
        contacts = list(source.activities_of(activities, asked)) if asked else []
        named = set(_named(context, seen, [*seen.records(Kind.ACTIVITY), *contacts]))
        refs = [*_sampled(context, seen), *sorted(named), *sorted(_named_elsewhere(context, seen, everybody))]
        access = source.find_access(list(_two_hundred(refs)))
    except BatonError as error:
        return replace(seen, error=error, usage=source.usage())
    return replace(seen, asked=asked, contacts=contacts, access=access, named=named, usage=source.usage())


def _settled(context: Context, connection: Connection, seen: Seen) -> Iterator[RecordRef]:
    """People who came some days ago, and not before the records are judged at all, the newest first."""
    assert seen.at is not None
    for spec in connection.streams:
        if spec.kind is not Kind.PERSON or not spec.carries_flags:
            continue
        stream = context.mapping.streams[connection.name, spec.name]
        for record in seen.samples.get(spec.name, ()):
            made = read_instant(record.facts, "created_at")
            if made is not None and made < seen.at - SETTLED and _in_stage(record, stream, context):
                yield record.ref


def _in_stage(record: SourceRecord, stream: StreamMapping, context: Context) -> bool:
    scope, stage = context.rules.definition.scope, record.values.get(stream.stage_field or "")
    sales = {key[0] for key, one in context.mapping.streams.items() if one.kind is Kind.DEAL}
    return stage not in scope.closed_lead_statuses if record.ref.connection in sales else stage in scope.contact_stages


def _sampled(context: Context, seen: Seen) -> Iterator[RecordRef]:
    carrying = {spec.name for spec in context.connections[seen.connection].streams if spec.carries_flags}
    return (one.ref for name, some in seen.samples.items() if name in carrying for one in some)


def _named(context: Context, seen: Seen, activities: Sequence[SourceRecord]) -> Iterator[RecordRef]:
    """Records that carry flags, on which an activity of the same CRM hangs: it would have gone with them."""
    carrying = {spec.name for spec in context.connections[seen.connection].streams if spec.carries_flags}
    for activity in activities:
        for text in activity.facts.get("subjects") or ():
            ref = read_ref(text)
            if ref is not None and ref.connection == seen.connection and ref.stream in carrying:
                yield ref


def _named_elsewhere(context: Context, seen: Seen, everybody: Sequence[Seen]) -> Iterator[RecordRef]:
    """Records of this connection whose ids another system has stored."""
    carrying = {spec.name for spec in context.connections[seen.connection].streams if spec.carries_flags}
    for other in everybody:
        for name, some in other.samples.items() if other is not seen else ():
            stream = context.mapping.streams.get((other.connection, name))
            for field_name, target in stream.record_id_fields.items() if stream else ():
                connection, _, target_stream = target.partition(":")
                if connection != seen.connection or target_stream not in carrying:
                    continue
                for record in some:
                    told = record.values.get(field_name)
                    if isinstance(told, str) and len(told.strip()) in (15, 18) and told.strip().isalnum():
                        yield RecordRef(connection, target_stream, told.strip())


def _two_hundred(refs: Sequence[RecordRef]) -> Iterator[RecordRef]:
    """Each once; of every stream the sample and what others name take half each where there are too many."""
    unique = list(dict.fromkeys(refs))
    for stream in dict.fromkeys(ref.stream for ref in unique):
        own = [ref for ref in unique if ref.stream == stream]
        yield from own if len(own) <= SAMPLE else [*own[: SAMPLE // 2], *own[-SAMPLE // 2 :]]
