"""Which records are one handoff: changed records and everything they hang together with are linked anew, in sets."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from sqlalchemy import Connection as Transaction
from sqlalchemy.exc import SQLAlchemyError

from sync.core.model.handoff import Membership, Memory
from sync.core.model.records import KeyRole, Kind, RecordRef
from sync.core.reconcile.inheritance import inherit
from sync.core.reconcile.link import LinkResult, link, names_to_link
from sync.core.rules.edition import Edition
from sync.errors import BatonError, RunProblem, Shortfall, UnsafePlan
from sync.flow.context import Context
from sync.flow.report import Tally, place
from sync.store import agenda, dirty_records, handoff_members, handoffs, key_index, outbox, records, showing, waivers
from sync.store.dirty_records import DirtyRecord
from sync.store.handoffs import StoredHandoff
from sync.store.store import latest_number, next_number

BATCH = 1_000
"""With all that hangs together with them they are the most that linking holds."""
FAILURES_AT_MOST = 20
_LINKED = frozenset({Kind.PERSON, Kind.DEAL, Kind.ROLE})
_ATTACHED = frozenset({Kind.ACTIVITY, Kind.HISTORY, Kind.QUALIFICATION})
_JOINS = (KeyRole.RECORD_ID, KeyRole.EMAIL)


@dataclass(slots=True)
class _Plan:
    """What linking one batch changes."""

    linked: list[DirtyRecord] = field(default_factory=list[DirtyRecord])
    """The records that it deals with."""
    changed: dict[str, Membership] = field(default_factory=dict[str, Membership])
    created: set[str] = field(default_factory=set[str])
    vanished: set[str] = field(default_factory=set[str])
    heirs: dict[str, str] = field(default_factory=dict[str, str])
    """Of those that vanished, the handoffs that they live on in."""
    memories: dict[str, Memory] = field(default_factory=dict[str, Memory])
    """Of the heirs, with what they take over."""
    shown: dict[RecordRef, str] = field(default_factory=dict[RecordRef, str])
    hidden: set[RecordRef] = field(default_factory=set[RecordRef])
    """Records that show no handoff any more."""
    touched: set[str] = field(default_factory=set[str])
    """Handoffs to judge again."""
    all_touched: bool = False


def link_dirty(context: Context, now: datetime, enough: Callable[[], bool] = lambda: False) -> Tally:
    """Link every changed record; one at a time per store. A record that changes meanwhile stays marked. `enough`: the rest
    of the records is left for the next time.

    So does one that cannot be linked: it is told in every run until it can. Raises UnsafePlan when more than 20 cannot.
    """
    tally, failed = Tally(), dict[RecordRef, str]()
    while True:
        with context.store.read() as tx:
            dirty = [d for d in dirty_records.read(tx, BATCH + len(failed)) if d.ref not in failed]
        if not dirty or enough():
            tally.add("link_failed", len(failed))
            tally.problems += [RunProblem(Shortfall.LINK_FAILED, str(ref), where) for ref, where in failed.items()]
            return tally
        _link_parts(context, dirty, now, tally, failed)


def _link_parts(
    context: Context, dirty: Sequence[DirtyRecord], now: datetime, tally: Tally, failed: dict[RecordRef, str]
) -> None:
    """Link these together; when that breaks, in halves, so that one record does not keep the others from it."""
    try:
        _link_batch(context, dirty, now, tally)
    except (BatonError, SQLAlchemyError):
        raise
    except Exception as error:
        half = len(dirty) // 2
        if not half:
            failed[dirty[0].ref] = place(error)
            _stop_when_too_many_fail(failed)
            return
        _link_parts(context, dirty[:half], now, tally, failed)
        _link_parts(context, dirty[half:], now, tally, failed)


def _stop_when_too_many_fail(failed: Mapping[RecordRef, str]) -> None:
    if len(failed) > FAILURES_AT_MOST:
        places = ", ".join(sorted(set(failed.values()))[:3])
        raise UnsafePlan(f"more than {FAILURES_AT_MOST} changed records could not be linked ({places})")


def _link_batch(context: Context, dirty: Sequence[DirtyRecord], now: datetime, tally: Tally) -> None:
    with context.store.read() as tx:
        plan, problems = _plan_batch(context.in_force(now), tx, dirty)
    with context.store.write() as tx:
        _number_created(tx, plan)
        outbox.supersede_handoffs(tx, plan.vanished, now)
        outbox.supersede_records(tx, plan.hidden, now)
        waivers.move(tx, plan.heirs)
        handoffs.remove(tx, plan.vanished)
        handoffs.save_memberships(tx, plan.changed, plan.created)
        handoffs.save_memories(tx, plan.memories)
        waivers.give_back(tx, {new: plan.changed[new].anchor for new in plan.created})
        showing.save(tx, plan.shown, plan.hidden)
        if plan.all_touched:
            agenda.mark_all_dirty(tx)
        else:
            agenda.mark_dirty(tx, plan.touched - plan.created)
        dirty_records.clear(tx, plan.linked)
    tally.add("records", len(plan.linked))
    tally.add("handoffs_new", len(plan.created))
    tally.add("handoffs_changed", len(plan.changed) - len(plan.created))
    tally.add("handoffs_gone", len(plan.vanished))
    tally.add("ambiguous", problems)


def _plan_batch(edition: Edition, tx: Transaction, dirty: Sequence[DirtyRecord]) -> tuple[_Plan, int]:
    by_kind: dict[Kind, list[RecordRef]] = {}
    for record in dirty:
        by_kind.setdefault(record.kind, []).append(record.ref)
    accounts = by_kind.get(Kind.ACCOUNT, [])
    seeds = {ref for kind in _LINKED for ref in by_kind.get(kind, ())}
    if accounts:
        seeds |= {ref for ref, _ in key_index.find(tx, accounts, (KeyRole.CONTEXT,))}
    attached = [ref for kind in _ATTACHED for ref in by_kind.get(kind, ())]
    absences = Kind.ABSENCE in by_kind and edition.rules.is_clock.calendars.booked_count
    plan = _Plan(linked=[*dirty], all_touched=Kind.USER in by_kind or absences)
    problems = 0
    if seeds:
        upto = latest_number(tx)
        closure = _find_closure(tx, seeds)
        # Whatever else of it changed before it was looked for is linked with it: of a first reading that is most.
        others = closure.difference(str(record.ref) for record in dirty)
        waiting = [d for d in dirty_records.read_among(tx, others) if d.kind in _LINKED and d.seq <= upto]
        plan.linked += waiting
        seeds.update(d.ref for d in waiting)
        result = _link_closure(edition, tx, closure)
        problems = len(result.problems)
        _compare(tx, closure, seeds, result, plan)
    if attached:
        plan.touched |= handoff_members.find_ids_by_hanging(tx, attached) - plan.vanished
    return plan, problems


def find_closure(tx: Transaction, seeds: Collection[RecordRef]) -> set[RecordRef]:
    """Everything that hangs together with these records: through keys in either direction, and as members so far."""
    return {RecordRef.parse(ref) for ref in _find_closure(tx, seeds)}


def _find_closure(tx: Transaction, seeds: Collection[RecordRef]) -> set[str]:
    # By their references as text: most of what is looked at is only passed on.
    known: set[str] = set()
    seen_keys: set[str] = set()
    frontier = {str(ref) for ref in seeds}
    while frontier:
        known |= frontier
        found = key_index.find_connected(tx, frontier, _JOINS, seen_keys)
        frontier = (found | handoff_members.find_beside(tx, frontier)) - known
    return known


def _link_closure(edition: Edition, tx: Transaction, closure: Collection[str]) -> LinkResult:
    accounts = key_index.read_contexts(tx, closure)
    names = names_to_link(edition.mapping)
    return link(records.load_to_link(tx, {*closure, *accounts}, names), edition.mapping, edition.rules.definition)


def _compare(tx: Transaction, closure: Collection[str], seeds: set[RecordRef], result: LinkResult, plan: _Plan) -> None:
    """What is new, moved or gone against the stored handoffs of the closure."""
    stored = handoffs.load(tx, handoff_members.find_ids(tx, closure))
    ids = _assign_ids(result, stored, plan)
    for membership in result.memberships:
        handoff = ids[membership.anchor]
        if handoff not in stored or not _same(membership, stored[handoff].membership):
            plan.changed[handoff] = membership
    plan.vanished = stored.keys() - set(ids.values())
    _pass_on(result, ids, stored, plan)
    shown = {target: ids[anchor] for target, anchor in result.shown.items()}
    before = showing.read(tx, closure)
    plan.shown = {target: handoff for target, handoff in shown.items() if before.get(target) != handoff}
    plan.hidden = before.keys() - shown.keys()
    moved = {before[t] for t in (*plan.shown, *plan.hidden) if t in before} | set(plan.shown.values())
    as_before = (m for m in result.memberships if ids[m.anchor] not in plan.changed)
    hit = {ids[m.anchor] for m in as_before if not seeds.isdisjoint((*m.members, *m.aliases))}
    plan.touched |= (plan.changed.keys() | moved | hit) - plan.vanished


def _pass_on(
    result: LinkResult, ids: Mapping[RecordRef, str], stored: Mapping[str, StoredHandoff], plan: _Plan
) -> None:
    """Who takes over what was remembered of handoffs that are none of their own any more."""
    for lost in sorted(plan.vanished):
        heir = _find_heir(result, stored[lost].membership)
        if heir is not None:
            plan.heirs[lost] = ids[heir]
            before = stored[ids[heir]].memory if ids[heir] in stored else Memory()
            plan.memories[ids[heir]] = inherit(plan.memories.get(ids[heir], before), [stored[lost].memory])


def _find_heir(result: LinkResult, lost: Membership) -> RecordRef | None:
    """The anchor of the handoff that the records of the lost one show now, else of the newest that they belong to."""
    for ref in (lost.anchor, *lost.targets, *((lost.primary,) if lost.primary else ())):
        if ref in result.shown:
            return result.shown[ref]
        among = [m for m in result.memberships if ref in m.members or ref in m.aliases]
        if among:
            return max(among, key=lambda m: (m.open, m.cycle, m.anchor)).anchor
    return None


def _assign_ids(result: LinkResult, stored: Mapping[str, StoredHandoff], plan: _Plan) -> dict[RecordRef, str]:
    """Ids by anchor. A new anchor takes over the id whose old anchor is among its members and is none any more."""
    by_anchor = {h.membership.anchor: h.id for h in stored.values()}
    anchors = {m.anchor for m in result.memberships}
    free = {anchor: handoff for anchor, handoff in by_anchor.items() if anchor not in anchors}
    ids: dict[RecordRef, str] = {}
    for membership in result.memberships:
        anchor = membership.anchor
        handoff = by_anchor.get(anchor) or _adopt(membership, free)
        if handoff is None:
            handoff = f"new {anchor}"
            plan.created.add(handoff)
        ids[anchor] = handoff
    return ids


def _adopt(membership: Membership, free: dict[RecordRef, str]) -> str | None:
    own = [ref for ref in (*membership.members, *membership.aliases) if ref in free]
    if not own:
        return None
    # Of a Lead's and a HubSpot contact's handoff the Lead's lives on in the deal: it is the further one.
    nearest = min(own, key=lambda ref: (ref.connection != membership.anchor.connection, own.index(ref)))
    return free.pop(nearest)


def _same(new: Membership, old: Membership) -> bool:
    return new == old or _plain(new) == _plain(old)


def _plain(membership: Membership) -> Membership:
    """Order of members says nothing."""
    return replace(
        membership,
        members=tuple(sorted({*membership.members, *membership.targets})),
        aliases=tuple(sorted(membership.aliases)),
        targets=tuple(sorted(membership.targets)),
    )


def _number_created(tx: Transaction, plan: _Plan) -> None:
    """Give new handoffs their permanent ids, in the transaction that keeps them."""
    if not plan.created:
        return
    first = next_number(tx, len(plan.created))
    named = {handoff: f"h{first + n}" for n, handoff in enumerate(sorted(plan.created))}
    plan.changed = {named.get(i, i): m for i, m in plan.changed.items()}
    plan.shown = {ref: named.get(i, i) for ref, i in plan.shown.items()}
    plan.touched = {named.get(i, i) for i in plan.touched}
    plan.heirs = {lost: named.get(i, i) for lost, i in plan.heirs.items()}
    plan.memories = {named.get(i, i): memory for i, memory in plan.memories.items()}
    plan.created = set(named.values())
