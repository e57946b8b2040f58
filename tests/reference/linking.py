"""§1 of the page: which records are one handoff. Compares everything with everything."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from tests.reference.world import Node, Raw, refer


@dataclass
class Handoff:
    anchor: Node
    members: list[Node]
    primary: Node | None
    contacts: list[Node]
    """HubSpot contacts that would show it."""
    open: bool
    ambiguous: bool = False
    sort_at: datetime | None = None
    cycle: int = 1
    opened_at: datetime | None = None
    batch_at: datetime | None = None
    """When the first of those was created who came together with it (§13)."""
    rounds: list[datetime] = field(default_factory=list)
    """When later rounds on the same anchor opened (§10)."""
    started_by: datetime | None = None
    subjects: set[str] = field(default_factory=set)
    roles: list[str] = field(default_factory=list)
    targets: list[Node] = field(default_factory=list)


def link(raw: Raw, definition: dict[str, Any]) -> list[Handoff]:
    scope = definition["scope"]
    nodes = raw.nodes
    leads = [n for n in nodes.values() if n.stream == "Lead"]
    contacts = {n.ref: n for n in nodes.values() if n.stream == "Contact" and not is_partner(n, scope)}
    joined, ambiguous = join_people(raw)
    handoffs: list[Handoff] = []
    in_deals: set[str] = set()

    def linked(*people: Node) -> list[Node]:
        wanted = {p.ref for p in people}
        return [nodes[h] for h, side in joined.items() if side & wanted]

    for deal in (n for n in nodes.values() if n.stream == "Opportunity"):
        converted = [lead for lead in leads if lead.values.get("ConvertedOpportunityId") == deal.values["Id"]]
        from_lead = [
            contacts[r]
            for lead in converted
            if (r := refer("Contact", str(lead.values.get("ConvertedContactId")))) in contacts
        ]
        roles = [
            r
            for r in raw.roles
            if r["OpportunityId"] == deal.values["Id"] and refer("Contact", r["ContactId"]) in contacts
        ]
        role_people = [contacts[refer("Contact", r["ContactId"])] for r in roles]
        people = unique([*converted, *from_lead, *role_people])
        main = [r for r in roles if r.get("IsPrimary")]
        if from_lead or converted:
            primary = (from_lead or converted)[0]
        elif len({r["ContactId"] for r in roles}) == 1:
            primary = role_people[0]
        elif len(main) == 1:
            primary = contacts[refer("Contact", main[0]["ContactId"])]
        else:
            primary = None
        in_deals |= {p.ref for p in people}
        shown = linked(primary, *(converted if primary in from_lead else [])) if primary else []
        handoffs.append(
            Handoff(
                deal,
                unique([deal, *people, *linked(*people)]),
                primary,
                shown,
                not deal.values.get("IsClosed"),
                sort_at=deal.created,
                started_by=min((lead.created for lead in converted), default=deal.created),
                roles=[r.get("Role") or "" for r in roles],
            )
        )
    for lead in leads:
        if lead.values.get("IsConverted") and lead.values.get("ConvertedOpportunityId"):
            continue
        side = linked(lead)
        open_ = not lead.values.get("IsConverted") and lead.values.get("Status") not in scope["closed_lead_statuses"]
        handoffs.append(
            Handoff(lead, unique([lead, *side]), lead, side, open_, sort_at=lead.created, started_by=lead.created)
        )
    for node in nodes.values():
        if node.stream != "contacts":
            continue
        claimed = any(nodes[r].stream == "Lead" or r in in_deals for r in joined.get(node.ref, ()) if r in nodes)
        if not claimed:
            side = [nodes[r] for r in joined.get(node.ref, ()) if r in contacts]
            handoffs.append(
                Handoff(node, unique([node, *side]), node, [node], True, sort_at=node.created, started_by=node.created)
            )
    for handoff in handoffs:
        handoff.ambiguous = any(
            m.ref in ambiguous for m in handoff.members if m.stream != "contacts" or m is handoff.anchor
        )
        refs = {m.ref for m in handoff.members}
        handoff.subjects = refs | {a for a in raw.aliases if resolve(a, raw) in refs}
    number_cycles(handoffs)
    choose_shown(handoffs)
    return handoffs


def unique(nodes: list[Node]) -> list[Node]:
    return list({n.ref: n for n in nodes}.values())


def is_partner(node: Node, scope: dict[str, Any]) -> bool:
    return bool(node.account) and (node.account or {}).get("Type") in scope["partner_account_types"]


def resolve(ref: str, raw: Raw) -> str:
    seen = set()
    while ref in raw.aliases and ref not in seen:
        seen.add(ref)
        ref = raw.aliases[ref]
    return ref


def join_people(raw: Raw) -> tuple[dict[str, set[str]], set[str]]:
    """HubSpot contact → sales-side people; and everybody whose join is ambiguous."""
    nodes = raw.nodes
    joined: dict[str, set[str]] = defaultdict(set)
    ambiguous: set[str] = set()
    fresh = [n for n in nodes.values() if n.stream == "Lead" and not n.values.get("IsConverted")]
    people = [n for n in nodes.values() if n.stream == "Contact"]
    for node in nodes.values():
        if node.stream != "contacts":
            continue
        for name, stream in (("salesforceleadid", "Lead"), ("salesforcecontactid", "Contact")):
            stored = node.values.get(name)
            ref = resolve(refer(stream, stored), raw) if stored else ""
            if ref in nodes:
                joined[node.ref].add(ref)
        if any(nodes[r].stream == "Lead" and not nodes[r].values.get("IsConverted") for r in joined[node.ref]):
            continue
        named = any(nodes[r].stream == "Contact" for r in joined[node.ref])
        for group in (fresh,) if named else (fresh, people):
            candidates = [n for n in group if n.emails & node.emails]
            if len(candidates) == 1:
                joined[node.ref].add(candidates[0].ref)
            elif candidates:
                ambiguous |= {node.ref} | {c.ref for c in candidates}
            if candidates:
                break
    return joined, ambiguous


def number_cycles(handoffs: list[Handoff]) -> None:
    by_person: dict[str, list[Handoff]] = defaultdict(list)
    for handoff in handoffs:
        people = {c.ref for c in handoff.contacts} or (
            {handoff.primary.ref} if handoff.primary else {handoff.anchor.ref}
        )
        by_person[min(people)].append(handoff)
    for mine in by_person.values():
        mine.sort(key=lambda h: (h.started_by, h.anchor.ref))
        for number, handoff in enumerate(mine, 1):
            handoff.cycle = number
            handoff.opened_at = min(m.created for m in handoff.members) if number == 1 else handoff.started_by


def choose_shown(handoffs: list[Handoff]) -> None:
    wishes: dict[str, list[Handoff]] = defaultdict(list)
    for handoff in handoffs:
        converted = handoff.anchor.stream == "Lead" and handoff.anchor.values.get("IsConverted")
        own = [] if converted else [handoff.anchor]
        for node in unique([*own, *handoff.contacts]):
            wishes[node.ref].append(handoff)
    for ref, mine in wishes.items():
        best = max(mine, key=lambda h: (h.open, h.sort_at, h.anchor.ref.split(":")[2]))
        best.targets.append(next(n for n in [*best.members] if n.ref == ref))
