"""What can be seen at one instant under one edition: who is who, what was done, when what was written."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime
from typing import Any

from tests.reference import calendar
from tests.reference.edition import Edition
from tests.reference.linking import Handoff
from tests.reference.values import key
from tests.reference.world import Act, Change, Node, Raw, instant, refer

LOOK_BACK_DAYS = 2
Seen = dict[tuple[str, str], tuple[Any, datetime]]
"""(record, field) → the value and the stamp of the version of the record with which it was first seen."""


class View:
    def __init__(self, edition: Edition, raw: Raw, now: datetime, seen: Seen) -> None:
        self.edition, self.raw, self.now, self.seen = edition, raw, now, seen
        self.roles: dict[str | None, str | None] = {}
        self.acts_by_subject: dict[str, list[Act]] = defaultdict(list)
        for act in raw.acts:
            for subject in act.subjects:
                self.acts_by_subject[subject].append(act)
        self.changes_by_subject: dict[str, list[Change]] = defaultdict(list)
        for change in raw.changes:
            if change.at <= now:
                self.changes_by_subject[change.subject].append(change)
        for changes in self.changes_by_subject.values():
            changes.sort(key=lambda change: change.at)

    @property
    def today(self) -> date:
        return local(self.now)

    # --- colleagues ---
    def role(self, ref: str | None) -> str | None:
        """Role of an active colleague; '' without one; None when nobody in particular acts."""
        if ref not in self.raw.colleagues or not self.raw.colleagues[ref][1] or self.is_machine(ref):
            return None
        return self.any_role(ref) or ""

    def is_machine(self, ref: str | None) -> bool:
        return any(self.by(ref, name) for name in ("integration_users", "native_sync_users", "automation_users"))

    def any_role(self, ref: str | None) -> str | None:
        if ref not in self.roles:
            roles = self.edition.definition["roles"]
            self.roles[ref] = next((role for role, spec in roles.items() if self.is_among(ref, spec)), None)
        return self.roles[ref]

    def is_among(self, ref: str | None, spec: dict[str, Any]) -> bool:
        """Whether users or names of the definition mean this colleague."""
        if ref not in self.raw.colleagues:
            return False
        email = self.raw.colleagues[ref][0]
        own = {key(n) for e, _, ns in self.raw.colleagues.values() if e == email for n in ns}
        named = {key(n) for n in spec.get("names") or []}
        return email in {key(u) for u in spec.get("users") or []} or bool(own & named)

    def by(self, ref: str | None, listed: str) -> bool:
        users = {key(u) for u in self.edition.definition[listed] or []}
        return ref in self.raw.colleagues and self.raw.colleagues[ref][0] in users

    def named(self, connection: str, name: str | None) -> str | None:
        """The colleague whom a change names: by the id of the user, or of the HubSpot owner."""
        if not name:
            return None
        mine = refer("User" if connection == "salesforce" else "owners", name)
        return mine if mine in self.raw.colleagues else self.raw.users.get(name)

    # --- activities ---
    def all_acts_of(self, handoff: Handoff) -> list[Act]:
        return list({id(a): a for subject in handoff.subjects for a in self.acts_by_subject[subject]}.values())

    def acts_of(self, handoff: Handoff) -> list[Act]:
        """Of this cycle."""
        acts = self.all_acts_of(handoff)
        if handoff.cycle == 1 or handoff.opened_at is None:
            return acts
        limit = calendar.look_back_limit(handoff.opened_at, LOOK_BACK_DAYS)
        return [a for a in acts if a.at >= limit]

    def of_people(self, act: Act) -> bool:
        return not (
            act.automated or self.by(act.creator, "native_sync_users") or self.by(act.creator, "automation_users")
        )

    def happened(self, act: Act) -> bool:
        return self.of_people(act) and act.done and act.held and act.at <= self.now

    def genuine(self, act: Act) -> bool:
        if not self.of_people(act):
            return False
        if act.type == "call":
            return act.done and (act.answered if act.direction == "inbound" else act.direction in (None, "outbound"))
        if act.type == "email":
            return act.done and act.direction == "outbound"
        if act.type == "message":
            return act.done and act.direction in (None, "outbound")
        if act.type == "task":
            return act.done and act.task_type in (self.edition.baton["clocks"]["task_types"] or [])
        return act.type == "meeting"

    def contacts(self, handoff: Handoff) -> list[Act]:
        since = [handoff.opened_at] if handoff.cycle > 1 and handoff.opened_at else []
        limits = [calendar.look_back_limit(at, LOOK_BACK_DAYS) for at in since]
        acts = [a for a in self.acts_of(handoff) if self.genuine(a) and moment(a) <= self.now]
        return [a for a in acts if all(moment(a) >= limit for limit in limits)]

    def inquiries(self, handoff: Handoff) -> list[datetime]:
        """When somebody asked, other than by being entered; of every cycle."""
        found = [
            at
            for node in handoff.members
            for name in self.edition.streams[node.stream].get("inquiry_fields") or []
            if (at := instant(node.values.get(name)))
        ]
        missed = [a for a in self.all_acts_of(handoff) if a.type == "call" and a.direction == "inbound" and a.missed]
        return sorted({at for at in [*found, *(a.at for a in missed)] if at <= self.now})

    # --- values and their history ---
    def changes_to(self, node: Node, name: str | None) -> list[Change]:
        """Of that field of that record, the earliest first."""
        return [c for c in self.changes_by_subject[node.ref] if c.field == "value" and name and c.name == name]

    def written(self, node: Node, name: str) -> datetime:
        changes = self.changes_to(node, name)
        seen = self.seen.get((node.ref, name), (None, node.modified))[1]
        return changes[-1].at if changes else seen if seen <= self.now else node.created

    def input(self, handoff: Handoff, name: str) -> tuple[str | None, Any]:
        """The anchor's field for it, and what it says in this round."""
        anchor = handoff.anchor
        api = (self.edition.streams[anchor.stream].get("inputs") or {}).get(name)
        if api is None or (handoff.rounds and handoff.opened_at and self.written(anchor, api) < handoff.opened_at):
            return api, None
        return api, anchor.values.get(api)

    def decision(self, handoff: Handoff) -> str | None:
        """FS's answer; a HubSpot contact has none."""
        api, said = self.input(handoff, "fs_decision")
        return None if handoff.anchor.stream == "contacts" or api is None else self.read_decision(said)

    def read_decision(self, said: Any) -> str | None:
        return self.read_answer("fs_decision", said)

    def read_answer(self, name: str, said: Any) -> str | None:
        values = self.edition.handoff["inputs"].get(name) or {}
        word = key(said or "")
        return next((c for c, words in values.items() if word and word in {key(w) for w in [c, *words]}), None)


def moment(act: Act) -> datetime:
    return min(act.logged, act.at) if act.type == "meeting" else act.at


def local(at: datetime) -> date:
    return at.astimezone(calendar.ZONE).date()
