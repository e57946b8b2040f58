"""§3 and §4 of the page: whether and when it passed, and what is none of ours."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time
from typing import Any

from tests.reference import calendar
from tests.reference.items import Condition, Items
from tests.reference.linking import Handoff
from tests.reference.values import USABLE, key
from tests.reference.view import View, moment
from tests.reference.world import Node, day_of


def find_pass(view: View, handoff: Handoff, items: Items) -> tuple[bool, datetime | None]:
    """Whether it passed, and when as far as that is known."""
    since = handoff.opened_at if handoff.cycle > 1 else None
    told = list(_sightings(view, handoff, items))
    instants = [i for i in told if i and i <= view.now and (since is None or i >= since)]
    undated = None in told and not handoff.rounds
    return (True, min(instants)) if instants else (undated, None)


def _sightings(view: View, handoff: Handoff, items: Items) -> Iterator[datetime | None]:
    """Instants of pass events; None for one that nobody recorded the time of."""
    changes = [c for subject in handoff.subjects for c in view.changes_by_subject[subject]]
    for event in view.edition.definition["pass"]["any_of"]:
        name, detail = (event, None) if isinstance(event, str) else next(iter(event.items()))
        if name == "meeting_booked_with_fs":
            for act in view.acts_of(handoff):
                if act.type == "meeting" and view.any_role(act.owner) == "FS":
                    yield moment(act)
        elif name == "owner_role_changes":
            for c in changes:
                if c.field == "owner" and (view.any_role(c.old), view.any_role(c.new)) == (
                    detail["from"],
                    detail["to"],
                ):
                    yield c.at
        elif name == "lead_converted":
            yield from _conversions(handoff, changes)
        elif name == "opportunity_created" and handoff.anchor.stream == "Opportunity":
            yield handoff.anchor.created
        elif name == "status_in":
            yield from _statuses(view, handoff, changes, detail)
        elif name == "field" and items[detail].state in USABLE:
            yield _counts_at(items[detail].value)


def _conversions(handoff: Handoff, changes: list[Any]) -> Iterator[datetime]:
    told = [c.at for c in changes if c.field == "converted"]
    leads = [m for m in handoff.members if m.stream == "Lead" and m.values.get("IsConverted")]
    days = [day_of(lead.values.get("ConvertedDate")) for lead in leads]
    yield from told or [_counts_at(day) for day in days if day]


def _counts_at(day: Any) -> datetime:
    """A bare date counts at the closing of that business day."""
    return calendar.closing_at_or_after(calendar.at(day, time(9)))


def _statuses(view: View, handoff: Handoff, changes: list[Any], detail: dict[str, Any]) -> Iterator[datetime | None]:
    for stream, statuses in detail.items():
        wanted = {key(s) for s in statuses}
        for node in handoff.members:
            if node.ref.startswith(stream.replace(".", ":") + ":"):
                own = [c for c in changes if c.subject == node.ref and c.field == "status"]
                reached = [c.at for c in own if key(c.new or "") in wanted]
                yield from reached
                now = node.values.get(view.edition.streams[node.stream].get("stage_field"))
                if not reached and key(now or "") in wanted:
                    yield None


def in_scope(view: View, handoff: Handoff, condition: Condition, passed_at: datetime | None) -> bool:
    scope, anchor = view.edition.definition["scope"], handoff.anchor
    v = anchor.values
    if anchor.stream == "contacts" and v.get("lifecyclestage") not in scope["contact_stages"]:
        return False
    if anchor.stream == "Lead" and (
        v.get("IsConverted")
        or v.get("Status") in scope["closed_lead_statuses"]
        or (not condition.passed and view.any_role(anchor.owner) == "FS" and not _passed_before(view, condition))
    ):
        return False
    if anchor.stream != "Opportunity" and _is_card_of_fs(view, handoff, condition.items, anchor):
        return False
    if anchor.stream == "Opportunity" and not _deal_in_scope(view, handoff, condition.items):
        return False
    if passed_at and passed_at < view.edition.enforce_from:
        return False
    return not any(condition.holds(entry["when"]) for entry in scope.get("exclude") or [])


def _passed_before(view: View, condition: Condition) -> bool:
    """In an earlier round of the same record."""
    handoff = condition.handoff
    if not handoff.rounds:
        return False
    again = handoff.cycle - len(handoff.rounds) > 1
    told = _sightings(view, handoff, condition.items)
    return any(i is None or (i < max(handoff.rounds) and (not again or i >= handoff.anchor.created)) for i in told)


def _is_card_of_fs(view: View, handoff: Handoff, items: Items, node: Node) -> bool:
    """Theirs from the start, and IS had nothing to do with it."""
    source = items["lead_source"]
    if source.state not in USABLE or source.value != "business_card":
        return False
    changes = [c for c in view.changes_by_subject[node.ref] if c.field == "owner"]
    owners = [node.owner, *(one for c in changes for one in (c.old, c.new))]
    return all(view.any_role(o) == "FS" for o in owners) and not _touched(view, handoff)


def _touched(view: View, handoff: Handoff) -> bool:
    return any(view.role(a.owner) == "IS" for a in view.acts_of(handoff))


def _deal_in_scope(view: View, handoff: Handoff, items: Items) -> bool:
    scope, v = view.edition.definition["scope"], handoff.anchor.values
    leads = [m for m in handoff.members if m.stream == "Lead"]
    sources = [v.get("LeadSource")] if v.get("LeadSource") else [lead.values.get("LeadSource") for lead in leads]
    account = (handoff.anchor.account or {}).get("Type")
    handed = [lead for lead in leads if not _is_card_of_fs(view, handoff, items, lead)]
    touched = bool(handed) or _touched(view, handoff)
    names = view.edition.streams["Opportunity"].get("deal_type_field") or []
    types = {key(_dig(v, name) or "") for name in ([names] if isinstance(names, str) else names)}
    return not (
        v.get("IsClosed")
        or types & {key(t) for t in scope["excluded_deal_types"]}
        or set(sources) & set(scope["partner_sources"])
        or account in scope["partner_account_types"]
        or not touched
    )


def _dig(values: dict[str, Any], path: str) -> Any:
    """`RecordType.Name` in a row as the API nests it."""
    head, _, rest = path.partition(".")
    found = values.get(head)
    return _dig(found or {}, rest) if rest else found
