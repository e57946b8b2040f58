"""From records to handoffs: which records make up each, whom it is about, and which record shows which."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sync.core.mapping.normalise.tables import fold, fold_all
from sync.core.mapping.spec import MappingSpec
from sync.core.model.fixed import changed
from sync.core.model.handoff import Membership
from sync.core.model.records import Kind, RecordRef, SourceRecord
from sync.core.reconcile.graph import Graph, Side, build_graph, resolve
from sync.core.rules.definition import Definition


@dataclass(frozen=True, slots=True)
class LinkResult:
    memberships: tuple[Membership, ...]
    """One per handoff, in the order of their anchors."""
    shown: Mapping[RecordRef, RecordRef] = field(default_factory=dict[RecordRef, RecordRef])
    """Target record → anchor of the one handoff it shows."""
    problems: tuple[tuple[tuple[RecordRef, ...], str], ...] = ()
    """What a person must look at: the records concerned and why."""


def link(records: Collection[SourceRecord], mapping: MappingSpec, definition: Definition) -> LinkResult:
    """Link one or several whole closures: persons, deals, roles, merged-away aliases, and the persons' accounts.

    Records of other kinds are ignored. The answer does not depend on the order of the records.
    """
    graph = build_graph(records, mapping, definition)
    maker = _Maker(graph, mapping, fold_all(definition.scope.closed_lead_statuses))
    found = [maker.of_deal(deal) for deal in graph.deals()]
    found += [handoff for lead in graph.persons(Side.LEAD) if (handoff := maker.of_lead(lead)) is not None]
    claimed = {member for handoff in found for member in handoff.members}
    found += [maker.of_contact(ref) for ref in graph.persons(Side.MARKETING) if ref not in claimed]
    memberships = _number_cycles(graph, [_with_aliases(graph, handoff) for handoff in found])
    return LinkResult(memberships, _choose_shown(memberships), _problems(graph))


def names_to_link(mapping: MappingSpec) -> dict[tuple[str, str], frozenset[str]]:
    """By (connection, stream) of people the fields whose values `link` looks at."""
    return {
        name: frozenset({*stream.email_fields, *stream.record_id_fields, stream.stage_field or ""}) - {""}
        for name, stream in mapping.streams.items()
        if stream.kind is Kind.PERSON
    }


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes the handoff of one anchor."""

    graph: Graph
    mapping: MappingSpec
    closed_statuses: Collection[str]

    def of_deal(self, deal: RecordRef) -> Membership:
        graph = self.graph
        is_open = not graph.records[deal].facts.get("closed")
        if deal in graph.cut:
            return self._make(deal, (), None, (deal,), is_open)
        leads = graph.leads.get(deal, [])
        of_conversion = {ref for lead in leads for ref in graph.converted_to[lead] if ref in graph.side}
        roles = graph.roles.get(deal, [])
        contacts = sorted(of_conversion | {person for _, person in roles})
        hubs = self._joined_to({deal, *leads, *contacts})
        primary = _primary(leads, sorted(of_conversion), roles)
        converted = leads if primary in of_conversion or primary in leads else []
        same_person = {primary, *converted}
        targets = (deal, *(hub for hub in hubs if graph.joins[hub] & same_person))
        return self._make(deal, (*leads, *contacts, *hubs, *(role.ref for role, _ in roles)), primary, targets, is_open)

    def of_lead(self, lead: RecordRef) -> Membership | None:
        """None for a Lead that lives on in a deal."""
        graph = self.graph
        if any(graph.records[ref].kind is Kind.DEAL for ref in graph.converted_to.get(lead, ())):
            return None
        converted = graph.is_converted(lead)
        hubs = self._joined_to({lead})
        targets = hubs if converted else (lead, *hubs)
        return self._make(lead, hubs, lead, targets, not converted and not self._is_closed(lead))

    def of_contact(self, ref: RecordRef) -> Membership:
        """Of a marketing person whom no sales handoff claims; a sales Contact without a deal adds what it knows."""
        joined = self.graph.joins[ref]
        contacts = sorted(joined - self.graph.partners) if joined else ()
        beside = [other for other in contacts if self.graph.side.get(other) is Side.CONTACT]
        return self._make(ref, beside, ref, (ref,), is_open=True)

    def _joined_to(self, others: Collection[RecordRef]) -> tuple[RecordRef, ...]:
        hubs = self.graph.hubs
        return tuple(sorted({hub for ref in others if ref in hubs for hub in hubs[ref]}))

    def _is_closed(self, lead: RecordRef) -> bool:
        stream = self.mapping.streams[lead.connection, lead.stream]
        status = self.graph.records[lead].values.get(stream.stage_field or "")
        return isinstance(status, str) and fold(status.strip()) in self.closed_statuses

    def _make(
        self,
        anchor: RecordRef,
        others: Iterable[RecordRef],
        primary: RecordRef | None,
        targets: Iterable[RecordRef],
        is_open: bool,
    ) -> Membership:
        members = tuple(dict.fromkeys((anchor, *others)))
        reason = self._ambiguity(members)
        return Membership(
            anchor=anchor,
            members=members,
            primary=primary,
            targets=tuple([ref for ref in targets if self._carries_flags(ref)]),
            sort_at=_instant(self.graph.created(anchor)),
            open=is_open,
            ambiguous=bool(reason),
            reason=reason,
        )

    def _carries_flags(self, ref: RecordRef) -> bool:
        stream = self.mapping.streams.get(ref[:2])
        return stream is not None and stream.carries_flags

    def _ambiguity(self, members: Sequence[RecordRef]) -> str:
        """Why its join is in doubt: the anchor found several, or a member is one of several."""
        if not self.graph.cut and not self.graph.ambiguous:
            return ""
        cut = [self.graph.cut[ref] for ref in members if ref in self.graph.cut]
        if cut:
            return _cut_reason(cut[0])
        cases = [case for ref in members for case in self.graph.candidate_of.get(ref, ())]
        cases += [own] if (own := self.graph.ambiguous.get(members[0])) is not None else []
        first = min(cases, key=lambda case: case.person, default=None)
        return f"{first.person}: {first.reason}" if first is not None else ""


def _primary(
    leads: Sequence[RecordRef], of_conversion: Sequence[RecordRef], roles: Sequence[tuple[SourceRecord, RecordRef]]
) -> RecordRef | None:
    """The one person whom a deal is about; None when nothing says so without doubt."""
    contacts = {person for _, person in roles}
    marked = {person for role, person in roles if role.facts.get("primary")}
    for candidates in (set(of_conversion or leads), contacts, marked):
        if len(candidates) == 1:
            return next(iter(candidates))
    return None


def _with_aliases(graph: Graph, handoff: Membership) -> Membership:
    if not graph.aliases:
        return handoff
    aliases = tuple(sorted(alias for ref in handoff.members for alias in graph.aliases.get(ref, ())))
    return changed(handoff, aliases=aliases) if aliases else handoff


def _number_cycles(graph: Graph, handoffs: Iterable[Membership]) -> tuple[Membership, ...]:
    numbered: list[Membership] = []
    for own in _by_person(graph, handoffs):
        if len(own) > 1:
            own.sort(key=lambda handoff: (_began(graph, handoff), handoff.anchor))
        for cycle, handoff in enumerate(own, 1):
            began = _earliest(graph, handoff.members) if cycle == 1 else _began(graph, handoff)
            numbered.append(changed(handoff, cycle=cycle, opened_at=_instant(began)))
    return tuple(sorted(numbered, key=lambda handoff: handoff.anchor))


def _by_person(graph: Graph, handoffs: Iterable[Membership]) -> Iterable[list[Membership]]:
    """Handoffs of one human being: the same primary person, or primary persons joined to one marketing person."""
    person: dict[RecordRef, RecordRef] = {}
    groups: dict[RecordRef, list[Membership]] = defaultdict(list)
    known = list(handoffs)
    for handoff in known:
        own = handoff.primary or handoff.anchor
        hubs = [ref for ref in handoff.targets if ref != own and graph.side.get(ref) is Side.MARKETING]
        if hubs:
            first, *others = (resolve(person, ref) for ref in (own, *hubs))
            person.update({other: first for other in others if other != first})
    for handoff in known:
        groups[resolve(person, handoff.primary or handoff.anchor)].append(handoff)
    return groups.values()


def _began(graph: Graph, handoff: Membership) -> str:
    """When this round began: with the Lead that was converted to the deal, else with the anchor."""
    leads = [ref for ref in handoff.members if graph.side.get(ref) is Side.LEAD]
    return _earliest(graph, leads) or graph.created(handoff.anchor)


def _earliest(graph: Graph, refs: Iterable[RecordRef]) -> str:
    return min([created for ref in refs if (created := graph.created(ref))], default="")


def _choose_shown(handoffs: Iterable[Membership]) -> dict[RecordRef, RecordRef]:
    """Every record shows the newest open handoff, else the newest closed one."""
    best: dict[RecordRef, Membership] = {}
    for handoff in handoffs:
        for target in handoff.targets:
            if target not in best or _rank(best[target]) < _rank(handoff):
                best[target] = handoff
    return {target: handoff.anchor for target, handoff in sorted(best.items())}


def _rank(handoff: Membership) -> tuple[bool, float, str, RecordRef]:
    at = handoff.sort_at.timestamp() if handoff.sort_at else float("-inf")
    return handoff.open, at, handoff.anchor.record_id, handoff.anchor


def _problems(graph: Graph) -> tuple[tuple[tuple[RecordRef, ...], str], ...]:
    found: list[tuple[tuple[RecordRef, ...], str]] = [
        ((case.person, *case.candidates), case.reason) for case in graph.ambiguous.values()
    ]
    found += [(component, _cut_reason(component)) for component in sorted(set(graph.cut.values()))]
    return tuple(found)


def _cut_reason(component: Collection[RecordRef]) -> str:
    return f"cut: {len(component)} records hang together"


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
