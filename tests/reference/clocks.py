"""§7 of the page: the two clocks."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from tests.reference import calendar
from tests.reference.batches import TARGETS, start_in_batch
from tests.reference.linking import Handoff
from tests.reference.view import LOOK_BACK_DAYS, View, moment

CONFIRM = timedelta(minutes=15)


@dataclass
class Clock:
    """What both clocks of a handoff depend on."""

    view: View
    handoff: Handoff
    channel: Any
    passed_at: datetime | None
    returned: bool
    silent: bool
    """Nobody knows whom the deal is about."""
    source: str = ""
    """The lead source as typed, where it is usable."""

    def flags(self) -> dict[str, Any]:
        return self.first_contact() | self.run("fs", self.passed_at)

    def first_contact(self) -> dict[str, Any]:
        start = self.inquiry()
        joined = start and start_in_batch(self.view, self.handoff, self.source, "is_first_contact", start)
        if not joined:
            return self.run("is", start)
        start, rank = joined
        nothing = {"is_sla": "none", "is_due": None, "is_at": None}
        return nothing if start > self.view.now else self.run("is", start, TARGETS.get(rank or ""))

    def inquiry(self) -> datetime | None:
        limit = min(filter(None, (self.passed_at, self.view.now)))
        opened = self.handoff.opened_at
        known = [at for at in [opened, *self.view.inquiries(self.handoff)] if at and at <= limit]
        if self.handoff.cycle > 1 and opened:
            known = [at for at in known if at >= opened]
        return max(known, default=None)

    def run(self, prefix: str, start: datetime | None, given: str | None = None) -> dict[str, Any]:
        """`given`: the target of the rank of a batch."""
        view, handoff = self.view, self.handoff
        spec = view.edition.baton["clocks"][f"{prefix}_first_contact"]
        nothing = {f"{prefix}_sla": "none", f"{prefix}_due": None, f"{prefix}_at": None}
        target = given or (spec["target"] if prefix == "fs" else spec["target"].get(self.channel))
        if self.silent or start is None or not target or target == "none" or start < view.edition.enforce_from:
            return nothing
        due = calendar.deadline(start, target, time.fromisoformat(spec["cutoff"]) if spec.get("cutoff") else None)
        limit = calendar.look_back_limit(start, LOOK_BACK_DAYS)
        ours = [a for a in view.contacts(handoff) if view.role(a.owner) in (None, *spec["team"])]
        contact = min((moment(a) for a in ours if moment(a) >= limit), default=None)
        passed_in_time = prefix == "is" and self.passed_at is not None and self.passed_at <= due
        if contact and contact <= due:
            state = "met"
        elif passed_in_time or (prefix == "fs" and self.returned and not contact):
            return nothing
        elif contact and not handoff.ambiguous:
            state = "met_late"
        else:
            contact = None
            overdue = "unverified" if handoff.ambiguous else "breached"
            state = "waiting" if view.now < due + CONFIRM else overdue
        return {f"{prefix}_sla": state, f"{prefix}_due": wire(due), f"{prefix}_at": wire(contact)}


def wire(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ") if at else None
