"""§13 of the page: clocks of any policy, with starts, stops, pauses, cancelling, resets and changes by date."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any

from tests.reference import calendar, expression, spans
from tests.reference.clocks import Clock
from tests.reference.edition import as_day
from tests.reference.expression import Operand
from tests.reference.items import Condition
from tests.reference.linking import Handoff
from tests.reference.spans import Gap
from tests.reference.view import View, moment
from tests.reference.world import Act, Change, Node, instant

Stretch = tuple[datetime, datetime | None]
INQUIRIES = {"latest_inquiry", "form_submitted", "mql_date"}
DEFAULTS = {"confirm_after": "15m", "stop": "first_two_way_or_outbound", "who": "team"}
_BEGINNING = datetime(1900, 1, 1, tzinfo=calendar.ZONE)


@dataclass
class Told:
    """What is said of one clock."""

    state: str = "none"
    start: datetime | None = None
    due: datetime | None = None
    at: datetime | None = None
    elapsed: int | None = None
    working: int | None = None
    system: tuple[int, int] | None = None
    human: tuple[int, int] | None = None
    at_risk: bool = False


@dataclass
class Situation(Condition):
    """What a condition sees, with the status that the anchor had once."""

    then: Any = None
    """The status of then; None: that of now."""

    def status(self) -> Operand:
        if self.then is None:
            return super().status()
        return self.raw({"status": self.then[0]}, "status")


@dataclass
class Run:
    """One policy over one handoff."""

    clock: Clock
    seen: Condition
    policy: dict[str, Any]

    def __post_init__(self) -> None:
        self.view: View = self.clock.view
        self.handoff: Handoff = self.clock.handoff
        self.now = self.view.now
        self.start = self.find_start()

    # --- when it starts ---
    def find_start(self) -> datetime | None:
        policy = self.policy
        known = [at for at in self.starts() if at <= self.now]
        if policy["start"] in INQUIRIES and self.clock.passed_at:
            known = [at for at in known if at <= self.clock.passed_at]
        start = max(known, default=None)
        if start is None or (policy.get("start_when") and not self.seen.holds(policy["start_when"])):
            return None
        if policy.get("reset_when"):
            begun = [begin for begin, _ in self.stretches(policy["reset_when"], None)]
            start = max([start, *begun])
        if policy.get("on_reassign") == "restart":
            start = self.restarted(start)
        return start

    def starts(self) -> Iterator[datetime]:
        kind, handoff, view = self.policy["start"], self.handoff, self.view
        if kind == "latest_inquiry":
            yield from filter(None, [self.clock.inquiry()])
        elif kind in INQUIRIES:
            listed = {"form_submitted": "form_fields", "mql_date": "mql_fields"}[kind]
            for node in handoff.members:
                for name in view.edition.streams[node.stream].get(listed) or []:
                    yield from filter(None, [instant(node.values.get(name))])
        elif kind == "sql_date":
            item = self.seen.items["sql_date"]
            if item.state == "present":
                yield closing_of(item.value)
        elif kind == "passed_at":
            yield from filter(None, [self.clock.passed_at])
        elif kind == "assigned":
            got = [c.at for c in self.owner_changes(handoff.members) if self.is_of_team(c.new)]
            yield from got
            if not got and handoff.opened_at and self.is_of_team(handoff.anchor.owner):
                yield handoff.opened_at
        else:
            yield from self.typed_start(kind.removeprefix("field:"))

    def typed_start(self, name: str) -> Iterator[datetime]:
        connection, stream, api = name.split(".", 2)
        members = sorted(self.handoff.members, key=lambda m: -m.created.timestamp())
        node = next((n for n in (self.handoff.anchor, *members) if n.ref.startswith(f"{connection}:{stream}:")), None)
        said = node.values.get(api) if node else None
        if said in (None, ""):
            return
        at = closing_of(as_day(said)) if len(str(said)) == 10 else instant(said)
        if at and 1970 <= at.year < 2200:
            yield at

    def restarted(self, start: datetime) -> datetime:
        contact = self.stop_of(start)
        until = contact or self.now
        for change in reversed(self.owner_changes([self.handoff.anchor])):
            both = change.old in self.view.raw.colleagues and change.new in self.view.raw.colleagues
            if both and change.old != change.new and start < change.at <= until:
                return change.at
        return start

    # --- who had it ---
    def owner_changes(self, nodes: list[Node]) -> list[Change]:
        refs = {node.ref for node in nodes}
        found = [c for ref in refs for c in self.view.changes_by_subject[ref] if c.field == "owner"]
        return sorted(found, key=lambda c: c.at)

    def is_of_team(self, ref: str | None) -> bool:
        return self.view.any_role(ref) in self.policy["team"]

    def holder(self, at: datetime) -> str | None:
        others = [m for m in self.handoff.members if m is not self.handoff.anchor]
        others.sort(key=lambda m: (m.created, m.ref), reverse=True)
        for node in [self.handoff.anchor, *others]:
            later = [c for c in self.owner_changes([node]) if c.at > at]
            owner = later[0].old if later else node.owner
            if node.created <= at and owner in self.view.raw.colleagues:
                return owner
        return None

    # --- what stops it ---
    def stop_of(self, start: datetime) -> datetime | None:
        limit = calendar.look_back_limit(start, int(str(self.policy.get("look_back", 2)).split()[0]))
        if self.policy["stop"] == "decided":
            return min((at for at in self.decisions() if limit <= at <= self.now), default=None)
        found = [moment(a) for a in self.view.contacts(self.handoff) if self.stops(a) and self.counts(a)]
        return min((at for at in found if limit <= at <= self.now), default=None)

    def decisions(self) -> Iterator[datetime]:
        """FS's answers on the sales record."""
        anchor, view = self.handoff.anchor, self.view
        api, said = view.input(self.handoff, "fs_decision")
        if anchor.stream == "contacts" or api is None:
            return
        changes = view.changes_to(anchor, api)
        told = [(c.at, c.new) for c in changes] or [(view.written(anchor, api), said)]
        opened = self.handoff.opened_at if self.handoff.cycle > 1 else None
        for at, answer in told:
            if view.read_decision(answer) in ("accepted", "returned") and (opened is None or at >= opened):
                yield at

    def stops(self, act: Act) -> bool:
        if self.policy["stop"] == "connected_only":
            return act.type != "call" or act.answered
        if self.policy["stop"] == "outbound_only":
            if act.type != "meeting":
                return act.direction != "inbound"
            by = act.creator if self.view.role(act.creator) is not None else None
            return self.view.role(by or act.owner) is not None
        return True

    def counts(self, act: Act) -> bool:
        role, who = self.view.role(act.owner), self.policy["who"]
        if role is None or who == "anyone":
            return True
        holder = self.holder(moment(act)) if who == "owner" else None
        if holder is None:
            return role in self.policy["team"]
        return holder == act.owner or self.mail(holder) == self.mail(act.owner)

    def mail(self, ref: str | None) -> str:
        return self.view.raw.colleagues[ref][0] if ref in self.view.raw.colleagues else ""

    # --- when a condition held ---
    def stretches(self, begins: str, ends: str | None) -> list[Stretch]:
        """The earliest first; what holds now has no end."""
        statuses = [c for c in self.view.changes_by_subject[self.handoff.anchor.ref] if c.field == "status"]
        if statuses and all(names(one) == {"status"} for one in (begins, ends) if one):
            steps = [(_BEGINNING, statuses[0].old), *((c.at, c.new) for c in statuses)]
            since = self.handoff.opened_at if self.handoff.cycle > 1 and self.handoff.opened_at else _BEGINNING
            found = self.walk(steps, begins, ends)
            return [(max(begin, since), end) for begin, end in found if end is None or end > since]
        if self.judge(begins) is True and self.ended(begins, ends) is not True:
            written = [at for at in self.written(begins) if at <= self.now]
            return [(max(written, default=self.now), None)]
        return []

    def walk(self, steps: list[tuple[datetime, Any]], begins: str, ends: str | None) -> Iterator[Stretch]:
        began: datetime | None = None
        for at, status in steps:
            if (
                began is None
                and self.judge(begins, (status,)) is True
                and self.ended(begins, ends, (status,)) is not True
            ):
                began = at
            elif began is not None and self.ended(begins, ends, (status,)) is True:
                yield began, at
                began = None
        if began is not None:
            yield began, None

    def ended(self, begins: str, ends: str | None, then: Any = None) -> bool | None:
        if ends:
            return self.judge(ends, then)
        held = self.judge(begins, then)
        return None if held is None else not held

    def judge(self, condition: str, then: Any = None) -> bool | None:
        seen = Situation(self.view, self.handoff, self.seen.items, self.seen.passed, then)
        return expression.truth(condition, seen.look_up)

    def written(self, condition: str) -> Iterator[datetime]:
        """When anything that it reads was written."""
        anchor, view = self.handoff.anchor, self.view
        for name in names(condition):
            if name == "status":
                field = view.edition.streams[anchor.stream].get("stage_field")
                changes = [c.at for c in view.changes_by_subject[anchor.ref] if c.field == "status"]
                yield changes[-1] if changes else view.written(anchor, field or "")
            elif name == "owner_roles":
                yield from [c.at for c in self.owner_changes([anchor])][-1:]
            elif name == "contacts":
                yield from [moment(a) for a in view.contacts(self.handoff)]
            elif name in ("fs_decision", "return_reason"):
                api, _ = view.input(self.handoff, name)
                yield from [view.written(anchor, api)] if api else []
            elif "." in name:
                connection, stream, api = name.split(".", 2)
                members = sorted(self.handoff.members, key=lambda m: -m.created.timestamp())
                nodes = (n for n in (anchor, *members) if n.ref.startswith(f"{connection}:{stream}:"))
                node = next(nodes, None)
                yield from [view.written(node, api)] if node else []

    # --- pauses ---
    def gaps(self, pauses: list[Stretch], until: datetime) -> list[Gap]:
        assert self.start
        clipped = [(max(begin, self.start), min(end or until, until)) for begin, end in pauses]
        return [(begin, end) for begin, end in clipped if begin < end]

    def due(self, target: str, gaps: list[Gap]) -> datetime:
        assert self.start
        cutoff = self.policy.get("cutoff")
        return spans.paused_deadline(self.start, target, time.fromisoformat(cutoff) if cutoff else None, gaps)

    # --- what can be said ---
    def tell(self, enforce_from: datetime, returned: bool) -> Told:
        target, start = self.target(), self.start
        if self.clock.silent or not start or not target:
            return Told()
        if own := self.policy.get("enforce_from"):
            enforce_from = datetime.combine(as_day(own), time(), calendar.ZONE)
        if start < enforce_from:
            return Told()
        pause = self.policy.get("pause_when")
        pauses = self.stretches(pause, self.policy.get("resume_when")) if pause else []
        contact = self.stop_of(start)
        gaps = self.gaps(pauses, contact or self.now)
        due = self.due(target, gaps)
        off, absolutely = self.called_off(due, returned)
        if contact and (contact <= due or (not absolutely and not self.handoff.ambiguous)):
            return self.answered(contact, due, gaps)
        if off:
            return Told()
        if any(end is None and begin < self.due(target, self.gaps(pauses, max(begin, start))) for begin, end in pauses):
            return Told("paused", start)
        overdue = "unverified" if self.handoff.ambiguous else "breached"
        waiting = self.now < due + spans_of(self.policy["confirm_after"])
        return Told(
            "waiting" if waiting else overdue, start, due, at_risk=waiting and self.is_at_risk(target, due, gaps)
        )

    def target(self) -> str | None:
        said = self.policy["target"]
        found = said.get(self.clock.channel) if isinstance(said, dict) else said
        return None if found == "none" else found

    def called_off(self, due: datetime, returned: bool) -> tuple[bool, bool]:
        """Whether, and whether not even a late contact is told any more."""
        if (cancel := self.policy.get("cancel_when")) and self.judge(cancel) is True:
            return True, True
        if self.policy["start"] in INQUIRIES and self.clock.passed_at and self.clock.passed_at <= due:
            return True, True
        return self.policy["start"] == "passed_at" and returned, False

    def answered(self, contact: datetime, due: datetime, gaps: list[Gap]) -> Told:
        start, team_had_it = self.start, self.assigned()
        assert start
        elapsed, worked = self.part(start, contact, gaps)
        told = Told("met" if contact <= due else "met_late", start, due, contact, elapsed, worked)
        if team_had_it:
            system = self.part(start, min(team_had_it, contact), gaps)
            told.system, told.human = system, (elapsed - system[0], worked - system[1])
        return told

    def part(self, start: datetime, end: datetime, gaps: list[Gap]) -> tuple[int, int]:
        if end <= start:
            return 0, 0
        lost = sum((spans.working(begin, min(over, end)) for begin, over in gaps if begin < end), timedelta())
        return int((end - start).total_seconds()), int((spans.working(start, end) - lost).total_seconds())

    def assigned(self) -> datetime | None:
        assert self.start
        if self.is_of_team(self.holder(self.start)):
            return self.start
        later = [
            c.at for c in self.owner_changes(self.handoff.members) if c.at >= self.start and self.is_of_team(c.new)
        ]
        return min(later, default=None)

    def is_at_risk(self, target: str, due: datetime, gaps: list[Gap]) -> bool:
        risk, start = self.policy.get("at_risk"), self.start
        if not risk or not start:
            return False
        if not risk.endswith("%"):
            span = spans.length(risk)
            return self.now >= max(start, due - span if spans.is_real(risk) else spans.before(due, span))
        share, real = 1 - int(risk[:-1]) / 100, spans.is_real(target)
        whole = due - start if real else spans.working(start, due)
        whole -= sum((over - begin if real else spans.working(begin, over) for begin, over in gaps), timedelta())
        return self.now >= spans.through(start, whole * share, gaps, real=real)


def spans_of(text: str) -> timedelta:
    """`15m`, `1h`."""
    return timedelta(**{{"m": "minutes", "h": "hours", "s": "seconds"}[text[-1]]: int(text[:-1])})


def names(condition: str) -> set[str]:
    """Everything that it reads."""
    found: set[str] = set()

    def look_up(name: str) -> Operand:
        found.add(name)
        return expression.UNKNOWN

    expression.truth(condition, look_up)
    return found


def closing_of(day: Any) -> datetime:
    return calendar.closing_at_or_after(calendar.at(day, time(0)))


def versions(policy: dict[str, Any]) -> list[tuple[datetime | None, dict[str, Any]]]:
    """As it is at first, then with each change on top of those before."""
    first = {**DEFAULTS, **policy}
    found: list[tuple[datetime | None, dict[str, Any]]] = [(None, first)]
    for change in first.get("changes") or []:
        first = {**first, **{name: said for name, said in change.items() if name != "from"}}
        found.append((datetime.combine(as_day(change["from"]), time(), calendar.ZONE), first))
    return found


def tell_clock(clock: Clock, seen: Condition, name: str, policies: dict[str, Any], returned: bool) -> Told:
    """One clock of one handoff in scope."""
    return _run(clock, seen, name, policies).tell(clock.view.edition.enforce_from, returned)


def start_of(clock: Clock, seen: Condition, name: str, policies: dict[str, Any]) -> datetime | None:
    return _run(clock, seen, name, policies).start


def _run(clock: Clock, seen: Condition, name: str, policies: dict[str, Any]) -> Run:
    """Under the latest change whose own start lies on its first day or later."""
    shipped = {"is_first_contact": "latest_inquiry", "fs_first_contact": "passed_at"}
    policy = {"start": shipped[name], **policies[name]} if name in shipped else policies[name]
    for since, changed in reversed(versions(policy)):
        run = Run(clock, seen, changed)
        if since is None or (run.start and run.start >= since):
            return run
    raise AssertionError
