"""§13 of the page, batches: who came together. Looks at every span of time for every handoff."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, datetime, time, timedelta
from typing import Any

from tests.reference import calendar
from tests.reference.items import Items
from tests.reference.linking import Handoff
from tests.reference.values import USABLE, key
from tests.reference.view import View, local

_UNITS = {"s": 1, "m": 60, "h": 3600}


def policy_of(view: View, clock: str) -> dict[str, Any] | None:
    return view.edition.baton["clocks"][clock].get("batch")


def span(policy: dict[str, Any]) -> timedelta:
    """`1 hours`, `30m`."""
    text = str(policy.get("within", "1 hours")).replace(" ", "")
    digits = "".join(c for c in text if c.isdigit())
    return timedelta(seconds=int(digits) * _UNITS[text[len(digits)]])


def find_batches(view: View, handoffs: list[Handoff], clock: str) -> dict[str, datetime]:
    """By anchor, when the first of its batch was created; handoffs as linking left them."""
    policy = policy_of(view, clock)
    if policy is None or not _are_many(view, handoffs, policy.get("at_least", 50)):
        return {}
    by_source: dict[str, list[Handoff]] = defaultdict(list)
    for handoff in handoffs:
        source = Items(view, handoff)["lead_source"]
        listed = policy.get("sources", ["event", "business_card", "list"])
        if source.state in USABLE and source.value in listed and source.raw and handoff.opened_at:
            by_source[key(source.raw)].append(handoff)
    found: dict[str, datetime] = {}
    for people in by_source.values():
        spans = []
        for first in people:
            end = first.opened_at + span(policy)
            inside = {h.anchor.ref for h in people if first.opened_at <= h.opened_at <= end}
            if len(inside) >= policy.get("at_least", 50):
                spans.append(inside)
        born = {h.anchor.ref: h.opened_at for h in people}
        for batch in _joined(spans):
            found |= dict.fromkeys(batch, min(born[ref] for ref in batch))
    return found


def _are_many(view: View, handoffs: list[Handoff], at_least: int) -> bool:
    """Whether any source stands on so many at all: else reading every item of everybody is for nothing."""
    counted: Counter[str] = Counter()
    for handoff in handoffs:
        said = (m.values.get(f) for m in handoff.members for f in _fields(view, m.stream))
        counted.update({key(str(raw)) for raw in said if raw})
    return max(counted.values(), default=0) >= at_least


def _fields(view: View, stream: str) -> list[str]:
    mapped = (view.edition.streams[stream].get("items") or {}).get("lead_source") or []
    return [mapped] if isinstance(mapped, str) else list(mapped)


def _joined(spans: list[set[str]]) -> list[set[str]]:
    batches: list[set[str]] = []
    for one in spans:
        near = [b for b in batches if b & one]
        batches = [b for b in batches if not b & one] + [set().union(one, *near)]
    return batches


def start_in_batch(
    view: View, handoff: Handoff, raw: str, clock: str, own: datetime
) -> tuple[datetime, str | None] | None:
    """(start, rank) of the batch by which the clock goes rather than by its own start; None: by its own. `raw`: the lead
    source as typed, if it is usable."""
    policy, created = policy_of(view, clock), handoff.opened_at
    if policy is None or handoff.rounds or created is None or not raw:
        return None
    start, rank = handoff.batch_at, None
    for given in view.edition.baton["clocks"][clock].get("batches") or []:
        if key(given["source"]) == key(raw) and _day(given["from"]) <= local(created) <= _day(given["to"]):
            day = _day(given["start"])
            start = calendar.at(day if calendar.working(day) else calendar.next_working(day), time(9))
            rank = given.get("rank")
    if start is None or (own > created + span(policy) and own > start):
        return None
    return start, rank


def _day(said: Any) -> date:
    return said if isinstance(said, date) else date.fromisoformat(str(said))


TARGETS = {"A": "2 business_days", "B": "5 business_days", "C": "none"}
