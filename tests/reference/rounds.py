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
        if at > latest and _opens(view, handoff, opened, at):
            opened.append(at)
    return opened


def enter_round(handoff: Handoff, opened: list[datetime]) -> None:
    """What later rounds make of what linking said."""
    handoff.rounds = opened
    handoff.cycle += len(opened)
    if opened:
        handoff.opened_at = max(opened)


def _opens(view: View, handoff: Handoff, opened: list[datetime], at: datetime) -> bool:
    stream = handoff.anchor.stream
    since = max(opened, default=None)
    if stream == "Lead" and _was_closed(view, handoff, since, at):
        return True
    if stream in ("Lead", "Opportunity") and _was_returned(view, handoff, since, at):
        return True
    return stream != "Opportunity" and _was_silent(view, handoff, opened, at)


def _was_closed(view: View, handoff: Handoff, since: datetime | None, at: datetime) -> bool:
    closed = {key(status) for status in view.edition.definition["scope"]["closed_lead_statuses"]}
    changes = view.changes_by_subject[handoff.anchor.ref]
    said = [c for c in changes if c.field == "status" and c.at < at]
    return bool(said) and key(said[-1].new or "") in closed and (since is None or said[-1].at >= since)


def _was_returned(view: View, handoff: Handoff, since: datetime | None, at: datetime) -> bool:
    """`since`: when the round before opened; an answer from before that has had its round."""
    anchor = handoff.anchor
    api = (view.edition.streams[anchor.stream].get("inputs") or {}).get("fs_decision")
    if api is None:
        return False
    changes = view.changes_to(anchor, api)
    before, after = [c for c in changes if c.at < at], [c for c in changes if c.at >= at]
    if before:
        return view.read_decision(before[-1].new) == "returned" and (since is None or before[-1].at >= since)
    if after:
        return view.read_decision(after[0].old) == "returned" and since is None
    written = view.written(anchor, api)
    said = view.read_decision(anchor.values.get(api)) == "returned"
    return said and written < at and (since is None or written >= since)


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
