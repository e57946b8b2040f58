"""Who belongs to whom among persons, deals and roles: joins, conversions, aliases, components."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from operator import attrgetter

from sync.core.mapping.keys import email_keys, record_ids, reference, references
from sync.core.mapping.normalise.tables import fold, fold_all
from sync.core.mapping.spec import MappingSpec
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.core.rules.definition import Definition

_REF = attrgetter("ref")
LARGEST_COMPONENT = 20
"""Persons and deals; a larger component is cut."""


class Side(StrEnum):
    """What a person stream is to linking. Sales systems are the connections that have a stream of deals."""

    MARKETING = "marketing"
    LEAD = "lead"
    """A person stream of a sales system with a stage that people work through."""
    CONTACT = "contact"


@dataclass(frozen=True, slots=True)
class Ambiguity:
    """An e-mail join that was not made."""

    person: RecordRef
    candidates: tuple[RecordRef, ...]
    reason: str


@dataclass(slots=True)
class Graph:
    """Everything linking needs to know, with deleted records gone and merged ones replaced by their winners."""

    records: dict[RecordRef, SourceRecord] = field(default_factory=dict[RecordRef, SourceRecord])
    side: dict[RecordRef, Side] = field(default_factory=dict[RecordRef, Side])
    """Of persons."""
    winner: dict[RecordRef, RecordRef] = field(default_factory=dict[RecordRef, RecordRef])
    """Of aliases."""
    partners: set[RecordRef] = field(default_factory=set[RecordRef])
    converted_to: dict[RecordRef, list[RecordRef]] = field(default_factory=dict[RecordRef, list[RecordRef]])
    """Converted Leads: the living Contacts and deals they became."""
    roles: dict[RecordRef, list[tuple[SourceRecord, RecordRef]]] = field(
        default_factory=lambda: defaultdict[RecordRef, list[tuple[SourceRecord, RecordRef]]](list)
    )
    """Per deal: its roles and their contacts, partners left out."""
    joins: dict[RecordRef, set[RecordRef]] = field(default_factory=dict[RecordRef, set[RecordRef]])
    """Per marketing person: the sales records it is joined to."""
    ambiguous: dict[RecordRef, Ambiguity] = field(default_factory=dict[RecordRef, Ambiguity])
    cut: dict[RecordRef, tuple[RecordRef, ...]] = field(default_factory=dict[RecordRef, tuple[RecordRef, ...]])
    """Records of components that were too large, with all records of theirs."""
    hubs: dict[RecordRef, list[RecordRef]] = field(default_factory=dict[RecordRef, list[RecordRef]])
    """`joins` by its other end: per sales record the marketing persons joined to it."""
    leads: dict[RecordRef, list[RecordRef]] = field(default_factory=dict[RecordRef, list[RecordRef]])
    """`converted_to` by its other end."""
    aliases: dict[RecordRef, list[RecordRef]] = field(default_factory=dict[RecordRef, list[RecordRef]])
    """`winner` by its other end, chains followed."""
    candidate_of: dict[RecordRef, list[Ambiguity]] = field(default_factory=dict[RecordRef, list[Ambiguity]])
    """`ambiguous` by candidate."""

    def persons(self, side: Side) -> list[RecordRef]:
        return [ref for ref, its in self.side.items() if its is side]

    def deals(self) -> list[RecordRef]:
        return [ref for ref, record in self.records.items() if record.kind is Kind.DEAL]

    def is_converted(self, lead: RecordRef) -> bool:
        return bool(self.records[lead].facts.get("converted"))

    def created(self, ref: RecordRef) -> str:
        """Instants in facts are written so that their order is that of their text."""
        at = self.records[ref].facts.get("created_at")
        return at if isinstance(at, str) else str(at or "")


def build_graph(records: Collection[SourceRecord], mapping: MappingSpec, definition: Definition) -> Graph:
    graph = Graph()
    _place(graph, records, mapping)
    _find_partners(graph, definition)
    _tie(graph, records)
    _join(graph, mapping)
    _cut(graph)
    _index(graph)
    return graph


def resolve(winner: Mapping[RecordRef, RecordRef], ref: RecordRef) -> RecordRef:
    """The record that a merged-away one lives on in; merges may be chained."""
    if ref not in winner:
        return ref
    seen = {ref}
    while (following := winner.get(ref)) is not None and following not in seen:
        ref = following
        seen.add(ref)
    return ref


def _place(graph: Graph, records: Iterable[SourceRecord], mapping: MappingSpec) -> None:
    sales = {connection for (connection, _), stream in mapping.streams.items() if stream.kind is Kind.DEAL}
    for record in sorted(records, key=_REF):
        merged = reference(record.facts, "merged_into")
        if merged is not None:
            graph.winner[record.ref] = merged
        elif not record.deleted:
            graph.records[record.ref] = record
            if record.kind is Kind.PERSON:
                graph.side[record.ref] = _side(record.ref, mapping, sales)


def _side(ref: RecordRef, mapping: MappingSpec, sales: Collection[str]) -> Side:
    if ref.connection not in sales:
        return Side.MARKETING
    stream = mapping.streams.get((ref.connection, ref.stream))
    return Side.LEAD if stream is not None and stream.stage_field else Side.CONTACT


def _find_partners(graph: Graph, definition: Definition) -> None:
    types = fold_all(definition.scope.partner_account_types)
    for ref in graph.persons(Side.CONTACT):
        named = reference(graph.records[ref].facts, "account")
        account = graph.records.get(named) if named is not None else None
        if account is not None and fold(str(account.facts.get("type") or "")) in types:
            graph.partners.add(ref)


def _tie(graph: Graph, records: Iterable[SourceRecord]) -> None:
    """Conversions and contact roles."""
    for lead in graph.persons(Side.LEAD):
        if graph.is_converted(lead):
            became = (resolve(graph.winner, ref) for ref in references(graph.records[lead].facts, "converted_to"))
            graph.converted_to[lead] = [ref for ref in became if ref in graph.records and ref not in graph.partners]
    for role in sorted((one for one in records if one.kind is Kind.ROLE and not one.deleted), key=_REF):
        person, deal = reference(role.facts, "person"), reference(role.facts, "deal")
        if person is None or deal is None:
            continue
        person, deal = resolve(graph.winner, person), resolve(graph.winner, deal)
        if person in graph.side and deal in graph.records and person not in graph.partners:
            graph.roles[deal].append((role, person))


def _join(graph: Graph, mapping: MappingSpec) -> None:
    by_email: Mapping[str, Sequence[RecordRef]] | None = None
    for ref in graph.persons(Side.MARKETING):
        record = graph.records[ref]
        stream = mapping.streams.get(ref[:2])
        named = [
            resolve(graph.winner, RecordRef.parse(key)) for key in record_ids(record, stream) if key.count(":") > 1
        ]
        joined = {other for other in named if _is_sales(graph, other, ref)}
        graph.joins[ref] = joined
        if any(graph.side.get(other) is Side.LEAD and not graph.is_converted(other) for other in joined):
            continue
        by_email = _index_by_email(graph, mapping) if by_email is None else by_email
        keys = email_keys(record, stream) if by_email else ()
        known = {other for key in keys if key in by_email for other in by_email[key]}
        if known:
            _join_by_email(graph, ref, known)


def _index_by_email(graph: Graph, mapping: MappingSpec) -> dict[str, list[RecordRef]]:
    """Whom a marketing person may be joined to by an address: sales Contacts and Leads that are not converted."""
    found: dict[str, list[RecordRef]] = {}
    for ref, side in graph.side.items():
        if side is Side.CONTACT or (side is Side.LEAD and not graph.is_converted(ref)):
            for key in email_keys(graph.records[ref], mapping.streams.get(ref[:2])):
                found.setdefault(key, []).append(ref)
    return found


def _is_sales(graph: Graph, other: RecordRef, ref: RecordRef) -> bool:
    record = graph.records.get(other)
    return record is not None and record.kind in (Kind.PERSON, Kind.DEAL) and other.connection != ref.connection


def _join_by_email(graph: Graph, ref: RecordRef, known: Collection[RecordRef]) -> None:
    named = any(graph.side.get(other) is Side.CONTACT for other in graph.joins[ref])
    for side in (Side.LEAD,) if named else (Side.LEAD, Side.CONTACT):
        candidates = sorted(other for other in known if graph.side[other] is side)
        if len(candidates) > 1:
            reason = f"{len(candidates)} {candidates[0].stream} records have one of its e-mail addresses"
            graph.ambiguous[ref] = Ambiguity(ref, tuple(candidates), reason)
        if candidates:
            graph.joins[ref].update(candidates if len(candidates) == 1 else ())
            return


def _cut(graph: Graph) -> None:
    """Find components and take those apart that are too large to be one person's business."""
    neighbours: dict[RecordRef, set[RecordRef]] = defaultdict(set)
    edges = [(a, b) for a, others in (*graph.joins.items(), *graph.converted_to.items()) for b in others]
    edges += [(deal, person) for deal, roles in graph.roles.items() for _, person in roles]
    for a, b in edges:
        neighbours[a].add(b)
        neighbours[b].add(a)
    if len(neighbours) <= LARGEST_COMPONENT:
        return
    seen: set[RecordRef] = set()
    for start in neighbours:
        if start in seen:
            continue
        component = _component(start, neighbours)
        seen |= component
        if len(component) > LARGEST_COMPONENT:
            graph.cut.update(dict.fromkeys(component, tuple(sorted(component))))
    for ref in graph.cut:
        if ref in graph.joins:
            graph.joins[ref] = set()


def _index(graph: Graph) -> None:
    """Every relation by its other end, so that making a handoff looks at its own records alone."""
    for person, joined in graph.joins.items():
        for other in joined:
            graph.hubs.setdefault(other, []).append(person)
    for lead, became in graph.converted_to.items():
        for other in dict.fromkeys(became):
            graph.leads.setdefault(other, []).append(lead)
    for alias in graph.winner:
        graph.aliases.setdefault(resolve(graph.winner, alias), []).append(alias)
    for case in graph.ambiguous.values():
        for candidate in case.candidates:
            graph.candidate_of.setdefault(candidate, []).append(case)


def _component(start: RecordRef, neighbours: Mapping[RecordRef, Collection[RecordRef]]) -> set[RecordRef]:
    found, waiting = {start}, [start]
    while waiting:
        for other in neighbours[waiting.pop()]:
            if other not in found:
                found.add(other)
                waiting.append(other)
    return found
