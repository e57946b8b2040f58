"""Whether and when the handoff was passed: the earliest of the definition's events."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from operator import itemgetter

from sync.core.calendar import closing_of_business_day, end_of_same_business_day
from sync.core.mapping.activity import read_ref
from sync.core.mapping.normalise.tables import fold, fold_all
from sync.core.model.fixed import fixed
from sync.core.model.handoff import PassFinding
from sync.core.model.records import SourceRecord
from sync.core.rules.definition import PassEvent
from sync.core.rules.evidence import Evidence, created_at, has_role


@fixed
class Sighting:
    """That a pass event happened, or will; `at` None when nobody recorded when."""

    at: datetime | None
    evidence: str


def find_passes(evidence: Evidence) -> list[tuple[str, Sighting]]:
    """Every sighting of every event of the definition, future ones included."""
    since = evidence.forgets_before
    return [(event, seen) for event, seen in _find_all(evidence) if _is_of_this_cycle(seen, since, evidence)]


def _find_all(evidence: Evidence) -> list[tuple[str, Sighting]]:
    return [
        (event.kind if event.item is None else f"field:{event.item}", seen)
        for event in evidence.rules.definition.pass_events
        for seen in EVENTS[event.kind](evidence, event)
    ]


def was_passed_before(evidence: Evidence) -> bool:
    """Whether an earlier round of the same anchor was passed, as far as anybody can still tell."""
    opened = evidence.reopened_at
    if opened is None:
        return False
    membership = evidence.case.membership
    first = created_at(evidence.anchor) if membership.cycle - len(evidence.case.memory.rounds) > 1 else None
    seen = (one.at for _, one in _find_all(evidence))
    return any(at is None or (at < opened and (first is None or at >= first)) for at in seen)


def _is_of_this_cycle(seen: Sighting, since: datetime | None, evidence: Evidence) -> bool:
    """What nobody dated may belong to an earlier round of the same anchor."""
    if seen.at is None:
        return evidence.reopened_at is None
    return since is None or seen.at >= since


def judge_pass(evidence: Evidence, seen: list[tuple[str, Sighting]]) -> PassFinding | None:
    """The earliest event that lies in the past; one of unknown date only when no other is known."""
    dated = [(s.at, event, s.evidence) for event, s in seen if s.at is not None and s.at <= evidence.now]
    if dated:
        at, event, why = min(dated, key=itemgetter(0)) if len(dated) > 1 else dated[0]
        return PassFinding(event, at, why, end_of_same_business_day(evidence.rules.is_clock.calendar, at))
    undated = next(((event, s) for event, s in seen if s.at is None), None)
    return PassFinding(undated[0], None, undated[1].evidence) if undated is not None else None


def _meeting_booked(evidence: Evidence, event: PassEvent) -> Iterator[Sighting]:
    del event
    for activity in evidence.activities:
        at = activity.booked_at
        if activity.type == "meeting" and at is not None and has_role(activity.owner, "FS", evidence.directory):
            yield Sighting(at, f"{activity.ref} is a meeting of a colleague with role FS")


def _owner_changes(evidence: Evidence, event: PassEvent) -> Iterator[Sighting]:
    for change in evidence.moves:
        if change.at is None:
            continue
        old, new = read_ref(change.old), read_ref(change.new)
        from_, to = event.from_role or "", event.to_role or ""
        if has_role(old, from_, evidence.directory) and has_role(new, to, evidence.directory):
            yield Sighting(change.at, f"the owner of {change.subject} changed from role {from_} to {to}")


def _lead_converted(evidence: Evidence, event: PassEvent) -> Iterator[Sighting]:
    del event
    for lead in evidence.converted_leads():
        own = [
            change.at
            for change in evidence.changes
            if change.field == "converted" and change.subject == lead.ref
            and change.at is not None and change.new != "false"
        ]  # fmt: skip
        if own:
            yield from (Sighting(at, f"{lead.ref} was converted") for at in own)
            continue
        day = lead.facts.get("converted_on")
        yield Sighting(_counts_at(evidence, day), f"{lead.ref} was converted on {day or 'an unknown day'}")


def _opportunity_created(evidence: Evidence, event: PassEvent) -> Iterator[Sighting]:
    del event
    if evidence.is_deal and (at := created_at(evidence.anchor)) is not None:
        yield Sighting(at, f"{evidence.anchor.ref} was created")


def _status_in(evidence: Evidence, event: PassEvent) -> Iterator[Sighting]:
    for record in evidence.members:
        listed = event.statuses.get(record.ref[:2])
        if not listed:
            continue
        wanted = fold_all(listed)
        reached = [
            Sighting(change.at, f"{record.ref} got the status {change.new}")
            for change in evidence.changes
            if change.subject == record.ref and change.field == "status" and fold(change.new or "") in wanted
        ]
        yield from reached
        if not reached and _status(evidence, record) in wanted:
            yield Sighting(None, f"{record.ref} has the status; nobody recorded since when")


def _item_date(evidence: Evidence, event: PassEvent) -> Iterator[Sighting]:
    value = evidence.items.get(event.item or "")
    if value is not None and value.state.usable and isinstance(value.value, str):
        yield Sighting(_counts_at(evidence, value.value), f"{event.item} is {value.value}")


EVENTS: Mapping[str, Callable[[Evidence, PassEvent], Iterator[Sighting]]] = {
    "meeting_booked_with_fs": _meeting_booked,
    "owner_role_changes": _owner_changes,
    "lead_converted": _lead_converted,
    "opportunity_created": _opportunity_created,
    "status_in": _status_in,
    "field": _item_date,
}
"""By the name that the definition gives them."""


def _status(evidence: Evidence, record: SourceRecord) -> str:
    stream = evidence.stream_of(record)
    value = record.values.get(stream.stage_field or "") if stream is not None else None
    return fold(value.strip()) if isinstance(value, str) else ""


def _counts_at(evidence: Evidence, day: str | None) -> datetime | None:
    """A bare date counts at the closing of that business day, so that a timed event of the same day wins."""
    if not day:
        return None
    return closing_of_business_day(evidence.rules.is_clock.calendar, date.fromisoformat(day[:10]))
