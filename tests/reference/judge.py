"""§3–§12 of the page, one handoff at a time, and the memory of §8."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.reference import calendar
from tests.reference.batches import find_batches
from tests.reference.clocks import Clock, wire
from tests.reference.edition import Edition, read_editions
from tests.reference.history import changes_of, rewind
from tests.reference.items import BLIND, Condition, Items, required
from tests.reference.linking import Handoff, link
from tests.reference.passing import find_pass, in_scope
from tests.reference.policies import Told, tell_clock
from tests.reference.rounds import enter_round, open_rounds
from tests.reference.served import Served
from tests.reference.values import RANKS, USABLE, add_months
from tests.reference.view import Seen, View, local
from tests.reference.waiver import waived
from tests.reference.world import Raw, decode

NAMES = (
    "status",
    "sql_verdict",
    "missing_items",
    "missing_count",
    "unmet_criteria",
    "next_actor",
    "is_sla",
    "is_due",
    "is_at",
    "fs_sla",
    "fs_due",
    "fs_at",
    "missing_at_pass",
    "passed_at",
    "definition",
)


@dataclass
class Remembered:
    first: datetime | None = None
    frozen: bool = False
    missing_at_pass: list[str] | None = None
    version: str | None = None
    rounds: list[datetime] = field(default_factory=list)


@dataclass
class Finding:
    """One handoff under one edition."""

    view: View
    handoff: Handoff

    def __post_init__(self) -> None:
        self.lonely = self.handoff.anchor.stream == "Opportunity" and self.handoff.primary is None
        self.items = Items(self.view, self.handoff)
        self.passed, self.passed_at = find_pass(self.view, self.handoff, self.items)
        self.condition = Condition(self.view, self.handoff, self.items, self.passed)
        self.typed, self.automatic = required(self.view, self.condition)
        self.waived = waived(self.view, self.handoff)
        self.missing = [] if self.lonely else self.find_missing()

    def find_missing(self) -> list[str]:
        lacking = [i for i in self.typed if self.items[i].state not in USABLE | BLIND]
        if "contact_channel" in self.typed + self.automatic and self.items["contact_channel"].state == "missing":
            lacking = ["contact_channel", *(i for i in lacking if i != "contact_channel")]
        return [i for i in lacking if ("item", i) not in self.waived]

    def is_excused(self, criterion: str, state: str) -> bool:
        """Waived by name, or unknowable because its item is waived (§11)."""
        named = {
            "authority": ["job_title"], "budget": ["budget_status"], "timing": ["timing"], "need": ["pain", "willingness"],
        }.get(criterion, [])  # fmt: skip
        spared = state == "unknown" and any(("item", item) in self.waived for item in named)
        return spared or ("criterion", criterion) in self.waived

    @property
    def grace_end(self) -> datetime | None:
        return calendar.closing_at_or_after(self.passed_at) if self.passed_at else None

    @property
    def over(self) -> bool:
        """Whether it counts as passed, the grace being over."""
        return self.passed and (self.grace_end is None or self.view.now >= self.grace_end)

    def judge(self) -> dict[str, Any]:
        """Every flag but the frozen ones."""
        if not in_scope(self.view, self.handoff, self.condition, self.passed_at):
            return dict.fromkeys(NAMES) | {"status": "out_of_scope"}
        decision = self.view.decision(self.handoff)
        status, criteria = self.status(decision), {} if self.lonely else self.criteria()
        open_ = {c: s for c, s in criteria.items() if not self.is_excused(c, s) and self.is_required(c)}
        excused = [c for c, s in criteria.items() if self.is_excused(c, s) and self.is_required(c)]
        verdict = "undetermined"
        if "not_met" in open_.values():
            verdict = "not_qualified"
        elif not self.lonely and "unknown" not in open_.values():
            verdict = "waived" if any(criteria[c] != "met" for c in excused) else "qualified"
        clock = self.clock(status == "returned")
        return {
            "status": status,
            "sql_verdict": verdict,
            "missing_items": ";".join(self.missing) or None,
            "missing_count": None if self.lonely else len(self.missing),
            "unmet_criteria": ";".join(c for c, s in open_.items() if s == "not_met") or None,
            "next_actor": self.actor(status, decision, "unknown" in open_.values()),
            "passed_at": wire(self.passed_at),
            "definition": self.view.edition.version,
            **clock.flags(),
        }

    def clock(self, returned: bool) -> Clock:
        source = self.items["lead_source"]
        channel = source.value if source.state == "present" else None
        typed = (source.raw or "").strip() if source.state in USABLE else ""
        return Clock(self.view, self.handoff, channel, self.passed_at, returned, self.lonely, typed)

    def all_clocks(self) -> dict[str, Told]:
        """Every clock that the files name, of whatever policy (§13)."""
        returned = self.view.decision(self.handoff) == "returned"
        policies = self.view.edition.baton["clocks"]
        named = [name for name, policy in policies.items() if isinstance(policy, dict) and "team" in policy]
        return {name: tell_clock(self.clock(returned), self.condition, name, policies, returned) for name in named}

    def status(self, decision: str | None) -> str:
        if decision == "returned":
            return "returned"
        if self.lonely or any(self.items[i].state in BLIND for i in self.typed):
            return "undetermined"
        if self.over:
            return "passed_incomplete" if self.missing else "passed"
        return "preparing" if self.missing else "ready"

    def actor(self, status: str, decision: str | None, unknown: bool) -> str:
        if status in ("returned", "undetermined"):
            return "is" if status == "returned" else "revops"
        if self.missing or unknown:
            return "fs" if decision == "accepted" else "is"
        empty = any(self.items[i].state not in USABLE for i in self.automatic)
        return "revops" if self.handoff.ambiguous or empty else "none"

    def is_required(self, criterion: str) -> bool:
        return (self.view.edition.definition["sql"].get(criterion) or {}).get("required", True)

    def criteria(self) -> dict[str, str]:
        sql, items = self.view.edition.definition["sql"], self.items
        found = {"authority": "unknown", "budget": "unknown", "timing": self.timing(), "need": self.need()}
        title, budget = items["job_title"], items["budget_status"]
        least = (sql.get("authority") or {}).get("rank_at_least", "manager")
        if title.state == "present" and title.value in RANKS and RANKS.index(title.value) >= RANKS.index(least):
            found["authority"] = "met"
        if budget.state == "present":
            words = {name: [str(w) for w in sql["budget"].get(name) or []] for name in ("met", "not_met")}
            found["budget"] = next((name for name, listed in words.items() if budget.value in listed), "unknown")
        if score := sql.get("score"):
            item = items[score["item"]]
            met = item.state in USABLE and item.value >= score["at_least"]
            found["score"] = "unknown" if item.state not in USABLE else "met" if met else "not_met"
        return found

    def timing(self) -> str:
        timing, stated = self.items["timing"], self.items["sql_date"]
        day = stated.value if stated.state == "present" else local(self.passed_at) if self.passed_at else None
        if timing.state != "present" or not timing.value or not day:
            return "unknown"
        months = (self.view.edition.definition["sql"].get("timing") or {}).get("within_months", 6)
        return "met" if timing.value[0] is None or timing.value[0] <= add_months(day, months) else "not_met"

    def need(self) -> str:
        pain, will = self.items["pain"], self.items["willingness"]
        concrete = pain.state in USABLE and not self.view.edition.tables.vague(pain.raw or "", "pain")
        mapped = any("willingness" in (s.get("items") or {}) for s in self.view.edition.streams.values())
        return "met" if concrete and (will.state in USABLE or not mapped) else "unknown"


@dataclass
class Reference:
    """Holds the operator's files and what §8 lets it remember."""

    folder: Path
    memory: dict[str, Remembered] = field(default_factory=dict)
    flagged: set[str] = field(default_factory=set)
    """Records that carry a flag of ours."""
    seen: Seen = field(default_factory=dict)
    shown: dict[str, Handoff] = field(default_factory=dict)
    """Record → the handoff that it shows."""
    findings: dict[str, Finding] = field(default_factory=dict)
    """Anchor → what was found out about it, of those in scope."""

    def __post_init__(self) -> None:
        self.editions = read_editions(self.folder)

    def in_force(self, now: datetime) -> Edition:
        begun = [e for e in self.editions if e.effective_from <= local(now)]
        return begun[-1] if begun else self.editions[0]

    def judge_all(self, served: Served, now: datetime) -> dict[str, dict[str, Any]]:
        """Flags per record that must carry some, for the records as served so far. Call once per cycle, in order."""
        raw = decode(served)
        raw.changes = [change for change in changes_of(served) if change.at <= now]
        for node in raw.nodes.values():
            for name, value in node.values.items():
                held = self.seen.get((node.ref, name))
                if held is None or held[0] != value:
                    self.seen[node.ref, name] = (value, node.modified)
        views = {e.version: View(e, raw, now, self.seen) for e in self.editions}
        handoffs = link(raw, self.in_force(now).definition)
        self.carry_memory(handoffs)
        together = find_batches(views[self.in_force(now).version], handoffs, "is_first_contact")
        for handoff in handoffs:
            handoff.batch_at = together.get(handoff.anchor.ref)
        wanted: dict[str, dict[str, Any]] = {}
        for handoff in handoffs:
            flags = self.judge(handoff, raw, views)
            for target in handoff.targets:
                self.shown[target.ref] = handoff
                if flags["status"] == "out_of_scope":
                    if target.ref in self.flagged:
                        wanted[target.ref] = dict.fromkeys(NAMES) | {"status": "out_of_scope"}
                else:
                    wanted[target.ref] = flags
        self.flagged |= set(wanted)
        return wanted

    def carry_memory(self, handoffs: list[Handoff]) -> None:
        """The id of a handoff stays when its anchor moves: memory of a member that is no anchor any more moves along."""
        anchors = {h.anchor.ref for h in handoffs}
        for handoff in handoffs:
            if handoff.anchor.ref in self.memory:
                continue
            old = [m.ref for m in handoff.members if m.ref in self.memory and m.ref not in anchors]
            self.memory[handoff.anchor.ref] = self.memory.pop(old[0]) if old else Remembered()

    def judge(self, handoff: Handoff, raw: Raw, views: dict[str, View]) -> dict[str, Any]:
        memory = self.memory[handoff.anchor.ref]
        view = next(iter(views.values()))
        view = views[self.in_force(view.now).version]
        opened = open_rounds(view, handoff, memory.rounds)
        if len(opened) > len(memory.rounds):
            memory.frozen, memory.missing_at_pass, memory.version = False, None, None
        memory.rounds = opened
        enter_round(handoff, opened)
        finding = Finding(view, handoff)
        if memory.version in views:
            finding = Finding(views[memory.version], handoff)
        elif finding.passed_at and (then := self.in_force(finding.passed_at)) is not view.edition:
            finding = Finding(views[then.version], handoff)
        self.freeze(memory, finding, raw)
        memory.first = memory.first or view.now
        flags = finding.judge()
        if flags["status"] == "out_of_scope":
            return flags
        self.findings[handoff.anchor.ref] = finding
        return {**flags, "missing_at_pass": ";".join(memory.missing_at_pass or ()) or None}

    def freeze(self, memory: Remembered, finding: Finding, raw: Raw) -> None:
        """What was missing when the grace was over."""
        end = finding.grace_end
        if end is None or not finding.over or memory.frozen:
            return
        memory.frozen, memory.version = True, finding.view.edition.version
        if finding.lonely:
            memory.missing_at_pass = None
        elif memory.first and memory.first < end:
            memory.missing_at_pass = finding.missing
        else:
            memory.missing_at_pass = self.missing_then(finding, raw, end)

    def missing_then(self, finding: Finding, raw: Raw, end: datetime) -> list[str] | None:
        """Told from the records afterwards; None where that cannot be."""
        edition, handoff = finding.view.edition, finding.handoff
        mine = {m.ref for m in handoff.members}
        near = replace(
            raw,
            nodes={m.ref: m for m in handoff.members},
            acts=[act for act in raw.acts if act.subjects & handoff.subjects],
            changes=[change for change in raw.changes if change.subject in mine],
        )
        for node in handoff.members:
            changes = [c for c in near.changes if c.subject == node.ref and c.field == "value"]
            tracked = [c for c in changes if edition.holds(node.stream, c.name or "")]
            if node.modified > end and node.created <= end and not tracked:
                return None
        then = rewind(near, end)
        view = View(edition, then, end, self.seen)
        order = {"Opportunity": 0, "Lead": 1, "contacts": 2}
        others = [
            o for o in link(then, self.in_force(finding.view.now).definition) if o.anchor.ref in mine and o.primary
        ]
        for other in sorted(others, key=lambda o: (order[o.anchor.stream], -o.anchor.created.timestamp())):
            # What other records say of it stays: which cycle it is, and that the join is in doubt.
            other.cycle, other.ambiguous = handoff.cycle - len(handoff.rounds), handoff.ambiguous
            other.opened_at = handoff.opened_at
            enter_round(other, [at for at in handoff.rounds if at <= end])
            return Finding(view, other).missing
        return None
