"""§10 of the page: when a new round opens on the same record."""

from __future__ import annotations

from datetime import datetime, timedelta

from tests.reference.linking import Handoff
from tests.reference.values import key
from tests.reference.view import View


def open_rounds(view: View, handoff: Handoff, known: list[datetime]) -> list[datetime]:
    """All openings of later rounds, those that are remembered among them."""
    opened = list(known)
    for at in view.inquiries(handoff):
        latest = max([handoff.anchor.created, *([handoff.opened_at] if handoff.opened_at else []), *opened])
        if at > latest and _opens(view, handoff, opened, latest, at):
            opened.append(at)
    return opened


def enter_round(handoff: Handoff, opened: list[datetime]) -> None:
    """What later rounds make of what linking said."""
    handoff.rounds = opened
    handoff.cycle += len(opened)
    if opened:
        handoff.opened_at = max(opened)


def _opens(view: View, handoff: Handoff, opened: list[datetime], since: datetime, at: datetime) -> bool:
    """`since`: when the round before opened; what closed or returned it before that has had its round."""
    stream = handoff.anchor.stream
    if stream == "Lead" and _was_closed(view, handoff, since, at):
        return True
    if stream in ("Lead", "Opportunity") and _was_returned(view, handoff, since, at):
        return True
    return stream != "Opportunity" and _was_silent(view, handoff, opened, at)


def _was_closed(view: View, handoff: Handoff, since: datetime, at: datetime) -> bool:
    closed = {key(status) for status in view.edition.definition["scope"]["closed_lead_statuses"]}
    changes = view.changes_by_subject[handoff.anchor.ref]
    said = [c.new for c in changes if c.field == "status" and since <= c.at < at]
    return bool(said) and key(said[-1] or "") in closed


def _was_returned(view: View, handoff: Handoff, since: datetime, at: datetime) -> bool:
    anchor = handoff.anchor
    api = (view.edition.streams[anchor.stream].get("inputs") or {}).get("fs_decision")
    if api is None:
        return False
    if changes := view.changes_to(anchor, api):
        said = [c.new for c in changes if since <= c.at < at]
        return bool(said) and view.read_decision(said[-1]) == "returned"
    return view.read_decision(anchor.values.get(api)) == "returned" and since <= view.written(anchor, api) < at


def _was_silent(view: View, handoff: Handoff, opened: list[datetime], at: datetime) -> bool:
    days = (view.edition.definition.get("cycles") or {}).get("silent_days", 180)
    signs = [*view.inquiries(handoff), *opened, handoff.anchor.created]
    signs += [handoff.opened_at] if handoff.opened_at else []
    for act in view.all_acts_of(handoff):
        if view.happened(act):
            signs.append(act.at)
        if act.type == "meeting" and view.of_people(act):
            signs.append(act.logged)
    return not any(at - timedelta(days=days) < sign < at for sign in signs)
